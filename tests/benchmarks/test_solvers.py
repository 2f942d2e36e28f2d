"""The benchmark of the solvers on a block or two: its variants are exact, and what it shows is what it measured."""

import importlib
import json
import runpy
import sys
from pathlib import Path

import pytest
from hypothesis import given
from parity_problems import least_cost, problems
from xoropt_solvers import available

FOLDER = Path(__file__).parents[2] / "benchmarks"
MODELS = ["primal", "+ systematic", "+ collapse", "+ sparsify", "+ improved start", "+ split bound"]
ENCODINGS = [
    "sequential counter, as first seen",
    "sequential counter",
    "totalizer",
    "totalizer, from below",
    "totalizer, split bound, from below",
    "totalizer, split bound (the default)",
]


@pytest.fixture(scope="module")
def variants():
    return importlib.import_module("solving.variants")


@pytest.fixture(scope="module")
def effort():
    comparison = importlib.import_module("solving.comparison")
    return comparison.Effort(
        time_limit=0.1, cells=((12, 0.9),), blocks=500, models=(1, 16, 6, 10.0), encodings=(1, 16, 6, 10.0)
    )


@pytest.fixture(scope="module")
def result(effort):
    return importlib.import_module("solving.comparison").measure(effort)


def test_every_variant_is_tested(variants):
    assert [variant.label for variant in variants.MODELS] == MODELS
    assert [variant.label for variant in variants.ENCODINGS] == ENCODINGS


@pytest.mark.parametrize("name", ["sat", "xorsat", "maxsat", "cpsat", "ilp"])
@pytest.mark.parametrize("label", MODELS)
def test_every_model_has_the_same_minimum(variants, name, label):
    variant = variants.MODELS[MODELS.index(label)]
    if not variants.takes(name, variant):
        assert label in ("+ improved start", "+ split bound")
        return

    @given(problem=problems(max_k=16, max_n=6))
    def check(problem):
        answer = variants.solve_variant(problem, name, variant, 60.0)
        assert answer.cost == answer.lower_bound == least_cost(problem)

    check()


@pytest.mark.parametrize("name", ["sat", "xorsat"])
@pytest.mark.parametrize("label", ENCODINGS)
def test_every_encoding_has_the_same_minimum(variants, name, label):
    @given(problem=problems(max_k=16, max_n=6))
    def check(problem):
        answer = variants.solve_variant(problem, name, variants.ENCODINGS[ENCODINGS.index(label)], 60.0)
        assert answer.cost == answer.lower_bound == least_cost(problem)

    check()


def test_the_optimum_bounds_every_answer(result):
    assert set(result.outcomes) == {*available(), "portfolio (batch)"}
    assert len(result.optimum) == len(result.blocks) == 2
    for runs in result.outcomes.values():
        for run, best in zip(runs, result.optimum, strict=True):
            assert run.lower_bound <= best <= run.cost
            assert run.optimal == (run.lower_bound == run.cost)
    assert result.summary["portfolio"].proved == 1.0
    assert result.summary["greedy"].mean_excess >= 0


def test_the_portfolio_proves_what_greedy_leaves_open(result):
    rows = {(row.n_in, row.strategy): row for row in result.throughput}
    for n_in in (20, 64):
        assert rows[n_in, "portfolio"].proved == 1.0
        assert rows[n_in, "portfolio"].patches_per_block < rows[n_in, "greedy"].patches_per_block


def test_the_tables_have_every_strategy_and_variant(result, capsys):
    importlib.import_module("common").show(*importlib.import_module("solving.report").tables(result))
    text = capsys.readouterr().out
    for name in [*available(), "portfolio (batch)", *MODELS, *ENCODINGS]:
        assert name in text


def test_the_command_writes_what_it_measured(effort, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(importlib.import_module("solving.comparison"), "QUICK", effort)
    monkeypatch.setattr(sys, "argv", ["solvers.py", "--quick", "--time-limit", "0.2", "--out", str(tmp_path)])
    runpy.run_path(str(FOLDER / "solvers.py"), run_name="__main__")
    assert f"Written: {tmp_path / 'solvers.json'}" in capsys.readouterr().out.replace("\n", "")
    figures = json.loads((tmp_path / "solvers.json").read_text())
    assert figures["effort"]["time_limit"] == 0.2
    assert figures["machine"]["cores"] > 0
    assert all(run["optimal"] for run in figures["outcomes"]["portfolio"])
    assert (tmp_path / "solvers.png").read_bytes().startswith(b"\x89PNG")
