"""The compiled loops against plain Python and against each other."""

import math

import numpy as np
import pytest
from numba import njit
from parity_problems import dense, least_cost, seeded_problem
from xoropt_solvers.batch import pack_batch
from xoropt_solvers.elimination import weights_or_empty
from xoropt_solvers.interrupts import never
from xoropt_solvers.kernels.bits import count_ones, trailing_zeros
from xoropt_solvers.kernels.elimination import batch_costs
from xoropt_solvers.kernels.enumeration import LOW, enumerate_blocks, gray_range, transform_blocks
from xoropt_solvers.kernels.steps import HUGE, binomial
from xoropt_solvers.problem import mismatch_mask, unpack_word

N = 12


@njit
def _bits(word):
    return count_ones(word), trailing_zeros(word)


@pytest.fixture(params=[False, True], ids=["unit", "weighted"])
def blocks(request):
    return [seeded_problem(seed, max_k=100, max_n=N, weighted=request.param) for seed in range(40)]


@pytest.mark.parametrize("word", [0, 1, 2, 3 << 20, 1 << 63, (1 << 64) - 1, 0x0123456789ABCDE0])
def test_bits_of_a_word(word):
    lowest = (word & -word).bit_length() - 1 if word else 64
    assert _bits(np.uint64(word)) == (word.bit_count(), lowest)


def test_costs_are_those_that_numpy_counts(blocks):
    batch = pack_batch(blocks)
    x = np.random.default_rng(0).integers(0, 1 << batch.n, len(batch), dtype=np.uint64)
    cost = np.empty(len(batch), dtype=np.int64)
    batch_costs(batch.rows, batch.values, batch.starts, weights_or_empty(batch), x, cost)
    for block, word, found in zip(blocks, x, cost, strict=True):
        assert found == block.row_weights[mismatch_mask(block, unpack_word(word, batch.n)[: block.n])].sum()


def test_the_transform_finds_what_brute_force_finds(blocks):
    blocks = [block for block in blocks if block.k <= 64]
    batch = pack_batch(blocks)
    for dtype in (np.int32, np.int64):
        x, cost = np.empty(len(batch), dtype=np.uint64), np.empty(len(batch), dtype=np.int64)
        spectrum = np.empty(1 << batch.n, dtype=dtype)
        weights = weights_or_empty(batch)
        transform_blocks(batch.rows, batch.values, batch.starts, weights, batch.n, spectrum, x, cost, never())
        assert cost.tolist() == [least_cost(block) for block in blocks]


def test_gray_code_and_transform_agree_on_blocks_of_several_words():
    blocks = [seeded_problem(seed, max_k=200, max_n=N, weighted=False) for seed in range(20)]
    batch = pack_batch(blocks)
    assert max(block.k for block in blocks) > 128
    assert batch.n == N
    x, counted, transformed = np.empty(len(batch), np.uint64), np.empty(len(batch), int), np.empty(len(batch), int)
    enumerate_blocks(batch.rows, batch.values, batch.starts, N, x, counted, never())
    spectrum = np.empty(1 << N, dtype=np.int32)
    transform_blocks(
        batch.rows, batch.values, batch.starts, weights_or_empty(batch), N, spectrum, x, transformed, never()
    )
    assert counted.tolist() == transformed.tolist()


def test_the_parts_of_an_enumeration_make_up_the_whole():
    batch, steps = pack_batch([dense(60, N)]), 1 << (N - LOW)
    parts = [gray_range(batch.rows, batch.values, N, step, step + 1, 61, never()) for step in range(steps)]
    whole = gray_range(batch.rows, batch.values, N, 0, steps, 61, never())
    assert whole == min(parts, key=lambda part: part[0])
    assert whole[0] < max(parts)[0]
    assert gray_range(batch.rows, batch.values, N, 0, steps, whole[0], never()) == (whole[0], 0)


def test_binomial_coefficients_are_exact_where_they_are_small():
    assert all(binomial(n, k) == math.comb(n, k) for n in range(31) for k in range(n + 1))
    assert binomial(3, 4) == binomial(3, -1) == 0
    assert binomial(128, 64) == HUGE
