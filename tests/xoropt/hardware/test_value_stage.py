"""The stage from planes to weights, simulated in Icarus Verilog on stored tensors, against the software's weights."""

import subprocess

import numpy as np
import pytest

import xoropt
from xoropt.circuits.yosys import available, netlist_cells
from xoropt.common.errors import ArgumentError
from xoropt.hardware import values_verilog
from xoropt.model.compiled_weights import mask_of

BENCH = """
module bench;
  reg [{lanes}-1:0] kept; reg [{lanes}*{planes}-1:0] planes; wire [{lanes}*{bits}-1:0] weights;
  reg [{lanes}-1:0] all_kept [0:{words}-1]; reg [{lanes}*{planes}-1:0] all_planes [0:{words}-1];
  reg [{lanes}*{bits}-1:0] expected [0:{words}-1];
  integer t, wrong;
  values dut (.kept(kept), .planes(planes), .weights(weights));
  initial begin
    $readmemh("kept.hex", all_kept); $readmemh("planes.hex", all_planes); $readmemh("weights.hex", expected);
    wrong = 0;
    for (t = 0; t < {words}; t = t + 1) begin
      kept = all_kept[t]; planes = all_planes[t]; #1;
      if (weights !== expected[t]) wrong = wrong + 1;
    end
    $display("wrong %0d of %0d", wrong, t);
  end
endmodule
"""


def words(bits):
    """Rows of bits, the lowest first, as lines of hexadecimal digits."""
    return "\n".join(f"{int(''.join('01'[int(bit)] for bit in row[::-1]), 2):x}" for row in bits)


def numbers(kind):
    rng = np.random.default_rng(3)
    weights = rng.standard_normal((64, 512)).astype(np.float32)
    if kind == "float32":
        return weights
    if kind == "pruned float16":
        return np.where(rng.random(weights.shape) < 0.3, weights, 0).astype(np.float16)
    if kind == "zeros of both signs":
        return weights * (rng.random(weights.shape) < 0.3)
    return np.clip(np.rint(weights * 9), -127, 127).astype(np.int8)


@pytest.mark.filterwarnings("ignore:.*merge_zeros")
@pytest.mark.debian("iverilog")
@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("kind", ["float32", "pruned float16", "zeros of both signs", "int8"])
def test_simulated_weights_are_the_softwares(kind, lanes, tmp_path):
    given = numbers(kind)
    tensor = xoropt.compress({"w": given}).tensors["w"]
    levels = tensor.levels
    mask = mask_of(tensor).ravel()
    planes = xoropt.decode(tensor.encoded, mask=mask_of(tensor)).reshape(len(tensor.encoded.seeds), -1)
    bits = levels.form.bits
    expected = given.ravel()
    usable = np.ones(given.size, bool)
    usable[tensor.listed.at] = False
    places = np.flatnonzero(usable)[: 4096 // lanes * lanes]
    patterns = expected.view(levels.form.pattern)[places]
    images = np.unpackbits(patterns[:, None].view(np.uint8), axis=1, bitorder="little").reshape(
        len(places) // lanes, -1
    )
    (tmp_path / "kept.hex").write_text(words(mask[places].reshape(-1, lanes)))
    (tmp_path / "planes.hex").write_text(words(planes.T[places].reshape(len(places) // lanes, -1)))
    (tmp_path / "weights.hex").write_text(words(images))
    (tmp_path / "values.v").write_text(values_verilog(levels, lanes))
    sizes = {"lanes": lanes, "planes": len(planes), "bits": bits, "words": len(places) // lanes}
    (tmp_path / "bench.v").write_text(BENCH.format(**sizes))
    subprocess.run(["iverilog", "-g2005", "-o", "a.vvp", "values.v", "bench.v"], cwd=tmp_path, check=True)
    done = subprocess.run(["vvp", "-n", "a.vvp"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"wrong 0 of {len(places) // lanes}" in done.stdout


@pytest.mark.skipif(not available(), reason="yosys is not installed")
def test_the_table_is_small():
    levels = xoropt.compress({"w": numbers("float32")}).tensors["w"].levels
    cells = netlist_cells(values_verilog(levels), "values", optimize=True)
    assert not any("DFF" in cell for cell in cells)
    assert sum(cells.values()) < 1000


def test_bad_arguments():
    levels = xoropt.compress({"w": numbers("int8")}).tensors["w"].levels
    with pytest.raises(ArgumentError, match="from 1 to 512"):
        values_verilog(levels, lanes=513)
    with pytest.raises(ArgumentError, match="word of letters"):
        values_verilog(levels, name="1")
