"""What an exploration found: points, fronts and recommendations."""

from dataclasses import asdict, dataclass, field
from typing import Any

from xoropt.explore.advice import Advice
from xoropt.explore.front import views_of
from xoropt.explore.measuring import Result

__all__ = ["Exploration", "Front"]


@dataclass(frozen=True)
class Front:
    """What was found for one workload.

    Attributes:
        workload: "data", or "S=0.9" for random data.
        points: every point's result on its largest sample, the largest E first.
        front: those that no other beats in E and gates, registers, depth or decoding work, and the best blocks.
        advice: for the three users.
        complete: whether the search came to its end; False: time was over or it was interrupted.
        impossible: keys of points that can't be built, and why.
    """

    workload: str
    points: list[Result] = field(repr=False)
    front: list[Result] = field(repr=False)
    advice: list[Advice] = field(repr=False)
    complete: bool
    impossible: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Exploration:
    """What `explore` returns.

    Attributes:
        fronts: one for each workload.
        interrupted: whether Ctrl-C ended it.
        seconds: that this call took.
    """

    fronts: list[Front]
    interrupted: bool
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every search came to its end."""
        return all(found.complete for found in self.fronts)

    @property
    def points(self) -> list[Result]:
        """All points of all workloads."""
        return [result for found in self.fronts for result in found.points]

    @property
    def front(self) -> list[Result]:
        """The fronts of all workloads, one after the other."""
        return [result for found in self.fronts for result in found.front]

    def to_dict(self) -> dict[str, Any]:
        """All figures, ready for JSON: `points`, `front`, `advice`, `impossible`, `complete`, `interrupted`, `seconds`.

        A point has the attributes of `Result`, `topology` and `command`, what to give to `xoropt compress`; one of the
        front also `views`, the fronts it is on.
        """
        return {
            "points": [_figures(result) for result in self.points],
            "front": [
                _figures(result) | {"views": views_of(result, found.front)}
                for found in self.fronts
                for result in found.front
            ],
            "advice": [
                {
                    "workload": found.workload,
                    "user": one.user,
                    "sentence": one.sentence,
                    "point": one.result and one.result.point,
                }
                for found in self.fronts
                for one in found.advice
            ],
            "impossible": {found.workload: found.impossible for found in self.fronts},
            "complete": self.complete,
            "interrupted": self.interrupted,
            "seconds": self.seconds,
        }


def _figures(result: Result) -> dict[str, Any]:
    return asdict(result) | {"topology": result.topology, "command": result.command}
