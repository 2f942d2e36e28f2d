"""Encoding takes no more memory than is checked for beforehand."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

import xoropt
from xoropt.checkpoints import resources
from xoropt.checkpoints.formats import Packed
from xoropt.checkpoints.units import Plan, Unit

RUN = """
import sys
import xoropt
xoropt.compress_checkpoint(sys.argv[1], sys.argv[1] + ".out.safetensors")
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
"""Prints its peak in KiB; `getrusage` would count what the parent held when it started this process."""


def unit(octets, packed=None):
    return Unit(0, "a.safetensors", ("w",), {"w": "a.safetensors"}, octets, packed=packed)


def test_the_largest_units_that_are_encoded_at_once_count(monkeypatch):
    packed = unit(50 << 20, Packed("pack-quantized", "w", ("w",)))
    plan = Plan([unit(80 << 20), unit(70 << 20), packed], {})
    needed = sorted(map(resources.needed_bytes, plan.units), reverse=True)
    assert needed[0] == resources.PACKED * packed.octets + resources.BESIDE
    for jobs in (1, 2, 5):
        monkeypatch.setattr(resources, "_free_memory", lambda jobs=jobs: sum(needed[:jobs]))
        resources.check_memory(plan, jobs)
        monkeypatch.setattr(resources, "_free_memory", lambda jobs=jobs: sum(needed[:jobs]) - 1)
        with pytest.raises(xoropt.XoroptError, match=r"52\.4 MB: encoding may take"):
            resources.check_memory(plan, jobs)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory by /proc")
@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, np.int8])
def test_the_peak_is_as_checked(tmp_path, dtype):
    """Kernels are compiled by a process before, which takes some 100 MB more."""
    rng = np.random.default_rng(0)
    octets = 12 << 20
    rows = octets // np.dtype(dtype).itemsize // 2048
    weights = rng.standard_normal((rows, 2048), dtype=np.float32) * (20 if dtype is np.int8 else 0.02)
    weights[rng.random(weights.shape, dtype=np.float32) < 0.5] = 0
    paths = [str(tmp_path / name) for name in ("first.safetensors", "second.safetensors")]
    save_file({"w": weights[: rows // 12].astype(dtype)}, paths[0])
    save_file({"w": weights.astype(dtype)}, paths[1])
    peaks = [
        int(subprocess.run([sys.executable, "-c", RUN, path], capture_output=True, text=True, check=True).stdout) << 10
        for path in paths
    ]
    assert peaks[1] < resources.needed_bytes(unit(octets))
