"""The codec: bit planes to seeds and patches, and back."""

from xoropt.codec.decode import DECODERS, decode
from xoropt.codec.encode import encode
from xoropt.codec.encoded import Encoded, SizeReport

__all__ = ["DECODERS", "Encoded", "SizeReport", "decode", "encode"]
