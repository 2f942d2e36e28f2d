"""Decode quantum codes: proved most likely errors beside matching, BP-OSD and tesseract, shot by shot.

    xoropt bench quantum                    # some minutes
    xoropt bench quantum --quick

Surface and color codes are memory experiments of Stim under uniform circuit noise, as many rounds as the distance, with
hyperedges kept; of the [[144, 12, 12]] bicycle code it is one round of perfect checks. Every decoder gets the same
shots, one at a time and by turns. What it finds is weighed by the same integers, log((1 − p)/p) times a scale; "least"
counts the shots in which nothing lighter exists, as `odd-cuts` proves, and "above" is how much heavier the errors of
all shots are. Times are processor time, which other work on the machine changes less. Rivals that are not installed are
left out (PyMatching, ldpc, tesseract-decoder, all from PyPI).
"""

import time
from dataclasses import asdict, dataclass

import numpy as np
from common import Table, arguments, machine, say, show, write
from solving.decoders import bicycle_model, circuit_model, decoders, problems
from xoropt_solvers import solve
from xoropt_solvers.formats.error_model import ErrorModel, error_model
from xoropt_solvers.parity_checks import satisfied

SURFACE, COLOR = "surface_code:rotated_memory_x", "color_code:memory_xyz"
QUICK = ((SURFACE, 5, 0.003), (COLOR, 3, 0.003), ("bicycle", 12, 0.05))
FULL = (
    *((SURFACE, 5, 0.003), (SURFACE, 5, 0.005), (SURFACE, 7, 0.003), (SURFACE, 7, 0.005), (SURFACE, 9, 0.003)),
    *((COLOR, 5, 0.003), (COLOR, 7, 0.003), ("bicycle", 12, 0.05), ("bicycle", 12, 0.08)),
)


@dataclass(frozen=True)
class Row:
    """A decoder on the shots of a code.

    Attributes:
        milliseconds: of processor time for a shot, in the mean.
        most: the same, at most.
        wall_milliseconds: what passed, in the mean.
        least: shots in which nothing lighter exists.
        comparable: shots for which it found errors of the model.
        above: how much heavier its errors are than the lightest, of the comparable shots, as a share.
        failures: shots whose observables it predicts wrong, or None where the code has none.
    """

    code: str
    distance: int
    noise: float
    detectors: int
    errors: int
    events: float
    decoder: str
    milliseconds: float
    most: float
    wall_milliseconds: float
    shots: int
    proved: int
    least: int
    comparable: int
    above: float
    failures: int | None


def measure(code: str, distance: int, noise: float, count: int) -> list[Row]:
    """Decode the shots of one code by all decoders."""
    dem = bicycle_model(noise) if code == "bicycle" else circuit_model(code, distance, noise)
    decomposed = circuit_model(code, distance, noise, True) if code == SURFACE else None
    model = error_model(dem)
    shots, flipped, _ = dem.compile_sampler(seed=distance).sample(count)
    given = problems(model, shots)
    best = [solve(problem, "odd-cuts", time_limit=60.0) for problem in given]
    makers = decoders(dem, decomposed)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in makers}
    found: dict[str, list[np.ndarray | None]] = {name: [] for name in makers}
    for decode in makers.values():
        decode(shots[int(shots.sum(axis=1).argmax())])  # compiled, loaded and warm
    for shot in shots:
        for name, decode in makers.items():
            begin, busy = time.perf_counter(), time.process_time()
            errors = decode(shot)
            seconds[name].append((time.process_time() - busy, time.perf_counter() - begin))
            found[name].append(errors)
    rows = []
    for name in makers:
        pairs = [(one, *pair) for one, *pair in zip(found[name], given, best, strict=True) if one is not None]
        assert all(satisfied(problem.checks, one).all() for one, problem, _ in pairs), name
        costs = [(int(problem.row_weights[one].sum()), least.cost) for one, problem, least in pairs]
        proved = sum(least.optimal for least in best)
        rows.append(
            Row(
                code=code.partition(":")[0].replace("_code", ""),
                distance=distance,
                noise=noise,
                detectors=len(model.H),
                errors=model.H.length,
                events=float(shots.sum(axis=1).mean()),
                decoder=name,
                milliseconds=1e3 * float(np.mean([busy for busy, _ in seconds[name]])),
                most=1e3 * max(busy for busy, _ in seconds[name]),
                wall_milliseconds=1e3 * float(np.mean([wall for _, wall in seconds[name]])),
                shots=count,
                proved=proved,
                least=sum(cost <= least for cost, least in costs),
                comparable=len(pairs),
                above=sum(cost for cost, _ in costs) / max(1, sum(least for _, least in costs)) - 1,
                failures=_failures(model, found[name], flipped),
            )
        )
    return rows


def _failures(model: ErrorModel, found: list[np.ndarray | None], flipped: np.ndarray) -> int | None:
    if not len(model.observables):
        return None
    predicted = [None if one is None else (model.observables[:, one].sum(axis=1) & 1).astype(bool) for one in found]
    return sum(one is None or bool((one != said).any()) for one, said in zip(predicted, flipped, strict=True))


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = arguments(__doc__)
    parser.add_argument("--shots", type=int, help="shots of each code (100; with --quick 20)")
    options = parser.parse_args()
    count = options.shots or (20 if options.quick else 100)
    host = machine()
    rows: list[Row] = []
    for case in QUICK if options.quick else FULL:
        new = measure(*case, count)
        rows += new
        show(table_of(new))
    say(f"{host['processor']}, {host['cores']} cores; one shot at a time")
    write(options.out, "quantum", {"rows": [asdict(row) for row in rows]})


def table_of(rows: list[Row]) -> Table:
    """Make the table of a code: a line for each decoder."""
    first = rows[0]
    title = (
        f"{first.code} d = {first.distance}, noise {first.noise:.1%}: {first.detectors} detectors, "
        f"{first.errors} errors, {first.events:.1f} events a shot; {first.proved} of {first.shots} proved"
    )
    lines = [
        (
            *(row.decoder, f"{row.milliseconds:.3g}", f"{row.most:.3g}"),
            *(f"{row.least}/{row.comparable}", f"{row.above:.2%}"),
            "–" if row.failures is None else f"{row.failures}/{row.shots}",
        )
        for row in rows
    ]
    return Table(title, ("decoder", "ms a shot", "most ms", "least", "above", "failures"), lines)


if __name__ == "__main__":
    main()
