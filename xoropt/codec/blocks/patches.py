"""The patch format of the paper: for each block its number of patches, then their places in the block.

Kwon et al. (CVPR 2020), sections 3 and 4: the patches of a plane of l blocks take l·⌈lg(max n_patch + 1)⌉ +
Σ n_patch·⌈lg n_out⌉ bits. With *blocked n_patch assignment* every group of consecutive blocks has a width of its own
for n_patch. Each width takes a byte, which is counted too, unless a plane is one group; then the description holds it.
"""

from dataclasses import dataclass

import numpy as np

from xoropt.codec.bits import pack, pack_fixed, unpack, unpack_fixed
from xoropt.common.errors import DecodeError

__all__ = ["GROUPS", "BlockPatches", "join_patches", "pack_patches", "split_patches", "unpack_patches"]

GROUPS = (0, 16, 64, 256, 1024)
"""Group sizes of which the one that stores least is taken; 0: a plane is one group, the paper's plain form."""


@dataclass(frozen=True)
class BlockPatches:
    """The patches of all planes of a block-encoded tensor.

    Attributes:
        group: blocks that share a width; 0: all blocks of a plane.
        widths: uint8 (planes, groups), bits of a block's patch count in each group.
        counts: uint8, the patch counts as one bit stream, plane after plane and block after block.
        places: uint8, ⌈lg n_out⌉ bits for each patch as one bit stream, in the same order, ascending in a block.
        count: number of patches over all planes.
        bits: stored bits as the paper counts them, and those of the widths where a plane has several groups.
    """

    group: int
    widths: np.ndarray
    counts: np.ndarray
    places: np.ndarray
    count: int
    bits: int


