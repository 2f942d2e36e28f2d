"""Verification: a compressed model is compared with the original, bit for bit, or with the original as quantized."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from xoropt.common.arguments import check_callable, check_kind
from xoropt.common.errors import ArgumentError
from xoropt.model.arrays import merge_zeros, same_bytes
from xoropt.model.checks import array_of
from xoropt.model.compiled_weights import mask_of
from xoropt.model.config import CompressConfig
from xoropt.model.decompression import restore_array
from xoropt.model.file.container import model_of
from xoropt.model.preparation import PreparedTensor, prepare_tensor
from xoropt.model.tensors import CompressedModel, CompressedTensor, Progress, UncompressedTensor, shape_and_dtype
from xoropt.quantize import dequantize, prune_globally

__all__ = ["MERGED", "TensorCheck", "check_tensor", "count_checks", "verify"]

MERGED = "zeros merged"
"""What the check of a tensor says first whose −0.0 were stored as 0.0, and nothing else was changed."""


@dataclass(frozen=True)
class TensorCheck:
    """The result of `verify` for one tensor.

    Attributes:
        name: of the tensor.
        lossless: whether the tensor comes back bit for bit: as the original, or as the original pruned and quantized in
            the way that the file records.
        how: what was done with it, "compressed", "quantized, then compressed" or "carried", or what is wrong.
        exact: whether it equals the original itself; False for one that was pruned, quantized or had its zeros merged.
    """

    name: str
    lossless: bool
    how: str
    exact: bool = False


def count_checks(checks: Iterable[TensorCheck]) -> tuple[int, int, int]:
    """Count the tensors that equal the original, those that equal it as it was changed, and those that differ."""
    counts = [0, 0, 0]
    for check in checks:
        counts[0 if check.exact else 1 if check.lossless else 2] += 1
    return counts[0], counts[1], counts[2]


def verify(
    path: str | os.PathLike[str] | CompressedModel,
    tensors: Mapping[str, np.ndarray],
    *,
    decoder: str = "auto",
    progress: Progress | None = None,
) -> list[TensorCheck]:
    """Compare a compressed file with the original tensors, bit for bit.

    A tensor that was pruned and quantized before it was stored is compared with the original, pruned and quantized
    again in the way that the file records. A low-rank mask, the result of a search, is taken as it is.

    Args:
        path: a compressed file, or a model in memory.
        tensors: the original arrays by name.
        decoder: as for `xoropt.decode`.
        progress: called after each tensor with its name, the tensors that are done, and all tensors.

    Returns:
        A check for every tensor of either side, those of the original first. The file is lossless where all checks are.

    Raises:
        ArgumentError: an argument of another kind, such as the two sides in the other order; an original that is no
            array of numbers.
        FormatError: `save` did not write the file, or the file is damaged.
        XoroptError: the file cannot be read.
    """
    model = model_of(path, "path")
    check_kind("tensors", tensors, Mapping, "the original arrays by name")
    check_callable("progress", progress)
    arrays = {name: array_of(name, tensor) for name, tensor in tensors.items()}
    masks = _global_masks(model, arrays)
    checks = []
    names = [*tensors, *(name for name in model.tensors if name not in tensors)]
    for done, name in enumerate(names, 1):
        tensor = model.tensors.get(name)
        if tensor is None:
            checks.append(TensorCheck(name, False, "missing from the compressed file"))
        elif name not in tensors:
            checks.append(TensorCheck(name, False, "not among the original tensors"))
        else:
            original = arrays[name]
            shape, dtype = shape_and_dtype(tensor)
            if (shape, dtype) == (original.shape, original.dtype):
                restored = restore_array(path, name, tensor, decoder)
                checks.append(check_tensor(name, tensor, original, restored, masks.get(name)))
            else:
                how = f"is {dtype}{shape}, the original {original.dtype}{original.shape}"
                checks.append(TensorCheck(name, False, how))
        if progress is not None:
            progress(name, done, len(names))
    return checks


def check_tensor(
    name: str,
    tensor: CompressedTensor | UncompressedTensor,
    original: np.ndarray,
    restored: np.ndarray,
    mask: np.ndarray | None = None,
) -> TensorCheck:
    """Compare one tensor, of the original's shape and dtype.

    Args:
        name: of the tensor.
        tensor: as it is stored.
        original: the array it was made from.
        restored: the array that it gives back.
        mask: the weights that were kept, where a threshold over several tensors chose them; None otherwise.
    """
    if same_bytes(restored, original):
        how = "carried" if isinstance(tensor, UncompressedTensor) else "compressed"
        return TensorCheck(name, True, how, exact=True)
    how = "differs from the original"
    if isinstance(tensor, CompressedTensor) and tensor.quantization is not None:
        recorded = tensor.quantization
        if recorded.get("zeros") == "merged":
            merged = same_bytes(restored, merge_zeros(original))
            return TensorCheck(name, merged, f"{MERGED}, then compressed" if merged else how)
        try:
            if mask is None and recorded.get("scope") == "low_rank":
                mask = mask_of(tensor)
            sparsity, bits, scales = (recorded[key] for key in ("sparsity", "bits", "scales"))
            config = CompressConfig(sparsity=float(sparsity), bits=int(bits), scales=str(scales))
            again = prepare_tensor(original, config, mask, name=name)
            if isinstance(again, PreparedTensor) and same_bytes(restored, dequantize(again.quantized)):
                chosen = "quantized under its own low-rank mask" if recorded.get("scope") == "low_rank" else "quantized"
                return TensorCheck(name, True, f"{chosen}, then compressed")
            how = "differs from the original as pruned and quantized again"
        except (ArgumentError, KeyError, TypeError, ValueError, OverflowError):
            how = "differs from the original, which can't be quantized as the file records"
    return TensorCheck(name, False, how)


def _global_masks(model: CompressedModel, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Choose the masks of the tensors that were pruned by one threshold over all of them."""
    together: dict[str, np.ndarray] = {}
    rate: float | str = 0.0
    for name, tensor in model.tensors.items():
        recorded = tensor.quantization if isinstance(tensor, CompressedTensor) else None
        if recorded and recorded.get("scope") == "global" and name in tensors:
            together[name], rate = tensors[name], recorded.get("sparsity", 0.0)
    try:
        return prune_globally(together, float(rate)) if together else {}
    except (ArgumentError, ValueError, OverflowError):
        return {}
