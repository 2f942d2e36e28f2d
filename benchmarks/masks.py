"""Mask codecs: their bits per weight compared with the entropy, and how fast they encode and decode.

    xoropt bench masks

The masks: independent ones of several densities; masks whose rows and columns have densities of their own (the
logarithm of each factor has the standard deviation 0.3); a 2:4 mask and a low-rank one. The limit of a mask with
uneven rows and columns is the mean entropy of the probabilities that it was drawn with. All run on one thread.
"""

import time
from dataclasses import asdict, dataclass

import numpy as np
from common import Table, arguments, machine, show, write

from xoropt.masks import CODECS, decode_mask, low_rank
from xoropt.quantize import prune_low_rank

LEGEND = (
    "limit: the entropy of the densities that the mask was drawn with, in bits/weight; over: above it; encode, decode: "
    "ns for a weight"
)


@dataclass(frozen=True)
class Row:
    """One codec on one mask."""

    mask: str
    density: float
    limit: float
    codec: str
    bits: float
    encode_ns: float
    decode_ns: float


def entropy(p: np.ndarray) -> float:
    """Return the mean of H(p) in bits."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return float(-(q * np.log2(q) + (1 - q) * np.log2(1 - q)).mean())


def cases(side: int) -> dict[str, tuple[np.ndarray, float]]:
    """Draw masks, by name, each with its limit in bits per weight."""
    rng = np.random.default_rng(0)
    masks = {}
    for density in (0.02, 0.05, 0.1, 0.3, 0.5):
        masks[f"independent {density}"] = rng.random((side, side)) < density, entropy(np.full(1, density))
    for density in (0.05, 0.1, 0.3):
        logit = np.log(density / (1 - density)) + 0.3 * (rng.standard_normal((side, 1)) + rng.standard_normal(side))
        p = 1 / (1 + np.exp(-logit))
        masks[f"uneven {density}"] = rng.random(p.shape) < p, entropy(p)
    masks["2:4"] = (rng.random((side, side // 4, 4)).argsort(axis=2) < 2).reshape(side, side), np.log2(6) / 4
    return masks


def measure(name: str, mask: np.ndarray, limit: float, codec: str) -> Row | None:
    """Encode and decode once after a warm-up on a small part; return None where the codec can't represent the mask."""
    part = np.ascontiguousarray(mask[:64, :64])
    warm = CODECS[codec].encode(part, 1)
    if warm is not None:
        decode_mask(codec, warm, part.shape, part.size)
    begin = time.perf_counter()
    parts = CODECS[codec].encode(mask, 1)
    encoded = time.perf_counter()
    if parts is None:
        return None
    if not (decode_mask(codec, parts, mask.shape, mask.size) == mask).all():
        raise SystemExit(f"{codec} on {name}: not exact")
    decoded = time.perf_counter()
    bits = 8 * sum(array.nbytes for array in parts.values()) / mask.size
    scale = 1e9 / mask.size
    return Row(name, float(mask.mean()), limit, codec, bits, (encoded - begin) * scale, (decoded - encoded) * scale)


def measure_low_rank(side: int) -> Row:
    """Choose a low-rank mask for 0.15 bits per weight, which is also its limit."""
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((side, side)) * np.exp(0.2 * rng.standard_normal((side, 1)))
    begin = time.perf_counter()
    factors = prune_low_rank(weights, 0.91, mask_bits=0.15)
    parts = low_rank.encode(factors)
    encoded = time.perf_counter()
    mask = decode_mask("low_rank", parts, weights.shape, weights.size)
    decoded = time.perf_counter()
    bits, scale = 8 * parts["mask"].nbytes / mask.size, 1e9 / mask.size
    share = float(mask.mean())
    return Row("low-rank", share, 0.15, "low_rank", bits, (encoded - begin) * scale, (decoded - encoded) * scale)


def table_of(title: str, rows: list[Row]) -> Table:
    """Make a table with a line for each codec on each mask."""
    lines = [
        (
            *(row.mask, row.codec, f"{row.bits:.4f}", f"{row.limit:.4f}", f"{row.bits / row.limit - 1:+.1%}"),
            *(f"{row.encode_ns:.1f}", f"{row.decode_ns:.1f}"),
        )
        for row in rows
    ]
    columns = ("mask", "codec", "bits/weight", "limit", "over", "encode", "decode")
    return Table(title, columns, lines, names=2, legend=LEGEND)


def main() -> None:
    """Measure every codec on every mask; print the table, write the JSON."""
    options = arguments(__doc__).parse_args()
    side = 512 if options.quick else 2048
    rows = []
    for name, (mask, limit) in cases(side).items():
        for codec in CODECS:
            row = measure(name, mask, limit, codec)
            if row is not None:
                rows.append(row)
    rows.append(measure_low_rank(side))
    show(table_of(f"Masks of {side}×{side} weights, one thread: {machine()['processor']}", rows))
    write(options.out, "masks", {"side": side, "rows": [asdict(row) for row in rows]})


if __name__ == "__main__":
    main()
