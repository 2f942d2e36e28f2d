"""Low-rank pruning: masks that are Boolean products of two thin binary matrices, and so cost few bits.

Lee, Kwon, Kim, Wei, *Network Pruning for Low-Rank Binary Indexing*, arXiv 1905.05686: non-negative factors of |W| are
cut at thresholds to binary ones, tile by tile. Here the cut is only the start: local search then switches single
entries of the factors where that keeps more magnitude, at a price for every one, since sparse factors cost fewer bits.
"""

import math
import warnings
from collections.abc import Callable

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.masks.low_rank import BinaryFactors, encode
from xoropt.quantize.pruning import check_sparsity

__all__ = ["TILE", "magnitude_kept", "prune_low_rank"]

TILE = 512
"""Rows and columns of a tile at most."""

SWEEPS = 8
"""Passes over rows and columns; twice as many where the share to keep is not reached by then."""

PRICE = 1.5
"""Price of a one in a factor, in units of the threshold magnitude."""

START = 0.7
"""The threshold at first, in units of the magnitude that free pruning would take."""


def prune_low_rank(
    weights: np.ndarray,
    sparsity: float,
    *,
    rank: int | None = None,
    mask_bits: float | None = None,
    tile: int = TILE,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> BinaryFactors:
    """Two thin binary matrices for every tile, whose Boolean product keeps as much magnitude as it can.

    Args:
        weights: real numbers, two dimensions or more; all axes but the first are taken together.
        sparsity: the share S of weights to prune; at least this share is.
        rank: of every tile; at most the tile's smaller side.
        mask_bits: bits a weight that the stored mask may take, instead of `rank`; the largest rank that keeps to it is
            looked for.
        tile: rows and columns of a tile at most.
        seed: of the starting factors.
        jobs: threads.
        progress: called with tiles done and tiles in all.

    Raises:
        ArgumentError: an argument out of range; both or neither of `rank` and `mask_bits`; mask bits below what rank 1
            takes (the message says how many that is); NaN or infinity.
        XoroptError: scikit-learn is not installed.
    """
    rate = check_sparsity(sparsity)
    if weights.ndim < 2 or not weights.size:
        raise ArgumentError("Low-rank pruning needs a matrix with at least one weight.")
    if (rank is None) == (mask_bits is None):
        raise ArgumentError("Give one of the arguments 'rank' and 'mask_bits'.")
    check_int("tile", tile, 1)
    if mask_bits is not None and not 0 < mask_bits < math.inf:
        raise ArgumentError(f"Argument 'mask_bits' must be a number above 0, not {mask_bits}.")
    magnitude = np.abs(np.ascontiguousarray(weights).reshape(weights.shape[0], -1))
    if not np.isfinite(magnitude).all():
        raise ArgumentError("Argument 'weights' holds NaN or infinity, which can't be pruned by magnitude.")
    largest = magnitude.max()
    magnitude = (magnitude / (largest if largest > 0 else 1)).astype(np.float32)  # whatever the scale of a float64
    tile_rows, tile_columns = (_even(side, tile) for side in magnitude.shape)
    most = min(tile_rows, tile_columns)
    tiles = [
        magnitude[i : i + tile_rows, j : j + tile_columns]
        for i in range(0, magnitude.shape[0], tile_rows)
        for j in range(0, magnitude.shape[1], tile_columns)
    ]
    if rank is not None:
        check_int("rank", rank, 1, most)
    from joblib import Parallel, delayed

    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        raise XoroptError("low-rank pruning needs scikit-learn: pip install 'xoropt[low-rank]'.") from None

    def product(rank: int) -> BinaryFactors:
        results = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
            delayed(_factor)(each, rate, rank, seed) for each in tiles
        )
        factors = []
        for done, pair in enumerate(results, 1):
            factors.append(pair)
            if progress is not None:
                progress(done, len(tiles))
        return BinaryFactors.stack(weights.shape, tile_rows, tile_columns, rank, factors)

    with threadpool_limits(1):  # the tiles are the parallelism; their matrices are too small for more
        if rank is not None:
            return product(rank)
        budget = float(mask_bits or 0.0)
        rank = _rank_for(tiles, rate, budget, most, seed)
        while True:
            made = product(rank)
            cost = _stored(made) / weights.size
            if cost <= budget:
                return made
            if rank == 1:
                raise _too_few(budget, cost)
            rank = max(1, min(rank - 1, int(rank * budget / cost)))  # the tiles that were not in the sample cost more


def _too_few(mask_bits: float, least: float) -> ArgumentError:
    least = math.ceil(1e4 * least) / 1e4
    return ArgumentError(
        f"Argument 'mask_bits' must be at least {least:.4f} here, the cost of rank 1, not {mask_bits}."
    )


def _stored(factors: BinaryFactors) -> int:
    """Bits that a low-rank mask takes."""
    return 8 * sum(part.nbytes for part in encode(factors).values())


