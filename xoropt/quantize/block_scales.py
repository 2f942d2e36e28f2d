"""Scales of blocks: weights that are the products of codes and a scale for each column, row, group or block of them.

So are weights that another library has quantized and written out again as floats: a scale for each column (GPT-2's
layers), for 128 weights along a row or down a column (GPTQ, AWQ), or for 128×128 of them (8-bit floats of DeepSeek).
The codes are a tensor by themselves, of a small dtype, and stored as any other.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = ["BlockScales", "blocks_of", "check_scales"]

CHUNK = 1 << 18
"""Weights that are multiplied at once: bounds the memory beside the result."""

CODE_DTYPES = ("int8", "int16", "float8_e4m3fn")
"""Names of the dtypes that codes may have."""

WEIGHT_DTYPES = ("float16", "bfloat16", "float32")
"""Names of the dtypes that weights and scales may have."""


@dataclass(frozen=True, eq=False)
class BlockScales:
    """Scales of a tensor's blocks, with the dtype of its weights.

    The weights, in row-major order, are taken as a matrix with so many columns, and the matrix is cut into blocks; the
    last block along a side may be cut short. A weight is its code times its block's scale, in float32, converted to the
    dtype. The least integer code, −128 or −32,768, counts as −0.0.

    Attributes:
        dtype: of the weights.
        columns: of the matrix.
        sides: rows and columns of a block.
        values: the scales, floats, (rows of blocks, blocks of a row).
    """

    dtype: np.dtype
    columns: int
    sides: tuple[int, int]
    values: np.ndarray = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Stored bytes."""
        return self.values.nbytes

    def weights(self, codes: np.ndarray, first: int = 0) -> np.ndarray:
        """Multiply whole rows of the matrix.

        Args:
            codes: of any shape.
            first: the weight at which they begin, which begins a row.

        Returns:
            The weights, of the shape of the codes.
        """
        made = np.empty(codes.shape, dtype=self.dtype)
        matrix, into = codes.reshape(-1, self.columns), made.reshape(-1, self.columns)
        begin, step = first // self.columns, max(1, CHUNK // self.columns)
        wide = self.values.astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # the scales in a file may be any numbers
            for row in range(0, len(matrix), step):
                some = slice(row, row + step)
                part = matrix[some]
                numbers = part.astype(np.float32)
                if part.dtype.kind == "i":
                    numbers[part == np.iinfo(part.dtype).min] = -0.0
                into[some] = numbers * blocks_of(wide, self.columns, self.sides, begin + row, len(part))
        return made


def blocks_of(values: np.ndarray, columns: int, sides: tuple[int, int], first: int, rows: int) -> np.ndarray:
    """Return the value of each weight's block, for some rows of the matrix: (rows, columns), or what broadcasts so."""
    each = values[np.arange(first, first + rows) // sides[0]]
    return each if each.shape[1] == 1 else np.repeat(each, sides[1], axis=1)[:, :columns]


def check_scales(scales: BlockScales, codes: np.dtype, shape: tuple[int, ...]) -> None:
    """Check that scales fit a tensor.

    Args:
        scales: what to check.
        codes: the dtype of the codes.
        shape: of the tensor.

    Raises:
        DecodeError: they do not.
    """
    size = int(np.prod(shape, dtype=np.int64))
    row = size // shape[0] if shape and shape[0] else 0
    if codes.name not in CODE_DTYPES or scales.dtype.name not in WEIGHT_DTYPES:
        raise DecodeError(f"codes of {codes} with scales can't make weights of {scales.dtype}")
    if scales.columns < 1 or not row or row % scales.columns or min(scales.sides) < 1:
        raise DecodeError(f"its scales of blocks do not fit its shape {shape}")
    counts = tuple(-(-a // b) for a, b in zip((size // scales.columns, scales.columns), scales.sides, strict=True))
    if scales.values.shape != counts or scales.values.dtype.name not in WEIGHT_DTYPES:
        raise DecodeError(f"its scales must be floats {counts}, not {scales.values.dtype} {scales.values.shape}")
