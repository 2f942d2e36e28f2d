"""Yosys on Verilog: the cells of a design, and the gates that ABC makes of a matrix.

The yosys of the `pyosys` package is used if that is installed, otherwise the yosys program.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from xoropt.circuits.circuit import as_matrix
from xoropt.circuits.verilog import matrix_verilog
from xoropt.common.errors import XoroptError

__all__ = ["abc_gates", "available", "netlist_cells", "run_yosys"]

PYOSYS = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1].split(";"):
    libyosys.run_pass(command.strip(), design)
"""


def available() -> bool:
    """Return whether yosys is installed."""
    return find_spec("pyosys") is not None or shutil.which("yosys") is not None


def abc_gates(matrix: object) -> int | None:
    """Count the two-input gates that yosys and ABC make of a matrix's rows with `abc -g AND,XOR`.

    Several versions of ABC crash on `abc -g XOR`.

    Args:
        matrix: (n_out, n_in) of 0 and 1.

    Returns:
        The number of gates, or None if yosys is not installed.

    Raises:
        ArgumentError: `matrix` is not a binary matrix, or has no row or no column.
        XoroptError: yosys failed.
    """
    if not available():
        return None
    script = "read_verilog {0}/matrix.v; synth -noabc -flatten; abc -g AND,XOR; opt_clean; stat"
    report = run_yosys({"matrix.v": matrix_verilog(as_matrix(matrix))}, script)
    # Newer versions print the number before the name, older ones after it.
    cells = re.findall(r"(\d+)\s+\$_[A-Z]+_(?!\w)|\$_[A-Z]+_\s+(\d+)", _statistics(report))
    return sum(int(before or after) for before, after in cells)


def netlist_cells(verilog: str, top: str, optimize: bool = False) -> dict[str, int]:
    """Count the cells of a design by yosys's names, such as `$_XOR_` and `$_DFFE_PP_`.

    Args:
        verilog: the modules.
        top: the module that is counted, together with all modules below it.
        optimize: count two-input gates after synthesis with ABC, instead of each operator as it is written.

    Raises:
        XoroptError: yosys is missing or failed.
    """
    read = f"read_verilog {{0}}/design.v; hierarchy -top {top}; proc; flatten; "
    rest = "synth -flatten -noabc; abc -g AND,OR,XOR; opt_clean" if optimize else "techmap; clean"
    report = run_yosys({"design.v": verilog}, f"{read}{rest}; stat")
    found = re.findall(r"(\d+)\s+(\$_\w+_)(?!\w)|(\$_\w+_)\s+(\d+)", _statistics(report))
    return {first or second: int(before or after) for before, first, second, after in found}


def run_yosys(files: dict[str, str], script: str) -> str:
    """Run yosys on some files and return what it prints.

    Args:
        files: the texts of the files, by name.
        script: commands with ';' between them, in which {0} stands for the folder with the files.

    Raises:
        XoroptError: yosys is missing or failed; a proof that failed (it prints FAIL!) raises nothing.
    """
    if not available():
        raise XoroptError("yosys is not installed; pip install pyosys")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text)
        script = script.format(folder)
        command = [sys.executable, "-c", PYOSYS, script] if find_spec("pyosys") else ["yosys", "-p", script]
        environment = os.environ | {"TMPDIR": folder}  # some versions leave files behind
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and "FAIL!" not in done.stdout:
        raise XoroptError(f"yosys failed: {' '.join((done.stdout + done.stderr)[-300:].split())}")
    return done.stdout


def _statistics(report: str) -> str:
    """Return the last statistics in what yosys printed."""
    return report[report.rindex("Printing statistics") :]
