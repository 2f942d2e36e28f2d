"""The scripts in examples/ run from an empty folder, and the page about them names each."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
NEEDS = {"pruned_torch_model": ("torch",)}
"""The modules that a script needs beyond those of the tests."""


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_script(script, tmp_path):
    for module in NEEDS.get(script.stem, ()):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {module}")
    run = [sys.executable, str(script)]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")  # no warning either
    assert done.stdout
    again = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert (again.returncode, again.stderr) == (0, "")  # what the first run wrote is no hindrance


def test_the_page_names_and_shows_each():
    page = (ROOT / "docs" / "examples.md").read_text()
    for script in SCRIPTS:
        assert f"| `{script.name}` |" in page
        assert f'--8<-- "examples/{script.name}"' in page
