"""Recommendations for three kinds of users: which point to take, and why, in one sentence each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xoropt.explore.front import FLIP_FLOP, area, front
from xoropt.explore.measuring import Result

__all__ = ["Advice", "advise"]


@dataclass(frozen=True)
class Advice:
    """A recommendation.

    Attributes:
        user: "software decoder", "small silicon" or "paper-compatible block".
        sentence: which network to take, and what it reaches.
        result: the result of the recommended point; None where the space has none for this user.
    """

    user: str
    sentence: str
    result: Result | None


def advise(results: Iterable[Result]) -> list[Advice]:
    """Return the recommendations for the three users: results of the front of those that were not dropped, or auto."""
    results = list(results)
    kept = front(results)
    results = [*kept, *(result for result in results if result.baseline and result not in kept)]
    blocks = [result for result in results if result.window == result.n_in]
    return [
        _best(
            "a software decoder",
            _near(results, 0.005),
            lambda r: -r.decode_speed,
            lambda r: f"decodes {r.decode_speed / 1e9:.3g} G weights/s to bit planes on one core at {_shown(r)}",
            "the fastest decoder on the front whose E is within 0.5 % of the best",
        ),
        _best(
            "small silicon",
            _near(results, 0.02),
            area,
            lambda r: (
                f"takes {r.gates:.2f} gates and {r.registers / r.n_out:.2f} register bits per output, depth {r.depth}, "
                f"at {_shown(r)}"
            ),
            f"the least area on the front whose E is within 2 % of the best; a flip-flop counts as {FLIP_FLOP:g} gates",
        ),
        _best(
            "a paper-compatible block",
            blocks,
            lambda r: -r.efficiency,
            lambda r: f"reaches {_shown(r)} with {r.gates:.1f} gates per output",
            "the best E without memory; its seeds take long to search",
        ),
    ]


def _shown(r: Result) -> str:
    """Return E with what a larger sample may show, where that differs."""
    low, high = 100 * r.low, min(100.0, 100 * r.high)
    said = f"E = {100 * r.efficiency:.2f} %"
    if high - low < 0.1:
        return said
    return f"{said} (of {r.sample:,} care bits; {low:.1f} to {high:.1f} % expected of more data)"


def _near(results: list[Result], share: float) -> list[Result]:
    """Return the results whose E is at most a share below the best."""
    best = max((result.efficiency for result in results), default=0.0)
    return [result for result in results if result.efficiency >= (1 - share) * best]


def _best(
    whom: str,
    results: list[Result],
    key: Callable[[Result], float],
    figures: Callable[[Result], str],
    why: str,
) -> Advice:
    """Return the advice to take the result with the least key; `whom` is the user with an article."""
    user = whom.removeprefix("a ")
    if not results:
        return Advice(user, f"The space holds no network for {whom}.", None)
    result = min(results, key=lambda r: (key(r), -r.efficiency, r.point))
    order = "" if result.order == "rows" else f" in order {result.order}"
    name = "auto, here " if result.baseline else ""
    return Advice(user, f"For {whom} take {name}{result.network}{order}: it {figures(result)}, {why}.", result)
