"""The compiled loops, run as plain Python on twins of the vector intrinsics that check every index and alignment."""

import ml_dtypes
import numpy as np
import pytest
from codec_cases import large, packed, same
from plain_twins import TWINS, Checked

import xoropt
from xoropt.codec.compiled import kernels, ranges, sequential_decoder, writers
from xoropt.codec.compiled.any_lanes import kernels as any_lanes
from xoropt.codec.compiled.fields import kernels as field_kernels
from xoropt.codec.compiled.gfni import kernels as gfni
from xoropt.codec.compiled.gfni import plan
from xoropt.codec.compiled.lanes512 import kernels as lanes512
from xoropt.codec.compiled.one_lane import kernels as one_lane
from xoropt.codec.compiled.weights import kernels as weight_kernels
from xoropt.codec.streams import ring_decoder
from xoropt.common.memory import aligned
from xoropt.common.words import kernels as word_kernels
from xoropt.masks import CODECS, encode_mask
from xoropt.masks.prefix import decode_packed, stored
from xoropt.masks.prefix import kernels as mask_kernels
from xoropt.model.value_encoding import encode_values
from xoropt.quantize import CodedField, Scales, recognize, row_classes

KERNELS = (kernels, gfni, lanes512, any_lanes, one_lane, weight_kernels, field_kernels, mask_kernels, word_kernels)
NAMES = {module.__name__ for module in KERNELS}


@pytest.fixture
def plain(monkeypatch):
    """Put plain Python in the place of everything compiled."""
    for module in (*KERNELS, ring_decoder, sequential_decoder, ranges, writers):
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func") and value.py_func.__module__ in NAMES:
                monkeypatch.setattr(module, name, value.py_func)
            elif name in TWINS:
                monkeypatch.setattr(module, name, TWINS[name])
    monkeypatch.setattr(sequential_decoder, "aligned", lambda *size: aligned(*size).view(Checked))
    for module in (ring_decoder, sequential_decoder, ranges):  # of just the size that is asked for
        monkeypatch.setattr(module, "borrow", lambda words: aligned(words).view(Checked))
        monkeypatch.setattr(module, "give_back", lambda array: None)
    with np.errstate(over="ignore"):
        yield


CASES = [
    ("auto", None, 9000),
    ("staged:n_in=2,n_out=22,nodes=4,taps=3,reads=2,memory=4,node_window=64", "lanes:lanes=512", 30_011),
    ("staged:n_in=2,n_out=22,nodes=4,taps=6,reads=3,memory=4,node_window=64", "lanes:lanes=512", 30_011),
    ("windowed:n_in=1,n_out=12,window=64,taps=4", "lanes:lanes=512", 20_000),
    ("windowed:n_in=3,n_out=31,window=24,taps=none", "straight:lanes=512", 20_000),
    ("windowed:n_in=3,n_out=31,window=24,taps=none", "lanes:lanes=8", 3001),
    ("windowed:n_in=8,n_out=90,window=64,taps=none", "lanes:lanes=512", 20_000),
    ("windowed:n_in=20,n_out=190,window=40,taps=none", "lanes:lanes=512", 40_000),
    ("windowed:n_in=8,n_out=80,window=64,taps=6", "lanes:lanes=128", 9000),
    ("staged:n_in=2,n_out=22,nodes=4,taps=3,reads=2,memory=4,node_window=64", "lanes:lanes=1024", 9000),
    ("windowed:n_in=8,n_out=80,window=64,taps=none", None, 3000),
    ("block:n_in=20,n_out=180", None, 3000),
    ("block:n_in=31,n_out=300", None, 3000),
    ("block:n_in=64,n_out=560", None, 9000),
    ("block:n_in=9,n_out=31", None, 3000),
    ("sequential:n_in=8,n_out=80,n_s=2", None, 3000),
]


@pytest.mark.parametrize(("network", "order", "size"), CASES)
@pytest.mark.parametrize("stream", [False, True])
def test_no_index_leaves_its_array(plain, monkeypatch, network, order, size, stream):
    monkeypatch.setattr(plan, "has_gfni", lambda: False)
    decodes(monkeypatch, network, order, size, stream)


@pytest.mark.parametrize(("network", "order", "size"), [case for case in CASES if "taps=none" in case[0] and case[1]])
@pytest.mark.parametrize("stream", [False, True])
def test_no_index_of_the_gfni_loops_leaves_its_array(plain, monkeypatch, network, order, size, stream):
    monkeypatch.setattr(plan, "has_gfni", lambda: True)
    decodes(monkeypatch, network, order, size, stream)


