"""The command compare: what it refuses, and what it prints and writes."""

import json

import numpy as np
import pytest


@pytest.fixture
def problem(tmp_path):
    (tmp_path / "p.txt").write_text("101\n011\n110\n111\n")
    return tmp_path / "p.txt"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "Name a problem: a file, a folder or a RECIPE, or '--from' with a compressed file. See"),
        (("p.txt", "--strategies", "nosuch"), 2, "Option '--strategies' has no strategy 'nosuch'; there are portfolio"),
        (("p.txt", "--strategies", "coset,isd:depth=3"), 2, "Strategy 'isd' has no option 'depth=3'; it takes rounds"),
        (("p.txt", "--time-limit", "-1"), 2, "Option '--time-limit' must be None or a finite positive"),
        (("p.txt", "--seed", "3"), 2, "Option '--seed' has no effect without a RECIPE; leave it out"),
        (("p.txt", "--tensor", "a"), 2, "Option '--tensor' has no effect without --from; leave it out"),
        (("none.txt",), 1, "none.txt: cannot be read: No such file or directory; looked in '/"),
        (("pp.txt",), 1, "pp.txt: cannot be read: No such file or directory; the nearest is 'p.txt'."),
        (("p.txt", "block", "--syndrome", "p.txt"), 2, "Option '--syndrome' goes with one file, which holds a parity"),
        (("p.txt", "--syndrome", "p.txt"), 1, "p.txt: holds a whole problem, A and b, which no syndrome goes with;"),
        (("--from", "none.safetensors"), 1, "none.safetensors: No such file or directory"),
    ],
)
def test_wrong_usage(xoropt_command, problem, arguments, status, message, monkeypatch):
    monkeypatch.chdir(problem.parent)
    found, out, err = xoropt_command("compare", *arguments)
    assert (found, out) == (status, "")
    assert len(err.splitlines()) == 1
    assert message.replace("None or ", "") in err.replace("None or ", "")
    assert not (problem.parent / "compare" / "comparison.html").exists()


def test_a_file_and_a_recipe(xoropt_command, problem):
    out = problem.parent / "out"
    arguments = ("compare", problem, "block:n_in=8,n_out=80", "--blocks", "2", "--strategies", "greedy,coset")
    status, text, err = xoropt_command(*arguments, "--time-limit", "5", "--out", out)
    assert (status, err) == (0, "")
    assert "3 problems, 5 s each" in text
    assert "virtual best" in text
    assert "The table sums up 2 unlike families" in text
    assert "* block:n_in=8,n_out=80, 2 problems. Take " in text
    status, text, _ = xoropt_command(*arguments, "--time-limit", "5", "--out", out, "--json")
    figures = json.loads(text)
    assert status == 0
    assert figures["problems"][0]["k"] == 4
    assert figures["scores"][1]["proved"] == 3
    assert all((problem.parent / path).exists() for path in figures["files"])
    status, _, err = xoropt_command("compare", problem, "--strategies", "greedy", "--time-limit", "5", "--out", out)
    assert status == 1
    assert "holds another comparison, with also a problem 'block:n_in=8" in err


def test_syndromes_of_another_file(xoropt_command, tmp_path):
    np.savez(tmp_path / "code.npz", H=np.array([[1, 1, 0], [0, 1, 1]]))
    (tmp_path / "shots.01").write_text("10\n11\n")
    options = ("--strategies", "greedy,coset", "--time-limit", "5", "--out", tmp_path / "out", "--json")
    status, out, err = xoropt_command("compare", tmp_path / "code.npz", "--syndrome", tmp_path / "shots.01", *options)
    assert (status, err) == (0, "")
    assert [problem["name"][-2:] for problem in json.loads(out)["problems"]] == ["#1", "#2"]


def test_blocks_of_a_compressed_file(xoropt_command, tmp_path):
    np.savez(tmp_path / "w.npz", w=np.random.default_rng(0).normal(size=(40, 80)))
    options = ("--sparsity", "0.9", "--bits", "1", "--n-in", "16")
    assert xoropt_command("compress", tmp_path / "w.npz", tmp_path / "s.safetensors", *options)[0] == 0
    arguments = (
        "--from",
        tmp_path / "s.safetensors",
        "--tensor",
        "w",
        "--worst",
        "2",
        "--strategies",
        "coset",
        "--json",
    )
    status, out, err = xoropt_command("compare", *arguments, "--out", tmp_path / "c")
    assert (status, err) == (0, "")
    assert [problem["family"] for problem in json.loads(out)["problems"]] == ["w", "w"]


def test_solve_takes_one_strategy(xoropt_command, problem):
    status, out, err = xoropt_command("solve", problem, "--solver", "sat", "--solver", "coset")
    assert (status, out) == (2, "")
    assert f"to compare several, use 'xoropt compare {problem} --strategies sat,coset'" in err
