"""Decoders as hardware: what they cost, their Verilog, and how many cycles they take."""

from xoropt.hardware.cost import DecoderCost, PatchCost, cost

__all__ = ["DecoderCost", "PatchCost", "cost"]
