"""The codec: bit planes to seeds and patches, and back."""

from xoropt.codec.blocks.encoding import BlockEncoded
from xoropt.codec.decoder import DECODERS, decode
from xoropt.codec.encoder import encode
from xoropt.codec.encoding import Encoding, SizeReport
from xoropt.codec.packed.encoding import PackedValues
from xoropt.codec.streams.encoder import RateWarning
from xoropt.codec.streams.encoding import StreamEncoded

__all__ = [
    "DECODERS",
    "BlockEncoded",
    "Encoding",
    "PackedValues",
    "RateWarning",
    "SizeReport",
    "StreamEncoded",
    "decode",
    "encode",
]
