"""XorCircuit: its invariants, what it computes, and its forms."""

import numpy as np
import pytest

from xoropt.circuits import XorCircuit, from_networkx, from_text, read_circuit, to_text, write_circuit
from xoropt.common.errors import ArgumentError, FormatError, XoroptError

# y0 = x0+x1+x2, y1 = 0, y2 = x1, y3 = x0+x1
SMALL = XorCircuit(3, np.array([[0, 1], [2, 3]]), np.array([4, -1, 1, 3]))
SMALL_MATRIX = np.array([[1, 1, 1], [0, 0, 0], [0, 1, 0], [1, 1, 0]])
WIDE = XorCircuit(5, np.array([[0, 1, 2, 3], [4, 5, -1, -1]]), np.array([6, 5]))


def test_figures():
    assert (SMALL.gates, SMALL.depth, SMALL.n_out, SMALL.max_inputs) == (2, 2, 4, 2)
    assert SMALL.fan_out.tolist() == [1, 2, 1, 2, 1]
    assert SMALL.critical_path == [0, 3, 4]
    assert (WIDE.gates, WIDE.depth, WIDE.max_inputs) == (2, 2, 4)


def test_verify_is_exact():
    assert SMALL.verify(SMALL_MATRIX)
    for i, j in np.ndindex(SMALL_MATRIX.shape):
        other = SMALL_MATRIX.copy()
        other[i, j] ^= 1
        assert not SMALL.verify(other)
    assert not SMALL.verify(SMALL_MATRIX[:3])
    assert WIDE.verify(np.array([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint64])
def test_evaluate_agrees_with_the_matrix_product(dtype):
    bits = np.random.default_rng(0).integers(0, 2, (3, 50)).astype(dtype)
    assert (SMALL.evaluate(bits) == (SMALL_MATRIX @ bits.astype(int)) % 2).all()
    assert SMALL.evaluate(bits).dtype == dtype


def test_evaluate_takes_many_words_at_once():
    words = np.random.default_rng(0).integers(0, 1 << 64, (3, 4, 5), dtype=np.uint64)
    assert (SMALL.evaluate(words)[0] == words[0] ^ words[1] ^ words[2]).all()
    assert not SMALL.evaluate(words)[1].any()


def test_a_circuit_without_gates_or_inputs():
    empty = XorCircuit(0, np.zeros((0, 2), int), np.array([-1, -1]))
    assert (empty.gates, empty.depth, empty.critical_path) == (0, 0, [])
    assert empty.verify(np.zeros((2, 0)))
    assert XorCircuit(2, np.zeros((0, 2), int), np.zeros(0, int)).verify(np.zeros((0, 2)))


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        SMALL.operands[0, 0] = 1


@pytest.mark.parametrize(
    ("operands", "outputs", "message"),
    [
        ([[0, 2]], [2], "Gate 0 reads"),
        ([[0, 3], [0, 1]], [2], "Gate 0 reads"),
        ([[0, 0]], [2], "two different signals"),
        ([[0, -1]], [2], "two different signals"),
        ([[0, -1, 1]], [2], "two different signals"),
        ([[0, -2]], [2], "Gate 0 reads"),
        ([[0, 1]], [3], "outside"),
        ([[0, 1]], [-2], "outside"),
        ([[0, 1]], [[2]], "one dimension"),
        ([[0]], [0], "shape"),
    ],
)
def test_bad_circuits(operands, outputs, message):
    with pytest.raises(ArgumentError, match=message):
        XorCircuit(2, np.array(operands), np.array(outputs))


def test_bad_words():
    with pytest.raises(ArgumentError, match="3 rows"):
        SMALL.evaluate(np.zeros((2, 4), bool))
    with pytest.raises(ArgumentError, match="unsigned"):
        SMALL.evaluate(np.zeros((3, 4)))


def test_networkx_and_back():
    for circuit in (SMALL, WIDE):
        graph = circuit.to_networkx()
        assert from_networkx(graph).verify(circuit.matrix())
        assert graph.number_of_nodes() == circuit.n_in + circuit.gates + circuit.n_out
    assert sorted(SMALL.to_networkx().predecessors(("gate", 1))) == [("gate", 0), ("input", 2)]


def test_bad_graphs():
    graph = SMALL.to_networkx()
    graph.add_edge(("gate", 1), ("gate", 0))
    with pytest.raises(ArgumentError, match="cycle"):
        from_networkx(graph)
    graph = SMALL.to_networkx()
    graph.add_node("seven")
    with pytest.raises(ArgumentError, match="'seven'"):
        from_networkx(graph)
    graph = SMALL.to_networkx()
    graph.add_edge(("input", 0), ("output", 2))
    with pytest.raises(ArgumentError, match="2 sources"):
        from_networkx(graph)


TEXT = """# by hand
xor-circuit 1
inputs 3
t0 = x0 + x1
t1 = x2 + t0
y0 = t1
y1 = 0
y2 = x1
y3 = t0
"""


def test_text_is_exact():
    assert to_text(SMALL, "by hand") == TEXT
    assert from_text(TEXT) == SMALL
    assert from_text(to_text(WIDE)) == WIDE


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("xor-circuit 1", "xor-circuit 2", "not a circuit"),
        ("inputs 3", "inputs three", "inputs"),
        ("t1 = x2 + t0", "t2 = x2 + t0", "line 5"),
        ("x2 + t0", "x3 + t0", "no input x3"),
        ("x2 + t0", "x2 + t1", "Gate 1"),
        ("x2 + t0", "x2", "two to 4"),
        ("x2 + t0", "x2 + 0", "two to 4"),
        ("x2 + t0", "x2 * t0", "not a signal"),
        ("x2 + t0", "x0 + x0", "different"),
        ("y3 = t0", "y3 = t0 + t1", "one signal"),
        ("y3 = t0", "y4 = t0", "line 9"),
        ("y3 = t0", "t2 = x0 + x1", "line 9"),
        ("y3 = t0", "y3 = t9", "outside"),
    ],
)
def test_bad_text_names_the_line(old, new, message):
    with pytest.raises(FormatError, match=message):
        from_text(TEXT.replace(old, new), "c.txt")


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


def test_forms_by_suffix(tmp_path):
    for suffix, mark in ((".v", "module xor_circuit"), (".c", "uint64_t t1"), (".dot", "digraph"), (".svg", "<svg")):
        write_circuit(tmp_path / f"c{suffix}", SMALL)
        assert mark in (tmp_path / f"c{suffix}").read_text()


def test_pictures_show_every_gate():
    import xml.etree.ElementTree as ElementTree

    assert SMALL.to_dot().count("->") == 4 + 3
    root = ElementTree.fromstring(SMALL.to_svg())
    assert len(root.findall(".//{http://www.w3.org/2000/svg}circle")) == SMALL.gates


def test_ports_of_no_width_have_no_hardware():
    empty = XorCircuit(0, np.zeros((0, 2), int), np.array([-1]))
    for form in (empty.to_verilog, empty.to_c):
        with pytest.raises(ArgumentError, match="needs an input and an output"):
            form()
    with pytest.raises(ArgumentError, match="'name'"):
        SMALL.to_verilog("8bit")
