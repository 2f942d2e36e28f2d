"""Simulated decoders make the software decoder's bits, in the cycles that the model counts."""

from functools import lru_cache

import numpy as np
import pytest
from hardware_networks import NAMED, from_stages

import xoropt
from xoropt.codec import StreamEncoded
from xoropt.hardware import PortRates, design, random_stimulus, simulate, stimulus_of
from xoropt.networks import TOPOLOGIES, from_recipe

RATES = (PortRates(), PortRates(outputs=150), PortRates(patches=9), PortRates(200, 90, 180))


@lru_cache(maxsize=1)
def digits_layer():
    """Return signs and pruning mask of a layer of 400 by 300 weights, trained briefly on the digits."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    images, digits = load_digits(return_X_y=True)
    net = MLPClassifier((300, 400), random_state=0)
    with threadpool_limits(1):
        for _ in range(3):
            net.partial_fit(images / 16, digits, classes=np.unique(digits))
    weights = net.coefs_[1].T
    return weights > 0, xoropt.quantize.prune(weights, 0.9)


def compressed(network, **settings):
    bits, care = digits_layer()
    encoded = xoropt.encode(bits, care, network, **settings)
    assert not ((xoropt.decode(encoded) ^ bits) & care).any()
    return encoded


LAYERS = {
    "block": ("block:n_in=20,n_out=180,seed=0", {"solver": "greedy"}),
    "windowed": ("windowed:n_in=8,n_out=80,window=128,taps=5,seed=0", {"order": "lanes:lanes=16"}),
    "staged": ("staged:n_in=4,n_out=40,nodes=6,taps=4,reads=3,memory=12,node_window=64,seed=0", {"order": "rows"}),
    "auto": ("auto", {}),
}


@pytest.mark.debian("iverilog")
@pytest.mark.parametrize("name", LAYERS)
def test_every_bit_of_a_compressed_layer(name):
    recipe, settings = LAYERS[name]
    encoded = compressed(recipe if recipe == "auto" else from_recipe(recipe), **settings)
    stimulus = stimulus_of(encoded)
    assert len(stimulus.patches) == encoded.size.patches
    if name == "block":
        assert len(stimulus.patches) > 200
    depths = ((2, 1), (8, 3)) if name == "block" else ((4, 1),)
    for fifo, flips in depths:
        for found in simulate(stimulus, design(stimulus.network, stimulus.config(fifo, flips)), RATES):
            assert (found.mismatches, found.bits) == (0, 120_000)
            assert found.cycles == found.model.cycles
            assert found.equal


@pytest.mark.debian("iverilog")
@pytest.mark.parametrize("name", [*NAMED, "three stages"])
def test_random_seeds_and_dense_patches(name):
    rng = np.random.default_rng(5)
    stages = tuple(rng.integers(-1, high, shape) for high, shape in ((6, (5, 3)), (15, (6, 3)), (12, (7, 4))))
    network = NAMED[name] if name in NAMED else from_stages(2, stages)
    for patches in (0, 60, 400):
        stimulus = random_stimulus(network, 200, patches, seed=patches)
        for fifo, flips in ((2, 1), (5, 4)):
            built = design(network, stimulus.config(fifo, flips))
            assert all(found.equal for found in simulate(stimulus, built, RATES))


@pytest.mark.debian("iverilog")
@pytest.mark.parametrize("topology", sorted(set(TOPOLOGIES) - {"matrix", "stages", *NAMED}))
def test_the_default_of_every_other_topology(topology):
    stimulus = random_stimulus(from_recipe(topology), 30, 10)
    assert simulate(stimulus)[0].equal


@pytest.mark.debian("iverilog")
def test_planes_segments_and_lanes_that_steps_do_not_fill():
    rng = np.random.default_rng(0)
    care = rng.random(6000) < 0.2
    care[2000:3000] = False
    bits = rng.random((2, 6000)) < 0.5
    network = xoropt.networks.windowed(n_in=5, n_out=40, window=40, taps=4, seed=0)
    encoded = xoropt.encode(bits, care, network, order="straight:lanes=8")
    stimulus = stimulus_of(encoded)
    assert isinstance(encoded, StreamEncoded)
    assert np.count_nonzero(stimulus.first) > 2
    (found,) = simulate(stimulus, design(network, stimulus.config(), synthesis="paar", time_limit=0.2))
    assert (found.equal, found.bits) == (True, 12_000)


@pytest.mark.debian("iverilog")
def test_a_wrong_bit_is_noticed():
    stimulus = random_stimulus(NAMED["windowed"], 40, 5)
    stimulus.expected[17, 3] ^= True
    (found,) = simulate(stimulus)
    assert (found.mismatches, found.equal, found.cycles) == (1, False, found.model.cycles)
