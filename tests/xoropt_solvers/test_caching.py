"""Where neither the packages nor HOME can be written, kernels are kept elsewhere, and everything runs."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from xoropt_solvers import caching

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No place but the folder for temporary files, `tmp_path`; what `ensure_place` sets is taken back."""
    monkeypatch.setenv(caching.VARIABLE, "")
    monkeypatch.setattr(caching, "writable", lambda folder: False)
    monkeypatch.setattr(caching, "_SAID", [])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    numba = sys.modules.get("numba")
    if numba is not None:
        monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    return tmp_path


def test_nothing_is_done_where_numba_finds_a_place(monkeypatch, tmp_path):
    monkeypatch.setenv(caching.VARIABLE, "")
    monkeypatch.setattr(caching, "_SAID", [])
    caching.ensure_place(tmp_path / "package")  # whose folder could be made
    assert (os.environ[caching.VARIABLE], caching.found_instead()) == ("", None)


def test_a_temporary_folder_is_made_once_and_said_once(nowhere, monkeypatch):
    caching.ensure_place(nowhere / "package")
    folder = Path(os.environ[caching.VARIABLE])
    assert folder.parent == nowhere
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert str(folder) in caching.found_instead()
    monkeypatch.setenv(caching.VARIABLE, "")
    monkeypatch.setattr(caching, "_SAID", [])
    caching.ensure_place(nowhere / "package")
    assert (os.environ[caching.VARIABLE], caching.found_instead()) == (str(folder), None)


@pytest.mark.parametrize("kind", ["open", "link", "file"])
def test_a_folder_of_someone_else_is_not_used(kind, nowhere):
    """What lies in the cache is run: a folder that others can write to would let them run their code."""
    usual = nowhere / f"xoropt-numba-{os.getuid()}"
    if kind == "open":
        usual.mkdir()
        usual.chmod(0o777)
    elif kind == "link":
        (nowhere / "elsewhere").mkdir(mode=0o700)
        usual.symlink_to(nowhere / "elsewhere")
    else:
        usual.touch()
    caching.ensure_place(nowhere / "package")
    folder = Path(os.environ[caching.VARIABLE])
    assert folder not in (usual, nowhere / "elsewhere")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.fixture
def read_only():
    """A copy of both packages, and a home, in folders that can't be written, beside one that can."""
    base = Path(tempfile.mkdtemp())
    for package in (ROOT / "xoropt", ROOT / "solvers" / "xoropt_solvers"):
        shutil.copytree(package, base / "packages" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    (base / "home").mkdir()
    (base / "temporary").mkdir()
    closed = [base / "home", base / "packages", *(path for path in (base / "packages").rglob("*") if path.is_dir())]
    for folder in closed:
        folder.chmod(0o555)
    yield base
    for folder in closed:
        folder.chmod(0o755)
    shutil.rmtree(base)


def run(base, code):
    """Run code as a service does: from closed folders, without root's right to write everywhere."""
    names = ("PATH", "LANG", "LD_LIBRARY_PATH")
    own = {name: os.environ[name] for name in names if name in os.environ}
    own |= {"PYTHONPATH": str(base / "packages"), "HOME": str(base / "home"), "TMPDIR": str(base / "temporary")}
    without_rights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    command = [*without_rights, sys.executable, "-c", code]
    return subprocess.run(command, env=own, cwd="/", capture_output=True, text=True, check=False)


SOLVE = (
    "import sys; sys.argv = ['xoropt', 'solve', 'block:n_in=8,n_out=40', '--solver', 'coset'];"
    "from xoropt.cli import main; main()"
)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs the permissions of Unix")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, of the Debian package util-linux")
def test_without_the_right_to_write(read_only):
    first, second = run(read_only, SOLVE), run(read_only, SOLVE)
    for done in (first, second):
        assert (done.returncode, "cost" in done.stdout) == (0, True), done.stderr
    assert first.stderr.startswith("xoropt: compiled kernels are kept in")
    assert (first.stderr.count("\n"), second.stderr) == (1, "")
    assert any((read_only / "temporary").rglob("*.nbi"))
    imported = run(
        read_only,
        "import shutil, os; shutil.rmtree(os.environ['TMPDIR'] + '/xoropt-numba-%d' % os.getuid());"
        "import warnings; warnings.simplefilter('error'); import xoropt",
    )
    assert "XoroptWarning: compiled kernels are kept in" in imported.stderr
    no_place = "import tempfile; tempfile.gettempdir = lambda: open('/nonexistent');"
    closed = run(read_only, no_place + SOLVE)
    assert (closed.returncode, "cost" in closed.stdout) == (0, True), closed.stderr
    assert closed.stderr.startswith("xoropt: compiled kernels can't be kept")
