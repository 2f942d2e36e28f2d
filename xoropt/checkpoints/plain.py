"""Write ordinary tensors in place of other libraries' formats: shards, the index, and the configuration."""

import json
import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from xoropt.checkpoints.folders import INDEX, read_json
from xoropt.checkpoints.formats import FORMATS, Packed
from xoropt.checkpoints.opened import Opened
from xoropt.common.dtypes import as_stored, from_stored, name_of, stored_bytes
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.tensor_files import stream_safetensors

__all__ = ["write_plain_shard", "write_plain_text"]

ABOUT_FORMATS = ("quantization_config", "compression_config", "sparsity_config")
"""The keys of a configuration that speak of a format which is not there any more."""

Count = Callable[[str, int], None]


@dataclass(frozen=True)
class Spooled:
    """A tensor that waits in the spool.

    Attributes:
        shape, dtype: of the tensor.
        at: where its bytes begin.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    at: int


def write_plain_shard(path: Path, opened: Opened, shard: str, count: Count) -> None:
    """Write a shard with ordinary tensors alone.

    Args:
        path: the file to write.
        opened: the compressed checkpoint.
        shard: the path of the original.
        count: called with a tensor's name and its bytes in the original.

    Raises:
        FormatError: tensors of a weight contradict each other; the message names it.
        XoroptError, OSError: a file can't be read or written.
    """
    weights, beside = _weights_beside(opened, shard)
    with ExitStack() as stack:
        spool = stack.enter_context(TemporaryFile(dir=path.parent))
        tensors: dict[str, Spooled] = {}

        def put(name: str, array: np.ndarray) -> None:
            if name in tensors:
                raise FormatError(
                    f"{opened.path}: two tensors would have the name '{name}'; decompress without 'plain'."
                )
            tensors[name] = Spooled(array.shape, array.dtype, spool.tell())
            spool.write(as_stored(array).data)

        for name, place in opened.sources[shard].layout.places.items():
            home, packed = weights.get(name, (shard, None))
            if packed is None and name not in beside:
                put(name, opened.array(shard, name))
            elif packed is not None and name == packed.members[0]:
                for key, array in _plain(opened, home, packed).items():
                    put(key, array)
            count(name, place.last - place.first)

        def read(name: str) -> np.ndarray:
            kept = tensors[name]
            spool.seek(kept.at)
            octets = np.frombuffer(spool.read(stored_bytes(kept.dtype, math.prod(kept.shape))), dtype=np.uint8)
            return from_stored(octets, name_of(kept.dtype), kept.shape)

        forms = {name: (kept.shape, kept.dtype) for name, kept in tensors.items()}
        stream_safetensors(path, forms, read, opened.sources[shard].layout.metadata, overwrite=True)


def _weights_beside(opened: Opened, shard: str) -> tuple[dict[str, tuple[str, Packed]], set[str]]:
    """Return the weights of a shard's folder by the names of their members, and the tensors beside them."""
    weights: dict[str, tuple[str, Packed]] = {}
    beside: set[str] = set()
    for home in _neighbours(opened, shard):
        for packed in opened.sources[home].packed:
            weights |= dict.fromkeys(packed.members, (home, packed))
            beside |= {*packed.beside}
    return weights, beside - set(weights)


def _neighbours(opened: Opened, shard: str) -> list[str]:
    """Return the shards in the same folder, this one first."""
    folder = shard.rpartition("/")[0]
    others = [other for other in opened.sources if other != shard and other.rpartition("/")[0] == folder]
    return [shard, *others]


def _plain(opened: Opened, home: str, packed: Packed) -> dict[str, np.ndarray]:
    """Return the ordinary tensors for a weight."""
    form = FORMATS[packed.format]
    try:
        others = {name: _array(opened, home, name) for name in packed.beside}
        if packed.parts:
            return form.plain(packed, opened.logical(home, packed), others)
        found, logical = form.unpack(packed, {name: _array(opened, home, name) for name in packed.members} | others)
        return form.plain(found, {name: np.asarray(array) for name, array in logical.items()}, others)
    except (XoroptError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise FormatError(f"{opened.path}: weight '{packed.logical}': {str(error).rstrip('.')}.") from None


def _array(opened: Opened, home: str, name: str) -> np.ndarray:
    """Return a tensor from this shard, or from another one in the same folder."""
    at = next((shard for shard in _neighbours(opened, home) if name in opened.sources[shard].layout.places), None)
    if at is None:
        raise FormatError(f"lacks '{name}'; get the folder again")
    return opened.array(at, name)


def write_plain_text(source: Path, path: Path, written: dict[str, tuple[str, int]]) -> None:
    """Copy an index or a configuration as it is right for ordinary tensors.

    Args:
        source: the original.
        path: the file to write.
        written: the shard and the bytes of every tensor that was written in this folder, by name.
    """
    said: dict[str, Any] = read_json(source)
    if source.name.endswith(INDEX):
        named = set(said.get("weight_map", {}).values())
        some = {name: at for name, at in written.items() if at[0] in named}
        said["weight_map"] = {name: shard for name, (shard, _) in some.items()}
        if isinstance(said.get("metadata"), dict):
            said["metadata"]["total_size"] = sum(size for _, size in some.values())
    else:
        said = {key: value for key, value in said.items() if key not in ABOUT_FORMATS}
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
