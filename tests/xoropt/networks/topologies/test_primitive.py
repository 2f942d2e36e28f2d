"""Primitive polynomials: the table, and the registers that it drives."""

import math

import numpy as np
import pytest

from xoropt import networks
from xoropt.networks.topologies.primitive import PRIMITIVE
from xoropt.networks.topologies.ring_generator import advance


def period(step, state):
    count, first = 0, state.copy()
    while True:
        state, count = step(state), count + 1
        if (state == first).all():
            return count


@pytest.mark.parametrize("cells", range(3, 13))
def test_ring_generators_have_the_longest_period(cells):
    assert period(advance, np.eye(cells, 1, dtype=bool)) == 2**cells - 1


@pytest.mark.parametrize("n_in", range(2, 12))
def test_shift_registers_have_the_longest_period(n_in):
    cycles = 2**n_in
    rows = networks.lfsr(n_in=n_in, n_out=cycles, cycles=cycles, taps=1).rows[:, 0]
    assert len(set(rows.tolist())) == cycles - 1
    assert rows[-1] == rows[0]


def factors(number):
    """The prime factors, by Pollard's rho."""
    if number == 1:
        return set()
    if all(pow(a, number - 1, number) == 1 for a in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return {number}
    for c in range(1, 100):
        x = y = 2
        product, rounds, divisor = 1, 0, 1
        while divisor == 1:
            x, y = (x * x + c) % number, (y * y + c) % number
            y = (y * y + c) % number
            product, rounds = product * (x - y) % number or number, rounds + 1
            if rounds % 64 == 0 or number < 1 << 20:
                divisor = math.gcd(product, number)
        if divisor < number:
            return factors(divisor) | factors(number // divisor)
    return {number}


@pytest.mark.parametrize("degree", PRIMITIVE)
def test_the_polynomials_are_primitive(degree):
    polynomial = (1 << degree) | 1 | sum(1 << k for k in PRIMITIVE[degree])

    def power(exponent):
        result, base = 1, 2
        while exponent:
            if exponent & 1:
                result = times(result, base)
            base, exponent = times(base, base), exponent >> 1
        return result

    def times(a, b):
        product = 0
        while b:
            product ^= a * (b & 1)
            a, b = a << 1, b >> 1
            if a >> degree:
                a ^= polynomial
        return product

    order = 2**degree - 1
    assert power(order) == 1
    assert all(power(order // prime) != 1 for prime in factors(order))
