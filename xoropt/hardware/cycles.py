"""How many cycles a decoder takes: its control, without the data.

Kwon et al. (CVPR 2020) study the same question: patches come through a FIFO, and where they cluster the decoder waits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.hardware.config import DecoderConfig

__all__ = ["FULL", "Cycles", "PortRates", "count_cycles"]

FULL = 256
"""The rate of a port that is open in every cycle."""


@dataclass(frozen=True)
class PortRates:
    """In how many of 256 cycles each port is open, evenly spread: what stands around a decoder.

    Attributes:
        seeds: seed words are there, 1 to 256.
        patches: patches are there.
        outputs: outputs can be taken.

    Raises:
        ArgumentError: one is out of range.
    """

    seeds: int = FULL
    patches: int = FULL
    outputs: int = FULL

    def __post_init__(self) -> None:
        for name in ("seeds", "patches", "outputs"):
            check_int(name, getattr(self, name), 1, FULL)


@dataclass(frozen=True)
class Cycles:
    """What became of a decoder's cycles.

    Attributes:
        cycles: from the first one after reset to the one in which the last step is taken.
        steps: steps taken, one a cycle at most.
        outputs: bits that these made.
        waiting_for_seeds: cycles without a step, for want of a seed word.
        filling: cycles without a step, in which a seed word filled the shift registers of a run.
        waiting_for_patches: cycles with a step that was not yet done: a patch was flipped, or had not come.
        waiting_to_be_taken: cycles with a step that nobody took.
    """

    cycles: int
    steps: int
    outputs: int
    waiting_for_seeds: int
    filling: int
    waiting_for_patches: int
    waiting_to_be_taken: int

    @property
    def outputs_per_cycle(self) -> float:
        """Throughput, bits a cycle."""
        return self.outputs / self.cycles if self.cycles else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All figures, for JSON."""
        return vars(self) | {"outputs_per_cycle": self.outputs_per_cycle}


def count_cycles(
    first: np.ndarray,
    counts: np.ndarray,
    patch_steps: np.ndarray,
    lag: int,
    config: DecoderConfig | None = None,
    rates: PortRates | None = None,
) -> Cycles:
    """The cycles that a decoder takes; the same number as the simulated Verilog.

    Args:
        first: bool (words,), the seed words that begin a run and fill the shift registers anew.
        counts: int64 (steps,), outputs of each step.
        patch_steps: int64 (patches,), the step of each patch, ascending.
        lag: of the decoder's pipeline: a run of w words makes w − lag steps.
        config: the FIFO's depth and the flips a cycle; the defaults if None.
        rates: how often its ports are open; always if None.

    Raises:
        ArgumentError: the runs do not make as many steps as `counts` has.

    >>> count_cycles(np.array([True, False, False]), np.array([8, 8]), np.array([1, 1, 1]), 1).cycles
    6
    """
    from xoropt.hardware.kernels import run

    config, rates = config or DecoderConfig(), rates or PortRates()
    begins = np.flatnonzero(first)
    made = np.diff(np.append(begins, len(first))) - lag
    if len(first) and (not first[0] or int(np.maximum(made, 0).sum()) != len(counts)):
        raise ArgumentError(f"Argument 'counts' must have {np.maximum(made, 0).sum()} steps, not {len(counts)}.")
    steps = np.append(np.asarray(patch_steps, dtype=np.int64), np.iinfo(np.int64).max)
    ports = np.array([rates.seeds, rates.patches, rates.outputs], dtype=np.int64)
    found = run(np.asarray(first, dtype=bool), steps, lag, config.fifo, config.flips, ports, len(counts))
    cycles, taken, *waits = found.tolist()
    return Cycles(cycles, taken, int(np.sum(counts[:taken])), *waits)
