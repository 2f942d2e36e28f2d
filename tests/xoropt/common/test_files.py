"""Files and folders appear whole or not at all; safetensors headers are the library's, byte for byte."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file

import xoropt
from xoropt.common import files, tensor_files
from xoropt.common.files import check_new, read_text, unfinished, whole_file
from xoropt.common.output_folders import check_folder, write_folder
from xoropt.common.tensor_files import (
    read_arrays,
    read_safetensors,
    safetensors_header,
    stream_safetensors,
    write_safetensors,
)

ARRAYS = {
    "b.one": np.arange(3, dtype=np.int8),
    "a": np.array([[1.5, -2.0]], dtype=np.float64),
    "half": np.array(0.5, dtype=ml_dtypes.bfloat16),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "ä": np.array([True, False]),
    "four": np.arange(5, dtype=np.int32),
    "turned": np.arange(4, dtype=">i4"),
}


def forms(arrays):
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def test_a_header_byte_by_byte():
    header = safetensors_header({"n": ((2,), np.dtype(np.int8)), "x": ((), np.dtype(np.float32))}, {"k": "v"})
    text = (
        b'{"__metadata__":{"k":"v"},"n":{"dtype":"I8","shape":[2],"data_offsets":[4,6]},'
        b'"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}'
    )
    assert header == (136).to_bytes(8, "little") + text + b" " * (136 - len(text))


@pytest.mark.parametrize("metadata", [{}, {"made": "here"}])
def test_the_header_is_what_the_library_writes(metadata, tmp_path):
    arrays = {name: ARRAYS[name] for name in ("a", "four", "half", "b.one")} | {"c": ARRAYS["b.one"]}
    write_safetensors(tmp_path / "file", dict(reversed(arrays.items())), metadata)
    header = safetensors_header(forms(arrays), metadata)
    assert (tmp_path / "file").read_bytes() == header + b"".join(array.tobytes() for array in arrays.values())


def test_streamed_arrays_are_read_by_the_library(tmp_path):
    asked = []

    def array_of(name):
        asked.append(name)
        return ARRAYS[name]

    stream_safetensors(tmp_path / "file", forms(ARRAYS), array_of, {"made": "here"})
    assert sorted(asked) == sorted(set(ARRAYS) - {"empty"})
    arrays, metadata = read_safetensors(tmp_path / "file")
    assert metadata == {"made": "here"}
    assert list(arrays) == list(ARRAYS)
    of_library = load_file(tmp_path / "file")
    for name, array in ARRAYS.items():
        native = array.astype(array.dtype.newbyteorder("="))
        for back in (arrays[name], of_library[name]):
            assert (back.dtype, back.shape, back.tobytes()) == (native.dtype, array.shape, native.tobytes())


def test_a_dtype_without_a_name_is_refused(tmp_path):
    with pytest.raises(xoropt.FormatError, match="complex128"):
        stream_safetensors(tmp_path / "file", {"w": ((1,), np.dtype(complex))}, np.ones, {})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_write_that_fails_leaves_the_old_file(number, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("old")

    def fails(*_):
        raise OSError(number, os.strerror(number))

    def write_half():
        with whole_file(tmp_path / "file", overwrite=True) as part:
            part.write_text("half of it")
            fails()

    with pytest.raises(xoropt.XoroptError) as error:
        write_half()
    assert str(error.value) == f"{tmp_path / 'file'}: {os.strerror(number)}; nothing was written."
    with pytest.raises(xoropt.XoroptError, match="nothing was written"):
        stream_safetensors(tmp_path / "file", forms(ARRAYS), fails, {}, overwrite=True)
    monkeypatch.setattr(files.os, "replace", fails)
    with pytest.raises(xoropt.XoroptError, match="nothing was written"):
        write_safetensors(tmp_path / "file", ARRAYS, {}, overwrite=True)
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_other_errors_pass_and_leave_nothing(tmp_path):
    def make_folder():
        with unfinished(tmp_path / "folder") as part:
            (part / "within").mkdir(parents=True)
            raise KeyError("within")

    with pytest.raises(KeyError), whole_file(tmp_path / "file"):
        raise KeyError("file")
    with pytest.raises(KeyError):
        make_folder()
    assert not any(tmp_path.iterdir())


def test_a_file_has_the_usual_mode(tmp_path):
    (tmp_path / "usual").touch()
    write_safetensors(tmp_path / "file", ARRAYS, {})
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "file")]
    assert modes[0] == modes[1]


def test_what_a_link_points_to_is_replaced(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    with whole_file(tmp_path / "link", overwrite=True) as part:
        part.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("there", "exists already; name another file or pass --force (overwrite=True) to replace it."),
        (".", "is a folder; name a file."),
        ("no/file", "no such folder; make it first or name another."),
        ("x" * 300, "File name too long; name another file."),
    ],
)
def test_places_for_no_new_file(name, message, tmp_path):
    (tmp_path / "there").write_text("old")
    with pytest.raises(xoropt.XoroptError) as error:
        check_new(tmp_path / name, overwrite=False)
    assert str(error.value).endswith(f": {message}")
    check_new(tmp_path / "there", overwrite=True)


def test_a_folder_is_made_or_added_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder("made", {"a": "1", "b": "ä"})
    write_folder("made", {"c": "3"})
    with pytest.raises(xoropt.XoroptError, match=r"^made/c: exists already; name another folder or pass --force"):
        write_folder("made", {"d": "4", "c": "5"})
    write_folder("made", {"c": "6"}, overwrite=True)
    assert {path.name: path.read_text() for path in (tmp_path / "made").iterdir()} == {"a": "1", "b": "ä", "c": "6"}
    assert os.listdir(tmp_path) == ["made"]


def test_a_folder_on_a_full_disk(tmp_path, monkeypatch):
    def full(path, text, encoding):
        if path.name == "b":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        path.write_bytes(text.encode(encoding))

    monkeypatch.setattr(files.Path, "write_text", full)
    with pytest.raises(xoropt.XoroptError, match=r"made: No space left on device; nothing was written\.$"):
        write_folder(tmp_path / "made", {"a": "1", "b": "2"})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("folder", "message"),
    [("file", "is a file; name a folder."), ("no/made", "no such folder; make it first or name another.")],
)
def test_places_for_no_folder(folder, message, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(xoropt.XoroptError) as error:
        check_folder(tmp_path / folder, ["a"])
    assert str(error.value).endswith(f": {message}")


def test_no_tensor_is_called_metadata(tmp_path):
    for write in (
        lambda: write_safetensors(tmp_path / "file", {"__metadata__": ARRAYS["a"]}, {}),
        lambda: stream_safetensors(tmp_path / "file", {"__metadata__": ((1,), np.dtype(np.int8))}, np.ones, {}),
    ):
        with pytest.raises(xoropt.XoroptError, match="'__metadata__'"):
            write()
    assert not any(tmp_path.iterdir())


def test_archives_of_numpy_are_read(tmp_path):
    np.savez(tmp_path / "in.npz", **{name: ARRAYS[name] for name in ("a", "turned")})
    arrays, metadata = read_arrays(tmp_path / "in.npz")
    assert metadata == {}
    assert arrays["turned"].dtype == np.int32  # in the machine's byte order
    assert arrays["turned"].tolist() == [0, 1, 2, 3]
    np.savez(tmp_path / "text.npz", names=np.array(["text"]))
    with pytest.raises(xoropt.FormatError, match=r"text\.npz: tensor 'names': the dtype <U4 has no place"):
        read_arrays(tmp_path / "text.npz")


@pytest.mark.parametrize("header", [b"[]", b'{"a":{}}', json.dumps({"a": [1]}).encode(), b"\xff"])
def test_damaged_headers_are_one_kind_of_error(header, tmp_path):
    (tmp_path / "file").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(xoropt.FormatError, match=r"file: .*safetensors file"):
        read_safetensors(tmp_path / "file")


def test_texts_are_read_or_refused(tmp_path):
    (tmp_path / "text").write_bytes("ä".encode())
    assert read_text(tmp_path / "text", "unused") == "ä"
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(xoropt.FormatError, match="bytes: not a circuit; write one"):
        read_text(tmp_path / "bytes", "not a circuit; write one")
    with pytest.raises(xoropt.XoroptError, match="absent: No such file"):
        read_text(tmp_path / "absent", "unused")


def write_slowly(path, text, meanwhile):
    """Write a file, and do something else before it is done."""
    with whole_file(path) as part:
        part.write_text(text)
        meanwhile()


def test_of_several_that_write_one_file_only_one_succeeds(tmp_path):
    """All have seen that there is no file; the last step of the others fails, and the first one's file stays."""
    path = tmp_path / "out"
    with pytest.raises(xoropt.XoroptError, match="out: has appeared in the meantime; name another file or pass --forc"):
        write_slowly(path, "second", lambda: write_slowly(path, "first", lambda: None))
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["out"]
    with whole_file(path, overwrite=True) as part:
        part.write_text("third")
    assert path.read_text() == "third"


