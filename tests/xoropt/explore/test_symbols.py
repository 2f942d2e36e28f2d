"""Colours and symbols: one to one with topologies, the same in pages and figures."""

import itertools
import re
from importlib import resources

import numpy as np

from xoropt.explore.symbols import COLOURS, PALETTE, SYMBOLS, on_dark, path_of, symbol_of
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


def test_the_pages_lines_have_the_colours_of_the_figures():
    style = (resources.files("xoropt.explore") / "page" / "shared.css").read_text(encoding="utf-8")
    light, dark = style.split("prefers-color-scheme: dark")
    assert tuple(re.findall(r"--c\d: (#[0-9a-f]{6})", light)) == PALETTE
    assert re.findall(r"--c\d: (#[0-9a-f]{6})", dark) == [on_dark(colour) for colour in PALETTE]


EYES = (
    np.eye(3),
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
)
"""What usual, protan, deutan and tritan eyes see of linear RGB: Machado, Oliveira and Fernandes 2009, severity 1."""


def oklab(rgb):
    cones = np.array(
        [[0.412221, 0.536333, 0.051446], [0.211903, 0.680700, 0.107397], [0.088302, 0.281719, 0.629979]]
    ) @ np.clip(rgb, 0, 1)
    axes = [[0.210454, 0.793618, -0.004072], [1.977998, -2.428592, 0.450594], [0.025904, 0.782772, -0.808676]]
    return np.array(axes) @ np.cbrt(cones)


def linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def test_colours_differ_for_all_eyes():
    """In OKLab, black and white differ by 1; what differs by 0.02 can be told apart side by side."""
    for eyes in EYES:
        seen = [oklab(np.array(eyes) @ linear(colour)) for colour in COLOURS]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.08


def test_colours_are_seen_on_a_dark_ground():
    for colour, _ in SYMBOLS.values():
        luminance = linear(on_dark(colour)) @ [0.2126, 0.7152, 0.0722]
        assert (luminance + 0.05) / (linear("#182029") @ [0.2126, 0.7152, 0.0722] + 0.05) > 3
    assert on_dark(COLOURS[5]) == COLOURS[5]
