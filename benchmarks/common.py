"""What all benchmarks share: the machine's name, timing, tables, and where results go."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any, NoReturn

import numba
import numpy as np

import xoropt
from xoropt.cli.tables.console import open_console, print_line, print_table
from xoropt.networks import XorNetwork
from xoropt.networks.stages import flatten

__all__ = ["Table", "arguments", "gates", "machine", "say", "show", "timed", "write"]


@dataclass(frozen=True)
class Table:
    """Figures to print, and to test before any is measured.

    Attributes:
        title: above the table.
        columns: the headings.
        rows: a text for each column; an empty row is a line between others.
        names: how many of the first columns name the rows.
        legend: says below the table what its headings do not.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1
    legend: str = ""


HELP_WIDTH = 78
"""Characters of a line of the help, as of the other commands."""


class Parser(argparse.ArgumentParser):
    """A parser in the style of the command `xoropt`: the same headings, and one line for wrong usage."""

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """Add an argument; numbers are called N, seconds S."""
        if settings.get("type") in (int, float) and "choices" not in settings:
            settings.setdefault("metavar", "S" if "--time-limit" in names else "N")
        return super().add_argument(*names, **settings)

    def format_help(self) -> str:
        """Return the help, with headings as the other commands write them."""
        text = super().format_help().replace("usage: ", "Usage: ", 1)
        for old, new in (("positional arguments", "Arguments"), ("options", "Options")):
            text = text.replace(f"\n{old}:\n", f"\n{new}:\n", 1)
        return text

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, and exit with the status 2."""
        self.exit(2, f"xoropt: {message}. See '{self.prog} --help'.\n")


def arguments(
    description: str | None, quick: str = "about a minute", out: Path | None = None
) -> argparse.ArgumentParser:
    """Make a parser with the options that every benchmark has.

    Args:
        description: of the benchmark; indented lines are its examples.
        quick: how long it takes with --quick.
        out: the folder that is written where none is named; None: nothing is written.
    """
    name = f"xoropt bench {Path(sys.argv[0]).stem}"
    described = "\n\n".join(map(_filled, (description or "").split("\n\n")))
    form = partial(argparse.RawDescriptionHelpFormatter, width=HELP_WIDTH, max_help_position=22)
    parser = Parser(name, "%(prog)s [OPTIONS]", described, formatter_class=form, add_help=False)
    parser.add_argument("-h", "--help", action="help", help="show this message and exit")
    parser.add_argument("--quick", action="store_true", help=f"use smaller data; takes {quick}")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=out,
        help=f"folder for JSON and pictures (default: {out or 'none are written'})",
    )
    return parser


def _filled(paragraph: str) -> str:
    """Return a paragraph in lines that are no longer than those of the help; examples, which are indented, stay."""
    return paragraph if paragraph.startswith(" ") else fill(paragraph, HELP_WIDTH, break_on_hyphens=False)


def show(*tables: Table) -> None:
    """Print tables so that they fit the line, however wide it is."""
    console = open_console()
    for i, table in enumerate(tables):
        print_table(console, table.title, table.columns, table.rows, names=table.names)
        if table.legend:
            print_line(console, table.legend)
            if i < len(tables) - 1:
                console.print()


def say(text: str) -> None:
    """Print a text, broken between words where the line is too short."""
    print_line(open_console(), text)


def machine() -> dict[str, Any]:
    """Describe the processor, the cores that may be used, and the versions that matter."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
        processor = (
            f"{fields.get('model name', processor)} (family {fields.get('cpu family')}, model {fields.get('model')})"
        )
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "xoropt": xoropt.__version__,
    }


def timed(work: Callable[[], Any], repeats: int = 5) -> tuple[float, float, float]:
    """Time a call after one warm-up; return the least, median and most seconds of `repeats` calls."""
    work()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), statistics.median(seconds), max(seconds)


def gates(network: XorNetwork, outputs_a_step: float) -> float:
    """Count the two-input gates for each output: its own and its share of the nodes.

    Args:
        network: the network.
        outputs_a_step: how many outputs share the nodes of a step.
    """
    if network.stages is None:
        return float(np.bitwise_count(network.rows).sum(axis=1).mean()) - 1
    every = sum(int((stage >= 0).sum()) - len(stage) for stage in network.stages)
    own = int((flatten(network.n_in, network.stages).signals >= 0).sum()) - network.n_out
    return own / network.n_out + (every - own) / outputs_a_step


def write(out: Path | None, name: str, figures: dict[str, Any], said: bool = True) -> None:
    """Write a benchmark's figures and the machine as `out/name.json`, where a folder was asked for, and say so."""
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n")
    if said:
        print(f"Written: {path}")
