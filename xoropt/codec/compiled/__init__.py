"""Compiled decoders: loops over rows of machine words. Modules with kernels load numba, which takes about a second."""
