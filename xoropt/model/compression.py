"""Compress: the way of a model's tensors to their stored form, tensor by tensor.

tensors ─ prepare ─▶ mask, codes, fields ─ choose by computed size, store ─▶ seeds and patches ─ prove ─▶ model
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from xoropt.common.arguments import check_callable
from xoropt.common.errors import XoroptError
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.coding import encode_planned
from xoropt.masks.low_rank import BinaryFactors
from xoropt.model.arrays import same_bytes, ties_of
from xoropt.model.checks import array_of, check_factors, check_metadata, check_names
from xoropt.model.config import CompressConfig, configured
from xoropt.model.decompression import decompress_tensor
from xoropt.model.preparation import PreparedTensor, prepare, reasons_to_leave
from xoropt.model.remarks import check_patterns, warn_about
from xoropt.model.row_parts import parts_of
from xoropt.model.storage_choice import choose_network, choose_storage
from xoropt.model.storing_together import Done, store_all
from xoropt.model.tensors import CompressedModel, CompressedTensor, Progress, UncompressedTensor
from xoropt.model.value_encoding import encode_values
from xoropt.quantize import value_entropy
from xoropt.quantize.coded_tensor import expanded

__all__ = ["compress", "store"]


def compress(
    tensors: Mapping[str, np.ndarray],
    config: CompressConfig | None = None,
    *,
    metadata: Mapping[str, str] | None = None,
    factors: Mapping[str, BinaryFactors] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> CompressedModel:
    """Compress a model's tensors.

    Args:
        tensors: arrays by name, of any dtype that safetensors knows (bfloat16 and 8-bit floats through ml_dtypes), or
            tensors of torch; a `CodedTensor` becomes several tensors, see there.
        config: what to do; by default every tensor is kept exactly: by its values where they are few, and otherwise by
            fields, the exponents coded and the other bits as they are.
        metadata: text to keep with the model.
        factors: Boolean products that masks of tensors which are quantized already were chosen as, by name
            (`quantize.prune_low_rank`); those masks are stored as products.
        progress: called as the work goes on.
        options: attributes of `CompressConfig` by themselves, such as `sparsity=0.9, bits=1`; they change those of
            `config`.

    Returns:
        The model; `xoropt.save` writes it. Each tensor was decoded again and compared before it was accepted.

    Raises:
        ArgumentError: names or metadata that are no text, a tensor that no file can hold, or one with NaN or infinity
            that is to be pruned (it is named); raised before anything is encoded, but for the last. An option that
            there is not, or a value that is not allowed.

    Warns:
        XoroptWarning: what was asked for is probably not what was meant, see `xoropt.model.remarks`.
    """
    config = configured(config, options)
    check_callable("progress", progress)
    check_factors({} if factors is None else factors)
    tensors = expanded(tensors)
    check_names(tensors)
    check_metadata({} if metadata is None else metadata)
    arrays = {name: array_of(name, value) for name, value in tensors.items()}
    check_patterns(arrays, config)
    sizes = {name: arrays[name].size for name, reason in reasons_to_leave(arrays, config).items() if reason is None}
    # Where a threshold over all tensors prunes them, each counts.
    ties = {} if config.quantizes else ties_of({name: arrays[name] for name in sizes if name not in (factors or {})})
    total = sum(size for name, size in sizes.items() if name not in ties)
    once = {name: array for name, array in arrays.items() if name not in ties}
    stored = dict(store_all(prepare(once, config, factors), config, store, sizes, Done(sizes, total, progress)))
    stored = {name: stored[ties.get(name, name)] for name in arrays}
    model = CompressedModel(stored, dict(metadata or {}))
    warn_about(arrays, model, config)
    return model


def store(
    prepared: PreparedTensor,
    config: CompressConfig,
    tensors: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> CompressedTensor | UncompressedTensor:
    """Store one prepared tensor.

    Args:
        prepared: its mask, codes and levels.
        config: mask codec, network and solver.
        tensors: how many tensors of the file are compressed; they share headers.
        progress: called with bits done and bits in all.

    Returns:
        The stored tensor, decoded again and compared; the tensor as it is where it would not get smaller.
    """
    quantized = prepared.quantized
    storage = choose_storage(prepared, config, tensors)
    if not storage.smaller:
        return UncompressedTensor(np.asarray(prepared.array), "would not get smaller")
    packed = storage.packed
    codec, parts = encode_planned(storage.masks, config.jobs, config.effort)
    del storage  # plans that were not taken hold forms of the mask
    network = choose_network(prepared, config)
    encoded = encode_values(quantized, network, packed, config, progress)
    stored = CompressedTensor(
        shape=prepared.array.shape,
        levels=quantized.levels,
        mask_codec=codec,
        mask_parts=parts,
        encoded=encoded,
        quantization=prepared.quantization,
        value_entropy=value_entropy(quantized),
        listed=quantized.listed,
        scaled=quantized.scaled,
        pairs=quantized.pairs,
    )
    exact = prepared.exact
    if exact is not None and not _gives_back(stored, exact):
        raise XoroptError("the compressed tensor does not give its bytes back; please report this with the input.")
    return stored


def _gives_back(stored: CompressedTensor, exact: np.ndarray | LazyArray) -> bool:
    """Decompress a tensor again, some rows at a time, and compare its bytes."""
    if exact.ndim == 0:
        return same_bytes(decompress_tensor(stored), np.asarray(exact))
    return all(same_bytes(decompress_tensor(stored, rows=some), exact[some]) for some in parts_of(stored))
