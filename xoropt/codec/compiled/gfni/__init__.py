"""Compiled decoding of dense networks in rows of 512 lanes by the processor's instruction for matrices over GF(2)."""
