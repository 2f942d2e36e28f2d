"""The results of an exploration in one file, a line of JSON each, appended as they come."""

import json
import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_type_hints

from xoropt.common.errors import FormatError, XoroptError
from xoropt.explore.measuring import Result

__all__ = ["Store"]

NAME = "points.jsonl"
KINDS = get_type_hints(Result)


class Store:
    """Results by workload, point and sample, in memory and, where there is a folder, in its file `points.jsonl`.

    A line is one of `{"workload": name, "fingerprint": text}`, `{"result": {...}}`, and
    `{"impossible": {"workload": ..., "point": ..., "why": text}}`; a later line replaces an earlier one of the same
    point. A killed process leaves at most one line unfinished, the last; it is cut off when the file is opened again.
    """

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        """Open the folder's file, or begin it.

        Raises:
            FormatError: the file is not one that an exploration wrote.
            XoroptError: the folder can't be made or written to.
        """
        self.folder = None if folder is None else Path(folder)
        self.results: dict[tuple[str, str, int], Result] = {}
        self.impossible: dict[tuple[str, str], str] = {}
        self._fingerprints: dict[str, str] = {}
        self._file: int | None = None
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / NAME
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            whole = self._read(path, path.read_bytes())
            os.ftruncate(self._file, whole)
        except OSError as error:
            self.close()
            reason = error.strerror or str(error)
            raise XoroptError(f"{self.folder}: {reason}; results can't be written there, name another --out.") from None
        except FormatError:
            self.close()
            raise

    def _read(self, path: Path, data: bytes) -> int:
        """Take in whole lines; returns their bytes."""
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), 1):
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError):
                raise FormatError(
                    f"{path}: line {number} is no result of an exploration; name another --out."
                ) from None
        return whole

    def _take(self, line: dict[str, Any]) -> None:
        if "result" in line:
            found = {key: value for key, value in line["result"].items() if key in KINDS}
            for key, value in found.items():
                _check(value, KINDS[key])
            result = Result(**found)
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
        """Say which data, and which version, the results of a workload are of.

        Raises:
            XoroptError: the folder holds results of other data, or of another version, under that name.
        """
        held = self._fingerprints.get(workload)
        if held is None:
            self._append({"workload": workload, "fingerprint": fingerprint})
        elif held != fingerprint:
            raise XoroptError(
                f"{self.folder}: holds results of other data, or of another version of xoropt; name another --out or "
                "remove the folder."
            )

    def add(self, result: Result) -> None:
        """Keep a result."""
        self._append({"result": asdict(result)})

    def add_impossible(self, workload: str, point: str, why: str) -> None:
        """Keep why a point can't be measured."""
        self._append({"impossible": {"workload": workload, "point": point, "why": why}})

    def _append(self, line: dict[str, Any]) -> None:
        self._take(line)
        if self._file is None:
            return
        data = (json.dumps(line) + "\n").encode()
        try:
            whole = os.write(self._file, data) == len(data)
            os.fsync(self._file)
        except OSError as error:
            raise XoroptError(f"{self.folder}: {error.strerror}; results up to here are kept.") from None
        if not whole:
            raise XoroptError(f"{self.folder}: no space left; results up to here are kept.")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _check(value: object, kind: Any) -> None:
    """ValueError unless a value out of a file is of a kind; whole numbers are numbers, truth values are not."""
    if isinstance(value, bool) or not isinstance(value, kind | int if kind is float else kind):
        raise ValueError(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
