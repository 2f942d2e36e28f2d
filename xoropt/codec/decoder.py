"""Decoding: from an encoding back to bit planes, by one of several decoders that give the same bits."""

import math
import sys
from collections.abc import Callable
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.bits import pack_words
from xoropt.codec.checks import check_once, flips_of
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import Encoding
from xoropt.common.arguments import MOST_JOBS, check_choice, check_int
from xoropt.common.errors import ArgumentError

__all__ = [
    "DECODERS",
    "OUTPUTS",
    "check_jobs",
    "check_out",
    "choose_decoder",
    "decode",
    "flips_of",
    "reader_of",
    "weights_range",
]

DECODERS = ("auto", "reference", "numpy", "compiled")
OUTPUTS = {"bits": np.dtype(bool), "planes": np.dtype(np.uint64)}
"""What `decode` can return, and its dtype."""
COLD, WARM = 1 << 24, 1 << 14
"""Bits from which "auto" takes the compiled decoder: before numba is loaded, which takes about a second, and after.
Before, the bits of all calls count. NumPy would be as fast for twice as many bits, but needs more than 64 MB beside the
result for them."""


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

    The first call for an encoding also checks it, and reads its patches into memory unless they take more of it than
    the seeds.

    Args:
        encoded: what `encode` returned.
        decoder: "reference" (plain Python), "numpy", "compiled" (numba), or "auto", the fastest, start-up included. All
            give the same bits, don't-care bits included.
        rows: a range of the first axis, `slice(a, b)`; only the seeds and patches that it needs are read. None: all.
        output: "bits" or "planes". "bits" returns bool of the shape that was encoded, its first axis cut to `rows`.
            "planes" returns packed bits, uint64 (planes, ⌈weights/64⌉), or (⌈weights/64⌉,) when the bits had no plane
            axis: weight i in row-major order, counted within `rows`, is bit i % 64 of word i // 64, lowest first. Bits
            after the last weight are 0.
        mask: bool of the encoded shape, True for kept weights. Packed values can't be decoded without it; other
            encodings do not read it.
        jobs: threads of the compiled decoder; None: one for each core, but no more than the work is worth.
        out: an array to write to, C-contiguous, of the result's shape and dtype; None: a new one. Saves the system's
            work for fresh memory, which takes longer than decoding. It is written fastest when it begins at a multiple
            of 64 bytes.

    Returns:
        The bits or planes; `out` if it was given.

    Raises:
        ArgumentError: `encoded` is no encoding, there is no such decoder or output, rows are out of range, `mask` or
            `out` has another shape or dtype, or jobs is below 1.
        DecodeError: the seeds or patches do not fit the network and the shape, or packed values have no mask or one
            that keeps another number of weights. Nothing is decoded before this is checked.
    """
    check_choice("output", output, tuple(OUTPUTS))
    if not hasattr(encoded, "check_parts") or isinstance(encoded, type):
        raise ArgumentError(f"Argument 'encoded' must be what 'encode' returned, not {type(encoded).__name__}.")
    check_jobs(jobs)
    check_once(encoded)  # before any part of it is read
    first, stop, shape = weights_range(encoded.shape, rows)
    planes, each = len(encoded.seeds), stop - first
    if output == "planes":
        each = -(-each // 64)
        shape = (each,)
    shape = shape if encoded.planes is None else (planes, *shape)
    if out is not None:
        check_out(out, shape, OUTPUTS[output])
    name = choose_decoder(decoder, planes * (stop - first))
    flat = None
    if encoded.needs_mask:
        name, flat = "numpy", _flat_mask(mask, encoded.shape)
    if name == "compiled" and planes and stop > first:  # without weights there is nothing to compile for
        flips = flips_of(encoded, first, stop)
        into = None if out is None else out.reshape(planes, each)
        made = _compiled_decoders()[output](reader_of(encoded), flips, first, stop, jobs, into)
        return made.reshape(shape) if out is None else out
    if name == "reference":
        bits = encoded.decode_reference()[:, first:stop]
    else:
        flips = [at[slice(*np.searchsorted(at, (first, stop)))] for at in flips_of(encoded, first, stop)]
        bits = encoded.decode_numpy(first, stop, flips, flat)
    made = (pack_words(bits) if output == "planes" else bits).reshape(shape)
    if out is None:
        return made
    out[...] = made
    return out


@cache
def _compiled_decoders() -> dict[str, Callable[..., np.ndarray]]:
    """Return the compiled decoder of each output; cached, since an import takes a microsecond in every call."""
    from xoropt.codec.compiled.ranges import decode_bits, decode_planes

    return {"bits": decode_bits, "planes": decode_planes}


def _flat_mask(mask: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Check a mask, unless it is None, and flatten it."""
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != shape:
        raise ArgumentError(f"Argument 'mask' must be a bool array of shape {shape}.")
    return mask.reshape(-1)


def weights_range(shape: tuple[int, ...], rows: slice | None) -> tuple[int, int, tuple[int, ...]]:
    """Convert a range of the first axis to a range of weights.

    Returns:
        Its first weight, its end, and the shape of what lies between.

    Raises:
        ArgumentError: `rows` is no slice of step 1 within the first axis.
    """
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
    """Raise ArgumentError unless `jobs` is None or at least 1."""
    if jobs is not None:
        check_int("jobs", jobs, 1, MOST_JOBS)


def check_out(out: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Raise ArgumentError unless `out` can take a result of this shape and dtype."""
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        raise ArgumentError(f"Argument 'out' must be an array of shape {shape} and dtype {dtype}.")
    if not out.flags.carray:
        raise ArgumentError("Argument 'out' must be C-contiguous, aligned and writeable.")


def choose_decoder(decoder: str, bits: int) -> str:
    """Choose the decoder for a number of bits: the one that is asked for, or the fastest for "auto".

    Loading numba is weighed against the bits of all calls so far: a process that decodes often is worth it.

    Raises:
        ArgumentError: there is no decoder of that name.
    """
    global _numpy_bits
    check_choice("decoder", decoder, DECODERS)
    if decoder != "auto":
        return decoder
    if bits < WARM or sys.byteorder != "little":
        return "numpy"
    if "xoropt.codec.compiled.kernels" not in sys.modules:
        _numpy_bits += bits
        if _numpy_bits < COLD:
            return "numpy"
    return "compiled"


_numpy_bits = 0
"""Bits that "auto" left to NumPy so far, though the compiled decoder would have been faster if it were loaded."""


_READERS: WeakKeyDictionary[Encoding, Reader] = WeakKeyDictionary()


def reader_of(encoded: Encoding) -> Reader:
    """Return the compiled reader of an encoding, after checking the encoding.

    It is made once, and does not keep the encoding alive.
    """
    reader = _READERS.get(encoded)
    if reader is None:
        check_once(encoded)
        reader = _READERS[encoded] = encoded.reader()
    return reader
