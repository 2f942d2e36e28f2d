"""Decoders: all give the same bits for every network, order, shape, number of planes, set of patches and range of rows.

With bounds checked: NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(mktemp -d) pytest tests/xoropt/codec/test_decoder.py. What
intrinsics read and write is checked in `test_kernels.py`.
"""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xoropt
from xoropt import networks
from xoropt.codec.decoder import reader_of
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segments import Layout
from xoropt.common.memory import address, aligned


@st.composite
def some_networks(draw):
    """Block, sequential, windowed sparse and dense, staged, cascades, spelt out; small and odd ones."""
    kind = draw(st.sampled_from(["block", "sequential", "sparse", "dense", "staged", "nodes", "cascade", "matrix"]))
    seed = draw(st.integers(0, 9))
    if kind == "block":
        return networks.random_block(draw(st.integers(1, 64)), draw(st.integers(1, 1100)), seed)
    if kind == "sequential":
        return networks.sequential(8, draw(st.integers(20, 90)), draw(st.integers(0, 3)), seed)
    if kind == "staged":
        n_in, reads = draw(st.sampled_from([1, 2, 4, 8])), draw(st.integers(1, 3))
        return networks.staged(n_in, draw(st.integers(60, 300)), 12, 3, reads, 8, 64, seed)
    if kind == "nodes":
        return networks.staged(1, draw(st.integers(4, 40)), 2, 4, 3, 48, 64, seed)
    if kind == "cascade":  # as `auto` makes them, and chained ones
        n_in, layers, chained = draw(st.sampled_from([1, 1, 3])), draw(st.integers(1, 6)), draw(st.integers(0, 3))
        return networks.cascade(n_in, draw(st.integers(4, 40)), layers, draw(st.integers(6, 60)), 24, chained, seed)
    if kind == "matrix":
        rng = np.random.default_rng(seed)  # rows without a tap occur
        return networks.from_matrix(
            rng.random((draw(st.integers(1, 90)), 12)) < 0.2, draw(st.sampled_from([1, 2, 3, 4, 12]))
        )
    n_in = draw(st.sampled_from([1, 3, 8, 16, 64]))
    window = n_in * draw(st.integers(2, 9))
    taps = None if kind == "dense" else draw(st.integers(1, min(8, window - n_in + 1)))
    return networks.windowed(n_in, draw(st.integers(2, 12)) * n_in, window, taps, seed)


orders = st.one_of(
    st.none(),
    st.just("lanes:lanes=512"),
    st.builds("{}:lanes={}".format, st.sampled_from(["lanes", "straight"]), st.sampled_from([2**i for i in range(13)])),
)


