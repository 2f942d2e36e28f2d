"""The results of an exploration in one file, one line of JSON each, appended as they come."""

import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_type_hints

from xoropt_solvers.appended_lines import AppendedLines

from xoropt.common.errors import FormatError, XoroptError
from xoropt.explore.measuring import Impossible, Result

__all__ = ["Store"]

NAME = "points.jsonl"
KINDS = get_type_hints(Result)
"""The type of each field of a stored result."""


class Store:
    """Results in memory and, where there is a folder, in its file `points.jsonl`.

    A line is one of `{"workload": name, "fingerprint": text}`, `{"result": {...}}`, and
    `{"impossible": {"workload": ..., "point": ..., "why": text}}`; a later line replaces an earlier one of the same
    point and sample. A killed process leaves at most one unfinished line, the last; it is cut off when the file is
    opened again.

    Attributes:
        folder: the folder; None: nothing is written.
        results: the results by workload, point and sample.
        impossible: why a point cannot be measured, by workload and point.
    """

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        """Open the folder's file, or create it.

        Args:
            folder: the folder, created where it is missing; None: keep the results in memory only.

        Raises:
            FormatError: the file was not written by an exploration.
            XoroptError: the folder cannot be created or written to.
        """
        self.folder = None if folder is None else Path(folder)
        self.results: dict[tuple[str, str, int], Result] = {}
        self.impossible: dict[tuple[str, str], str] = {}
        self._fingerprints: dict[str, str] = {}
        self._lines: AppendedLines | None = None
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lines = AppendedLines(self.folder / NAME, self._take)
        except OSError as error:
            reason = error.strerror or str(error)
            raise XoroptError(
                f"{self.folder}: {reason}; results can't be written there; choose another --out."
            ) from None
        except ValueError as error:
            raise FormatError(f"{error} is no result of an exploration; choose another --out.") from None

    def _take(self, line: dict[str, Any]) -> None:
        if "result" in line:
            fields = {key: value for key, value in line["result"].items() if key in KINDS}
            for key, value in fields.items():
                _check(value, KINDS[key])
            result = Result(**fields)
            self.results[result.workload, result.point, result.sample] = result
        elif "impossible" in line:
            entry = line["impossible"]
            for key in ("workload", "point", "why"):
                _check(entry[key], str)
            self.impossible[entry["workload"], entry["point"]] = entry["why"]
        else:
            for key in ("workload", "fingerprint"):
                _check(line[key], str)
            self._fingerprints[line["workload"]] = line["fingerprint"]

    def begin(self, workload: str, fingerprint: str) -> None:
        """Note which data, and which version, the results of a workload belong to.

        Raises:
            XoroptError: the folder holds results of other data, or of another version, under that name.
        """
        held = self._fingerprints.get(workload)
        if held is None:
            self._append({"workload": workload, "fingerprint": fingerprint})
        elif held != fingerprint:
            raise XoroptError(
                f"{self.folder}: holds results of other data, or of another version of xoropt; choose another --out or "
                "remove the folder."
            )

    def add(self, result: Result | Impossible) -> None:
        """Keep a result, or why there is none."""
        kind = "result" if isinstance(result, Result) else "impossible"
        self._append({kind: asdict(result)})

    def _append(self, line: dict[str, Any]) -> None:
        self._take(line)
        if self._lines is None:
            return
        try:
            self._lines.append(line)
        except OSError as error:
            raise XoroptError(f"{self.folder}: {error.strerror}; the results so far are kept.") from None

    def close(self) -> None:
        """Close the file."""
        if self._lines is not None:
            self._lines.close()


def _check(value: object, kind: Any) -> None:
    """Raise ValueError unless a value from a file is of a kind; integers count as floats, booleans as neither."""
    if isinstance(value, bool) or not isinstance(value, kind | int if kind is float else kind):
        raise ValueError(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
