"""What yosys with ABC makes of a matrix: the yosys program, or the one in the `pyosys` package."""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from xoropt.circuits import matrix_verilog

__all__ = ["abc_gates", "run_yosys"]

PYOSYS = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1].split(";"):
    libyosys.run_pass(command.strip(), design)
"""


def run_yosys(script: str) -> str:
    """The output of a yosys script, commands with ';' between. RuntimeError if it fails, LookupError without yosys."""
    if find_spec("pyosys") is not None:
        command = [sys.executable, "-c", PYOSYS, script]
    elif shutil.which("yosys"):
        command = ["yosys", "-p", script]
    else:
        raise LookupError("yosys is not installed: pip install pyosys")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"yosys failed: {(done.stdout + done.stderr)[-500:]}")
    return done.stdout


def abc_gates(matrix: np.ndarray) -> int | None:
    """Two-input gates of a matrix's rows after `abc -g AND,XOR`; None without yosys.

    `abc -g XOR` crashes several versions of ABC; with AND allowed it uses none of them here.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "matrix.v")
        source.write_text(matrix_verilog(matrix))
        try:
            report = run_yosys(f"read_verilog {source}; synth -noabc -flatten; abc -g AND,XOR; opt_clean; stat")
        except LookupError:
            return None
    last = report[report.rindex("Printing statistics") :]
    # Newer versions print the number before the name, older ones after it; an inverter would count as a gate too.
    cells = re.findall(r"(?:^|\s)(\d+)\s+\$_[A-Z]+_\b|\$_[A-Z]+_\s+(\d+)", last)
    return sum(int(a or b) for a, b in cells)
