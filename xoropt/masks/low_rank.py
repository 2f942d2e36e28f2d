"""Low-rank masks: each tile was chosen as the Boolean product of two thin binary matrices, which are stored instead.

Source: Lee et al., arXiv 1905.05686. The factors are sparse themselves and are stored by the `entropy` codec: the left
ones of all tiles one below the other, and the right ones, transposed, in the same way.

The part `mask` is, as little-endian uint32: the rows and columns of a tile, the rank, the bytes of the left factors;
then the left and the right factors as the `entropy` codec stores them.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks import entropy
from xoropt.masks.mask_codec import CHUNK, MaskCodec, Parts

__all__ = ["CODEC", "BinaryFactors", "decode", "encode"]

FEW = 8
"""The ranks up to which tiles, of which there may be many small ones, are multiplied all at once, rank by rank."""


@dataclass(frozen=True, eq=False)
class BinaryFactors:
    """A mask as Boolean products, one for every tile of its matrix (first axis by all others).

    Attributes:
        shape: of the mask.
        tile_rows: rows of a tile; tiles at the lower edge may be cut short.
        tile_columns: columns of a tile; tiles at the right edge may be cut short.
        left: bool (tiles, tile_rows, rank), tiles in row-major order.
        right: bool (tiles, rank, tile_columns), tiles in row-major order.
    """

    shape: tuple[int, ...]
    tile_rows: int
    tile_columns: int
    left: np.ndarray = field(repr=False)
    right: np.ndarray = field(repr=False)

    @property
    def rank(self) -> int:
        """The rank of every tile's product."""
        return self.left.shape[2]

    @classmethod
    def stack(
        cls,
        shape: tuple[int, ...],
        tile_rows: int,
        tile_columns: int,
        rank: int,
        pairs: list[tuple[np.ndarray, np.ndarray]],
    ) -> "BinaryFactors":
        """Stack the pairs of factors of all tiles; tiles at the edges may have fewer rows or columns."""
        left = np.zeros((len(pairs), tile_rows, rank), dtype=bool)
        right = np.zeros((len(pairs), rank, tile_columns), dtype=bool)
        for number, (a, b) in enumerate(pairs):
            left[number, : len(a)] = a
            right[number, :, : b.shape[1]] = b
        return cls(shape, tile_rows, tile_columns, left, right)

    def mask(self) -> np.ndarray:
        """Multiply the factors: bool of the mask's shape."""
        rows, columns, high, wide = self.shape[0], math.prod(self.shape[1:]), self.tile_rows, self.tile_columns
        across = -(-columns // wide)
        mask = np.empty((rows, columns), dtype=bool)
        down = max(1, CHUNK // (high * across * wide))  # rows of tiles that are multiplied at once, all of them
        beside = min(across, max(1, CHUNK // (high * wide)))  # or some tiles of one row
        tiles = np.arange(-(-rows // high) * across).reshape(-1, across)
        for i in range(0, len(tiles), down):
            for j in range(0, across, beside):
                some = tiles[i : i + down, j : j + beside]
                product = _products(self.left[some.reshape(-1)], self.right[some.reshape(-1)])
                product = product.reshape(*some.shape, high, wide).transpose(0, 2, 1, 3)
                part = mask[i * high : (i + down) * high, j * wide : (j + beside) * wide]
                part[...] = product.reshape(len(some) * high, -1)[: part.shape[0], : part.shape[1]]
        return mask.reshape(self.shape)


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Multiply the factors of some tiles: bool (tiles, rows, columns)."""
    if left.shape[2] > FEW:
        # Sums of at most 2^24 ones are exact in float32, and this is the fastest way to get them.
        return np.matmul(left.astype(np.float32), right.astype(np.float32)) > 0.5
    product = left[:, :, :1] & right[:, :1]
    for k in range(1, left.shape[2]):
        product |= left[:, :, k : k + 1] & right[:, k : k + 1]
    return product


def encode(factors: BinaryFactors) -> Parts:
    """Encode the factors to the part `mask`, uint8."""
    rank = factors.rank
    left = entropy.encode(factors.left.reshape(-1, rank))["mask"]
    right = entropy.encode(factors.right.transpose(0, 2, 1).reshape(-1, rank))["mask"]
    head = np.array([factors.tile_rows, factors.tile_columns, rank, len(left)], dtype="<u4").view(np.uint8)
    return {"mask": np.concatenate([head, left, right])}


def plan(mask: np.ndarray) -> None:
    """Return no plan: finding the factors of a mask that was not chosen as a product is NP-hard."""


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`; only the tiles in which they lie are decoded."""
    data = parts.get("mask", np.zeros(0, np.uint8))
    if len(data) < 16 or len(shape) < 2 or not size:
        raise DecodeError("the low-rank mask does not fit the shape")
    tile_rows, tile_columns, rank, middle = np.frombuffer(data[:16].tobytes(), "<u4").tolist()
    rows, columns = shape[0], size // shape[0]
    if not 0 < tile_rows <= rows or not 0 < tile_columns <= columns or not 0 < rank <= min(tile_rows, tile_columns):
        raise DecodeError("the head of the low-rank mask does not fit the shape")
    across, down = -(-columns // tile_columns), -(-rows // tile_rows)
    begin, end = first // columns // tile_rows, -(-stop // (columns * tile_rows))  # rows of tiles

    def factors_of(data: np.ndarray, side: int) -> np.ndarray:
        row_of_tiles, whole = across * side * rank, (down * across * side, rank)
        some = entropy.decode({"mask": data}, whole, whole[0] * rank, begin * row_of_tiles, end * row_of_tiles)
        return some.reshape(-1, side, rank)

    if stop <= first:
        begin = end = 0
    left = factors_of(data[16 : 16 + middle], tile_rows)
    right = factors_of(data[16 + middle :], tile_columns).transpose(0, 2, 1)
    if stop <= first:
        return np.empty(0, dtype=bool)
    part = (min(rows, end * tile_rows) - begin * tile_rows, columns)
    flat = BinaryFactors(part, tile_rows, tile_columns, left, right).mask().reshape(-1)
    return flat[first - begin * tile_rows * columns :][: stop - first]


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the heads of the part `mask`, see `MaskCodec.check`."""
    decode(parts, shape, size, 0, 0)


CODEC = MaskCodec(plan, decode, check=check)
