"""A compressed file or folder, opened: the tensors of the original, each decoded when it is asked for."""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from xoropt.checkpoints.formats import FORMATS, Packed
from xoropt.checkpoints.manifest import FileRecord, is_compressed_folder, read_manifest
from xoropt.checkpoints.shards import array_of_octets
from xoropt.checkpoints.source import Source, source_of
from xoropt.common.arguments import path_of
from xoropt.common.dtypes import as_stored, stored_bytes
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.lazy_arrays import MANY, LazyArray
from xoropt.common.tensor_files import pieces_in
from xoropt.model.decompression import decompress_tensor
from xoropt.model.file.container import KEY, StoredFile, open_file
from xoropt.model.file.limits import LEAST_SIZE, SIZE_FACTOR
from xoropt.model.row_parts import has_quick_rows
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype

__all__ = ["Opened", "check_claimed", "is_compressed", "open_compressed"]

KEPT = 3
"""Most tensors whose stored form is kept for further rows: those of one weight."""
UNPACKED = 64
"""How many times the bytes of its members the unpacked weight takes at most: numbers of 64 bits from a bitmap."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A compressed checkpoint.

    Attributes:
        path: the file, or the folder.
        records: what the manifest says of the folder's files; empty for a single file.
        files: the compressed files, by the path of the original shard.
        sources: what each says of its original.
        decoder: as for `xoropt.decode`.
    """

    path: Path
    records: tuple[FileRecord, ...]
    files: dict[str, StoredFile] = field(repr=False)
    sources: dict[str, Source] = field(repr=False)
    decoder: str = "auto"
    _last: dict[str, dict[str, np.ndarray]] = field(default_factory=dict, repr=False)
    _read: dict[tuple[str, str], CompressedTensor | UncompressedTensor] = field(default_factory=dict, repr=False)

    def array(self, shard: str, name: str, rows: slice | None = None, columns: slice | None = None) -> np.ndarray:
        """Decode a tensor of the original, or some of its rows or columns.

        Args:
            shard: that it is in.
            name: of the tensor.
            rows: a range of the first axis; None: all.
            columns: a range of the second axis, without `rows`; None: all.

        Raises:
            FormatError: what is stored does not fit together, or is not in this file or folder.
            XoroptError: a file cannot be read.
        """
        place = self.sources[shard].layout.places[name]
        home, inner = self.sources[shard].elsewhere.get(name, (shard, name))
        if home not in self.files:
            raise FormatError(f"{self.path}: tensor '{name}' is stored with '{home}'; open the whole folder.")
        packed = next((some for some in self.sources[home].packed if some.parts and inner in some.members), None)
        if packed is not None:
            array = self._packed(home, packed, inner, rows, columns)
        else:
            array = self._stored(home, inner, None, rows)
            array = array if columns is None or array.shape != place.shape else array[:, columns]
        if rows is not None and array.shape[1:] == place.shape[1:]:
            return array
        if columns is not None and array.shape == (*place.shape[:1], columns.stop - columns.start, *place.shape[2:]):
            return array
        if stored_bytes(array.dtype, array.size) != place.last - place.first:
            raise self._misfit(home, name)
        if array.shape != place.shape:  # its dtype is one that NumPy lacks
            array = array_of_octets(as_stored(array), place.dtype, place.shape)
        return array[rows] if rows is not None else array if columns is None else array[:, columns]

    def _packed(self, home: str, packed: Packed, name: str, rows: slice | None, columns: slice | None) -> np.ndarray:
        """Pack a tensor of a weight again, or some rows or columns of it, from what these need."""
        some = columns if rows is None else rows
        if some is not None and f"{home}::{packed.logical}" not in self._last:
            ask = FORMATS[packed.format].columns if rows is None else FORMATS[packed.format].rows
            shape = shape_and_dtype(self._tensor(home, packed.parts[0], keep=True))[0]
            ranges = ask(packed, name, some, shape[0]) if len(shape) > 1 else None
            if ranges is not None:
                return self._pack(home, packed, self.logical(home, packed, ranges))[name]
        array = self._members(home, packed)[name]
        if some is None:
            return array
        if array.ndim < (2 if rows is None else 1):
            raise self._misfit(home, name)
        return array[rows] if rows is not None else array[:, columns]

    def _misfit(self, home: str, name: str) -> FormatError:
        return FormatError(
            f"{self.files[home].path}: tensor '{name}' does not fit the original's header; get it again."
        )

    def _stored(self, home: str, name: str, most: int | None, rows: slice | None = None) -> np.ndarray:
        """Decode a tensor as it is stored.

        Args:
            home: the shard in whose file it is.
            name: of the tensor.
            most: the most bytes that it may take; None: those that it has in the original.
            rows: a range of the first axis; None: all.
        """
        file = self.files[home]
        tensor = self._tensor(home, name, keep=rows is not None)
        try:
            shape, dtype = shape_and_dtype(tensor)
            size = stored_bytes(dtype, math.prod(shape))
            place = self.sources[home].layout.places.get(name)
            if most is None and place is None:
                most = max(
                    at.last - at.first for source in self.sources.values() for at in source.layout.places.values()
                )
            if size > (most if most is not None else place.last - place.first if place is not None else 0):
                raise FormatError("claims more bytes than the original has")
            return decompress_tensor(tensor, self.decoder, rows=rows)
        except MemoryError:
            raise XoroptError(
                f"{file.path}: tensor '{name}' does not fit into memory; use a machine with more."
            ) from None
        except FormatError as error:
            raise FormatError(f"{file.path}: tensor '{name}': {str(error).rstrip('.')}.") from None

    def _tensor(self, home: str, name: str, keep: bool) -> CompressedTensor | UncompressedTensor:
        """Read a tensor as it is stored, all of it, since its checksum takes that; those of the last weight are kept.

        Args:
            home: the shard in whose file it is.
            name: of the tensor.
            keep: whether further rows of it are likely to be asked for.
        """
        key = home, name
        if key in self._read:
            return self._read[key]
        file = self.files[home]
        if name not in file.tensors:
            raise FormatError(f"{file.path}: lacks the tensor '{name}'; get the file again.")
        tensor = file.tensor(name)
        if keep:
            while len(self._read) >= KEPT:
                self._read.pop(next(iter(self._read)))
            self._read[key] = tensor
        return tensor

    def _members(self, home: str, packed: Packed) -> dict[str, np.ndarray]:
        """Return the tensors of a weight as its format has them; the last one's are kept."""
        key = f"{home}::{packed.logical}"
        if key not in self._last:
            self._last.clear()
            self._last[key] = self._pack(home, packed, self._logical_by_rows(home, packed))
        return self._last[key]

    def _pack(self, home: str, packed: Packed, logical: Mapping[str, np.ndarray | LazyArray]) -> dict[str, np.ndarray]:
        """Pack a weight, or some rows of it, as its format does."""
        try:
            made = FORMATS[packed.format].pack(packed, logical)
        except (XoroptError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
            raise FormatError(
                f"{self.files[home].path}: weight '{packed.logical}' can't be packed again ({error}); get it again."
            ) from None
        if set(made) != set(packed.members):
            raise FormatError(f"{self.files[home].path}: weight '{packed.logical}' lacks tensors; get it again.")
        return made

    def logical(self, home: str, packed: Packed, rows: list[slice] | None = None) -> dict[str, np.ndarray]:
        """Decode the unpacked arrays of a weight of another library's format, which has some.

        Args:
            home: the shard in whose file they are.
            packed: the weight.
            rows: ranges of the weight's first axis, which are put together, also of arrays of as many rows; None: all.
        """
        most, found, length = self._most_unpacked(packed), {}, None
        for part in packed.parts:
            if rows is not None:
                shape = shape_and_dtype(self._tensor(home, part, keep=True))[0]
                length = shape[0] if length is None else length
                if shape[:1] == (length,):
                    found[part] = np.concatenate([self._stored(home, part, most, some) for some in rows])
                    continue
            found[part] = self._stored(home, part, most)
        return found

    def _logical_by_rows(self, home: str, packed: Packed) -> Mapping[str, np.ndarray | LazyArray]:
        """Return the unpacked arrays of a weight; of a large one those rows alone are decoded that are asked for."""
        weight = packed.parts[0]
        tensor, most = self._tensor(home, weight, keep=True), self._most_unpacked(packed)
        shape, dtype = shape_and_dtype(tensor)
        if math.prod(shape) <= MANY or not (FORMATS[packed.format].by_rows and has_quick_rows(tensor)):
            found = self.logical(home, packed)
            self._read.pop((home, weight), None)  # no rows of it will be asked for
            return found

        def rows(first: int, stop: int) -> np.ndarray:
            return self._stored(home, weight, most, slice(first, stop))

        others = {part: self._stored(home, part, most) for part in packed.parts[1:]}
        flat = LazyArray.of_rows(rows, (shape[0], math.prod(shape[1:])), dtype)
        return {weight: flat.reshape(*shape)} | others

    def _most_unpacked(self, packed: Packed) -> int:
        """Return the most bytes that an unpacked array of a weight may take."""
        size = sum(
            at.last - at.first
            for source in self.sources.values()
            for name, at in source.layout.places.items()
            if name in packed.members
        )
        return UNPACKED * size + (1 << 20)

    def tensor(self, shard: str, name: str) -> CompressedTensor | UncompressedTensor | None:
        """Read a tensor as it is stored; None for one that is a part of another library's weight."""
        home, inner = self.sources[shard].elsewhere.get(name, (shard, name))
        return self.files[home].tensor(inner) if inner in self.files[home].tensors else None

    def is_carried(self, shard: str, name: str) -> bool:
        """Tell whether a tensor is stored as it is."""
        home, inner = self.sources[shard].elsewhere.get(name, (shard, name))
        tensor = self.files[home].tensors.get(inner)
        return tensor is not None and "carried" in tensor.entry

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield the shard and the name of every tensor of the original."""
        for shard, source in self.sources.items():
            yield from ((shard, name) for name in source.layout.places)


def is_compressed(path: Path) -> bool:
    """Tell whether a file or a folder is compressed; not whether it is in order."""
    if path.is_dir():
        return is_compressed_folder(path)
    try:
        return KEY in pieces_in(path)[1]
    except XoroptError:
        return False


def open_compressed(path: str | os.PathLike[str], decoder: str = "auto") -> Opened:
    """Open a compressed file that was made of a checkpoint, or a compressed folder; no tensor is read.

    Raises:
        FormatError: it is none, it is damaged, or files are missing.
        XoroptError: a file cannot be read.
    """
    path = path_of(path)
    if not path.is_dir():
        file = open_file(path)
        return Opened(path, (), {path.name: file}, {path.name: source_of(file)}, decoder)
    records = tuple(read_manifest(path))
    files = {record.path: open_file(path / record.stored_path) for record in records if record.compressed}
    sources = {shard: source_of(file) for shard, file in files.items()}
    for record in records:
        if record.compressed and (sources[record.path].sha256, sources[record.path].size) != (
            record.sha256,
            record.size,
        ):
            raise FormatError(
                f"{path / record.stored_path}: is of another original than the manifest says; get it again."
            )
    for shard, source in sources.items():
        for name, (home, inner) in source.elsewhere.items():
            if home not in sources or name not in source.layout.places or inner in sources[home].elsewhere:
                raise FormatError(f"{files[shard].path}: says wrongly where the tensor '{name}' is; get it again.")
    return Opened(path, records, files, sources, decoder)


def check_claimed(opened: Opened, max_size: int | None) -> None:
    """Check to how many bytes a checkpoint is decompressed, before anything is.

    Raises:
        FormatError: it is more than `max_size`, or than 1 GiB and 1,000 times its size.
    """
    stored = sum(file.path.stat().st_size for file in opened.files.values())
    most = max(LEAST_SIZE, SIZE_FACTOR * stored) if max_size is None else max_size
    total = sum(source.largest for source in opened.sources.values())
    total += sum(record.size for record in opened.records if not record.compressed)
    if total > most:
        raise FormatError(
            f"{opened.path}: claims {total} bytes of tensors, more than {most}; if you trust it, allow that with "
            f"--max-size {total} (max_size={total} in Python)."
        )
