"""Every notebook says how to install what it needs, and runs from top to bottom with the outputs that it shows."""

import math
import re
from itertools import zip_longest
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NEEDS = {"05-torch": "torch"}
"""What a notebook needs that the tests may lack."""
TIMED = re.compile(r"/s\b|\d [mµ]?s\b|seconds|\bbeats\b|\bwins\b")
"""A line that tells a time, or what depends on one."""
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def texts(cell):
    """The lines that a code cell printed or returned, but for times."""
    outputs = cell.get("outputs", [])
    found = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return [line for line in "\n".join(found).splitlines() if line.strip() and not TIMED.search(line)]


def pictures(cell):
    return sum("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def alike(line, other):
    """Whether two lines have the same words, and numbers that differ by a tenth at most, or by little."""
    if NUMBER.sub("#", line) != NUMBER.sub("#", other):
        return False
    numbers = zip(*([float(n.replace(",", "")) for n in NUMBER.findall(each)] for each in (line, other)), strict=True)
    return all(math.isclose(a, b, rel_tol=0.1, abs_tol=0.3 if a != int(a) else 12) for a, b in numbers)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_says_how_to_install(path):
    cells = nbformat.read(path, as_version=4).cells
    assert "needs `pip install '.[notebooks]'` in the repository." in " ".join(cells[0].source.split())
    commands = re.findall(r"pip install \S+", "\n".join(cell.source for cell in cells))
    assert commands == ["pip install '.[notebooks]'`"]  # nothing that has to be on PyPI


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_shows_what_it_printed(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for cell in cells:
        if re.search(r"^(print|plt\.show)\(", cell.source, re.MULTILINE):
            assert cell.outputs, cell.source
        assert not [output for output in cell.outputs if output.get("name") == "stderr"], cell.source
        assert all(output.output_type != "error" for output in cell.outputs)
    assert any(cell.outputs for cell in cells)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
@pytest.mark.filterwarnings("ignore")  # the kernel's own packages warn about each other
def test_notebook_runs(path, tmp_path):
    if path.stem in NEEDS:
        pytest.importorskip(NEEDS[path.stem])
    shown = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    ran = [cell for cell in notebook.cells if cell.cell_type == "code"]
    errors = [output for cell in ran for output in cell.get("outputs", []) if output.output_type == "error"]
    assert not errors
    for before, after in zip(shown, ran, strict=True):
        assert pictures(before) == pictures(after), before.source
        for line, other in zip_longest(texts(before), texts(after), fillvalue=""):
            assert alike(line, other), (before.source, line, other)


def test_lines_are_compared_but_for_times():
    assert alike("E = 99.83%, 1,204 bits", "E = 99.80%, 1,250 bits")
    assert not alike("E = 99.83%", "E = 60.00%")
    assert not alike("taps=4", "taps = 4")
    assert [bool(TIMED.search(line)) for line in ("4 blocks/s", "0.12 s", "3 ms", "12 seeds", "20 bits")] == [
        True,
        True,
        True,
        False,
        False,
    ]
