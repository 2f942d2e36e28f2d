"""Parts of the benchmark of weights near their entropy, see `entropy.py`."""
