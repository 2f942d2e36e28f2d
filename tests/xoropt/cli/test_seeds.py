"""The command solve: arguments that it refuses, and a random block that depends on its seed alone."""

import json
import re

import pytest
from xoropt_solvers.proof_checking import check_proof


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", "-1"), "Option '--seed' must be at least 0, not -1."),
        (("--sparsity", "1"), "Option '--sparsity' must be at least 0 and below 1, not 1.0."),
        (("--time-limit", "0"), "Option '--time-limit' must be a finite positive number of seconds, not 0.0."),
        (
            ("--time-limit", "inf"),
            "Option '--time-limit' must be a finite positive number of seconds, not inf.",
        ),
    ],
)
def test_wrong_numbers_are_refused_by_name(xoropt_command, arguments, message):
    status, out, err = xoropt_command("solve", "block", *arguments)
    assert (status, out, err) == (2, "", f"xoropt: {message} See 'xoropt solve --help'.\n")


def test_a_seed_draws_its_own_block(xoropt_command):
    answers = []
    for seed in (3, 3, 4):
        status, out, _ = xoropt_command("solve", "block", "--seed", seed, "--json")
        figures = json.loads(out)
        assert status == 0
        answers.append(figures["x"])
    assert answers[0] == answers[1] != answers[2]


def test_the_text_says_what_was_proved(tmp_path, xoropt_command):
    (tmp_path / "block.txt").write_text("101\n011\n110\n111\n")
    status, out, _ = xoropt_command("solve", tmp_path / "block.txt", "--solver", "coset")
    assert status == 0
    first, *rest = out.splitlines()
    assert re.fullmatch(r"cost 1 \(proved minimal\), \d+\.\d{3} s with coset", first)
    assert rest == ["rows that differ, from 0: 3", "x: 11"]


def test_a_proof_that_the_checker_accepts(xoropt_command, tmp_path):
    (tmp_path / "p.txt").write_text("101\n011\n110\n111\n")
    for name in ("p.json", "p.cnf"):
        status, _, err = xoropt_command("solve", tmp_path / "p.txt", "--proof", tmp_path / name)
        assert (status, err) == (0, "")
        assert check_proof(tmp_path / name)
    status, out, err = xoropt_command("solve", tmp_path / "p.txt", "--proof", tmp_path / "p.json")
    assert (status, out) == (1, "")
    assert "exists already" in err


def test_a_matrix_with_a_syndrome(xoropt_command, tmp_path):
    (tmp_path / "h.alist").write_text("3 2\n2 2\n1 2 1\n2 2\n1\n1 2\n2\n1 2\n2 3\n")
    (tmp_path / "s").write_text("11\n")
    status, out, err = xoropt_command("solve", tmp_path / "h.alist", "--syndrome", tmp_path / "s", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["mismatches"] == [1]
    status, out, err = xoropt_command("solve", tmp_path / "h.alist")
    assert (status, out) == (1, "")
    assert "holds a parity-check matrix without a syndrome; put one in h.syndrome beside it" in err


def test_a_stim_model_gives_errors_and_observables(xoropt_command, tmp_path):
    pytest.importorskip("stim", reason="error models need Stim")
    (tmp_path / "e.dem").write_text("error(0.1) D0\nerror(0.2) D0 D1\nerror(0.1) D1 L0\n")
    (tmp_path / "shots").write_text("00\n01\n")
    status, out, err = xoropt_command("solve", tmp_path / "e.dem", "--syndrome", tmp_path / "shots", "--shot", "2")
    assert (status, err) == (0, "")
    cost, *rest = out.splitlines()
    assert cost.startswith("cost 2.197")  # the logarithm of 9
    assert rest == ["errors, the columns of H from 0: 2", "observables that they flip: 0"]
