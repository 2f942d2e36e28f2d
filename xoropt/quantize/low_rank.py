"""Low-rank pruning: masks that are Boolean products of two thin binary matrices, and so cost few bits.

Lee, Kwon, Kim, Wei, *Network Pruning for Low-Rank Binary Indexing*, arXiv 1905.05686: non-negative factors of |W| are
made binary by thresholds, tile by tile. Here this is only the start: local search then switches single entries of the
factors where that keeps more magnitude. Every one in a factor has a price, since sparse factors cost fewer bits.
"""

import math
import warnings
from collections.abc import Callable

import numpy as np

from xoropt.common.arguments import MOST_JOBS, check_callable, check_finite_positive, check_int
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.foreign_arrays import real_array
from xoropt.masks.low_rank import BinaryFactors, encode
from xoropt.quantize.pruning import check_sparsity

__all__ = ["TILE", "magnitude_kept", "prune_low_rank"]

TILE = 512
"""The most rows and columns of a tile."""

SWEEPS = 8
"""Passes over rows and columns; up to twice as many where the share to keep is not reached by then."""

MAX_SEED = (1 << 32) - 1
"""The largest seed that scikit-learn takes."""

PRICE = 1.5
"""The price of a one in a factor, in units of the threshold."""

START_THRESHOLD = 0.7
"""The threshold at first, in units of the threshold of free pruning."""


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
    """Choose a mask that is a Boolean product of two thin binary matrices in every tile, and keeps much magnitude.

    Args:
        weights: real numbers, with at least two axes; all but the first are taken together.
        sparsity: the share S of weights to prune; a little more may be pruned, never less.
        rank: the rank of every tile's product, from 1 to the tile's smaller side.
        mask_bits: instead of `rank`, the most bits for each weight that the stored mask may take; the largest rank
            that keeps to it is searched for.
        tile: the most rows and columns of a tile.
        seed: the seed of the starting factors.
        jobs: the number of threads.
        progress: called with the number of tiles done and of all tiles.

    Returns:
        The factors; their `mask` is the mask.

    Raises:
        ArgumentError: an argument is out of range; both or neither of `rank` and `mask_bits` are given; `mask_bits` is
            below what rank 1 takes (the message says how much that is); a weight is NaN or infinite.
        XoroptError: scikit-learn is not installed.
    """
    sparsity = check_sparsity(sparsity)
    weights = real_array("weights", weights)
    check_int("jobs", jobs, 1, MOST_JOBS)
    check_int("seed", seed, 0, MAX_SEED)
    check_callable("progress", progress)
    if weights.ndim < 2 or not weights.size:
        raise ArgumentError("Low-rank pruning needs a matrix with at least one weight.")
    if (rank is None) == (mask_bits is None):
        raise ArgumentError("Give one of the arguments 'rank' and 'mask_bits'.")
    check_int("tile", tile, 1)
    if mask_bits is not None:
        check_finite_positive("mask_bits", mask_bits)
    magnitude = np.abs(np.ascontiguousarray(weights).reshape(weights.shape[0], -1))
    if not np.isfinite(magnitude).all():
        raise ArgumentError("Argument 'weights' holds NaN or infinity, which can't be pruned; replace them.")
    largest = magnitude.max()
    magnitude = (magnitude / (largest if largest > 0 else 1)).astype(np.float32)  # float32 could not hold every float64
    tile_rows, tile_columns = (_tile_side(side, tile) for side in magnitude.shape)
    max_rank = min(tile_rows, tile_columns)
    tiles = [
        magnitude[i : i + tile_rows, j : j + tile_columns]
        for i in range(0, magnitude.shape[0], tile_rows)
        for j in range(0, magnitude.shape[1], tile_columns)
    ]
    if rank is not None:
        check_int("rank", rank, 1, max_rank)
    from joblib import Parallel, delayed

    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        raise XoroptError("low-rank pruning needs scikit-learn: pip install 'xoropt[low-rank]'.") from None

    def factorize(rank: int) -> BinaryFactors:
        results = Parallel(n_jobs=jobs, prefer="threads", return_as="generator")(
            delayed(_tile_factors)(magnitude, sparsity, rank, seed) for magnitude in tiles
        )
        pairs = []
        for done, pair in enumerate(results, 1):
            pairs.append(pair)
            if progress is not None:
                progress(done, len(tiles))
        return BinaryFactors.stack(weights.shape, tile_rows, tile_columns, rank, pairs)

    with threadpool_limits(1):  # the tiles are the parallelism; their matrices are too small for more
        if rank is not None:
            return factorize(rank)
        budget = float(mask_bits or 0.0)
        rank = _rank_within(tiles, sparsity, budget, max_rank, seed)
        while True:
            factors = factorize(rank)
            cost = _stored_bits(factors) / weights.size
            if cost <= budget:
                return factors
            if rank == 1:
                raise _budget_error(budget, cost)
            rank = max(1, min(rank - 1, int(rank * budget / cost)))  # tiles outside the sample cost more than expected


def _budget_error(mask_bits: float, least: float) -> ArgumentError:
    least = math.ceil(1e4 * least) / 1e4
    return ArgumentError(
        f"Argument 'mask_bits' must be at least {least:.4f} here, the cost of rank 1, not {mask_bits}."
    )


def _stored_bits(factors: BinaryFactors) -> int:
    """Count the bits that a low-rank mask takes."""
    return 8 * sum(part.nbytes for part in encode(factors).values())


