"""Decoders of quantum codes, each from a detector error model to the errors that it takes for a shot.

A rival that is not installed is left out. PyMatching takes the model with hyperedges decomposed, as it must; its edges
count as the lightest errors with the same detectors.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from xoropt_solvers import ParityProblem, solve
from xoropt_solvers.formats.error_model import ErrorModel, error_model
from xoropt_solvers.parity_checks import dense_checks, weights_of_priors

__all__ = ["Shot", "bicycle_model", "circuit_model", "decoders", "problems"]

Shot = Callable[[np.ndarray], np.ndarray | None]
"""From a syndrome, bool (detectors,), to errors, bool (errors,); None where it finds no errors of the model."""


def circuit_model(task: str, distance: int, noise: float, decomposed: bool = False) -> Any:
    """The detector error model of a memory experiment under uniform circuit noise, as Stim generates it."""
    import stim

    circuit = stim.Circuit.generated(
        task,
        distance=distance,
        rounds=distance,
        after_clifford_depolarization=noise,
        before_round_data_depolarization=noise,
        before_measure_flip_probability=noise,
        after_reset_flip_probability=noise,
    )
    return circuit.detector_error_model(decompose_errors=decomposed)


def bicycle_model(noise: float) -> Any:
    """The X checks of the [[144, 12, 12]] code (Bravyi et al. 2024, Table 3) under independent phase flips."""
    import stim

    x = np.kron(np.roll(np.eye(12, dtype=int), 1, axis=1), np.eye(6, dtype=int))
    y = np.kron(np.eye(12, dtype=int), np.roll(np.eye(6, dtype=int), 1, axis=1))
    A = np.linalg.matrix_power(x, 3) + y + y @ y
    B = np.linalg.matrix_power(y, 3) + x + x @ x
    columns = np.hstack([A, B]).T % 2
    lines = [f"error({noise}) {' '.join(f'D{d}' for d in np.flatnonzero(column))}" for column in columns]
    return stim.DetectorErrorModel("\n".join(lines))


def problems(model: ErrorModel, shots: np.ndarray) -> list[ParityProblem]:
    """The problem of each shot, bool (shots, detectors)."""
    weights, never = weights_of_priors(model.priors)
    return [ParityProblem.from_checks(model.H, shot, weights, never if never.any() else None) for shot in shots]


def decoders(dem: Any, decomposed: Any | None) -> dict[str, Shot]:
    """Make every decoder that is installed; `decomposed` is the model for matching, or None where it cannot be."""
    model = error_model(dem)
    made: dict[str, Shot] = {f"xoropt, {solver}": _ours(model, solver) for solver in ("portfolio", "odd-cuts")}
    makers = {"pymatching": _matching, "ldpc": _belief, "tesseract_decoder": _tesseract}
    for package, make in makers.items():
        if importlib.util.find_spec(package) is not None:
            made |= make(dem, model, decomposed)
    return made


def _ours(model: ErrorModel, solver: str) -> Shot:
    weights, _ = weights_of_priors(model.priors)

    def decode(shot: np.ndarray) -> np.ndarray:
        solution = solve(ParityProblem.from_checks(model.H, shot, weights), solver, time_limit=10.0)
        errors = np.zeros(model.H.length, dtype=bool)
        errors[solution.mismatches] = True
        return errors

    return decode


def _lightest(model: ErrorModel) -> dict[bytes, int]:
    """The likeliest error of each set of detectors."""
    found: dict[bytes, int] = {}
    H = dense_checks(model.H)
    for error in np.argsort(-model.priors, kind="stable").tolist():
        found.setdefault(np.packbits(H[:, error]).tobytes(), error)
    return found


def _of_detectors(model: ErrorModel, lightest: dict[bytes, int], sets: list[list[int]]) -> np.ndarray | None:
    errors = np.zeros(model.H.length, dtype=bool)
    for detectors in sets:
        column = np.zeros(len(model.H), dtype=bool)
        for detector in detectors:
            column[detector] ^= True
        error = lightest.get(np.packbits(column).tobytes())
        if error is None:
            return None
        errors[error] ^= True
    return errors


def _matching(dem: Any, model: ErrorModel, decomposed: Any | None) -> dict[str, Shot]:
    if decomposed is None:
        return {}
    import pymatching

    lightest = _lightest(model)
    correlated = pymatching.Matching.from_detector_error_model(decomposed, enable_correlations=True)
    plain = pymatching.Matching.from_detector_error_model(decomposed)

    def shots(matching: Any, **options: bool) -> Shot:
        def decode(shot: np.ndarray) -> np.ndarray | None:
            edges = matching.decode_to_edges_array(shot, **options)
            return _of_detectors(model, lightest, [[d for d in edge if d >= 0] for edge in edges.tolist()])

        return decode

    return {"PyMatching": shots(plain), "PyMatching, correlated": shots(correlated, enable_correlations=True)}


def _belief(dem: Any, model: ErrorModel, decomposed: Any | None) -> dict[str, Shot]:
    from ldpc.bposd_decoder import BpOsdDecoder
    from scipy.sparse import csr_matrix

    ones = np.ones(len(model.H.columns), dtype=np.uint8)
    H = csr_matrix((ones, model.H.columns, model.H.starts), shape=(len(model.H), model.H.length))
    engine = BpOsdDecoder(
        H, error_channel=model.priors.tolist(), max_iter=30, bp_method="product_sum", osd_method="OSD_CS", osd_order=10
    )
    return {"ldpc, BP-OSD": lambda shot: np.asarray(engine.decode(shot.astype(np.uint8)), dtype=bool)}


def _tesseract(dem: Any, model: ErrorModel, decomposed: Any | None) -> dict[str, Shot]:
    from tesseract_decoder import tesseract, utils

    lightest = _lightest(model)
    sets = [
        [target.val for target in one.targets_copy() if target.is_relative_detector_id()]
        for one in dem.flattened()
        if one.type == "error"
    ]

    def shots(beam: int, orders: int, most: int) -> Shot:
        config = tesseract.TesseractConfig(
            dem=dem,
            det_beam=beam,
            beam_climbing=True,
            no_revisit_dets=True,
            pqlimit=most,
            det_orders=utils.build_det_orders(dem, orders, utils.DetOrder.DetIndex),
        )
        engine = tesseract.TesseractDecoder(config)

        def decode(shot: np.ndarray) -> np.ndarray | None:
            return _of_detectors(model, lightest, [sets[error] for error in engine.decode_to_errors(shot)])

        return decode

    return {"tesseract, short beam": shots(15, 16, 200_000), "tesseract, long beam": shots(20, 21, 1_000_000)}
