"""The configuration that a decoder's Verilog and its cycle model share."""

from dataclasses import dataclass

from xoropt.common.arguments import check_int

__all__ = ["MAX_FIFO", "DecoderConfig"]

MAX_FIFO = 256
"""The most patches that a FIFO may hold."""


@dataclass(frozen=True)
class DecoderConfig:
    """The widths of a decoder's counters, and the size of its patch stage.

    Attributes:
        fifo: the number of patches that the FIFO holds, 2 to 256.
        flips: the most patches that are flipped in one cycle, 1 to fifo − 1.
        step_bits: the width of the step counter in bits, 2 to 48. No step has the last value, which marks the end of
            the patches.
        rate_bits: the width in bits of the phase accumulator for steps whose number of outputs alternates between two
            neighbouring numbers, 1 to 48; 0 means that there is none and every step has n_out outputs.

    Raises:
        ArgumentError: a value is out of range.
    """

    fifo: int = 4
    flips: int = 1
    step_bits: int = 24
    rate_bits: int = 0

    def __post_init__(self) -> None:
        check_int("fifo", self.fifo, 2, MAX_FIFO)
        check_int("flips", self.flips, 1, self.fifo - 1)
        check_int("step_bits", self.step_bits, 2, 48)
        check_int("rate_bits", self.rate_bits, 0, 48)

    @staticmethod
    def place_bits(n_out: int) -> int:
        """Return the width in bits of a place among n_out outputs."""
        return max(1, (n_out - 1).bit_length())

    def patch_bits(self, n_out: int) -> int:
        """Return the width in bits of a patch: its step, and below it the place of the output in the step."""
        return self.step_bits + self.place_bits(n_out)
