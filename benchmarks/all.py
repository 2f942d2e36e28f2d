"""Every benchmark, one after the other, as one page of all tables and pictures.

The page says the machine, and for each benchmark its command, its time, what it printed and what it drew. A benchmark
that fails, or takes too long, is named with what it said; the others go on.
"""

import base64
import html
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from common import arguments, machine
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from xoropt.common.files import whole_file

LONGEST = 180
"""Seconds that a benchmark may take with --quick; the page's 15 minutes are for all."""
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
        pictures: the files that it drew.
    """

    name: str
    command: str
    seconds: float
    printed: str
    failed: bool
    pictures: tuple[Path, ...]


def run(name: str, quick: bool, out: Path) -> Run:
    """Run one benchmark in a process of its own, whose pictures and JSON go to `out/name`."""
    options = ["--quick"] if quick else []
    begin = time.perf_counter()
    line = [sys.executable, "-m", "xoropt", "bench", name, *options, "--out", str(out / name)]
    failed = True
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=LONGEST if quick else None)
        failed, printed = done.returncode != 0, done.stdout if done.returncode == 0 else done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        printed = f"It took longer than {LONGEST} s and was stopped; 'xoropt bench {name} --quick' runs it by itself."
    kept = [text for text in printed.splitlines() if not text.startswith("Written: ")]
    pictures = sorted(path for path in (out / name).rglob("*") if path.suffix == ".png")
    drawn = {path.with_suffix("") for path in pictures}
    pictures += sorted(path for path in (out / name).rglob("*.svg") if path.with_suffix("") not in drawn)
    command = " ".join(["xoropt bench", name, *options])
    return Run(name, command, time.perf_counter() - begin, "\n".join(kept).strip(), failed, tuple(pictures))


def page(runs: list[Run]) -> str:
    """Make the page; pictures are within it."""
    parts = [f"<!doctype html><html lang='en'><meta charset='utf-8'><title>xoropt: benchmarks</title><style>{STYLE}"]
    parts.append("</style><h1>xoropt: benchmarks</h1><p>")
    parts.append(html.escape(", ".join(f"{key} {value}" for key, value in machine().items())))
    parts.append(f". {sum(one.seconds for one in runs):.0f} s for all.</p><ul>")
    parts += [f"<li><a href='#{one.name}'>{one.name}</a>" for one in runs]
    parts.append("</ul>")
    for one in runs:
        state = ", <span class='failed'>failed</span>" if one.failed else ""
        parts.append(f"<h2 id='{one.name}'>{one.name}</h2>")
        parts.append(f"<p><code>{html.escape(one.command)}</code>, {one.seconds:.0f} s{state}</p>")
        parts.append(f"<pre>{html.escape(one.printed)}</pre>")
        for path in one.pictures:
            data = base64.b64encode(path.read_bytes()).decode()
            parts.append(f"<p><img alt='{html.escape(path.stem)}' src='data:{TYPES[path.suffix]};base64,{data}'></p>")
    return "\n".join([*parts, "</html>", ""])


def main() -> int:
    """Run the benchmarks and write the page; return how many failed."""
    parser = arguments(__doc__)
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("all", "common"))
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names, help="these benchmarks")
    parser.set_defaults(out=Path("results"))
    parser.epilog = (
        "Examples:\n  xoropt bench all --quick --out results\n  xoropt bench all --quick --only masks encode"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    runs = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(*columns, console=console, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("", total=len(options.only))
        for name in options.only:
            bar.update(task, description=name)
            runs.append(run(name, options.quick, Path(folder)))
            bar.advance(task)
            print(f"{name:12} {runs[-1].seconds:6.1f} s{'  failed' if runs[-1].failed else ''}", flush=True)
        text = page(runs)
    path = options.out / "benchmarks.html"
    with whole_file(path, overwrite=True) as part:
        Path(part).write_text(text, encoding="utf-8")
    figures = {one.name: {"seconds": one.seconds, "failed": one.failed} for one in runs}
    (options.out / "benchmarks.json").write_text(json.dumps({"machine": machine(), "runs": figures}, indent=2) + "\n")
    print(f"Written: {path}")
    return sum(one.failed for one in runs)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
