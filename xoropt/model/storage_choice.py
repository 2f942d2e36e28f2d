"""How a prepared tensor is stored, chosen by computed sizes before anything is encoded."""

from dataclasses import dataclass

from xoropt.codec.blocks.encoder import choose_n_out
from xoropt.common.dtypes import stored_bytes
from xoropt.masks import MaskPlan, low_rank, plan_mask
from xoropt.masks.gap_coded import packed_bytes
from xoropt.masks.mask_codec import DESCRIPTION_BYTES
from xoropt.model.config import CompressConfig
from xoropt.model.preparation import PreparedTensor
from xoropt.networks import XorNetwork, from_recipe, random_block
from xoropt.quantize import QuantizedTensor
from xoropt.quantize.fields import symbol_bytes
from xoropt.quantize.lazy_masks import count_kept
from xoropt.quantize.levels import CodedField

__all__ = ["Storage", "choose_network", "choose_storage"]

TINY = 1 << 18
"""Weights up to which packed values, whose headers are shorter, may take less than a network's seeds."""

FEW_CARE_BITS = 1 << 12
"""Care bits up to which values are packed at once: no network stores fewer, and its search would take longer than all
else."""


@dataclass(frozen=True)
class Headers:
    """Bits that headers take: of each tensor, and once for all tensors of a file that are stored alike.

    Measured on files of 1 to 1,000 small tensors; the description is deflated, so they vary by some ten bits.
    """

    own: int
    shared: int

    def of(self, tensors: int) -> float:
        """A tensor's share in a file with so many compressed tensors."""
        return self.own + self.shared / tensors


PACKED_HEADERS, NETWORK_HEADERS, PLANE_HEADERS = Headers(88, 3984), Headers(80, 4464), Headers(17, 880)
"""Of a bitmap and packed values; of a plain mask and values through a network; what a prefix mask's plane adds."""


TAIL_HEADERS = Headers(260, 500)
"""Of each plane that cares for some of the kept weights alone, which is a stream of its own."""

LEAST_GAIN = 0.99
"""The most of its own size that a tensor takes which is kept exactly; others are carried along."""


@dataclass(frozen=True)
class Storage:
    """What was chosen.

    Attributes:
        smaller: whether the tensor gets smaller; one that does not is carried along.
        packed: whether planes that care for every kept weight are packed, without a network.
        masks: plans of the codecs that may store the mask, by name.
        bits: that the tensor takes, about.
    """

    smaller: bool
    packed: bool
    masks: dict[str, MaskPlan]
    bits: float


def choose_storage(prepared: PreparedTensor, config: CompressConfig, tensors: int) -> Storage:
    """Choose between a network's seeds, packed values, and carrying the tensor along.

    Packed values take no more than seeds. They are chosen where nothing is lost by that: where every weight is kept, so
    that no decoder has to count, and for a few bits; and where they and a bitmap take less than seeds and any mask.

    Args:
        prepared: the tensor.
        config: what is asked for.
        tensors: how many tensors of the file are compressed; they share headers.
    """
    quantized = prepared.quantized
    kept, size = count_kept(quantized.kept), quantized.size
    shared = quantized.shared_planes * kept
    masks, bitmap = _mask_plans(prepared, config), plan_mask(quantized.kept, "bitmap")
    mask, bitmap_bytes = min(masks.values(), key=lambda plan: plan.least_bytes), bitmap["bitmap"].least_bytes
    values: float = quantized.value_bits + 8 * quantized.levels.nbytes + _listed_bits(quantized)
    values += 0 if quantized.scaled is None else 8 * quantized.scaled.nbytes
    values += (len(quantized) - quantized.shared_planes) * TAIL_HEADERS.of(tensors)
    described = PLANE_HEADERS.of(tensors) - 8 * DESCRIPTION_BYTES if mask.described else 0
    network = values + 8 * mask.least_bytes + NETWORK_HEADERS.of(tensors) + described
    with_bitmap = values + 8 * bitmap_bytes + PACKED_HEADERS.of(tensors)
    nothing_to_win = kept == size or shared <= FEW_CARE_BITS or (size <= TINY and network > 1.001 * with_bitmap)
    pack = config.chooses_network and quantized.shared_planes > 0 and nothing_to_win
    packed = values + 8 * mask.least_bytes + PACKED_HEADERS.of(tensors) + described
    if pack and mask.least_bytes >= bitmap_bytes:
        masks, packed = bitmap, with_bitmap
    most = LEAST_GAIN * 8 * stored_bytes(prepared.array.dtype, prepared.array.size)
    bits = packed if pack else network
    return Storage(prepared.exact is None or bits < most, pack, masks, bits)


def _listed_bits(quantized: QuantizedTensor) -> int:
    """Return about how many bits the list of a tensor takes."""
    at, levels = quantized.listed.at, quantized.levels
    if not len(at) or not isinstance(levels, CodedField):
        return 0
    return 8 * (packed_bytes(at, quantized.size) + symbol_bytes(levels.rare_values) * len(at))


def _mask_plans(prepared: PreparedTensor, config: CompressConfig) -> dict[str, MaskPlan]:
    if prepared.factors is not None:
        return {"low_rank": MaskPlan.of_parts(low_rank.encode(prepared.factors))}
    return plan_mask(prepared.quantized.kept, "auto" if config.mask == "low_rank" else config.mask)


def choose_network(prepared: PreparedTensor, config: CompressConfig) -> XorNetwork | str:
    """The network that is asked for, with the n_out that stores least where none is given, or "auto"."""
    if config.network != "auto":
        return from_recipe(config.network)
    if config.chooses_network:
        return "auto"
    n_in, n_out = config.block_n_in, config.n_out
    if n_out is None:
        quantized = prepared.quantized
        flat = quantized.planes.reshape(len(quantized.planes), quantized.size)
        n_out = choose_n_out(flat, quantized.mask.reshape(1, -1), n_in, config.solver, config.seed)
    return random_block(n_in, n_out, config.seed)
