"""Assemble a compressed shard from its encoded units, part by part, so that it never is in memory."""

from pathlib import Path
from typing import Any, NamedTuple

from xoropt.checkpoints.folders import SourceFolder
from xoropt.checkpoints.formats import Packed
from xoropt.checkpoints.partial import part_path
from xoropt.checkpoints.shards import Shard
from xoropt.checkpoints.source import Source, describe_source
from xoropt.checkpoints.unit_encoding import packed_from
from xoropt.checkpoints.units import Plan, Unit
from xoropt.common.dtypes import dtype_of, has_whole_bytes
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.tensor_files import Piece
from xoropt.model.file.container import open_file, write_stored
from xoropt.model.file.stored import StoredTensor, tie_to
from xoropt.model.file.tensor_entries import checksum
from xoropt.model.tensors import Loss

__all__ = ["Remarks", "assemble_shard", "units_of"]


def units_of(plan: Plan) -> dict[str, list[Unit]]:
    """Return the units by the shard in whose file they are stored."""
    found: dict[str, list[Unit]] = {}
    for unit in plan.units:
        found.setdefault(unit.shard, []).append(unit)
    return found


class Remarks(NamedTuple):
    """What is worth a warning.

    Attributes:
        refused: weights of other libraries' formats that contradict themselves, and why.
        zeros: tensors that hold many zeros of both signs, and the bytes that it takes to tell them apart.
        losses: what pruning and quantizing cost, of each tensor where that was done.
    """

    refused: dict[str, str]
    zeros: list[tuple[str, int]]
    losses: list[Loss]


def assemble_shard(path: Path, shard: str, plan: Plan, source: SourceFolder, folder: Path, sha256: str) -> Remarks:
    """Write the compressed file of a shard.

    Args:
        path: the file to write.
        shard: the path of the original.
        plan: of the checkpoint.
        source: the checkpoint.
        folder: the unfinished output, with all units of this shard.
        sha256: of the original file.

    Returns:
        What is worth a warning.

    Raises:
        XoroptError: two tensors have one name, or what is in a file cannot be read.
        OSError: the system refuses.
    """
    shards, layout = source.shards, source.shards[shard].layout
    units = units_of(plan).get(shard, [])
    forms: dict[str, dict[str, StoredTensor]] = {}
    packed: list[Packed] = []
    refused: dict[str, str] = {}
    zeros: list[tuple[str, int]] = []
    losses: list[Loss] = []
    for unit in units:
        file = open_file(part_path(folder, unit.number))
        stored = dict(file.tensors)
        for name, reason in file.source.get("carried", {}).items():
            stored[name] = _carried(shards[unit.at[name]], name, reason)
        if "packed" in file.source:
            packed.append(packed_from(file.source["packed"]))
        if "refused" in file.source and unit.packed is not None:
            refused[unit.packed.logical] = f"{file.source['refused']}, so {unit.packed.format} does not fit"
        zeros += [(name, room) for name, room in file.source.get("zeros", [])]
        losses += [Loss(*loss) for loss in file.source.get("losses", [])]
        forms[unit.members[0]] = stored
    tensors: dict[str, StoredTensor] = {}
    members = {name for unit in units for name in unit.members}
    homes = {(unit.at[name], name): unit.shard for unit in plan.units for name in unit.members}
    elsewhere = {}
    for name in layout.places:
        first = plan.ties.get((shard, name))
        if name in forms:
            for inner, tensor in forms.pop(name).items():
                if inner in tensors:
                    raise XoroptError(f"{shards[shard].path}: two tensors have the name '{inner}'; rename one.")
                tensors[inner] = tensor
        elif first is not None and first[0] == shard:
            tensors[name] = tie_to(first[1])
        elif first is not None:
            elsewhere[name] = first
        elif name not in members:
            elsewhere[name] = (homes[shard, name], name)
    exact, archive = shard not in plan.inexact, source.archives.get(shard)
    about = Source(sha256, source.sizes[shard], layout, tuple(packed), elsewhere, exact, archive)
    write_stored(path, tensors, layout.metadata, describe_source(about, tensors), overwrite=True)
    return Remarks(refused, zeros, losses)


def _carried(shard: Shard, name: str, reason: str) -> StoredTensor:
    """Return the form of a tensor that is stored as it is, and read from the original when it is written."""
    place = shard.layout.places[name]
    entry: dict[str, Any] = {"carried": reason}
    octets = Piece((place.last - place.first,), dtype_of("U8"), lambda: shard.octets(name))
    try:
        dtype = dtype_of(place.dtype)
    except FormatError:
        piece = octets
    else:
        piece = Piece(place.shape, dtype, lambda: shard.array(name))
        if not has_whole_bytes(dtype):
            entry, piece = entry | {"dtype": place.dtype, "shape": list(place.shape)}, octets
    return StoredTensor(entry, {"raw": piece}, checksum({"raw": piece.read()}))
