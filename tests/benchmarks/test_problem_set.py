"""The set of problems of the comparison: how many, of which families, and the minima that books tell."""

import importlib

import pytest
from xoropt_solvers import solve
from xoropt_solvers.comparing.named_problems import fingerprint


@pytest.fixture(scope="module")
def made():
    pytest.importorskip("stim")
    return list(importlib.import_module("solving.problem_set").problem_set())


def test_two_hundred_problems_of_eight_families(made):
    names = {f"{one.family}/{one.name}" for one in made}
    assert len(names) == len(made) >= 200
    families = [one.family for one in made]
    assert len(set(families)) == 8
    assert all(families.count(family) >= 25 for family in families)


def test_the_same_problems_each_time(made):
    again = importlib.import_module("solving.problem_set").problem_set()
    assert [fingerprint(one.problem) for one in again] == [fingerprint(one.problem) for one in made]


def test_small_codes_have_the_distances_of_the_books(made):
    small = [one for one in made if one.known is not None and one.problem.k <= 64]
    assert len(small) >= 8
    for one in small:
        solution = solve(one.problem, time_limit=60.0)
        assert (solution.cost, solution.optimal) == (one.known, True), one.name


def test_files_are_written_by_family(made, tmp_path):
    write = importlib.import_module("solving.problem_set").write
    assert write([made[0], made[-1]], tmp_path) == 2
    assert sorted(path.parent.name for path in tmp_path.rglob("*.npz")) == sorted({made[0].family, made[-1].family})
