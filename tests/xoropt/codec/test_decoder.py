"""Decoders: all give the same bits for every network, order, shape, number of planes, set of patches and range of rows.

With bounds checked: NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(mktemp -d) pytest tests/xoropt/codec/test_decoder.py. What
intrinsics read and write is checked in `compiled/test_kernels.py`.
"""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from codec_cases import NETWORKS, encodings, large, packed, ranges, same
from hypothesis import given
from hypothesis import strategies as st
from searches import fastest

import xoropt
from xoropt import ArgumentError, DecodeError
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.common.memory import address, aligned


@given(encodings(), st.data())
def test_all_decoders_agree(encoded, data):
    expected = xoropt.decode(encoded, "reference" if encoded.outputs < 1000 else "numpy")
    words = packed(expected)
    for decoder in ("numpy", "compiled"):
        assert same(xoropt.decode(encoded, decoder), expected)
        assert same(xoropt.decode(encoded, decoder, output="planes"), words)
    if encoded.shape:
        rows = data.draw(ranges(encoded.shape[0]))
        for decoder in ("reference", "numpy", "compiled") if encoded.outputs < 1000 else ("numpy", "compiled"):
            assert same(xoropt.decode(encoded, decoder, rows=rows), expected[:, rows])
            assert same(xoropt.decode(encoded, decoder, rows=rows, output="planes"), packed(expected[:, rows]))
        out = np.ones_like(expected[:, rows])
        assert xoropt.decode(encoded, "compiled", rows=rows, out=out) is out
        assert same(out, expected[:, rows])


@pytest.mark.parametrize(
    ("network", "order"),
    [
        ("auto", None),
        ("block:n_in=20,n_out=180", None),
        ("windowed:n_in=8,n_out=88,window=64,taps=none", "lanes:lanes=512"),
        ("windowed:n_in=8,n_out=88,window=64,taps=none", "lanes:lanes=64"),
    ],
)
def test_threads_tiles_and_streaming_do_not_show(monkeypatch, network, order):
    from xoropt.codec.compiled import ranges, sequential_decoder, threads
    from xoropt.codec.streams import ring_decoder

    encoded = large(network, order)
    expected = xoropt.decode(encoded, "numpy")
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0)
    monkeypatch.setattr(threads, "BYTES_PER_THREAD", 1)
    monkeypatch.setattr(ring_decoder, "TILE", 1 << 14)
    monkeypatch.setattr(ring_decoder, "LONGEST_TILE", 1 << 15)
    monkeypatch.setattr(sequential_decoder, "TILE", 1 << 14)
    for jobs in (1, 3):
        encoded = replace(encoded)  # a reader of its own
        assert same(xoropt.decode(encoded, "compiled", jobs=jobs), expected)
        assert same(xoropt.decode(encoded, "compiled", output="planes", jobs=jobs), packed(expected))
    out = aligned(2 * -(-encoded.outputs // 64)).reshape(2, -1)
    assert same(xoropt.decode(encoded, "compiled", output="planes", jobs=2, out=out), packed(expected))


@pytest.mark.parametrize(("network", "order"), [("auto", None), ("block:n_in=20,n_out=180", None)])
def test_calls_at_once_do_not_share_working_memory(monkeypatch, network, order):
    from xoropt.codec.compiled import reader, sequential_decoder
    from xoropt.codec.streams import ring_decoder

    monkeypatch.setattr(ring_decoder, "TILE", 1 << 14)
    monkeypatch.setattr(sequential_decoder, "TILE", 1 << 14)
    encoded = large(network, order)
    expected = xoropt.decode(encoded, "numpy").reshape(2, -1)
    bounds = np.sort(np.random.default_rng(1).integers(0, encoded.outputs + 1, (60, 2)), axis=1).tolist()

    def agrees(first, stop):
        made = [
            xoropt.decode(encoded, "compiled", rows=slice(first, stop), output=o, jobs=1) for o in ("planes", "bits")
        ]
        wanted = expected[:, first:stop]
        return same(made[0], packed(wanted)) and same(made[1], wanted)

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda bound: agrees(*bound), bounds))
        kept = [list(arrays) for arrays in pool.map(lambda _: reader._SPARE.arrays, range(60))]
    every = {address(array): array for arrays in kept for array in arrays}
    assert every
    assert all(len(arrays) <= reader.SPARES for arrays in kept)
    assert max(map(len, every.values())) <= reader.SPARE_WORDS


def test_one_plane_has_no_axis():
    rng = np.random.default_rng(6)
    bits, care = rng.random((30, 40)) < 0.5, rng.random((30, 40)) < 0.3
    encoded = xoropt.encode(bits, care, "auto")
    assert xoropt.decode(encoded, "compiled").shape == (30, 40)
    assert xoropt.decode(encoded, "compiled", output="planes").shape == (19,)
    assert xoropt.decode(encoded, "compiled", rows=slice(3, 5)).shape == (2, 40)


