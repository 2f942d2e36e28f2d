"""The runs of a comparison in one file, a line of JSON each, appended as they come."""

import os
from pathlib import Path
from typing import Any

from xoropt_solvers.appended_lines import AppendedLines
from xoropt_solvers.comparing.named_problems import NamedProblem, fingerprint
from xoropt_solvers.comparing.runs import Run, run_from_dict, run_to_dict
from xoropt_solvers.errors import FileFormatError, InvalidInputError

__all__ = ["NAME", "RunStore"]

NAME = "runs.jsonl"


class RunStore:
    """Runs in memory and, where there is a folder, in its file `runs.jsonl`.

    The first line is ``{"comparison": {"time_limit": S, "machine": text}}``; then come ``{"problem": {"name", ...}}``,
    ``{"start": {"variant", "seconds"}}`` and ``{"run": {...}}``, of which a later one replaces an earlier one.

    Attributes:
        runs: by problem and variant.
        starts: the seconds that a strategy took to start, by variant.
    """

    def __init__(self, folder: str | os.PathLike[str] | None, setting: dict[str, Any]) -> None:
        """Open the folder's file, or make it.

        Args:
            folder: made where it is missing; None keeps the runs in memory only.
            setting: what all runs have in common.

        Raises:
            FileFormatError: the file is no comparison's, or cannot be written.
            InvalidInputError: it is the file of a comparison with another setting.
        """
        self.runs: dict[tuple[str, str], Run] = {}
        self.starts: dict[str, float] = {}
        self._setting: dict[str, Any] | None = None
        self._problems: dict[str, str] = {}
        self._folder = None if folder is None else Path(folder)
        self._lines: AppendedLines | None = None
        if self._folder is None:
            self._setting = setting
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lines = AppendedLines(self._folder / NAME, self._take)
        except OSError as error:
            reason = error.strerror or str(error)
            raise FileFormatError(f"{folder}: {reason}; runs can't be written there; choose another --out.") from None
        except ValueError as error:
            raise FileFormatError(f"{error} is no line of a comparison; choose another --out.") from None
        if self._setting is None:
            self._append({"comparison": setting})
        for key, value in setting.items():
            held = self._setting.get(key) if self._setting else None
            if held != value:
                self.close()
                what = key.replace("_", " ")
                held, value = (f"{each:g}" if isinstance(each, float) else each for each in (held, value))
                raise InvalidInputError(
                    f"{folder}: holds another comparison, with {what} {held} instead of {value}; choose another --out."
                )

    def expect(self, problems: list[NamedProblem]) -> None:
        """Note which problems are compared; those of an earlier call must be among them.

        Raises:
            InvalidInputError: the folder holds runs of others.
        """
        prints = {named.name: fingerprint(named.problem) for named in problems}
        for name, held in self._problems.items():
            if prints.get(name) != held:
                how = "a different" if name in prints else "also a"
                self.close()
                raise InvalidInputError(
                    f"{self._folder}: holds another comparison, with {how} problem '{name}'; choose another --out."
                )
        for name in prints.keys() - self._problems.keys():
            self._append({"problem": {"name": name, "fingerprint": prints[name]}})

    def started(self, variant: str, seconds: float) -> None:
        """Note how long a strategy took to start."""
        if variant not in self.starts:
            self._append({"start": {"variant": variant, "seconds": seconds}})

    def add(self, run: Run) -> None:
        """Keep a run."""
        self._append({"run": run_to_dict(run)})

    def close(self) -> None:
        """Close the file."""
        if self._lines is not None:
            self._lines.close()

    def _take(self, line: dict[str, Any]) -> None:
        kind, content = next(iter(line.items()))
        if kind == "run":
            run = run_from_dict(content)
            self.runs[run.problem, run.variant] = run
        elif kind == "problem":
            self._problems[str(content["name"])] = str(content["fingerprint"])
        elif kind == "start":
            self.starts[str(content["variant"])] = float(content["seconds"])
        elif kind == "comparison":
            self._setting = dict(content)
        else:
            raise ValueError(kind)

    def _append(self, line: dict[str, Any]) -> None:
        self._take(line)
        if self._lines is not None:
            try:
                self._lines.append(line)
            except OSError as error:
                raise FileFormatError(f"{self._folder}: {error.strerror}; the runs so far are kept.") from None
