"""What is wrong with a folder is said in one line, before anything is written."""

import json
import pickle
import shutil

import numpy as np
import pytest
from checkpoint_examples import FIRST, INDEX, SECOND, write_folder
from safetensors.numpy import load_file, save_file

import xoropt
from xoropt.checkpoints.manifest import MANIFEST
from xoropt.model.file.description import seal


def change_index(model, change):
    said = json.loads((model / INDEX).read_text())
    change(said["weight_map"])
    (model / INDEX).write_text(json.dumps(said))


def empty(model, name, data):
    for path in model.glob("*.safetensors*"):
        path.unlink()
    (model / name).write_bytes(data)


BAD = {
    "a missing shard": (lambda m: (m / SECOND).unlink(), f"names shards that are missing: '{SECOND}'; get them too"),
    "a missing tensor": (
        lambda m: change_index(m, lambda w: w.update(new=FIRST)),
        f"names tensors that are not in '{FIRST}': 'new'",
    ),
    "a tensor twice in the index": (
        lambda m: (m / INDEX).write_text(f'{{"weight_map": {{"a": "{FIRST}", "a": "{FIRST}"}}}}'),
        "names 'a' twice",
    ),
    "a tensor in two shards": (
        lambda m: save_file(load_file(m / FIRST) | {"noise": np.zeros(3)}, m / FIRST),
        f"has tensors that are in several of '{FIRST}', '{SECOND}': 'noise'",
    ),
    "a truncated shard": (lambda m: (m / SECOND).write_bytes((m / SECOND).read_bytes()[:-9]), SECOND),
    "a link out of the folder": (
        lambda m: (m / "more.txt").symlink_to(m.parent.parent),
        "has symbolic links out of the folder: 'more.txt'; copy the folder with",
    ),
    "a link to nothing": (
        lambda m: (m / "more.txt").symlink_to("nowhere"),
        "has symbolic links to nothing: 'more.txt'",
    ),
    "a name that leads upwards": (
        lambda m: change_index(m, lambda w: w.update(new="../other.safetensors")),
        "are no names of files beside it",
    ),
    "a separator in a name": (
        lambda m: change_index(m, lambda w: w.update(new="a\\b.safetensors")),
        "are no names of files beside it",
    ),
    "two shards that are not there": (
        lambda m: change_index(m, lambda w: w.update(x="one.safetensors", y="two.safetensors")),
        "shards that are missing: 'one.safetensors', 'two.safetensors'",
    ),
    "two tensors that are not there": (
        lambda m: change_index(m, lambda w: w.update(x=FIRST, y=SECOND)),
        f"not in '{FIRST}', '{SECOND}': 'x', 'y'",
    ),
    "two truncated shards": (
        lambda m: [path.write_bytes(path.read_bytes()[:-9]) for path in m.glob("*.safetensors")],
        f"Other shards are damaged too: '{SECOND}'",
    ),
    "two links to nothing": (
        lambda m: [(m / name).symlink_to("nowhere") for name in ("b", "a")],
        "has symbolic links to nothing: 'a', 'b'; remove them",
    ),
    "control characters in names": (
        lambda m: [(m / name).touch() for name in ("b\x1b[2J", "a\nb")],
        r"has names with control characters: 'a\nb', 'b\x1b[2J'; rename those files",
    ),
    "backslashes and colons in names": (
        lambda m: [(m / name).touch() for name in ("a\\b", "c:d")],
        r"has names with a backslash or a colon: 'a\b', 'c:d'",
    ),
    "an index that is no JSON": (lambda m: (m / INDEX).write_text("{"), "is no valid JSON"),
    "a config that is no JSON": (lambda m: (m / "config.json").write_text("{'a': 1}"), "is no valid JSON"),
    "an index without a map": (lambda m: (m / INDEX).write_text("{}"), "has no valid 'weight_map'"),
    "a pickle": (
        lambda m: empty(m, "pytorch_model.bin", pickle.dumps({"a": 1})),
        "which can run code; where it is trusted",
    ),
    "GGUF": (
        lambda m: empty(m, "model.gguf", b"GGUF\x03\0\0\0"),
        "is a GGUF file, which llama.cpp reads; get the",
    ),
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


def test_inspecting_only_reads_and_takes_names_of_every_kind(tmp_path, xoropt_command):
    model = write_folder(tmp_path / "model")
    (model / "b\x1b[2J").touch()
    (model / "c:\\d.safetensors").write_bytes((model / FIRST).read_bytes())
    (model / "out.txt").symlink_to("/etc/hostname")
    status, out, err = xoropt_command("inspect", model)
    assert (status, err) == (0, "")
    assert "not compressed" in out
    assert "\x1b" not in out


def test_files_that_are_not_its_own_are_named(tmp_path, xoropt_command):
    model, small = write_folder(tmp_path / "model"), tmp_path / "small"
    assert xoropt_command("compress", model, small)[0] == 0
    assert xoropt_command("verify", model, small)[2] == ""
    (small / "tokenizer" / "new.txt").touch()
    (small / "b\n").touch()
    expected = r"left out: 'b\n', 'tokenizer/new.txt'."
    for command in (("verify", model, small), ("decompress", small, tmp_path / "again")):
        status, _, err = xoropt_command(*command)
        assert (status, err.count("\n")) == (0, 1)
        assert expected in err
    assert not (tmp_path / "again" / "tokenizer" / "new.txt").exists()


def test_sides_in_the_wrong_order(tmp_path, xoropt_command):
    model, small = write_folder(tmp_path / "model"), tmp_path / "small"
    file, part = model / SECOND, tmp_path / "part.safetensors"
    for original, compressed in ((model, small), (file, part)):
        assert xoropt_command("compress", original, compressed)[0] == 0
        status, _, err = xoropt_command("verify", compressed, original)
        assert (status, err.count("\n")) == (1, 1)
        assert f"{compressed}: is compressed itself and no original; swap the two" in err
        status, _, err = xoropt_command("verify", compressed, compressed)
        assert (status, err.count("\n")) == (1, 1)
        assert "is compressed itself and no original; name the original" in err


def test_a_folder_does_not_get_the_name_of_a_file(tmp_path, xoropt_command):
    model, small = write_folder(tmp_path / "model"), tmp_path / "small"
    assert xoropt_command("compress", model, small)[0] == 0
    for command in (("compress", model), ("decompress", small)):
        status, _, err = xoropt_command(*command, tmp_path / "x.safetensors")
        assert (status, err.count("\n")) == (1, 1)
        assert "has the name of a file, and a folder is written; name it 'x'" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "small"]


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


@pytest.mark.parametrize("path", ["a/" * 200_000 + "b", "a/" * 2040 + "b"])
def test_a_manifest_with_a_path_that_no_system_has(path, tmp_path):
    """All folders above it are looked at, one after the other."""
    record = {"path": path, "compressed": False, "size": 0, "sha256": "0" * 64, "stored_size": 0}
    sealed = seal({"version": 1, "files": [record | {"stored_sha256": "0" * 64}]})
    (tmp_path / MANIFEST).write_text(sealed)
    with pytest.raises(xoropt.XoroptError, match=r"more than 4096 bytes|File name too long") as caught:
        xoropt.open_checkpoint(tmp_path)
    assert "\n" not in str(caught.value)
