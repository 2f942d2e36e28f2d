"""All methods that decode to packed planes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import lz4.block
import numpy as np
import zstandard
from scipy.sparse import csr_matrix

import xoropt
from decoding.data import PIECE, packed
from decoding.deposit import expand
from decoding.race import Method
from xoropt.codec.compiled.threads import count_cores
from xoropt.common.memory import aligned

__all__ = ["methods"]


def methods(
    care: np.ndarray, bits: np.ndarray, encodings: dict[str, xoropt.BlockEncoded | xoropt.StreamEncoded], times: int
) -> list[Method]:
    """Make all methods that are compared, each with an output of its own."""
    weights = PIECE * times
    words = weights // 64
    plane, mask = packed(bits), packed(care)
    source = aligned(words)
    source[:] = np.tile(plane, times)
    several = ThreadPoolExecutor(count_cores())

    def fresh() -> np.ndarray:
        out = aligned(words)
        out[:] = 0
        return out

    out = fresh()

    def copy_all() -> None:
        cuts = [words * i // count_cores() for i in range(count_cores() + 1)]
        list(
            several.map(
                lambda i: np.copyto(out[cuts[i] : cuts[i + 1]], source[cuts[i] : cuts[i + 1]]), range(count_cores())
            )
        )

    rows = [Method("copy", None, words * 8, lambda: np.copyto(out, source), copy_all, lambda: True)]
    whole_mask = np.tile(mask, times)
    for name, encoded in encodings.items():
        long = encoded.tiled(times)
        rows.append(_ours(name, long, fresh(), whole_mask, source))
    values = np.zeros(-(-bits[care].size * times // 64) + 2, dtype=np.uint64)
    kept = np.packbits(np.tile(bits[care], times), bitorder="little")
    values.view(np.uint8)[: len(kept)] = kept
    expanded = fresh()
    rows.append(
        Method(
            "bitmap, bit deposit",
            1.0,
            whole_mask.nbytes + len(kept),
            lambda: expand(whole_mask, values, expanded, True),
            None,
            lambda: bool((expanded == source).all()),
        )
    )
    squeezed = zstandard.ZstdCompressor(level=3).compress(plane.tobytes())
    unsqueeze = zstandard.ZstdDecompressor()
    fast = lz4.block.compress(plane.tobytes())
    zstd_out, lz4_out = fresh(), fresh()
    length = plane.nbytes

    def decompress(work: Callable[[], bytes], target: np.ndarray) -> None:
        octets = target.view(np.uint8)
        for i in range(times):
            octets[i * length : (i + 1) * length] = np.frombuffer(work(), dtype=np.uint8)

    for name, data, work, target in (
        ("zstd -3 of planes", squeezed, lambda: unsqueeze.decompress(squeezed), zstd_out),
        ("lz4 of planes", fast, lambda: lz4.block.decompress(fast), lz4_out),
    ):
        rows.append(
            Method(
                name,
                None,
                len(data) * times,
                lambda work=work, target=target: decompress(work, target),
                None,
                lambda target=target: bool((target == source).all()),
            )
        )
    if weights <= 1 << 26:
        columns = 23_040
        matrix = csr_matrix(
            np.where(bits, np.float32(1), np.float32(-1)).reshape(-1, columns) * care.reshape(-1, columns)
        )
        starts = matrix.indptr[:-1].astype(np.int64) + np.arange(times)[:, None] * matrix.nnz
        tall = csr_matrix(
            (
                np.tile(matrix.data, times),
                np.tile(matrix.indices, times),
                np.append(starts, matrix.nnz * times).astype(np.int32),
            ),
            shape=(weights // columns, columns),
        )
        dense = np.zeros(tall.shape, dtype=np.float32)
        octets = tall.data.nbytes + tall.indices.nbytes + tall.indptr.nbytes
        rows.append(
            Method("SciPy CSR to float32", None, octets, lambda: tall.toarray(out=_zero(dense)), None, lambda: True)
        )
    return rows


def _zero(array: np.ndarray) -> np.ndarray:
    array.fill(0)
    return array


def _ours(name: str, encoded, out: np.ndarray, mask: np.ndarray, expected: np.ndarray) -> Method:
    into = out.reshape(-1)
    run = lambda jobs: xoropt.decode(encoded, "compiled", output="planes", out=into, jobs=jobs)  # noqa: E731
    return Method(
        name,
        encoded.size.efficiency,
        encoded.size.total_bits // 8,
        lambda: run(1),
        lambda: run(None),
        lambda: bool(((into ^ expected) & mask == 0).all()),
    )
