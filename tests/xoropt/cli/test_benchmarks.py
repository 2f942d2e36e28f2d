"""`xoropt bench` starts every benchmark: its imports work, and its help shows the options that all have."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "common")


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
    assert f"NAME is one of {', '.join(NAMES)}." in " ".join(out.split())


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
    assert {path.name for path in tmp_path.iterdir()} == {"benchmarks.html", "benchmarks.json", "masks"}
    (one,) = json.loads((tmp_path / "benchmarks.json").read_text())["runs"]
    assert 0 <= one["compiling"] < one["seconds"]
    assert max(map(len, one["printed"].splitlines())) <= 140


@pytest.fixture
def bench_all(monkeypatch):
    """The benchmark of all benchmarks as a module."""
    monkeypatch.syspath_prepend(FOLDER)
    spec = importlib.util.spec_from_file_location("bench_all", FOLDER / "all.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_all", module)
    spec.loader.exec_module(module)
    return module


def test_what_an_interrupted_command_has_done_is_kept(bench_all, monkeypatch, tmp_path, capsys):
    """Short benchmarks come first; the page is there after each; the same command goes on with the others."""
    module, begun = bench_all, []

    def run(name, quick, out, progress):
        begun.append(name)
        if begun == ["masks", "encode"]:
            raise KeyboardInterrupt
        progress(3.0)
        return module.Run(name, module.command_of(name, quick), 3.0, f"table of {name}", False)

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(
        sys, "argv", ["all", "--quick", "--out", str(tmp_path), "--only", "topologies", "encode", "masks"]
    )
    assert module.main() == 1
    out, err = capsys.readouterr()
    assert "masks           3.0 s; about 1 min left" in out
    assert err == f"xoropt: interrupted; {tmp_path}/benchmarks.html has what is done; the same command goes on.\n"
    assert "missing: encode, topologies" in (tmp_path / "benchmarks.html").read_text()
    assert module.main() == 0
    assert begun == ["masks", "encode", "encode", "topologies"]
    page = (tmp_path / "benchmarks.html").read_text()
    assert all(f"table of {name}" in page for name in ("masks", "encode", "topologies"))
    assert "missing" not in page
    assert module.main() == 0  # a finished one begins anew
    assert begun[4:] == ["masks", "encode", "topologies"]


def done(module, name, slower, compiling):
    seconds = slower * module.expected(name) + compiling
    return module.Run(name, module.command_of(name, True), seconds, "", False, compiling)


@pytest.mark.parametrize("slower", [0.5, 1, 3])
def test_compiling_makes_no_machine_slow(bench_all, slower):
    """The time left is that of this machine; what compiling took so far, long in the first one, is no part of it."""
    module, names = bench_all, sorted(bench_all.QUICK_SECONDS, key=bench_all.expected)
    for i in range(1, len(names)):
        runs, waiting = [done(module, name, slower, 0.0) for name in names[:i]], names[i:]
        left = slower * sum(map(module.expected, waiting))
        assert module.time_left(runs, waiting) == pytest.approx(left)
        cold = [done(module, name, slower, 2 * module.COMPILING_SECONDS.get(name, 0)) for name in names[:i]]
        compiling = 2 * sum(module.COMPILING_SECONDS.get(name, 0) for name in waiting)
        assert module.time_left(cold, waiting) == pytest.approx(left + compiling)


def test_no_time_is_told_before_it_is_known(bench_all, monkeypatch, tmp_path, capsys):
    told = []
    monkeypatch.setattr(bench_all, "run", lambda name, quick, out, progress: done(bench_all, name, 1, 0.0))
    for quick in (True, False):
        bench_all.run_all([], ["masks", "encode"], quick, tmp_path, lambda *figures: told.append(figures))
    assert told[0] == ("masks", 0, None)
    assert told[1][2] >= bench_all.expected("encode")
    assert [figures[2] for figures in told[2:]] == [None, None]
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("; about 1 min left") for line in lines] == [True, False, False, False]
    assert lines[2].endswith("; 1 more")


def test_each_benchmark_has_its_time(bench_all):
    assert set(bench_all.COMPILING_SECONDS) <= set(bench_all.QUICK_SECONDS)
    assert set(bench_all.QUICK_SECONDS) == {*NAMES} - {"all"}
    assert sum(bench_all.QUICK_SECONDS.values()) < 15 * 60


def test_nothing_is_written_unless_asked_for(xoropt_command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    small = ("--network", "block:n_in=8,n_out=40", "--quick", "--solver", "greedy")
    status, out, _ = xoropt_command("bench", "encode", *small)
    assert (status, list(tmp_path.iterdir())) == (0, [])
    status, out, _ = xoropt_command("bench", "encode", *small, "--out", "made")
    assert (status, "Written: made/encode.json" in out) == (0, True)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["encode.json"]
