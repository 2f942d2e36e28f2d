"""How few patches are needed: greedy and burst patches, the proved minimum, and the Viterbi minimum.

    xoropt bench patches            # about a quarter of an hour
    xoropt bench patches --quick

Part one encodes open streams of random data at a rate taken from the nominal density, so that some care bits depend on
others, and compares at the same window and rate. The patches of a burst are the fewest columns that sum to its
syndrome. Where the answer found has at most five, all smaller sets are tried (pairs against pairs, by sorting), which
proves the minimum. Part two reproduces the share of matched care bits in Park, Kwon et al. (ICLR 2022) for sequential
networks, S = 0.9 and N_out = 80, on random data. Part three takes blocks of more seed bits than a network may have:
random matrices of n_in up to 200 columns and n_out = 10 or 11 times as many rows, S = 0.9, each block solved by
`portfolio` within a time limit. Minima that it does not prove are bounded, and so is E.
"""

import warnings
from dataclasses import asdict, dataclass

import numpy as np
from common import Table, arguments, machine, say, show, write
from xoropt_solvers import ParityProblem, solve

import xoropt
from xoropt.codec.blocks.patches import pack_patches
from xoropt.codec.streams.banded.bursts import Burst, BurstSearch, bursts
from xoropt.codec.streams.banded.elimination import eliminate
from xoropt.codec.streams.banded.equations import build_equations, collect_care_bits
from xoropt.codec.streams.order import order_from_recipe
from xoropt.codec.streams.segments import open_seed_bits
from xoropt.networks import XorNetwork, sequential, staged, windowed

CASES = [
    (windowed(8, 80, 64, None), 0.9),
    (windowed(8, 80, 128, None), 0.9),
    (windowed(64, 640, 256, None), 0.9),
    (windowed(64, 640, 512, None), 0.9),
    (windowed(64, 640, 256, 8), 0.9),
    (windowed(64, 640, 512, 6), 0.9),
    (windowed(64, 640, 512, 8), 0.9),
    (windowed(64, 160, 256, None), 0.6),
    (windowed(64, 213, 256, None), 0.7),
    (staged(64, 640, 112, 5, 3, 4, 704), 0.9),
]


@dataclass(frozen=True)
class Row:
    """One network: dependent care bits, patches of each kind, and how far the proofs go."""

    network: str
    sparsity: float
    care_bits: int
    dependent: int
    greedy: int
    burst: int
    proved_bursts: int
    bursts: int
    patches_where_proved: int
    minimum_where_proved: int
    efficiency_greedy: float
    efficiency_burst: float


def least(burst: Burst, wrong: np.ndarray, found: int) -> int | None:
    """Find the fewest columns that sum to the syndrome; None where that takes too long to prove."""
    columns = burst.columns
    syndrome = np.bitwise_or.reduce(np.uint64(1) << np.flatnonzero(wrong).astype(np.uint64))
    if (columns == syndrome).any():
        return 1
    if np.isin(columns ^ syndrome, columns).any():
        return 2
    if found <= 3:
        return found
    if len(columns) > 6000:
        return None
    first, second = np.triu_indices(len(columns), 1)
    pairs = np.sort(columns[first] ^ columns[second])
    if _holds(pairs, columns ^ syndrome):
        return 3
    if found <= 4 or _holds(pairs, pairs ^ syndrome):
        return 4
    return 5 if found <= 5 else None


