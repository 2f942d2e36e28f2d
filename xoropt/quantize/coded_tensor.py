"""Coded tensors: masks, integer codes and scales that another library's quantizer has made."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xoropt.common.arguments import check_int, check_kind
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_arrays import plain_array

__all__ = ["CodedTensor", "expanded"]

CODES, SCALES, ZERO_POINTS, MASK, PRUNED = "codes", "scales", "zero_points", "mask", "pruned"


@dataclass(frozen=True, eq=False)
class CodedTensor:
    """A weight matrix as integer codes: kept weights are (code − zero point)·scale, pruned ones are 0.

    `xoropt.compress` takes it wherever it takes an array. Its parts are stored as tensors of their own, `NAME.codes`,
    `NAME.scales` and `NAME.zero_points` among them; `CodedTensor.of(xoropt.decompress(path), NAME)` joins them again.

    Attributes:
        mask: bool, of the codes' shape, False where a weight is pruned; None: all are kept.
        codes: integers (rows, columns). Those of pruned weights are not kept.
        scales: floats: (), (rows,), (rows, 1) or (rows, columns/group_size).
        zero_points: integers or floats of the shape of `scales`; None: 0.
        group_size: neighbouring columns that share a scale; None: a row does, or the whole tensor.

    Raises:
        ArgumentError: the parts do not fit each other.
    """

    mask: np.ndarray | None = field(repr=False)
    codes: np.ndarray = field(repr=False)
    scales: np.ndarray = field(repr=False)
    zero_points: np.ndarray | None = field(default=None, repr=False)
    group_size: int | None = None

    def __post_init__(self) -> None:
        codes, scales = plain_array("Argument 'codes'", self.codes), plain_array("Argument 'scales'", self.scales)
        if codes.ndim != 2 or codes.dtype.kind not in "iu":
            raise ArgumentError(f"codes must be integers (rows, columns), not {codes.dtype} {codes.shape}.")
        mask = None if self.mask is None else plain_array("Argument 'mask'", self.mask)
        if mask is not None and (mask.dtype != bool or mask.shape != codes.shape):
            raise ArgumentError(f"mask must be bool {codes.shape} like the codes, not {mask.dtype} {mask.shape}.")
        rows, columns = codes.shape
        if self.group_size is not None:
            check_int("group_size", self.group_size, 1)
        if self.group_size is not None and (self.group_size < 1 or columns % self.group_size):
            raise ArgumentError(f"group_size {self.group_size} does not divide the {columns} columns.")
        shapes = {(), (1,), (rows,), (rows, 1)} if self.group_size is None else {(rows, columns // self.group_size)}
        if scales.shape not in shapes:
            allowed = " or ".join(str(shape) for shape in sorted(shapes, key=len))
            raise ArgumentError(f"scales have the shape {scales.shape}; codes of {codes.shape} need {allowed}.")
        zeros = None if self.zero_points is None else plain_array("Argument 'zero_points'", self.zero_points)
        if zeros is not None and zeros.shape != scales.shape:
            raise ArgumentError(f"zero_points have the shape {zeros.shape}, not that of the scales, {scales.shape}.")
        for name, array in (("mask", mask), ("codes", codes), ("scales", scales), ("zero_points", zeros)):
            object.__setattr__(self, name, array)

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], name: str) -> "CodedTensor":
        """Join the parts that `xoropt.decompress` returns for a coded tensor of this name.

        Raises:
            ArgumentError: a part is missing.
        """
        check_kind("arrays", arrays, Mapping, "arrays by name, as xoropt.decompress returns them")
        check_kind("name", name, str, "the name of a coded tensor")
        for part in (CODES, SCALES):
            if f"{name}.{part}" not in arrays:
                raise ArgumentError(f"There is no '{name}.{part}'; no coded tensor '{name}' was stored here.")
        codes, scales = arrays[f"{name}.{CODES}"], arrays[f"{name}.{SCALES}"]
        groups = scales.shape[1] if scales.ndim == 2 and scales.shape[1:] != (1,) else None
        mask = arrays.get(f"{name}.{MASK}")
        if f"{name}.{PRUNED}" in arrays:
            mask = codes != arrays[f"{name}.{PRUNED}"]
        size = codes.shape[1] // groups if groups else None
        return cls(mask, codes, scales, arrays.get(f"{name}.{ZERO_POINTS}"), size)

    def dequantize(self) -> np.ndarray:
        """Return the weights, (rows, columns), of the scales' dtype."""
        rows, columns = self.codes.shape
        groups = math.prod(self.scales.shape[1:]) if self.scales.ndim == 2 else 1
        kind = self.scales.dtype if self.scales.dtype.kind in "fV" else np.dtype(np.float32)
        wide = np.dtype(np.float64) if kind == np.float64 else np.dtype(np.float32)
        numbers: np.ndarray = self.codes.reshape(rows, groups, -1).astype(wide)
        if self.zero_points is not None:
            numbers = numbers - self.zero_points.reshape(-1, groups, 1).astype(wide)
        weights = (numbers * self.scales.reshape(-1, groups, 1).astype(wide)).reshape(rows, columns).astype(kind)
        return weights if self.mask is None else np.where(self.mask, weights, np.zeros((), dtype=kind))


def expanded(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors by name, with the parts of a coded tensor in its place."""
    if not isinstance(tensors, Mapping):
        instead = ""
        if isinstance(tensors, str | os.PathLike):
            instead = "; compress_checkpoint takes the paths of files and folders"
        elif hasattr(tensors, "state_dict"):
            instead = "; give its state_dict()"
        kind = type(tensors).__name__
        raise ArgumentError(f"Tensors must be arrays by name, such as {{'w': array}}, not {kind}{instead}.")
    found: dict[str, Any] = {}
    for name, tensor in tensors.items():
        for key, part in (_split(name, tensor) if isinstance(tensor, CodedTensor) else {name: tensor}).items():
            if key in found:
                raise ArgumentError(f"There are two tensors '{key}'; rename one of them.")
            found[key] = part
    return found


def _split(name: str, tensor: CodedTensor) -> dict[str, np.ndarray]:
    """Return the tensors that a coded tensor is stored as, by name.

    Codes of pruned weights become a number that no kept weight has, `NAME.pruned`, which the coder stores as a mask;
    where there is no such number, the mask is a tensor, `NAME.mask`.
    """
    codes = tensor.codes
    parts: dict[str, np.ndarray] = {}
    if tensor.mask is not None and not tensor.mask.all():
        free = _free_number(codes[tensor.mask], codes.dtype)
        filled = codes.dtype.type(free or 0)
        parts = {f"{name}.{MASK}": tensor.mask} if free is None else {f"{name}.{PRUNED}": np.array(filled)}
        codes = np.where(tensor.mask, codes, filled)
    parts = {f"{name}.{CODES}": codes, f"{name}.{SCALES}": tensor.scales} | parts
    if tensor.zero_points is not None:
        parts[f"{name}.{ZERO_POINTS}"] = tensor.zero_points
    return parts


def _free_number(kept: np.ndarray, dtype: np.dtype) -> int | None:
    """Return the number next to the kept codes that none of them is; None where they leave none."""
    low, high = (int(kept.min()), int(kept.max())) if kept.size else (1, 0)
    info = np.iinfo(dtype)
    return low - 1 if low > info.min else high + 1 if high < info.max else None
