"""The command line: every command calls one function of the library and prints what it returns."""

from xoropt.cli import benchmarks, codes, comparing, explore, gates, hardware, models, pictures, seeds
from xoropt.cli.app import cli, main

__all__ = [
    "benchmarks",
    "cli",
    "codes",
    "comparing",
    "explore",
    "gates",
    "hardware",
    "main",
    "models",
    "pictures",
    "seeds",
]
