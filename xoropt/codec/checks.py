"""Whether the parts of an encoding fit together: looked at once for each, before anything of it is decoded."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.blocks.patches import BlockPatches, unpack_patches
from xoropt.codec.encoding import BlockEncoded, StreamEncoded
from xoropt.codec.streams.patches import StreamPatches, unpack_stream_patches
from xoropt.codec.streams.segments import Layout, check_layout
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.networks import XorNetwork

__all__ = ["check", "checked", "stream_flips"]

FEW_PATCHES = 1 << 12
"""Patches of a windowed network's planes that are read as a whole and kept, beside the encoding, for the next call; and
more, as long as they take less memory than the seeds."""
LARGEST = 1 << 62
"""Weights of a plane at most: decoders count them in 64 bits."""


@dataclass(frozen=True)
class _Array:
    dtype: type
    axes: int


_OCTETS = _Array(np.uint8, 1)
_NUMBERS = _Array(np.int64, 1)
_FORMS: dict[object, dict[str, Any]] = {
    BlockEncoded: {
        "network": XorNetwork,
        "order": str,
        "shape": (int,),
        "planes": int | None,
        "seeds": _Array(np.uint8, 2),
        "patches": BlockPatches,
    },
    StreamEncoded: {
        "network": XorNetwork,
        "order": str,
        "shape": (int,),
        "planes": int | None,
        "layouts": (Layout,),
        "seeds": (_OCTETS,),
        "patches": StreamPatches,
    },
    Layout: {"rows": _NUMBERS, "seed_bits": _NUMBERS},
    BlockPatches: {"group": int, "widths": _Array(np.uint8, 2), "counts": _OCTETS, "places": _OCTETS, "count": int},
    StreamPatches: {"counts": (int,), "data": (_OCTETS,)},
}
"""What decoders read of an encoding: of each attribute its type, (type,) for a tuple of them."""

_CHECKED: WeakKeyDictionary[BlockEncoded | StreamEncoded, list[np.ndarray] | None] = WeakKeyDictionary()


def checked(encoded: BlockEncoded | StreamEncoded) -> list[np.ndarray] | None:
    """The weights to flip of each plane, int64, ascending, once all parts are known to fit; None where they are too
    many to keep: those of a windowed network, of which `stream_flips` reads a range and checks what it reads.

    Raises:
        DecodeError: the parts do not fit.
    """
    try:
        return _CHECKED[encoded]
    except KeyError:
        pass
    kind = StreamEncoded if isinstance(encoded, StreamEncoded) else BlockEncoded
    _check_form(encoded, kind, "")
    planes = len(encoded.seeds)
    if planes != (1 if encoded.planes is None else encoded.planes):
        raise DecodeError(f"there are seeds of {planes} planes, but 'planes' is {encoded.planes}")
    if min(encoded.shape, default=0) < 0 or encoded.outputs > LARGEST:
        raise DecodeError("the shape has a negative side or is too large")
    flips = _stream(encoded) if isinstance(encoded, StreamEncoded) else _blocks(encoded)
    _CHECKED[encoded] = flips
    return flips


def check(encoded: BlockEncoded | StreamEncoded) -> None:
    """Raise DecodeError unless all parts fit, every patch included."""
    if checked(encoded) is None:
        assert isinstance(encoded, StreamEncoded)
        for p in range(len(encoded.seeds)):
            unpack_stream_patches(encoded.patches, p, encoded.outputs)


def stream_flips(encoded: StreamEncoded, first: int, stop: int) -> list[np.ndarray]:
    """For each plane the weights from `first` to `stop` − 1 that are to be flipped, int64, ascending."""
    return [unpack_stream_patches(encoded.patches, p, encoded.outputs, first, stop) for p in range(len(encoded.seeds))]


def _check_form(value: object, form: Any, name: str) -> None:
    """DecodeError naming the attribute unless the value, and all that it holds, has the form."""
    if isinstance(form, tuple):
        _check_form(value, tuple, name)
        for i, item in enumerate(value):  # type: ignore[arg-type, var-annotated]
            _check_form(item, form[0], f"{name}[{i}]")
    elif isinstance(form, _Array):
        if not isinstance(value, np.ndarray) or value.dtype != form.dtype or value.ndim != form.axes:
            what = f"{value.ndim}-D array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
            raise DecodeError(f"'{name}' must be a {form.axes}-D array of {form.dtype.__name__}, not a {what}")
    elif not isinstance(value, form):
        raise DecodeError(f"'{name}' must be of the type {getattr(form, '__name__', form)}, not {type(value).__name__}")
    else:
        for key, part in _FORMS.get(form, {}).items():
            _check_form(getattr(value, key), part, f"{name}.{key}" if name else key)


def _blocks(encoded: BlockEncoded) -> list[np.ndarray]:
    network, planes = encoded.network, len(encoded.seeds)
    if encoded.order != "rows":
        raise DecodeError(f"a block network has the order 'rows', not {encoded.order!r}")
    if network.memory:
        raise DecodeError("its network has a memory, which this order does not allow")
    octets = -(-encoded.blocks * network.n_in // 8)
    if encoded.seeds.shape[1] != octets:
        raise DecodeError(f"the seeds of a plane must be {octets} bytes")
    if len(encoded.patches.widths) != planes:
        raise DecodeError(f"there are seeds of {planes} planes and patches of {len(encoded.patches.widths)}")
    return unpack_patches(encoded.patches, encoded.blocks, network.n_out, encoded.outputs)


def _stream(encoded: StreamEncoded) -> list[np.ndarray] | None:
    try:
        order, planes = encoded.stream_order, len(encoded.seeds)
    except ArgumentError:
        raise DecodeError(f"there is no stream order {encoded.order!r}") from None
    patches = encoded.patches
    if len(encoded.layouts) not in (1, planes) or len(patches.counts) != planes or len(patches.data) != planes:
        raise DecodeError(f"the segments or patches do not fit {planes} planes")
    for layout in encoded.layouts:
        check_layout(layout, order, encoded.outputs, encoded.network)
    for p, seeds in enumerate(encoded.seeds):
        octets = -(-encoded.layout(p).total // 8)
        if len(seeds) != octets:
            raise DecodeError(f"the seeds of plane {p} must be {octets} bytes")
    kept = max(FEW_PATCHES, sum(seeds.nbytes for seeds in encoded.seeds) // 8)
    return stream_flips(encoded, 0, encoded.outputs) if patches.count <= kept else None
