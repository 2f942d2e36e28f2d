"""Formats of others: circuits as straight-line programs, lists of gates, BLIF and Verilog netlists."""
