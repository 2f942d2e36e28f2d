"""Exported circuits: their pictures, and what yosys, Icarus Verilog and a C compiler make of them."""

import ctypes
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest
from circuit_examples import SMALL

import xoropt
from xoropt.circuits import XorCircuit, matrix_verilog, synthesize, to_c, to_dot, to_svg, to_verilog, yosys
from xoropt.codec.bits import unpack_fixed
from xoropt.common.errors import ArgumentError

needs_yosys = pytest.mark.skipif(not yosys.available(), reason="yosys is missing: pip install pyosys")


def matrices():
    rng = np.random.default_rng(0)
    matrix = rng.random((8, 10)) < 0.4
    matrix[3] = False
    matrix[4] = matrix[5]
    return {
        "random": matrix,
        "identity": np.eye(4, dtype=bool),
        "zero": np.zeros((2, 3), bool),
        "tri": np.tri(9, dtype=bool),
        "small": np.array([[1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 1]], dtype=bool),
    }


SLOW_PROOFS = ("random", "tri")
PROOFS = [pytest.param(name, marks=pytest.mark.slow if name in SLOW_PROOFS else ()) for name in matrices()]


def test_pictures_show_every_gate():
    assert to_dot(SMALL).count("->") == 4 + 3
    pytest.importorskip("igraph")
    root = ElementTree.fromstring(to_svg(SMALL))
    assert len(root.findall(".//{http://www.w3.org/2000/svg}circle")) == SMALL.gates


def test_a_picture_of_a_hundred_gates_is_laid_out_by_level():
    pytest.importorskip("igraph")
    circuit = synthesize(np.random.default_rng(1).random((28, 24)) < 0.5, "paar", 0.5, seed=0)
    assert circuit.gates > 80
    picture = to_svg(circuit)
    assert picture == to_svg(circuit)  # the same bytes
    root = ElementTree.fromstring(picture)
    gates = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter("{http://www.w3.org/2000/svg}circle")]
    columns = sorted({x for x, _ in gates})
    assert [columns.index(x) + 1 for x, _ in gates] == circuit.levels[circuit.n_in :].tolist()
    for x in columns:  # no gate covers another
        rows = sorted(y for at, y in gates if at == x)
        assert min(np.diff(rows), default=99) >= 2 * 5.5
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(texts) == sorted([f"x{i}" for i in range(24)] + [f"y{i}" for i in range(28)])
    width, height = (float(root.get(name)) for name in ("width", "height"))
    assert all(0 < x < width and 0 < y < height for x, y in gates)
    nets = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "net"]
    assert len(nets) <= circuit.n_in + circuit.gates  # one path for each signal that is read


def test_circuits_without_ports_have_no_verilog_and_no_c():
    empty = XorCircuit(0, np.zeros((0, 2), int), np.array([-1]))
    for export in (to_verilog, to_c):
        with pytest.raises(ArgumentError, match="needs an input and an output"):
            export(empty)
    with pytest.raises(ArgumentError, match="'name'"):
        to_verilog(SMALL, "8bit")


def prove_equivalent(circuit: XorCircuit, matrix: np.ndarray) -> bool:
    """Whether yosys proves by SAT, on a miter, that the exported Verilog computes the matrix."""
    report = yosys.run_yosys(
        {"gold.v": matrix_verilog(matrix, "gold"), "gate.v": to_verilog(circuit, "gate")},
        "read_verilog {0}/gold.v; read_verilog {0}/gate.v; prep; miter -equiv -make_assert -flatten gold gate miter;"
        " hierarchy -top miter; proc; opt -full; sat -verify-no-timeout -prove-asserts miter",
    )
    return "SUCCESS!" in report


@needs_yosys
@pytest.mark.parametrize("name", PROOFS)
def test_yosys_proves_the_netlist_equivalent_and_counts_its_gates(name):
    matrix = matrices()[name]
    circuit = synthesize(matrix, time_limit=0.3)
    assert prove_equivalent(circuit, matrix)
    assert sum(yosys.netlist_cells(to_verilog(circuit), "xor_circuit").values()) == circuit.gates


