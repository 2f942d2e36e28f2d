"""The cycles that a decoder takes, counted by a model of its control without the data.

Kwon et al. (CVPR 2020) study the same question: patches come through a FIFO, and the decoder waits where they cluster.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.hardware.config import DecoderConfig

__all__ = ["FULL", "Cycles", "PortRates", "count_cycles"]

FULL = 256
"""The rate of a port that is open in every cycle."""


@dataclass(frozen=True)
class PortRates:
    """How often the ports of a decoder are open: each in so many of 256 cycles, evenly spread.

    Attributes:
        seeds: cycles in which a seed word is offered, 1 to 256.
        patches: cycles in which a patch is offered, 1 to 256.
        outputs: cycles in which outputs are taken, 1 to 256.

    Raises:
        ArgumentError: a value is out of range.
    """

    seeds: int = FULL
    patches: int = FULL
    outputs: int = FULL

    def __post_init__(self) -> None:
        for name in ("seeds", "patches", "outputs"):
            check_int(name, getattr(self, name), 1, FULL)


@dataclass(frozen=True)
class Cycles:
    """The cycles of a decoder, and what it waited for.

    Attributes:
        cycles: all cycles, from the first one after reset to the one in which the last step is taken.
        steps: steps taken, at most one in a cycle.
        outputs: output bits of these steps.
        waiting_for_seeds: cycles without a step because no seed word was offered.
        filling: cycles without a step because a seed word filled the shift registers of a run.
        waiting_for_patches: cycles with a step that was not done: patches were flipped, or had not arrived.
        waiting_to_be_taken: cycles with a step that was done and not taken.
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
        """The throughput in output bits for each cycle."""
        return self.outputs / self.cycles if self.cycles else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as they are printed as JSON."""
        return vars(self) | {"outputs_per_cycle": self.outputs_per_cycle}


@checked
def count_cycles(
    first: np.ndarray,
    counts: np.ndarray,
    patch_steps: np.ndarray,
    lag: int,
    config: DecoderConfig | None = None,
    rates: PortRates | None = None,
) -> Cycles:
    """Count the cycles that a decoder takes; the simulated Verilog takes the same number.

    Args:
        first: bool (words,), the seed words that begin a run and fill the shift registers anew.
        counts: int64 (steps,), the outputs of each step.
        patch_steps: int64 (patches,), the step of each patch, ascending.
        lag: the decoder's lag: a run of w words makes w − lag steps.
        config: the FIFO's depth and the flips in a cycle; None means the defaults.
        rates: how often the ports are open; None means always.

    Raises:
        ArgumentError: the runs do not make as many steps as `counts` has.

    >>> count_cycles(np.array([True, False, False]), np.array([8, 8]), np.array([1, 1, 1]), 1).cycles
    6
    """
    from xoropt.hardware.kernels import run

    check_int("lag", lag, 0, len(first))
    for name, array in (("first", first), ("counts", counts), ("patch_steps", patch_steps)):
        if array.ndim != 1 or (array.size and array.dtype.kind not in ("b" if array is first else "iu")):
            kind = "bool" if array is first else "integers"
            raise ArgumentError(f"Argument '{name}' must be {kind} of one axis, not {array.dtype} {array.shape}.")
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
