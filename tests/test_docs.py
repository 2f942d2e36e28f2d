"""The pages in docs/: every example runs, in order, and every link leads somewhere."""

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from xoropt_solvers import registry as solvers

from xoropt.masks import CODECS
from xoropt.masks import registry as masks
from xoropt.networks import TOPOLOGIES

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NAMES = [page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES]
SLOW = {"extending"}
"""Pages whose examples take longer than a few seconds."""
PACKAGES = {"hardware": "iverilog"}
"""The Debian package that a page's examples need."""
MODULES = {
    "tutorials/torch": ("torch", "xoropt.torch"),
    "tutorials/comparing-solvers": ("xoropt_solvers.comparing",),
    "tutorials/exploring": ("matplotlib",),
}
"""The modules that a page's examples need, which not every installation has."""


def marks(name):
    yield from [pytest.mark.slow] if name in SLOW else []
    yield from [pytest.mark.debian(PACKAGES[name])] if name in PACKAGES else []


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.fixture
def registries(monkeypatch):
    """Restore the registries after an example has registered something."""
    for known in (TOPOLOGIES, CODECS):
        for name, value in known.items():
            monkeypatch.setitem(known, name, value)
    before = [*TOPOLOGIES], [*CODECS]
    yield
    for known, names in zip((TOPOLOGIES, CODECS), before, strict=True):
        for name in set(known) - set(names):
            del known[name]
    forget_entry_points()


def forget_entry_points():
    """Make the registries look again for what is installed."""
    solvers._entry_points.cache_clear()
    masks._installed.cache_clear()


def install(page, folder):
    """Do what `pip install` would do with the page's files and its pyproject.toml."""
    for block in blocks(page, "python"):
        if name := re.match(r"# (\w+\.py)\n", block):
            (folder / name[1]).write_text(block)
    for number, table in enumerate(blocks(page, "toml")):
        info = folder / f"example{number}-1.dist-info"
        info.mkdir()
        lines = []
        for group, entries in tomllib.loads(table)["project"]["entry-points"].items():
            lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        (info / "METADATA").write_text(f"Name: example{number}\nVersion: 1\n")
    forget_entry_points()


def installed(module):
    """Whether a module can be imported; of one in a package that is missing, too."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def need(name):
    """Skip a test of the page of this name where a module is missing."""
    for module in MODULES.get(name, ()):
        if not installed(module):
            pytest.skip(f"needs {module}")


@pytest.mark.parametrize("name", [pytest.param(name, marks=[*marks(name)]) for name in NAMES])
def test_examples(name, tmp_path, monkeypatch, registries):
    need(name)
    page = DOCS / f"{name}.md"
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    install(page, tmp_path)
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("tutorials/")])
def test_commands_of_tutorials(name, tmp_path, monkeypatch, registries):
    """The commands in `sh` blocks run, after the examples have made their files."""
    need(name)
    page = DOCS / f"{name}.md"
    commands = [line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("xoropt ")]
    if not commands:
        pytest.skip("no commands")
    test_examples(name, tmp_path, monkeypatch, registries)
    for command in commands:
        words = [sys.executable, "-m", *shlex.split(command.replace("20s", "3s"), comments=True)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)  # code has brackets of its own
    for path in re.findall(r"\]\(((?!http|#)[^)#]+)", text):
        assert (page.parent / path).exists(), path