@needs_yosys
def test_yosys_refutes_a_wrong_netlist():
    matrix = matrices()["random"]
    circuit = synthesize(matrix, "paar", time_limit=0.0)
    outputs = circuit.outputs.copy()
    outputs[[0, 1]] = outputs[[1, 0]]
    assert not prove_equivalent(XorCircuit(circuit.n_in, circuit.operands, outputs), matrix)


@needs_yosys
def test_abc_makes_what_is_certain():
    assert yosys.abc_gates(np.ones((1, 7), bool)) == 6
    assert yosys.abc_gates(np.eye(3, dtype=bool)) == 0


def simulate(circuit: XorCircuit, seeds: np.ndarray, folder) -> np.ndarray:
    """Return the outputs of the Verilog for each seed, bool (n, n_in), in Icarus Verilog: bool (n, n_out)."""
    (folder / "circuit.v").write_text(to_verilog(circuit))
    (folder / "seeds.txt").write_text("\n".join("".join(map(str, row[::-1].astype(int))) for row in seeds) + "\n")
    (folder / "bench.v").write_text(f"""
module bench;
  reg [{circuit.n_in - 1}:0] seeds [0:{len(seeds) - 1}];
  reg [{circuit.n_in - 1}:0] x;
  wire [{circuit.n_out - 1}:0] y;
  integer i;
  xor_circuit decoder (.x(x), .y(y));
  initial begin
    $readmemb("seeds.txt", seeds);
    for (i = 0; i < {len(seeds)}; i = i + 1) begin
      x = seeds[i];
      #1 $display("%b", y);
    end
  end
endmodule
""")
    subprocess.run(["iverilog", "-o", "bench", "bench.v", "circuit.v"], cwd=folder, check=True)
    shown = subprocess.run(["vvp", "-n", "bench"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return np.array([[digit == "1" for digit in line[::-1]] for line in shown.split()])


@pytest.mark.debian("iverilog")
def test_simulation_of_every_input(tmp_path):
    matrix = matrices()["random"]
    circuit = synthesize(matrix, time_limit=0.3)
    words = (np.arange(1 << 10)[:, None] >> np.arange(10)) & 1
    assert (simulate(circuit, words, tmp_path) == words @ matrix.T % 2).all()


@pytest.mark.slow
@pytest.mark.debian("iverilog")
def test_a_block_decoder_on_a_compressed_layer(tmp_path):
    """The seeds of a pruned layer through the simulated decoder, with the patches flipped, are our decoder's bits."""
    rng = np.random.default_rng(7)
    weights = rng.standard_normal((64, 90))
    care = np.abs(weights) > np.quantile(np.abs(weights), 0.9)
    network = xoropt.networks.random_block(n_in=12, n_out=100, seed=0)
    encoded = xoropt.encode(weights > 0, care, network, solver="greedy")
    decoded = xoropt.decode(encoded)
    assert (decoded == (weights > 0))[care].all()

    circuit = synthesize(network.matrix(), time_limit=1.0)
    seeds = unpack_fixed(encoded.seeds[0], network.n_in, 0, encoded.blocks)
    bits = (seeds[:, None] >> np.arange(network.n_in, dtype=np.uint64)) & np.uint64(1)
    stream = simulate(circuit, bits.astype(bool), tmp_path).reshape(-1)[: encoded.outputs]
    expected = decoded.reshape(-1)
    different = np.flatnonzero(stream != expected)
    assert len(different) == encoded.size.patches
    stream[different] ^= True  # the patches are the decoder's last step, behind the network
    assert (stream == expected).all()


@pytest.mark.debian("gcc")
def test_the_c_function(tmp_path):
    matrix = matrices()["random"]
    circuit = synthesize(matrix, time_limit=0.3)
    (tmp_path / "circuit.c").write_text(to_c(circuit))
    command = ["cc", "-std=c99", "-Wall", "-Werror", "-shared", "-fPIC", "-o", "circuit.so", "circuit.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    words = np.random.default_rng(0).integers(0, 1 << 64, 10, dtype=np.uint64)
    outputs = np.zeros(8, dtype=np.uint64)
    function = ctypes.CDLL(str(tmp_path / "circuit.so")).xor_circuit
    function(words.ctypes.data_as(ctypes.c_void_p), outputs.ctypes.data_as(ctypes.c_void_p))
    assert (outputs == circuit.evaluate(words)).all()
