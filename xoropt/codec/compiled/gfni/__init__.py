"""Compiled decoding of dense networks in rows of 512 lanes, with the processor's instruction for GF(2) matrices."""
