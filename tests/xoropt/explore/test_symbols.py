"""Colours and symbols: one to one with topologies, the same in pages and figures."""

import re
from importlib import resources

from xoropt.explore.symbols import COLOURS, SYMBOLS, path_of, symbol_of
from xoropt.networks import TOPOLOGIES


def test_each_topology_has_its_own_colour_and_its_own_outline():
    assert set(SYMBOLS) == {"auto", *TOPOLOGIES}
    assert len({colour for colour, _ in SYMBOLS.values()}) == len(SYMBOLS) == len(COLOURS) + 1
    assert len({outline for _, outline in SYMBOLS.values()}) == len(SYMBOLS)


def test_the_page_has_no_symbols_of_its_own():
    script = (resources.files("xoropt.explore") / "page" / "explore.js").read_text(encoding="utf-8")
    assert "SHAPES" not in script
    assert not re.findall("#[0-9a-f]{6}", script)


def test_paths_are_the_outlines():
    colour, outline = symbol_of("regular")
    assert colour.startswith("#")
    assert [tuple(map(float, point.split())) for point in path_of("regular")[1:-1].split("L")] == list(outline)
    assert symbol_of("registered later") == SYMBOLS["matrix"]
