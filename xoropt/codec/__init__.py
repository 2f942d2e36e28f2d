"""The codec: bit planes to seeds and patches, and back."""

from xoropt.codec.decode import DECODERS, decode
from xoropt.codec.encode import encode
from xoropt.codec.encoded import Encoded, SizeReport, StreamEncoded

__all__ = ["DECODERS", "Encoded", "SizeReport", "StreamEncoded", "decode", "encode"]
