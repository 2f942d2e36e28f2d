"""What one strategy did about one problem."""

from dataclasses import asdict, dataclass
from typing import Any, get_type_hints

__all__ = ["DONE", "STATUS", "Run", "run_from_dict", "run_to_dict"]

DONE = "done"
STATUS = {
    DONE: "it ended by itself, or at the time limit",
    "too large": "the problem is too large for the strategy",
    "killed": "it was killed, more than a second after its time limit; the cost is the best it told of",
    "crashed": "its process ended",
    "failed": "it raised an error",
    "wrong": "its answer, or its claim of a bound, is wrong",
}


@dataclass(frozen=True)
class Run:
    """What a strategy did about a problem.

    Attributes:
        problem: the problem's name.
        variant: the strategy's name, with its options.
        status: a key of `STATUS`.
        cost: of its answer, checked; None where there is none.
        lower_bound: no x costs less, as it proved.
        optimal: whether the lower bound equals the cost.
        seconds: wall time of the solve, in a process that has solved with the strategy before.
        best_seconds: when it first had an answer of that cost; None where there is none.
        why: what a run that is not "done" said.
    """

    problem: str
    variant: str
    status: str
    cost: int | None
    lower_bound: int
    optimal: bool
    seconds: float
    best_seconds: float | None
    why: str = ""


KINDS = get_type_hints(Run)


def run_to_dict(run: Run) -> dict[str, Any]:
    """Return a run ready for JSON."""
    return asdict(run)


def run_from_dict(fields: dict[str, Any]) -> Run:
    """Undo `run_to_dict`.

    Raises:
        ValueError, TypeError: it is no run.
    """
    run = Run(**fields)
    for name, kind in KINDS.items():
        value = getattr(run, name)
        if not isinstance(value, kind | int if name.endswith("seconds") else kind):
            raise ValueError(name)
    if run.status not in STATUS:
        raise ValueError(run.status)
    return run
