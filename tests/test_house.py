"""The rules of the house: rooms and floors, no circle of imports, no long module, no name that hides a module."""

import ast
import importlib
import re
import sys
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"xoropt": ROOT / "xoropt", "xoropt_solvers": ROOT / "solvers" / "xoropt_solvers"}
FLOORS = (
    *("common", "networks", "circuits", "codec", "masks", "quantize", "model", "linear", "checkpoints", "torch"),
    *("hardware", "explore"),
    "cli",
)
"""The rooms of `xoropt`, the lowest first: a room imports from those below it alone."""
LONGEST = 400


def modules():
    """The file of every module by its dotted name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


MODULES = modules()


def imports(name):
    """The modules that a module imports, at its head or within a function."""
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in MODULES or node.module in MODULES:
                    yield inner if inner in MODULES else node.module


GRAPH = nx.DiGraph((name, other) for name in MODULES for other in imports(name) if other != name)


def floor(name):
    package, _, rest = name.partition(".")
    if package == "xoropt_solvers":
        return -1
    room = rest.partition(".")[0]
    return FLOORS.index(room) if room in FLOORS else len(FLOORS)  # xoropt itself, and `python -m xoropt`


def test_the_root_has_its_rooms_and_no_loose_module():
    root = PACKAGES["xoropt"]
    assert {path.name for path in root.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {path.name for path in root.iterdir() if any(path.glob("*.py"))} == set(FLOORS)


def test_no_import_runs_upwards():
    assert [f"{a} -> {b}" for a, b in GRAPH.edges if floor(b) > floor(a)] == []


def test_no_circle_of_imports():
    assert [sorted(circle) for circle in nx.strongly_connected_components(GRAPH) if len(circle) > 1] == []


def test_no_module_is_long():
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_a_tensors_way_is_readable_in_one_file():
    for name in ("compression", "decompression"):
        assert len(MODULES[f"xoropt.model.{name}"].read_text().splitlines()) < 150


def test_nobody_asks_which_scheme_an_encoding_is():
    asked = re.compile(r"isinstance\([^()]*\b(BlockEncoded|StreamEncoded|PackedValues)\b|\bneeds_mask\s*is\b")
    own = "xoropt.codec."
    assert [name for name, path in MODULES.items() if not name.startswith(own) and asked.search(path.read_text())] == []


def test_no_mask_codec_is_named_outside_its_own_package():
    named = re.compile(r"mask_codec\s*[!=]=|codec\s*[!=]=\s*\"|[!=]=\s*\"(bitmap|prefix|entropy|positions|n_of_m)\"")
    own = "xoropt.masks."
    assert [name for name, path in MODULES.items() if not name.startswith(own) and named.search(path.read_text())] == []


@pytest.mark.parametrize("name", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_no_public_name_hides_a_module(name):
    package = importlib.import_module(name)
    for inner in MODULES:
        parent, _, last = inner.rpartition(".")
        if name == "xoropt.torch":
            pytest.importorskip("torch")
        if parent == name and last != "__main__":
            importlib.import_module(inner)
            assert getattr(package, last) is sys.modules[inner], inner