def magnitude_kept(weights: np.ndarray, mask: np.ndarray) -> float:
    """The magnitude that a mask keeps, as a share of what free magnitude pruning keeps in as many weights."""
    magnitude = np.abs(weights).astype(np.float64).reshape(-1)
    kept = int(np.count_nonzero(mask))
    best = np.partition(magnitude, magnitude.size - kept)[magnitude.size - kept :].sum() if kept else 0.0
    return float(magnitude[mask.reshape(-1)].sum() / best) if best else 1.0


def _even(side: int, tile: int) -> int:
    """The tile's side when a side is cut into the fewest tiles of like size."""
    return -(-side // -(-side // tile))


def _rank_for(tiles: list[np.ndarray], rate: float, mask_bits: float, most: int, seed: int) -> int:
    """The largest rank found whose factors, on a sample of tiles, take at most `mask_bits` bits a weight.

    The cost grows a little slower than the rank: a few steps of the secant method in logarithms come close enough.
    """
    sample = tiles[:: -(-len(tiles) // 2)]
    weights = sum(each.size for each in sample)

    def cost(rank: int) -> float:
        pairs = [_factor(each, rate, rank, seed) for each in sample]
        rows, columns = (max(each.shape[axis] for each in sample) for axis in (0, 1))
        return _stored(BinaryFactors.stack((rows * len(sample), columns), rows, columns, rank, pairs)) / weights

    fits, rank, power = 0, max(1, min(most, round(0.6 * most * min(1.0, mask_bits / 0.2)))), 0.7
    tried: dict[int, float] = {}
    while rank not in tried and len(tried) < 5:
        tried[rank] = cost(rank)
        if tried[rank] <= mask_bits:
            fits = max(fits, rank)
        if len(tried) > 1:
            (r0, c0), (r1, c1) = list(tried.items())[-2:]
            power = min(1.2, max(0.4, np.log(c1 / c0) / np.log(r1 / r0)))
        rank = int(min(most, max(1, rank * (0.99 * mask_bits / tried[rank]) ** (1 / power))))
    if not fits:
        least = tried.get(1) or cost(1)
        if least > mask_bits:
            raise _too_few(mask_bits, least)
        fits = 1
    return fits


def _factor(magnitude: np.ndarray, rate: float, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Binary factors (m, rank) and (rank, n) of one tile."""
    from xoropt.quantize.kernels import improve_rows

    kept = round((1.0 - rate) * magnitude.size)
    rng = np.random.RandomState(seed)
    left, right = _start(magnitude, 1.0 - rate, rank, seed)
    cover = (left.astype(np.float32) @ right.astype(np.float32)).astype(np.int16)
    level = float(np.quantile(magnitude, rate))
    # Keeping a weight is worth its magnitude less the threshold; the threshold starts low, so that no rectangle dies
    # before it has found its place, and then follows the share of weights that is kept.
    threshold = START * level
    for sweep in range(2 * SWEEPS):
        price = PRICE * threshold * min(1.0, sweep / SWEEPS)
        gain = magnitude - np.float32(threshold)
        order = rng.permutation(rank)
        improve_rows(gain, cover, left, right, price, order)
        gain_t, cover_t, right_t, left_t = (np.ascontiguousarray(each.T) for each in (gain, cover, right, left))
        improve_rows(gain_t, cover_t, right_t, left_t, price, order)
        cover, right = np.ascontiguousarray(cover_t.T), np.ascontiguousarray(right_t.T)
        share = np.count_nonzero(cover) / max(1, kept)
        if sweep >= SWEEPS and share > 0.99:  # weights without structure take longer to fill the share
            break
        threshold *= float(np.clip(np.sqrt(share), 0.7, 1.3)) if share else 0.7
    _trim(magnitude, cover, left, right, kept)
    return left, right


def _start(magnitude: np.ndarray, share: float, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Non-negative factors of the magnitudes, cut so that their product covers about the share to keep."""
    from sklearn.decomposition import NMF

    model = NMF(rank, init="random", solver="mu", max_iter=15, tol=0, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a rough start is all that is asked for
        left = model.fit_transform(magnitude)
    right = model.components_
    density = np.sqrt(-np.log1p(-min(share, 0.999)) / rank)
    density = min(density, 1.0)
    left = left >= np.quantile(left, 1 - density, axis=0)
    right = right >= np.quantile(right, 1 - density, axis=1)[:, None]
    return np.ascontiguousarray(left), np.ascontiguousarray(right)


def _trim(magnitude: np.ndarray, cover: np.ndarray, left: np.ndarray, right: np.ndarray, kept: int) -> None:
    """Drop whole row parts of rectangles, the least magnitude a weight first, until at most `kept` weights stay."""
    excess = np.count_nonzero(cover) - kept
    if excess <= 0:
        return
    alone = np.where(cover == 1, magnitude, 0).astype(np.float32) @ right.T.astype(np.float32)
    counts = (cover == 1).astype(np.float32) @ right.T.astype(np.float32)
    value = np.where(left & (counts > 0), alone / np.maximum(counts, 1), np.inf)
    for place in np.argsort(value, axis=None):
        if excess <= 0:
            break
        i, k = divmod(int(place), left.shape[1])
        covered = right[k]
        excess -= int(np.count_nonzero(cover[i, covered] == 1))
        cover[i, covered] -= 1
        left[i, k] = False
