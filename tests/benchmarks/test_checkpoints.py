"""The benchmark of whole checkpoints: its folders are what it says, its bounds are right, and the command says all."""

import importlib
import json
import math
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from foreign_fixtures import places_of

from xoropt.checkpoints.formats import find_packed
from xoropt.common.tensor_files import read_safetensors

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def making():
    return importlib.import_module("folders.making")


def test_entropy_counts_each_number_by_itself(making):
    assert making.entropy(np.array([0, 0, 1, 1, 2, 2, 3, 3], np.int8)) == 2
    assert making.entropy(np.zeros(100, np.int8)) == 0


@pytest.mark.parametrize(
    ("kind", "format", "bits"),
    [
        ("bfloat16", None, 16),
        ("int4 pack-quantized", "pack-quantized", 4 + 16 / 128),
        ("2:4 sparse-24-bitmask", "sparse-24-bitmask", 9),
        ("50 % sparse-bitmask", "sparse-bitmask", 9),
    ],
)
def test_folders_hold_what_their_names_say(making, tmp_path, kind, format, bits):
    folder = making.make(kind, tmp_path / "made", 1, 512)
    (shard,) = folder.path.glob("*.safetensors")
    tensors, metadata = read_safetensors(shard)
    config = json.loads((folder.path / "config.json").read_text())
    index = json.loads((folder.path / "model.safetensors.index.json").read_text())
    assert metadata == {"format": "pt"}
    assert index["weight_map"] == dict.fromkeys(tensors, shard.name)
    found = find_packed(places_of(tensors), config)
    assert [packed.format for packed in found] == ([format] * 7 if format else [])
    stored = sum(array.nbytes for array in tensors.values())
    assert stored == pytest.approx(folder.weights * bits / 8, rel=0.02)  # offsets of rows
    assert folder.bound < stored
    assert folder.largest == max(array.nbytes for array in tensors.values())


def test_the_bound_of_2_4_counts_six_patterns_for_four_weights(making, tmp_path):
    folder = making.make("2:4 sparse-24-bitmask", tmp_path / "made", 1, 512)
    tensors, _ = read_safetensors(next(folder.path.glob("*.safetensors")))
    matrices = [array for name, array in tensors.items() if name.endswith("compressed")]
    kept = sum(array.size for array in matrices)
    norm = 2 * 512
    values = sum(making.entropy(array) for array in matrices)
    assert folder.bound == pytest.approx(values + 2 * kept * math.log2(6) / 4 / 8 + norm)


@pytest.mark.slow
def test_the_command_writes_what_it_measured(tmp_path, monkeypatch, capsys):
    arguments = ["--quick", "--megabytes", "2", "--kind", "50 % sparse-bitmask", "--jobs", "1", "--out", str(tmp_path)]
    arguments += ["--kill", "2"]
    monkeypatch.setattr(sys, "argv", ["checkpoints.py", *arguments])
    runpy.run_path(str(FOLDER / "checkpoints.py"), run_name="__main__")
    text = capsys.readouterr().out
    (row,) = json.loads((tmp_path / "checkpoints.json").read_text())["rows"]
    assert "700 billion" in text
    assert row["exact"]
    assert row["bound"] < row["stored"] < row["size"]
    assert row["peak"] > 10**7
    assert row["killed"]["same"]
    assert len(row["killed"]["after"]) <= 2
    hours = row["projected"][0]["core_hours"]
    assert hours == pytest.approx(7e9 * row["seconds"] / row["weights"] / 3600)
    assert row["projected"][0]["cores_for_an_hour"] == math.ceil(hours)
