"""Problems of quantum codes: bivariate bicycle codes, and surface codes whose errors Stim samples."""

from collections.abc import Iterator

import numpy as np
from xoropt_solvers import ParityProblem
from xoropt_solvers.formats.error_model import error_model
from xoropt_solvers.parity_checks import weights_of_priors

from solving.collection import BICYCLES, Instance, bicycle_code

__all__ = ["bicycle_problems", "surface_problems"]


def bicycle_problems(stim: bool) -> Iterator[Instance]:
    """Lightest operators that flip a logical, errors of the qubits, and of qubits and measurements over rounds."""
    for name in BICYCLES:
        H, logical = bicycle_code(name)
        zeros = np.zeros(len(H), dtype=bool)
        flips = ParityProblem.from_checks(np.vstack([H, logical]), np.append(zeros, True))
        yield Instance("bicycles", f"logical-{name}", flips, f"an operator that flips a logical of [[{name}]]")
        for share in (0.03, 0.06, 0.09):
            rng = np.random.default_rng(round(1000 * share))
            errors = rng.random(H.shape[1]) < share
            syndrome = (H.astype(np.int64) @ errors % 2).astype(bool)
            source = f"errors of [[{name}]] with probability {share:g}"
            yield Instance("bicycles", f"errors-{name}-{share:g}", ParityProblem.from_checks(H, syndrome), source)
        if stim:
            yield from _rounds(name, H)


def _rounds(name: str, H: np.ndarray) -> Iterator[Instance]:
    """Three rounds of measured checks, with errors of qubits and of measurements, as Stim samples them."""
    import stim

    for noise in (0.01, 0.02, 0.04):
        circuit, qubits = stim.Circuit(), range(H.shape[1])
        circuit.append("RX", qubits)
        for turn in range(4):
            if turn > 0:
                circuit.append("Z_ERROR", qubits, noise)
            for check in H:
                targets: list[stim.GateTarget] = []
                for qubit in np.flatnonzero(check).tolist():
                    targets += [stim.target_x(qubit), stim.target_combiner()]
                circuit.append("MPP", targets[:-1], noise if turn < 3 else 0.0)
            for i in range(len(H)):
                last = [stim.target_rec(i - len(H) * age) for age in range(1, 2 if turn == 0 else 3)]
                circuit.append("DETECTOR", last)
        dem = circuit.detector_error_model()
        source = f"three noisy rounds of [[{name}]], noise {noise:g}, sampled with Stim"
        yield from _shots("bicycles", f"rounds-{name}-{noise:g}", dem, (0.9,), source)


def surface_problems() -> Iterator[Instance]:
    """Most likely errors of rotated surface codes with hyperedges."""
    import stim

    for distance, noise, ranks in (
        (3, 0.005, (0.7, 0.9, 0.99)),
        (3, 0.02, (0.5, 0.9, 0.99)),
        (5, 0.003, (0.5, 0.8, 0.95, 0.99)),
        (5, 0.006, (0.5, 0.8, 0.95, 0.99)),
        (5, 0.01, (0.3, 0.6, 0.9, 0.99)),
        (7, 0.002, (0.3, 0.6, 0.9)),
        (7, 0.004, (0.3, 0.6, 0.9)),
        (7, 0.007, (0.3, 0.9)),
    ):
        circuit = stim.Circuit.generated(
            "surface_code:rotated_memory_x",
            distance=distance,
            rounds=distance,
            after_clifford_depolarization=noise,
            before_measure_flip_probability=noise,
        )
        source = f"rotated surface code of distance {distance}, {distance} rounds, noise {noise:g}, sampled with Stim"
        yield from _shots("surface", f"surface-{distance}-{noise:g}", circuit.detector_error_model(), ranks, source)


def _shots(family: str, name: str, dem: "object", ranks: tuple[float, ...], source: str) -> Iterator[Instance]:
    """The shots at these ranks, from 0 to 1, of 400 in the order of their detection events."""
    model = error_model(dem)
    weights, _ = weights_of_priors(model.priors)
    shots, _, _ = dem.compile_sampler(seed=1).sample(400)  # type: ignore[attr-defined]
    order = np.argsort(shots.sum(axis=1), kind="stable")
    for rank in ranks:
        shot = shots[order[int(rank * len(order))]]
        scaled = np.maximum(1, np.rint(100 * weights)).astype(np.int64)
        problem = ParityProblem.from_checks(model.H, shot, scaled)
        yield Instance(family, f"{name}-{int(shot.sum())}", problem, f"{source}; weights are 100·log((1 − p)/p)")
