"""A prefix-coded mask for compiled loops that decode some bands at a time and use them at once."""

from xoropt.codec.compiled.reader import readonly
from xoropt.codec.decoder import flips_of, reader_of
from xoropt.masks.mask_codec import MaskBatches, Parts
from xoropt.masks.prefix.lookup import lookup_tables
from xoropt.masks.prefix.stored import parse_mask

__all__ = ["batches"]


def batches(parts: Parts, shape: tuple[int, ...], size: int) -> MaskBatches | None:
    """Return what loops need that decode bands by themselves, see `MaskCodec.batches`.

    Returns:
        None where groups are no words of the mask, columns are moved, or the plane is not made of rows of 512 lanes.

    Raises:
        DecodeError: the parts do not fit the shape.
    """
    mask = parse_mask(parts, shape, size)
    wide = reader_of(mask.plane).wide
    if wide is None or not mask.fills_words or mask.column_places is not None or not size:
        return None
    plane = wide.octets[0], wide.tables[0], readonly(flips_of(mask.plane, 0, mask.plane.outputs)[0])
    tables = lookup_tables(mask.densities, mask.group_size, mask.group_outputs)
    single = len(mask.densities) == 1
    row_class = mask.row_class[:0] if single else mask.row_class
    classes = readonly(row_class), readonly(mask.code_of_pair[:, mask.column_class])
    raw_end, rows_end, room_end = wide.ends
    arguments = (
        (*plane, wide.order, wide.placed, (raw_end, rows_end)),
        (mask.band_tiles, mask.group_outputs),
        classes,
        tuple(map(readonly, tables)),
    )
    band = mask.band_groups
    return MaskBatches(
        16 * band, band * mask.group_outputs // 64, room_end, mask.columns, arguments, mask.listed_within(0, size)
    )
