"""The README's examples run, in order, in an empty folder; the pages beside it agree with the code."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import xoropt

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_first_commands_get_the_repository_and_install_it():
    first, second = blocks("sh")[:2]
    clone, environment, demo = first.splitlines()
    assert clone.startswith("git clone ")
    assert clone.endswith(" && cd xoropt")
    assert environment.startswith("python3 -m venv ")
    assert demo == "pip install '.[demo]' && xoropt demo"
    assert second == "pip install '.[test]' && pytest\n"


def test_extras_exist():
    """Every extra that the README names is in pyproject.toml, and installed from the repository."""
    named = re.findall(r"pip\s+install\s+'([^']*)\[([\w,-]+)\]'", README)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {place for place, _ in named} == {"."}
    assert {extra for _, extra in named} == set(extras)


def test_python_examples(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    out = capsys.readouterr().out
    assert re.search(r"^(99\.\d\d|100\.00)% of the stored bits", out)
    assert names["solution"].optimal


@pytest.mark.slow
def test_shell_examples(tmp_path):
    rng = np.random.default_rng(0)
    save_file({"fc.weight": rng.standard_normal((400, 300)).astype(np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "checkpoint").mkdir()
    shutil.copy(tmp_path / "model.safetensors", tmp_path / "checkpoint")
    (tmp_path / "checkpoint" / "config.json").write_text("{}")
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("xoropt ")]
    assert len(commands) >= 4
    for command in commands:
        command = (
            command.replace("--budget 2m", "--budget 5s")
            .replace("--time-limit 10 ", "--time-limit 1 ")
            .replace("--time-limit 5 ", "--time-limit 1 ")
        )
        words = [sys.executable, "-m", *shlex.split(command, comments=True)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command


@pytest.mark.parametrize("page", [page.name for page in sorted(ROOT.glob("*.md"))])
def test_links(page):
    for path in re.findall(r"\]\(((?!http)[^)]+)\)", (ROOT / page).read_text()):
        assert (ROOT / path).exists(), path


def test_every_package_is_described():
    packages = {f"xoropt.{path.parent.name}" for path in (ROOT / "xoropt").glob("*/__init__.py")} | {"xoropt_solvers"}
    described = re.findall(r"^\| `(xoropt[\w.]*)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert sorted(described) == sorted(packages)


def test_the_citation_has_this_version():
    assert re.findall(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE) == [xoropt.__version__]
