"""An estimate of the care bits that a network leaves dependent: banded elimination of fixed random care sets.

The same care sets judge every network (common random numbers), so the difference of two networks is far less noisy than
either figure.
"""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.network import XorNetwork
from xoropt.networks.splitmix import splitmix64

__all__ = ["SLACK", "CareSets"]

SLACK = 1.005
"""Seed bits per care bit: a stream with open ends needs some more than a ring to stay within its window."""


class CareSets:
    """Random care sets of one density, which count the care bits that a network leaves dependent.

    Args:
        density: the density of care bits, more than 0 and at most 1.
        care_bits: the expected number of care bits of all sets together.
        sets: independent streams; with shorter streams a window is filled afresh more often.
        seed: the seed of the random numbers, 0 to 2^64 − 1.
        slack: seed bits per care bit.

    Attributes:
        density: the density of care bits.
        slack: seed bits per care bit.
        positions: for each set the positions of its care bits, int64, ascending.
        total: the number of care bits of all sets.

    Raises:
        ArgumentError: an argument is out of range.
    """

    def __init__(
        self, density: float, care_bits: int = 50_000, sets: int = 2, seed: int = 0, slack: float = SLACK
    ) -> None:
        if not isinstance(density, int | float) or not 0 < density <= 1:
            raise ArgumentError(f"Argument 'density' must be more than 0 and at most 1, not {density!r}.")
        sets = check_int("sets", sets, 1)
        check_int("care_bits", care_bits, sets)
        outputs = max(1, round(care_bits / sets / density))
        bound = np.uint64(min(2**64 - 1, round(density * 2**64)))
        self.density, self.slack = float(density), float(slack)
        self.positions = [np.flatnonzero(splitmix64(seed + i, outputs) < bound) for i in range(sets)]
        self.total = sum(map(len, self.positions))

    def rate(self, n_in: int) -> float:
        """Return the steps per output, a step taking n_in seed bits."""
        return self.density * self.slack / n_in

    def dependent(self, network: XorNetwork, limit: int | None = None) -> int:
        """Count the dependent care bits of a network over all sets.

        Output s of a set is made in step ⌊s·r⌋ div n_in, where r = density·slack is the number of seed bits per output,
        with the network's row for its place in the step. This is the schedule of an encoder whose rate follows the
        mask.

        Args:
            network: any network with a window of at most 1984 bits.
            limit: stop counting there; None: count all.

        Returns:
            The number of dependent care bits, or at least `limit` where there are as many.

        Raises:
            ArgumentError: the network makes fewer outputs per step than the density asks for, or its window exceeds
                1984 bits.
        """
        from xoropt.networks.optimize import kernels

        n_in, window = network.n_in, network.window
        rate = self.rate(n_in)
        if network.n_out < 1 / rate - 1e-9:
            least = int(np.ceil(1 / rate - 1e-9))
            raise ArgumentError(
                f"Argument 'density' needs n_out = {least} or more, but the network has {network.n_out}."
            )
        words = 1 << (-(-window // 64)).bit_length()
        found = 0
        for positions in self.positions:
            step = np.floor((positions + 0.5) * rate).astype(np.int64)
            first = np.ceil(step / rate - 0.5).astype(np.int64)  # the output that begins the step
            pattern = np.minimum(positions - first, network.n_out - 1)
            rest = len(positions) if limit is None else limit - found
            found += kernels.dependent(
                step * n_in, pattern, network.rows.reshape(-1), network.rows.shape[1], window, words, max(1, rest)
            )
            if limit is not None and found >= limit:
                break
        return int(found)
