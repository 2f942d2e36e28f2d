"""What is encoded at once: a tensor, or all tensors that make up one weight of another library's format."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from xoropt.checkpoints.folders import SourceFolder
from xoropt.checkpoints.formats import Packed, find_packed
from xoropt.checkpoints.layout import Place
from xoropt.checkpoints.shards import Shard
from xoropt.common.dtypes import dtype_of
from xoropt.common.errors import FormatError
from xoropt.model.config import CompressConfig
from xoropt.model.embeddings import find_embeddings
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
        reason: why its tensor is carried along, as far as its place tells; None where it is to be compressed.
        exactly: whether it is kept exactly even where others are pruned or quantized: what belongs to a weight that
            another library has packed.
        alike: how many units of its file are compressed; they share headers.
        packed: the weight, where it is of another library's format.
    """

    number: int
    shard: str
    members: tuple[str, ...]
    at: dict[str, str] = field(repr=False)
    octets: int
    reason: str | None = None
    exactly: bool = False
    alike: int = 1
    packed: Packed | None = None


@dataclass(frozen=True)
class Plan:
    """How the tensors of a checkpoint are stored.

    Attributes:
        units: in the order of shards.
        ties: by shard and name, of tensors with the bytes of an earlier one, the shard and the name of that.
        inexact: shards of which tensors may be pruned, quantized or have their zeros merged.
    """

    units: list[Unit]
    ties: dict[tuple[str, str], tuple[str, str]]
    inexact: frozenset[str] = frozenset()


def plan_units(folder: SourceFolder, config: CompressConfig) -> Plan:
    """Find the weights of other libraries' formats and the tied tensors; everything else is a unit by itself."""
    units: list[Unit] = []
    for group in folder.groups:
        held = {name: shard for shard in group.shards for name in folder.shards[shard].layout.places}
        places = {name: folder.shards[shard].layout.places[name] for name, shard in held.items()}
        taken: dict[str, Unit] = {}
        beside: set[str] = set()
        for packed in find_packed(places, group.config):
            at = {name: held[name] for name in (*packed.members, *packed.beside)}
            size = sum(places[name].last - places[name].first for name in packed.members)
            unit = Unit(0, held[packed.members[0]], packed.members, at, size, exactly=True, packed=packed)
            taken |= dict.fromkeys(packed.members, unit)
            beside |= {*packed.beside}
        seen: set[int] = set()
        for name, shard in held.items():
            size = places[name].last - places[name].first
            unit = taken.get(name) or _plain_unit(name, shard, places[name], name in beside, config)
            if id(unit) not in seen:
                seen.add(id(unit))
                units.append(unit)
    order = {shard: number for number, shard in enumerate(folder.shards)}
    units.sort(key=lambda unit: order[unit.shard])
    plain = {(unit.shard, unit.members[0]): unit for unit in units if unit.packed is None}
    ties = _find_ties(folder, [*plain])
    if config.quantizes and not config.include:
        reasons = _find_embeddings(folder, plain, ties)
        units = [replace(unit, reason=unit.reason or reasons.get((unit.shard, unit.members[0]))) for unit in units]
    changed = {(unit.shard, unit.members[0]): _may_change(unit, folder, config) for unit in units}
    if any(changed.values()):  # what is pruned and what is not differ, though they are the same before
        ties = {at: first for at, first in ties.items() if changed[at] == changed[first]}
    once = [unit for unit in units if unit.packed or (unit.shard, unit.members[0]) not in ties]
    alike = Counter(unit.shard for unit in once if unit.reason is None)
    numbered = [replace(unit, number=n, alike=max(1, alike[unit.shard])) for n, unit in enumerate(once)]
    return Plan(numbered, ties, frozenset(shard for (shard, _), changes in changed.items() if changes))


def _plain_unit(name: str, shard: str, place: Place, exactly: bool, config: CompressConfig) -> Unit:
    """Return the unit of an ordinary tensor."""
    reason = reason_to_carry(name, place, config.exactly if exactly else config)
    return Unit(0, shard, (name,), {name: shard}, place.last - place.first, reason, exactly)


def _may_change(unit: Unit, folder: SourceFolder, config: CompressConfig) -> bool:
    """Tell whether a unit's tensor may be pruned, quantized or have its zeros merged."""
    if not config.changes or unit.exactly or unit.reason is not None:
        return False
    form = _form(folder.shards[unit.shard].layout.places[unit.members[0]])
    return not isinstance(form, str) and form.dtype.kind not in "biuc"


def _find_embeddings(
    folder: SourceFolder, plain: Mapping[tuple[str, str], Unit], ties: Mapping[tuple[str, str], tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Find the embeddings of every model in a folder, and say why each is taken for one."""
    found: dict[tuple[str, str], str] = {}
    for group in folder.groups:
        at = {name: (shard, name) for shard, name in plain if shard in group.shards}
        forms = {name: _form(folder.shards[shard].layout.places[name]) for name, (shard, _) in at.items()}
        known = {name: form for name, form in forms.items() if not isinstance(form, str)}

        def same(one: str, other: str, at: Mapping[str, tuple[str, str]] = at) -> bool:
            return ties.get(at[one], at[one]) == ties.get(at[other], at[other])

        found |= {at[name]: reason for name, reason in find_embeddings(known, same).items()}
    return found


def reason_to_carry(name: str, place: Place, config: CompressConfig) -> str | None:
    """Say why a tensor is carried along, as far as its place tells; None where it is to be compressed."""
    form = _form(place)
    return form if isinstance(form, str) else why_uncompressed(name, form, config)


def _form(place: Place) -> np.ndarray | str:
    """Return an array of the dtype and shape of a tensor, which takes no memory; or why there is none."""
    try:
        return np.broadcast_to(np.zeros((), dtype_of(place.dtype)), place.shape)
    except FormatError:
        return "a dtype that NumPy lacks"
    except ValueError:
        return "a shape that NumPy lacks"


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
