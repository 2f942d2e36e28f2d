"""The dtypes that safetensors files have, by their names there; ml_dtypes has those that NumPy lacks."""

import math

import ml_dtypes
import numpy as np

from xoropt.common.errors import FormatError

__all__ = ["as_stored", "dtype_of", "from_stored", "has_whole_bytes", "name_of", "stored_bytes"]

_DTYPES = {
    "BOOL": np.dtype(bool),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "U16": np.dtype(np.uint16),
    "I16": np.dtype(np.int16),
    "U32": np.dtype(np.uint32),
    "I32": np.dtype(np.int32),
    "U64": np.dtype(np.uint64),
    "I64": np.dtype(np.int64),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "F8_E8M0": np.dtype(ml_dtypes.float8_e8m0fnu),
    "F8_E4M3FNUZ": np.dtype(ml_dtypes.float8_e4m3fnuz),
    "F8_E5M2FNUZ": np.dtype(ml_dtypes.float8_e5m2fnuz),
    "F4": np.dtype(ml_dtypes.float4_e2m1fn),
    "F6_E2M3": np.dtype(ml_dtypes.float6_e2m3fn),
    "F6_E3M2": np.dtype(ml_dtypes.float6_e3m2fn),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F32": np.dtype(np.float32),
    "F64": np.dtype(np.float64),
    "C64": np.dtype(np.complex64),
}
_PACKED = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
"""The bits of a number where a file stores fewer than whole bytes; in memory each takes a byte."""
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def dtype_of(name: str) -> np.dtype:
    """Return the NumPy dtype for a safetensors dtype name, such as "F32".

    Raises:
        FormatError: no dtype has this name, or NumPy and ml_dtypes do not have it.
    """
    try:
        return _DTYPES[name]
    except KeyError:
        raise FormatError(f"the dtype {name} is not supported; supported are {', '.join(_DTYPES)}") from None


def name_of(dtype: np.dtype) -> str:
    """Return the safetensors name of a NumPy dtype, whatever its byte order.

    Raises:
        FormatError: safetensors files do not have this dtype.
    """
    try:
        return _NAMES[dtype.newbyteorder("=")]
    except KeyError:
        raise FormatError(f"the dtype {dtype} has no place in a safetensors file") from None


def has_whole_bytes(dtype: np.dtype) -> bool:
    """Return whether a file stores a number of this dtype in whole bytes."""
    return name_of(dtype) not in _PACKED


def stored_bytes(dtype: np.dtype, size: int) -> int:
    """Return the bytes that so many numbers take in a file."""
    return -(-size * _PACKED.get(name_of(dtype), 8 * dtype.itemsize) // 8)


def as_stored(array: np.ndarray) -> np.ndarray:
    """Return the bytes of an array as a file stores them, uint8; numbers of 4 or 6 bits without gaps."""
    flat = np.ascontiguousarray(array.reshape(-1))
    flat = flat.astype(flat.dtype.newbyteorder("<"), copy=False).view(np.uint8)
    bits = _PACKED.get(name_of(array.dtype))
    if bits is None:
        return flat
    return np.packbits(np.unpackbits(flat[:, None], axis=1, count=bits, bitorder="little"), bitorder="little")


def from_stored(data: np.ndarray, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array that `as_stored` stored.

    Args:
        data: uint8.
        name: of the dtype.
        shape: of the array.

    Raises:
        FormatError: there is no such dtype, or the data are too short or too long.
    """
    dtype, size = dtype_of(name), math.prod(shape)
    if len(data) != stored_bytes(dtype, size):
        raise FormatError(f"{len(data)} bytes are not an array of {name} of the shape {list(shape)}")
    if name in _PACKED:
        bits = np.unpackbits(data, count=size * _PACKED[name], bitorder="little").reshape(size, _PACKED[name])
        data = np.packbits(bits, axis=1, bitorder="little").reshape(-1)
    return data.view(dtype).reshape(shape)
