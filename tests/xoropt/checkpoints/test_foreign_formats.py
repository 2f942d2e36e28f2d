"""Checkpoints in other libraries' formats: whole files and folders there and back, and as ordinary tensors."""

import json

import numpy as np
import pytest
from checkpoint_examples import contents
from foreign_fixtures import FIXTURES, read_fixture
from safetensors.numpy import save_file

import xoropt
from xoropt.common.tensor_files import read_safetensors


def write(folder, name, split=False):
    """Write a folder with the tensors of a fixture, perhaps every other one in a second shard."""
    tensors, config, expected = read_fixture(name)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    names = sorted(tensors)
    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]} if split else {"model.safetensors": names}
    for shard, some in shards.items():
        save_file({key: np.ascontiguousarray(tensors[key]) for key in some}, folder / shard)
    if split:
        weight_map = {key: shard for shard, some in shards.items() for key in some}
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return expected


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("name", FIXTURES)
def test_there_and_back_and_plain(name, split, tmp_path):
    expected = write(tmp_path / "model", name, split)
    xoropt.compress_checkpoint(tmp_path / "model", tmp_path / "small", min_weights=0)
    xoropt.decompress_checkpoint(tmp_path / "small", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(tmp_path / "model")
    xoropt.decompress_checkpoint(tmp_path / "small", tmp_path / "plain", to="plain")
    plain = {}
    for path in (tmp_path / "plain").glob("*.safetensors"):
        plain |= read_safetensors(path)[0]
    with xoropt.open_checkpoint(tmp_path / "small") as small, xoropt.open_checkpoint(tmp_path / "model") as model:
        assert set(small) == set(model)
        assert all(small[key][...].tobytes() == model[key][...].tobytes() for key in model)
    for key, array in expected.items():
        assert np.array_equal(plain[key].astype(np.float64), array.astype(np.float64))
    assert "quantization_config" not in json.loads((tmp_path / "plain" / "config.json").read_text())
    if split:
        index = json.loads((tmp_path / "plain" / "model.safetensors.index.json").read_text())
        assert set(index["weight_map"]) == set(plain)
