"""Spaces: what a description becomes, and one clear line for every bad one."""

import pytest
from xoropt_solvers import MissingPackageError

from xoropt import ArgumentError
from xoropt.explore import default_text, read_space
from xoropt.networks import from_recipe

LANES = "lanes:lanes=64"


def test_every_combination_without_repetitions():
    space = read_space(
        {
            "windowed": [
                {
                    "n_in": 8,
                    "window": {"from": 64, "to": 128, "step": 64},
                    "taps": [4, None],
                    "orders": LANES,
                },
                {"n_in": 8, "window": 64, "taps": "none", "orders": [LANES, "rows"]},
            ],
            "block": {"n_in": range(10, 21, 10), "load": [0.8, 1.0], "solvers": ["greedy", "portfolio"]},
            "recipes": "sequential:n_in=4,n_out=40,n_s=1",
        }
    )
    points = space.points(density=0.1, least_density=0.05)
    by_topology = {}
    for point in points:
        by_topology.setdefault(point.topology, []).append(point)
    assert {name: len(some) for name, some in by_topology.items()} == {"windowed": 5, "block": 8, "sequential": 1}
    assert len({point.key for point in points}) == len(points)
    # a fixed rate follows the load, a ring has room for the sparsest layer
    assert {from_recipe(p.network).n_out for p in by_topology["block"]} == {80, 100, 160, 200}
    assert {(from_recipe(p.network).n_out, p.order) for p in by_topology["windowed"]} == {
        (168, LANES),
        (80, "rows"),
    }
    assert by_topology["sequential"][0].order == "lanes:lanes=512"
    assert {p.order for p in by_topology["block"]} == {"rows"}
    assert len({point.topology for point in points[:4]}) == 3  # a short search sees something of everything


def test_the_built_in_space_can_be_built():
    points = read_space(None).points(0.1, 0.1)
    assert len(points) >= 60
    named = {"block", "sequential", "windowed", "staged", "cascade", "fixed_taps", "regular", "circulant", "toeplitz"}
    assert {point.topology for point in points} == named | {"lfsr", "progressive"}
    for point in points:
        network = from_recipe(point.network)
        assert 8 <= network.n_out / network.n_in <= 11  # loads from 0.8 up; rings have some more room


def test_from_a_file(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text(default_text())
    assert read_space(path) == read_space(None)


BAD = {
    "unknown topology": ("[windowd]\nn_in = 8", "no key or topology 'windowd'; the nearest is 'windowed'"),
    "unknown key": ("[windowed]\ntap = 8", "[windowed]: no key 'tap'; the nearest is 'taps'"),
    "unknown top key": ("sparsities = 0.9\n[block]", "no key or topology 'sparsities'; the nearest is 'sparsity'"),
    "empty file": ("", "the space is empty"),
    "empty list": ("[block]\nn_in = []", "[block]: 'n_in' has no value"),
    "range the wrong way": ("[block]\nn_in = {from = 9, to = 3}", "[block]: 'n_in' has no value"),
    "endless range": ("[block]\nn_in = {from = 1, to = 10000000000000000000}", "'n_in' has more than 100,000 values"),
    "half a range": ("[block]\nn_in = {from = 9}", "must be a range such as"),
    "not TOML": ("[block", "not TOML"),
    "text for a table": ("block = 3", "'block' must be a table"),
    "float": ("[block]\nn_in = 2.5", "'n_in' must hold integers, not 2.5"),
    "text for a number": ("[block]\nn_in = '8'", "'n_in' must hold integers, not '8'"),
    "float taps": ("[windowed]\ntaps = 2.5", "'taps' must hold integers or text, not 2.5"),
    "auto where it can't be": ("[block]\nn_in = 'auto'", "only n_out can"),
    "unknown patches": ("patches = 'brust'", "no patches 'brust'; the nearest is 'burst'"),
    "a seed search of a windowed network": ("[windowed]\nsolvers = 'greedy'", "'solvers' is for blocks"),
    "unknown solver": ("[block]\nsolvers = 'greddy'", "no solver 'greddy'; the nearest is 'greedy'"),
    "unknown order": ("orders = 'lane'\n[block]", "'order' must be"),
    "a rate of 1": ("sparsity = [1.0]\n[block]", "'sparsity' must be at least 0 and below 1"),
    "load of 0": ("[block]\nload = 0", "'load' must be"),
    "bad recipe": ("recipes = ['blok:n_in=3']", "the nearest is 'block'"),
    "tiny samples": ("samples = [10]\n[block]", "'samples' must be"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_spaces(name, tmp_path):
    text, expected = BAD[name]
    path = tmp_path / "space.toml"
    path.write_text(text)
    with pytest.raises(ArgumentError) as caught:
        read_space(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_many_points():
    space = read_space({"windowed": {"n_in": range(1, 65), "window": range(1, 1985)}})
    with pytest.raises(ArgumentError, match="at most 100,000 are allowed"):
        space.points(0.1, 0.1)


def test_a_solver_that_is_not_installed(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: False)
    with pytest.raises(MissingPackageError, match="pip install"):
        read_space({"block": {"n_in": 8, "solvers": "sat"}})
