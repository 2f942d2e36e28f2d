"""The file: one safetensors file whose description says how its arrays make up each tensor.

Format version 3 is written; versions 1 and 2 are read as well. docs/format.md specifies the format, for programs
written from the specification alone.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.common.arguments import check_flag, check_kind, path_of
from xoropt.common.description_checks import get
from xoropt.common.dtypes import as_stored, name_of
from xoropt.common.errors import DecodeError, FormatError, XoroptError
from xoropt.common.file_kinds import check_suffix
from xoropt.common.tensor_files import (
    Piece,
    pieces_in,
    read_safetensors,
    safetensors_header,
    stream_safetensors,
    write_safetensors,
)
from xoropt.model.checks import check_metadata, check_names, check_shape
from xoropt.model.file.description import seal, unseal
from xoropt.model.file.limits import check_work
from xoropt.model.file.stored import DESCRIPTION, StoredTensor, split_pieces, stored_form, tie_to, to_pieces
from xoropt.model.file.tensor_entries import describe_tensor, restore_tensor
from xoropt.model.file.ties import resolve_ties, ties_in
from xoropt.model.file.version_1 import split_version_1
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor, shape_and_dtype

__all__ = [
    "VERSION",
    "StoredFile",
    "header_bits",
    "load",
    "model_of",
    "open_file",
    "pack_stored",
    "save",
    "write_stored",
]

VERSION = 3
KEY = "xoropt"
SEALED = {KEY: seal({"version": VERSION})}
"""The metadata of a file."""


@dataclass(frozen=True, eq=False)
class StoredFile:
    """A file whose tensors are read when they are needed.

    Attributes:
        path: of the file.
        tensors: by name, in the order of the original file.
        firsts: by name, of tensors that are the same as an earlier one, the name of that.
        metadata: the original file's own metadata.
        source: what else is said of the original file.
    """

    path: Path
    tensors: dict[str, StoredTensor]
    firsts: dict[str, str]
    metadata: dict[str, str]
    source: dict[str, Any]

    def tensor(self, name: str) -> CompressedTensor | UncompressedTensor:
        """Read a tensor, and check it.

        Raises:
            FormatError: it is damaged, or its parts do not fit together.
            XoroptError: the file cannot be read.
        """
        try:
            return _restore(name, self.tensors[name])
        except FormatError as error:
            where = "" if str(error).startswith(f"{self.path}: ") else f"{self.path}: "
            raise FormatError(f"{where}{str(error).rstrip('.')}.") from None


def save(model: CompressedModel, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write a model as one file, whole or not at all.

    Args:
        model: the model.
        path: the file to write.
        overwrite: replace a file that exists.

    Raises:
        ArgumentError: names or metadata that are no text, or a tensor that `load` would refuse (it is named).
        DecodeError: a tensor's parts do not fit together.
        XoroptError: the file exists and `overwrite` is not set, its folder is missing, its name has an end that other
            programs take for another format, such as .npz, or the disk is full.
    """
    check_model(model)
    check_flag("overwrite", overwrite)
    check_suffix(path_of(path))
    pieces = to_pieces(_stored(model), model.metadata)
    write_safetensors(path, {name: piece.read() for name, piece in pieces.items()}, SEALED, overwrite)


def check_model(model: CompressedModel) -> None:
    """Run the reader's checks of each tensor, so that what can't be read is not written.

    Raises:
        ArgumentError, FormatError, DecodeError: see `save`.
    """
    check_kind("model", model, CompressedModel, "a CompressedModel, as xoropt.compress returns it")
    check_names(model.tensors)
    check_metadata(model.metadata)
    entries: dict[str, dict[str, Any]] = {}
    octets = 0
    ties = ties_in(model)
    for name, tensor in model.tensors.items():
        try:
            entry, parts = describe_tensor(tensor)
            if name in ties:
                entries[name] = entries[ties[name]]
                continue
            entries[name], octets = entry, octets + sum(part.nbytes for part in parts.values())
            shape, dtype = shape_and_dtype(tensor)
            check_shape(shape)
            name_of(dtype)
            restore_tensor(json.loads(json.dumps(entry)), parts)
        except XoroptError as error:
            raise type(error)(f"tensor '{name}': {error}") from None
    check_work(entries, octets)


def pack_stored(tensors: Mapping[str, StoredTensor], source: Mapping[str, Any]) -> list[np.ndarray]:
    """Return the bytes of a file of tensors, for `open_file`, as pieces that follow each other: uint8.

    Args:
        tensors: as they are to be stored, by name, in order.
        source: what else there is to say, JSON.
    """
    pieces = to_pieces(tensors, {}, source)
    forms = {name: (pieces[name].shape, pieces[name].dtype) for name in sorted(pieces)}
    order = sorted(forms, key=lambda name: -forms[name][1].itemsize)
    header = np.frombuffer(safetensors_header(forms, SEALED), dtype=np.uint8)
    return [header, *(as_stored(pieces[name].read()) for name in order)]


