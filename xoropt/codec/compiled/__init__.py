"""The compiled decoder: loops over rows of machine words, imported only where numba's start-up pays."""
