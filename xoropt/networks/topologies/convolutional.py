"""Convolutional networks: shift registers and generator polynomials (Elias 1955; Johannesson and Zigangirov 1999)."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_bits
from xoropt.networks.network import XorNetwork, check_entries, pack_rows
from xoropt.networks.stages import MAX_WINDOW
from xoropt.networks.topologies.declaration import NIn, NOut, Seed, topology

__all__ = ["convolutional"]


@topology("convolutional", work=lambda n_in, n_out, length, **_: n_out * n_in * length)
def convolutional(
    n_in: NIn = 1, n_out: NOut = 2, length: int = 7, generators: str | None = None, seed: Seed = 0
) -> XorNetwork:
    """Return a convolutional encoder as a network: output j is the sum over the inputs i of g_ji(D)·x_i(D).

    A generator is written in octal, as in tables of codes: the highest of its `length` bits stands for the newest seed,
    the lowest for the oldest. Step t reads seeds t … t + length − 1, which is the usual encoder with the seeds numbered
    length − 1 later. Without given generators they are random (`draw_bits`), with first and last coefficients 1.

    Args:
        n_in: inputs, that is new seed bits per step, 1 to 64.
        n_out: outputs per step; the number that the generators make where they are given.
        length: constraint length, the seeds that a step reads; n_in·length is at most 1984.
        generators: octal numbers separated by dots, n_in for each output, output after output; None: random.
        seed: the seed of the random numbers, 0 to 2^64 − 1; unused where generators are given.

    Raises:
        ArgumentError: an argument is out of range, or the generators do not fit.

    >>> convolutional(length=3, generators="5.7").matrix().astype(int).tolist()
    [[1, 0, 1], [1, 1, 1]]
    """
    length = check_int("length", length, 1, MAX_WINDOW // n_in)
    check_entries(n_out, n_in * length)
    if generators is None:
        bits = draw_bits(seed, n_out * n_in, length)
        bits[:, [0, -1]] = True
    else:
        bits = _parsed(generators, n_in, n_out, length)
    matrix = bits.reshape(n_out, n_in, length).transpose(0, 2, 1).reshape(n_out, length * n_in)
    return XorNetwork(n_in, n_out, length - 1, pack_rows(matrix))


def _parsed(generators: str, n_in: int, n_out: int, length: int) -> np.ndarray:
    """Return the generators' coefficients, bool (n_out·n_in, length), that of the oldest seed first."""
    words = generators.split(".") if isinstance(generators, str) else []
    if not words or any(not word or set(word) - set("01234567") for word in words):
        raise ArgumentError(
            f"Argument 'generators' must be octal numbers as in '171.133', not {str(generators)[:80]!r}."
        )
    if len(words) != n_in * n_out:
        raise ArgumentError(f"Argument 'generators' must hold n_in·n_out = {n_in * n_out} numbers, not {len(words)}.")
    numbers = [int(word, 8) for word in words]
    if max(numbers) >> length:
        raise ArgumentError(
            f"Argument 'generators' must fit into length = {length} bits, which {max(numbers):o} does not."
        )
    return np.array([[number >> i & 1 for i in range(length)] for number in numbers], dtype=bool)