def write_stored(
    path: str | os.PathLike[str],
    tensors: Mapping[str, StoredTensor],
    metadata: Mapping[str, str],
    source: Mapping[str, Any],
    overwrite: bool = False,
) -> None:
    """Write a file of tensors that are in other files, one part after the other, whole or not at all.

    Args:
        path: where the file is to be.
        tensors: as they are to be stored, by name, in order.
        metadata: of the original file.
        source: what else there is to say of the original file, JSON.
        overwrite: replace a file that exists.

    Raises:
        XoroptError: as for `save`, and what reading a part raises.
    """
    pieces = to_pieces(tensors, metadata, source)
    forms = {name: (pieces[name].shape, pieces[name].dtype) for name in sorted(pieces)}
    stream_safetensors(path, forms, lambda name: pieces[name].read(), SEALED, overwrite)


def _stored(model: CompressedModel) -> dict[str, StoredTensor]:
    """Return a model's tensors as they are stored."""
    stored = {}
    ties = ties_in(model)
    for name, tensor in model.tensors.items():
        try:
            stored[name] = tie_to(ties[name]) if name in ties else stored_form(tensor)
        except DecodeError as error:
            raise DecodeError(f"tensor '{name}': {error}") from None
    return stored


def header_bits(model: CompressedModel | StoredFile) -> dict[str, int]:
    """Count the bits that the description and the headers of arrays take in a file of the compressed tensors alone.

    Returns:
        By name, the shares of the compressed tensors, which are equal but for a remainder that the first one bears.
    """
    if isinstance(model, StoredFile):
        held = {name: tensor for name, tensor in model.tensors.items() if "carried" not in tensor.entry}
        stored = {name: tie_to(model.firsts[name]) if name in model.firsts else held[name] for name in held}
    else:
        stored = _stored(
            CompressedModel({name: held for name, held in model.tensors.items() if isinstance(held, CompressedTensor)})
        )
    if not stored:
        return {}
    pieces = to_pieces(stored, {})
    # The safetensors library lays arrays of one item size out by name.
    forms = {name: (pieces[name].shape, pieces[name].dtype) for name in sorted(pieces)}
    header = safetensors_header(forms, SEALED)
    bits = 8 * (len(header) + pieces[DESCRIPTION].nbytes)
    shares = {name: bits // len(stored) for name in stored}
    shares[next(iter(stored))] += bits % len(stored)
    return shares


def load(path: str | os.PathLike[str]) -> CompressedModel:
    """Read a file that `save` wrote, and verify every checksum.

    Raises:
        FormatError: `save` did not write the file, it has a newer format, it is damaged, or its parts do not fit
            together; the message names the tensor where it can.
        XoroptError: the file cannot be read.
    """
    path = path_of(path)
    arrays, metadata = read_safetensors(path)
    file = _open(path, {name: Piece.of(array) for name, array in arrays.items()}, metadata)
    tensors: dict[str, CompressedTensor | UncompressedTensor] = {}
    try:
        for name, tensor in file.tensors.items():
            first = file.firsts.get(name)
            tensors[name] = _restore(name, tensor) if first is None else tensors[first]
    except FormatError as error:
        raise FormatError(f"{path}: {str(error).rstrip('.')}.") from None
    return CompressedModel(tensors, file.metadata)


def model_of(source: str | os.PathLike[str] | CompressedModel, name: str) -> CompressedModel:
    """Return a model in memory as it is, and load any other one.

    Args:
        source: a compressed file, or a model.
        name: what the function calls this argument, for the message.

    Raises:
        ArgumentError: it is neither.
        FormatError, XoroptError: as for `load`.
    """
    if isinstance(source, CompressedModel):
        return source
    return load(path_of(source, name, "the path of a compressed file, or a CompressedModel"))


def open_file(path: str | os.PathLike[str]) -> StoredFile:
    """Read the description of a file that `save` or `write_stored` wrote; tensors are read when they are needed.

    Raises:
        FormatError, XoroptError: as for `load`; damage of a tensor is found when it is read.
    """
    path = path_of(path)
    return _open(path, *pieces_in(path))


def _open(path: Path, pieces: dict[str, Piece], metadata: dict[str, str]) -> StoredFile:
    if KEY not in metadata:
        raise FormatError(f"{path}: holds no xoropt description; compress it first with 'xoropt compress'.")
    try:
        sealed = unseal(metadata[KEY])
        version = get(sealed, "version", int)
        if version > VERSION:
            raise FormatError(f"is of format version {version}, newer than {VERSION}; upgrade xoropt to read it")
        if version < 1:
            raise FormatError(f"has the unknown format version {version}")
        description, stored = split_version_1(sealed, pieces) if version == 1 else split_pieces(pieces)
        firsts = resolve_ties(stored)
        check_work({name: tensor.entry for name, tensor in stored.items()}, os.stat(path).st_size)
        extra = description.get("metadata", {})
        if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
            raise FormatError("the description's metadata is not text")
        source = get({"source": {}} | description, "source", dict)
    except FormatError as error:
        raise FormatError(f"{path}: {str(error).rstrip('.')}.") from None
    return StoredFile(path, stored, firsts, extra, source)


def _restore(name: str, tensor: StoredTensor) -> CompressedTensor | UncompressedTensor:
    try:
        return restore_tensor(tensor.entry, tensor.parts())
    except (XoroptError, ValueError) as error:
        raise FormatError(f"tensor '{name}': {str(error).rstrip('.')}") from None
