"""Exploration: which network, stream order and solver suit given data, and what each of them costs."""

from xoropt.explore.comparison import write_comparison
from xoropt.explore.exploration import explore
from xoropt.explore.figures import draw_fronts, write_figures
from xoropt.explore.html import write_report
from xoropt.explore.measuring import Result
from xoropt.explore.results import Exploration, WorkloadResults
from xoropt.explore.space import Space, default_text, read_space

__all__ = [
    "Exploration",
    "Result",
    "Space",
    "WorkloadResults",
    "default_text",
    "draw_fronts",
    "explore",
    "read_space",
    "write_comparison",
    "write_figures",
    "write_report",
]
