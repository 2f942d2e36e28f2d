"""The codec: bit planes to seeds and patches, and back."""

from xoropt.codec.decode import DECODERS, decode
from xoropt.codec.encode import encode
from xoropt.codec.encoded import Encoded, SizeReport, StreamEncoded
from xoropt.codec.stream import RateWarning

__all__ = ["DECODERS", "Encoded", "RateWarning", "SizeReport", "StreamEncoded", "decode", "encode"]
