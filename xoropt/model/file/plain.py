"""Plain files: tensors as they were before compression."""

import os
from pathlib import Path

import numpy as np

from xoropt.common.errors import FormatError
from xoropt.common.tensor_files import read_arrays
from xoropt.model.file.container import KEY

__all__ = ["read_plain"]


def read_plain(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a file of tensors that is no compressed one.

    Returns:
        The arrays by name, and the metadata, as `read_arrays` returns them.

    Raises:
        FormatError: the file is compressed already, or as for `read_arrays`.
        XoroptError: the file cannot be read.
    """
    arrays, metadata = read_arrays(Path(path))
    if KEY in metadata:
        raise FormatError(
            f"{path}: is compressed already; name the original, or make a plain file first with 'xoropt decompress'."
        )
    return arrays, metadata
