"""What is written about a comparison: the page in a real browser, the tables, the figures; the blocks of files."""

import csv
import json
import re

import numpy as np
import pytest
from parity_problems import dense
from test_report import HOSTILE, browse
from xoropt_solvers import Comparison, ParityProblem, solve
from xoropt_solvers.comparing import NamedProblem
from xoropt_solvers.comparing.runs import Run

import xoropt
from xoropt.common.errors import ArgumentError
from xoropt.explore.block_problems import block_problems
from xoropt.explore.comparison import write_comparison


@pytest.fixture(scope="module")
def comparison():
    """Eight problems of two families and ten strategies, of which one claims too much."""
    rng, runs = np.random.default_rng(0), {}
    problems = [NamedProblem(f"p{i}</script>", dense(8, 4, i), "even" if i % 2 == 0 else "odd") for i in range(8)]
    halves = ParityProblem(problems[7].problem.A, problems[7].problem.b, [0.5] * 8, scale=2.0)
    problems[7] = NamedProblem("halves", halves, "odd")
    variants = [f"s{i}" for i in range(9)] + ["bold"]
    for i, named in enumerate(problems):
        for j, name in enumerate(variants):
            proved = (i + j) % 3 > 0 or name == "bold"
            cost = None if (i, j) == (3, 4) else 4 + (0 if proved else i)
            cost = 7 if name == "bold" and i == 5 else cost
            bound = cost if proved and cost is not None else 0
            status = "too large" if cost is None else "done"
            seconds = float(rng.random() ** 3) if proved else 1.0
            runs[named.name, name] = Run(named.name, name, status, cost, bound, bound == cost, seconds, seconds / 2)
    starts = dict.fromkeys(variants, 0.3)
    return Comparison(problems, variants, 1.0, runs, starts, "a machine", 1, False, 1.0)


def test_the_page_holds_all_figures(comparison, tmp_path):
    files = write_comparison(comparison, tmp_path)
    page = (tmp_path / "comparison.html").read_text()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert json.loads(data) == comparison.to_dict() == json.loads((tmp_path / "comparison.json").read_text())
    assert {path.name for path in files} >= {"comparison.html", "comparison.json", "scores.csv", "runs.csv"}


def test_the_tables(comparison, tmp_path):
    write_comparison(comparison, tmp_path)
    with (tmp_path / "runs.csv").open() as file:
        runs = list(csv.DictReader(file))
    assert len(runs) == 80
    assert {run["status"] for run in runs} == {"done", "too large"}
    with (tmp_path / "scores.csv").open() as file:
        scores = list(csv.DictReader(file))
    assert {row["family"] for row in scores} == {"all", "even", "odd"}
    assert sum(row["variant"] == "virtual best" for row in scores) == 3


def test_the_figures(comparison, tmp_path):
    pytest.importorskip("matplotlib", reason="figures need matplotlib")
    write_comparison(comparison, tmp_path)
    assert (tmp_path / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    assert "bold" in (tmp_path / "comparison.svg").read_text()


@pytest.mark.slow
@pytest.mark.debian("chromium")
@pytest.mark.parametrize("plot", ["cactus", "profile", "gaps", "scatter"])
def test_the_page_in_a_browser(comparison, tmp_path, plot):
    write_comparison(comparison, tmp_path)
    text, said = browse("--dump-dom", f"file://{tmp_path}/comparison.html#{plot}")
    assert said == []
    assert "Contradictions</h2>" in text
    assert "bold claims that p5" in text
    assert "The figures sum up 2 unlike families of problems" in text
    (costs,) = re.findall("<tr><td>halves</td>.*?</tr>", text)
    assert ">2*, " in costs  # 4 halves
    assert text.count('class="dot"' if plot == "scatter" else 'class="line" d="M') >= 8
    assert "10 strategies on 8 problems" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(size=(60, 80)).astype(np.float32) for name in ("a", "b")}
    config = xoropt.CompressConfig(sparsity=0.9, bits=1, n_in=16, n_out=160)
    return xoropt.compress(weights, config)


def test_the_worst_blocks_cost_what_their_patches_say(model):
    problems = block_problems(model, None, 10**6, "small")
    assert len(problems) == 2 * 30
    costs = [solve(named.problem).cost for named in problems]
    assert costs == sorted(costs, reverse=True)
    assert sum(costs) == sum(tensor.encoded.size.patches for tensor in model.tensors.values())
    first = block_problems(model, "b", 3, "small")
    assert [named.family for named in first] == ["b"] * 3


def test_tensors_without_blocks(model):
    with pytest.raises(ArgumentError, match="small: has no tensor 'c'; it has a, b"):
        block_problems(model, "c", 1, "small")
    windowed = xoropt.compress(
        {"w": np.random.default_rng(0).normal(size=(60, 80))},
        xoropt.CompressConfig(sparsity=0.9, bits=1, network="windowed:n_in=8,n_out=80,window=64,taps=4"),
    )
    with pytest.raises(ArgumentError, match="w: tensor 'w' is not stored in blocks; compress with a network such as"):
        block_problems(windowed, "w", 1, "w")


@pytest.mark.slow
@pytest.mark.debian("chromium")
def test_names_do_nothing_on_the_page(tmp_path, monkeypatch, xoropt_command):
    """Files are problems, and folders families, by their names."""
    monkeypatch.chdir(tmp_path)
    for name in HOSTILE:
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text("101\n011\n110\n")
    status, _, err = xoropt_command("compare", *HOSTILE, "--strategies", "greedy,coset", "--time-limit", "1")
    assert (status, err) == (0, "")
    for plot in ("cactus", "scatter"):
        text, said = browse("--dump-dom", f"file://{tmp_path}/compare/comparison.html#{plot}")
        assert said == []
        assert "<img" not in text
        assert text.count("<script") == 2  # the page's own
