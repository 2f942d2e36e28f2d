"""A decoder mapped to the cells of a library: area, cells and delay, as yosys and ABC find them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from xoropt.circuits.yosys import run_yosys
from xoropt.common.errors import ArgumentError, XoroptError

__all__ = ["OPEN_LIBRARIES", "MappedDesign", "map_to_cells", "open_library"]

OPEN_LIBRARIES = {
    "OSU 0.18 µm": ("qflow-tech-osu018", "osu018/osu018_stdcells.lib"),
    "OSU 0.35 µm": ("qflow-tech-osu035", "osu035/osu035_stdcells.lib"),
    "OSU 0.5 µm": ("qflow-tech-osu050", "osu050/osu05_stdcells.lib"),
}
"""Debian packages with open cell libraries, and their files below `/usr/share/qflow/tech`."""
FOLDER = Path("/usr/share/qflow/tech")

RESTRUCTURE = ("strash", "ifraig", "scorr", "dc2", "strash", "dch -f")
TIMED = "\n".join([*RESTRUCTURE, "map -B 0.9", "topo", "buffer -c", "upsize", "dnsize", "stime", ""])
UNTIMED = "\n".join([*RESTRUCTURE, "map -a", "topo", ""])
"""What ABC does: restructure, map, put buffers behind signals with many readers, size the cells, and time the result.

A library without delays is mapped for the least area.
"""


@dataclass(frozen=True)
class MappedDesign:
    """A design in the cells of a library.

    Attributes:
        area: the area of all cells in the library's unit, which is µm² in those of `OPEN_LIBRARIES`.
        register_area: the part of it that flip-flops take.
        cells: the number of cells, flip-flops included.
        flip_flops: the number of flip-flops.
        delay_ps: the longest path between registers or ports in picoseconds, without wires and set-up times; None for a
            library without delays.
    """

    area: float
    register_area: float
    cells: int
    flip_flops: int
    delay_ps: float | None


def open_library() -> tuple[str, Path] | None:
    """Return the name and the file of the first of `OPEN_LIBRARIES` that is installed, or None."""
    for name, (_, file) in OPEN_LIBRARIES.items():
        if (FOLDER / file).is_file():
            return name, FOLDER / file
    return None


def map_to_cells(verilog: str, top: str, liberty: str | os.PathLike[str]) -> MappedDesign:
    """Map a design to the cells of a library with yosys and ABC.

    Args:
        verilog: the modules.
        top: the module that is mapped, together with all modules below it.
        liberty: the library, a file in the Liberty format, with flip-flops.

    Raises:
        ArgumentError: there is no such file.
        XoroptError: yosys is missing or failed, or the library lacks cells that are needed.
    """
    path = Path(liberty).resolve()
    if not path.is_file():
        raise ArgumentError(
            f"Argument 'liberty' must be a cell library in the Liberty format; there is no file '{liberty}'."
        )
    library = path.read_text(encoding="utf-8", errors="replace")
    timed = re.search(r"\bcell_(rise|fall)\b|\bintrinsic_rise\b", library) is not None
    files = {"design.v": verilog, "cells.lib": library, "abc.script": TIMED if timed else UNTIMED}
    script = (
        f"read_verilog {{0}}/design.v; synth -flatten -noabc -top {top}; dfflibmap -liberty {{0}}/cells.lib; "
        "abc -liberty {0}/cells.lib -script {0}/abc.script; opt_clean; stat -liberty {0}/cells.lib"
    )
    report = run_yosys(files, script)
    statistics = report[report.rindex("Printing statistics") :]
    whole = re.search(r"Chip area for (?:top )?module '\S+': ([\d.]+)", statistics)
    times = re.findall(r"Delay =\s*([\d.]+) ps", report)
    # Newer versions print number, area and name, older ones name, number and area.
    newer = re.findall(r"^ +(\d+) +([\d.e+]+) +([A-Za-z_]\w*)$", statistics, re.MULTILINE)
    older = re.findall(r"^ +([A-Za-z_]\w*) +(\d+) +([\d.e+]+)$", statistics, re.MULTILINE)
    cells = {name: int(number) for number, _, name in newer} | {name: int(number) for name, number, _ in older}
    cells.pop("cells", None)
    if whole is None or not cells:
        raise XoroptError(f"{liberty}: yosys could not map the design to the cells of this library.")
    areas = {name: float(area) for _, area, name in newer} | {name: float(area) for name, _, area in older}
    registers = [name for name in cells if name in _registers(library)]
    return MappedDesign(
        area=float(whole[1]),
        register_area=sum(areas[name] for name in registers),
        cells=sum(cells.values()),
        flip_flops=sum(cells[name] for name in registers),
        delay_ps=float(times[-1]) if times else None,
    )


def _registers(library: str) -> set[str]:
    """Return the names of a library's flip-flops and latches."""
    _, *parts = re.split(r'\bcell\s*\(\s*"?(\w+)"?\s*\)', library)
    return {name for name, text in zip(parts[::2], parts[1::2], strict=True) if re.search(r"\b(ff|latch)\s*\(", text)}