@st.composite
def encodings(draw):
    """An encoding of bits of some shape, from no weights to several segments, with patches at any places."""
    network, order = draw(some_networks()), draw(orders)
    shape = draw(
        st.sampled_from([(), (0, 3), (1,), (63,), (64,), (65,), (7, 11), (40, 25), (3, 5, 47), (9, 1024), (130, 100)])
    )
    planes, own = draw(st.integers(1, 3)), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = rng.random((planes, *shape)) < 0.5
    care = rng.random((planes, *shape) if own else shape) < draw(st.sampled_from([0.0, 0.05, 0.1, 0.4, 1.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        encoded = xoropt.encode(bits, care, network, solver="greedy", order=order, planes=True)
    if isinstance(encoded, xoropt.StreamEncoded) and draw(st.booleans()):
        size = math.prod(shape)
        flips = [np.sort(rng.permutation(size)[: draw(st.integers(0, 20))]) for _ in range(planes)]
        encoded = replace(encoded, patches=pack_stream_patches(flips, size))
    return encoded


@st.composite
def ranges(draw, rows):
    first = draw(st.integers(0, rows))
    return slice(first, draw(st.integers(first, rows)))


@settings(max_examples=150)
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


@st.composite
def dense_encodings(draw):
    """Encodings in rows of 512 lanes by dense networks: windows of up to 200 seed bits that begin anywhere."""
    n_in = draw(st.integers(1, 20))
    network = networks.windowed(n_in, draw(st.integers(1, 12)) * n_in, n_in * draw(st.integers(2, 10)), None, 3)
    rows, columns = draw(st.integers(1, 300)), draw(st.sampled_from([64, 100, 512]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits, care = rng.random((rows, columns)) < 0.5, rng.random((rows, columns)) < 0.9 * n_in / network.n_out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        return xoropt.encode(bits, care, network, solver="greedy", order="lanes:lanes=512")


@settings(max_examples=40)
@given(dense_encodings(), st.data())
def test_tables_and_the_affine_instruction_agree(encoded, data):
    from xoropt.codec.compiled.gfni import plan
    from xoropt.codec.streams import ring_decoder

    expected = xoropt.decode(encoded, "numpy")
    rows = data.draw(ranges(encoded.shape[0]))
    ways = [lambda network: None, plan.make_gfni_plan] if plan.has_gfni() else [lambda network: None]
    for way in ways:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ring_decoder, "gfni_plan", way)
            encoded = replace(encoded)  # a reader of its own
            assert same(xoropt.decode(encoded, "compiled"), expected)
            assert same(xoropt.decode(encoded, "compiled", rows=rows), expected[rows])


def packed(bits):
    """Bits as words, weight i at bit i % 64 of word i // 64."""
    flat = bits.reshape(len(bits), math.prod(bits.shape[1:]))
    padded = np.zeros((len(flat), -(-flat.shape[1] // 64) * 64), dtype=bool)
    padded[:, : flat.shape[1]] = flat
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())


def large(network="auto", order=None, planes=2, size=700_000):
    rng = np.random.default_rng(5)
    bits, care = rng.random((planes, size)) < 0.5, rng.random(size) < 0.1
    return xoropt.encode(bits, care, network, order=order, solver="greedy" if network != "auto" else "portfolio")


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
    from concurrent.futures import ThreadPoolExecutor

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
    assert 0 < len(reader._spare) <= reader.SPARES
    assert max(map(len, reader._spare)) <= reader.SPARE_WORDS
    assert len({address(array) for array in reader._spare}) == len(reader._spare)


@settings(max_examples=60)
@given(st.data())
def test_decoders_agree_on_segments_of_any_size(data):
    """Not as `encode` cuts them: some without seeds, some with more than care bits ask for, some of a row."""
    lanes = 1 << data.draw(st.integers(0, 10))
    network = data.draw(
        st.sampled_from(["windowed:n_in=1,n_out=9,window=20,taps=4", "windowed:n_in=3,n_out=9,window=24"])
    )
    rows = np.array(data.draw(st.lists(st.integers(1, 90), min_size=1, max_size=5)))
    kept = np.array([data.draw(st.booleans()) for _ in rows])
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    bits = np.where(kept, lanes * -(-rows // 2) + rng.integers(0, lanes, len(rows)), 0)
    empty = np.zeros(int(rows.sum()) * lanes, dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        encoded = xoropt.encode(empty, empty, network, order=f"lanes:lanes={lanes}")
    seeds = rng.integers(0, 256, -(-int(bits.sum()) // 8), dtype=np.uint8)
    encoded = replace(encoded, layouts=(Layout(rows, bits),), seeds=(seeds,))
    expected = xoropt.decode(encoded, "numpy")
    assert same(xoropt.decode(encoded, "reference"), expected)
    assert same(xoropt.decode(encoded, "compiled"), expected)
    some = data.draw(ranges(len(empty)))
    assert same(xoropt.decode(encoded, "compiled", rows=some, output="planes")[None], packed(expected[None, some]))


def test_long_segments_do_not_make_large_tiles():
    from xoropt.codec.streams import ring_decoder

    rng = np.random.default_rng(0)
    size = 3 * ring_decoder.LONGEST_TILE
    bits, care = rng.random(size) < 0.5, rng.random(size) < 0.001
    encoded = xoropt.encode(bits, care, "auto")
    assert len(encoded.layouts[0].rows) == 1
    cuts = reader_of(encoded).cuts(0, size)
    assert np.diff(cuts).max() <= ring_decoder.LONGEST_TILE
    assert same(xoropt.decode(encoded, "compiled", jobs=2), xoropt.decode(encoded, "numpy"))


def test_one_plane_has_no_axis():
    rng = np.random.default_rng(6)
    bits, care = rng.random((30, 40)) < 0.5, rng.random((30, 40)) < 0.3
    encoded = xoropt.encode(bits, care, "auto")
    assert xoropt.decode(encoded, "compiled").shape == (30, 40)
    assert xoropt.decode(encoded, "compiled", output="planes").shape == (19,)
    assert xoropt.decode(encoded, "compiled", rows=slice(3, 5)).shape == (2, 40)


def test_auto_does_not_load_numba_for_little(tmp_path):
    import subprocess
    import sys

    code = (
        "import numpy as np, pickle, sys, xoropt\n"
        "encoded = pickle.load(open(sys.argv[1], 'rb'))\n"
        "xoropt.decode(encoded)\n"
        "assert 'numba' not in sys.modules"
    )
    import pickle

    path = tmp_path / "encoded"
    path.write_bytes(pickle.dumps(large(planes=1, size=5000)))
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


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
        ({"jobs": 0}, "'jobs' must be at least 1, not 0"),
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
