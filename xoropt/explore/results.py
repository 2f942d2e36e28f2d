"""The results of an exploration: points, fronts and recommendations."""

from dataclasses import asdict, dataclass, field
from typing import Any

from xoropt.explore.advice import Advice
from xoropt.explore.front import GRAIN, SPEEDS, VIEWS, area, front_of, views_of
from xoropt.explore.measuring import Result

__all__ = ["Exploration", "WorkloadResults"]


@dataclass(frozen=True)
class WorkloadResults:
    """The results for one workload.

    Attributes:
        workload: "data", or "S=0.9" for random data.
        points: the result of every point on its largest sample, the largest E first.
        front: the results that no other beats both in E and in gates, registers, depth or operations, and the best
            blocks.
        advice: the recommendations for the three kinds of users.
        complete: whether the search finished; False: time was over or the search was interrupted.
        impossible: the keys of the points that cannot be built, and why.
        untried: how many points of the space were not measured, since time was over.
    """

    workload: str
    points: list[Result] = field(repr=False)
    front: list[Result] = field(repr=False)
    advice: list[Advice] = field(repr=False)
    complete: bool
    impossible: dict[str, str] = field(repr=False)
    untried: int = 0

    @property
    def baseline(self) -> Result | None:
        """The result of the network "auto"; None where there was no time for it, or the data do not allow it."""
        return next((result for result in self.points if result.baseline), None)

    @property
    def table(self) -> list[Result]:
        """The front, and the baseline where it is not on the front, the largest E first."""
        off = [] if self.baseline is None or self.baseline in self.front else [self.baseline]
        return sorted([*self.front, *off], key=lambda result: -result.efficiency)

    def lines(self) -> dict[str, list[Result]]:
        """Return the front of each view and of each measured speed, by name, the cheapest or fastest result first.

        Speeds are those of the points that were measured on the largest sample.
        """
        most = max((result.sample for result in self.points), default=0)
        whole = [result for result in self.points if result.sample == most]
        views = {view.name: front_of(view, self.front) for view in VIEWS}
        return views | {view.name: front_of(view, whole) for view in SPEEDS}

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
        preparation: the options with which `xoropt compress` prunes and quantizes weights as it was done here; empty
            where nothing was.
        source: the path of the file of the data, where `xoropt compress` can take it; empty otherwise.
    """

    workloads: list[WorkloadResults]
    interrupted: bool
    seconds: float
    preparation: str = ""
    source: str = ""

    def command(self, result: Result) -> str:
        """Return the options with which `xoropt compress` stores a model as a result says, quoted for a shell."""
        return f"{self.preparation} {result.command}".lstrip()

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
            `points`, `front`, `lines`, `grain`, `advice`, `impossible`, `untried`, `source`, `complete`, `interrupted`
            and `seconds`. A point has the attributes of `Result`, its `topology`, its `area`, whether it is the
            `baseline`, and `command`, the options for `xoropt compress`; a point of the front also has `views`, the
            fronts that it is on. `lines` has for each workload and view the points of its front; each gains at least
            `grain` of E.
        """
        return {
            "points": [self._figures(result) for result in self.points],
            "front": [
                self._figures(result) | {"views": results.views(result)}
                for results in self.workloads
                for result in results.front
            ],
            "lines": {
                results.workload: {name: [result.point for result in line] for name, line in results.lines().items()}
                for results in self.workloads
            },
            "grain": GRAIN,
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
            "untried": {results.workload: results.untried for results in self.workloads},
            "source": self.source,
            "complete": self.complete,
            "interrupted": self.interrupted,
            "seconds": self.seconds,
        }

    def _figures(self, result: Result) -> dict[str, Any]:
        own = {"topology": result.topology, "area": area(result), "baseline": result.baseline}
        return asdict(result) | own | {"command": self.command(result)}
