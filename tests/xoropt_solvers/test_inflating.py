"""Archives that inflate to far more than they are: refused by every reader, before a byte is unpacked."""

import tracemalloc
import zipfile

import numpy as np
import pytest
from xoropt_solvers import formats, inflating
from xoropt_solvers.errors import FileFormatError

import xoropt

SIZE = 1 << 26


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """64 MiB of zeros in 66 kB; the bytes that every archive may have are lowered below that."""
    monkeypatch.setattr(inflating, "LEAST", 1 << 20)
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, A=np.zeros((1 << 13, SIZE >> 13), dtype=bool), b=np.zeros(1 << 13, dtype=bool))
    assert path.stat().st_size < SIZE / 900
    return path


def readers(folder):
    yield FileFormatError, formats.read_problem
    yield FileFormatError, formats.read_check_matrix
    yield xoropt.FormatError, lambda path: xoropt.compress_checkpoint(path, folder / "out.safetensors")
    yield xoropt.FormatError, xoropt.inspect_checkpoint
    yield xoropt.FormatError, lambda path: xoropt.explore.explore(data=path, budget=1)


@pytest.mark.parametrize("number", range(5))
def test_every_reader_refuses_them(archive, tmp_path, number):
    error, read = list(readers(tmp_path))[number]
    tracemalloc.start()
    with pytest.raises(error, match=r"zeros\.npz: would inflate from \d+ to \d+ bytes; .* numpy\.savez, which does"):
        read(archive)
    assert tracemalloc.get_traced_memory()[1] < SIZE / 8
    tracemalloc.stop()


def test_what_is_not_deflated_is_read(archive, tmp_path):
    with np.load(archive) as arrays:
        np.savez(tmp_path / "plain.npz", **arrays)
    assert inflating.fault_of_inflating(tmp_path / "plain.npz") is None
    with zipfile.ZipFile(tmp_path / "few.npz", "w") as empty:
        empty.writestr("a.npy", b"")
    assert inflating.fault_of_inflating(tmp_path / "few.npz") is None


def test_what_is_damaged_is_left_to_its_reader(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 and no more")
    assert inflating.fault_of_inflating(tmp_path / "a.npz") is None
    with pytest.raises(FileFormatError, match=r"damaged \.npz"):
        formats.read_problem(tmp_path / "a.npz")
