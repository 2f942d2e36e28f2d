"""The declaration of a topology: its ranges, its keys and its recipe come from one signature."""

import inspect
from typing import Annotated

import numpy as np
import pytest

from xoropt import ArgumentError, networks
from xoropt.networks.topologies.declaration import NIn, Range, Setting, recipe_of, settings_of, topology

DEFAULTS = {
    "block": "block:n_in=20,n_out=180,seed=0",
    "cascade": "cascade:n_in=1,n_out=11,layers=3,span=863,memory=96,chained=0,seed=0",
    "circulant": "circulant:n_in=20,n_out=160,taps=5,seed=0",
    "convolutional": "convolutional:n_in=1,n_out=2,length=7,generators=none,seed=0",
    "fixed_taps": "fixed_taps:n_in=20,n_out=160,taps=5,seed=0",
    "lfsr": "lfsr:n_in=20,n_out=160,cycles=16,taps=3,seed=0",
    "progressive": "progressive:n_in=8,n_out=80,window=512,taps=6,seed=0",
    "regular": "regular:n_in=20,n_out=160,taps=5,seed=0",
    "ring_generator": "ring_generator:n_in=20,n_out=160,cells=32,cycles=16,idle=8,taps=3,seed=0",
    "sequential": "sequential:n_in=8,n_out=80,n_s=2,seed=0",
    "staged": "staged:n_in=8,n_out=80,nodes=12,taps=5,reads=3,memory=32,node_window=704,seed=0",
    "toeplitz": "toeplitz:n_in=20,n_out=180,seed=0",
    "windowed": "windowed:n_in=64,n_out=640,window=512,taps=8,seed=0",
}


@topology("ruler")
def ruler(n_in: NIn, marks: Annotated[int, Range(1, "n_in")] | None = None, units: str = "cm") -> networks.XorNetwork:
    assert type(n_in) is int
    return networks.XorNetwork(n_in, 1, 0, np.ones((1, 1), np.uint64))


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(networks.TOPOLOGIES, "ruler", ruler)


@pytest.mark.parametrize("name", networks.TOPOLOGIES)
def test_recipes_never_change(name):
    """They stand in files: keys, their order and their defaults."""
    if name in DEFAULTS:
        assert networks.from_recipe(name).recipe == DEFAULTS[name]
        assert networks.TOPOLOGIES[name]().recipe == DEFAULTS[name]
    else:
        assert name in ("matrix", "stages")


def test_the_signature_is_what_recipes_are_parsed_by(registered):
    assert settings_of(ruler) == {
        "n_in": Setting(int, False, inspect.Parameter.empty, Range(1, 64)),
        "marks": Setting(int, True, None, Range(1, "n_in")),
        "units": Setting(str, False, "cm", None),
    }
    for recipe in ("ruler:n_in=5,marks=2,units=inch", "ruler:n_in=5,marks=none,units=none", "ruler:n_in=1,units="):
        network = networks.from_recipe(recipe)
        assert network.recipe == (recipe if "marks" in recipe else "ruler:n_in=1,marks=none,units=")
    with pytest.raises(ArgumentError, match="lacks the key 'n_in'"):
        networks.from_recipe("ruler:marks=3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_in": 0}, "Argument 'n_in' must be from 1 to 64, not 0."),
        ({"n_in": 2.0}, "Argument 'n_in' must be an integer, not 2.0."),
        ({"n_in": None}, "Argument 'n_in' must be an integer, not None."),
        ({"n_in": True}, "Argument 'n_in' must be an integer, not True."),
        ({"n_in": 7, "marks": 8}, "Argument 'marks' must be from 1 to 7, not 8."),
    ],
)
def test_ranges_are_checked(arguments, message):
    with pytest.raises(ArgumentError) as caught:
        ruler(**arguments)
    assert str(caught.value) == message


def test_integers_of_numpy():
    assert ruler(np.int8(7), np.uint64(7)).recipe == "ruler:n_in=7,marks=7,units=cm"


def test_a_function_without_a_declaration():
    """A plain function in the registry has keys, too: integers that may be "none"."""

    def plain(n_in, taps=3): ...

    assert settings_of(plain)["n_in"] == Setting(int, True, inspect.Parameter.empty, None)
    assert settings_of(plain)["taps"] == Setting(int, True, 3, None)


def test_networks_without_a_recipe_are_not_equal():
    one, other = (networks.XorNetwork(1, 1, 0, np.ones((1, 1), np.uint64)) for _ in range(2))
    assert one == one
    assert one != other
    assert recipe_of("a", {}) == "a:"
