"""Decompress: the way of a model's tensors back to arrays, tensor by tensor.

seeds ─ network, patches ─▶ planes ─ mask, levels, fields ─▶ weights
"""

import math
import os

import numpy as np

from xoropt.codec import decode
from xoropt.codec.decoder import check_jobs, check_out, weights_range
from xoropt.common.arguments import check_callable, check_int, check_kind
from xoropt.common.errors import ArgumentError, FormatError, XoroptError
from xoropt.masks import decode_mask
from xoropt.model.compiled_weights import decode_rows, levels_of, use_compiled
from xoropt.model.file.container import model_of
from xoropt.model.file.limits import check_size
from xoropt.model.tensors import CompressedModel, CompressedTensor, Progress, UncompressedTensor, shape_and_dtype
from xoropt.quantize.quantized_tensor import restore_weights

__all__ = ["decompress", "decompress_tensor", "restore_array"]


def decompress(
    source: str | os.PathLike[str] | CompressedModel,
    *,
    decoder: str = "auto",
    max_size: int | None = None,
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:
    """Decompress a file or model.

    Args:
        source: a compressed file, or a model in memory.
        decoder: as for `xoropt.decode`.
        max_size: the most bytes of all arrays together; None: of a file 1 GiB or 1,000 times its size, if that is
            more; of a model in memory any.
        progress: called after each tensor with its name, the tensors that are done, and all tensors.

    Returns:
        The arrays by name, in the original's order, shapes and dtypes: NumPy's, or those of ml_dtypes (bfloat16, 8-bit
        floats), which torch.from_numpy does not take. `xoropt.torch.load_file` gives tensors of torch.

    Raises:
        FormatError: `save` did not write the file, the file has a newer format, it is damaged, or it claims more than
            `max_size`.
        XoroptError: the file cannot be read.
    """
    check_callable("progress", progress)
    if max_size is not None:
        check_int("max_size", max_size, 1)
    model = model_of(source, "source")
    check_size(model, source, max_size)
    arrays = {}
    for done, (name, tensor) in enumerate(model.tensors.items(), 1):
        arrays[name] = restore_array(source, name, tensor, decoder)
        if progress is not None:
            progress(name, done, len(model.tensors))
    return arrays


def restore_array(
    source: str | os.PathLike[str] | CompressedModel,
    name: str,
    tensor: CompressedTensor | UncompressedTensor,
    decoder: str,
) -> np.ndarray:
    """Decompress one tensor, with errors that name the file and the tensor.

    Args:
        source: the file or model that holds it.
        name: of the tensor.
        tensor: the tensor itself.
        decoder: as for `xoropt.decode`.

    Raises:
        FormatError: its stored parts do not fit together.
        XoroptError: it does not fit into memory.
    """
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
    """Decompress one tensor.

    Args:
        tensor: of a `CompressedModel`.
        decoder: as for `xoropt.decode`.
        rows: a range of the first axis, `slice(a, b)`; None: all of it. Only the seeds, patches and mask bits that the
            rows need are read, where the mask's codec has random access.
        jobs: threads, as for `xoropt.decode`.
        out: an array to write to, of the result's shape and dtype, C-contiguous; None: a new one.

    Returns:
        The tensor, or these rows of it, in the original dtype.

    Raises:
        ArgumentError: the rows are out of range, `out` has another shape or dtype, there is no such decoder, or jobs is
            below 1.
        DecodeError: the tensor's parts do not fit together.
    """
    check_jobs(jobs)
    check_kind("tensor", tensor, (CompressedTensor, UncompressedTensor), "a tensor of a model, such as model['w']")
    shape, dtype = shape_and_dtype(tensor)
    first, stop, part = weights_range(shape, rows)
    if out is not None:
        check_out(out, part, dtype)
    if isinstance(tensor, UncompressedTensor):
        weights = tensor.array if rows is None else tensor.array[rows]
        if out is None:
            return np.array(weights)
    elif tensor.scaled is not None:
        codes = decompress_tensor(tensor.stored, decoder, rows=rows, jobs=jobs)
        weights = tensor.scaled.weights(codes, first)
    elif tensor.pairs:
        weights = decompress_tensor(tensor.stored, decoder, rows=rows, jobs=jobs).view(dtype).reshape(part)
    elif use_compiled(tensor, decoder, first, stop):
        flat = decode_rows(tensor, rows, first, stop, jobs, None if out is None else out.reshape(-1))
        return flat.reshape(part) if out is None else out
    else:
        whole = tensor.encoded.needs_mask  # packed values follow the mask from its beginning
        mask = decode_mask(tensor.mask_codec, tensor.mask_parts, shape, tensor.encoded.outputs, None if whole else rows)
        planes = decode(tensor.encoded, decoder, rows=rows, mask=mask, jobs=jobs)
        kept = mask[rows] if whole and rows is not None else mask
        weights = restore_weights(kept, planes, levels_of(tensor, rows), tensor.listed.within(first, stop), first)
    if out is None:
        return weights
    out[...] = weights
    return out
