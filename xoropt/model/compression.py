"""Whole models: compress and decompress."""

import fnmatch
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from xoropt_solvers.registry import names as solver_names

from xoropt.codec import encode
from xoropt.codec.blocks.encoder import choose_n_out
from xoropt.codec.encoder import BLOCK_N_IN
from xoropt.codec.packed.encoding import pack_values
from xoropt.codec.streams.encoder import METHODS
from xoropt.codec.streams.order import order_from_recipe
from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError, FormatError, XoroptError
from xoropt.common.files import check_new, stream_safetensors
from xoropt.masks import check_codec, decode_mask, encode_mask, low_rank, stored_bytes
from xoropt.masks.prefix import PLANE
from xoropt.model.file.container import added_bits, load
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor
from xoropt.model.weights import decompress_tensor, form
from xoropt.networks import XorNetwork, from_recipe, random_block
from xoropt.quantize import (
    QuantizedTensor,
    binary_code,
    codebook,
    prune_globally,
    prune_low_rank,
    value_entropy,
)
from xoropt.quantize.low_rank import magnitude_kept
from xoropt.quantize.pruning import check_sparsity
from xoropt.quantize.tensor import MAX_PLANES

__all__ = [
    "CompressConfig",
    "Progress",
    "compress",
    "decompress",
    "decompress_to",
    "mask_of",
    "merge_zeros",
    "native",
    "restore_array",
    "same_bytes",
    "tensor_bits",
]

EMBEDDINGS = ("*embed*", "*wte*", "*wpe*", "*lm_head*")
"""Names that are carried along unless asked for: pruning an embedding costs accuracy out of proportion."""

TINY = 1 << 18
"""Weights up to which a bitmap and packed values are tried, whose headers are shorter."""

Progress = Callable[[str, int, int], None]
"""Called with a tensor's name, weights done and weights in all, over the whole model."""


@dataclass(frozen=True)
class CompressConfig:
    """What `compress` does.

    Attributes:
        sparsity: share of weights to prune by magnitude, in [0, 1). None, and `bits` None: tensors are quantized
            already and kept exactly.
        bits: planes of binary coding for the kept weights, 1 to 8; goes with `sparsity`.
        scope: "tensor": every tensor is pruned to the rate; "global": all together, by one threshold.
        scales: "tensor" or "row": one set of scales for a tensor, or for each index of its first axis.
        include: name patterns (* and ?) of the tensors to compress, whatever their kind and size; empty: matrices and
            the like, no embeddings.
        exclude: name patterns of tensors to carry along.
        min_weights: smaller tensors are carried along unless included.
        network: a recipe, or "auto": for each tensor the windowed network and stream order that store least; with
            `n_in` or `n_out` given, "auto" is a random block network of that size and `seed`.
        order: the stream order of a given windowed network, see `xoropt.encode`.
        n_in: seed bits a block, 1 to 64; 20 when only `n_out` is given.
        n_out: outputs a block; None: chosen for each tensor for the least size.
        seed: of the random block network.
        solver: the seed search: for block networks a strategy of `xoropt_solvers`, for windowed ones how patches are
            chosen (see `xoropt.encode`).
        time_limit: seconds for each block's search; None: no limit.
        mask: the mask codec; "auto": the one that stores least among those with random access, "smallest": among all;
            "low_rank": the mask is chosen, tile by tile, as a Boolean product, to be cheap to store.
        mask_bits: bits a weight that a low-rank mask may take.
        rank: of the products of a low-rank mask, instead of `mask_bits`.
        merge_zeros: store −0.0 as 0.0 in tensors that are quantized already; otherwise it is kept exactly, as a value.
        jobs: processes or threads for the search.
    """

    sparsity: float | None = None
    bits: int | None = None
    scope: str = "tensor"
    scales: str = "tensor"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_weights: int = 1024
    network: str = "auto"
    order: str | None = None
    n_in: int | None = None
    n_out: int | None = None
    seed: int = 0
    solver: str = "portfolio"
    time_limit: float | None = None
    mask: str = "auto"
    mask_bits: float | None = None
    rank: int | None = None
    merge_zeros: bool = False
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.sparsity is not None:
            check_sparsity(self.sparsity)
        if self.bits is not None:
            check_int("bits", self.bits, 1, MAX_PLANES)
        for name, value, allowed in (
            ("scope", self.scope, ("tensor", "global")),
            ("scales", self.scales, ("tensor", "row")),
        ):
            if value not in allowed:
                raise ArgumentError(f"Argument '{name}' must be one of {', '.join(allowed)}, not {value!r}.")
        check_codec(self.mask)
        known = {*METHODS, "portfolio", *solver_names()}
        if self.solver not in known:
            raise ArgumentError(f"Argument 'solver' must be one of {', '.join(sorted(known))}, not {self.solver!r}.")
        if self.time_limit is not None and not 0 < self.time_limit < math.inf:
            raise ArgumentError(f"Argument 'time_limit' must be a number of seconds above 0, not {self.time_limit}.")
        if self.mask_bits is not None and not 0 < self.mask_bits < math.inf:
            raise ArgumentError(f"Argument 'mask_bits' must be a number above 0, not {self.mask_bits}.")
        if self.rank is not None:
            check_int("rank", self.rank, 1)
        if self.order is not None and self.network == "auto":
            raise ArgumentError("Argument 'order' goes with a given 'network'; 'auto' chooses its own.")
        if self.mask == "low_rank":
            if not self.sparsity:
                raise ArgumentError("Argument 'mask' can be 'low_rank' only where 'sparsity' prunes; give both.")
            if (self.mask_bits is None) == (self.rank is None):
                raise ArgumentError("Give one of the arguments 'mask_bits' and 'rank' with the mask 'low_rank'.")
        elif self.mask_bits is not None or self.rank is not None:
            raise ArgumentError("Arguments 'mask_bits' and 'rank' go with the mask 'low_rank' alone.")
        check_int("min_weights", self.min_weights, 0)
        check_int("jobs", self.jobs, 1)
        random_block(self.block_n_in, 1 if self.n_out is None else self.n_out, self.seed)  # checks the three
        if self.network != "auto":
            from_recipe(self.network)
        if self.order is not None:
            order_from_recipe(self.order)

    @property
    def block_n_in(self) -> int:
        """Seed bits of a random block network."""
        return BLOCK_N_IN if self.n_in is None else self.n_in

    @property
    def quantizes(self) -> bool:
        """Whether dense tensors are pruned and quantized on the way."""
        return self.sparsity is not None or self.bits is not None


