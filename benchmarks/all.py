"""Every benchmark, one after the other, as one page of all tables and pictures.

The page says the machine, and for each benchmark its command, its time, what it printed and what it drew. It is written
anew after each benchmark, the short ones first. A benchmark that fails, or takes too long, is named with what it said;
the others go on. After an interruption the same command goes on; the folder of each benchmark has its figures as JSON,
and its pictures.
"""

import base64
import html
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from common import arguments, machine

from xoropt.cli.app import Progress, progress_bar
from xoropt.common.files import whole_file

QUICK_SECONDS = {
    "inputs": 5,
    "entropy": 6,
    "masks": 7,
    "encode": 13,
    "overview": 14,
    "quantum": 20,
    "patches": 23,
    "designs": 25,
    "products": 25,
    "paper": 28,
    "checkpoints": 30,
    "structure": 36,
    "circuits": 48,
    "decode": 55,
    "efficiency": 60,
    "solvers": 60,
    "topologies": 143,
}
"""About what each takes with --quick on two idle cores of an AMD EPYC (family 26): the order, and the time left."""
COMPILING_SECONDS = {
    "inputs": 28,
    "entropy": 27,
    "masks": 3,
    "encode": 14,
    "overview": 4,
    "quantum": 4,
    "patches": 33,
    "designs": 17,
    "products": 77,
    "circuits": 35,
    "decode": 5,
    "topologies": 7,
}
"""About what compiling takes beside, in this order, where nothing is compiled yet; in the others next to nothing."""
UNKNOWN = 60
"""Seconds that are expected of any other benchmark."""
LONGEST = 180
"""Seconds that a benchmark may take with --quick; the page's 15 minutes are for all."""
CHILD = """
import runpy, sys
from pathlib import Path
from numba.core.event import TimingListener, install_listener
compiling, path = TimingListener(), sys.argv.pop(1)
try:
    with install_listener("numba:compile", compiling):
        runpy.run_module("xoropt", run_name="__main__", alter_sys=True)
finally:
    Path(path).write_text(str(compiling.duration if compiling.done else 0.0))
"""
"""Runs a benchmark and writes the seconds that compiling took to the file that is its first argument."""
WIDTH = 140
"""Characters of a line on the page."""
TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; font-size: 0.85rem; line-height: 1.3; padding: 0.8rem; border: 1px solid #8888; }
img { max-width: 100%; background: white; }
.failed { color: #c33; }
"""


@dataclass(frozen=True)
class Run:
    """What one benchmark did.

    Attributes:
        name: of the benchmark.
        command: that runs it.
        seconds: that it took.
        printed: its tables, or why there are none.
        failed: whether it ended otherwise than it should.
        compiling: the seconds of these that compiling took.
    """

    name: str
    command: str
    seconds: float
    printed: str
    failed: bool
    compiling: float = 0.0


def command_of(name: str, quick: bool) -> str:
    """Return the command that runs a benchmark."""
    return f"xoropt bench {name}{' --quick' if quick else ''}"


def run(name: str, quick: bool, out: Path, progress: Callable[[float], object]) -> Run:
    """Run one benchmark in a process of its own, whose pictures and JSON go to `out/name`.

    Args:
        name, quick: the benchmark.
        out: the folder of all.
        progress: called with the seconds so far, once a second.
    """
    begin, late = time.perf_counter(), ""
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "seconds"
        line = [sys.executable, "-c", CHILD, str(compiled), *command_of(name, quick).split()[1:]]
        wide = {**os.environ, "COLUMNS": str(WIDTH)}
        with subprocess.Popen(
            [*line, "--out", str(out / name)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=wide
        ) as process:
            try:
                while True:
                    try:
                        printed, said = process.communicate(timeout=1)
                        break
                    except subprocess.TimeoutExpired:
                        progress(seconds := time.perf_counter() - begin)
                        if quick and seconds > LONGEST and not late:
                            late = f"It was stopped after {LONGEST} s; by itself it runs on: {command_of(name, quick)}"
                            process.kill()
            except BaseException:
                process.kill()
                raise
        compiling = float(compiled.read_text()) if compiled.exists() else 0.0
    failed = process.returncode != 0
    printed += late or (said if failed else "")
    texts = [text for text in printed.splitlines() if not text.startswith("Written: ")]
    took = time.perf_counter() - begin
    return Run(name, command_of(name, quick), took, "\n".join(texts).strip("\n"), failed, compiling)


def pictures_of(folder: Path) -> list[Path]:
    """Return the pictures in a benchmark's folder, one form of each."""
    pixels = sorted(folder.rglob("*.png"))
    drawn = {path.with_suffix("") for path in pixels}
    return pixels + sorted(path for path in folder.rglob("*.svg") if path.with_suffix("") not in drawn)


def page(runs: list[Run], waiting: list[str], out: Path) -> str:
    """Make the page; pictures are within it.

    Args:
        runs: of the benchmarks that are done.
        waiting: the names of the others.
        out: the folder of all, with the pictures.
    """
    parts = [f"<!doctype html><html lang='en'><meta charset='utf-8'><title>xoropt: benchmarks</title><style>{STYLE}"]
    parts.append("</style><h1>xoropt: benchmarks</h1><p>")
    parts.append(html.escape(", ".join(f"{key} {value}" for key, value in machine().items())))
    parts.append(f". {sum(one.seconds for one in runs):.0f} s for all.</p>")
    if waiting:
        parts.append(f"<p class='failed'>Not finished; missing: {', '.join(waiting)}. The same command goes on.</p>")
    parts.append("<ul>")
    parts += [f"<li><a href='#{one.name}'>{one.name}</a>" for one in runs]
    parts.append("</ul>")
    for one in runs:
        state = ", <span class='failed'>failed</span>" if one.failed else ""
        parts.append(f"<h2 id='{one.name}'>{one.name}</h2>")
        parts.append(f"<p><code>{html.escape(one.command)}</code>, {one.seconds:.0f} s{state}</p>")
        parts.append(f"<pre>{html.escape(one.printed)}</pre>")
        for path in pictures_of(out / one.name):
            data = base64.b64encode(path.read_bytes()).decode()
            parts.append(f"<p><img alt='{html.escape(path.stem)}' src='data:{TYPES[path.suffix]};base64,{data}'></p>")
    return "\n".join([*parts, "</html>", ""])


def interrupted_runs(path: Path) -> list[Run]:
    """Return the runs that an interrupted command has left; none of a finished one, or of another machine."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["complete"] or found["machine"] != machine():
            return []
        return [Run(**one) for one in found["runs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def write(runs: list[Run], waiting: list[str], out: Path) -> None:
    """Write the page, and the runs for a command that goes on."""
    figures: dict[str, Any] = {"machine": machine(), "complete": not waiting, "runs": [asdict(one) for one in runs]}
    for name, text in (
        ("benchmarks.html", page(runs, waiting, out)),
        ("benchmarks.json", json.dumps(figures, indent=2) + "\n"),
    ):
        with whole_file(out / name, overwrite=True) as part:
            Path(part).write_text(text, encoding="utf-8")


def expected(name: str) -> float:
    """Return the seconds that a benchmark should take with --quick."""
    return QUICK_SECONDS.get(name, UNKNOWN)


def time_left(runs: list[Run], waiting: list[str]) -> float:
    """Return the seconds that the benchmarks that wait will take with --quick.

    Compiling happens once, in the first ones for the most part. It is counted by itself: what it took so far says
    whether it is still to come, and the rest how much slower this machine is than the one whose times are known.

    Args:
        runs: of those that are done, one at least.
        waiting: the names of the others.
    """
    compiling = sum(one.compiling for one in runs)
    slower = (sum(one.seconds for one in runs) - compiling) / sum(expected(one.name) for one in runs)
    usual = sum(COMPILING_SECONDS.get(one.name, 0) for one in runs)
    later = sum(COMPILING_SECONDS.get(name, 0) for name in waiting)
    return slower * sum(map(expected, waiting)) + (later * compiling / usual if usual else 0.0)


def tell(bar: Progress | None, name: str, before: float, left: float | None, seconds: float) -> None:
    """Show the seconds that a benchmark has run, after those before it, and what was left when it began, if known."""
    if bar is not None:
        bar(name, round(before + seconds), None if left is None else round(before + max(left, seconds)))


def run_all(runs: list[Run], waiting: list[str], quick: bool, out: Path, bar: Progress | None) -> None:
    """Run the benchmarks that wait, move each to the runs, and write the page each time.

    The time left is told with --quick once a benchmark is done; others take too different times.
    """
    begin = time.perf_counter()
    while waiting:
        left = time_left(runs, waiting) if quick and runs else None
        name = waiting[0]
        show = partial(tell, bar, name, time.perf_counter() - begin, left)
        show(0.0)
        one = run(name, quick, out, show)
        runs.append(one)
        waiting.pop(0)
        write(runs, waiting, out)
        words = f"; {len(waiting)} more"
        if quick:
            words = f"; about {max(1, round(time_left(runs, waiting) / 60))} min left"
        print(f"{name:12} {one.seconds:6.1f} s{'  failed' if one.failed else ''}{words if waiting else ''}", flush=True)


def main() -> int:
    """Run the benchmarks and write the page; return how many failed."""
    parser = arguments(__doc__, "a quarter of an hour", Path("results"))
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("all", "common"))
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names, help="these alone (all)")
    parser.epilog = (
        "Examples:\n  xoropt bench all --quick --out results\n  xoropt bench all --quick --only masks encode"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    waiting = sorted(options.only, key=expected)
    commands = {command_of(name, options.quick) for name in waiting}
    runs = [one for one in interrupted_runs(options.out / "benchmarks.json") if one.command in commands]
    runs = [one for one in runs if not one.failed]
    waiting = [name for name in waiting if name not in {one.name for one in runs}]
    if runs:
        print(f"going on; done before: {', '.join(one.name for one in runs)}")
    try:
        with progress_bar("bench") as bar:
            run_all(runs, waiting, options.quick, options.out, bar)
    except KeyboardInterrupt:
        done = f"{options.out / 'benchmarks.html'} has what is done" if runs else "nothing is done yet"
        print(f"xoropt: interrupted; {done}; the same command goes on.", file=sys.stderr)
        return 1
    write(runs, waiting, options.out)
    print(f"Written: {options.out / 'benchmarks.html'}")
    return sum(one.failed for one in runs)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