def decodes(monkeypatch, network, order, size, stream):
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0 if stream else 1 << 40)
    encoded = large(network, order, planes=1, size=size)
    expected = xoropt.decode(encoded, "numpy")
    assert same(xoropt.decode(encoded, "compiled", output="planes"), packed(expected))
    rows = slice(size // 3, size // 3 + 700)
    assert same(xoropt.decode(encoded, "compiled", rows=rows, output="planes"), packed(expected[:, rows]))
    assert same(xoropt.decode(encoded, "compiled", rows=rows), expected[:, rows])


@pytest.mark.parametrize("columns", [64, 67, 640])
@pytest.mark.parametrize("uneven", [False, "rows", "columns"])
def test_no_index_of_a_mask_leaves_its_array(plain, columns, uneven):
    rng = np.random.default_rng(columns)
    form = (90, columns) if uneven == "columns" else (60, columns)
    mask = rng.random(form) < 0.1
    if uneven == "rows":
        mask = rng.random(form) < np.where(np.arange(60) % 2, 0.02, 0.3)[:, None]
    elif uneven == "columns":
        mask = rng.random(form) < np.where(rng.random(columns) < 0.5, 0.02, 0.5)
    parts = CODECS["prefix"].encode(mask)
    assert bool(parts["mask"][3]) == (uneven == "columns")
    octets, start = decode_packed(parts, mask.shape, mask.size, 0, mask.size)
    bits = np.unpackbits(octets, bitorder="little")[-start:][: mask.size]
    assert (bits.astype(bool) == mask.reshape(-1)).all()


@pytest.mark.parametrize(("planes", "rows"), [(1, 64), (2, 1), (3, 64)])
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_no_index_of_weights_under_a_mask_leaves_its_array(plain, monkeypatch, planes, rows):
    monkeypatch.setattr(stored, "BAND", 3)
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0)
    rng = np.random.default_rng(planes)
    density = rng.choice([0.02, 0.4], 704) if planes == 3 else 0.1  # then columns are moved
    mask, bits = rng.random((64, 704)) < density, rng.random((planes, 64, 704)) < 0.5
    levels = Scales(rng.standard_normal((planes, rows)).astype(np.float32), np.dtype(np.float32))
    encoded = xoropt.encode(
        bits, mask, "windowed:n_in=1,n_out=9,window=64,taps=4", order="lanes:lanes=512", planes=True
    )
    tensor = xoropt.CompressedTensor(mask.shape, levels, "prefix", CODECS["prefix"].encode(mask), encoded)
    expected = xoropt.decompress_tensor(tensor, "numpy")
    for part in (slice(0, 64), slice(5, 50)):
        assert (xoropt.decompress_tensor(tensor, "compiled", rows=part, jobs=1) == expected[part]).all()


FLOATS = [ml_dtypes.float8_e4m3fn, ml_dtypes.bfloat16, np.float16, np.float32, np.float64]


@pytest.mark.parametrize(("kept", "packed"), [(1.0, False), (1.0, True), (0.5, False)])
@pytest.mark.parametrize("dtype", [*FLOATS, np.int8, np.uint16, np.int16, np.int64])
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_no_index_of_fields_leaves_its_array(plain, monkeypatch, dtype, kept, packed):
    """Numbers of all sizes with raw bits and codewords, as octets and as planes, listed ones at the edges of tiles."""
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0 if packed else 1 << 40)
    rng, dtype = np.random.default_rng(6), np.dtype(dtype)
    scale = {"int8": 20, "int16": 300, "uint16": 300, "int64": 300}.get(dtype.name, 1)
    weights = (scale * rng.standard_normal(4001) + (1000 if dtype.kind == "u" else 0)).astype(dtype)
    weights[rng.random(4001) >= kept] = 1
    weights[[0, 63, 64, 65, 2000, 3999, 4000]] = [90, 80, 100, 0, 70, 112, 60]
    quantized = recognize(weights)
    assert isinstance(quantized.levels, CodedField)
    assert quantized.mask.all() or kept < 1
    encoded = encode_values(quantized, "auto", packed, xoropt.CompressConfig(effort="fast"))
    tensor = xoropt.CompressedTensor(
        weights.shape, quantized.levels, *encode_mask(quantized.mask), encoded, listed=quantized.listed
    )
    for part in (slice(0, 4001), slice(70, 3000), slice(64, 128), slice(63, 66), slice(3990, 4001)):
        assert xoropt.decompress_tensor(tensor, "compiled", rows=part, jobs=1).tobytes() == weights[part].tobytes()


@pytest.mark.parametrize("columns", [128, 192, 100])
@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_no_index_of_fields_in_classes_of_rows_leaves_its_array(plain, monkeypatch, columns, kept):
    monkeypatch.setattr(row_classes, "FEWEST_WEIGHTS", 0)
    monkeypatch.setattr(row_classes, "UNALIGNED_ROW_COST", 0)
    rng = np.random.default_rng(7)
    weights = (rng.standard_normal((40, columns)) * np.exp2(8 * rng.integers(0, 2, (40, 1)))).astype(np.float16)
    weights[rng.random((40, columns)) >= kept] = 1
    quantized = recognize(weights)
    assert quantized.levels.classes is not None
    encoded = encode_values(quantized, "auto", True, xoropt.CompressConfig(effort="fast"))
    tensor = xoropt.CompressedTensor(
        weights.shape, quantized.levels, *encode_mask(quantized.mask), encoded, listed=quantized.listed
    )
    for part in (slice(0, 40), slice(1, 39), slice(7, 8), slice(39, 40)):
        assert xoropt.decompress_tensor(tensor, "compiled", rows=part, jobs=1).tobytes() == weights[part].tobytes()
