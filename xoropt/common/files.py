"""Files of arrays: safetensors and npz in, safetensors out, whole or not at all."""

import json
import math
import os
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
    "part_beside",
    "read_arrays",
    "read_safetensors",
    "read_text",
    "stream_safetensors",
    "whole_file",
    "write_safetensors",
]


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays of a safetensors file, in the file's order, mapped read-only from the disk, and its metadata.

    The safetensors library checks the file; the bytes are then mapped here, because its NumPy view lacks some dtypes.

    Raises:
        FormatError: not a safetensors file, damaged, truncated, or with a dtype that is not supported.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    _check_readable(path)
    try:
        with safe_open(path, framework="numpy") as checked:
            metadata = dict(checked.metadata() or {})
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        data = (
            np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length) if _has_data(header) else np.empty(0, np.uint8)
        )
        arrays = {}
        for name, entry in header.items():
            if name != "__metadata__":
                first, last = entry["data_offsets"]
                arrays[name] = data[first:last].view(np.ndarray).view(dtype_of(entry["dtype"])).reshape(entry["shape"])
    except OSError as error:
        raise XoroptError(f"{path}: {_reason(error)}.") from None
    except SafetensorError as error:
        raise FormatError(f"{path}: not a readable safetensors file ({error}); was it cut short or damaged?") from None
    except FormatError as error:
        raise FormatError(f"{path}: {error}.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FormatError(f"{path}: the header of this safetensors file is damaged.") from None
    return arrays, metadata


def _has_data(header: dict) -> bool:
    return any(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")


def _check_readable(path: Path) -> None:
    """XoroptError unless the path is a file; a pipe would be waited for, and can't be read twice."""
    try:
        if path.is_file():
            return
        reason = "is not a file" if path.exists() else "No such file or directory"
    except OSError as error:
        reason = _reason(error)
    raise XoroptError(f"{path}: {reason}.")


def read_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays, in the machine's byte order, and metadata of a .safetensors or .npz file; errors as for
    `read_safetensors`.
    """
    path = Path(path)
    if path.suffix != ".npz":
        return read_safetensors(path)
    _check_readable(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise XoroptError(f"{path}: {_reason(error)}.") from None
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
    """The text of a UTF-8 file.

    Raises:
        XoroptError: the file cannot be read.
        FormatError: it is not text; `otherwise` says what that means and how to mend it.
    """
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise XoroptError(f"{path}: {_reason(error)}.") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path}: {otherwise}") from None


def check_new(path: str | os.PathLike[str], overwrite: bool) -> None:
    """XoroptError when `path` can't become a new file: it exists already, or its folder is missing."""
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
        raise XoroptError(f"{path}: {_reason(error)}; name another file.") from None


_COUNT = count()


def part_beside(path: Path) -> Path:
    """A place in the folder of `path` for what is not finished: no other of this process, short, whatever its name."""
    return path.parent / f".xoropt-{os.getpid()}-{next(_COUNT)}.part"


@contextmanager
def whole_file(path: str | os.PathLike[str], overwrite: bool = False) -> Iterator[Path]:
    """A place beside `path` to write to; it becomes `path` when the block ends well and is removed when it does not.

    Raises:
        XoroptError: as `check_new`, or the write fails (a full disk, no permission).
    """
    path = Path(path)
    check_new(path, overwrite)
    path = path.resolve()  # a link stays, what it points to is replaced
    part = part_beside(path)
    try:
        part.touch()
        mode = part.stat().st_mode
        yield part
        part.chmod(mode)  # safetensors makes its files readable by their owner alone
        os.replace(part, path)
    except OSError as error:
        raise XoroptError(f"{path}: {_reason(error)}; nothing was written.") from None
    except SafetensorError as error:
        raise XoroptError(f"{path}: could not be written ({error}); nothing was written.") from None
    finally:
        part.unlink(missing_ok=True)


def write_safetensors(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], overwrite: bool = False
) -> None:
    """Write arrays and metadata as a safetensors file, whole or not at all; errors as for `whole_file`."""
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
        forms: the shape and dtype of every array, by name.
        array_of: an array by its name; called once for each.
        metadata: of the file.

    Raises:
        XoroptError: as `write_safetensors`, and what `array_of` raises.
    """
    _check_names(forms)
    # Wide dtypes first, as the library does it, so that every array lies at a multiple of its item size.
    order = sorted(forms, key=lambda name: -forms[name][1].itemsize)
    sizes = {name: math.prod(shape) * dtype.itemsize for name, (shape, dtype) in forms.items()}
    ends = dict(zip(order, accumulate(sizes[name] for name in order), strict=True))
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    for name, (shape, dtype) in forms.items():
        offsets = [ends[name] - sizes[name], ends[name]]
        header[name] = {"dtype": name_of(dtype), "shape": list(shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with whole_file(path, overwrite) as part, part.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            if sizes[name]:
                array = np.ascontiguousarray(array_of(name).reshape(-1))
                file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).view(np.uint8).data)


def _check_names(names: Iterable[str]) -> None:
    if "__metadata__" in names:
        raise XoroptError("a tensor named '__metadata__' can't stand in a safetensors file; rename or leave it out.")


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
