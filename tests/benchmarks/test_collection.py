"""The collection of problems: its files are what the generator makes, and every strategy is held to their minima."""

import csv
import importlib
from pathlib import Path

import numpy as np
import pytest
from xoropt_solvers import LimitExceededError, available, solve
from xoropt_solvers.comparing.named_problems import fingerprint
from xoropt_solvers.formats import read_problem

FOLDER = Path(__file__).parents[2] / "benchmarks"
DATA = FOLDER / "data" / "problems"
with (DATA / "best-known.csv").open(encoding="utf-8", newline="") as table:
    KNOWN = {f"{row['family']}/{row['name']}": row for row in csv.DictReader(table)}
EASY = [name for name, row in KNOWN.items() if int(row["rows"]) <= 40]
PROVERS = {"exhaustive", "coset", "portfolio", "sat", "xorsat", "maxsat", "cpsat", "ilp"} & {*available()}


def problem(name):
    return read_problem(DATA / f"{name}.npz")


def test_the_table_has_every_file():
    files = {str(path.relative_to(DATA).with_suffix("")) for path in DATA.rglob("*.npz")}
    assert files == set(KNOWN)
    assert len(files) == 41
    assert len({row["family"] for row in KNOWN.values()}) == 8
    assert all(row["proved_by"] and row["source"] for row in KNOWN.values())


def test_the_generator_makes_the_files(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    collection = importlib.import_module("solving.collection")
    made = {f"{one.family}/{one.name}": one for one in collection.instances(stim=False)}
    assert set(made) == {name for name in KNOWN if not name.startswith("surface/")}
    for name, one in made.items():
        assert fingerprint(one.problem) == fingerprint(problem(name)), name
        assert one.known in (None, int(KNOWN[name]["minimum"]))


def hold(name, strategy, limit):
    """Solve a problem; neither the answer nor the bound may be on the wrong side of the minimum."""
    least = int(KNOWN[name]["minimum"])
    try:
        solution = solve(problem(name), strategy, time_limit=limit)
    except LimitExceededError:
        return None
    assert solution.lower_bound <= least <= solution.cost, (name, strategy)
    return solution


@pytest.mark.parametrize("strategy", available())
def test_every_strategy_on_the_easy_ones(strategy):
    for name in EASY:
        solution = hold(name, strategy, 20.0 if strategy in PROVERS else 0.05)
        if strategy in PROVERS and solution is not None:
            assert solution.optimal, name


@pytest.mark.slow
@pytest.mark.parametrize("strategy", available())
def test_every_strategy_on_all(strategy):
    for name in KNOWN:
        hold(name, strategy, 0.2)


def test_the_default_proves_what_coset_proves():
    for name in ("codes/nearest-48-24", "least-weight/qr-31", "cuts/petersen", "covering/bent-6", "lpn/lpn-24-64"):
        assert hold(name, "portfolio", 20.0).optimal
        assert np.isfinite(hold(name, "isd", 0.2).cost)
