"""Random numbers: SplitMix64 as published, and subsets drawn from it."""

import numpy as np
import pytest

from xoropt.networks.draws import draw_subsets
from xoropt.networks.splitmix import splitmix64


def test_splitmix_matches_the_published_generator():
    # The first outputs of Vigna's splitmix64.c from state 1234567, as many implementations publish them.
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert splitmix64(1234567, 5).tolist() == expected


@pytest.mark.parametrize(("rows", "size", "taps"), [(50, 449, 3), (7, 512, 60), (3, 64, 8), (4, 9, 9), (5, 20, 1)])
def test_subsets_are_the_places_of_the_smallest_keys(rows, size, taps):
    keys = splitmix64(3, rows * size).reshape(rows, size)
    assert (draw_subsets(3, rows, size, taps) == np.argsort(keys, axis=1, kind="stable")[:, :taps]).all()
