"""Open any checkpoint as a mapping of names to tensors that are read, or decoded, when they are needed."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np

from xoropt.checkpoints.folders import read_folder
from xoropt.checkpoints.layout import Place
from xoropt.checkpoints.manifest import is_compressed_folder
from xoropt.checkpoints.opened import Opened, open_compressed
from xoropt.checkpoints.shards import Shard, array_of_octets, read_shard
from xoropt.common.arguments import path_of
from xoropt.common.dtypes import dtype_of, has_whole_bytes
from xoropt.common.errors import FormatError
from xoropt.model.file.container import KEY
from xoropt.model.names import nearest_name

__all__ = ["Checkpoint", "LazyTensor", "open_checkpoint"]


@dataclass(frozen=True, eq=False)
class LazyTensor:
    """A tensor of a checkpoint, which is read when it is needed.

    `tensor[2:5]` reads these rows alone, `tensor[:, 2:5]` these columns, where whole rows need not be decoded for them
    (GPTQ, whose columns are outputs). `tensor[...]` and `numpy.asarray(tensor)` read all; any other index reads all and
    picks from it.

    Attributes:
        name: in the checkpoint.
        shard: the path of the file that it is in.
        shape, dtype: of the tensor; uint8 where NumPy lacks the dtype.
    """

    name: str
    shard: str
    shape: tuple[int, ...]
    dtype: np.dtype
    _place: Place = field(repr=False)
    _source: Shard | Opened = field(repr=False)

    def __getitem__(self, index: Any) -> Any:
        """Read the tensor, or some rows of it."""
        if isinstance(index, slice) and self.shape and len(self) and self.shape == self._place.shape:
            first, stop, step = index.indices(len(self))
            if step == 1 and first < stop:
                return self._rows(first, stop)
        elif isinstance(index, SupportsIndex) and not isinstance(index, np.ndarray) and self.shape:
            row = int(index) + (len(self) if int(index) < 0 else 0)
            if not 0 <= row < len(self):
                raise IndexError(f"row {index} is out of range; '{self.name}' has {len(self)}")
            return self[row : row + 1][0]
        elif self._are_columns(index):
            assert isinstance(self._source, Opened)
            first, stop, step = index[1].indices(self.shape[1])
            if step == 1 and first < stop:
                return self._source.array(self.shard, self.name, columns=slice(first, stop))
        return self._whole()[index]

    def _are_columns(self, index: Any) -> bool:
        return (
            isinstance(self._source, Opened)
            and isinstance(index, tuple)
            and len(index) == 2
            and index[0] == slice(None)
            and isinstance(index[1], slice)
            and len(self.shape) > 1
            and self.shape == self._place.shape
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Read the whole tensor."""
        return self._whole() if dtype is None else self._whole().astype(dtype)

    def __len__(self) -> int:
        """Return the number of rows."""
        if not self.shape:
            raise TypeError(f"'{self.name}' is a number without rows")
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of weights."""
        return int(np.prod(self.shape, dtype=np.int64))

    def _whole(self) -> np.ndarray:
        source = self._source
        return source.array(self.name) if isinstance(source, Shard) else source.array(self.shard, self.name)

    def _rows(self, first: int, stop: int) -> np.ndarray:
        source = self._source
        if isinstance(source, Opened):
            return source.array(self.shard, self.name, slice(first, stop))
        if not has_whole_bytes(self.dtype):
            return source.array(self.name)[first:stop]
        row = (self._place.last - self._place.first) // len(self)
        octets = source.octets(self.name, first * row, (stop - first) * row)
        return array_of_octets(octets, self._place.dtype, (stop - first, *self.shape[1:]))


@dataclass(frozen=True, eq=False)
class Checkpoint(Mapping[str, LazyTensor]):
    """The tensors of a checkpoint by name; a context manager.

    Attributes:
        path: the file or the folder.
        tensors: by name.
    """

    path: Path
    tensors: dict[str, LazyTensor] = field(repr=False)

    def __getitem__(self, name: str) -> LazyTensor:
        """Return a tensor, which is not read yet.

        Raises:
            KeyError: there is none; the message names the nearest one.
        """
        try:
            return self.tensors[name]
        except KeyError:
            raise KeyError(f"no tensor '{name}'{nearest_name(str(name), self.tensors)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(self, *error: object) -> None:
        """Forget the tensors; files are open only while they are read."""
        self.tensors.clear()


def open_checkpoint(path: str | os.PathLike[str], *, decoder: str = "auto") -> Checkpoint:
    """Open a checkpoint: a safetensors file or a folder of shards, plain or compressed; names are the original's.

    Args:
        path: the file or the folder.
        decoder: as for `xoropt.decode`.

    Returns:
        A mapping of names to tensors. Of what is compressed, rows by slicing decode only what they need. A name that is
        in several files of the folder stands for none of them, unless the path of the file is put before it, with a
        colon: `"unet/model.safetensors:conv.weight"`.

    Raises:
        FormatError: there is no checkpoint, or it is damaged.
        XoroptError: a file cannot be read.

    Example:
        >>> with xoropt.open_checkpoint("model/") as tensors:  # doctest: +SKIP
        ...     rows = tensors["model.embed_tokens.weight"][100:200]
    """
    path = path_of(path)
    if is_compressed_folder(path):
        return _of_opened(open_compressed(path, decoder))
    if path.is_dir():
        return _checkpoint(path, read_folder(path, to_copy=False).shards)
    shard = read_shard(path)
    if KEY not in shard.layout.metadata:
        return _checkpoint(path, {path.name: shard})
    return _of_opened(open_compressed(path, decoder))


def _of_opened(opened: Opened) -> Checkpoint:
    found: dict[tuple[str, str], LazyTensor] = {}
    for shard, source in opened.sources.items():
        found |= {(shard, name): _tensor(name, shard, place, opened) for name, place in source.layout.places.items()}
    return Checkpoint(opened.path, _by_name(found))


def _checkpoint(path: Path, shards: Mapping[str, Shard]) -> Checkpoint:
    found: dict[tuple[str, str], LazyTensor] = {}
    for at, shard in shards.items():
        found |= {(at, name): _tensor(name, at, place, shard) for name, place in shard.layout.places.items()}
    return Checkpoint(path, _by_name(found))


def _by_name(found: Mapping[tuple[str, str], LazyTensor]) -> dict[str, LazyTensor]:
    times: dict[str, int] = {}
    for _, name in found:
        times[name] = times.get(name, 0) + 1
    return {name if times[name] == 1 else f"{shard}:{name}": tensor for (shard, name), tensor in found.items()}


def _tensor(name: str, shard: str, place: Place, source: Shard | Opened) -> LazyTensor:
    try:
        return LazyTensor(name, shard, place.shape, dtype_of(place.dtype), place, source)
    except FormatError:
        return LazyTensor(name, shard, (place.last - place.first,), np.dtype(np.uint8), place, source)
