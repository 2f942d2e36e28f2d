"""Pruning and quantization: weights become a mask, bit planes and levels."""

from xoropt.quantize.binary_coding import binary_code
from xoropt.quantize.codebooks import codebook
from xoropt.quantize.coded_tensor import CodedTensor
from xoropt.quantize.levels import Codebook, CodedField, Scales
from xoropt.quantize.low_rank import prune_low_rank
from xoropt.quantize.pruning import prune, prune_globally
from xoropt.quantize.quantized_tensor import QuantizedTensor, dequantize, value_entropy
from xoropt.quantize.recognition import recognize

__all__ = [
    "Codebook",
    "CodedField",
    "CodedTensor",
    "QuantizedTensor",
    "Scales",
    "binary_code",
    "codebook",
    "dequantize",
    "prune",
    "prune_globally",
    "prune_low_rank",
    "recognize",
    "value_entropy",
]
