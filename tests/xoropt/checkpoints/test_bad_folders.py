"""What is wrong with a folder is said in one line, before anything is written."""

import json
import pickle
import shutil

import numpy as np
import pytest
from checkpoint_examples import FIRST, INDEX, SECOND, write_folder
from safetensors.numpy import load_file, save_file


def change_index(model, change):
    said = json.loads((model / INDEX).read_text())
    change(said["weight_map"])
    (model / INDEX).write_text(json.dumps(said))


def empty(model, name, data):
    for path in model.glob("*.safetensors*"):
        path.unlink()
    (model / name).write_bytes(data)


BAD = {
    "a missing shard": (lambda m: (m / SECOND).unlink(), f"names the shard '{SECOND}', which is missing"),
    "a missing tensor": (lambda m: change_index(m, lambda w: w.update(new=FIRST)), f"tensor 'new' is not in {FIRST}"),
    "a tensor twice in the index": (
        lambda m: (m / INDEX).write_text(f'{{"weight_map": {{"a": "{FIRST}", "a": "{FIRST}"}}}}'),
        "names 'a' twice",
    ),
    "a tensor in two shards": (
        lambda m: save_file(load_file(m / FIRST) | {"noise": np.zeros(3)}, m / FIRST),
        "tensor 'noise' is in 2 shards",
    ),
    "a truncated shard": (lambda m: (m / SECOND).write_bytes((m / SECOND).read_bytes()[:-9]), SECOND),
    "a link out of the folder": (
        lambda m: (m / "more.txt").symlink_to(m.parent.parent),
        "is a symbolic link out of the folder",
    ),
    "a link to nothing": (lambda m: (m / "more.txt").symlink_to("nowhere"), "is a symbolic link to nothing"),
    "a name that leads upwards": (
        lambda m: change_index(m, lambda w: w.update(new="../other.safetensors")),
        "is no name of a file beside it",
    ),
    "a separator in a name": (
        lambda m: change_index(m, lambda w: w.update(new="a\\b.safetensors")),
        "is no name of a file beside it",
    ),
    "an index that is no JSON": (lambda m: (m / INDEX).write_text("{"), "is no valid JSON"),
    "a config that is no JSON": (lambda m: (m / "config.json").write_text("{'a': 1}"), "is no valid JSON"),
    "an index without a map": (lambda m: (m / INDEX).write_text("{}"), "has no valid 'weight_map'"),
    "a pickle": (
        lambda m: empty(m, "pytorch_model.bin", pickle.dumps({"a": 1})),
        "which can run code; where it is trusted",
    ),
    "GGUF": (lambda m: empty(m, "model.gguf", b"GGUF\x03\0\0\0"), "is a GGUF file of llama.cpp"),
    "nothing": (lambda m: empty(m, "read.me", b"x"), "holds no safetensors file"),
    "compressed already": (lambda m: (m / "xoropt.json").write_text("{}"), "is compressed already"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_folder(name, tmp_path, xoropt_command):
    model = write_folder(tmp_path / "model")
    change, expected = BAD[name]
    change(model)
    status, out, err = xoropt_command("compress", model, tmp_path / "out")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert expected in err
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


OUTPUTS = {
    "within": ("model/out", "lies within"),
    "the same": ("model", "exists already"),
    "a file": ("file", "is a file; name a folder"),
    "not empty": ("full", "exists already and is not empty"),
    "nowhere": ("none/out", "no such folder"),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_bad_output(name, tmp_path, xoropt_command):
    model = write_folder(tmp_path / "model")
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    out, expected = OUTPUTS[name]
    status, _, err = xoropt_command("compress", model, tmp_path / out)
    assert (status, err.count("\n")) == (1, 1)
    assert expected in err


MANIFESTS = {
    "a path upwards": lambda said: said["files"][0].update(path="../config.json"),
    "a path twice": lambda said: said["files"].append(said["files"][0]),
    "a missing file": lambda said: said["files"][0].update(path="other.json"),
    "another size": lambda said: said["files"][0].update(size=1, stored_size=1),
    "another checksum": lambda said: said["files"][1].update(sha256="0" * 64),
    "a newer version": lambda said: said.update(version=9),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_forged_manifest(name, tmp_path, xoropt_command):
    from xoropt.model.file.description import seal, unseal

    model = write_folder(tmp_path / "model")
    assert xoropt_command("compress", model, tmp_path / "small")[0] == 0
    path = tmp_path / "small" / "xoropt.json"
    said = unseal(path.read_text().strip())
    MANIFESTS[name](said)
    path.write_text(seal({key: value for key, value in said.items() if key != "crc32"}))
    status, _, err = xoropt_command("decompress", tmp_path / "small", tmp_path / "back")
    assert (status, err.count("\n")) == (1, 1)
    assert not (tmp_path / "back").exists()
    shutil.rmtree(tmp_path / "small")
