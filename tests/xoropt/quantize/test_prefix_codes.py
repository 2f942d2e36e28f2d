"""Prefix codes: the lengths are the best of at most the limit, codewords are canonical, tables complete them."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt import DecodeError
from xoropt.quantize.prefix_codes import MAX_LENGTH, check_lengths, completions, limited_lengths, plane_words

COUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=60)


def huffman_cost(counts):
    """Add up the bits of a Huffman code without a limit."""
    heap, cost = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, merged)
        cost += merged
    return cost


def kraft(lengths):
    """The sum of 2^(MAX_LENGTH − length)."""
    return sum(1 << MAX_LENGTH - length for length in lengths)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), st.integers(1, 4))
def test_lengths_are_the_best_of_all(counts, limit):
    counts = counts[: 1 << limit]
    lengths = limited_lengths(np.array(counts, dtype=np.int64), limit).tolist()
    if len(counts) == 1:
        assert lengths == [0]
        return
    fits = (
        some
        for some in itertools.product(range(1, limit + 1), repeat=len(counts))
        if sum(1 << limit - length for length in some) <= 1 << limit
    )
    least = min(sum(c * length for c, length in zip(counts, some, strict=True)) for some in fits)
    assert sum(c * length for c, length in zip(counts, lengths, strict=True)) == least
    assert min(lengths) >= 1
    assert max(lengths) <= limit


@given(COUNTS)
def test_a_wide_limit_gives_huffmans_code(counts):
    lengths = limited_lengths(np.array(counts, dtype=np.int64), 60).astype(int)
    assert int(lengths @ np.array(counts)) == huffman_cost(counts)


@given(st.lists(st.integers(0, 2**40), min_size=2, max_size=256))
def test_codes_are_complete_and_keep_the_limit(counts):
    lengths = limited_lengths(np.array(counts, dtype=np.int64))
    check_lengths(lengths)
    assert kraft(lengths.tolist()) == 1 << MAX_LENGTH
    order = np.argsort(-np.array(counts), kind="stable")
    assert (np.diff(lengths[order].astype(int)) >= 0).all()  # the more frequent, the shorter; of equal ones the first


@pytest.mark.parametrize("n", [2, 3, 255, 256])
def test_equal_counts(n):
    lengths = limited_lengths(np.full(n, 7))
    assert lengths.max() - lengths.min() <= 1
    assert (np.diff(lengths.astype(int)) >= 0).all()


def written(word, length):
    """A codeword as text, its first bit first."""
    return "".join(str(word >> k & 1) for k in range(length))


@given(COUNTS)
def test_codewords_are_canonical(counts):
    """They ascend with their length, then with the symbol; none is the beginning of another one."""
    lengths = limited_lengths(np.array(counts, dtype=np.int64))
    words = [written(w, n) for w, n in zip(plane_words(lengths).tolist(), lengths.tolist(), strict=True)]
    order = sorted(range(len(words)), key=lambda i: (lengths[i], i))
    ascending = [words[i] for i in order]
    assert ascending == sorted(ascending)
    assert not any(b.startswith(a) for a, b in itertools.pairwise(ascending))
    assert set(ascending[0]) <= {"0"}
    assert set(ascending[-1]) <= {"1"}


def test_a_known_code():
    lengths = np.array([2, 3, 1, 3], dtype=np.uint8)
    words = [written(w, n) for w, n in zip(plane_words(lengths).tolist(), [2, 3, 1, 3], strict=True)]
    assert words == ["10", "110", "0", "111"]
    assert completions(lengths, 3).tolist() == [2, 0, 2, 1, 2, 0, 2, 3]


@given(st.lists(st.integers(1, 8), min_size=1, max_size=40), st.integers(0, 2))
def test_every_completion_of_a_codeword_is_its_symbol(drawn, more):
    """Incomplete codes too: what begins with no codeword has no symbol."""
    lengths = [n for k, n in enumerate(drawn) if kraft(drawn[: k + 1]) <= 1 << MAX_LENGTH]
    lengths = np.array(lengths, dtype=np.uint8)
    planes = min(MAX_LENGTH, int(lengths.max()) + more)
    codes, words = completions(lengths, planes), plane_words(lengths).tolist()
    for code, symbol in enumerate(codes.tolist()):
        begins = [s for s, (w, n) in enumerate(zip(words, lengths.tolist(), strict=True)) if code % (1 << n) == w]
        assert begins == ([symbol] if symbol < len(lengths) else [])


@pytest.mark.parametrize(
    ("lengths", "word"),
    [
        ([], "one at least"),
        ([[1, 1]], "one at least"),
        ([0, 1], "1 to 8 bits"),
        ([0, 0], "1 to 8 bits"),
        ([9], "1 to 8 bits"),
        ([255] * 2, "1 to 8 bits"),
        ([1, 1, 8], "more codewords than"),
        ([8] * 257, "more codewords than"),
        ([1] * 100_000, "more codewords than"),
    ],
)
def test_codes_that_there_are_not(lengths, word):
    with pytest.raises(DecodeError, match=word):
        check_lengths(np.array(lengths, dtype=np.uint8))
    with pytest.raises(DecodeError, match="must be bytes"):
        check_lengths(np.array(lengths, dtype=np.int64))


@pytest.mark.parametrize("lengths", [[0], [1], [8], [1, 1], [1, 2, 8], [8] * 256])
def test_codes_that_there_are(lengths):
    check_lengths(np.array(lengths, dtype=np.uint8))
