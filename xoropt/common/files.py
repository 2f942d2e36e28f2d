"""Files: arrays from safetensors and npz, text, and new files that appear whole or not at all."""

import json
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate, count
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from xoropt.common.dtypes import dtype_of, name_of
from xoropt.common.errors import FormatError, XoroptError

__all__ = [
    "check_new",
    "read_arrays",
    "read_safetensors",
    "read_text",
    "reason_of",
    "safetensors_header",
    "stream_safetensors",
    "unfinished",
    "whole_file",
    "write_safetensors",
]


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Map the arrays of a safetensors file into memory and read its metadata.

    The safetensors library checks the file; the bytes are then mapped here, because its NumPy view lacks some dtypes.

    Returns:
        The arrays by name, read-only, in the order of the file's header; the metadata.

    Raises:
        FormatError: not a safetensors file, damaged, truncated, or with a dtype that is not supported.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    _check_readable(path)
    try:
        with safe_open(path, framework="numpy") as checked:
            checked.metadata()  # whose order is another one every time
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        data = (
            np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length) if _has_data(header) else np.empty(0, np.uint8)
        )
        arrays = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            arrays[name] = data[first:last].view(np.ndarray).view(dtype_of(entry["dtype"])).reshape(entry["shape"])
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except SafetensorError as error:
        raise FormatError(f"{path}: not a readable safetensors file ({error}); was it cut short or damaged?") from None
    except FormatError as error:
        raise FormatError(f"{path}: {error}.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FormatError(f"{path}: the header of this safetensors file is damaged.") from None
    return arrays, metadata


def _has_data(header: dict) -> bool:
    return any(entry["data_offsets"][1] for entry in header.values())


def _check_readable(path: Path) -> None:
    """Raise XoroptError unless the path is a file; reading a pipe would block, and it can't be read twice."""
    try:
        if path.is_file():
            return
        reason = "is not a file" if path.exists() else "No such file or directory"
    except OSError as error:
        reason = reason_of(error)
    raise XoroptError(f"{path}: {reason}.")


def read_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a .npz file, or map any other file as `read_safetensors` does.

    Returns:
        The arrays by name, in the machine's byte order; the metadata, which a .npz file does not have.

    Raises:
        FormatError: not such a file, damaged, truncated, or with a dtype that is not supported.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    if path.suffix != ".npz":
        return read_safetensors(path)
    _check_readable(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except Exception:  # a damaged archive can raise almost anything, from zlib's errors to the tokenizer's
        raise FormatError(f"{path}: not a readable .npz file of plain arrays; was it cut short or damaged?") from None
    for name, array in arrays.items():
        try:
            if not isinstance(array, np.ndarray):
                raise FormatError("is not an array")
            name_of(array.dtype)
            arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
        except FormatError as error:
            raise FormatError(f"{path}: tensor '{name}': {error}.") from None
    return arrays, {}


def read_text(path: str | os.PathLike[str], otherwise: str) -> str:
    """Read a UTF-8 text file.

    Args:
        path: the file.
        otherwise: the message where it is not text: what the file should be, and how to fix it.

    Raises:
        XoroptError: the file cannot be read.
        FormatError: it is not text.
    """
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path}: {otherwise}") from None


def check_new(path: str | os.PathLike[str], overwrite: bool) -> None:
    """Check that `path` can become a new file.

    Args:
        path: where the file is to be.
        overwrite: allow a file that exists to be replaced.

    Raises:
        XoroptError: it exists, is no plain file, or its folder is missing.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise XoroptError(f"{path}: is a folder; name a file.")
        if path.exists() and not path.is_file():
            raise XoroptError(f"{path}: is a device or a pipe; name a file.")
        if os.path.lexists(path) and not overwrite:
            raise XoroptError(
                f"{path}: exists already; name another file or pass --force (overwrite=True) to replace it."
            )
        if not path.parent.is_dir():
            raise XoroptError(f"{path.parent}: no such folder; make it first or name another.")
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}; name another file.") from None


_COUNT = count()


@contextmanager
def unfinished(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a place beside `path` for a file or folder that is still being written.

    The place is unique to this process and has a short name. The block moves what it made there to `path` as its last
    step; what is left there when the block ends, well or not, is removed.

    Raises:
        XoroptError: a write within the block failed (a full disk, no permission); the message names `path`.
    """
    part = Path(path).absolute().parent / f".xoropt-{os.getpid()}-{next(_COUNT)}.part"
    try:
        yield part
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}; nothing was written.") from None
    except SafetensorError as error:
        raise XoroptError(f"{path}: could not be written ({error}); nothing was written.") from None
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


