"""xoropt: pruned, quantized weights stored as seeds of an XOR-gate network, losslessly."""

from xoropt import circuits, hardware, masks, networks, quantize
from xoropt.codec import Encoded, RateWarning, SizeReport, StreamEncoded, decode, encode
from xoropt.container import load, save
from xoropt.errors import ArgumentError, DecodeError, EncodeError, FormatError, XoroptError
from xoropt.explore import explore
from xoropt.model import CarriedTensor, CompressedModel, CompressedTensor
from xoropt.pipeline import CompressConfig, compress, decompress
from xoropt.report import report
from xoropt.verification import TensorCheck, verify
from xoropt.weights import decompress_tensor, matvec

__version__ = "0.1.0"
__all__ = [
    "ArgumentError",
    "CarriedTensor",
    "CompressConfig",
    "CompressedModel",
    "CompressedTensor",
    "DecodeError",
    "EncodeError",
    "Encoded",
    "FormatError",
    "RateWarning",
    "SizeReport",
    "StreamEncoded",
    "TensorCheck",
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
