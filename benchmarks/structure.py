"""Structured masks, codes with scales and complex numbers: the size of a file beside that of zstd -19.

    xoropt bench structure

Masks: 2:4 with holes, attention masks, periods, tiles, few kinds of rows or columns, each as booleans, as signs and as
floats under the mask. Codes: weights that other libraries quantized to 4 or 8 bits or to 8-bit floats, with scales for
columns, rows, groups and squares, and wrote out again as floats; and complex numbers. zstd gets the bytes of the tensor
at level 19, and of a mask its bits as well, whichever it takes less for. xoropt's size is that of the whole file: its
description takes some 600 bytes, which is all there is of a boolean mask with a short period. Every tensor is compared.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import ml_dtypes
import numpy as np
from common import Table, arguments, machine, show, write

import xoropt

FLOATS = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16}


@dataclass(frozen=True)
class Row:
    """One tensor: bytes of the file and of zstd, the form that was chosen, and seconds."""

    name: str
    dtype: str
    file_bytes: int
    zstd_bytes: int
    mask: str
    kind: str
    encode_s: float
    decode_s: float
    weights: int


def masks(side: int) -> dict[str, np.ndarray]:
    """Draw masks by name: bool (side, side)."""
    rng = np.random.default_rng(0)
    i, j = np.indices((side, side))
    band, some, causal = abs(i - j) <= 16, rng.choice(side, 8, replace=False), j <= i
    document = np.repeat(np.arange(side), rng.integers(1, 80, side))[:side]
    of_four = (rng.random((side, -(-side // 4), 4)).argsort(axis=2) < 2).reshape(side, -1)[:, :side]
    return {
        "2:4": of_four,
        "2:4, 3 % holes": of_four & (rng.random(i.shape) >= 0.03),
        "2:4, 10 % holes": of_four & (rng.random(i.shape) >= 0.1),
        "triangle": causal,
        "causal in blocks of 16": j // 16 <= i // 16,
        "documents": document[:, None] == document,
        "documents, causal": (document[:, None] == document) & causal,
        "band and global": band | np.isin(i, some) | np.isin(j, some),
        "causal with sinks": (band | (j < 8)) & causal,
        "dilated band": (abs(i - j) <= side // 8) & ((i - j) % 3 == 0),
        "strided": ((i - j) % 32 == 0) & causal | (abs(i - j) < 8),
        "every 2nd column": j % 2 == 0,
        "every 7th row": i % 7 == 0,
        "checkerboard": (i + j) % 2 == 0,
        "tiles of 5 x 7": np.tile(rng.random((5, 7)) < 0.5, (side // 5 + 1, side // 7 + 1))[:side, :side],
        "8 kinds of rows": (rng.random((8, side)) < 0.5)[rng.integers(0, 8, side)],
        "8 kinds of columns": (rng.random((side, 8)) < 0.5)[:, rng.integers(0, 8, side)],
        "rows times columns": (rng.random((side, 1)) < 0.5) & (rng.random((1, side)) < 0.5),
        "lines that end early": j < rng.integers(0, side, (side, 1)),
        "10 % at random": rng.random(i.shape) < 0.1,
    }


def quantized(weights: np.ndarray, sides: tuple[int, int], levels: int, dtype: type) -> np.ndarray:
    """Quantize weights in blocks and write them out again; `levels` 448: to 8-bit floats, else to integers up to it."""
    high, wide = sides
    rows, columns = weights.shape
    padded = np.pad(weights, ((0, -rows % high), (0, -columns % wide)))
    blocks = padded.reshape(len(padded) // high, high, -1, wide)
    scales = (abs(blocks).max(axis=(1, 3), keepdims=True) / levels).astype(dtype if levels < 127 else np.float32)
    codes = (blocks / scales.astype(np.float32)).clip(-levels, levels)
    codes = codes.astype(ml_dtypes.float8_e4m3fn) if levels == 448 else np.rint(codes).astype(np.int8)
    made = codes.astype(np.float32) * scales.astype(np.float32)
    return np.ascontiguousarray(made.astype(dtype).reshape(padded.shape)[:rows, :columns])


def cases(side: int) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Yield tensors: name, tensor, and the mask of those that have one."""
    rng = np.random.default_rng(1)
    for name, mask in masks(side).items():
        yield name, mask, mask
        yield name, np.where(mask, rng.choice(np.array([-1, 1], np.int8), mask.shape), np.int8(0)), None
        yield name, np.where(mask, rng.standard_normal(mask.shape), 0).astype(np.float32), None
    columns = side + side // 2
    weights = (rng.standard_normal((side, columns)) * 0.02).astype(np.float32)
    blocks = {
        "columns": (side, 1),
        "rows": (1, columns),
        "128 down": (128, 1),
        "128 along": (1, 128),
        "squares": (128, 128),
    }
    for scales, sides in blocks.items():
        for codes, levels in (("int4", 7), ("int8", 127), ("float8", 448)):
            for dtype in FLOATS.values():
                yield f"{codes}, scales of {scales}", quantized(weights, sides, levels, dtype), None
    numbers = (rng.standard_normal((side, side, 2)).astype(np.float32)).view(np.complex64)[..., 0]
    yield "complex", numbers, None
    yield "complex, 10 % kept", np.where(rng.random(numbers.shape) < 0.1, numbers, np.complex64(0)), None


