"""What yosys says: a proof that a circuit computes its matrix, and the gates that ABC makes of the matrix.

The yosys in the `pyosys` package is used if that is installed, else the yosys program.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.matrices import as_matrix
from xoropt.circuits.verilog import matrix_verilog, to_verilog
from xoropt.common.errors import XoroptError

__all__ = ["abc_gates", "available", "netlist_cells", "netlist_gates", "prove_equivalent"]

PYOSYS = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1].split(";"):
    libyosys.run_pass(command.strip(), design)
"""


def available() -> bool:
    """Whether there is a yosys."""
    return find_spec("pyosys") is not None or shutil.which("yosys") is not None


def prove_equivalent(circuit: XorCircuit, matrix: np.ndarray) -> bool:
    """Whether yosys proves (by SAT, on a miter) that the exported Verilog computes the matrix.

    Quick for sparse matrices; for dense ones with dozens of rows the proof may take very long, where
    `XorCircuit.verify` answers at once.

    Raises:
        XoroptError: yosys is missing or failed.
    """
    report = _run(
        {"gold.v": matrix_verilog(as_matrix(matrix), "gold"), "gate.v": to_verilog(circuit, "gate")},
        "read_verilog {0}/gold.v; read_verilog {0}/gate.v; prep; miter -equiv -make_assert -flatten gold gate miter;"
        " hierarchy -top miter; proc; opt -full; sat -verify-no-timeout -prove-asserts miter",
    )
    return "SUCCESS!" in report


def netlist_gates(circuit: XorCircuit) -> int:
    """The two-input gates that yosys counts in the exported Verilog, each line taken as it stands.

    Raises:
        XoroptError: yosys is missing or failed.
    """
    report = _run({"gate.v": to_verilog(circuit)}, "read_verilog {0}/gate.v; techmap; clean; stat")
    return _cells(report)


def abc_gates(matrix: np.ndarray) -> int | None:
    """Two-input gates of a matrix's rows after yosys and `abc -g AND,XOR`; None without yosys.

    `abc -g XOR` crashes several versions of ABC.

    Raises:
        XoroptError: yosys failed.
    """
    if not available():
        return None
    script = "read_verilog {0}/matrix.v; synth -noabc -flatten; abc -g AND,XOR; opt_clean; stat"
    return _cells(_run({"matrix.v": matrix_verilog(as_matrix(matrix))}, script))


def netlist_cells(verilog: str, top: str, optimize: bool = False) -> dict[str, int]:
    """The cells of a design by yosys's names, such as `$_XOR_` and `$_DFFE_PP_`.

    Args:
        verilog: modules.
        top: the one that is counted, with all below it.
        optimize: after synthesis with ABC, in two-input gates; otherwise each operator taken as it stands.

    Raises:
        XoroptError: yosys is missing or failed.
    """
    read = f"read_verilog {{0}}/design.v; hierarchy -top {top}; proc; flatten; "
    rest = "synth -flatten -noabc; abc -g AND,OR,XOR; opt_clean" if optimize else "techmap; clean"
    report = _run({"design.v": verilog}, f"{read}{rest}; stat")
    last = report[report.rindex("Printing statistics") :]
    found = re.findall(r"(\d+)\s+(\$_\w+_)(?!\w)|(\$_\w+_)\s+(\d+)", last)
    return {first or second: int(before or after) for before, first, second, after in found}


def _run(files: dict[str, str], script: str) -> str:
    """The output of a script, commands with ';' between, in which {0} is the folder with the files."""
    if not available():
        raise XoroptError("yosys is not installed; pip install pyosys")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text)
        script = script.format(folder)
        command = [sys.executable, "-c", PYOSYS, script] if find_spec("pyosys") else ["yosys", "-p", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "FAIL!" not in done.stdout:
        raise XoroptError(f"yosys failed: {' '.join((done.stdout + done.stderr)[-300:].split())}")
    return done.stdout


def _cells(report: str) -> int:
    """The cells in the last statistics; newer versions print the number before the name, older ones after it."""
    last = report[report.rindex("Printing statistics") :]
    cells = re.findall(r"(\d+)\s+\$_[A-Z]+_(?!\w)|\$_[A-Z]+_\s+(\d+)", last)
    return sum(int(before or after) for before, after in cells)
