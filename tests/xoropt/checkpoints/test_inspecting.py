"""What compressing would make of a checkpoint, said before it is compressed."""

import json

import ml_dtypes
import numpy as np
import pytest
from checkpoint_examples import weights, write_folder
from foreign_fixtures import FIXTURES, format_name, read_fixture
from safetensors.numpy import save_file

import xoropt


def test_estimates_are_close_to_what_compressing_makes(tmp_path):
    rng = np.random.default_rng(3)
    tensors = {f"layer.{i}.weight": weights(rng, 256, 512) for i in range(5)}
    pruned = weights(rng, 256, 512)
    pruned[rng.random(pruned.shape) < 0.9] = 0
    tensors |= {"pruned": pruned, "tied": tensors["layer.0.weight"].copy(), "norm": np.ones(64, np.float32)}
    model = write_folder(tmp_path / "model", {"model.safetensors": tensors})
    estimate = xoropt.inspect_checkpoint(model)
    report = xoropt.compress_checkpoint(model, tmp_path / "small")
    assert estimate.bytes == report.size
    assert estimate.predicted_bytes == pytest.approx(report.stored_size, rel=0.05)
    assert estimate.tied == (1, tied_bytes := tensors["tied"].nbytes)
    assert tied_bytes > 0
    dense = next(each for each in estimate.alike if each.dtype == "BF16")
    assert (dense.format, dense.shape, dense.tensors) == ("plain", (256, 512), 6)
    assert sum(each.bytes for each in estimate.alike) == sum(a.nbytes for n, a in tensors.items() if n != "tied")


def test_formats_are_named(tmp_path, xoropt_command):
    for name in FIXTURES:
        tensors, config, _ = read_fixture(name)
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        save_file({key: np.ascontiguousarray(array) for key, array in tensors.items()}, folder / "model.safetensors")
        estimate = xoropt.inspect_checkpoint(folder, min_weights=0)
        assert format_name(name) in {each.format for each in estimate.alike}
    status, out, err = xoropt_command("inspect", folder)
    assert (status, err) == (0, "")
    assert "not compressed" in out
    status, out, _ = xoropt_command("inspect", folder / "model.safetensors", "--json")
    assert json.loads(out)["total"]["bytes"] == (folder / "model.safetensors").stat().st_size


def test_a_coded_tensor_of_one_value(tmp_path):
    save_file({"w": np.full((64, 64), 2.5, ml_dtypes.bfloat16)}, tmp_path / "w.safetensors")
    estimate = xoropt.inspect_checkpoint(tmp_path / "w.safetensors")
    assert estimate.alike[0].bound == 0
    assert estimate.predicted_bytes < estimate.bytes / 4
