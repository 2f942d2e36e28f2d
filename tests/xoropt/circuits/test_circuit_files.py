"""Circuits in files of every format."""

import pytest
from circuit_examples import SMALL

from xoropt.circuits import read_circuit, to_c, to_dot, to_svg, to_verilog, write_circuit
from xoropt.common.errors import FormatError, XoroptError


def test_files(tmp_path):
    path = tmp_path / "c.txt"
    write_circuit(path, SMALL, "two\nlines")
    assert read_circuit(path) == SMALL
    assert path.read_text().startswith("# two\n# lines\nxor-circuit 1\n")
    with pytest.raises(XoroptError, match="exists already"):
        write_circuit(path, SMALL)
    with pytest.raises(XoroptError, match=r"missing\.txt"):
        read_circuit(tmp_path / "missing.txt")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError, match="not a circuit"):
        read_circuit(path)


@pytest.mark.parametrize(
    ("suffix", "export", "mark"),
    [
        (".v", to_verilog, "module xor_circuit"),
        (".c", to_c, "uint64_t t1"),
        (".dot", to_dot, "digraph"),
        (".svg", to_svg, "<svg"),
    ],
)
def test_the_suffix_names_the_format(suffix, export, mark, tmp_path):
    if suffix == ".svg":
        pytest.importorskip("igraph")
    path = tmp_path / f"c{suffix}"
    write_circuit(path, SMALL)
    assert path.read_text() == export(SMALL)
    assert mark in path.read_text()
