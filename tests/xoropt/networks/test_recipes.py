"""Recipes: they describe a network completely, and a wrong one gets one clear line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import networks
from xoropt.networks.recipes import is_recipe


@given(st.integers(1, 64), st.integers(1, 300), st.integers(0, 2**64 - 1))
def test_a_recipe_describes_the_network(n_in, n_out, seed):
    network = networks.random_block(n_in, n_out, seed)
    assert network.matrix().shape == (n_out, n_in)
    assert networks.from_recipe(network.recipe) == network


@pytest.mark.parametrize(
    ("recipe", "word"),
    [
        ("blok:n_in=20", "'block'"),
        ("block:n_inn=20", "'n_in'"),
        ("block:n_in=0", "'n_in' must be from 1 to 64, not 0"),
        ("block:n_in=65", "'n_in' must be from 1 to 64, not 65"),
        ("block:n_in=x", "non-negative integer"),
        ("block:n_in=none", "non-negative integer"),
        ("block:n_in", "needs a value"),
        ("block:n_in=5,n_in=6", "Key 'n_in' is given twice"),
        ("block:n_out=0", "'n_out'"),
        ("block:seed=18446744073709551616", "'seed'"),
        ("matrix:n_in=2,window=2", "lacks the key 'rows'"),
        ("matrix:n_in=2,window=2,rows=zz", "hexadecimal"),
        ("matrix:n_in=2,window=2,rows=04", "beyond the window"),
        ("", "names no known topology"),
    ],
)
def test_bad_recipes(recipe, word):
    with pytest.raises(xoropt.ArgumentError, match=word) as caught:
        networks.from_recipe(recipe)
    assert "\n" not in str(caught.value)


def test_a_recipe_is_a_string():
    with pytest.raises(xoropt.ArgumentError, match="'recipe' must be a string"):
        networks.from_recipe(None)


def test_recipes_and_file_names():
    assert is_recipe("block")
    assert is_recipe("blok:n_in=3")
    assert not is_recipe("block.txt")
