"""Circuits in files: text that is read back exactly, netlists of others, C, and pictures."""

import os
from pathlib import Path

from xoropt.circuits.c_source import to_c
from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.drawing import to_dot, to_svg
from xoropt.circuits.formats.blif import from_blif, to_blif
from xoropt.circuits.formats.gate_list import from_json, to_json
from xoropt.circuits.formats.slp import from_slp, is_slp, to_slp
from xoropt.circuits.formats.verilog_netlist import from_verilog
from xoropt.circuits.text import from_text, to_text
from xoropt.circuits.verilog import to_verilog
from xoropt.common.files import read_text, whole_file
from xoropt.common.kinds import checked

__all__ = ["read_circuit", "write_circuit"]

EXPORTS = {
    ".v": to_verilog,
    ".c": to_c,
    ".dot": to_dot,
    ".svg": to_svg,
    ".json": to_json,
    ".blif": to_blif,
    ".slp": to_slp,
}
"""The export function for each end of a file's name; `to_text` is that of all others."""


@checked
def read_circuit(path: str | os.PathLike[str], n_in: int | None = None) -> XorCircuit:
    """Read a circuit from a file.

    The end of the name says what the file holds: .json (a list of gates), .v (a Verilog netlist), .blif. Any other file
    is a straight-line program of the NIST collection if it says 'begin SLP', a bare list of gates if it begins with a
    bracket, and otherwise text in the format of `xoropt.circuits.to_text`.

    Args:
        path: the file.
        n_in: the number of inputs, for a bare list of gates, which does not say it.

    Raises:
        FormatError: the file is not such a circuit; the message names the line or the signal.
        XoroptError: the file cannot be read.
    """
    text = read_text(path, "not a circuit; the first line must read 'xor-circuit 1'.")
    path = Path(path)
    source = str(path)
    if path.suffix == ".v":
        return from_verilog(text, source)
    if path.suffix == ".blif":
        return from_blif(text, source)
    if path.suffix == ".json" or text.lstrip()[:1] in ("(", "["):
        return from_json(text, source, n_in)
    return from_slp(text, source) if is_slp(text) else from_text(text, source)


@checked
def write_circuit(path: str | os.PathLike[str], circuit: XorCircuit, remark: str = "", overwrite: bool = False) -> None:
    """Write a circuit to a file, which appears whole or not at all.

    Args:
        path: the file; the end of its name says what is written: .v, .blif, .json, .slp, .c, .dot, .svg, or text for
            any other.
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