def measure(name: str, tensor: np.ndarray, mask: np.ndarray | None) -> Row:
    """Compress a tensor both ways, and compare what comes back."""
    import zstandard

    packer = zstandard.ZstdCompressor(level=19)
    sizes = [len(packer.compress(tensor.tobytes()))]
    if mask is not None:
        sizes.append(len(packer.compress(np.packbits(mask, bitorder="little").tobytes())))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        begin = time.perf_counter()
        model = xoropt.compress({"w": tensor})
        encoded = time.perf_counter() - begin
        xoropt.save(model, path)
        size = path.stat().st_size
        model = xoropt.load(path)
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        back = xoropt.decompress_tensor(model["w"])
        seconds.append(time.perf_counter() - begin)
    if back.tobytes() != tensor.tobytes():
        raise SystemExit(f"{name}, {tensor.dtype}: not exact")
    held = model["w"]
    codec = held.mask_codec if isinstance(held, xoropt.CompressedTensor) else ""
    figures = xoropt.report(model).tensors
    kind = figures["w"].kind if "w" in figures else "carried"
    return Row(name, tensor.dtype.name, size, min(sizes), codec, kind, encoded, min(seconds), tensor.size)


def table_of(title: str, rows: list[Row]) -> Table:
    """Make a table with a line for each tensor."""
    lines = [
        (
            *(row.name, row.dtype, f"{row.file_bytes:,}", f"{row.zstd_bytes:,}"),
            *(f"{row.file_bytes / row.zstd_bytes:.3f}", row.mask, row.kind, f"{row.weights / row.decode_s / 1e6:.0f}"),
        )
        for row in rows
    ]
    columns = ("tensor", "dtype", "xoropt", "zstd −19", "ratio", "mask", "stored as", "M/s")
    legend = "xoropt, zstd −19: bytes; M/s: million weights decoded a second"
    return Table(title, columns, lines, names=2, legend=legend)


def main() -> None:
    """Measure every tensor; print the table, write the JSON."""
    parser = arguments(__doc__)
    parser.add_argument("--side", type=int, default=1024, help="rows of each tensor (default: 1024)")
    options = parser.parse_args()
    side = 256 if options.quick else options.side
    rows = [measure(*case) for case in cases(side)]
    show(table_of(f"Files of tensors with {side} rows: {machine()['processor']}", rows))
    write(options.out, "structure", {"side": side, "rows": [asdict(row) for row in rows]})


if __name__ == "__main__":
    main()
