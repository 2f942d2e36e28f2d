"""The linear program over odd cuts, which grows cut by cut, and bounds that its duals prove in integers."""

from dataclasses import dataclass, field

import numpy as np

__all__ = [
    "HEAVIEST",
    "UNSEEN",
    "Columns",
    "Program",
    "add_mask",
    "begin_program",
    "exact_duals",
    "pack_columns",
    "tight_cuts",
    "values_of",
]

HEAVIEST = 1 << 40
"""What an error may weigh at most, so that the sums of duals are exact."""
SHIFT = 20  # bits of a dual after the point, where weights leave room
UNSEEN = 1 << 62


@dataclass(frozen=True, eq=False)
class Columns:
    """The errors that checks see, the lightest of each kind.

    Attributes:
        packed: uint64 (errors, words), the checks of each error.
        weights: int64 (errors,).
        error_of: int64 (errors,), which error of the problem it is.
        checks: their number.
        shift: a dual of 1 is 2^shift.
        perturbed: float64 (errors,), the weights, each a little less, so that no two solutions cost the same.
    """

    packed: np.ndarray
    weights: np.ndarray
    error_of: np.ndarray
    checks: int
    shift: int
    perturbed: np.ndarray


@dataclass
class Program:
    """The linear program over some cuts, as `xoropt_solvers.kernels.cutting_planes` keeps it."""

    table: np.ndarray
    constants: np.ndarray
    prices: np.ndarray
    basic: np.ndarray
    other: np.ndarray
    where: np.ndarray
    columns: int = 0
    masks: list[np.ndarray] = field(default_factory=list)
    cuts: list[np.ndarray] = field(default_factory=list)


def pack_columns(rows: np.ndarray, columns: np.ndarray, checks: int, weights: np.ndarray) -> Columns:
    """Pack the errors of a sparse H; of errors with the same checks one of the lightest stays, of those with none none.

    Args:
        rows: int64 (ones,), the check of each one in H.
        columns: int64 (ones,), its error.
        checks: the number of checks.
        weights: int64 (errors,), each below HEAVIEST.
    """
    words = max(1, -(-checks // 64))
    packed = np.zeros((len(weights), words), dtype=np.uint64)
    np.bitwise_or.at(packed, (columns, rows >> 6), np.uint64(1) << (rows & 63).astype(np.uint64))
    order = np.argsort(weights, kind="stable")
    keys = packed[order].view(np.dtype((np.void, 8 * words))).ravel()
    first = np.unique(keys, return_index=True)[1]
    kept = np.sort(order[first])
    kept = kept[packed[kept].any(axis=1)]
    chosen = weights[kept].astype(np.int64)
    heaviest = int(chosen.max(initial=1))
    step = min(1e-7 * float(chosen.mean()) if len(chosen) else 0.0, 1e-3 / (checks + 1))
    noise = np.random.default_rng(0).random(len(kept)) * step
    return Columns(
        packed=np.ascontiguousarray(packed[kept]),
        weights=chosen,
        error_of=kept,
        checks=checks,
        shift=min(SHIFT, 52 - heaviest.bit_length()),
        perturbed=np.maximum(0.0, chosen - noise),
    )


def begin_program(columns: Columns, rows: int = 64, width: int = 1024) -> Program:
    return Program(
        table=np.zeros((rows, width)),
        constants=np.zeros(rows),
        prices=np.zeros(width),
        basic=np.zeros(rows, dtype=np.int64),
        other=np.zeros(width, dtype=np.int64),
        where=np.full(len(columns.weights) + rows, UNSEEN, dtype=np.int64),
    )


def add_mask(program: Program, columns: Columns, active: np.ndarray, mask: np.ndarray) -> bool:
    """Add a cut; tell whether it has an error at all."""
    from xoropt_solvers.kernels.cutting_planes import add_cut, cut_errors

    errors = np.empty(len(columns.weights), dtype=np.int64)
    errors = errors[: cut_errors(columns.packed, active, mask, errors)].copy()
    if not len(errors):
        return False
    rows = len(program.cuts)
    if rows == len(program.basic):
        program.table = np.concatenate([program.table, np.zeros_like(program.table)])
        program.constants = np.concatenate([program.constants, program.constants])
        program.basic = np.concatenate([program.basic, program.basic])
        program.where = np.concatenate([program.where, np.full(rows, UNSEEN, dtype=np.int64)])
    while program.columns + len(errors) > len(program.prices):
        program.table = np.concatenate([program.table, np.zeros_like(program.table)], axis=1)
        program.prices = np.concatenate([program.prices, program.prices])
        program.other = np.concatenate([program.other, program.other])
    p = program
    p.columns = add_cut(
        p.table, p.constants, p.prices, p.basic, p.other, p.where, columns.perturbed, errors, rows, p.columns
    )
    program.cuts.append(errors)
    program.masks.append(mask.copy())
    return True


def values_of(program: Program, errors: int) -> np.ndarray:
    """Read the value of each error, float64 (errors,)."""
    value = np.zeros(errors)
    rows = len(program.cuts)
    basic = program.basic[:rows]
    own = basic < errors
    value[basic[own]] = program.constants[:rows][own]
    return value


def exact_duals(columns: Columns, program: Program) -> tuple[np.ndarray, np.ndarray]:
    """Round the duals so that they hold exactly.

    Returns:
        The dual of each cut and the reduced cost of each error, int64, in units of 2^−shift and at least 0: a solution
        costs at least the sum of the duals and the reduced costs of its errors.
    """
    errors = len(columns.weights)
    slack = program.where[errors : errors + len(program.cuts)]
    duals = np.where(slack >= 0, program.prices[np.maximum(slack, 0)], 0.0)
    units = np.maximum(0, np.floor(duals * 2.0**columns.shift)).astype(np.int64)
    sizes = [len(cut) for cut in program.cuts]
    flat = np.concatenate(program.cuts)
    left = (columns.weights << columns.shift) - _add_up(flat, units, sizes, errors)
    if (left < 0).any():
        excess = np.maximum.reduceat(np.maximum(0, -left)[flat], np.cumsum([0, *sizes[:-1]]))
        units = np.maximum(0, units - excess)
        left = (columns.weights << columns.shift) - _add_up(flat, units, sizes, errors)
        assert (left >= 0).all()
    return units, left


def _add_up(flat: np.ndarray, units: np.ndarray, sizes: list[int], errors: int) -> np.ndarray:
    sums = np.zeros(errors, dtype=np.int64)
    np.add.at(sums, flat, np.repeat(units, sizes))
    return sums


def tight_cuts(program: Program) -> list[np.ndarray]:
    """Return the cuts that hold with equality."""
    slack = program.where[len(program.where) - len(program.basic) :]
    return [mask for mask, place in zip(program.masks, slack, strict=False) if place >= 0]
