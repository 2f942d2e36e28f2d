"""xoropt: pruned, quantized weights stored as seeds of an XOR-gate network, losslessly."""

from xoropt import circuits, explore, hardware, masks, networks, quantize
from xoropt.codec import BlockEncoded, RateWarning, SizeReport, StreamEncoded, decode, encode
from xoropt.common.errors import ArgumentError, DecodeError, EncodeError, FormatError, XoroptError
from xoropt.common.version import __version__
from xoropt.model.compression import CompressConfig, compress, decompress
from xoropt.model.file.container import load, save
from xoropt.model.sizes import report
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor
from xoropt.model.verification import TensorCheck, verify
from xoropt.model.weights import decompress_tensor, matvec

__all__ = [
    "ArgumentError",
    "BlockEncoded",
    "CompressConfig",
    "CompressedModel",
    "CompressedTensor",
    "DecodeError",
    "EncodeError",
    "FormatError",
    "RateWarning",
    "SizeReport",
    "StreamEncoded",
    "TensorCheck",
    "UncompressedTensor",
    "XoroptError",
    "__version__",
    "circuits",
    "compress",
    "decode",
    "decompress",
    "decompress_tensor",
    "encode",
    "explore",
    "hardware",
    "load",
    "masks",
    "matvec",
    "networks",
    "quantize",
    "report",
    "save",
    "verify",
]
