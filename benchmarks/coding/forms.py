"""Forms of weights: floats of several sizes, integers with scales, pruned ones; and the entropy of each."""

from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

from coding.sources import Source

__all__ = ["FORMS", "Case", "case", "entropy", "limits"]

GROUP = 128
"""Weights that share a scale."""

FLOATS = {
    "bfloat16": (ml_dtypes.bfloat16, 7),
    "float16": (np.float16, 10),
    "float32": (np.float32, 23),
    "float8 e4m3": (ml_dtypes.float8_e4m3fn, 3),
    "float8 e5m2": (ml_dtypes.float8_e5m2, 2),
}
"""Dtypes by name, with the bits of their mantissas."""
SPARSE = {"int4, S = 0.5": 0.5, "int4, S = 0.7": 0.7}
INTEGERS = ("int8, rows", f"int8, groups of {GROUP}", f"int4, groups of {GROUP}", *SPARSE, "ternary")
FORMS = (*FLOATS, *INTEGERS)
"""All forms, by name."""


@dataclass(frozen=True, eq=False)
class Case:
    """A tensor to store.

    Attributes:
        source: where its weights come from.
        real: whether they were trained.
        form: what they were made to.
        array: the tensor; integer codes are int8, their scales are tensors of their own that nobody stores here.
        plain: bits of a weight where nothing is coded.
        bound: bits of information in a weight, see `limits`.
        packings: the same values as bytes, in each way that suits a compressor of bytes.
    """

    source: str
    real: bool
    form: str
    array: np.ndarray = field(repr=False)
    plain: float
    bound: float
    packings: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def patterns(self) -> np.ndarray:
        """The bits of the weights, flat, as unsigned integers."""
        return self.array.reshape(-1).view(f"u{self.array.dtype.itemsize}")


def case(source: Source, form: str) -> Case | None:
    """Give a source's weights a form; None where they have fewer bits than it."""
    if form in FLOATS:
        dtype, mantissa = np.dtype(FLOATS[form][0]), FLOATS[form][1]
        if dtype.itemsize > source.weights.dtype.itemsize:
            return None
        weights = source.weights
        if dtype.itemsize == 1:
            scale = float(ml_dtypes.finfo(dtype).max) / float(np.abs(weights).max())
            weights = weights.astype(np.float32) * np.float32(scale)
        array = weights.astype(dtype)
        return Case(source.name, source.real, form, array, 8.0 * dtype.itemsize, *_float_parts(array, mantissa))
    weights = source.weights.astype(np.float32)
    if form == "ternary":
        codes = np.sign(weights) * (np.abs(weights) > 0.7 * np.abs(weights).mean())
        bits = 2
    elif form == "int8, rows":
        codes, bits = np.rint(weights * (127 / np.abs(weights).max(axis=1, keepdims=True))), 8
    else:
        bits = 8 if form.startswith("int8") else 4
        codes = _by_groups(weights, 2 ** (bits - 1) - 1)
        if form in SPARSE:
            magnitude = np.abs(weights)
            codes = np.where(magnitude > np.quantile(magnitude, SPARSE[form]), codes, 0)
    array = codes.astype(np.int8)
    plain = 1.0 + bits * np.count_nonzero(array) / array.size if form in SPARSE else float(bits)
    bound = entropy(np.unique(array, return_counts=True)[1])
    return Case(source.name, source.real, form, array, plain, bound, _packings(array, bits, form in SPARSE))


def entropy(counts: np.ndarray) -> float:
    """Return the bits of information in a symbol with these counts."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def limits(case: Case) -> str:
    """Say what a case's bound is."""
    if case.form in FLOATS:
        return f"{1 + FLOATS[case.form][1]} + H(exponent)"
    return "H(mask) + (1 − S)·H(code)" if case.form in SPARSE else "H(code)"


def _float_parts(array: np.ndarray, mantissa: int) -> tuple[float, tuple[np.ndarray, ...]]:
    """Return the bound of floats, and their bytes."""
    size = array.dtype.itemsize
    patterns = array.reshape(-1).view(f"u{size}")
    exponents = patterns >> mantissa & ((1 << 8 * size - 1 - mantissa) - 1)
    return 1 + mantissa + entropy(np.bincount(exponents)), (patterns.view(np.uint8),)


def _by_groups(weights: np.ndarray, most: int) -> np.ndarray:
    """Round weights to multiples of their group's scale, the largest of a group to ±most."""
    flat = weights.reshape(-1)
    groups = np.concatenate([flat, np.zeros(-len(flat) % GROUP, np.float32)]).reshape(-1, GROUP)
    largest = np.abs(groups).max(axis=1, keepdims=True)
    codes = np.rint(groups * (most / np.where(largest > 0, largest, 1)))
    return codes.reshape(-1)[: len(flat)].reshape(weights.shape)


def _packings(array: np.ndarray, bits: int, sparse: bool) -> tuple[np.ndarray, ...]:
    """Pack codes into bytes: one in each; as many as fit; a bitmap and the kept ones."""
    codes = array.reshape(-1)
    packings = [codes.view(np.uint8)]
    if bits < 8:
        packings.append(_pack(codes, bits))
    if sparse:
        packings.append(np.concatenate([np.packbits(codes != 0), codes[codes != 0].view(np.uint8)]))
        packings.append(np.concatenate([np.packbits(codes != 0), _pack(codes[codes != 0], bits)]))
    return tuple(packings)


def _pack(codes: np.ndarray, bits: int) -> np.ndarray:
    """Pack the low bits of codes into bytes."""
    each = 8 // bits
    low = np.concatenate([codes, np.zeros(-len(codes) % each, np.int8)]).view(np.uint8) & ((1 << bits) - 1)
    return (low.reshape(-1, each) << (bits * np.arange(each, dtype=np.uint8))).sum(axis=1, dtype=np.uint8)
