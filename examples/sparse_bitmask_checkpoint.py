"""Rescue a checkpoint in compressed-tensors' sparse-bitmask format, which libraries stopped reading in 2026.

Run it with `python examples/sparse_bitmask_checkpoint.py [FOLDER]`. Without a folder it makes a small checkpoint to
show the way. It writes rescued/, compressed, and plain/, with ordinary dense tensors that every library loads.
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

import xoropt


def make_checkpoint(folder: Path) -> None:
    """Write a layer as the format has it: the kept numbers, a bit for each weight, where rows begin, and the shape."""
    rng = np.random.default_rng(0)
    mask = rng.random((256, 512)) < 0.3
    folder.mkdir(exist_ok=True)
    kept_in_row = mask.sum(axis=1)
    layer = {
        "mlp.weight.compressed": rng.standard_normal(mask.sum(), dtype=np.float32).astype(np.float16),
        "mlp.weight.bitmask": np.packbits(mask, axis=1, bitorder="little"),
        "mlp.weight.row_offsets": np.concatenate(([0], kept_in_row.cumsum()[:-1])),
        "mlp.weight.shape": np.array(mask.shape),
        "norm.weight": np.ones(512, dtype=np.float16),
    }
    save_file(layer, folder / "model.safetensors")
    config = {"quantization_config": {"quant_method": "compressed-tensors", "format": "dense",
                                      "sparsity_config": {"format": "sparse-bitmask"}}}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))


if len(sys.argv) > 1:
    source = Path(sys.argv[1])
else:
    source = Path("bitmask")
    make_checkpoint(source)

# What is in it, and what would it take? Nothing is encoded yet.
print("predicted:", xoropt.inspect_checkpoint(source).predicted_bytes, "bytes")

# Compress it: numbers and mask are stored near their entropy, and every file comes back byte for byte.
report = xoropt.compress_checkpoint(source, "rescued", overwrite=True)
print("stored:   ", report.stored_size, "bytes of", report.size)
assert all(check.lossless for check in xoropt.verify_checkpoint(source, "rescued"))

# Write what other libraries read today: ordinary tensors, and a config.json that fits.
xoropt.decompress_checkpoint("rescued", "plain", to="plain", overwrite=True)
for path in sorted(Path("plain").glob("*.safetensors")):
    for name, weights in load_file(path).items():
        print(name, weights.dtype, weights.shape, f"{np.mean(weights == 0):.1%} zeros")
