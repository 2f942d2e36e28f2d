"""Decoding to dense weights, and decoding only some of the rows."""

from dataclasses import replace

import numpy as np

import xoropt
from decoding.data import PIECE
from decoding.race import race
from xoropt.common.memory import aligned
from xoropt.masks import encode_mask
from xoropt.quantize import Scales

__all__ = ["random_access", "weights_out"]


def weights_out(care: np.ndarray, encoded, times: int, repeats: int) -> list[dict[str, object]]:
    """Measure decoding to dense weights of each dtype, and filling and copying the same array; one core."""
    figures = []
    shape = (times * 182, 23_040)
    long = replace(encoded.tiled(times), shape=shape, planes=1)
    whole = np.tile(care, times).reshape(shape)
    masks = {codec: encode_mask(whole, codec) for codec in ("bitmap", "prefix")}
    import ml_dtypes

    for dtype in (np.float32, np.float16, ml_dtypes.bfloat16, np.int8):
        levels = (
            xoropt.quantize.Codebook(np.array([-1, 1], np.int8))
            if dtype is np.int8
            else Scales(np.full((1, 1), 0.25, np.float32), np.dtype(dtype))
        )
        arrays = [aligned(whole.size, dtype).reshape(shape) for _ in range(5)]
        for array in arrays:
            array.view(np.uint8)[...] = 0
        tensors = [xoropt.CompressedTensor(shape, levels, *masks[codec], long) for codec in masks]
        part = slice(shape[0] // 3, shape[0] // 3 + shape[0] // 100 or 1)
        calls = {
            "fill": lambda a=arrays: a[0].fill(1),
            "copy": lambda a=arrays: np.copyto(a[1], a[0]),
            "bitmap mask": lambda a=arrays, t=tensors: xoropt.decompress_tensor(t[0], "compiled", jobs=1, out=a[2]),
            "prefix mask": lambda a=arrays, t=tensors: xoropt.decompress_tensor(t[1], "compiled", jobs=1, out=a[3]),
            "1 % of the rows": lambda a=arrays, t=tensors, p=part: xoropt.decompress_tensor(
                t[0], "compiled", jobs=1, rows=p, out=a[4][: p.stop - p.start]
            ),
        }
        seconds = race(list(calls.values()), repeats)
        for name, times_taken in zip(calls, seconds, strict=True):
            figures.append(
                {
                    "dtype": np.dtype(dtype).name,
                    "weights": whole.size,
                    "what": name,
                    "seconds": times_taken,
                    "gigabytes_per_second": arrays[0].nbytes / 1e9 / times_taken[1],
                    "ratio_to_fill": (seconds[0][0] / times_taken[0], seconds[0][1] / times_taken[1]),
                    "ratio_to_copy": (seconds[1][0] / times_taken[0], seconds[1][1] / times_taken[1]),
                }
            )
    return figures


def random_access(encoded, times: int, repeats: int) -> dict[str, float]:
    """Measure the time for 1 % of the rows, as planes and as bits, as a share of the time for all rows."""
    rows = 100 * max(1, PIECE * times // (100 * 4608))
    long = encoded.tiled(times)
    long = replace(long, shape=(PIECE * times // 4608, 4608), planes=None)
    part = slice(rows // 3, rows // 3 + rows // 100)
    shares = {}
    for output, whole, some in (
        ("planes", aligned(PIECE * times // 64), aligned(rows // 100 * 72)),
        ("bits", np.zeros(long.shape, bool), np.zeros((rows // 100, 4608), bool)),
    ):
        whole[...] = 0
        (_, all_of_it), (_, a_part) = race(
            [
                lambda o=output, w=whole: xoropt.decode(long, "compiled", output=o, out=w, jobs=1),
                lambda o=output, s=some: xoropt.decode(long, "compiled", output=o, rows=part, out=s, jobs=1),
            ],
            repeats,
        )
        shares[output] = a_part / all_of_it
        shares[f"{output}_seconds"] = a_part
    return shares
