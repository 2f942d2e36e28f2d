"""Pictures of networks and circuits, and the command that draws them."""

import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner

import xoropt
from xoropt.cli import cli
from xoropt.networks import TOPOLOGIES, draw, from_recipe, save_drawing

RECIPES = [
    *(name for name in TOPOLOGIES if name not in ("matrix", "stages")),
    "matrix:n_in=1,window=1,rows=00",
    "block:n_in=64,n_out=640",
    "windowed:n_in=8,n_out=40,window=64,taps=4",
    "staged:n_in=1,n_out=10,nodes=2,taps=4,reads=3,memory=448,node_window=512",
]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_topology_is_drawn(recipe, tmp_path):
    network = from_recipe(recipe)
    figure = draw(network)
    save_drawing(figure, tmp_path / "net.svg")
    ET.parse(tmp_path / "net.svg")
    band = figure.axes[-1]
    assert band.get_xlim()[1] >= network.window
    assert sum("wires" in axes.get_title() for axes in figure.axes) in (0, 1, len(network.stages or [0]))


def test_the_graph_shows_every_wire():
    network = from_recipe("staged:n_in=2,n_out=20,nodes=4,taps=4,reads=3,memory=12,node_window=32")
    first, second = draw(network, "graph").axes
    assert [len(axes.collections[0].get_segments()) for axes in (first, second)] == [16, 60]
    block = xoropt.networks.random_block(n_in=6, n_out=9)
    assert len(draw(block, "graph").axes[0].collections[0].get_segments()) == block.matrix().sum()


def test_a_drawing_is_the_same_every_time(tmp_path):
    for form in ("svg", "pdf", "png"):
        for copy in ("one", "two"):
            save_drawing(draw(from_recipe(RECIPES[0])), tmp_path / f"{copy}.{form}")
        assert (tmp_path / f"one.{form}").read_bytes() == (tmp_path / f"two.{form}").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["windowd:n_in=8,n_out=80", "--out", "a.svg"], "the nearest is 'windowed'"),
        (["block:n_in=64,n_out=640", "--view", "graph", "--out", "a.svg"], "too large to draw as a graph"),
        (["block:n_in=64,n_out=3000", "--out", "a.svg"], "too large to draw"),
        (["block:n_in=60,n_out=9000000", "--view", "graph", "--out", "a.svg"], "too large to draw"),
        (["block:n_in=8,n_out=40", "--out", "a.gif"], ".svg, .png or .pdf"),
        (["nothing.txt", "--out", "a.svg"], "nothing.txt"),
        (["nothing.txt", "--out", "a.png"], ".svg or .dot"),
        (["block:n_in=8,n_out=40", "--out", "missing/a.svg"], "missing"),
    ],
)
def test_errors_are_one_line(arguments, error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(xoropt.XoroptError, match=error) as caught:
        CliRunner().invoke(cli, ["draw", *arguments], catch_exceptions=False, standalone_mode=False)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_command(tmp_path):
    circuit = xoropt.circuits.synthesize([[1, 1, 0], [1, 1, 1]], method="paar", time_limit=0.1)
    xoropt.circuits.write_circuit(tmp_path / "c.txt", circuit)
    for source in (str(tmp_path / "c.txt"), "block:n_in=8,n_out=40"):
        result = CliRunner().invoke(cli, ["draw", source, "--force", "--out", str(tmp_path / "a.svg")])
        assert (result.exit_code, result.output) == (0, f"written: {tmp_path / 'a.svg'}\n")
        ET.parse(tmp_path / "a.svg")
