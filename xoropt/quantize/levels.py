"""Levels: what the bits of a kept weight mean. Scales of binary coding, a codebook, or a prefix-coded field."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.dtypes import name_of
from xoropt.common.errors import DecodeError
from xoropt.quantize import number_form
from xoropt.quantize.number_form import NumberForm
from xoropt.quantize.prefix_codes import check_lengths, completions

__all__ = [
    "MAX_PLANES",
    "Codebook",
    "CodedField",
    "Levels",
    "Scales",
    "check_levels",
    "count_planes",
    "level_table",
]

MAX_PLANES = 8
"""The most planes that codes may take: they are bytes."""


@dataclass(frozen=True, eq=False)
class Scales:
    """Scales of binary coding: a kept weight is Σ αᵢ·(2bᵢ − 1) over the planes i.

    Attributes:
        alpha: the scales α, (planes, rows), float32 or float64; one row for the whole tensor, or one for each index of
            its first axis.
        dtype: the dtype of the weights.
    """

    alpha: np.ndarray = field(repr=False)
    dtype: np.dtype

    @property
    def nbytes(self) -> int:
        """Stored bytes."""
        return self.alpha.nbytes


@dataclass(frozen=True, eq=False)
class Codebook:
    """The values of a tensor: a kept weight is values[Σ bᵢ·2ⁱ] over the planes i.

    Attributes:
        values: (at most 2^planes,), of the dtype of the weights.
    """

    values: np.ndarray = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Stored bytes."""
        return self.values.nbytes

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the weights."""
        return self.values.dtype


@dataclass(frozen=True, eq=False)
class CodedField:
    """The prefix-coded field of a tensor's numbers: a codeword gives the upper bits of a kept weight's image.

    The planes of such a tensor are those of the raw field, lowest bit first, and then those of the codewords. A plane
    of the codewords cares for a weight whose codeword is longer than the plane's number.

    Attributes:
        form: how a number is split into fields.
        values: unsigned integers of the dtype's size (n,), images whose raw field is 0; or (k, n), where rows, the
            indices of the first axis, have values in different orders: k classes of them, or each row by itself.
        lengths: uint8 (m,), m ≤ n, the bits of the codewords of the first m values, see `prefix_codes`. The others
            occur so rarely that the weights which have them are listed.
        fill: the bits of a pruned weight, as an unsigned integer.
        classes: uint8 (rows,), below k, the class of each row; None: all rows have the same values, or each its own,
            which needs a form without a raw field.
        signed_fill: whether a pruned weight is a zero with a sign, which plane 0 holds as it does a kept weight's: this
            plane cares for every weight. The form has the sign last, in a raw field, and `fill` is 0.
    """

    form: NumberForm
    values: np.ndarray = field(repr=False)
    lengths: np.ndarray = field(repr=False)
    fill: int = 0
    classes: np.ndarray | None = field(default=None, repr=False)
    signed_fill: bool = False

    @property
    def nbytes(self) -> int:
        """Stored bytes."""
        return self.values.nbytes + self.lengths.nbytes + (0 if self.classes is None else self.classes.nbytes)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the weights."""
        return self.form.dtype

    @property
    def sign(self) -> int:
        """Where signs are: 0 in the place where numbers have them, 1 last in the raw field, 2 of pruned weights too."""
        return int(self.form.sign_last) + int(self.signed_fill)

    @property
    def rare_values(self) -> int:
        """The number of values without a codeword."""
        return self.values.shape[-1] - len(self.lengths)

    @property
    def has_own_rows(self) -> bool:
        """Whether each row has values of its own."""
        return self.values.ndim == 2 and self.classes is None

    @property
    def code_planes(self) -> int:
        """The bits of the longest codeword."""
        return int(self.lengths.max())

    @property
    def shared_planes(self) -> int:
        """The planes that care for every kept weight: the raw field, and the codewords up to the shortest one's end."""
        return self.form.raw_bits + int(self.lengths.min())

    def code_table(self) -> np.ndarray:
        """Tabulate the image, without its raw field, for every code: (2^code_planes,), of the dtype of `values`.

        Where rows have values in different orders, there is a row for each of them: (k, 2^code_planes).
        """
        coded = np.zeros((*self.values.shape[:-1], len(self.lengths) + 1), dtype=self.values.dtype)
        coded[..., :-1] = self.values[..., : len(self.lengths)]
        return coded[..., completions(self.lengths, self.code_planes)]

    def code_lengths(self) -> np.ndarray:
        """Tabulate the bits of the codeword that each code begins with: uint8 (2^code_planes,)."""
        return np.append(self.lengths, np.uint8(0))[completions(self.lengths, self.code_planes)]


