"""Decompression of a whole model to a file, with only one tensor in memory at a time."""

import os

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.files import check_new
from xoropt.common.tensor_files import stream_safetensors
from xoropt.model.decompression import restore_array
from xoropt.model.file.container import load
from xoropt.model.file.limits import check_size
from xoropt.model.tensors import CompressedModel, Progress, shape_and_dtype

__all__ = ["decompress_to"]


def decompress_to(
    source: str | os.PathLike[str] | CompressedModel,
    path: str | os.PathLike[str],
    *,
    decoder: str = "auto",
    overwrite: bool = False,
    max_size: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the arrays of a compressed file or model as a plain safetensors file, one after the other.

    Only one array is in memory at a time, and the file appears whole or not at all.

    Args:
        source: a compressed file, or a model in memory.
        path: the file to write.
        decoder: as for `xoropt.decode`.
        overwrite: replace a file that exists.
        max_size: as for `decompress`.
        progress: called after each tensor with its name, the tensors that are done, and all tensors.

    Raises:
        FormatError: as for `decompress`.
        XoroptError: the source cannot be read, the output exists and `overwrite` is not set, or it can't be written.
    """
    check_new(path, overwrite)
    model = source if isinstance(source, CompressedModel) else load(source)
    if max_size is not None:
        check_int("max_size", max_size, 1)
    check_size(model, source, max_size)
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
