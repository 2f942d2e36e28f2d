"""Codecs of masks with structure: n of m, blocks, spans, exceptions, classes of rows and columns of like density."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks import CODECS, decode_mask, encode_mask, stored_bytes
from xoropt.masks import blocks as blocks_of_masks
from xoropt.masks.gap_coded import packed_bytes


def n_of_m(n, m, axis, shape):
    """Draw a mask that keeps n of every m neighbours along an axis."""
    order = np.moveaxis(np.random.default_rng(0).random(shape), axis, -1)
    kept = order.reshape(-1, m).argsort(axis=1).argsort(axis=1) < n
    return np.ascontiguousarray(np.moveaxis(kept.reshape(order.shape), -1, axis))


def blocks(shape, sides, density=0.3):
    """Draw a mask of blocks with these sides; the last ones are cut short."""
    mask = np.random.default_rng(0).random([-(-n // side) for n, side in zip(shape, sides, strict=True)]) < density
    for axis, side in enumerate(sides):
        mask = mask.repeat(side, axis=axis)
    return np.ascontiguousarray(mask[tuple(slice(n) for n in shape)])


def rows(dense, density, shape=(1024, 1024), axis=0):
    """Draw a mask with a few dense rows, or what lies along another axis."""
    rng = np.random.default_rng(0)
    mask = np.zeros(shape, dtype=bool)
    moved = np.moveaxis(mask, axis, 0)
    moved[rng.permutation(shape[axis])[:dense]] = rng.random((dense, *moved.shape[1:])) < density
    return mask


STRUCTURES = {
    "2:4": ("n_of_m", n_of_m(2, 4, 1, (512, 512)), 0.6475 / 8 * 2**18),
    "2:4 along the rows": ("n_of_m", n_of_m(2, 4, 0, (512, 512)), 0.6475 / 8 * 2**18),
    "1:4 along the inputs": ("n_of_m", n_of_m(1, 4, 1, (64, 64, 3, 3)), 0.5 / 8 * 36864 + 16),
    "5:10": ("n_of_m", n_of_m(5, 10, 1, (100, 1000)), 0.801 / 8 * 1e5),
    "1:3 of a kernel's columns": ("n_of_m", n_of_m(1, 3, 3, (64, 64, 3, 3)), 0.532 / 8 * 36864),
    "blocks of 16 x 16": ("blocks", blocks((512, 512), (16, 16)), 140),
    "blocks of 3 x 5": ("blocks", blocks((601, 1000), (3, 5)), 5060),
    "kernels": ("blocks", blocks((64, 64, 3, 3), (1, 1, 3, 3)), 530),
    "blocks of kernels": ("blocks", blocks((64, 64, 3, 3), (4, 4, 3, 3)), 52),
    "stripes": ("blocks", blocks((64, 64, 3, 3), (1, 64, 1, 1)), 92),
    "filters": ("blocks", blocks((256, 64, 3, 3), (1, 64, 3, 3), 0.05), 40),
    "channels": ("blocks", blocks((64, 256, 3, 3), (64, 1, 3, 3), 0.05), 50),
    "full rows": ("blocks", rows(20, 1.0), 40),
    "full columns": ("blocks", rows(20, 1.0, axis=1), 50),
    "triangle": ("spans", np.tri(1024, dtype=bool), 20),
    "upper triangle": ("spans", ~np.tri(900, 700, 3, dtype=bool), 20),
    "causal": ("spans", np.tri(256, dtype=bool)[None, None], 20),
    "heads": ("spans", np.ascontiguousarray(np.broadcast_to(np.tri(64, dtype=bool), (2, 8, 64, 64))), 20),
    "band": ("spans", np.tri(512, k=31, dtype=bool) & ~np.tri(512, k=-32, dtype=bool), 20),
    "lines that end early": ("spans", np.arange(1000) < np.random.default_rng(0).integers(0, 1000, (500, 1)), 650),
}
"""Masks by name: the codec that stores them, and the most bytes."""


def check_ranges(name, parts, mask):
    """Check that a mask is decoded, as a whole and from rows, and packed."""
    assert (decode_mask(name, parts, mask.shape, mask.size) == mask).all()
    for a, b in ((0, 1), (len(mask) // 3, len(mask) // 2), (len(mask) - 1, len(mask))):
        assert (decode_mask(name, parts, mask.shape, mask.size, slice(a, b)) == mask[a:b]).all()
        first, stop = a * (mask.size // len(mask)), b * (mask.size // len(mask))
        packed, begin = CODECS[name].decode_packed(parts, mask.shape, mask.size, first, stop)
        bits = np.unpackbits(packed, bitorder="little")[first - begin :][: stop - first]
        assert (bits == mask.reshape(-1)[first:stop]).all()


@pytest.mark.parametrize("kind", STRUCTURES)
def test_a_structure_takes_what_its_information_is(kind):
    codec, mask, most = STRUCTURES[kind]
    name, parts = encode_mask(mask)
    assert name == codec
    assert stored_bytes(parts) <= most
    check_ranges(name, parts, mask)


@pytest.mark.parametrize("flipped", [1, 3, 100])
@pytest.mark.parametrize("kind", [*STRUCTURES, "full"])
def test_exceptions_cost_two_bytes_or_so(kind, flipped):
    """Weights that rounded to zero, or were kept against the structure, are listed beside it."""
    _, mask, most = STRUCTURES.get(kind, ("full", np.ones((512, 512), dtype=bool), 0))
    differs = np.sort(np.random.default_rng(1).permutation(mask.size)[:flipped])
    if kind == "lines that end early" and flipped > 3:
        differs = differs[::10]
    other = mask.copy()
    other.reshape(-1)[differs] ^= True
    name, parts = encode_mask(other)
    assert name == "exceptions"
    assert stored_bytes(parts) <= most + 24 + 1.2 * packed_bytes(differs, mask.size)
    check_ranges(name, parts, other)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_few_dense_rows_take_a_bit_for_each_of_their_weights(axis):
    mask = rows(20, 0.5, axis=axis)
    name, parts = encode_mask(mask)
    assert name == "within"
    assert stored_bytes(parts) < 20 * 1024 / 8 + 60
    check_ranges(name, parts, mask)


def test_a_triangle_that_is_half_full_takes_a_bit_for_each_of_its_weights():
    """Here of more weights than the directory has entries for."""
    mask = np.tri(1500, dtype=bool) & (np.random.default_rng(0).random((1500, 1500)) < 0.5)
    name, parts = encode_mask(mask)
    assert name == "within"
    assert stored_bytes(parts) < 1500 * 1501 / 16 + 5000
    check_ranges(name, parts, mask)


@pytest.mark.parametrize("kind", ["2:4", "blocks of 3 x 5", "causal", "full", "rows"])
def test_decoding_takes_little_memory_beside_the_result(kind):
    if kind == "rows":
        mask = rows(900, 0.5, (2048, 2048))
    else:
        mask = STRUCTURES.get(kind, (0, np.ones((64, 64), dtype=bool)))[1]
        mask = np.tile(mask, [-(-2048 // n) if n > 1 else 1 for n in mask.shape])
        if kind == "causal":
            mask = np.tri(2048, dtype=bool)
        mask.reshape(-1)[12345] ^= True
    name, parts = encode_mask(mask, "within" if kind == "rows" else "exceptions")
    codec = CODECS[name]
    decode_mask(name, parts, mask.shape, mask.size, slice(0, 1))
    for decode, result in ((codec.decode, mask.size), (codec.decode_packed, mask.size // 8)):
        tracemalloc.start()
        decode(parts, mask.shape, mask.size, 0, mask.size)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < result + 12 * 2**20


@pytest.mark.parametrize(
    ("n", "m", "limit"), [(2, 4, 0.6462), (1, 4, 0.5), (4, 8, 0.7662), (1, 2, 0.5), (8, 16, 0.8532)]
)
def test_n_of_m_is_near_its_limit(n, m, limit):
    rng = np.random.default_rng(0)
    mask = (rng.random((64, 4096 // m, m)).argsort(axis=-1) < n).reshape(64, 4096)
    name, parts = encode_mask(mask)
    assert name == "n_of_m"
    assert 8 * parts["mask"].nbytes / mask.size < 1.01 * limit


def test_n_of_m_refuses_other_masks():
    with pytest.raises(xoropt.ArgumentError, match="'n_of_m' cannot hold this mask"):
        encode_mask(np.tri(5, dtype=bool), "n_of_m")


@pytest.mark.parametrize("block", [(4, 4), (1, 32), (16, 1), (8, 64)])
def test_blocks_take_one_bit_each(block):
    coarse = np.random.default_rng(0).random((9, 11)) < 0.4
    mask = np.kron(coarse, np.ones(block, dtype=bool))[:-1, :-3]
    name, parts = encode_mask(mask)
    assert (decode_mask(name, parts, mask.shape, mask.size) == mask).all()
    assert CODECS["blocks"].encode(mask, 1)["mask"].nbytes <= 2 + -(-99 // 8)


def entropy_of(p):
    return float(np.mean(-(p * np.log2(p) + (1 - p) * np.log2(1 - p))))


@given(
    st.tuples(st.integers(1, 600), st.integers(1, 600)),
    st.tuples(st.sampled_from([1, 2, 3, 4, 6, 16, 32, 300]), st.sampled_from([1, 2, 4, 5, 8, 24])),
    st.sampled_from([0.02, 0.3, 0.9]),
    st.booleans(),
)
def test_blocks_that_are_read_some_rows_at_a_time_take_no_more(shape, sides, density, flat):
    mask = blocks(shape, sides, density)
    mask = mask.reshape(-1) if flat else mask
    lazy = LazyArray(lambda first, stop: mask.reshape(-1)[first:stop], mask.shape, mask.dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_of_masks, "CHUNK", 1 << 12)
        plan, whole = CODECS["blocks"].plan(lazy), CODECS["blocks"].plan(mask)
        if plan is not None:
            parts = plan.encode(1, "normal")
            assert stored_bytes(parts) == plan.least_bytes
            np.testing.assert_array_equal(decode_mask("blocks", parts, mask.shape, mask.size), mask)
            assert whole is None or plan.least_bytes <= whole.least_bytes + 16


@pytest.mark.parametrize("density", [0.01, 0.05, 0.1, 0.4])
def test_entropy_is_near_its_limit(density):
    mask = np.random.default_rng(1).random((1024, 1024)) < density
    stored = 8 * CODECS["entropy"].encode(mask, 1)["mask"].nbytes / mask.size
    assert stored < 1.005 * entropy_of(np.full(1, mask.mean()))


def test_entropy_uses_uneven_rows_and_columns():
    rng = np.random.default_rng(2)
    logit = np.log(1 / 9) + 0.5 * rng.standard_normal((2048, 1)) + 0.5 * rng.standard_normal(2048)
    p = 1 / (1 + np.exp(-logit))
    mask = rng.random(p.shape) < p
    stored = 8 * CODECS["entropy"].encode(mask, 1)["mask"].nbytes / mask.size
    assert stored < 1.015 * entropy_of(p)
    assert stored < 0.96 * entropy_of(np.full(1, mask.mean()))


def test_long_rows_are_decoded_in_parts():
    """A range that goes on from one row to the next takes no memory for both of them."""
    width = 3 << 20
    coarse = np.repeat(np.random.default_rng(0).random((4, 3)) < 0.5, width // 3, axis=1)
    masks = {
        "blocks": np.repeat(coarse, [2, 2, 1, 1], axis=0),
        "spans": np.arange(width) < np.array([7, width, 0, 12345, 5 << 19])[:, None],
    }
    for codec, mask in masks.items():
        parts = CODECS[codec].encode(mask)
        for first, stop in ((width - 5, width + 5), (2 * width - 1, 4 * width + 1)):
            tracemalloc.start()
            some = CODECS[codec].decode(parts, mask.shape, mask.size, first, stop)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert (some == mask.reshape(-1)[first:stop]).all()
            assert peak < 2.2 * (stop - first) + 2**20
