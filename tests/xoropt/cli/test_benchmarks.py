"""`xoropt bench` starts every benchmark: its imports work, and its help shows the options that all have."""

import sys
from pathlib import Path

import pytest

NAMES = sorted(path.stem for path in (Path(__file__).parents[3] / "benchmarks").glob("*.py") if path.stem != "common")


@pytest.mark.parametrize("name", NAMES)
def test_help(name, xoropt_command, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    status, out, err = xoropt_command("bench", name, "--help")
    for module in set(sys.modules) - before:
        if Path(getattr(sys.modules[module], "__file__", None) or ".").parent.name in ("benchmarks", "decoding"):
            monkeypatch.delitem(sys.modules, module)  # each benchmark has to import what it needs
    assert (status, err) == (0, "")
    assert "--quick" in out
    assert "--out" in out


def test_all_are_listed(xoropt_command):
    status, out, err = xoropt_command("bench")
    assert (status, err) == (0, "")
    assert f"NAME is one of {', '.join(NAMES)}." in out


def test_an_unknown_name(xoropt_command):
    status, out, err = xoropt_command("bench", "nothing")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"No benchmark 'nothing'; name one of {', '.join(NAMES)}" in err
