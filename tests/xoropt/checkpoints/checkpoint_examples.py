"""Small checkpoints of every kind for the tests, and how a folder is compared."""

import json
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"


def weights(rng, *shape, dtype=ml_dtypes.bfloat16):
    return (rng.standard_normal(shape) * 0.02).astype(dtype)


def two_shards():
    """The tensors of two shards: dense, sparse, tied across the shards, constant, random, empty, of few bits."""
    rng = np.random.default_rng(7)
    tied = weights(rng, 200, 64)
    sparse = np.where(rng.random((96, 64)) < 0.9, 0, rng.integers(-7, 8, (96, 64))).astype(np.int8)
    first = {
        "embed.weight": tied,
        "layer.0.weight": weights(rng, 64, 96),
        "layer.0.norm": np.ones(64, np.float32),
        "layer.0.sparse": sparse,
    }
    second = {
        "layer.1.weight": weights(rng, 64, 96, dtype=np.float16),
        "layer.1.norm": np.ones(64, np.float32),
        "head.weight": tied.copy(),
        "noise": rng.integers(0, 256, (40, 40)).astype(np.uint8),
        "nothing": np.zeros((0, 3), np.float16),
        "one": np.array(3.5, np.float64),
        "four": rng.integers(0, 16, (32, 64)).astype(np.uint8).view(ml_dtypes.float4_e2m1fn),
    }
    return {FIRST: first, SECOND: second}


def write_folder(folder: Path, shards=None) -> Path:
    """Write a folder with an index, a configuration and a tokenizer in a folder within."""
    shards = two_shards() if shards is None else shards
    folder.mkdir()
    weight_map = {}
    for shard, tensors in shards.items():
        plain = {name: array for name, array in tensors.items() if name != "four"}
        save_file(plain, folder / shard, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(plain, shard)
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps({"model_type": "none"}))
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "vocabulary.txt").write_text("a\nb\n")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file of a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def write_raw(path: Path, header: str, data: bytes) -> Path:
    """Write a safetensors file with a header of one's own."""
    text = header.encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def write_alike_shards(folder: Path, columns: int) -> Path:
    """Write a folder of two shards with four float16 matrices of 256 rows each."""
    rng = np.random.default_rng(1)
    shards = {
        f"model-{i}.safetensors": {
            f"{i}.{j}.weight": (rng.standard_normal((256, columns)) * 0.02).astype(np.float16) for j in range(4)
        }
        for i in range(2)
    }
    return write_folder(folder, shards)
