"""What a compressed file says of the original: its checksum, its header, and where each of its tensors is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from xoropt.checkpoints.archives import Archive, archive_from, describe_archive
from xoropt.checkpoints.formats import Packed
from xoropt.checkpoints.layout import Layout, parse_layout
from xoropt.checkpoints.manifest import SHA256
from xoropt.checkpoints.unit_encoding import packed_from
from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.dtypes import dtype_of
from xoropt.common.errors import FormatError
from xoropt.common.tensor_files import safetensors_header
from xoropt.model.file.container import StoredFile
from xoropt.model.file.stored import StoredTensor

__all__ = ["Source", "describe_source", "source_of"]


@dataclass(frozen=True)
class Source:
    """What a compressed file says of the original.

    Attributes:
        sha256, size: of the original file.
        layout: its header.
        packed: weights of other libraries' formats that this file holds.
        elsewhere: by name, tensors of the original that another file of the folder holds: the path of the original
            shard, and the name there.
        archive: what is beside the numbers, where the original is an archive of NumPy's; the layout is then that of a
            safetensors file with the same arrays.
        exact: whether every tensor is kept exactly, so that the file comes back byte for byte; otherwise some may have
            been pruned, quantized or had their zeros merged.
    """

    sha256: str
    size: int
    layout: Layout = field(repr=False)
    packed: tuple[Packed, ...] = field(default=(), repr=False)
    elsewhere: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    exact: bool = True
    archive: Archive | None = field(default=None, repr=False)

    @property
    def largest(self) -> int:
        """The bytes that are written at most."""
        return max(self.size, self.layout.size)


def describe_source(source: Source, tensors: dict[str, StoredTensor]) -> dict[str, Any]:
    """Return what a file says of its original, JSON; without the header where it is the one that `decompress` writes.

    Args:
        source: of the file.
        tensors: that are in the file.
    """
    said: dict[str, Any] = {"sha256": source.sha256, "size": source.size}
    if _usual_header(tensors, source.layout.metadata) != source.layout.head:
        said["header"] = source.layout.header
    if source.packed:
        said["packed"] = [asdict(packed) for packed in source.packed]
    if source.archive is not None:
        said["archive"] = describe_archive(source.archive)
    if not source.exact:
        said["exact"] = False
    if source.elsewhere:
        said["elsewhere"] = {name: list(at) for name, at in source.elsewhere.items()}
    return said


def source_of(file: StoredFile) -> Source:
    """Return what a compressed file says of its original.

    Raises:
        FormatError: it says nothing, or nothing valid.
    """
    said = file.source
    try:
        sha256, size = get(said, "sha256", str), non_negative_int(said.get("size"), "size", 1 << 60)
        if not SHA256.fullmatch(sha256):
            raise FormatError("the description lacks a valid 'sha256'")
        packed = tuple(packed_from(entry) for entry in get({"packed": []} | said, "packed", list))
        archive = archive_from(said["archive"]) if "archive" in said else None
        exact = get({"exact": True} | said, "exact", bool)
        elsewhere = get({"elsewhere": {}} | said, "elsewhere", dict)
        for at in elsewhere.values():
            if not (isinstance(at, list) and len(at) == 2 and all(isinstance(word, str) for word in at)):
                raise FormatError("the description lacks a valid 'elsewhere'")
        if "header" in said:
            layout = parse_layout(get(said, "header", str))
        else:
            head = _usual_header(file.tensors, file.metadata)
            if head is None:
                raise FormatError("the description lacks a valid 'header'")
            layout = parse_layout(head[8:].decode())
        if archive is None and layout.size != size:
            raise FormatError("the description's 'header' does not fit its 'size'")
    except FormatError as error:
        raise FormatError(f"{file.path}: {str(error).rstrip('.')}.") from None
    at_home = {name: (at[0], at[1]) for name, at in elsewhere.items()}
    return Source(sha256, size, layout, packed, at_home, exact, archive)


def _usual_header(tensors: Mapping[str, StoredTensor], metadata: Mapping[str, str]) -> bytes | None:
    """Return the header that `decompress` writes for the tensors of a file; None where it can't write one."""
    try:
        forms = {}
        for name, tensor in tensors.items():
            first = tensors.get(str(tensor.entry.get("same")), tensor)
            forms[name] = _form(first)
        return safetensors_header(forms, metadata)
    except FormatError:
        return None


def _form(tensor: StoredTensor) -> tuple[tuple[int, ...], np.dtype]:
    entry = tensor.entry
    if "dtype" in entry:
        return tuple(non_negative_int(n, "shape") for n in get(entry, "shape", list)), dtype_of(
            get(entry, "dtype", str)
        )
    if "raw" not in tensor.pieces:
        raise FormatError("its part 'raw' is missing")
    return tensor.pieces["raw"].shape, tensor.pieces["raw"].dtype