def pack_patches(positions: list[np.ndarray], blocks: int, n_out: int, group: int | None = None) -> BlockPatches:
    """Pack patches.

    Args:
        positions: the weights to flip in each plane, int64, ascending, below blocks·n_out.
        blocks: blocks of a plane.
        n_out: outputs of a block.
        group: blocks that share a width; None: the one of `GROUPS` that stores least.
    """
    counts = np.zeros((len(positions), blocks), dtype=np.int64)
    for plane, at in zip(counts, positions, strict=True):
        plane += np.bincount(at // n_out, minlength=blocks)
    width = (n_out - 1).bit_length()
    total = int(counts.sum())
    if group is None:
        group = min(GROUPS, key=lambda size: _header_bits(counts, size))
    widths = _group_widths(counts, group)
    every = np.concatenate([np.empty(0, np.int64), *positions]) % n_out
    return BlockPatches(
        group=group,
        widths=widths,
        counts=pack(counts.reshape(-1), _block_widths(widths, group, blocks).reshape(-1)),
        places=pack_fixed(every, width),
        count=total,
        bits=_header_bits(counts, group) + total * width,
    )


def unpack_patches(patches: BlockPatches, blocks: int, n_out: int, outputs: int) -> list[np.ndarray]:
    """Unpack and check patches.

    Args:
        patches: what `pack_patches` returned.
        blocks: blocks of a plane.
        n_out: outputs of a block.
        outputs: bits of a plane.

    Returns:
        The weights to flip in each plane, int64, ascending.

    Raises:
        DecodeError: the streams have another length than the counts ask for, a patch lies outside the plane, or the
            patches of a block do not ascend.
    """
    planes = len(patches.widths)
    groups = -(-blocks // (patches.group or max(blocks, 1)))
    if patches.group < 0 or patches.widths.shape[1] != groups or (patches.widths > n_out.bit_length()).any():
        raise DecodeError("the widths of the patch counts do not fit the blocks")
    widths = _block_widths(patches.widths, patches.group, blocks).reshape(-1)
    if len(patches.counts) != -(-int(widths.sum(dtype=np.int64)) // 8):
        raise DecodeError("the stream of patch counts has the wrong length")
    counts = unpack(patches.counts, widths).astype(np.int64).reshape(planes, blocks)
    width = (n_out - 1).bit_length()
    # Counts are checked one by one before they are summed, since a sum of damaged ones could overflow.
    if (
        (counts > n_out).any()
        or int(counts.sum()) != patches.count
        or len(patches.places) != -(-patches.count * width // 8)
    ):
        raise DecodeError("the patch counts do not fit the stream of patch places")
    place = unpack_fixed(patches.places, width, 0, patches.count).astype(np.int64)
    position = np.repeat(np.arange(planes * blocks), counts.reshape(-1)) * n_out + place  # over all planes
    positions = position % max(1, blocks * n_out)
    if (place >= n_out).any() or (positions >= outputs).any():
        raise DecodeError(f"a patch lies outside the stream of {outputs} outputs")
    if (position[1:] <= position[:-1]).any():  # decoders would not agree on how often to flip
        raise DecodeError("the patches of a block are repeated or out of order")
    return np.split(positions, np.cumsum(counts.sum(axis=1))[:-1]) if planes else []


def join_patches(patches: BlockPatches) -> tuple[dict[str, object], np.ndarray]:
    """Join patches to what a file holds.

    Returns:
        A description, and one uint8 array of the widths (unless the description has them), the counts and the places.
    """
    description: dict[str, object] = {"group": patches.group, "count": patches.count}
    parts = [patches.counts, patches.places]
    if patches.widths.shape[1] > 1:
        parts.insert(0, patches.widths.reshape(-1))
    else:
        description["widths"] = patches.widths.reshape(-1).tolist()
    return description, np.concatenate(parts)


def split_patches(
    group: int, count: int, widths: list[int] | None, data: np.ndarray, planes: int, blocks: int, n_out: int
) -> BlockPatches:
    """Split what `join_patches` joined.

    Args:
        group, count, widths: from the description; widths is None where the array begins with them.
        data: the array.
        planes: number of planes.
        blocks: blocks of a plane.
        n_out: outputs of a block.

    Raises:
        DecodeError: the array does not have the length that the description says.
    """
    groups = -(-blocks // (group or max(blocks, 1)))
    if (widths is None) != (groups > 1) or (widths is not None and len(widths) != planes * groups):
        raise DecodeError("the description of the patches does not fit the blocks")
    side = planes * groups if widths is None else 0
    if len(data) < side:
        raise DecodeError("the stream of patches is too short")
    table = (data[:side] if widths is None else np.array(widths, dtype=np.uint8)).reshape(planes, groups)
    count_bits = int(_block_widths(table, group, blocks).sum(dtype=np.int64))
    middle = side + -(-count_bits // 8)
    bits = 8 * side + count_bits + count * (n_out - 1).bit_length()
    return BlockPatches(group, table, data[side:middle], data[middle:], count, bits)


def _group_widths(counts: np.ndarray, group: int) -> np.ndarray:
    """Compute the width of every group: uint8 (planes, groups)."""
    planes, blocks = counts.shape
    if not blocks:
        return np.zeros((planes, 0), dtype=np.uint8)
    most = np.maximum.reduceat(counts, np.arange(0, blocks, group or blocks), axis=1)
    return np.ceil(np.log2(most + 1)).astype(np.uint8)


def _block_widths(widths: np.ndarray, group: int, blocks: int) -> np.ndarray:
    """Repeat the widths of groups for their blocks: uint8 (planes, blocks)."""
    return np.repeat(widths, min(group or blocks, blocks), axis=1)[:, :blocks]


def _header_bits(counts: np.ndarray, group: int) -> int:
    """Compute the bits of all patch counts, and of the widths where they are stored."""
    widths = _group_widths(counts, group)
    side = 8 * widths.size if widths.shape[1] > 1 else 0  # with one group, the description has them
    return int(_block_widths(widths, group, counts.shape[1]).sum(dtype=np.int64)) + side
