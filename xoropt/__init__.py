"""xoropt: pruned, quantized weights stored as seeds of an XOR-gate network, losslessly."""

from xoropt.common import startup  # noqa: F401 (first of all, since the imports below take half a second)

# isort: split
from xoropt import circuits, explore, hardware, masks, networks, quantize
from xoropt.checkpoints.compressing import compress_checkpoint
from xoropt.checkpoints.inspecting import inspect_checkpoint
from xoropt.checkpoints.lazy import open_checkpoint
from xoropt.checkpoints.restoring import decompress_checkpoint
from xoropt.checkpoints.verifying import verify_checkpoint
from xoropt.codec import BlockEncoded, Encoding, RateWarning, SizeReport, StreamEncoded, decode, encode, from_bytes
from xoropt.common.errors import ArgumentError, DecodeError, EncodeError, FormatError, XoroptError, XoroptWarning
from xoropt.common.version import __version__
from xoropt.linear.products import matvec, rmatvec
from xoropt.model.compression import compress
from xoropt.model.config import CompressConfig
from xoropt.model.decompression import decompress, decompress_tensor
from xoropt.model.file.container import load, save
from xoropt.model.preparation import PreparedTensor, prepare
from xoropt.model.report import ModelReport, TensorReport, report
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor
from xoropt.model.verification import TensorCheck, verify

__all__ = [
    "ArgumentError",
    "BlockEncoded",
    "CompressConfig",
    "CompressedModel",
    "CompressedTensor",
    "DecodeError",
    "EncodeError",
    "Encoding",
    "FormatError",
    "ModelReport",
    "PreparedTensor",
    "RateWarning",
    "SizeReport",
    "StreamEncoded",
    "TensorCheck",
    "TensorReport",
    "UncompressedTensor",
    "XoroptError",
    "XoroptWarning",
    "__version__",
    "circuits",
    "compress",
    "compress_checkpoint",
    "decode",
    "decompress",
    "decompress_checkpoint",
    "decompress_tensor",
    "encode",
    "explore",
    "from_bytes",
    "hardware",
    "inspect_checkpoint",
    "load",
    "masks",
    "matvec",
    "networks",
    "open_checkpoint",
    "prepare",
    "quantize",
    "report",
    "rmatvec",
    "save",
    "verify",
    "verify_checkpoint",
]


def __getattr__(name: str) -> object:
    """Import `xoropt.torch` when it is used."""
    if name == "torch":
        from importlib import import_module

        return import_module("xoropt.torch")
    raise AttributeError(f"module 'xoropt' has no attribute '{name}'")
