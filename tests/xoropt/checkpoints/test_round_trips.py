"""Files and folders come back byte for byte, whoever wrote them."""

import json

import numpy as np
import pytest
from checkpoint_examples import FIRST, SECOND, contents, two_shards, write_folder, write_raw
from safetensors.numpy import save_file

import xoropt


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    report = xoropt.compress_checkpoint(write_folder(root / "model"), root / "small")
    return root / "model", root / "small", report


def test_a_folder_comes_back(folders, tmp_path):
    model, small, report = folders
    xoropt.decompress_checkpoint(small, tmp_path / "back")
    assert contents(tmp_path / "back") == contents(model)
    assert report.stored_size < report.size == sum(map(len, contents(model).values()))
    assert all(check.lossless for check in xoropt.verify_checkpoint(model, small))
    assert not list(small.parent.glob("*.partial"))


def test_tied_tensors_are_stored_once_across_shards(folders):
    _, small, report = folders
    assert report.ties == 2  # the embedding and the norm
    stored = xoropt.load(small / "model-00002-of-00002.xoropt.safetensors")
    assert "head.weight" not in stored
    assert "layer.1.weight" in stored


def test_no_other_program_takes_a_compressed_folder_for_a_plain_one(folders):
    _, small, _ = folders
    assert set(contents(small)) == {
        *("config.json", "model.safetensors.index.json", "tokenizer/vocabulary.txt", "xoropt.json"),
        *(name.replace(".safetensors", ".xoropt.safetensors") for name in (FIRST, SECOND)),
    }


@pytest.mark.parametrize("jobs", [2])
def test_processes_write_the_same_bytes(folders, tmp_path, jobs):
    model, small, _ = folders
    xoropt.compress_checkpoint(model, tmp_path / "small", jobs=jobs)
    assert contents(tmp_path / "small") == contents(small)


HEADERS = {
    "spaces and another order": (
        '{ "b": {"shape": [4], "dtype": "F32", "data_offsets": [8, 24]},\n'
        '  "a": {"dtype":"U8","shape":[2, 4],"data_offsets":[0,8]}, "__metadata__": {"x": "ü", "a": ""} }    ',
        bytes(range(24)),
    ),
    "escapes": ('{"\\u00e9":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}', b"ab"),
    "no tensors": ('{"__metadata__":{"only":"this"}}', b""),
    "four bits": ('{"q":{"dtype":"F4","shape":[3,4],"data_offsets":[0,6]}}', bytes(range(6))),
    "names of our own": ('{"a::raw":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', b"ab"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_file_of_any_writer_comes_back(name, tmp_path):
    path = write_raw(tmp_path / "in.safetensors", *HEADERS[name])
    xoropt.compress_checkpoint(path, tmp_path / "out.safetensors", min_weights=0)
    xoropt.decompress_checkpoint(tmp_path / "out.safetensors", tmp_path / "back.safetensors")
    assert (tmp_path / "back.safetensors").read_bytes() == path.read_bytes()
    assert xoropt.verify_checkpoint(path, tmp_path / "out.safetensors")[0].lossless


def test_the_usual_header_is_not_stored(tmp_path):
    from xoropt.model.file.container import open_file

    save_file(two_shards()[FIRST], tmp_path / "in.safetensors", metadata={"format": "pt"})
    xoropt.compress_checkpoint(tmp_path / "in.safetensors", tmp_path / "out.safetensors")
    assert set(open_file(tmp_path / "out.safetensors").source) == {"sha256", "size"}


def test_the_commands_take_folders(folders, tmp_path, xoropt_command):
    model, small, _ = folders
    status, out, err = xoropt_command("compress", model, tmp_path / "small", "--json")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    assert figures["files"][FIRST]["compressed"] is True
    assert figures["total"]["weights"] > 0
    assert "layer.1.weight" in figures["tensors"]
    assert contents(tmp_path / "small") == contents(small)
    status, out, err = xoropt_command("verify", model, small)
    assert (status, err) == (0, "")
    assert "5 of 5 files" in out
    status, out, _ = xoropt_command("inspect", small)
    assert status == 0
    assert "times smaller" in out
    assert xoropt_command("decompress", small, tmp_path / "back")[0] == 0
    assert contents(tmp_path / "back") == contents(model)


def test_verify_names_what_differs(folders, tmp_path, xoropt_command):
    _, small, _ = folders
    shards = two_shards()
    shards[SECOND]["layer.1.weight"][3, 4] += 1
    other = write_folder(tmp_path / "other", shards)
    (other / "config.json").write_text("{}")
    (other / "new.txt").write_text("new")
    wrong = {check.path: check.how for check in xoropt.verify_checkpoint(other, small) if not check.lossless}
    assert wrong == {
        SECOND: "tensor 'layer.1.weight' differs from the original",
        "config.json": "differs from the original",
        "new.txt": "is missing from the compressed folder",
    }
    status, _, err = xoropt_command("verify", other, small)
    assert status == 1
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["plain", "compressed", "file"])
def test_tensors_are_read_when_they_are_asked_for(kind, folders, tmp_path):
    model, small, _ = folders
    path = {"plain": model, "compressed": small, "file": model / SECOND}[kind]
    expected = {**two_shards()[FIRST], **two_shards()[SECOND]} if kind != "file" else two_shards()[SECOND]
    expected.pop("four", None)
    with xoropt.open_checkpoint(path) as tensors:
        assert set(tensors) == set(expected)
        for name, array in expected.items():
            tensor = tensors[name]
            assert (tensor.shape, tensor.dtype) == (array.shape, array.dtype)
            assert np.array_equal(tensor[...], array)
            assert np.array_equal(np.asarray(tensor), array)
        assert np.array_equal(tensors["head.weight"][5:9], expected["head.weight"][5:9])
        assert np.array_equal(tensors["head.weight"][-2], expected["head.weight"][-2])
        assert np.array_equal(tensors["head.weight"][::7, 3], expected["head.weight"][::7, 3])
        with pytest.raises(KeyError, match=r"layer\.1\.weight"):
            tensors["layer.1.wieght"]


def test_a_damaged_part_never_gives_a_wrong_file(folders, tmp_path):
    import shutil

    _, small, _ = folders
    shutil.copytree(small, tmp_path / "small")
    path = tmp_path / "small" / "model-00001-of-00002.xoropt.safetensors"
    data = bytearray(path.read_bytes())
    data[-500] ^= 1
    path.write_bytes(data)
    with pytest.raises(xoropt.FormatError, match=r"model-00001-of-00002"):
        xoropt.decompress_checkpoint(tmp_path / "small", tmp_path / "back")
    assert not (tmp_path / "back").exists()
