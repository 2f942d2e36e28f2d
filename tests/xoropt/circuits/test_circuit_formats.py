"""Circuits in the formats of others: what is written is read back, and what is no circuit is said to be none."""

import contextlib
import json

import numpy as np
import pytest
from circuit_examples import SMALL
from hypothesis import given
from hypothesis import strategies as st

from xoropt.circuits import (
    XorCircuit,
    circuit_for,
    from_blif,
    from_json,
    from_slp,
    from_verilog,
    read_circuit,
    synthesize,
    to_blif,
    to_json,
    to_slp,
    to_verilog,
    write_circuit,
)
from xoropt.common.errors import ArgumentError, FormatError

PAIRS = [(to_slp, from_slp), (to_json, from_json), (to_blif, from_blif), (to_verilog, from_verilog)]
READERS = [read for _, read in PAIRS]


@st.composite
def circuits(draw):
    n_in = draw(st.integers(2, 6))
    rows = []
    for gate in range(draw(st.integers(0, 8))):
        signals = st.lists(st.integers(0, n_in + gate - 1), min_size=2, max_size=4, unique=True)
        row = draw(signals)
        rows.append(row + [-1] * (4 - len(row)))
    outputs = draw(st.lists(st.integers(-1, n_in + len(rows) - 1), min_size=1, max_size=5))
    return XorCircuit(n_in, np.array(rows, dtype=np.int32).reshape(-1, 4), np.array(outputs, dtype=np.int32))


@pytest.mark.parametrize(("write", "read"), PAIRS)
@given(circuit=circuits())
def test_what_is_written_is_read_back(write, read, circuit):
    found = read(write(circuit))
    assert found.verify(circuit.matrix())


@pytest.mark.parametrize("suffix", [".slp", ".json", ".blif", ".v"])
def test_the_end_of_the_name_says_the_format(suffix, tmp_path):
    path = tmp_path / f"c{suffix}"
    write_circuit(path, SMALL)
    assert read_circuit(path).verify(SMALL.matrix())


def test_a_program_of_the_collection():
    text = """# NIST Circuit Complexity Project
begin circuit SKINNY
Inputs: x1:x3
Outputs: y1:y3
Internal: t1
GateSyntax: GateName Output Inputs
begin SLP
EQUAL y3 x2
XOR t1 x1 x2
XOR y1 t1 x3
XOR y2 y1 x1
end SLP
end circuit"""
    assert from_slp(text).matrix().astype(int).tolist() == [[1, 1, 1], [0, 1, 1], [0, 1, 0]]
    assert from_slp(text).gates == 3


def test_netlists_in_any_order_and_style():
    text = """// a netlist
    module m (a, b, c, y, z);
      input a, b; input c;
      output y; output [1:0] z;
      wire u;
      xor g1 (y, u, c);
      assign u = a ^ b;
      assign z[1] = u ^ (a ^ a), z0;
    endmodule"""
    with pytest.raises(FormatError, match="is not a signal"):
        from_verilog(text)
    fixed = text.replace(", z0;", "; buf (z[0], 1'b0);")
    assert from_verilog(fixed).matrix().astype(int).tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 0]]
    blif = ".model m\n.inputs a \\\n b\n.outputs y n\n.names n\n.names a b y\n00 0\n11 0\n.end\n"
    assert from_blif(blif).matrix().astype(int).tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (from_slp, "begin SLP\nXOR a b c\nend SLP", "lacks 'Inputs:'"),
        (from_slp, "Inputs: x1:x2\nOutputs: y\nbegin SLP\nAND y x1 x2\nend SLP", "line 4: expected 'XOR"),
        (from_slp, "Inputs: x1:x2\nOutputs: y\nbegin SLP\nXOR y y x2\nend SLP", "depends on itself"),
        (from_slp, "Inputs: x1:x2\nOutputs: y\nbegin SLP\nXOR x1 x2 x2\nend SLP", "is assigned to"),
        (from_json, "{", "not JSON"),
        (from_json, "[[0, 1]]", "how many inputs"),
        (from_json, '{"inputCount": 2, "gates": [[0, 2]]}', "Gate 0 reads"),
        (from_json, '{"inputCount": 2, "gates": [[0, "x"]]}', "names no signal"),
        (from_json, '{"inputCount": -5, "gates": []}', "from 0 to"),
        (from_blif, ".inputs a b\n.outputs y\n.names a b y\n11 1\n", "is not a sum"),
        (from_blif, ".inputs a b\n.outputs y\n.latch a y 0\n", "line 3: '.latch'"),
        (from_blif, ".inputs a\n.outputs y\n", "never made"),
        (from_verilog, "nothing", "has no module"),
        (from_verilog, "module m(input a, output y); assign y = a & a; endmodule", "is not a signal"),
        (from_verilog, "module m(input a, output y); always @* y = a; endmodule", "can't be read"),
        (from_verilog, "module m(input [1:0] a, output y); assign y = a; endmodule", "differ in width"),
    ],
)
def test_what_is_no_circuit(read, text, message):
    with pytest.raises(FormatError, match=message):
        read(text)


@pytest.mark.parametrize("read", READERS)
@given(text=st.text(alphabet=st.sampled_from(' \n01xyt[]()=^.,:;abeginSLPXORmodule{}"-'), max_size=80))
def test_any_text_gives_a_circuit_or_a_format_error(read, text):
    with contextlib.suppress(FormatError):
        assert isinstance(read(text), XorCircuit)


def test_a_bare_list_starts_a_search(tmp_path):
    matrix = np.array([[1, 1, 1], [0, 1, 1]], bool)
    path = tmp_path / "list.txt"
    path.write_text("((1, 2), (0, 3), (0, 1))\n((0, 1),)\n")
    start = circuit_for(matrix, read_circuit(path, 3))
    assert start.gates == 2
    assert synthesize(matrix, time_limit=0.1, resume=start).gates == 2
    with pytest.raises(ArgumentError, match="no signal of it is row 1"):
        circuit_for(np.array([[1, 1, 1], [1, 0, 1]], bool), read_circuit(path, 3))
    with pytest.raises(ArgumentError, match="2 inputs"):
        circuit_for(np.ones((1, 2), bool), start)


def test_json_says_gates_and_depth():
    held = json.loads(to_json(SMALL))
    assert (held["gateCount"], held["depth"]) == (SMALL.gates, SMALL.depth)
