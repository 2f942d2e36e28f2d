"""Decoding: an encoding back to bit planes, by one of several decoders that give the same bits."""

import math
import sys
from collections.abc import Callable
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.bits import pack_words
from xoropt.codec.checks import checked, flips_of
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import Encoding
from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError

__all__ = [
    "DECODERS",
    "OUTPUTS",
    "check_jobs",
    "check_out",
    "chosen",
    "decode",
    "flips_of",
    "reader_of",
    "weights_range",
]

DECODERS = ("auto", "reference", "numpy", "compiled")
OUTPUTS = {"bits": np.dtype(bool), "planes": np.dtype(np.uint64)}
COLD, WARM = 1 << 24, 1 << 14
"""Bits from which the compiled decoder is taken: before numba is loaded, which takes a second or so, and after. NumPy
would be as fast for twice as many, but takes more than 64 MB beside the result for them."""


def decode(
    encoded: Encoding,
    decoder: str = "auto",
    *,
    rows: slice | None = None,
    output: str = "bits",
    mask: np.ndarray | None = None,
    jobs: int | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Decode the planes of an encoding, equal to what was encoded wherever a bit was a care bit.

    The first call for an encoding also checks it and reads all its patches, unless they take more than the seeds.

    Args:
        encoded: what `encode` returned.
        decoder: "reference" (plain Python), "numpy", "compiled" (numba), or "auto", the fastest, start-up included. All
            give the same bits, don't-care bits included.
        rows: a range of the first axis, `slice(a, b)`: only the seeds and patches that it needs are read.
        output: "bits": bool, of the shape that was encoded, its first axis cut to `rows`. "planes": packed, uint64
            (planes, ⌈weights/64⌉), or (⌈weights/64⌉,) when the bits had no plane axis: weight i in row-major order,
            counted within `rows`, is bit i % 64, lowest first, of word i // 64, and the bits after the last weight are
            0.
        mask: bool, of the encoded shape, True for kept weights: for packed values, which can't be decoded without it.
        jobs: threads of the compiled decoder; None: as many as are worth it and there are cores.
        out: an array to write to, of the result's shape and dtype, C-contiguous; None: a new one. Saves the system's
            work for fresh memory, which takes longer than decoding. At a multiple of 64 bytes it is written fastest.

    Raises:
        ArgumentError: not an encoding, no such decoder or output, rows out of range, `out` of another form, jobs below
            1.
        DecodeError: seeds or patches do not fit the network and the shape, or the mask is missing or does not fit;
            checked before anything is decoded.
    """
    if not isinstance(output, str) or output not in OUTPUTS:
        raise ArgumentError(f"Argument 'output' must be one of {', '.join(OUTPUTS)}, not {output!r}.")
    if not hasattr(encoded, "check_parts"):
        raise ArgumentError(f"Argument 'encoded' must be what 'encode' returned, not {type(encoded).__name__}.")
    check_jobs(jobs)
    checked(encoded)  # before anything of it is looked at
    first, stop, shape = weights_range(encoded.shape, rows)
    planes, each = len(encoded.seeds), stop - first
    if output == "planes":
        each = -(-each // 64)
        shape = (each,)
    shape = shape if encoded.planes is None else (planes, *shape)
    if out is not None:
        check_out(out, shape, OUTPUTS[output])
    name = chosen(decoder, planes * (stop - first))
    if encoded.needs_mask:
        name, flat = "numpy", None if mask is None else mask.reshape(-1)
    else:
        flat = None
    if name == "compiled" and planes and stop > first:
        flips = flips_of(encoded, first, stop)
        into = None if out is None else out.reshape(planes, each)
        made = _makers()[output](reader_of(encoded), flips, first, stop, jobs, into)
        return made.reshape(shape) if out is None else out
    if name == "reference":
        bits = encoded.decode_reference()[:, first:stop]
    else:  # without weights there is nothing to compile
        flips = [at[slice(*np.searchsorted(at, (first, stop)))] for at in flips_of(encoded, first, stop)]
        bits = encoded.decode_numpy(first, stop, flips, flat)
    made = (pack_words(bits) if output == "planes" else bits).reshape(shape)
    if out is None:
        return made
    out[...] = made
    return out


@cache
def _makers() -> dict[str, Callable[..., np.ndarray]]:
    """What makes each output; looked up once, as an import takes a microsecond even where there is nothing to do."""
    from xoropt.codec.compiled.ranges import bits_of, planes_of

    return {"bits": bits_of, "planes": planes_of}


def weights_range(shape: tuple[int, ...], rows: slice | None) -> tuple[int, int, tuple[int, ...]]:
    """The first weight of a range of the first axis, its end, and the shape of what lies between."""
    size = math.prod(shape)
    if rows is None:
        return 0, size, shape
    if not isinstance(rows, slice) or rows.step not in (None, 1):
        raise ArgumentError(f"Argument 'rows' must be a slice of step 1, not {rows!r}.")
    if not shape:
        raise ArgumentError("Argument 'rows' must be None for a tensor without axes.")
    first = 0 if rows.start is None else rows.start
    stop = shape[0] if rows.stop is None else rows.stop
    for bound in (first, stop):
        if type(bound) is not int and not isinstance(bound, np.integer):
            raise ArgumentError(f"Argument 'rows' must be a slice of integers, not {rows!r}.")
    if not 0 <= first <= stop <= shape[0]:
        raise ArgumentError(f"Argument 'rows' must lie within the {shape[0]} rows, which {first}:{stop} does not.")
    each = size // shape[0] if shape[0] else 0
    return int(first) * each, int(stop) * each, (int(stop - first), *shape[1:])


def check_jobs(jobs: int | None) -> None:
    """ArgumentError unless so many threads can be had."""
    if jobs is not None:
        check_int("jobs", jobs, 1)


def check_out(out: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """ArgumentError unless an array can take a result of this shape and dtype."""
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        raise ArgumentError(f"Argument 'out' must be an array of shape {shape} and dtype {dtype}.")
    if not out.flags.carray:
        raise ArgumentError("Argument 'out' must be C-contiguous, aligned and writeable.")


def chosen(decoder: str, work: int) -> str:
    """The decoder to use for so many bits; ArgumentError when there is none of that name."""
    if decoder not in DECODERS:
        raise ArgumentError(f"Argument 'decoder' must be one of {', '.join(DECODERS)}, not {decoder!r}.")
    if decoder != "auto":
        return decoder
    loaded = "xoropt.codec.compiled.kernels" in sys.modules
    return "compiled" if work >= (WARM if loaded else COLD) and sys.byteorder == "little" else "numpy"


_READERS: WeakKeyDictionary[Encoding, Reader] = WeakKeyDictionary()


def reader_of(encoded: Encoding) -> Reader:
    """The compiled reader of an encoding, whose parts are checked; it is made once, and does not hold the encoding."""
    reader = _READERS.get(encoded)
    if reader is None:
        checked(encoded)
        reader = _READERS[encoded] = encoded.reader()
    return reader
