"""Whole processes: their cold start and their memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import xoropt
from xoropt.codec.compiled.threads import count_cores

__all__ = ["processes"]


def processes(weights: int) -> dict[str, float]:
    """Measure `xoropt decompress` of one layer before and after its loops are compiled, and its memory."""
    rng = np.random.default_rng(1)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        cache = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        for name, shape in (("small", (512, 800)), ("large", (weights // 4096, 4096))):
            array = rng.standard_normal(shape, dtype=np.float32)
            model = xoropt.compress({"w": array}, xoropt.CompressConfig(sparsity=0.9, bits=1, jobs=count_cores()))
            xoropt.save(model, Path(folder) / name)
            del array, model
        for name, decoder, what in (
            ("small", "auto", "small, first ever"),
            ("small", "auto", "small, later"),
            ("small", "compiled", "small, compiled, first ever"),
            ("small", "compiled", "small, compiled, later"),
            ("large", "compiled", "large, compiled, first of its dtype"),
            ("large", "auto", "large, later"),
        ):
            target = Path(folder) / "out"
            target.unlink(missing_ok=True)
            begin = time.perf_counter()
            command = [sys.executable, "-m", "xoropt", "decompress", str(Path(folder) / name), str(target)]
            subprocess.run([*command, "--decoder", decoder], check=True, env=cache)
            figures[what] = time.perf_counter() - begin
        memory = []
        for name in ("small", "large"):
            command = [sys.executable, "-c", MEMORY, str(Path(folder) / name), str(Path(folder) / f"{name}.out")]
            answer = subprocess.run(command, check=True, env=cache, capture_output=True, text=True)
            memory.append(int(answer.stdout))
        figures["output_mib"] = weights * 4 / 2**20
        figures["peak_mib_over_a_small_file"] = (memory[1] - memory[0]) / 1024
    return figures


MEMORY = """
import sys
from xoropt.model.decompression import decompress_to
decompress_to(sys.argv[1], sys.argv[2], decoder="compiled")
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
