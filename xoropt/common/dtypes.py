"""The dtypes that safetensors files have, by their names there; ml_dtypes has those that NumPy lacks."""

import ml_dtypes
import numpy as np

from xoropt.common.errors import FormatError

__all__ = ["dtype_of", "name_of"]

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
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F32": np.dtype(np.float32),
    "F64": np.dtype(np.float64),
    "C64": np.dtype(np.complex64),
}
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
