"""The comparison on a grid of one cell: it measures, agrees with itself, and can be shown and saved."""

import io
import json

import numpy as np
import pytest
from xoropt_solvers import ParityProblem, bench


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()

    def small(k, n, seed):
        rng = np.random.default_rng(seed)
        return ParityProblem(rng.random((16, 6)) < 0.5, rng.random(16) < 0.5)

    with patch.context() as context:
        context.setattr(bench, "QUICK", [(12, 0.9)])
        context.setattr(bench, "_random", small)
        yield bench.measure(quick=True, time_limit=0.3)


def test_the_optimum_bounds_every_answer(result):
    assert set(result["strategies"]) >= {"portfolio", "portfolio (batch)", "greedy", "sat", "ilp"}
    for runs in result["strategies"].values():
        for run, best in zip(runs, result["optimum"], strict=True):
            assert best is not None
            assert run["cost"] >= best
            assert run["lower_bound"] <= best
    assert result["summary"]["portfolio"]["proved"] == 1.0
    assert result["summary"]["greedy"]["mean_excess"] >= 0


def test_the_portfolio_proves_what_greedy_leaves_open(result):
    rows = {(row["n_in"], row["strategy"]): row for row in result["throughput"]}
    for n_in in (20, 64):
        assert rows[n_in, "portfolio"]["proved"] == 1.0
        assert rows[n_in, "portfolio"]["patches_per_block"] < rows[n_in, "greedy"]["patches_per_block"]


def test_tables_and_files(result, tmp_path):
    from rich.console import Console

    console = Console(record=True, width=120, file=io.StringIO())
    for table in bench.tables(result):
        console.print(table)
    text = console.export_text()
    assert "portfolio (batch)" in text
    assert "split bound" in text
    json_path, plot_path = bench.save(result, tmp_path)
    assert json.loads(json_path.read_text())["optimum"] == result["optimum"]
    assert plot_path.read_bytes().startswith(b"\x89PNG")
