"""A decoder for sinter: most likely errors by any strategy, compared with other decoders on the same shots.

    sinter collect --circuits d5.stim --decoders pymatching xoropt --custom_decoders_module_function \\
        xoropt_solvers.sinter_decoder:sinter_decoders --max_shots 1000

The problem of a shot is `ParityProblem.from_checks` of the detectors; errors weigh log((1 − p)/p). What the decoder
predicts is which observables the lightest errors flip.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sinter

from xoropt_solvers.formats.error_model import ErrorModel, error_model
from xoropt_solvers.parity_checks import weights_of_priors
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.solving import solve

__all__ = ["CompiledDecoder", "Decoder", "sinter_decoders"]

EXACT = ("odd-cuts", "maxsat", "cpsat", "ilp", "xorsat")


@dataclass(frozen=True)
class Decoder(sinter.Decoder):
    """What sinter makes a decoder of an error model with.

    Attributes:
        solver: the strategy by name.
        time_limit: seconds for a shot; a strategy that proves nothing by then predicts by its best errors.
        options: the strategy's own.
    """

    solver: str = "portfolio"
    time_limit: float | None = 10.0
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    def compile_decoder_for_dem(self, *, dem: Any) -> "CompiledDecoder":
        """Prepare for the shots of a `stim.DetectorErrorModel`.

        Raises:
            InvalidInputError: an error flips observables but no detector, or has a probability above ½.
        """
        model = error_model(dem)
        weights, never = weights_of_priors(model.priors)
        return CompiledDecoder(self, model, weights, never if never.any() else None)


@dataclass
class CompiledDecoder(sinter.CompiledDecoder):
    """A decoder of one error model.

    Attributes:
        decoder: what made it.
        model: the error model.
        weights: float64 (errors,).
        hard: the errors that cannot be, or None.
        proved: how many shots it decoded to a proved optimum.
        decoded: how many shots it decoded, syndromes that came again counted once.
    """

    decoder: Decoder
    model: ErrorModel
    weights: np.ndarray
    hard: np.ndarray | None
    proved: int = 0
    decoded: int = 0
    _known: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False)

    def decode_shots_bit_packed(self, *, bit_packed_detection_event_data: np.ndarray) -> np.ndarray:
        """Predict the observables of shots.

        Args:
            bit_packed_detection_event_data: uint8 (shots, ⌈detectors / 8⌉), the lowest bit first.

        Returns:
            uint8 (shots, ⌈observables / 8⌉), packed the same way.
        """
        return np.array([self._decode(shot) for shot in bit_packed_detection_event_data], dtype=np.uint8).reshape(
            len(bit_packed_detection_event_data), -(-len(self.model.observables) // 8)
        )

    def _decode(self, shot: np.ndarray) -> np.ndarray:
        key = shot.tobytes()
        if key not in self._known:
            errors = self.errors(np.unpackbits(shot, bitorder="little", count=len(self.model.H)).astype(bool))
            flips = (self.model.observables[:, errors].sum(axis=1) & 1).astype(bool)
            self._known[key] = np.packbits(flips, bitorder="little")
        return self._known[key]

    def errors(self, syndrome: np.ndarray) -> np.ndarray:
        """Return the most likely errors of a syndrome, bool (detectors,), as positions, int64."""
        if not syndrome.any():
            return np.zeros(0, dtype=np.int64)
        problem = ParityProblem.from_checks(self.model.H, syndrome, self.weights, self.hard)
        solution = solve(problem, self.decoder.solver, self.decoder.time_limit, **self.decoder.options)
        self.decoded += 1
        self.proved += solution.optimal
        return solution.mismatches


def sinter_decoders() -> dict[str, Decoder]:
    """Return the decoders by the names that sinter's command takes: `xoropt` and one for each exact strategy."""
    return {"xoropt": Decoder(), **{f"xoropt_{name}": Decoder(name) for name in EXACT}}