Levels = Scales | Codebook | CodedField


def count_planes(levels: Levels) -> int:
    """Count the planes that codes and the raw field take."""
    if isinstance(levels, Scales):
        return len(levels.alpha)
    if isinstance(levels, CodedField):
        return levels.form.raw_bits + levels.code_planes
    return max(0, len(levels.values) - 1).bit_length()


def check_levels(levels: Levels, planes: int, shape: tuple[int, ...]) -> None:
    """Check that levels fit a tensor.

    Args:
        levels: what to check.
        planes: the number of the tensor's planes.
        shape: the shape of the tensor.

    Raises:
        DecodeError: they do not fit.
        FormatError: their dtype is none that a tensor can have.
    """
    name_of(levels.dtype)
    if isinstance(levels, CodedField):
        _check_coded_field(levels, planes, shape)
        return
    if planes > MAX_PLANES:
        raise DecodeError(f"it has {planes} planes; at most {MAX_PLANES} are allowed")
    if isinstance(levels, Codebook):
        if levels.values.ndim != 1 or len(levels.values) > 1 << planes:
            raise DecodeError(f"its codebook does not fit {planes} planes")
        return
    alpha = levels.alpha
    if alpha.dtype not in (np.float32, np.float64) or alpha.ndim != 2 or len(alpha) != planes:
        raise DecodeError("its scales have the wrong shape or dtype")
    if levels.dtype.kind in "biuc":
        raise DecodeError(f"its scales can't make weights of the dtype {levels.dtype}")
    if alpha.shape[1] not in (1, *shape[:1]):
        raise DecodeError(f"its {alpha.shape[1]} rows of scales do not fit its shape")


def _check_coded_field(levels: CodedField, planes: int, shape: tuple[int, ...]) -> None:
    """Check a coded field by itself, and against the number of planes."""
    form, values = levels.form, levels.values
    number_form.check_form(form)
    check_lengths(levels.lengths)
    if levels.has_own_rows and (form.raw_bits or len(values) not in shape[:1] or levels.rare_values):
        raise DecodeError("its values of each row fit neither its codewords nor its shape")
    if levels.classes is not None:
        _check_classes(levels.classes, values, shape)
    if values.dtype != form.pattern or values.ndim not in (1, 2) or values.shape[-1] < len(levels.lengths):
        raise DecodeError(f"its values must be {form.pattern} numbers, one for each of {len(levels.lengths)} codewords")
    if form.raw_bits and (values & form.pattern.type((1 << form.raw_bits) - 1)).any():
        raise DecodeError(f"its values reach into the {form.raw_bits} bits of the raw field")
    if (form.images(form.numbers(values)) != values).any():
        raise DecodeError(f"its values do not fit the {form.bits} bits of {form.dtype}")
    if not 0 <= levels.fill < 1 << form.bits:
        raise DecodeError(f"the value of its pruned weights does not fit the {form.bits} bits of {form.dtype}")
    if levels.signed_fill and (levels.fill or not form.sign_last or not form.raw_bits):
        raise DecodeError("its pruned weights have signs, which needs a raw field with the sign, and zeros to prune")
    if planes != count_planes(levels):
        raise DecodeError(f"its codewords and raw field take {count_planes(levels)} planes, not {planes}")


def _check_classes(classes: np.ndarray, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if classes.dtype != np.uint8 or classes.shape != shape[:1] or values.ndim != 2 or not len(classes):
        raise DecodeError("the classes of its rows do not fit its shape")
    if classes.max() >= len(values):
        raise DecodeError(f"a row has the class {classes.max()}, but there are values for {len(values)} classes alone")


def level_table(levels: Levels, planes: int) -> np.ndarray:
    """Tabulate the weight for every code: (rows, 2^planes), of the weights' dtype; codes without a value are zero.

    Only levels without a raw field have such a table.
    """
    if isinstance(levels, CodedField):
        table = np.atleast_2d(levels.form.numbers(levels.code_table()).view(levels.dtype))
        return table if levels.classes is None else table[levels.classes]
    if isinstance(levels, Codebook):
        table = np.zeros((1, 1 << planes), dtype=levels.dtype)
        table[0, : len(levels.values)] = levels.values
        return table
    codes = np.arange(1 << planes)
    table = np.zeros((levels.alpha.shape[1], 1 << planes), dtype=levels.alpha.dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # the scales in a file may be any numbers
        for i, alpha in enumerate(levels.alpha):  # every decoder adds in this order: floating-point sums depend on it
            table += np.where(codes >> i & 1, alpha[:, None], -alpha[:, None])
        return table.astype(levels.dtype)
