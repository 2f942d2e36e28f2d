"""`xoropt bench` starts every benchmark: its imports work, and its help shows the options that all have."""

import subprocess
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


def test_its_help_is_like_the_others(xoropt_command):
    status, out, err = xoropt_command("bench", "--help")
    assert (status, err) == (0, "")
    for words in ("Usage: xoropt bench NAME", "xoropt bench encode --quick", "-h, --help", "  masks "):
        assert words in out
    status, out, _ = xoropt_command("bench", "encode", "--help")
    assert out.startswith("Usage: xoropt bench encode ")
    assert "\nOptions:\n" in out


def test_wrong_usage_is_one_line(xoropt_command):
    for arguments in (("--quick",), ("encode", "--quik"), ("encode", "--out")):
        status, out, err = xoropt_command("bench", *arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("xoropt: ")


def test_a_missing_package_names_the_extra(xoropt_command, monkeypatch):
    """As on a plain installation, where the packages of the extra are missing."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.delitem(sys.modules, "overview", raising=False)
    status, out, err = xoropt_command("bench", "overview", "--quick")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "the benchmark 'overview' needs the package 'zstandard': pip install 'xoropt[bench]'" in err


@pytest.mark.slow
def test_all_of_them_make_one_page(tmp_path):
    command = [sys.executable, "-m", "xoropt", "bench", "all", "--quick", "--out", str(tmp_path), "--only", "masks"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "benchmarks.html").read_text()
    assert "<h2 id='masks'>" in page
    assert "xoropt bench masks --quick" in page
    assert "bitmap" in page
    assert {path.name for path in tmp_path.iterdir()} == {"benchmarks.html", "benchmarks.json"}


def test_nothing_is_written_unless_asked_for(xoropt_command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    small = ("--network", "block:n_in=8,n_out=40", "--quick", "--solver", "greedy")
    status, out, _ = xoropt_command("bench", "encode", *small)
    assert (status, list(tmp_path.iterdir())) == (0, [])
    status, out, _ = xoropt_command("bench", "encode", *small, "--out", "made")
    assert (status, "Written: made/encode.json" in out) == (0, True)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["encode.json"]