def _holds(pairs: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether the sorted sums of pairs hold one of those wanted."""
    at = np.searchsorted(pairs, wanted)
    return bool((pairs[np.minimum(at, len(pairs) - 1)] == wanted).any())


def measure(network: XorNetwork, sparsity: float, weights: int, seed: int = 0) -> Row:
    """Measure one long stream."""
    rng = np.random.default_rng(seed)
    care, bits = rng.random(weights) >= sparsity, rng.random(weights) < 0.5
    sizes = {}
    for patches in ("greedy", "burst"):
        sizes[patches] = xoropt.encode(bits, care, network, patches=patches).size
    order = order_from_recipe("rows")
    care_bits = collect_care_bits(care, order, weights)
    equations, _ = build_equations(network, order, weights, open_seed_bits(weights, network), care_bits)
    eliminated = eliminate(equations, bits[care_bits.weights].astype(np.uint64), 1)
    flipped = np.zeros(len(care_bits.weights), dtype=np.uint64)
    proved = searched = patches = minimum = 0
    for burst in bursts(eliminated, flipped, 10**9):
        wrong = burst.residual != 0
        if not wrong.any():
            continue
        picks, exact = BurstSearch(burst).run(wrong)
        flipped[burst.equations[picks]] ^= np.uint64(1)
        searched += 1
        fewest = len(picks) if exact else least(burst, wrong, len(picks))
        if fewest is not None:
            proved, patches, minimum = proved + 1, patches + len(picks), minimum + fewest
    return Row(
        network=network.recipe,
        sparsity=sparsity,
        care_bits=len(care_bits.weights),
        dependent=len(eliminated.dependent),
        greedy=sizes["greedy"].patches,
        burst=sizes["burst"].patches,
        proved_bursts=proved,
        bursts=searched,
        patches_where_proved=patches,
        minimum_where_proved=minimum,
        efficiency_greedy=sizes["greedy"].efficiency,
        efficiency_burst=sizes["burst"].efficiency,
    )


def matched(n_s: int, weights: int, seeds: int) -> dict[str, float]:
    """Measure the share of matched care bits with N_in = 8 and N_out = 80, over several networks."""
    warnings.simplefilter("ignore", xoropt.RateWarning)  # the draw may have a little more care bits than seed bits
    right = total = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        care, bits = rng.random(weights) < 0.1, rng.random(weights) < 0.5
        network = sequential(8, 80, n_s, seed=seed)
        if n_s:
            size = xoropt.encode(bits, care, network, patches="viterbi").size
        else:
            size = xoropt.encode(bits, care, network, solver="exhaustive").size
        right, total = right + size.care_bits - size.patches, total + size.care_bits
    return {"n_s": n_s, "outputs": weights * seeds, "matched": right / total}


@dataclass(frozen=True)
class LargeBlocks:
    """Blocks of one size: the patches found, how many are proved to be needed, and E with either.

    Attributes:
        patches: found, over all blocks.
        least: no fewer will do, as was proved.
        efficiency: care bits over the bits of seeds and patches, as stored.
        efficiency_least: the same, were the patches `least`, in equal shares over the blocks.
        seconds: of a block, in the mean.
    """

    n_in: int
    ratio: int
    blocks: int
    care_bits: int
    patches: int
    least: int
    proved: int
    efficiency: float
    efficiency_least: float
    seconds: float


def large_blocks(n_in: int, ratio: int, blocks: int, time_limit: float) -> LargeBlocks:
    """Encode random data in blocks of n_in seed bits and n_in·ratio outputs, a tenth of which matter."""
    rng = np.random.default_rng([n_in, ratio])
    n_out = n_in * ratio
    matrix = rng.random((n_out, n_in)) < 0.5
    positions, care_bits, least, proved, seconds = [], 0, [], 0, 0.0
    for block in range(blocks):
        care = np.flatnonzero(rng.random(n_out) < 0.1)
        solution = solve(ParityProblem(matrix[care], rng.random(len(care)) < 0.5), time_limit=time_limit)
        positions.append(block * n_out + care[solution.mismatches])
        care_bits += len(care)
        least.append(solution.lower_bound)
        proved += solution.optimal
        seconds += solution.seconds
    first = [block * n_out + np.arange(count) for block, count in enumerate(least)]
    stored, fewest = (pack_patches([np.concatenate(one)], blocks, n_out).bits for one in (positions, first))
    return LargeBlocks(
        n_in=n_in,
        ratio=ratio,
        blocks=blocks,
        care_bits=care_bits,
        patches=sum(map(len, positions)),
        least=sum(least),
        proved=proved,
        efficiency=care_bits / (n_in * blocks + stored),
        efficiency_least=care_bits / (n_in * blocks + fewest),
        seconds=seconds / blocks,
    )


def patches_table(rows: list[Row], what: str) -> Table:
    """Make the table of patches and efficiencies; `what` was measured."""
    lines = [
        (
            *(row.network, f"{row.sparsity}", f"{row.dependent / row.care_bits:.3%}"),
            *(f"{row.greedy:,}", f"{row.burst:,}", f"{row.burst / max(1, row.greedy):.2f}"),
            f"{row.proved_bursts}/{row.bursts}",
            f"{row.patches_where_proved / max(1, row.minimum_where_proved):.3f}",
            *(f"{row.efficiency_greedy:.2%}", f"{row.efficiency_burst:.2%}"),
        )
        for row in rows
    ]
    return Table(
        f"Patches of {what}",
        ("network", "S", "dependent", "greedy", "burst", "ratio", "proved", "of minimum", "E greedy", "E burst"),
        lines,
        names=2,
        legend="dependent: share of the care bits; greedy, burst: patches; ratio: burst to greedy; of minimum: burst "
        "to the fewest patches, where these are proved",
    )


def large_table(large: list[LargeBlocks], limit: float) -> Table:
    """Make the table of blocks with many seed bits; `limit`: seconds for each."""
    lines = [
        (
            *(f"{one.n_in}", f"{one.n_in * one.ratio:,}"),
            *(f"{one.patches / one.blocks:.3f}", f"{one.least / one.blocks:.3f}", f"{one.proved}/{one.blocks}"),
            *(f"{one.efficiency:.2%}", f"{one.efficiency_least:.2%}", f"{one.seconds:.3g}"),
        )
        for one in large
    ]
    return Table(
        f"Blocks at S = 0.9, {large[0].blocks} a size, at most {limit:g} s each",
        ("n_in", "n_out", "patches a block", "at least", "proved", "E", "E at most", "s a block"),
        lines,
        names=2,
    )


def main() -> None:
    """Measure, print the tables, write the JSON."""
    options = arguments(__doc__).parse_args()
    weights = 500_000 if options.quick else 4_000_000
    rows = [measure(network, sparsity, weights) for network, sparsity in CASES]
    show(patches_table(rows, f"{weights:,} outputs at a fixed rate; {machine()['processor']}"))
    sizes = {0: (400_000, 4), 1: (200_000, 4), 2: (16_000 if options.quick else 100_000, 2)}
    viterbi = [matched(n_s, *size) for n_s, size in sizes.items()]
    for found, published in zip(viterbi, (0.933, 0.9865, 0.995), strict=True):
        say(f"N_s = {found['n_s']}: {found['matched']:.2%} of care bits matched ({published:.2%} expected)")
    sizes_in = (20, 60, 100, 200) if options.quick else (20, 40, 60, 80, 100, 120, 140, 160, 180, 200)
    count, limit = (16, 2.0) if options.quick else (100, 10.0)
    large = [large_blocks(n_in, ratio, count, limit) for ratio in (10, 11) for n_in in sizes_in]
    show(large_table(large, limit))
    figures = {"rows": [asdict(row) for row in rows], "viterbi": viterbi, "large": [asdict(one) for one in large]}
    write(options.out, "patches", figures)


if __name__ == "__main__":
    main()
