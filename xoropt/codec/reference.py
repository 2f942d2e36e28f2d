"""The reference decoder: plain Python integers and lists, without NumPy, to compare with the papers line by line.

Blocks follow Kwon et al. (CVPR 2020), section 3: the outputs of a block are y = M⊕ · w^c over GF(2), and each of its
patches d flips output d. Streams follow the definitions in `xoropt.codec.streams.order`, `segments` and `patches`. The
code is slow on purpose and shares nothing with the other decoders, which are all tested against it.
"""

__all__ = ["decode_plane", "decode_stream", "read_bits", "read_patches", "read_stream_patches"]


def read_bits(stream: bytes, first: int, width: int) -> int:
    """Read the number of `width` bits that begins at bit `first`: lowest bit first, bytes from their lowest bit."""
    number = 0
    for i in range(width):
        bit = stream[(first + i) // 8] >> ((first + i) % 8) & 1
        number |= bit << i
    return number


def read_patches(
    counts: bytes, places: bytes, widths: list[list[int]], group: int, blocks: int, n_out: int
) -> list[list[list[int]]]:
    """Read the patches of every block: `[plane][block]` is the list of outputs to flip.

    Args:
        counts: the bit stream of n_patch, each as wide as its group says.
        places: the bit stream of d_patch, each of ⌈lg n_out⌉ bits.
        widths: `[plane][group number]`, the width of n_patch.
        group: blocks in a group; 0: all blocks of a plane are one group.
        blocks: blocks of a plane.
        n_out: outputs of a block.
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
    """Decode one plane of a block network.

    Args:
        seeds: the seed bits; the seed w^c of block t is the n_in bits from bit t·n_in on.
        rows: M⊕, row j as an integer; bit i of it is the entry of column i.
        n_in: bits of a seed.
        patches: the outputs to flip in each block.
        outputs: bits of the plane; outputs of the last block beyond them are padding.
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


def read_stream_patches(stream: bytes, count: int, outputs: int) -> list[int]:
    """Read the positions of the patches of a plane from their Golomb–Rice code, see `xoropt.codec.streams.patches`.

    Args:
        stream: the plane's stream of patches.
        count: how many patches it holds.
        outputs: bits of the plane.
    """
    if count == 0:
        return []
    k = max(0, (outputs * 77 // (80 * count)).bit_length() - 1)
    entry = (outputs - 1).bit_length() + (count + (outputs >> k)).bit_length()
    at = count * k + (count - 1) // 256 * entry
    position, positions = -1, []
    for i in range(count):
        gap = read_bits(stream, i * k, k)
        while read_bits(stream, at, 1) == 0:
            gap += 1 << k
            at += 1
        at += 1
        position += gap + 1
        positions.append(position)
    return positions


def decode_stream(
    seeds: bytes,
    rows: list[int],
    n_in: int,
    memory: int,
    n_out: int,
    kind: str,
    lanes: int,
    segment_rows: list[int],
    segment_seed_bits: list[int],
    flips: list[int],
    outputs: int,
) -> list[bool]:
    """Decode one plane of a windowed network, output by output.

    `xoropt.codec.streams.order` and `segments` define what the letters mean.

    Args:
        seeds: the seed bits of all segments, one after another.
        rows: the network, row j as an integer; bit i of it selects window bit i.
        n_in, memory, n_out: sizes of the network.
        kind: the kind of the order, "rows", "straight" or "lanes".
        lanes: L.
        segment_rows, segment_seed_bits: T and n of each segment.
        flips: the weights to flip.
        outputs: bits of the plane.
    """
    plane = [False] * outputs
    taps = [[i for i in range(n_in * (memory + 1)) if row >> i & 1] for row in rows]
    first_weight = first_seed = 0
    for T, n in zip(segment_rows, segment_seed_bits, strict=True):
        m = -(-n // lanes)
        c = ((lanes * 0x91E10DA5C79E7B1C >> 64) | 1) % lanes
        a = 1
        if kind == "lanes":
            a = max(1, T * 0xC13FA9A902A6328F >> 64)
            while _common_divisor(a, T) > 1:
                a += 1
        x = [[0] * lanes for _ in range(m)]  # seed rows
        for i in range(n):
            r, lane = divmod(i, lanes)
            if r == m - 1 and n < m * lanes:
                lane = lane * c % lanes
            x[r][lane] = read_bits(seeds, first_seed + i, 1)
        t, j = 0, 0  # step, output of the step
        for p in range(T if n else 0):
            if kind == "rows":
                t, j = p // n_out, p % n_out
            else:
                while (t + 1) * n_in * T // m <= p:
                    t += 1
                j = p - t * n_in * T // m
            turn = p * c if kind == "lanes" else 0
            for lane in range(lanes):
                bit = 0
                for i in taps[j]:
                    r = t * n_in + i
                    bit ^= x[r % m][(lane + r // m) % lanes]
                weight = first_weight + (p * a % T) * lanes + (lane + turn) % lanes
                if weight < outputs:
                    plane[weight] = bit == 1
        first_weight += T * lanes
        first_seed += n
    for position in flips:
        plane[position] = not plane[position]
    return plane


def _common_divisor(a: int, b: int) -> int:
    """Compute the greatest common divisor by Euclid's algorithm."""
    while b:
        a, b = b, a % b
    return a
