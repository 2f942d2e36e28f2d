"""Every notebook says how to install what it needs, and runs from top to bottom without an error."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_says_how_to_install(path):
    cells = nbformat.read(path, as_version=4).cells
    assert "needs `pip install '.[notebooks]'` in the repository." in " ".join(cells[0].source.split())
    commands = re.findall(r"pip install \S+", "\n".join(cell.source for cell in cells))
    assert commands == ["pip install '.[notebooks]'`"]  # nothing that has to be on PyPI


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
@pytest.mark.filterwarnings("ignore")  # the kernel's own packages warn about each other
def test_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert not errors
