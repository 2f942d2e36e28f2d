"""Weights by the compiled decoder: written while a prefix mask is decoded, with little memory beside the result."""

import tracemalloc

import numpy as np
import pytest
from model_examples import WINDOWED, same_bytes

import xoropt
from xoropt import CompressedTensor
from xoropt.codec.compiled import ranges, threads
from xoropt.masks import encode_mask
from xoropt.masks.prefix import stored, writing
from xoropt.model.compiled_weights import mask_of, use_compiled
from xoropt.quantize import Scales


@pytest.mark.parametrize(
    ("planes", "rows", "dtype", "shape", "moved", "band"),
    [
        (1, 1, np.float32, (544, 768), False, 17),
        (3, 544, np.float16, (544, 832), False, 17),
        (2, 200, np.float32, (200, 704), True, 3),
        (1, 40, np.float32, (40, 9216), True, 1),
    ],
)
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_weights_are_written_while_a_prefix_mask_is_decoded(monkeypatch, planes, rows, dtype, shape, moved, band):
    monkeypatch.setattr(stored, "BAND", band)
    monkeypatch.setattr(writing, "BANDS_AT_ONCE", 2)
    rng = np.random.default_rng(planes)
    uneven = rng.choice([0.02, 0.4], shape[1]) if moved else np.where(np.arange(shape[0]) % 3, 0.2, 0.0005)[:, None]
    mask = rng.random(shape) < uneven
    codec, parts = encode_mask(mask, "prefix")
    assert bool(parts["mask"][3]) == moved != ("mask_listed" in parts)
    levels = Scales(rng.standard_normal((planes, rows)).astype(np.float32), np.dtype(dtype))
    bits = rng.random((planes, *shape)) < 0.5
    encoded = xoropt.encode(bits, mask, WINDOWED, order="lanes:lanes=64", planes=True)
    tensor = CompressedTensor(shape, levels, codec, parts, encoded)
    expected = xoropt.decompress_tensor(tensor, "compiled")
    assert same_bytes(expected, xoropt.decompress_tensor(tensor, "numpy"))
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0)
    monkeypatch.setattr(threads, "BYTES_PER_THREAD", 1)
    made = []
    monkeypatch.setattr(writing, "unpack_scratch", lambda scratch=writing.unpack_scratch: made.append(1) or scratch())
    for cuts in ((0, 1), (0, 0.4), (0.35, 0.8), (0.9, 1)):
        part = slice(*(int(cut * shape[0]) for cut in cuts))
        for jobs in (1, 2):
            assert same_bytes(xoropt.decompress_tensor(tensor, "compiled", rows=part, jobs=jobs), expected[part])
    assert made


def test_little_memory_beside_the_result():
    rng = np.random.default_rng(7)
    shape = (1100, 1024)
    mask, bits = rng.random(shape) < 0.1, rng.random((1, *shape)) < 0.5
    for codec in ("bitmap", "prefix"):
        name, parts = encode_mask(mask, codec)
        levels = Scales(np.ones((1, 1), np.float32), np.dtype(np.float32))
        tensor = CompressedTensor(shape, levels, name, parts, xoropt.encode(bits, mask, planes=True))
        out = np.empty(shape, np.float32)
        xoropt.decompress_tensor(tensor, "compiled", out=out)
        tracemalloc.start()
        xoropt.decompress_tensor(tensor, "compiled", out=out, jobs=1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2 << 20


def test_the_mask_of_a_tensor():
    weights = np.random.default_rng(0).choice(np.array([0, 0, 0, 1, -1], np.int8), (40, 50))
    tensor = xoropt.compress({"w": weights}).tensors["w"]
    assert (mask_of(tensor) == (weights != 0)).all()


def test_the_compiled_decoder_is_used_where_it_can_be():
    rng = np.random.default_rng(0)
    seeds = xoropt.compress({"w": rng.choice(np.array([0, 0, 0, 0, 0, 0, 0, 0, 1], np.int8), (90, 90))}).tensors["w"]
    packed = xoropt.compress({"w": rng.choice(np.array([0, 0, 1, 2], np.int8), (40, 40))}).tensors["w"]
    assert (seeds.encoded.needs_mask, packed.encoded.needs_mask) == (False, True)
    assert use_compiled(seeds, "compiled", 0, 8100)
    assert not use_compiled(seeds, "compiled", 90, 90)
    assert not use_compiled(seeds, "numpy", 0, 8100)
    assert not use_compiled(packed, "compiled", 0, 1600)
    with pytest.raises(xoropt.ArgumentError, match="'decoder'"):
        use_compiled(seeds, "fast", 0, 8100)