@contextmanager
def whole_file(path: str | os.PathLike[str], overwrite: bool = False) -> Iterator[Path]:
    """Give a place beside `path` to write a file to, which becomes `path` when the block ends well.

    Raises:
        XoroptError: `path` can't become a new file, see `check_new`, or a write failed (a full disk, no permission).
    """
    check_new(path, overwrite)
    path = Path(path).resolve()  # a link stays, what it points to is replaced
    with unfinished(path) as part:
        part.touch()
        mode = part.stat().st_mode
        yield part
        part.chmod(mode)  # safetensors makes its files readable by their owner alone
        os.replace(part, path)


def write_safetensors(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], overwrite: bool = False
) -> None:
    """Write arrays and metadata as a safetensors file, whole or not at all.

    Args:
        path: where the file is to be.
        arrays: by name.
        metadata: of the file; empty: none is written.
        overwrite: replace a file that exists.

    Raises:
        XoroptError: `path` can't become a new file, a name is not allowed, or a write failed.
    """
    _check_names(arrays)
    ready = {name: np.require(array, requirements="C") for name, array in arrays.items()}
    with whole_file(path, overwrite) as part:
        save_file(ready, part, metadata=dict(metadata) or None)


def stream_safetensors(
    path: str | os.PathLike[str],
    forms: Mapping[str, tuple[tuple[int, ...], np.dtype]],
    array_of: Callable[[str], np.ndarray],
    metadata: Mapping[str, str],
    overwrite: bool = False,
) -> None:
    """Write a safetensors file array by array, so that only one of them is in memory; whole or not at all.

    Args:
        path: where the file is to be.
        forms: the shape and dtype of every array, by name, in the order of the file's header.
        array_of: returns an array by its name; called once for each that is not empty.
        metadata: of the file; empty: none is written.
        overwrite: replace a file that exists.

    Raises:
        XoroptError: as for `write_safetensors`, and what `array_of` raises.
    """
    _check_names(forms)
    header = safetensors_header(forms, metadata)
    with whole_file(path, overwrite) as part, part.open("wb") as file:
        file.write(header)
        for name in _widest_first(forms):
            if math.prod(forms[name][0]):
                array = np.ascontiguousarray(array_of(name).reshape(-1))
                file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).view(np.uint8).data)


def safetensors_header(
    forms: Mapping[str, tuple[tuple[int, ...], np.dtype]], metadata: Mapping[str, str] | None = None
) -> bytes:
    """Make the bytes of a safetensors file that come before its data: the header's length and the header.

    The data that the header describes has the arrays with the widest items first, so that every one lies at a multiple
    of its item size; those of one width in the order of `forms`.

    Args:
        forms: the shape and dtype of every array, by name, in the order of the header.
        metadata: of the file; None or empty: none is written.

    Raises:
        FormatError: a dtype that safetensors files do not have.
    """
    sizes = {name: math.prod(shape) * dtype.itemsize for name, (shape, dtype) in forms.items()}
    order = _widest_first(forms)
    ends = dict(zip(order, accumulate(sizes[name] for name in order), strict=True))
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    for name, (shape, dtype) in forms.items():
        offsets = [ends[name] - sizes[name], ends[name]]
        header[name] = {"dtype": name_of(dtype), "shape": list(shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _widest_first(forms: Mapping[str, tuple[tuple[int, ...], np.dtype]]) -> list[str]:
    return sorted(forms, key=lambda name: -forms[name][1].itemsize)


def _check_names(names: Iterable[str]) -> None:
    if "__metadata__" in names:
        raise XoroptError("a tensor named '__metadata__' can't stand in a safetensors file; rename or leave it out.")


def reason_of(error: OSError) -> str:
    """Say in a few words why the system refused: the text that follows a file's name in a message."""
    return error.strerror or str(error) or type(error).__name__
