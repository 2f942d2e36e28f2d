"""Every way to multiply gives the sums of a float64 reference, up to the bound that `matvec` states."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_examples import DTYPES, NETWORKS, Kind, random_tensor, rows_of_classes

import xoropt
from xoropt.linear.few_levels import suits_few_levels
from xoropt.linear.products import CACHES
from xoropt.quantize import Codebook

KINDS = st.builds(
    Kind,
    shape=st.tuples(st.integers(1, 40), st.integers(1, 150)),
    dtype=st.sampled_from([dtype for dtype in DTYPES if dtype is not np.complex64]),
    planes=st.integers(0, 6),
    density=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    network=st.sampled_from(NETWORKS),
    codec=st.sampled_from(["auto", "bitmap", "prefix", "entropy"]),
    by_row=st.booleans(),
)


def check(tensor, x, y, transpose=False):
    """Compare y with a reference in float64, by the stated bound, twice it for what is of higher order."""
    weights = xoropt.decompress_tensor(tensor).astype(np.float64).reshape(tensor.shape[0], -1)
    weights, x = (weights.T if transpose else weights), x.astype(np.float64)
    unit = np.finfo(y.dtype).eps / 2
    with np.errstate(all="ignore"):
        wanted, most = weights @ x, np.abs(weights) @ np.abs(x)
    usual = most < np.finfo(y.dtype).max / 2
    bound = 2 * (weights.shape[1] + 2) * unit * most + 1e-40
    assert y.shape == wanted.shape
    assert (np.abs(y - wanted)[usual] <= bound[usual]).all()


@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
@settings(max_examples=60)
@given(KINDS, st.integers(0, 9), st.sampled_from(["numpy", "compiled"]), st.sampled_from(CACHES), st.booleans())
def test_every_kind_of_tensor(kind, vectors, decoder, cache, double):
    tensor = random_tensor(kind)
    rng = np.random.default_rng(1)
    for multiply, axis, transpose in ((xoropt.matvec, 1, False), (xoropt.rmatvec, 0, True)):
        x = rng.standard_normal((kind.shape[axis], vectors) if vectors else kind.shape[axis])
        x = x if double else x.astype(np.float32)
        for _ in range(1 if cache == "none" else 2):
            with np.errstate(all="ignore"):  # some levels are random bytes
                y = multiply(tensor, x, decoder=decoder, cache=cache)
            check(tensor, x, y, transpose)


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("codec", ["bitmap", "prefix", "entropy"])
def test_many_bands_on_threads(jobs, codec):
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((4100, 1033)).astype(np.float32)
    tensor = xoropt.compress({"w": weights}, sparsity=0.8, bits=2, mask=codec, patches="greedy")["w"]
    for cache in CACHES:
        for vectors in (1, 5):
            x = rng.standard_normal((1033, vectors)).astype(np.float32)
            check(tensor, x, xoropt.matvec(tensor, x, jobs=jobs, cache=cache))
        x = rng.standard_normal(4100).astype(np.float32)
        check(tensor, x, xoropt.rmatvec(tensor, x, jobs=jobs, cache=cache), transpose=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_what_is_not_finite_spreads_as_in_dense_products(bad, decoder):
    tensor = random_tensor(Kind((30, 70), np.float32, by_row=True))
    weights = xoropt.decompress_tensor(tensor)
    x = np.ones((70, 2), np.float32)
    x[5, 1] = bad
    with np.errstate(invalid="ignore"):
        y = xoropt.matvec(tensor, x, decoder=decoder)
        np.testing.assert_array_equal(np.isnan(y), np.isnan(weights @ x))
    assert np.isfinite(y[:, 0]).all()


def test_levels_that_are_not_finite_stay_in_their_rows():
    tensor = random_tensor(Kind((30, 70), np.float32, planes=1, by_row=True))
    tensor.levels.alpha[0, 3] = np.inf
    assert not suits_few_levels(tensor, "compiled")
    with np.errstate(invalid="ignore"):
        y = xoropt.matvec(tensor, np.ones(70, np.float32), decoder="compiled")
    assert np.isfinite(np.delete(y, 3)).all()
    assert not np.isfinite(y[3])


def test_fields_of_floats():
    rng = np.random.default_rng(0)
    for dtype in (ml_dtypes.bfloat16, np.float16, np.float32):
        weights = rng.standard_normal((200, 300)).astype(dtype)
        tensor = xoropt.compress({"w": weights})["w"]
        x = rng.standard_normal(300).astype(np.float32)
        check(tensor, x, xoropt.matvec(tensor, x, decoder="compiled"))
        check(tensor, x[:200], xoropt.rmatvec(tensor, x[:200], decoder="compiled"), transpose=True)


@pytest.mark.parametrize("dtype", [np.int8, ml_dtypes.bfloat16, np.float16, np.float32])
@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
@pytest.mark.parametrize("cache", CACHES)
def test_classes_of_rows(dtype, decoder, cache):
    tensor = rows_of_classes(dtype)
    assert not suits_few_levels(tensor, decoder) or dtype is np.int8
    rng = np.random.default_rng(1)
    for vectors in (1, 3, 40):
        for kind in (np.float32, np.float64):
            x, z = (rng.standard_normal((length, vectors)).astype(kind) for length in (700, 200))
            check(tensor, x, xoropt.matvec(tensor, x, decoder=decoder, cache=cache))
            check(tensor, z, xoropt.rmatvec(tensor, z, decoder=decoder, cache=cache), transpose=True)


def test_a_codebook_of_sixteen_levels():
    tensor = random_tensor(Kind((33, 65), np.int8, planes=4, density=0.5))
    tensor = replace(tensor, levels=Codebook(np.arange(-8, 8, dtype=np.int8)))
    assert (
        xoropt.matvec(tensor, np.ones(65, np.float32), decoder="compiled") == xoropt.decompress_tensor(tensor).sum(1)
    ).all()


@pytest.mark.parametrize("multiply", [xoropt.matvec, xoropt.rmatvec])
def test_no_other_caches(multiply):
    with pytest.raises(xoropt.ArgumentError, match="'cache'"):
        multiply(random_tensor(Kind((30, 30), np.float32)), np.ones(30), cache="all")


@pytest.mark.parametrize("vectors", [1, 3, 8, 16, 17])
@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, np.float16, np.float32])
def test_tiles_of_any_number_of_vectors(vectors, dtype):
    rng = np.random.default_rng(0)
    tensor = random_tensor(Kind((101, 77), dtype, planes=5, density=0.5))
    x = rng.standard_normal((77, vectors)).astype(np.float32)
    check(tensor, x, xoropt.matvec(tensor, x, decoder="compiled"))
