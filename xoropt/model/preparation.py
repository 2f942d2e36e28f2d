"""Prepare: each tensor of a model becomes a mask, codes, raw fields and levels, or gets a reason to be left as it is.

Dense tensors are pruned and quantized where that is asked for; all others are kept exactly, by their values or fields.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from xoropt_solvers import SolverError

from xoropt.common.arguments import check_kind
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.low_rank import BinaryFactors
from xoropt.model.arrays import merge_zeros, same_bytes
from xoropt.model.checks import array_of, check_factors
from xoropt.model.config import CompressConfig, configured
from xoropt.model.embeddings import find_embeddings, is_named_embedding
from xoropt.model.names import matches
from xoropt.model.tensors import UncompressedTensor
from xoropt.quantize import QuantizedTensor, binary_code, codebook, prune_globally, prune_low_rank, recognize
from xoropt.quantize.low_rank import magnitude_kept

__all__ = ["PreparedTensor", "naming", "prepare", "prepare_tensor", "reasons_to_leave", "why_uncompressed"]


@dataclass(frozen=True, eq=False)
class PreparedTensor:
    """A tensor that is ready to be stored.

    Attributes:
        array: the original tensor, or what makes it when it is needed.
        quantized: its mask, codes, raw field and levels.
        quantization: how it was pruned and quantized (`sparsity`, `bits`, `scales`, `scope`), or that its zeros were
            merged; None for one that is kept exactly.
        factors: the Boolean products that its mask was chosen as; None for masks of another kind.
    """

    array: np.ndarray | LazyArray = field(repr=False)
    quantized: QuantizedTensor
    quantization: dict[str, float | int | str] | None = None
    factors: BinaryFactors | None = None

    @property
    def exact(self) -> np.ndarray | LazyArray | None:
        """The array that has to come back byte for byte; None where the tensor was pruned and quantized."""
        if self.quantization is None:
            return self.array
        return merge_zeros(np.asarray(self.array)) if self.quantization.get("zeros") == "merged" else None


def prepare(
    tensors: Mapping[str, np.ndarray],
    config: CompressConfig | None = None,
    factors: Mapping[str, BinaryFactors] | None = None,
) -> Iterator[tuple[str, PreparedTensor | UncompressedTensor]]:
    """Prepare a model's tensors, one after the other, so that only one is in memory as planes.

    Args:
        tensors: arrays by name.
        config: which tensors to compress, and how to prune and quantize them; by default none is changed.
        factors: for tensors that are quantized already, by name, the Boolean products that their masks were chosen as.

    Yields:
        Each tensor's name, and the tensor as it is to be stored, or as it is with the reason to leave it uncompressed.

    Raises:
        ArgumentError: a tensor to prune holds NaN or infinity, or factors do not give the tensor's mask. The tensor is
            named.
    """
    config = configured(config, {})
    check_factors({} if factors is None else factors)
    check_kind("tensors", tensors, Mapping, "arrays by name")
    arrays = {name: array_of(name, value) for name, value in tensors.items()}
    reasons = reasons_to_leave(arrays, config)
    together = {name: array for name, array in arrays.items() if reasons[name] is None and _is_real(array)}
    masks = prune_globally(together, config.sparsity or 0.0) if config.scope == "global" else {}
    chosen = sum(reason is None for reason in reasons.values())
    for name, array in arrays.items():
        if (reason := reasons[name]) is not None:
            yield name, UncompressedTensor(array, reason)
            continue
        with naming(name, alone=chosen == 1):
            prepared = prepare_tensor(array, config, masks.get(name), (factors or {}).get(name), name)
        yield name, prepared


@contextmanager
def naming(name: str, alone: bool) -> Iterator[None]:
    """Name a tensor in the errors that the block raises, and say how to leave the tensor out.

    Args:
        name: of the tensor.
        alone: whether it is the only tensor to compress, which can't be left out.
    """
    try:
        yield
    except (XoroptError, SolverError) as error:
        where = "" if f"'{name}'" in str(error) else f"Tensor '{name}': "
        others = "" if alone else f" Fix that or leave the tensor out with --exclude (exclude=({name!r},))."
        raise type(error)(f"{where}{error}{others}") from None


def reasons_to_leave(tensors: Mapping[str, np.ndarray], config: CompressConfig) -> dict[str, str | None]:
    """Say for each tensor why it is left uncompressed; None where it is to be compressed."""
    embeddings = find_embeddings(tensors) if config.quantizes and not config.include else {}
    return {name: why_uncompressed(name, array, config) or embeddings.get(name) for name, array in tensors.items()}


def why_uncompressed(name: str, array: np.ndarray | LazyArray, config: CompressConfig) -> str | None:
    """Say why a tensor is left uncompressed, by itself; None where it is to be compressed."""
    if matches(name, config.exclude):
        return "excluded"
    if config.include:
        return None if matches(name, config.include) else "not included"
    if array.size < config.min_weights:
        return f"fewer than {config.min_weights} weights"
    if config.quantizes:
        if array.ndim < 2:
            return "a vector (a bias or a norm)"
        if is_named_embedding(name):
            return "an embedding, by its name"
    return None


def _is_real(array: np.ndarray | LazyArray) -> bool:
    """Check whether a tensor can be pruned and quantized: scales are for real numbers, not for integers."""
    return array.dtype.kind not in "biuc"


def prepare_tensor(
    array: np.ndarray | LazyArray,
    config: CompressConfig,
    mask: np.ndarray | None = None,
    factors: BinaryFactors | None = None,
    name: str = "",
) -> PreparedTensor | UncompressedTensor:
    """Prepare one tensor that is to be compressed.

    Args:
        array: in the machine's byte order; or what makes it when it is needed.
        config: how to prune and quantize it.
        mask: bool, the weights to keep; None: they are chosen by magnitude.
        factors: the Boolean products that the mask of a quantized tensor was chosen as; None for other masks.
        name: for messages.

    Raises:
        ArgumentError: a tensor to prune holds NaN or infinity, or the factors do not give the tensor's mask.
    """
    if config.quantizes and _is_real(array):
        return _quantize(np.asarray(array), config, mask, name)
    quantization: dict[str, float | int | str] | None = None
    exact = array
    if config.merge_zeros and isinstance(array, np.ndarray) and (array == 0).any():
        merged = merge_zeros(array)
        if not same_bytes(merged, array):
            exact, quantization = merged, {"zeros": "merged"}
    by_fields = config.codes_values and factors is None
    quantized = recognize(exact) if by_fields else codebook(np.asarray(exact))
    if quantized is None:
        many = "numbers without a skewed field" if by_fields else "more than 257 values: not quantized"
        return UncompressedTensor(np.asarray(array), many)
    if factors is not None and (factors.shape != array.shape or not (factors.mask() == quantized.mask).all()):
        raise ArgumentError("Argument 'factors' must give this tensor's own mask, and gives another one.")
    return PreparedTensor(array, quantized, quantization, factors)


def _quantize(array: np.ndarray, config: CompressConfig, mask: np.ndarray | None, name: str) -> PreparedTensor:
    """Prune and quantize a dense tensor."""
    bits, sparsity, scope, factors = config.bits or 1, config.sparsity or 0.0, config.scope, None
    if config.mask == "low_rank":
        if mask is None:
            factors = prune_low_rank(array, sparsity, rank=config.rank, mask_bits=config.mask_bits, jobs=config.jobs)
            mask = factors.mask()
        scope = "low_rank"
    elif mask is None:
        mask = prune_globally({name: array}, sparsity)[name]
    quantized = binary_code(array, mask, bits, scales=config.scales)
    quantization: dict[str, float | int | str]
    quantization = {"sparsity": sparsity, "bits": bits, "scales": config.scales, "scope": scope}
    if scope == "low_rank":
        quantization["magnitude"] = round(magnitude_kept(array, mask), 4)
    return PreparedTensor(array, quantized, quantization, factors)
