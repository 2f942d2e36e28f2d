"""Compressed tensors of every kind, and how their weights are compared."""

from dataclasses import dataclass

import ml_dtypes
import numpy as np
from hypothesis import strategies as st
from searches import fastest

import xoropt
from xoropt import CompressedTensor
from xoropt.masks import encode_mask
from xoropt.quantize import Codebook, CodedField, Scales

DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16, np.float64, np.int8, np.uint8, np.int32, np.complex64]
WINDOWED = "windowed:n_in=8,n_out=60,window=64,taps=6"
NETWORKS = [("block:n_in=20,n_out=60", None), (WINDOWED, "rows"), (WINDOWED, "lanes:lanes=64")]
"""Networks and stream orders."""


@dataclass(frozen=True)
class Kind:
    """What a random compressed tensor is like.

    Attributes:
        shape: of the tensor.
        dtype: float dtypes have scales, others a codebook.
        planes: from 0 to 8.
        density: of the mask.
        network: one of `NETWORKS`.
        codec: of the mask.
        by_row: whether each row has its own scales.
    """

    shape: tuple[int, ...]
    dtype: type
    planes: int = 2
    density: float = 0.1
    network: tuple[str, str | None] = NETWORKS[-1]
    codec: str = "auto"
    by_row: bool = False


def random_tensor(kind, seed=0):
    """Compress random planes, without `compress`."""
    rng = np.random.default_rng(seed)
    dtype, planes = np.dtype(kind.dtype), kind.planes
    mask = rng.random(kind.shape) < kind.density
    if dtype.kind in "iuc":
        octets = rng.integers(0, 256, (1 << planes) * dtype.itemsize, dtype=np.uint8)
        levels = Codebook(octets.view(dtype)[: rng.integers(1, 1 << planes, endpoint=True)])
    else:
        rows = kind.shape[0] if kind.by_row else 1
        levels = Scales(rng.standard_normal((planes, rows)).astype(np.float32), dtype)
    network, order = kind.network
    bits = rng.random((planes, *kind.shape)) < 0.5
    encoded = xoropt.encode(bits, mask, network, order=order, planes=True, **fastest(network, order))
    codec, parts = encode_mask(mask, kind.codec)
    return CompressedTensor(kind.shape, levels, codec, parts, encoded)


@st.composite
def tensors(draw):
    """Random compressed tensors of every kind."""
    kind = Kind(
        shape=draw(st.sampled_from([(1, 1), (300,), (37, 53), (128, 64), (5, 700), (3, 4, 5, 6), (64, 130)])),
        dtype=draw(st.sampled_from(DTYPES)),
        planes=draw(st.integers(0, 8)),
        density=draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])),
        network=draw(st.sampled_from(NETWORKS)),
        codec=draw(st.sampled_from(["auto", "bitmap"])),
        by_row=draw(st.booleans()),
    )
    return random_tensor(kind, draw(st.integers(0, 2**32)))


def dense_layer(shape=(300, 700), dtype=np.float32, bits=2, **options):
    """Prune, quantize and compress normal weights as the one tensor `w` of a model."""
    weights = np.random.default_rng(3).standard_normal(shape).astype(dtype)
    return xoropt.compress({"w": weights}, xoropt.CompressConfig(sparsity=0.9, bits=bits, **options))


def same_bytes(a, b):
    """Whether two arrays have the same dtype, shape and bytes."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def same_arrays(arrays, originals):
    """Whether two mappings have the same names in the same order, and arrays of the same bytes."""
    return list(arrays) == list(originals) and all(same_bytes(arrays[name], originals[name]) for name in originals)


def every_pattern(dtype, count, kept=1.0, seed=0):
    """Make `count` numbers of a skewed distribution, of which every bit pattern of a small dtype is one at least.

    Args:
        dtype: of 1 or 2 bytes.
        count: numbers, four to a row's column; a multiple of 100.
        kept: share of numbers that are not 0.
        seed: of the generator.

    Returns:
        (100, count/100), of the dtype.
    """
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    numbers = rng.standard_normal(count)
    if dtype.kind == "b":
        weights = numbers > 1
    elif dtype.kind in "iu":
        wide = 3.0 if dtype.itemsize == 1 else 300.0
        weights = np.round(wide * numbers + (4 * wide if dtype.kind == "u" else 0)).clip(
            0 if dtype.kind == "u" else None
        )
        weights = weights.astype(dtype)
    else:
        weights = (0.05 * numbers).astype(dtype)
    weights[rng.random(count) >= kept] = np.zeros((), dtype)
    if dtype.kind != "b":
        patterns = np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}")
        weights[rng.permutation(count)[: len(patterns)]] = patterns.view(dtype)
    return weights.reshape(100, -1)


def rows_of_classes(dtype) -> CompressedTensor:
    """A tensor of rows with unlike values, in classes: 4 levels of int8, or fields of floats."""
    rng = np.random.default_rng(0)
    if dtype is np.int8:
        levels = rng.choice(4, (200, 700), p=[8 / 15, 4 / 15, 2 / 15, 1 / 15])
        weights = np.where(rng.integers(0, 2, (200, 1)), 4 - levels, 1 + levels)
    else:
        weights = rng.standard_normal((200, 700)) * np.exp2(rng.integers(-5, 2, (200, 1)))
    tensor = xoropt.compress({"w": np.where(rng.random((200, 700)) < 0.5, 0, weights).astype(dtype)})["w"]
    assert isinstance(tensor, CompressedTensor)
    assert isinstance(tensor.levels, CodedField)
    assert tensor.levels.classes is not None
    return tensor
