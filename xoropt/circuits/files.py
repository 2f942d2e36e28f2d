"""Circuits in files: text that is read back exactly, Verilog, C, and pictures."""

import os
from pathlib import Path

from xoropt.circuits.c_source import to_c
from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.drawing import to_dot, to_svg
from xoropt.circuits.text import from_text, to_text
from xoropt.circuits.verilog import to_verilog
from xoropt.common.files import read_text, whole_file

__all__ = ["read_circuit", "write_circuit"]

EXPORTS = {".v": to_verilog, ".c": to_c, ".dot": to_dot, ".svg": to_svg}
"""The export function for each end of a file's name; `to_text` is that of all others."""


def read_circuit(path: str | os.PathLike[str]) -> XorCircuit:
    """Read a circuit from a text file in the format of `xoropt.circuits.to_text`.

    Raises:
        FormatError: the file is not a circuit; the message names the line.
        XoroptError: the file cannot be read.
    """
    text = read_text(path, "not a circuit; the first line must read 'xor-circuit 1'.")
    return from_text(text, str(Path(path)))


def write_circuit(path: str | os.PathLike[str], circuit: XorCircuit, remark: str = "", overwrite: bool = False) -> None:
    """Write a circuit to a file, which appears whole or not at all.

    Args:
        path: the file; the end of its name says what is written: .v, .c, .dot, .svg, or text for any other.
        circuit: the circuit.
        remark: comment lines for the head of a text file; the other formats leave it out.
        overwrite: replace a file that exists.

    Raises:
        ArgumentError: the circuit has no input or no output, which Verilog and C need.
        XoroptError: the file exists already and `overwrite` is false, or it cannot be written.
    """
    path = Path(path)
    export = EXPORTS.get(path.suffix)
    text = to_text(circuit, remark) if export is None else export(circuit)
    with whole_file(path, overwrite) as part:
        part.write_text(text, encoding="utf-8")
