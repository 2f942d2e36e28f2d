"""Convolutional networks: shift registers and generator polynomials (Elias 1955; Johannesson and Zigangirov 1999)."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_bits
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows
from xoropt.networks.stages import MAX_WINDOW

__all__ = ["convolutional"]


def convolutional(
    n_in: int = 1, n_out: int = 2, length: int = 7, generators: str | None = None, seed: int = 0
) -> XorNetwork:
    """A convolutional encoder as a network: output j is the sum over the inputs i of g_ji(D)·x_i(D).

    A generator is written in octal, as tables of codes do: its highest of `length` bits stands for the newest seed, its
    lowest for the oldest. Step t reads seeds t … t + length − 1, which is the usual encoder with the seeds numbered
    length − 1 later. Without generators they are random, and their first and last coefficients 1 (`draw_bits`).

    Args:
        n_in: inputs, new seed bits a step, 1 to 64.
        n_out: outputs a step; must be that of the generators where they are given.
        length: constraint length, seeds that a step reads; n_in·length at most 1984.
        generators: octal numbers with dots between them, n_in for each output, output after output; None: random.
        seed: of the random numbers, 0 to 2^64 − 1; without effect on given generators.

    Raises:
        ArgumentError: an argument is out of range, or the generators do not fit.

    >>> convolutional(length=3, generators="5.7").matrix().astype(int).tolist()
    [[1, 0, 1], [1, 1, 1]]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    length = check_int("length", length, 1, MAX_WINDOW // n_in)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, n_in * length)
    if generators is None:
        bits = draw_bits(seed, n_out * n_in, length)
        bits[:, [0, -1]] = True
        named = "none"
    else:
        bits = _parsed(generators, n_in, n_out, length)
        named = generators
    matrix = bits.reshape(n_out, n_in, length).transpose(0, 2, 1).reshape(n_out, length * n_in)
    recipe = f"convolutional:n_in={n_in},n_out={n_out},length={length},generators={named},seed={seed}"
    return XorNetwork(n_in, n_out, length - 1, pack_rows(matrix), recipe)


def _parsed(generators: str, n_in: int, n_out: int, length: int) -> np.ndarray:
    """Generators as coefficients, bool (n_out·n_in, length), that of the oldest seed first."""
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