def run_with_encoding(code, size, path):
    """Run code in a process of its own, with `encoded`, one plane of `size` weights."""
    path.write_bytes(pickle.dumps(large(planes=1, size=size)))
    start = "import numpy as np, pickle, sys, xoropt\nencoded = pickle.load(open(sys.argv[1], 'rb'))\n"
    subprocess.run([sys.executable, "-c", start + code, str(path)], check=True, timeout=60)


def test_auto_does_not_load_numba_for_little(tmp_path):
    code = "xoropt.decode(encoded)\nassert 'numba' not in sys.modules"
    run_with_encoding(code, 5000, tmp_path / "encoded")


def test_auto_loads_numba_once_all_calls_are_worth_it(tmp_path):
    code = (
        "from xoropt.codec.decoder import COLD\n"
        "calls = 0\n"
        "while 'numba' not in sys.modules:\n"
        "    bits, calls = xoropt.decode(encoded), calls + 1\n"
        "assert calls == -(-COLD // bits.size)\n"
        "assert np.array_equal(bits, xoropt.decode(encoded, 'numpy'))"
    )
    run_with_encoding(code, 3_000_000, tmp_path / "encoded")


@pytest.mark.parametrize("decoder", ["reference", "numpy", "compiled"])
@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"rows": slice(0, 31)}, "'rows' must lie within the 30 rows, which 0:31 does not"),
        ({"rows": slice(-1, 3)}, "'rows' must lie"),
        ({"rows": slice(5, 3)}, "'rows' must lie"),
        ({"rows": slice(0, 4, 2)}, "'rows' must be a slice of step 1"),
        ({"rows": 3}, "'rows' must be a slice"),
        ({"rows": slice(0.0, 3)}, "'rows' must be a slice of integers"),
        ({"jobs": 0}, "'jobs' must be from 1 to 4096, not 0"),
        ({"jobs": 1.5}, "'jobs' must be an integer, not 1.5"),
        ({"output": "words"}, "'output' must be one of bits, planes, not 'words'"),
        ({"output": []}, r"'output' must be one of bits, planes, not \[\]"),
        ({"out": np.zeros((30, 41), bool)}, r"'out' must be an array of shape \(30, 40\) and dtype bool"),
        ({"out": np.zeros((40, 30), bool).T}, "'out' must be C-contiguous"),
    ],
)
def test_refuses(decoder, options, word):
    encoded = xoropt.encode(np.zeros((30, 40), bool), np.zeros((30, 40), bool), "block:n_in=8,n_out=40")
    with pytest.raises(xoropt.ArgumentError, match=word):
        xoropt.decode(encoded, decoder, **options)


@pytest.mark.parametrize("decoder", ["reference", "numpy", "compiled"])
@pytest.mark.parametrize("output", ["bits", "planes"])
def test_damage_is_found_before_anything_is_decoded(decoder, output):
    encoded = large(planes=1, size=20_000)
    layout = encoded.layouts[0]
    for damaged, word in (
        (replace(encoded, seeds=(encoded.seeds[0][:-1],)), "seeds of plane 0"),
        (replace(encoded, seeds=(np.zeros((2, 9), np.uint8),)), r"'seeds\[0\]' must be a 1-D array"),
        (replace(encoded, shape=(40_000,)), "segments hold"),
        (replace(encoded, order="lanes:lanes=4096"), "segments hold|more outputs in a step"),
        (replace(encoded, layouts=(replace(layout, rows=layout.rows + 1),)), "segments hold"),
        (replace(encoded, layouts=(replace(layout, seed_bits=layout.seed_bits // 9),)), "more outputs in a step"),
        (replace(encoded, patches=pack_stream_patches([np.array([20_001])], 30_000)), "patch"),
        (replace(encoded, patches=replace(encoded.patches, counts=(3,))), "too short"),
    ):
        out = np.zeros((1, 313), np.uint64) if output == "planes" else np.zeros((1, 20_000), bool)
        with pytest.raises(xoropt.DecodeError, match=word):
            xoropt.decode(damaged, decoder, output=output, out=out if damaged.shape == encoded.shape else None)
        assert not out.any()


@pytest.mark.parametrize("network", ["auto", NETWORKS[0], NETWORKS[7]], ids=["auto", "windowed", "block"])
def test_what_cannot_be_decoded(network):
    with pytest.raises(ArgumentError, match="'encoded' must be what 'encode' returned, not NoneType"):
        xoropt.decode(None)
    encoded = xoropt.encode(np.ones(40, bool), np.ones(40, bool), network, **fastest(network))
    with pytest.raises(DecodeError, match="order"):
        xoropt.decode(replace(encoded, order="spiral"))
