"""Memory: what is checked for before anything is encoded, and what is taken."""

import filecmp
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

import xoropt
from xoropt.checkpoints import resources
from xoropt.checkpoints.formats import Packed
from xoropt.checkpoints.formats.words import Packing, pack_words
from xoropt.checkpoints.units import Plan, Unit

COMPRESS = "xoropt.compress_checkpoint(*sys.argv[1:], overwrite=True)"
DECOMPRESS = "xoropt.decompress_checkpoint(*sys.argv[1:], overwrite=True)"
PRINT = 'print(1024 * int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]))'


def unit(octets, packed=None):
    return Unit(0, "a.safetensors", ("w",), {"w": "a.safetensors"}, octets, packed=packed)


def test_the_largest_units_that_are_encoded_at_once_count(monkeypatch):
    packed = unit(65 << 20, Packed("pack-quantized", "w", ("w",)))
    plan = Plan([unit(80 << 20), unit(70 << 20), packed], {})
    needed = sorted(map(resources.needed_bytes, plan.units), reverse=True)
    assert needed[0] == resources.PACKED * packed.octets + resources.BESIDE
    for jobs in (1, 2, 5):
        monkeypatch.setattr(resources, "_free_memory", lambda jobs=jobs: sum(needed[:jobs]))
        resources.check_memory(plan, jobs)
        monkeypatch.setattr(resources, "_free_memory", lambda jobs=jobs: sum(needed[:jobs]) - 1)
        with pytest.raises(xoropt.XoroptError, match=r"68\.2 MB: encoding may take"):
            resources.check_memory(plan, jobs)


def peak(statement, *paths):
    """The most memory that a process takes, in bytes, by its own account: `getrusage` would count its parent's."""
    text = f"import sys\nimport xoropt\n{statement}\n{PRINT}"
    return int(subprocess.run([sys.executable, "-c", text, *paths], capture_output=True, text=True, check=True).stdout)


def ternary(rng, octets):
    """Bytes of which nine in ten are 0."""
    return {"w": rng.choice(np.array([-1, 1, *[0] * 18], dtype=np.int8), (octets // 4096, 4096))}


def half_pruned(rng, octets):
    """Floats of two bytes, half of them 0."""
    weights = 0.02 * rng.standard_normal((octets // 2 // 2048, 2048), dtype=np.float32)
    weights[rng.random(weights.shape, dtype=np.float32) < 0.5] = 0
    return {"w": weights.astype(ml_dtypes.bfloat16)}


def four_bits(rng, octets):
    """compressed-tensors' pack-quantized."""
    codes = np.clip(np.round(rng.standard_normal((2 * octets // 4096, 4096), dtype=np.float32) * 2.7), -8, 7) + 8
    return {
        "w.weight_packed": pack_words(codes.astype(np.uint8), Packing(4)),
        "w.weight_scale": np.ones((len(codes), 32), dtype=np.float16),
        "w.weight_shape": np.array(codes.shape, dtype=np.int64),
    }


def octets_of_four(rng, octets, shares):
    """Bytes of four codes of two bits, each of which is as frequent as its share says."""
    each = np.array(shares)
    return rng.choice(256, (octets // 1024, 1024), p=np.einsum("a,b,c,d", each, each, each, each).ravel()).astype(
        np.uint8
    )


def two_bits(rng, octets):
    """compressed-tensors' pack-quantized, of so few bits that the codes take four times the memory; most are 0."""
    packed = octets_of_four(rng, octets, (0.01, 0.03, 0.92, 0.04))
    return {
        "w.weight_packed": packed.view(np.int32),
        "w.weight_scale": np.ones((len(packed), 32), dtype=np.float16),
        "w.weight_shape": np.array((len(packed), 4096), dtype=np.int64),
    }


def bitnet(rng, octets):
    """BitNet's ternary weights, four a byte."""
    return {
        "w.weight": octets_of_four(rng, octets, (0.25, 0.5, 0.25, 0)),
        "w.weight_scale": np.ones(1, dtype=np.float32),
    }


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory by /proc")
@pytest.mark.parametrize(
    ("make", "megabytes"), [(half_pruned, 24), (ternary, 64), (four_bits, 32), (two_bits, 20), (bitnet, 20)]
)
def test_the_peak_is_at_most_three_times_the_largest_tensor_and_300_megabytes(tmp_path, make, megabytes):
    """Kernels are compiled by a process before, which takes some 100 MB more."""
    rng = np.random.default_rng(0)
    small, large, out, back = (str(tmp_path / f"{name}.safetensors") for name in ("small", "large", "out", "back"))
    save_file(make(rng, 1 << 20), small)
    save_file(make(rng, megabytes << 20), large)
    peak(COMPRESS, small, out)
    peak(DECOMPRESS, out, back)
    assert peak(COMPRESS, large, out) < 3 * (megabytes << 20) + (300 << 20)
    assert peak(DECOMPRESS, out, back) < 3 * (megabytes << 20) + (300 << 20)
    assert filecmp.cmp(large, back, shallow=False)