def test_a_file_system_without_links(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_slowly(tmp_path / "out", "first", lambda: None)
    with pytest.raises(xoropt.XoroptError, match="has appeared in the meantime"):
        write_slowly(tmp_path / "new", "second", lambda: (tmp_path / "new").write_text("another's"))
    assert (tmp_path / "out").read_text() == "first"
    assert (tmp_path / "new").read_text() == "another's"
    assert sorted(os.listdir(tmp_path)) == ["new", "out"]


def test_a_folder_that_appears_in_the_meantime(tmp_path, monkeypatch):
    usual = Path.mkdir

    def slow(path, *arguments, **more):
        usual(path, *arguments, **more)
        if path.name.startswith(".xoropt-"):
            usual(tmp_path / "made")
            (tmp_path / "made" / "b").write_text("another's")

    monkeypatch.setattr(Path, "mkdir", slow)
    with pytest.raises(xoropt.XoroptError, match="b: has appeared in the meantime"):
        write_folder(tmp_path / "made", {"a": "1", "b": "2", "c": "3"})
    assert os.listdir(tmp_path) == ["made"]
    assert os.listdir(tmp_path / "made") == ["b"]
    assert (tmp_path / "made" / "b").read_text() == "another's"


def test_a_circle_of_links(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for overwrite in (False, True):
        with pytest.raises(xoropt.XoroptError, match=r"exists already|is no name of a file|symbolic links"):
            check_new(tmp_path / "a", overwrite)
    with pytest.raises(xoropt.XoroptError, match=r"No such file|is no name of a file|loop|symbolic links"):
        xoropt.load(tmp_path / "a")


def test_a_file_that_is_cut_after_it_was_opened(tmp_path):
    """The process would be ended by the system if it had mapped the file."""
    weights = np.random.default_rng(0).choice(np.array([0, 0, 0, 1], np.int8), (300, 400))
    write_safetensors(tmp_path / "plain", {"w": weights}, {})
    xoropt.save(xoropt.compress({"w": weights}), tmp_path / "small")
    code = (
        "import os, xoropt; from xoropt.common.tensor_files import read_arrays\n"
        "arrays, _ = read_arrays('plain'); model = xoropt.load('small')\n"
        "os.truncate('plain', 100); os.truncate('small', 100)\n"
        "assert (xoropt.decompress(model)['w'] == arrays['w']).all()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_a_file_that_is_cut_while_it_is_read(tmp_path, monkeypatch):
    write_safetensors(tmp_path / "file", {"w": np.arange(1000)}, {})
    usual = json.loads

    def slow(text, **more):
        os.truncate(tmp_path / "file", 5000)
        return usual(text, **more)

    monkeypatch.setattr(tensor_files.json, "loads", slow)
    with pytest.raises(xoropt.FormatError, match="file: was cut while it was read; get the file again"):
        read_safetensors(tmp_path / "file")


def test_a_large_file_is_mapped(tmp_path, monkeypatch):
    write_safetensors(tmp_path / "file", ARRAYS, {})
    monkeypatch.setattr(tensor_files, "MOST_READ", 10)
    arrays, _ = read_safetensors(tmp_path / "file")
    for name, array in ARRAYS.items():
        assert (arrays[name] == array).all()
        assert not arrays[name].flags.writeable
