"""Fronts of gates by depth, and windows that keep a depth bound."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from xoropt.circuits import front, least_depth, read_circuit, synthesize
from xoropt.circuits.methods import local, windows
from xoropt.cli import cli

MATRIX = np.random.default_rng(5).random((10, 10)) < 0.5


def test_a_front_has_fewer_gates_with_every_depth():
    circuits = front(MATRIX, time_limit=2.0)
    assert all(circuit.verify(MATRIX) for circuit in circuits)
    assert [c.depth for c in circuits] == sorted({c.depth for c in circuits})
    assert [c.gates for c in circuits] == sorted({c.gates for c in circuits}, reverse=True)
    assert circuits[0].depth == least_depth(MATRIX)


@pytest.mark.parametrize("spare", [0, 1])
def test_windows_keep_the_bound(spare, monkeypatch):
    monkeypatch.setattr(local, "WALK_LIMIT", 10)
    monkeypatch.setattr(windows, "WINDOW", 70)
    monkeypatch.setattr(windows, "WINDOW_SECONDS", 0.1)
    matrix = np.random.default_rng(1).random((20, 20)) < 0.5
    bound = least_depth(matrix) + spare
    start = synthesize(matrix, "tree", time_limit=0.0)
    for method in ("windows", "local"):
        circuit = synthesize(matrix, method, time_limit=0.7, max_depth=bound, resume=start)
        assert circuit.depth <= bound
        assert circuit.verify(matrix)
        assert circuit.gates <= start.gates - spare


def test_the_command_writes_a_circuit_for_each_depth(tmp_path):
    path = tmp_path / "matrix.txt"
    path.write_text("\n".join("".join("01"[int(bit)] for bit in row) for row in MATRIX))
    words = ["synthesize", str(path), "--front", "--time-limit", "1", "--json", "--out", str(tmp_path / "c.blif")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    for point in json.loads(done.output)["front"]:
        circuit = read_circuit(point["file"])
        assert (circuit.gates, circuit.depth) == (point["gates"], point["depth"])
        assert circuit.verify(MATRIX)
    done = CliRunner().invoke(cli, ["synthesize", str(path), "--front", "--method", "paar"])
    assert done.exit_code == 2
    done = CliRunner().invoke(
        cli, ["synthesize", str(path), "--time-limit", "0.2", "--start", str(tmp_path / "missing.slp")]
    )
    assert done.exit_code != 0
