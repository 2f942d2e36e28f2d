"""The codec: bit planes to seeds and patches, and back."""

from xoropt.codec.decoder import DECODERS, decode
from xoropt.codec.encoder import encode
from xoropt.codec.encoding import BlockEncoded, SizeReport, StreamEncoded
from xoropt.codec.streams.encoder import RateWarning

__all__ = ["DECODERS", "BlockEncoded", "RateWarning", "SizeReport", "StreamEncoded", "decode", "encode"]
