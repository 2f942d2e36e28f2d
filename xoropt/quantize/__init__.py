"""Pruning and quantization: weights become a mask, bit planes and levels."""

from xoropt.quantize.binary_coding import binary_code
from xoropt.quantize.codebooks import codebook
from xoropt.quantize.low_rank import prune_low_rank
from xoropt.quantize.pruning import prune, prune_globally
from xoropt.quantize.quantized_tensor import Codebook, QuantizedTensor, Scales, dequantize, value_entropy

__all__ = [
    "Codebook",
    "QuantizedTensor",
    "Scales",
    "binary_code",
    "codebook",
    "dequantize",
    "prune",
    "prune_globally",
    "prune_low_rank",
    "value_entropy",
]
