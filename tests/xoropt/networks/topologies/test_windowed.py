"""Windowed, sequential and staged networks: their matrices, their stages, and arguments that cannot be."""

import numpy as np
import pytest
from codec_cases import NETWORKS

import xoropt
from xoropt import ArgumentError
from xoropt.networks import sequential, staged, windowed

WINDOWED = [[0, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0]]
SEQUENTIAL = [[1, 1, 1, 1], [0, 0, 1, 0], [1, 1, 1, 1]]
STAGES = [[[4, 3], [0, 7], [6, 5]], [[7, 3], [5, 0], [7, 2]]]
"""The matrices and the stages that stored files rely on."""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 4}, "'window' must be at least n_in = 8, not 4"),
        ({"window": 60}, "'window' must be a multiple of n_in = 8, not 60"),
        ({"window": 1992}, "'window' must be from 1 to 1984, not 1992"),
        ({"taps": 58}, "'taps' must be from 1 to 57, not 58"),
        ({"taps": 0}, "'taps' must be from 1 to 57, not 0"),
        ({"n_in": 65}, "'n_in' must be from 1 to 64, not 65"),
        ({"n_out": 0}, "'n_out' must be from 1 to"),
        ({"seed": -1}, "'seed' must be from 0 to"),
    ],
)
def test_windows_that_cannot_be(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        windowed(**{"n_in": 8, "n_out": 16, "window": 64, "taps": 4, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reads": 6}, "'reads' must be from 1 to 5, not 6"),
        ({"taps": 9}, "'taps' must be from 1 to 5, not 9"),
        ({"node_window": 60}, "'node_window' must be a multiple of n_in = 8, not 60"),
        ({"memory": 300}, "'memory' must keep the window within 1984 bits, which 300 does not"),
    ],
)
def test_stages_that_cannot_be(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        staged(
            **{"n_in": 8, "n_out": 16, "nodes": 12, "taps": 5, "reads": 3, "memory": 4, "node_window": 64, **arguments}
        )


@pytest.mark.parametrize("network", NETWORKS[:7], ids=lambda network: network.recipe)
def test_recipes_name_the_network(network):
    again = xoropt.networks.from_recipe(network.recipe)
    assert again == network
    assert np.array_equal(again.rows, network.rows)


def test_networks_are_the_same_on_every_platform():
    assert windowed(n_in=2, n_out=3, window=6, taps=2).matrix().astype(int).tolist() == WINDOWED
    assert sequential(n_in=2, n_out=3, n_s=1).matrix().astype(int).tolist() == SEQUENTIAL
    net = staged(n_in=2, n_out=3, nodes=3, taps=2, reads=2, memory=2, node_window=8)
    assert [part.tolist() for part in net.stages] == STAGES


def test_stages_multiply_to_the_rows():
    for network in (NETWORKS[5], NETWORKS[6]):
        taps, reads = network.stages
        for row, places in zip(network.matrix(), reads, strict=True):
            product = np.zeros(network.window, dtype=bool)
            for place in places:
                product[taps[place % len(taps)] + place // len(taps) * network.n_in] ^= True
            assert np.array_equal(row, product)
