"""The gates and flip-flops that yosys counts in a decoder's Verilog."""

from dataclasses import dataclass

from xoropt.circuits.yosys import netlist_cells
from xoropt.common.kinds import checked
from xoropt.hardware.verilog import Design

__all__ = ["Netlist", "count_netlist"]


@dataclass(frozen=True)
class Netlist:
    """The cells of a decoder as yosys counts them.

    Attributes:
        xor_gates: two-input XOR gates between seeds and unpatched outputs, each operator as it is written.
        register_bits: flip-flops between seeds and unpatched outputs.
        flip_flops: flip-flops of the whole decoder.
        patch_gates: two-input gates of the patch stage after synthesis with ABC.
    """

    xor_gates: int
    register_bits: int
    flip_flops: int
    patch_gates: int


@checked
def count_netlist(built: Design) -> Netlist:
    """Count the cells of a decoder's Verilog with yosys.

    Raises:
        XoroptError: yosys is missing or failed.
    """
    inner = netlist_cells(built.verilog, f"{built.name}_network")
    whole = netlist_cells(built.verilog, built.name)
    patches = netlist_cells(built.verilog, f"{built.name}_patches", optimize=True)
    return Netlist(
        xor_gates=inner.get("$_XOR_", 0),
        register_bits=_flip_flops(inner),
        flip_flops=_flip_flops(whole),
        patch_gates=sum(patches.values()) - _flip_flops(patches),
    )


def _flip_flops(cells: dict[str, int]) -> int:
    """Return the number of flip-flops among the cells."""
    return sum(number for cell, number in cells.items() if "DFF" in cell)
