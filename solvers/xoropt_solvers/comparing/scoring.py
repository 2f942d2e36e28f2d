"""Figures of a comparison: what each strategy solved and proved, how fast, and which differences may be chance.

A run beats another one on the same problem when its answer costs less; at equal cost when it alone is proved; then when
it took less time: until the proof, or where neither proved until it had the answer. Times within 5 % or a hundredth of
a second are equal.
"""

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from xoropt_solvers.comparing.runs import Run

__all__ = [
    "VIRTUAL_BEST",
    "Duel",
    "Score",
    "beats",
    "conflicts",
    "duels",
    "score_to_dict",
    "scores",
    "time_in_words",
    "verdict",
    "verdicts",
]

VIRTUAL_BEST = "virtual best"
SAME_SHARE, SAME_SECONDS = 0.05, 0.01

Runs = Mapping[tuple[str, str], Run]


@dataclass(frozen=True)
class Score:
    """A strategy's figures over the problems that it was run on.

    Attributes:
        variant: the strategy with its options, or "virtual best": the best run of each problem.
        problems: how many problems it was run on.
        answered: how many of them it gave an answer to.
        solved: how many it found the least cost for that any strategy found.
        proved: how many it proved.
        par2: the mean of the seconds until the proof, twice the time limit where there is none.
        mean_gap: the mean of (cost − least cost)/least cost over the answers, 0 where both are 0; None without answers.
        wins: on how many problems no run beats its own.
        overruns: how many runs took more than a second longer than the limit, or had to be killed.
        failed: how many crashed, failed or were wrong.
    """

    variant: str
    problems: int
    answered: int
    solved: int
    proved: int
    par2: float
    mean_gap: float | None
    wins: int
    overruns: int
    failed: int


@dataclass(frozen=True)
class Duel:
    """Two strategies on the problems that both were run on.

    Attributes:
        first, second: the strategies.
        first_wins, second_wins: on how many problems the one beats the other.
        p: how likely a difference as large is by chance, by the sign test, where the two are equally good; multiplied
            for the number of duels (Holm), at most 1.
    """

    first: str
    second: str
    first_wins: int
    second_wins: int
    p: float


def beats(one: Run, other: Run) -> bool:
    """Tell whether a run beats another one on the same problem."""
    if one.cost is None or other.cost is None:
        return one.cost is not None
    if one.cost != other.cost:
        return one.cost < other.cost
    if one.optimal != other.optimal:
        return one.optimal
    mine, others = _time(one), _time(other)
    return mine < others - max(SAME_SHARE * others, SAME_SECONDS)


def _time(run: Run) -> float:
    return run.seconds if run.optimal or run.best_seconds is None else run.best_seconds


def scores(runs: Runs, variants: Sequence[str], time_limit: float) -> list[Score]:
    """Return the figures of each strategy, in the order given, and of the virtual best."""
    by_problem: dict[str, list[Run]] = {}
    for (problem, variant), run in runs.items():
        if variant in variants:
            by_problem.setdefault(problem, []).append(run)
    least = {
        problem: min((run.cost for run in group if run.cost is not None), default=None)
        for problem, group in by_problem.items()
    }
    best = {problem: _best(group) for problem, group in by_problem.items()}
    unbeaten = {
        (problem, run.variant)
        for problem, group in by_problem.items()
        for run in group
        if run.cost is not None and not any(beats(other, run) for other in group)
    }
    rows = []
    for variant in variants:
        own = [run for group in by_problem.values() for run in group if run.variant == variant]
        wins = sum((run.problem, variant) in unbeaten for run in own)
        rows.append(_score(variant, own, least, time_limit, wins))
    rows.append(_score(VIRTUAL_BEST, list(best.values()), least, time_limit, len(best)))
    return rows


def _best(group: list[Run]) -> Run:
    best = group[0]
    for run in group[1:]:
        same = run.cost == best.cost and run.optimal == best.optimal
        if beats(run, best) or (same and _time(run) < _time(best)):
            best = run
    return best


def _score(variant: str, runs: list[Run], least: Mapping[str, int | None], limit: float, wins: int) -> Score:
    answered = [run for run in runs if run.cost is not None]
    gaps = [gap(run.cost or 0, least[run.problem] or 0) for run in answered]
    return Score(
        variant=variant,
        problems=len(runs),
        answered=len(answered),
        solved=sum(run.cost == least[run.problem] for run in answered),
        proved=sum(run.optimal for run in runs),
        par2=statistics.fmean(run.seconds if run.optimal else 2 * limit for run in runs) if runs else 2 * limit,
        mean_gap=statistics.fmean(gaps) if gaps else None,
        wins=wins,
        overruns=sum(run.status == "killed" or run.seconds > limit + 1 for run in runs),
        failed=sum(run.status in ("crashed", "failed", "wrong") for run in runs),
    )


def gap(cost: int, least: int) -> float:
    """Return by which share a cost is above the least one; above a least cost of 0, the cost itself."""
    return (cost - least) / max(least, 1)


