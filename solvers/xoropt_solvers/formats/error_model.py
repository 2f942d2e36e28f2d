"""Detector error models, as Stim writes them (.dem): an error of the problem for each one that the model lists.

The detectors are the checks; a shot's detection events are the syndrome, in a file beside the model (Stim's 01 format)
or given with it. An error with suggested decompositions (``^``) stays whole. Errors with the same detectors and
observables are one, which happens when an odd number of them does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers.errors import FileFormatError, InvalidInputError, MissingPackageError
from xoropt_solvers.formats.check_matrix import BESIDE, CheckMatrix, checks_of, syndrome_lines, too_wide
from xoropt_solvers.formats.model_sizes import too_large
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.parity_checks import ParityChecks, weights_of_priors
from xoropt_solvers.problem import ParityProblem

__all__ = ["ErrorModel", "error_model", "read_error_model", "write_error_model"]


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """A detector error model as matrices.

    Attributes:
        H: the detectors as checks on the errors, with a syndrome of zeros.
        observables: bool (observables, errors), which errors flip which observable.
        priors: float64 (errors,).
    """

    H: ParityChecks
    observables: np.ndarray
    priors: np.ndarray


def error_model(model: Any) -> ErrorModel:
    """Read a `stim.DetectorErrorModel`.

    Raises:
        InvalidInputError: an error flips observables but no detector, so that no syndrome tells it, or it has a
            probability above ½; or the model is too large when its repeats are unrolled.
    """
    excess = too_large(str(model).splitlines())
    if excess is not None:
        raise InvalidInputError(f"Argument 'model', line {excess.line}, {excess.what}.")
    return _unrolled(model)


def _unrolled(model: Any) -> ErrorModel:
    merged: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
    for instruction in model.flattened():
        if instruction.type != "error":
            continue
        detectors: set[int] = set()
        observables: set[int] = set()
        for target in instruction.targets_copy():
            if not target.is_separator():
                flips = detectors if target.is_relative_detector_id() else observables
                flips ^= {target.val}
        (p,) = instruction.args_copy()
        if not detectors:
            if observables:
                raise InvalidInputError(f"'{instruction}' flips no detector: no syndrome tells it; remove it.")
            continue
        key = tuple(sorted(detectors)), tuple(sorted(observables))
        before = merged.get(key, 0.0)
        merged[key] = before * (1 - p) + p * (1 - before)
    ones = sorted((detector, i) for i, (detectors, _) in enumerate(merged) for detector in detectors)
    starts = np.searchsorted([detector for detector, _ in ones], np.arange(model.num_detectors + 1))
    columns = np.array([i for _, i in ones], dtype=np.int64)
    flipped = np.zeros((model.num_observables, len(merged)), dtype=bool)
    for i, (_, observed) in enumerate(merged):
        flipped[list(observed), i] = True
    H = ParityChecks(starts.astype(np.int64), columns, np.zeros(model.num_detectors, dtype=bool), len(merged))
    return ErrorModel(H, flipped, np.array(list(merged.values()), dtype=np.float64))


def read_error_model(path: Path, lines: list[str]) -> CheckMatrix:
    """Read the detectors and the priors of a file.

    Raises:
        FileFormatError: it holds no model, or one with errors that no syndrome tells.
        MissingPackageError: Stim is not installed.
    """
    try:
        import stim
    except ImportError:
        raise MissingPackageError(
            "Detector error models need stim, which is not installed: pip install 'xoropt[decoding]'"
        ) from None
    try:
        given = stim.DetectorErrorModel("\n".join(lines))
        excess = too_large(lines)
        if excess is not None:
            raise FileFormatError(f"{path}, line {excess.line}: {excess.what}.")
        model = _unrolled(given)
        wrong = too_wide(len(model.H), model.H.length)
        if wrong:
            raise FileFormatError(f"{path}: {wrong}")
        weights, never = weights_of_priors(model.priors)
    except FileFormatError:
        raise
    except (ValueError, IndexError) as error:  # InvalidInputError, too
        said = " ".join(str(error).split())
        raise FileFormatError(f"{path}{_where(stim, lines)}: {said}") from error
    return CheckMatrix(model.H, weights, never if never.any() else None, logicals=model.observables)


def _where(stim: Any, lines: list[str]) -> str:
    """Find the first line that is wrong by itself, ", line 3"; nothing where each is well."""
    for at, line in enumerate(lines, 1):
        if "{" not in line and "}" not in line:
            try:
                weights_of_priors(_unrolled(stim.DetectorErrorModel(line)).priors)
            except (ValueError, IndexError):
                return f", line {at}"
    return ""


def write_error_model(problem: ParityProblem, path: Place) -> None:
    """Write an error of probability 1/(1 + e^weight) for each row, and the syndrome beside the model.

    Of rows with the same detectors the lightest is written, as readers would make one likelier error of them all.

    Raises:
        InvalidInputError: the problem has rows that must hold.
    """
    given = checks_of(problem)
    detectors: list[list[int]] = [[] for _ in range(given.length)]
    for check, error in zip(given.rows.tolist(), given.columns.tolist(), strict=True):
        detectors[error].append(check)
    lightest: dict[tuple[int, ...], int] = {}
    for error in np.argsort(problem.row_weights, kind="stable").tolist():
        lightest.setdefault(tuple(detectors[error]), error)
    priors = 1 / (1 + np.exp(problem.row_weights / problem.scale))
    lines = [
        f"error({priors[error]:.17g}) {' '.join(f'D{d}' for d in detectors[error])}"
        for error in sorted(lightest.values())
        if detectors[error]
    ]
    lines += [f"detector D{d}" for d in range(len(given))]
    write_lines(path, lines)
    write_lines(Path(path).with_suffix(BESIDE), syndrome_lines(given))
