"""The results of an exploration: points, fronts and recommendations."""

from dataclasses import asdict, dataclass, field
from typing import Any

from xoropt.explore.advice import Advice
from xoropt.explore.front import views_of
from xoropt.explore.measuring import Result

__all__ = ["Exploration", "WorkloadResults"]


@dataclass(frozen=True)
class WorkloadResults:
    """The results for one workload.

    Attributes:
        workload: "data", or "S=0.9" for random data.
        points: the result of every point on its largest sample, the largest E first.
        front: the results that no other beats both in E and in gates, registers, depth or decoding work, and the best
            blocks.
        advice: the recommendations for the three kinds of users.
        complete: whether the search finished; False: time was over or the search was interrupted.
        impossible: the keys of the points that cannot be built, and why.
    """

    workload: str
    points: list[Result] = field(repr=False)
    front: list[Result] = field(repr=False)
    advice: list[Advice] = field(repr=False)
    complete: bool
    impossible: dict[str, str] = field(repr=False)

    def views(self, result: Result) -> list[str]:
        """Return the names of the views (E against one cost) on whose front a result is."""
        return views_of(result, self.front)


@dataclass(frozen=True)
class Exploration:
    """The results of `explore`.

    Attributes:
        workloads: the results for each workload.
        interrupted: whether Ctrl-C ended the exploration.
        seconds: the time that this call took.
    """

    workloads: list[WorkloadResults]
    interrupted: bool
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every search finished."""
        return all(results.complete for results in self.workloads)

    @property
    def points(self) -> list[Result]:
        """All points of all workloads."""
        return [result for results in self.workloads for result in results.points]

    @property
    def front(self) -> list[Result]:
        """The fronts of all workloads, one after the other."""
        return [result for results in self.workloads for result in results.front]

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, ready for JSON.

        Returns:
            `points`, `front`, `advice`, `impossible`, `complete`, `interrupted` and `seconds`. A point has the
            attributes of `Result`, its `topology`, and `command`, the options for `xoropt compress`; a point of the
            front also has `views`, the fronts that it is on.
        """
        return {
            "points": [_figures(result) for result in self.points],
            "front": [
                _figures(result) | {"views": results.views(result)}
                for results in self.workloads
                for result in results.front
            ],
            "advice": [
                {
                    "workload": results.workload,
                    "user": advice.user,
                    "sentence": advice.sentence,
                    "point": advice.result and advice.result.point,
                }
                for results in self.workloads
                for advice in results.advice
            ],
            "impossible": {results.workload: results.impossible for results in self.workloads},
            "complete": self.complete,
            "interrupted": self.interrupted,
            "seconds": self.seconds,
        }


def _figures(result: Result) -> dict[str, Any]:
    return asdict(result) | {"topology": result.topology, "command": result.command}
