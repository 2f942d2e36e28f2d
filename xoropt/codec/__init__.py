"""The codec: encode bit planes as seeds and patches, and decode them again.

A *plane* holds one bit of every weight; a mask says which of its bits matter, the *care bits*. A scheme stores a plane
as *seeds*, short bit strings that an XOR network expands to the plane, and *patches*, the places where an expanded care
bit is wrong and the decoder flips it. There are four schemes:

    blocks/    block networks: every block of outputs is expanded from a seed of its own
    streams/   windowed networks: the plane is one long stream, expanded from a window that slides over the seed bits
    packed/    no network: the care bits themselves
    stacked    planes of several encodings, for planes that care for different weights

All fulfil the contract `encoding.Encoding`. Below them lie `compiled/`, loops over machine words, and the modules
`bits`, `forms` and `reference`; above them `checks` and `description`, and on top `decoder` and `encoder`.
"""

from xoropt.codec.blocks.encoding import BlockEncoded
from xoropt.codec.decoder import DECODERS, decode
from xoropt.codec.encoder import encode
from xoropt.codec.encoding import Encoding, SizeReport
from xoropt.codec.packed.encoding import PackedValues
from xoropt.codec.registry import from_bytes
from xoropt.codec.stacked import StackedPlanes
from xoropt.codec.streams.encoder import RateWarning
from xoropt.codec.streams.encoding import StreamEncoded

__all__ = [
    "DECODERS",
    "BlockEncoded",
    "Encoding",
    "PackedValues",
    "RateWarning",
    "SizeReport",
    "StackedPlanes",
    "StreamEncoded",
    "decode",
    "encode",
    "from_bytes",
]
