"""The choices that a decoder's Verilog and its cycle model share."""

from dataclasses import dataclass

from xoropt.common.arguments import check_int

__all__ = ["MAX_FIFO", "DecoderConfig"]

MAX_FIFO = 256


@dataclass(frozen=True)
class DecoderConfig:
    """Widths of a decoder, and its patch stage.

    Attributes:
        fifo: patches that the FIFO holds, 2 to 256.
        flips: patches flipped in a cycle, 1 to fifo − 1.
        step_bits: width of the step counter, 2 to 48; the last value never comes and ends the patches.
        rate_bits: width of the phase accumulator that lets the outputs a step alternate between two neighbouring
            numbers, 1 to 48; 0: none, every step has n_out outputs.

    Raises:
        ArgumentError: one is out of range.
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
        """Width of a place among n_out outputs."""
        return max(1, (n_out - 1).bit_length())

    def patch_bits(self, n_out: int) -> int:
        """Width of a patch: its step, and its place in it in the lower bits."""
        return self.step_bits + self.place_bits(n_out)