def compress(
    tensors: Mapping[str, np.ndarray],
    config: CompressConfig | None = None,
    *,
    metadata: Mapping[str, str] | None = None,
    factors: Mapping[str, low_rank.BinaryFactors] | None = None,
    progress: Progress | None = None,
) -> CompressedModel:
    """Compress a model's tensors.

    Args:
        tensors: arrays by name, of any dtype that safetensors knows (bfloat16 and 8-bit floats through ml_dtypes).
        config: what to do; by default every tensor that is already quantized, 257 values at most, is kept exactly.
        metadata: text to keep with the model.
        factors: Boolean products that masks of tensors which are quantized already were chosen as, by name
            (`quantize.prune_low_rank`); those masks are stored as products.
        progress: called as the work goes on.

    Returns:
        The model; `xoropt.save` writes it. Each tensor was decoded again and compared before it was accepted.

    Raises:
        ArgumentError: a tensor that holds NaN or infinity is to be pruned (it is named).
    """
    config = config or CompressConfig()
    tensors = {name: native(array) for name, array in tensors.items()}
    reasons = {name: _reason_to_carry(name, array, config) for name, array in tensors.items()}
    chosen = {name: array for name, array in tensors.items() if reasons[name] is None}
    sparsity = config.sparsity or 0.0
    # Exactly quantized integers are not pruned: there is no scale to quantize them by.
    masks = (
        prune_globally({n: a for n, a in chosen.items() if _is_real(a)}, sparsity) if config.scope == "global" else {}
    )
    total, done = sum(array.size for array in chosen.values()), 0
    stored: dict[str, CompressedTensor | UncompressedTensor] = {}
    for name, array in tensors.items():
        if name not in chosen:
            stored[name] = UncompressedTensor(array, reasons[name] or "")
            continue

        def report(part: int, whole: int, name: str = name, size: int = array.size, before: int = done) -> None:
            if progress is not None:
                progress(name, before + size * part // max(1, whole), total)

        try:
            stored[name] = _compress_tensor(
                name, array, config, masks.get(name), (factors or {}).get(name), len(chosen), report
            )
        except XoroptError as error:
            where = "" if f"'{name}'" in str(error) else f"Tensor '{name}': "
            mend = (
                "" if len(chosen) == 1 else f" Mend that or leave the tensor out with --exclude (exclude=({name!r},))."
            )
            raise type(error)(f"{where}{error}{mend}") from None
        done += array.size
        report(array.size, array.size)
    return CompressedModel(stored, dict(metadata or {}))


def _is_real(array: np.ndarray) -> bool:
    return array.dtype.kind not in "biuc"


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _reason_to_carry(name: str, array: np.ndarray, config: CompressConfig) -> str | None:
    """Why a tensor is not compressed; None when it is to be."""
    if _matches(name, config.exclude):
        return "excluded"
    if config.include:
        return None if _matches(name, config.include) else "not included"
    if array.size < config.min_weights:
        return f"fewer than {config.min_weights} weights"
    if config.quantizes:
        if array.ndim < 2:
            return "a vector (a bias or a norm)"
        if _matches(name.lower(), EMBEDDINGS):
            return "an embedding"
    return None


def _compress_tensor(
    name: str,
    array: np.ndarray,
    config: CompressConfig,
    mask: np.ndarray | None,
    factors: low_rank.BinaryFactors | None,
    tensors: int,
    report: Callable[[int, int], None],
) -> CompressedTensor | UncompressedTensor:
    quantization: dict[str, float | int | str] | None = None
    quantized: QuantizedTensor | None
    stored_mask: tuple[str, dict[str, np.ndarray]] | None = None
    original = array
    if config.quantizes and _is_real(array):
        bits, sparsity, scope = config.bits or 1, config.sparsity or 0.0, config.scope
        if config.mask == "low_rank":
            factors = prune_low_rank(array, sparsity, rank=config.rank, mask_bits=config.mask_bits, jobs=config.jobs)
            mask, stored_mask, scope = factors.mask(), ("low_rank", low_rank.encode(factors)), "low_rank"
        elif mask is None:
            mask = prune_globally({name: array}, sparsity)[name]
        quantized = binary_code(array, mask, bits, scales=config.scales)
        quantization = {"sparsity": sparsity, "bits": bits, "scales": config.scales, "scope": scope}
        if scope == "low_rank":
            quantization["magnitude"] = round(magnitude_kept(array, mask), 4)
    else:
        if config.merge_zeros and (array == 0).any() and not same_bytes(merge_zeros(array), array):
            array, quantization = merge_zeros(array), {"zeros": "merged"}
        quantized = codebook(array)
        if quantized is None:
            return UncompressedTensor(original, "more than 257 values: not quantized")
        if factors is not None:
            if factors.shape != array.shape or not (factors.mask() == quantized.mask).all():
                raise ArgumentError("Argument 'factors' gives a mask that is not this tensor's.")
            stored_mask = ("low_rank", low_rank.encode(factors))
    if stored_mask is None:
        stored_mask = encode_mask(quantized.mask, "auto" if config.mask == "low_rank" else config.mask, config.jobs)
    codec, parts = stored_mask
    planes = quantized.planes
    network: XorNetwork | str = config.network
    if network != "auto":
        network = from_recipe(config.network)
    elif config.n_in is not None or config.n_out is not None:
        n_in, n_out = config.block_n_in, config.n_out
        if n_out is None:
            flat = planes.reshape(len(planes), array.size)
            n_out = choose_n_out(flat, quantized.mask.reshape(1, -1), n_in, config.solver, config.seed)
        network = random_block(n_in, n_out, config.seed)
    encoded = encode(
        planes,
        quantized.mask,
        network,
        solver=config.solver,
        order=config.order,
        planes=True,
        jobs=config.jobs,
        time_limit=config.time_limit,
        progress=report,
    )
    information = value_entropy(quantized)
    stored = CompressedTensor(array.shape, quantized.levels, codec, parts, encoded, quantization, information)
    if network == "auto" and len(planes):
        stored = _least(stored, quantized, tensors)
    if "sparsity" not in (quantization or {}):
        if sum(tensor_bits(stored).values()) + added_bits(stored, tensors) >= 8 * array.nbytes:
            return UncompressedTensor(original, "would not get smaller")
        if not same_bytes(decompress_tensor(stored), array):
            raise XoroptError("the compressed tensor does not give its bytes back; please report this with the input.")
    return stored


def _least(stored: CompressedTensor, quantized: QuantizedTensor, tensors: int) -> CompressedTensor:
    """The tensor as it is, unless a bitmap and packed values take 0.1 % less, as they may for a tiny one."""
    if stored.encoded.outputs > TINY:
        return stored
    bitmap, parts = encode_mask(quantized.mask, "bitmap")
    packed = replace(stored, mask_codec=bitmap, mask_parts=parts, encoded=pack_values(quantized.planes, quantized.mask))
    plain, total = (sum(tensor_bits(tensor).values()) + added_bits(tensor, tensors) for tensor in (packed, stored))
    if total <= 1.001 * plain:
        return stored
    smaller = stored_bytes(stored.mask_parts) < stored_bytes(parts)
    return replace(stored, encoded=packed.encoded) if smaller else packed


def tensor_bits(tensor: CompressedTensor) -> dict[str, int]:
    """Where a tensor's bits go, headers apart: `seed_bits`, `patch_bits`, `mask_bits`, `scale_bits`."""
    size = tensor.encoded.size
    levels = tensor.levels
    return {
        "seed_bits": size.seed_bits,
        "patch_bits": size.patch_bits,
        "mask_bits": 8 * sum(part.nbytes for name, part in tensor.mask_parts.items() if name != PLANE),
        "scale_bits": 8 * (levels.alpha.nbytes if hasattr(levels, "alpha") else levels.values.nbytes),
    }


def mask_of(tensor: CompressedTensor) -> np.ndarray:
    """The mask of a compressed tensor, bool of its shape."""
    return decode_mask(tensor.mask_codec, tensor.mask_parts, tensor.shape, tensor.encoded.outputs)


def decompress(
    source: str | os.PathLike[str] | CompressedModel, *, decoder: str = "auto", progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """The arrays of a compressed file or model, by name, in the original's order, shapes and dtypes.

    Raises:
        FormatError: the file is not one that `save` wrote, is newer, or is damaged.
        XoroptError: the file cannot be read.
    """
    model = source if isinstance(source, CompressedModel) else load(source)
    arrays = {}
    for done, (name, tensor) in enumerate(model.tensors.items(), 1):
        arrays[name] = restore_array(source, name, tensor, decoder)
        if progress is not None:
            progress(name, done, len(model.tensors))
    return arrays


def decompress_to(
    source: str | os.PathLike[str] | CompressedModel,
    path: str | os.PathLike[str],
    *,
    decoder: str = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write the arrays of a compressed file or model as a plain safetensors file, one after the other.

    Only one array is in memory at a time, and the file appears whole or not at all.

    Raises:
        FormatError, XoroptError: as for `decompress`; the output exists without `overwrite`, or can't be written.
    """
    check_new(path, overwrite)
    model = source if isinstance(source, CompressedModel) else load(source)
    done = 0

    def array_of(name: str) -> np.ndarray:
        nonlocal done
        array = restore_array(source, name, model.tensors[name], decoder)
        done += 1
        if progress is not None:
            progress(name, done, len(model.tensors))
        return array

    forms = {name: form(tensor) for name, tensor in model.tensors.items()}
    stream_safetensors(path, forms, array_of, model.metadata, overwrite)


def restore_array(
    source: str | os.PathLike[str] | CompressedModel,
    name: str,
    tensor: CompressedTensor | UncompressedTensor,
    decoder: str,
) -> np.ndarray:
    """One tensor's array; what goes wrong names the file and the tensor."""
    where = "" if isinstance(source, CompressedModel) else f"{source}: "
    try:
        return decompress_tensor(tensor, decoder)
    except ArgumentError:
        raise
    except MemoryError:
        shape, dtype = form(tensor)
        needed = math.prod(shape) * dtype.itemsize
        raise XoroptError(
            f"{where}tensor '{name}': its {needed} bytes do not fit into memory; use a machine with more."
        ) from None
    except XoroptError as error:
        raise FormatError(f"{where}tensor '{name}': {str(error).rstrip('.')}.") from None


def native(array: np.ndarray) -> np.ndarray:
    """The array in the machine's own byte order."""
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def merge_zeros(array: np.ndarray) -> np.ndarray:
    """The array with 0.0 for −0.0."""
    return np.where(array == 0, np.zeros((), array.dtype), array)


def same_bytes(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays of one dtype and shape hold the same bytes: -0.0 is not 0.0, a NaN equals itself."""
    kind = f"u{a.dtype.itemsize}"
    a, b = np.ascontiguousarray(a.reshape(-1)), np.ascontiguousarray(b.reshape(-1))
    return a.shape == b.shape and a.dtype == b.dtype and bool((a.view(kind) == b.view(kind)).all())
