"""The command solve: arguments that it refuses, and a random block that depends on its seed alone."""

import json
import re

import pytest


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
    assert rest == ["rows that differ: 3", "x: 11"]
