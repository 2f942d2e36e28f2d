"""Help is read at once: lines fit 80 columns, and end between words."""

import re
import sys
from pathlib import Path

import pytest

from xoropt.cli.app import cli

FOLDER = Path(__file__).parents[3] / "benchmarks"
COMMANDS = sorted(cli.commands)
BENCHMARKS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "common")


def lines_of(out):
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    return lines


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_command(command, xoropt_command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, out, err = xoropt_command(*filter(None, [command]), "--help")
    assert (status, err) == (0, "")
    for line in lines_of(out):
        assert not re.search(r"\w-$", line), line
        assert line.count("[default:") == len(re.findall(r"\[default: [^\]]+(\]|$)", line)), line
    assert len(re.findall(r"(?m)^    xoropt ", out)) == 1 or "Examples:" in out or not command or "Start with:" in out
    assert not set(out) & {"\N{NON-BREAKING HYPHEN}", "\N{NO-BREAK SPACE}"}  # what is copied has to work


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark(name, xoropt_command, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("COLUMNS", "80")
    lines_of(xoropt_command("bench", name, "--help")[1])
