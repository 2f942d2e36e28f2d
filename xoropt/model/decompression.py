"""Decompress: the way of a model's tensors back to arrays, tensor by tensor.

seeds ─ network, patches ─▶ planes ─ mask, levels ─▶ weights
"""

import math
import os

import numpy as np

from xoropt.codec import decode
from xoropt.codec.decoder import check_jobs, check_out, weights_range
from xoropt.common.errors import ArgumentError, FormatError, XoroptError
from xoropt.common.files import check_new, stream_safetensors
from xoropt.masks import decode_mask
from xoropt.model.file.container import load
from xoropt.model.tensors import CompressedModel, CompressedTensor, Progress, UncompressedTensor, shape_and_dtype
from xoropt.model.weights import compiled_suits, compiled_weights, levels_of
from xoropt.quantize import QuantizedTensor, dequantize

__all__ = ["decompress", "decompress_tensor", "decompress_to", "restore_array"]


def decompress(
    source: str | os.PathLike[str] | CompressedModel, *, decoder: str = "auto", progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """Decompress a file or model.

    Returns:
        The arrays by name, in the original's order, shapes and dtypes.

    Raises:
        FormatError: the file is not one that `save` wrote, is newer, or is damaged.
        XoroptError: the file cannot be read.
    """
    model = source if isinstance(source, CompressedModel) else load(source)
    arrays = {}
    for done, (name, tensor) in enumerate(model.tensors.items(), 1):
        arrays[name] = restore_array(source, name, tensor, decoder)
        if progress is not None:
            progress(name, done, len(model.tensors))
    return arrays


def decompress_to(
    source: str | os.PathLike[str] | CompressedModel,
    path: str | os.PathLike[str],
    *,
    decoder: str = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write the arrays of a compressed file or model as a plain safetensors file, one after the other.

    Only one array is in memory at a time, and the file appears whole or not at all.

    Raises:
        FormatError, XoroptError: as for `decompress`; the output exists without `overwrite`, or can't be written.
    """
    check_new(path, overwrite)
    model = source if isinstance(source, CompressedModel) else load(source)
    done = 0

    def array_of(name: str) -> np.ndarray:
        nonlocal done
        array = restore_array(source, name, model.tensors[name], decoder)
        done += 1
        if progress is not None:
            progress(name, done, len(model.tensors))
        return array

    forms = {name: shape_and_dtype(tensor) for name, tensor in model.tensors.items()}
    stream_safetensors(path, forms, array_of, model.metadata, overwrite)


def restore_array(
    source: str | os.PathLike[str] | CompressedModel,
    name: str,
    tensor: CompressedTensor | UncompressedTensor,
    decoder: str,
) -> np.ndarray:
    """Decompress one tensor of a file; an error names the file and the tensor."""
    where = "" if isinstance(source, CompressedModel) else f"{source}: "
    try:
        return decompress_tensor(tensor, decoder)
    except ArgumentError:
        raise
    except MemoryError:
        shape, dtype = shape_and_dtype(tensor)
        needed = math.prod(shape) * dtype.itemsize
        raise XoroptError(
            f"{where}tensor '{name}': its {needed} bytes do not fit into memory; use a machine with more."
        ) from None
    except XoroptError as error:
        raise FormatError(f"{where}tensor '{name}': {str(error).rstrip('.')}.") from None


def decompress_tensor(
    tensor: CompressedTensor | UncompressedTensor,
    decoder: str = "auto",
    *,
    rows: slice | None = None,
    jobs: int | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Decompress one tensor: an array of its original dtype and shape.

    Args:
        tensor: of a `CompressedModel`.
        decoder, jobs: as for `xoropt.decode`.
        rows: a range of the first axis, `slice(a, b)`; only the seeds, patches and mask bits that it needs are read, if
            the mask's codec can.
        out: an array to write to, of the result's shape and dtype, C-contiguous; None: a new one.

    Raises:
        ArgumentError: rows out of range, `out` of another form, no such decoder, jobs below 1.
        DecodeError: its stored parts do not fit together.
    """
    check_jobs(jobs)
    shape, dtype = shape_and_dtype(tensor)
    first, stop, part = weights_range(shape, rows)
    if out is not None:
        check_out(out, part, dtype)
    if isinstance(tensor, UncompressedTensor):
        made = tensor.array if rows is None else tensor.array[rows]
    elif compiled_suits(tensor, decoder, first, stop):  # decodes mask and planes tile by tile, and levels in the cache
        made = compiled_weights(tensor, rows, first, stop, jobs, None if out is None else out.reshape(-1))
        return made.reshape(part) if out is None else out
    else:
        some = None if tensor.encoded.needs_mask else rows
        mask = decode_mask(tensor.mask_codec, tensor.mask_parts, shape, tensor.encoded.outputs, some)
        planes = decode(tensor.encoded, decoder, rows=rows, mask=mask, jobs=jobs)
        kept = mask if some is rows else mask[rows]
        made = dequantize(QuantizedTensor(kept, planes, levels_of(tensor, rows)))
    if out is None:
        return np.array(made) if isinstance(tensor, UncompressedTensor) else made
    out[...] = made
    return out