def duels(runs: Runs, variants: Sequence[str]) -> list[Duel]:
    """Compare all pairs of strategies by the sign test, corrected for their number (Holm 1979)."""
    found = []
    problems = {problem for problem, _ in runs}
    for first, second in combinations(variants, 2):
        both = [(runs[p, first], runs[p, second]) for p in problems if (p, first) in runs and (p, second) in runs]
        wins = sum(beats(a, b) for a, b in both), sum(beats(b, a) for a, b in both)
        found.append(Duel(first, second, *wins, sign_test(*wins)))
    largest, corrected = 0.0, {}
    for rank, duel in enumerate(sorted(found, key=lambda duel: duel.p)):
        largest = max(largest, min(1.0, duel.p * (len(found) - rank)))
        corrected[duel.first, duel.second] = largest
    return [Duel(d.first, d.second, d.first_wins, d.second_wins, corrected[d.first, d.second]) for d in found]


def sign_test(wins: int, losses: int) -> float:
    """Return the probability, two-sided, of a result at least as uneven when both outcomes are equally likely.

    >>> sign_test(5, 0)
    0.0625
    """
    n, few = wins + losses, min(wins, losses)
    tail = sum(math.comb(n, i) for i in range(few + 1))
    return min(1.0, 2 * tail / 2**n)


def verdict(runs: Runs, variants: Sequence[str], time_limit: float) -> str:
    """Say in a sentence or two which strategy to take, and which of the others it is shown to beat.

    The strategy is the one that proves most, then finds the least cost most often, then has the least PAR-2. It is
    shown to beat another one where the sign test, corrected for the number of pairs, gives a p below 0.05.

    Returns:
        The sentences; "" where fewer than two strategies were run.
    """
    if len(variants) < 2 or not runs:
        return ""
    best = max(scores(runs, variants, time_limit)[:-1], key=lambda score: (score.proved, score.solved, -score.par2))
    shown: list[str] = []
    not_shown: list[str] = []
    for duel in duels(runs, variants):
        if best.variant in (duel.first, duel.second):
            other, ahead = (
                (duel.second, duel.first_wins > duel.second_wins)
                if duel.first == best.variant
                else (duel.first, duel.second_wins > duel.first_wins)
            )
            (shown if ahead and duel.p < 0.05 else not_shown).append(other)
    said = f"Take {best.variant}: {best.proved} of {best.problems} proved, PAR-2 {time_in_words(best.par2)}."
    if shown:
        said += f" It beats {'every other' if not not_shown else _listed(shown)} (sign test, p < 0.05)."
    if not_shown:
        said += f" {_not_enough(best.problems)} to show that it beats {_listed(not_shown, 'or')}."
    return said


def verdicts(
    runs: Runs, variants: Sequence[str], time_limit: float, families: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """Say for each family of problems which strategy to take; "" where `verdict` says nothing.

    Args:
        runs, variants, time_limit: as for `verdict`.
        families: the names of each family's problems.
    """
    return {
        family: verdict({key: run for key, run in runs.items() if key[0] in names}, variants, time_limit)
        for family, names in families.items()
    }


def time_in_words(seconds: float) -> str:
    """Write a time in seconds, or in milliseconds where it is short.

    >>> time_in_words(0.00085)
    '0.85 ms'
    """
    return f"{seconds:.3g} s" if seconds >= 0.1 else f"{1000 * seconds:.2g} ms"


def _not_enough(problems: int) -> str:
    return "One problem is not enough" if problems == 1 else f"{problems} problems are not enough"


def _listed(names: Sequence[str], last: str = "and", most: int = 5) -> str:
    """Join names by commas, and the last by a word; many are cut short."""
    if (more := len(names) - most) > 0:
        return f"{', '.join(names[:most])} {last} {more} more"
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def conflicts(runs: Runs) -> list[str]:
    """Say which claims cannot both be true: a bound above another strategy's cost, and answers that were wrong."""
    said = [f"{run.variant} on {run.problem}: {run.why}" for run in runs.values() if run.status == "wrong"]
    groups: dict[str, list[Run]] = {}
    for run in runs.values():
        groups.setdefault(run.problem, []).append(run)
    for problem, group in groups.items():
        answered = [run for run in group if run.cost is not None]
        if answered:
            bold, low = max(group, key=lambda run: run.lower_bound), min(answered, key=lambda run: run.cost or 0)
            if bold.lower_bound > (low.cost or 0):
                said.append(
                    f"{bold.variant} claims that {problem} costs at least {bold.lower_bound}, {low.variant} has"
                    f" an answer of cost {low.cost}"
                )
    return said


def cactus(runs: Iterable[Run]) -> list[float]:
    """Return the times of the proofs in rising order: entry i is when i + 1 problems were proved."""
    return sorted(run.seconds for run in runs if run.optimal)


def score_to_dict(score: Score) -> dict[str, Any]:
    """Return figures ready for JSON."""
    return asdict(score)
