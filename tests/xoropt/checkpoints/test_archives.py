"""NumPy's archives come back byte for byte, and as arrays where their compression can't be done again."""

import io
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

import xoropt
from xoropt.checkpoints.archives import archive_from, as_archived, describe_archive, open_archive, read_archive
from xoropt.checkpoints.workers import encode_units
from xoropt.common.errors import FormatError


def arrays():
    rng = np.random.default_rng(0)
    return {
        "layer.weight": (rng.standard_normal((128, 96)) * 0.02).astype(np.float32),
        "by columns": np.asfortranarray(rng.integers(-3, 4, (64, 48)).astype(np.float16)),
        "swapped": rng.integers(0, 5, 3000).astype(">i4"),
        "tied": (rng.standard_normal((128, 96)) * 0.02).astype(np.float32),
        "one": np.float64(3.5),
        "none": np.zeros((0, 3), np.int8),
        "yes": rng.random((50, 50)) < 0.1,
        "größe/ÿ": np.arange(7),
    }


def with_level(level):
    def write(path, tensors):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            for name, array in tensors.items():
                data = io.BytesIO()
                np.save(data, array)
                archive.writestr(f"{name}.npy", data.getvalue())

    return write


def in_a_pipe(path, tensors):
    """Without seeking: sizes stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    pipe = Pipe()
    np.savez_compressed(pipe, **tensors)
    path.write_bytes(bytes(pipe.data))


def before_and_behind(path, tensors):
    """With bytes before the first member, and a comment."""
    np.savez(path, **tensors)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"a comment"


WRITERS = {
    "stored": lambda path, tensors: np.savez(path, **tensors),
    "deflated": lambda path, tensors: np.savez_compressed(path, **tensors),
    "level 1": with_level(1),
    "level 9": with_level(9),
    "in a pipe": in_a_pipe,
    "with a comment": before_and_behind,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_byte_comes_back(name, tmp_path, xoropt_command):
    path, small, again = tmp_path / "in.npz", tmp_path / "small.safetensors", tmp_path / "again.npz"
    WRITERS[name](path, arrays())
    assert xoropt_command("compress", path, small)[0] == 0
    assert xoropt_command("decompress", small, again)[0] == 0
    assert again.read_bytes() == path.read_bytes()
    assert xoropt_command("decompress", small, tmp_path / "without suffix")[0] == 0
    assert (tmp_path / "without suffix").read_bytes() == path.read_bytes()
    (tmp_path / "without suffix").unlink()
    status, out, _ = xoropt_command("verify", path, small)
    assert status == 0
    assert "8 of 8 tensors are identical, bit for bit" in out
    assert sorted(found.name for found in tmp_path.iterdir()) == ["again.npz", "in.npz", "small.safetensors"]


def test_as_arrays_too(tmp_path):
    path, small = tmp_path / "in.npz", tmp_path / "small.safetensors"
    np.savez_compressed(path, **arrays())
    report = xoropt.compress_checkpoint(path, small)
    assert report.size == path.stat().st_size
    for name, array in xoropt.decompress(small).items():
        assert array.dtype == arrays()[name].dtype.newbyteorder("=")
        assert (array == arrays()[name]).all()
    xoropt.decompress_checkpoint(small, tmp_path / "plain.safetensors")
    assert load_file(tmp_path / "plain.safetensors").keys() == arrays().keys()
    with xoropt.open_checkpoint(small) as tensors:
        assert (tensors["by columns"][3:5] == arrays()["by columns"][3:5]).all()
    estimate = xoropt.inspect_checkpoint(path)
    assert estimate.bytes == path.stat().st_size
    assert abs(estimate.predicted_bytes / small.stat().st_size - 1) < 0.1


def test_what_cannot_be_deflated_again_comes_back_as_arrays(tmp_path, xoropt_command):
    path, small = tmp_path / "in.npz", tmp_path / "small.safetensors"
    data = io.BytesIO()
    np.save(data, np.arange(5000) % 7)
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15, 8, zlib.Z_HUFFMAN_ONLY)
    deflated = deflate.compress(data.getvalue()) + deflate.flush()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", deflated)
        info = archive.getinfo("a.npy")
        info.compress_type, info.file_size, info.CRC = (
            zipfile.ZIP_DEFLATED,
            len(data.getvalue()),
            zlib.crc32(data.getvalue()),
        )
    assert (np.load(path)["a"] == np.arange(5000) % 7).all()
    status, _, err = xoropt_command("compress", path, small)
    assert status == 0
    assert "can't be made again, byte for byte" in err
    status, _, err = xoropt_command("decompress", small, tmp_path / "again.npz")
    assert (status, err.count("\n")) == (1, 1)
    assert "its compression can't be done again; name a file that ends in .safetensors" in err
    assert xoropt_command("decompress", small, tmp_path / "again.safetensors")[0] == 0
    assert (load_file(tmp_path / "again.safetensors")["a"] == np.arange(5000) % 7).all()
    assert xoropt_command("verify", path, small)[0] == 0


def test_an_ended_run_goes_on(tmp_path, monkeypatch):
    from xoropt.checkpoints import compressing

    path = tmp_path / "in.npz"
    np.savez(path, **arrays())
    xoropt.compress_checkpoint(path, tmp_path / "whole.safetensors")

    def some(units, *rest):
        for number, found in enumerate(encode_units(units, *rest)):
            if number == 2:
                raise KeyboardInterrupt
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(compressing, "encode_units", some)
        with pytest.raises(KeyboardInterrupt):
            xoropt.compress_checkpoint(path, tmp_path / "out.safetensors")
    assert (tmp_path / "out.safetensors.partial").is_dir()
    xoropt.compress_checkpoint(path, tmp_path / "out.safetensors")
    assert (tmp_path / "out.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
    assert not (tmp_path / "out.safetensors.partial").exists()


@given(
    st.lists(st.sampled_from(["<f4", ">f8", "|i1", "<u2", "|b1", "<c8"]), min_size=1, max_size=4),
    st.sampled_from([np.savez, np.savez_compressed]),
    st.integers(0, 2**32 - 1),
)
def test_an_archive_is_its_frame_and_its_members(tmp_path_factory, dtypes, save, seed):
    rng = np.random.default_rng(seed)
    shapes = [tuple(rng.integers(0, 6, rng.integers(0, 4))) for _ in dtypes]
    given = {
        str(i): np.require(rng.integers(0, 3, shape).astype(dtype), requirements=rng.choice(["C", "F"]))
        for i, (dtype, shape) in enumerate(zip(dtypes, shapes, strict=True))
    }
    path = tmp_path_factory.mktemp("archive") / "in.npz"
    save(path, **given)
    archive = archive_from(describe_archive(read_archive(path)))
    made, at = b"", 0
    with open_archive(path) as read:
        for member in archive.members:
            made += archive.frame[at : member.at] + b"".join(as_archived(member, read(member)))
            at = member.at
    assert made + archive.frame[at:] == path.read_bytes()


def forged(change):
    said = {"frame": "eJwDAAAAAAE=", "members": [{"name": "a", "at": 0, "head": ""}]}
    change(said)
    return said


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(frame="no base64!"),
        lambda said: said.update(frame="AAAA"),
        lambda said: said["members"][0].update(at=7),
        lambda said: said["members"][0].update(at=-1),
        lambda said: said["members"][0].update(level=11),
        lambda said: said["members"][0].update(head=3),
        lambda said: said.update(members={}),
        lambda said: said.update(again="yes"),
    ],
)
def test_a_forged_description(change):
    assert archive_from(forged(lambda said: None)).frame == b""
    with pytest.raises(FormatError, match="the description lacks a valid"):
        archive_from(forged(change))


def test_a_header_of_another_array(tmp_path):
    np.savez(tmp_path / "in.npz", a=np.arange(3), b=np.arange(4))
    a, b = read_archive(tmp_path / "in.npz").members
    with (
        open_archive(tmp_path / "in.npz") as read,
        pytest.raises(FormatError, match="array 'a': its header is of another array"),
    ):
        b"".join(as_archived(a, read(b)))
    bad = b"\x93NUMPY\x01\x00\x04\x00(" + b"'" * 3, b"\x93NUMPY\x09\x00", a.head[:20], a.head.replace(b"{", b"["), b""
    for head in bad:
        with pytest.raises(FormatError, match="array 'a': its header is not valid"):
            b"".join(as_archived(replace(a, head=head), np.arange(3)))


def test_a_compressed_file_whose_archive_is_forged(tmp_path, xoropt_command):
    from xoropt.checkpoints import assembly, source

    path, small = tmp_path / "in.npz", tmp_path / "small.safetensors"
    np.savez(path, a=np.arange(3))

    def forge(about, tensors):
        said = source.describe_source(about, tensors)
        said["archive"] |= {"members": [said["archive"]["members"][0] | {"name": "other"}]}
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "describe_source", forge)
        xoropt.compress_checkpoint(path, small)
    status, _, err = xoropt_command("decompress", small, tmp_path / "again.npz")
    assert (status, err.count("\n")) == (1, 1)
    assert "lacks the array 'other'; get the file again" in err
    assert sorted(found.name for found in tmp_path.iterdir()) == ["in.npz", "small.safetensors"]


def cut(path):
    path.write_bytes(path.read_bytes()[:-300])


def twice(path):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("one.npy", archive.read("one.npy"))


BAD = {
    "cut": (cut, "was it cut short or damaged?"),
    "two arrays of one name": (twice, "holds two arrays of one name; rename one"),
    "objects": (lambda path: np.savez(path, a=np.array([{}, 1], dtype=object)), "tensor 'a': the dtype object has no"),
    "texts": (lambda path: np.savez(path, a=np.array(["x", "yy"])), "tensor 'a': the dtype <U2 has no place"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_archive_is_one_line(name, tmp_path, xoropt_command):
    path = tmp_path / "in.npz"
    np.savez_compressed(path, **arrays())
    BAD[name][0](path)
    for command in (("compress", path, tmp_path / "out"), ("inspect", path)):
        status, _, err = xoropt_command(*command)
        assert (status, err.count("\n")) == (1, 1)
        assert BAD[name][1] in err
    assert [found.name for found in tmp_path.iterdir()] == ["in.npz"]


def test_an_archive_of_nothing(tmp_path, xoropt_command):
    np.savez(tmp_path / "in.npz")
    assert xoropt_command("compress", tmp_path / "in.npz", tmp_path / "small")[0] == 0
    assert xoropt_command("decompress", tmp_path / "small", tmp_path / "again")[0] == 0
    assert (tmp_path / "again").read_bytes() == (tmp_path / "in.npz").read_bytes()
