"""The formats of other libraries, by name."""

from xoropt.checkpoints.formats.bitnet import BITNET
from xoropt.checkpoints.formats.contract import Config, Format, Packed, Places
from xoropt.checkpoints.formats.gptq import GPTQ
from xoropt.checkpoints.formats.pack_quantized import PACK_QUANTIZED
from xoropt.checkpoints.formats.quantized import FLOAT_QUANTIZED, INT_QUANTIZED, NAIVE_QUANTIZED
from xoropt.checkpoints.formats.sparse_bitmask import SPARSE_24_BITMASK, SPARSE_BITMASK
from xoropt.checkpoints.formats.torch_prune import TORCH_PRUNE

__all__ = ["FORMATS", "find_packed"]

FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        SPARSE_BITMASK,
        SPARSE_24_BITMASK,
        PACK_QUANTIZED,
        INT_QUANTIZED,
        NAIVE_QUANTIZED,
        FLOAT_QUANTIZED,
        GPTQ,
        TORCH_PRUNE,
        BITNET,
    )
}


def find_packed(places: Places, config: Config) -> list[Packed]:
    """Find the weights that other libraries packed.

    Args:
        places: dtypes and shapes of the tensors of all shards.
        config: what config.json says; {} without one.

    Returns:
        The weights, each tensor in one of them at most; what their tensors hold is not checked yet.
    """
    found: list[Packed] = []
    free = set(places)
    for format in FORMATS.values():
        for packed in format.find(places, config):
            hides = packed.logical in places and packed.logical not in packed.members
            if free.issuperset(packed.members) and not hides:
                free.difference_update(packed.members)
                found.append(packed)
    return found
