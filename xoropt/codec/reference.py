"""The reference decoder: plain Python integers and lists, no NumPy, to be read against the paper line by line.

Kwon et al. (CVPR 2020), section 3: a block's outputs are y = M⊕ · w^c over GF(2), and each of its patches d flips
output d. It is slow on purpose; every other decoder is tested against it.
"""

__all__ = ["decode_plane", "read_bits", "read_patches"]


def read_bits(stream: bytes, first: int, width: int) -> int:
    """The number of `width` bits that begins at bit `first`: lowest bit first, bytes from their lowest bit."""
    number = 0
    for i in range(width):
        bit = stream[(first + i) // 8] >> ((first + i) % 8) & 1
        number |= bit << i
    return number


def read_patches(
    counts: bytes, places: bytes, widths: list[list[int]], group: int, blocks: int, n_out: int
) -> list[list[list[int]]]:
    """The patches of each block of each plane: `[plane][block]` is the list of outputs to flip.

    Args:
        counts: the stream of n_patch, each of its group's width.
        places: the stream of d_patch, each of ⌈lg n_out⌉ bits.
        widths: `[plane][group number]`, the width of n_patch.
        group: blocks in a group; 0: all blocks of a plane are one group.
        blocks: blocks a plane.
        n_out: outputs a block.
    """
    place_width = (n_out - 1).bit_length()
    at_count = at_place = 0
    planes = []
    for plane_widths in widths:
        plane = []
        for block in range(blocks):
            width = plane_widths[block // group if group else 0]
            n_patch = read_bits(counts, at_count, width)
            at_count += width
            block_patches = []
            for _ in range(n_patch):
                block_patches.append(read_bits(places, at_place, place_width))
                at_place += place_width
            plane.append(block_patches)
        planes.append(plane)
    return planes


def decode_plane(seeds: bytes, rows: list[int], n_in: int, patches: list[list[int]], outputs: int) -> list[bool]:
    """One plane from its seeds.

    Args:
        seeds: the seed stream; block t's seed w^c is the n_in bits from bit t·n_in on.
        rows: M⊕, row j as an integer whose bit i is the entry of column i.
        n_in: bits of a seed.
        patches: for each block, the outputs to flip.
        outputs: bits of the plane; the last block's outputs beyond it are padding.
    """
    plane: list[bool] = []
    for block, block_patches in enumerate(patches):
        seed = read_bits(seeds, block * n_in, n_in)
        y = []
        for row in rows:
            ones = (row & seed).bit_count()
            y.append(ones % 2 == 1)
        for d in block_patches:
            y[d] = not y[d]
        plane.extend(y)
    return plane[:outputs]
