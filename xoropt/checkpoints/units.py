"""What is encoded at once: a tensor, or all tensors that make up one weight of another library's format."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from xoropt.checkpoints.folders import SourceFolder
from xoropt.checkpoints.formats import Packed, find_packed
from xoropt.checkpoints.layout import Place
from xoropt.checkpoints.shards import Shard
from xoropt.common.dtypes import dtype_of
from xoropt.common.errors import FormatError
from xoropt.model.config import CompressConfig
from xoropt.model.preparation import why_uncompressed

__all__ = ["Plan", "Unit", "plan_units", "reason_to_carry"]

SAMPLE = 1 << 12
"""Bytes from the middle of a tensor by which tensors are told apart before all of their bytes are compared."""
AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Unit:
    """What is encoded at once.

    Attributes:
        number: of the unit.
        shard: the path of the shard in whose compressed file it is stored.
        members: names of the tensors that it replaces.
        at: the shards of all tensors that it reads, by name: its members, and those beside.
        octets: bytes of its members.
        alike: how many units of its file are compressed; they share headers.
        packed: the weight, where it is of another library's format.
    """

    number: int
    shard: str
    members: tuple[str, ...]
    at: dict[str, str] = field(repr=False)
    octets: int
    alike: int = 1
    packed: Packed | None = None


@dataclass(frozen=True)
class Plan:
    """How the tensors of a checkpoint are stored.

    Attributes:
        units: in the order of shards.
        ties: by shard and name, of tensors with the bytes of an earlier one, the shard and the name of that.
    """

    units: list[Unit]
    ties: dict[tuple[str, str], tuple[str, str]]


def plan_units(folder: SourceFolder, config: CompressConfig) -> Plan:
    """Find the weights of other libraries' formats and the tied tensors; everything else is a unit by itself."""
    units: list[Unit] = []
    for group in folder.groups:
        held = {name: shard for shard in group.shards for name in folder.shards[shard].layout.places}
        places = {name: folder.shards[shard].layout.places[name] for name, shard in held.items()}
        taken: dict[str, Unit] = {}
        for packed in find_packed(places, group.config):
            at = {name: held[name] for name in (*packed.members, *packed.beside)}
            size = sum(places[name].last - places[name].first for name in packed.members)
            unit = Unit(0, held[packed.members[0]], packed.members, at, size, packed=packed)
            taken |= dict.fromkeys(packed.members, unit)
        seen: set[int] = set()
        for name, shard in held.items():
            size = places[name].last - places[name].first
            unit = taken.get(name) or Unit(0, shard, (name,), {name: shard}, size)
            if id(unit) not in seen:
                seen.add(id(unit))
                units.append(unit)
    order = {shard: number for number, shard in enumerate(folder.shards)}
    units.sort(key=lambda unit: order[unit.shard])
    ties = _find_ties(folder, [(unit.shard, unit.members[0]) for unit in units if unit.packed is None])
    once = [unit for unit in units if unit.packed or (unit.shard, unit.members[0]) not in ties]
    alike = dict.fromkeys(folder.shards, 0)
    for unit in once:
        places = folder.shards[unit.shard].layout.places
        alike[unit.shard] += unit.packed is not None or not reason_to_carry(
            unit.members[0], places[unit.members[0]], config
        )
    numbered = enumerate(once)
    return Plan(
        [Unit(n, u.shard, u.members, u.at, u.octets, max(1, alike[u.shard]), u.packed) for n, u in numbered],
        ties,
    )


def reason_to_carry(name: str, place: Place, config: CompressConfig) -> str | None:
    """Say why a tensor is carried along, as far as its place tells; None where it is to be compressed."""
    try:
        form = np.broadcast_to(np.zeros((), dtype_of(place.dtype)), place.shape)
    except FormatError:
        return "a dtype that NumPy lacks"
    except ValueError:
        return "a shape that NumPy lacks"
    return why_uncompressed(name, form, config)


def _find_ties(folder: SourceFolder, tensors: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Find tensors with the dtype, shape and bytes of an earlier one."""
    alike: dict[tuple[object, ...], list[tuple[str, str]]] = {}
    for at in tensors:
        place = folder.shards[at[0]].layout.places[at[1]]
        if place.last > place.first:
            alike.setdefault((place.dtype, place.shape, place.last - place.first), []).append(at)
    for function in (_sample, _digest):
        finer: dict[tuple[object, ...], list[tuple[str, str]]] = {}
        for key, some in alike.items():
            if len(some) > 1:
                for shard, name in some:
                    finer.setdefault((*key, function(folder.shards[shard], name)), []).append((shard, name))
        alike = finer
    return {other: some[0] for some in alike.values() for other in some[1:]}


def _sample(shard: Shard, name: str) -> bytes:
    place = shard.layout.places[name]
    size = place.last - place.first
    return shard.octets(name, max(0, (size - SAMPLE) // 2), min(size, SAMPLE)).tobytes()


def _digest(shard: Shard, name: str) -> bytes:
    place = shard.layout.places[name]
    size = place.last - place.first
    digest = hashlib.sha256()
    for first in range(0, size, AT_ONCE):
        digest.update(shard.octets(name, first, min(AT_ONCE, size - first)).data)
    return digest.digest()
