"""Prefix codes with don't-care tails, stored through an XOR network: near the entropy, at a fixed rate.

Every group of G consecutive mask bits of a row owns L output positions of a network; its codeword, from a Huffman code
limited to L bits, is written into the first of them and the others are don't-cares. So the care bits are the code's own
bits, which a windowed network stores at the limit, while every group's outputs sit at fixed places: a decoder evaluates
L outputs and looks the group up, without anything that stands before it. (Compressed static functions do the same with
hashed equations: Hreinsson, Krøyer, Pagh, *Storing a Compressed Function with Constant Access Time*, ESA 2009; Genuzio
and Vigna, *Engineering Compressed Static Functions*, DCC 2018.)

Columns of like density may be moved side by side first: then a class of every column is stored, and the columns
are taken class by class. Rows and columns of groups are sorted into classes of like density; each pair of classes has
one of several codes. A code follows from its density alone, by integer arithmetic: the weight of a group with j ones is
⌊2^46·d^j·(1−d)^(G−j)⌋ for a density d in units of 1/65536, at least a floor of 1. Nodes of equal weight and kind
(groups with as many ones, nodes merged at the same time) are taken in runs for the Huffman tree: the lightest run, the
older among equals, merges with itself in pairs; its last node, when there is an odd one, with one of the next run.
While the tree is deeper than L the floor is quadrupled. Of groups with as many ones, those of lower number (first
weight lowest) have the shorter codewords; the lengths then give a canonical code.

Of groups with next to no ones even a codeword of one bit is too long. The first of the codes may have the density 0:
its groups have no codeword, read as zeros, and their kept weights are listed.

The plane that is encoded has the shape (tiles, L, 512): tile by tile, the first output of 512 groups, then their second
and so on. The tiles, ⌈groups/512⌉ of them at least, form ⌈that/64⌉ bands of equally many; tile t of a band of n holds
in place k the band's group k·n + t. Care bits come in runs, the beginnings of codewords, and dense rows of the mask
have longer ones; laid out so, every row of a window holds one place of codewords from all over the band, and its care
bits are as even as independent ones.

The part `mask` is: as bytes G, row class bits + 16·column class bits, the number of codes, and the bits of the class by
which columns are moved (0: they are not); these classes, as a bit stream; a little-endian uint16 density for every
code; the class of every row, then of every column of groups, as bit streams; for every pair of classes, row class
first, the number of its code, as a byte. The parts `mask_seeds`, `mask_patches` and `mask_segments` are those of the
plane, and `mask_plane` is its description in JSON, which a file holds with the tensor's own. The part `mask_listed`,
where there is one, is the list, as the codec `positions` stores it.
"""

from xoropt.masks.mask_codec import MaskCodec
from xoropt.masks.prefix.decoding import decode, decode_packed
from xoropt.masks.prefix.encoding import plan
from xoropt.masks.prefix.writing import write_weights

__all__ = ["CODEC", "decode", "decode_packed", "plan", "write_weights"]

CODEC = MaskCodec(plan, decode, packed=decode_packed, writer=write_weights)
