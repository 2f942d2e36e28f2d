"""Files of other kinds are named with what to do; real files are never taken for one."""

import io
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.file_kinds import FOREIGN_SUFFIXES, check_suffix, is_npz, kind_of
from xoropt.common.tensor_files import read_arrays, read_safetensors


def archive(*names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name in names:
            made.writestr(name, b"content")
    return data.getvalue()


KINDS = {
    "model.pt": (archive("archive/data.pkl", "archive/data/0"), "torch.save"),
    "cut.pt": (archive("archive/data.pkl")[:60], "torch.save"),
    "cut.npz": (b"PK\x03\x04" + bytes(99), "cut short or damaged"),
    "model.bin": (b"\x80\x02\x8a\nl\xfc\x9c" + bytes(99), "pickle"),
    "weights.pkl": (b"\x80\x04\x95\x0b" + bytes(99), "pickle"),
    "model.gguf": (b"GGUF\x03\0\0\0" + bytes(99), "GGUF"),
    "model.h5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
    "model.npy": (b"\x93NUMPY\x01\0v\0{'descr': '<f4'}" + bytes(99), ".npy file of one array"),
    "model.onnx": (b"\x08\x08\x12\x07pytorch" + bytes(99), "ONNX"),
    "quantized.onnx": (b"\x08\x0a\x3a\x85\x01\x0a\x05" + bytes(99), "ONNX"),
    "model.tflite": (b"\x1c\0\0\0TFL3" + bytes(99), "TensorFlow Lite"),
    "pointer.safetensors": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n",
        "git lfs pull",
    ),
    "page.safetensors": (b"\n<!DOCTYPE html><html><title>404</title></html>", "HTML page"),
    "error.safetensors": (b'<?xml version="1.0"?><Error>AccessDenied</Error>', "XML text"),
    "model.safetensors.index.json": (
        b'{"metadata": {}, "weight_map": {"w": "model-00001-of-00002.safetensors"}}',
        "model-00001-of-00002.safetensors",
    ),
    "config.json": (b'{"hidden_size": 64}', "JSON"),
    "model.safetensors.gz": (b"\x1f\x8b\x08" + bytes(99), "gunzip"),
    "model.safetensors.zst": (b"\x28\xb5\x2f\xfd" + bytes(99), "zstd -d"),
    "bundle.tar": (bytes(257) + b"ustar\x0000" + bytes(99), "tar archive"),
    "bundle.zip": (archive("a.safetensors", "b.safetensors"), "zip archive of 2 files"),
    "empty.safetensors": (b"", "is empty"),
    "notepad.safetensors": ("These are the weights.".encode("utf-16"), "UTF-16"),
    "readme.safetensors": (b"These are the weights.\n", "is a text"),
}


@pytest.mark.parametrize("name", KINDS)
def test_other_kinds_are_named(name, tmp_path):
    data, word = KINDS[name]
    (tmp_path / name).write_bytes(data)
    for read in (read_arrays, read_safetensors):
        with pytest.raises(FormatError) as error:
            read(tmp_path / name)
        message = str(error.value)
        assert message.startswith(f"{tmp_path / name}: ")
        if read is read_safetensors or not name.endswith(".npz"):
            assert word in message
        assert "\n" not in message


@pytest.mark.parametrize("length", [0x1F8B, 0x8B1F, 0x5A42, 0x0208, 0x0280, 0x4B50])
def test_a_header_whose_length_begins_as_another_kind(length, tmp_path):
    """The first bytes of a safetensors file are a number; it may be any."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b"{}".ljust(length))
    assert kind_of(path) is None
    assert read_arrays(path) == ({}, {})


def test_an_archive_is_read_whatever_its_name(tmp_path):
    np.savez(tmp_path / "in.npz", w=np.arange(3))
    renamed = (tmp_path / "in.npz").rename(tmp_path / "weights.dat")
    assert is_npz(renamed)
    assert read_arrays(renamed)[0]["w"].tolist() == [0, 1, 2]
    with pytest.raises(FormatError, match=r"is a \.npz file of plain arrays"):
        read_safetensors(renamed)
    save_file({"w": np.arange(3)}, tmp_path / "in.npz")
    assert read_arrays(tmp_path / "in.npz")[0]["w"].tolist() == [0, 1, 2]


def test_a_folder_names_a_file_within(tmp_path):
    save_file({}, tmp_path / "model-00001.safetensors")
    with pytest.raises(XoroptError, match=r"not a file but a folder; name a file in it, such as model-00001\."):
        read_arrays(tmp_path)


def test_ends_of_names_that_mean_another_format(tmp_path):
    for suffix in FOREIGN_SUFFIXES:
        with pytest.raises(XoroptError, match=r"name it 'small\.safetensors'"):
            check_suffix(tmp_path / f"small{suffix.upper()}")
    for name in ("small.safetensors", "small", "small.xo", "small.v2"):
        check_suffix(tmp_path / name)
