"""The pages in docs/: every example runs, in order, and every link leads somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
from xoropt_solvers import registry as solvers

from xoropt.masks import CODECS
from xoropt.masks import registry as masks
from xoropt.networks import TOPOLOGIES

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
SLOW = {"extending"}
"""Pages whose examples take longer than a few seconds."""
PACKAGES = {"hardware": "iverilog"}
"""The Debian package that a page's examples need."""


def marks(page):
    yield from [pytest.mark.slow] if page.stem in SLOW else []
    yield from [pytest.mark.debian(PACKAGES[page.stem])] if page.stem in PACKAGES else []


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


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem, marks=[*marks(page)]) for page in PAGES])
def test_examples(page, tmp_path, monkeypatch, registries):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    install(page, tmp_path)
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_links(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)  # code has brackets of its own
    for path in re.findall(r"\]\(((?!http|#)[^)#]+)", text):
        assert (DOCS / path).exists(), path