def magnitude_kept(weights: np.ndarray, mask: np.ndarray) -> float:
    """Return the magnitude that a mask keeps, as a share of what free pruning keeps in the same number of weights."""
    magnitude = np.abs(weights).astype(np.float64).reshape(-1)
    kept = int(np.count_nonzero(mask))
    best = np.partition(magnitude, magnitude.size - kept)[magnitude.size - kept :].sum() if kept else 0.0
    return float(magnitude[mask.reshape(-1)].sum() / best) if best else 1.0


def _tile_side(side: int, tile: int) -> int:
    """Return the side of a tile where a matrix's side is cut into the fewest tiles of nearly one size."""
    return -(-side // -(-side // tile))


def _rank_within(tiles: list[np.ndarray], sparsity: float, mask_bits: float, max_rank: int, seed: int) -> int:
    """Search for the largest rank whose factors, on a sample of tiles, take at most `mask_bits` bits for each weight.

    The cost grows a little slower than the rank: a few steps of the secant method in logarithms come close enough.
    """
    sample = tiles[:: -(-len(tiles) // 2)]
    weights = sum(magnitude.size for magnitude in sample)

    def cost(rank: int) -> float:
        pairs = [_tile_factors(magnitude, sparsity, rank, seed) for magnitude in sample]
        rows, columns = (max(magnitude.shape[axis] for magnitude in sample) for axis in (0, 1))
        return _stored_bits(BinaryFactors.stack((rows * len(sample), columns), rows, columns, rank, pairs)) / weights

    fits, rank, power = 0, max(1, min(max_rank, round(0.6 * max_rank * min(1.0, mask_bits / 0.2)))), 0.7
    tried: dict[int, float] = {}
    while rank not in tried and len(tried) < 5:
        tried[rank] = cost(rank)
        if tried[rank] <= mask_bits:
            fits = max(fits, rank)
        if len(tried) > 1:
            (r0, c0), (r1, c1) = list(tried.items())[-2:]
            power = min(1.2, max(0.4, np.log(c1 / c0) / np.log(r1 / r0)))
        rank = int(min(max_rank, max(1, rank * (0.99 * mask_bits / tried[rank]) ** (1 / power))))
    if not fits:
        least = tried.get(1) or cost(1)
        if least > mask_bits:
            raise _budget_error(mask_bits, least)
        fits = 1
    return fits


def _tile_factors(magnitude: np.ndarray, sparsity: float, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the binary factors (m, rank) and (rank, n) of one tile."""
    from xoropt.quantize.kernels import improve_rows

    kept = round((1.0 - sparsity) * magnitude.size)
    rng = np.random.RandomState(seed)
    left, right = _starting_factors(magnitude, 1.0 - sparsity, rank, seed)
    cover = (left.astype(np.float32) @ right.astype(np.float32)).astype(np.int16)
    free_threshold = float(np.quantile(magnitude, sparsity))
    # Keeping a weight is worth its magnitude minus the threshold. The threshold starts low, so that no rectangle
    # vanishes before it has found its weights, and then follows the share of weights that is kept.
    threshold = START_THRESHOLD * free_threshold
    for sweep in range(2 * SWEEPS):
        price = PRICE * threshold * min(1.0, sweep / SWEEPS)
        gain = magnitude - np.float32(threshold)
        order = rng.permutation(rank)
        improve_rows(gain, cover, left, right, price, order)
        gain_t, cover_t, right_t, left_t = (np.ascontiguousarray(a.T) for a in (gain, cover, right, left))
        improve_rows(gain_t, cover_t, right_t, left_t, price, order)
        cover, right = np.ascontiguousarray(cover_t.T), np.ascontiguousarray(right_t.T)
        share = np.count_nonzero(cover) / max(1, kept)
        if sweep >= SWEEPS and share > 0.99:  # weights without structure need more sweeps
            break
        threshold *= float(np.clip(np.sqrt(share), 0.7, 1.3)) if share else 0.7
    _trim(magnitude, cover, left, right, kept)
    return left, right


def _starting_factors(magnitude: np.ndarray, share: float, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make non-negative factors of the magnitudes binary, so that their product covers about the share to keep."""
    from sklearn.decomposition import NMF

    model = NMF(rank, init="random", solver="mu", max_iter=15, tol=0, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a rough start will do: it need not converge
        left = model.fit_transform(magnitude)
    right = model.components_
    density = np.sqrt(-np.log1p(-min(share, 0.999)) / rank)
    density = min(density, 1.0)
    left = left >= np.quantile(left, 1 - density, axis=0)
    right = right >= np.quantile(right, 1 - density, axis=1)[:, None]
    return np.ascontiguousarray(left), np.ascontiguousarray(right)


def _trim(magnitude: np.ndarray, cover: np.ndarray, left: np.ndarray, right: np.ndarray, kept: int) -> None:
    """Take rows out of rectangles, those of least mean magnitude first, until at most `kept` weights are left."""
    excess = np.count_nonzero(cover) - kept
    if excess <= 0:
        return
    alone = np.where(cover == 1, magnitude, 0).astype(np.float32) @ right.T.astype(np.float32)
    counts = (cover == 1).astype(np.float32) @ right.T.astype(np.float32)
    value = np.where(left & (counts > 0), alone / np.maximum(counts, 1), np.inf)
    for entry in np.argsort(value, axis=None):
        if excess <= 0:
            break
        i, k = divmod(int(entry), left.shape[1])
        covered = right[k]
        excess -= int(np.count_nonzero(cover[i, covered] == 1))
        cover[i, covered] -= 1
        left[i, k] = False
