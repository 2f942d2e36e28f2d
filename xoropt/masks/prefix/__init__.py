"""Prefix codes with don't-care tails, stored through an XOR network: near the entropy, at a fixed rate.

Every group of G consecutive mask bits of a row owns L output positions of a network. Its codeword, from a Huffman code
limited to L bits, is written into the first of them, and the others are don't-cares. So the care bits are the code's
own bits, which a windowed network stores at the limit, while every group's outputs stand at fixed places: a decoder
evaluates L outputs and looks the group up, without anything that stands before it. (Compressed static functions do the
same with hashed equations: Hreinsson, Krøyer, Pagh, *Storing a Compressed Function with Constant Access Time*, ESA
2009; Genuzio and Vigna, *Engineering Compressed Static Functions*, DCC 2018.)

Columns of like density may be moved side by side first: then a class of every column is stored, and the columns are
taken class by class. Rows, and columns of groups, are sorted into classes of like density; each pair of classes has one
of several codes. A code follows from its density alone, by integer arithmetic: the weight of a group with j ones is
⌊2^46·d^j·(1−d)^(G−j)⌋ for a density d in units of 1/65536, and at least a floor of 1. The Huffman tree merges nodes of
equal weight and kind (groups with equally many ones, or nodes merged at the same time) in runs: the lightest run, the
older among equals, merges with itself in pairs; if it has an odd number of nodes, the last one merges with one of the
next run. While the tree is deeper than L the floor is quadrupled. Of the groups with equally many ones, those of lower
number (first weight lowest) have the shorter codewords; the lengths then give a canonical code.

For groups that keep almost nothing even a codeword of one bit is too long. Therefore the first of the codes may have
the density 0: its groups have no codeword and read as zeros, and their kept weights are listed.

The plane that is encoded has the shape (tiles, L, 512): tile by tile, the first outputs of 512 groups, then their
second outputs and so on. The tiles, at least ⌈groups/512⌉, form ⌈that/64⌉ bands of equally many; tile t of a band of n
tiles holds in place k the band's group k·n + t. Care bits come in runs, the beginnings of codewords, which are longer
in dense rows of the mask. In this order every row of a window holds one place of codewords from all over the band, and
its care bits are spread as evenly as independent ones.

The part `mask` is: as bytes G, row class bits + 16·column class bits, the number of codes, and the bits of the class by
which columns are moved (0: they are not); these classes, as a bit stream; a little-endian uint16 density for every
code; the class of every row, then of every column of groups, as bit streams; for every pair of classes, row class
first, the number of its code, as a byte. The parts `mask_seeds`, `mask_patches` and `mask_segments` are those of the
plane, and `mask_plane` is its description in JSON, which a file keeps with the tensor's own. The part `mask_listed`,
where there is one, is the list, as the codec `positions` stores it.
"""

from xoropt.masks.mask_codec import MaskCodec
from xoropt.masks.prefix.bands import batches
from xoropt.masks.prefix.decoding import decode, decode_packed
from xoropt.masks.prefix.encoding import is_worth_planning, plan
from xoropt.masks.prefix.stored import check
from xoropt.masks.prefix.writing import write_weights

__all__ = ["CODEC", "decode", "decode_packed", "plan", "write_weights"]

CODEC = MaskCodec(
    plan,
    decode,
    packed_decoder=decode_packed,
    is_worth_planning=is_worth_planning,
    weights_writer=write_weights,
    check=check,
    batches=batches,
    plans_lazily=True,
)
