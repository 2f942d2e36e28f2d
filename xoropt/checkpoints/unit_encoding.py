"""Encode a unit: unpack it where it is of another library's format, and compress the arrays, in any process."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from xoropt.checkpoints.formats import FORMATS, Packed
from xoropt.checkpoints.shards import Shard
from xoropt.checkpoints.units import Unit, reason_to_carry
from xoropt.common.description_checks import get
from xoropt.common.errors import FormatError
from xoropt.common.lazy_arrays import LazyArray
from xoropt.model.checks import array_of
from xoropt.model.compression import store
from xoropt.model.config import CompressConfig
from xoropt.model.file.container import pack_stored
from xoropt.model.file.stored import StoredTensor, stored_form
from xoropt.model.file.tensor_entries import bytes_of
from xoropt.model.losses import with_loss
from xoropt.model.preparation import PreparedTensor, naming, prepare_tensor, why_uncompressed
from xoropt.model.remarks import room_for_zeros
from xoropt.model.tensors import CompressedTensor, UncompressedTensor
from xoropt.quantize.pruning import prune_below

__all__ = ["encode_unit", "packed_from", "read_unit", "unit_bytes"]

Report = Callable[[int, int], None]


def read_unit(unit: Unit, shards: Mapping[str, Shard]) -> dict[str, np.ndarray]:
    """Read the tensors that a unit needs, by name."""
    return {name: shards[shard].array(name) for name, shard in unit.at.items()}


def unit_bytes(
    unit: Unit, shards: Mapping[str, Shard], config: CompressConfig, report: Report | None = None
) -> list[np.ndarray]:
    """Read and encode a unit; see `encode_unit`."""
    return encode_unit(unit, lambda: read_unit(unit, shards), _places(unit, shards), config, report)


def _places(unit: Unit, shards: Mapping[str, Shard]) -> dict[str, Any]:
    return {name: shards[unit.at[name]].layout.places[name] for name in unit.members}


def encode_unit(
    unit: Unit,
    read: Callable[[], dict[str, np.ndarray]],
    places: Mapping[str, Any],
    config: CompressConfig,
    report: Report | None = None,
) -> list[np.ndarray]:
    """Encode a unit.

    Where its tensor is pruned and quantized, the source of the file says what that costs, as `losses`.

    Args:
        unit: what to encode.
        read: reads the arrays that it needs, by name; called again where a weight that was unpacked is stored as it is.
        places: of its members.
        config: what to do.
        report: called with work done and work in all.

    Returns:
        A file of its compressed tensors, as pieces that follow each other. Its source says `carried`, why members are
        stored as they are, by name; `packed`, the weight as its format describes it, without parts where its members
        are stored; `refused`, why it is not unpacked; and `zeros`, which members hold many zeros of both signs, and the
        bytes for that.

    Raises:
        XoroptError: a tensor can't be encoded; it is named.
    """
    config = config.exactly if unit.exactly else config
    said: dict[str, Any] = {"carried": {}, "zeros": [], "losses": []}
    tensors: dict[str, StoredTensor] = {}
    arrays = read()
    if unit.packed is not None:
        try:
            packed, logical = _unpacked(unit.packed, arrays)
            for name in packed.parts:  # one after the other, none held while the next is encoded
                tensors[name] = stored_form(_compressed(name, logical.pop(name), unit, config, report))
            stored = sum(piece.nbytes for tensor in tensors.values() for piece in tensor.pieces.values())
            if stored >= unit.octets:  # then the members are stored as any tensors are
                tensors, packed = {}, unit.packed
            said["packed"] = asdict(packed)
        except FormatError as error:
            tensors = {}
            said["refused"] = f"{str(error).rstrip('.')}"
        arrays = {} if tensors else read()
    if not tensors:
        for name in unit.members:
            array = arrays.pop(name)
            reason = reason_to_carry(name, places[name], config) if unit.packed else unit.reason
            tensor = UncompressedTensor(array, reason) if reason else _compressed(name, array, unit, config, report)
            if isinstance(tensor, UncompressedTensor):
                said["carried"][name] = tensor.reason
                continue
            if tensor.loss is not None:
                said["losses"].append(tensor.loss)
            if not config.merge_zeros and (room := room_for_zeros(array)):
                said["zeros"].append((name, room))
            del array  # its form is made of copies of its seeds
            tensors[name] = stored_form(tensor)
            del tensor
    return pack_stored(tensors, {key: value for key, value in said.items() if value})


def _unpacked(packed: Packed, arrays: dict[str, np.ndarray]) -> tuple[Packed, dict[str, np.ndarray | LazyArray]]:
    """Unpack a weight, and check by SHA-256 that packing it gives the same bytes.

    Args:
        packed: the weight.
        arrays: of its tensors; taken out, so that they do not lie in memory beside what is packed again.

    Raises:
        FormatError: it does not, or the tensors contradict each other.
    """
    form = FORMATS[packed.format]
    found, logical = form.unpack(packed, arrays)
    sums = {name: _sum_of(arrays[name]) for name in packed.members}
    arrays.clear()
    again = form.pack(found, logical)
    for name in packed.members:
        if name not in again or _sum_of(again.pop(name)) != sums[name]:
            raise FormatError(f"'{name}' is not what {packed.format} writes")
    return replace(found, parts=tuple(logical)), {name: logical[name] for name in logical}


def _sum_of(array: np.ndarray) -> tuple[np.dtype, tuple[int, ...], bytes]:
    """Return what tells an array from any other: its dtype, its shape, and the SHA-256 of its bytes."""
    return array.dtype, array.shape, hashlib.sha256(bytes_of(array)).digest()


def _compressed(
    name: str, array: np.ndarray | LazyArray, unit: Unit, config: CompressConfig, report: Report | None
) -> CompressedTensor | UncompressedTensor:
    with naming(name, alone=False):
        array = array if isinstance(array, LazyArray) else array_of(name, array)
        if unit.packed is not None and (reason := why_uncompressed(name, array, config)):
            return UncompressedTensor(np.asarray(array), reason)
        mask = None if unit.kept_from is None else prune_below(name, np.asarray(array), *unit.kept_from)
        prepared = prepare_tensor(array, config, mask, name=name)
        if isinstance(prepared, PreparedTensor):
            return with_loss(store(prepared, config, unit.alike, report), array)
        return prepared


def packed_from(said: Any) -> Packed:
    """Return a weight as a file describes it.

    Raises:
        FormatError: the description is not valid, or there is no such format.
    """
    names = {key: tuple(get(said, key, list)) for key in ("members", "beside", "parts")}
    if not all(isinstance(name, str) for some in names.values() for name in some) or not names["members"]:
        raise FormatError("the description lacks valid 'packed'")
    form = get(said, "format", str)
    if form not in FORMATS:
        raise FormatError(f"the format '{form}' is not known; upgrade xoropt to read it")
    return Packed(form, get(said, "logical", str), **names, parameters=get(said, "parameters", dict))
