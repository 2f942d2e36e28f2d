"""The file: what is written is read, by this library and by others; sizes add up; nothing is overwritten."""

import json
from pathlib import Path

import numpy as np
import pytest
from model_examples import same_arrays
from safetensors import safe_open

import xoropt
from xoropt import CompressConfig
from xoropt.model.file.container import DESCRIPTION, KEY, header_bits
from xoropt.model.file.description import LARGEST, unpack_description


def test_round_trip(stored):
    path, originals = stored
    assert same_arrays(xoropt.decompress(path), originals)
    assert xoropt.load(path).metadata == {"who": "test"}


def test_any_reader_of_safetensors_opens_it(stored):
    path, originals = stored
    with safe_open(path, framework="numpy") as file:
        names = set(file.keys())
        assert {"seeds::U8", "patches::U8", "mask::U8", "codebook::F32", "codebook::F16", DESCRIPTION} <= names
        assert (file.get_tensor("conv.bias") == originals["conv.bias"]).all()
        assert json.loads(file.metadata()[KEY])["version"] == 3
        description = unpack_description(file.get_tensor(DESCRIPTION))
    assert description["names"] == list(originals)


def test_large_parts_are_arrays_by_themselves(tmp_path):
    rng = np.random.default_rng(0)
    weights = (rng.random((1000, 2000)) < 0.3) * rng.choice(np.array([-1, 1], np.int8), (1000, 2000))
    tensors = {"large": weights, "small": weights[:50], "xoropt": np.arange(4), "seeds": np.ones(3)}
    xoropt.save(xoropt.compress(tensors), tmp_path / "model")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        assert {"large::seeds", "large::mask_seeds", "seeds::U8", "mask::U8", "xoropt", "seeds"} <= set(file.keys())
    assert same_arrays(xoropt.decompress(tmp_path / "model"), tensors)


def test_many_small_tensors_share_their_headers(tmp_path):
    rng = np.random.default_rng(0)
    choices = np.array([0, 0, 0, 0, 0, 0, 1, -1], np.int8)
    tensors = {f"layer{i}.{j}.weight": rng.choice(choices, (40, 60)) for i in range(10) for j in range(8)}
    model = xoropt.compress(tensors, CompressConfig(mask="prefix"))
    xoropt.save(model, tmp_path / "model")
    headers = 8 * (tmp_path / "model").stat().st_size - sum(
        getattr(xoropt.report(model).total, f"{part}_bits") for part in ("seed", "patch", "mask", "scale")
    )
    assert headers < len(tensors) * 8 * 50  # with the fractions of bytes that planes are filled up to


def test_names_never_collide(tmp_path):
    codes = np.random.default_rng(0).choice(np.array([0, 0, 0, 1], np.int8), 4000)
    odd = {"a": codes, "a::seeds": np.arange(3), "a::raw": np.arange(2), "a::seeds::raw": np.arange(1), "": np.ones(2)}
    xoropt.save(xoropt.compress(odd, CompressConfig(patches="greedy")), tmp_path / "odd")
    assert same_arrays(xoropt.decompress(tmp_path / "odd"), odd)


def test_sizes_add_up_to_the_file(stored):
    path, _ = stored
    report = xoropt.report(xoropt.load(path), path)
    total = report.total
    assert all(
        getattr(total, key) == sum(getattr(tensor, key) for tensor in report.tensors.values())
        for key in ("seed_bits", "mask_bits", "patches")
    )
    parts = (
        sum(getattr(total, f"{part}_bits") for part in ("seed", "patch", "mask", "scale", "header"))
        + 8 * total.carried_bytes
    )
    assert total.file_bytes == path.stat().st_size
    assert 0 < 8 * total.file_bytes - parts < 8 * 700  # what is left: the headers of what was carried along
    model = xoropt.load(path)
    alone = xoropt.CompressedModel({n: t for n, t in model.tensors.items() if isinstance(t, xoropt.CompressedTensor)})
    xoropt.save(alone, path, overwrite=True)
    with safe_open(path, framework="numpy") as file:
        stored = sum(file.get_tensor(name).nbytes for name in file.keys() if name != DESCRIPTION)  # noqa: SIM118
    assert sum(header_bits(model).values()) == 8 * (path.stat().st_size - stored)


def test_what_could_not_be_read_is_not_written(tmp_path):
    model = xoropt.CompressedModel({}, {"notes": "x" * LARGEST})
    with pytest.raises(xoropt.XoroptError, match="store it as several files"):
        xoropt.save(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_an_existing_file_stays(stored, tmp_path):
    path, _ = stored
    before = path.read_bytes()
    with pytest.raises(xoropt.XoroptError, match="exists already"):
        xoropt.save(xoropt.load(path), path)
    assert path.read_bytes() == before
    xoropt.save(xoropt.load(path), path, overwrite=True)
    assert path.read_bytes() == before
    with pytest.raises(xoropt.XoroptError, match="no such folder"):
        xoropt.save(xoropt.load(path), tmp_path / "absent" / "file")


def test_a_full_disk_leaves_nothing(stored, tmp_path, monkeypatch):
    path, _ = stored
    model = xoropt.load(path)

    def full(arrays, part, metadata):
        Path(part).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xoropt.common.tensor_files.save_file", full)
    folder = tmp_path / "new"
    folder.mkdir()
    with pytest.raises(xoropt.XoroptError, match="No space left on device; nothing was written"):
        xoropt.save(model, folder / "file")
    assert not list(folder.iterdir())
