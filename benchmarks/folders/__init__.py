"""Checkpoints for the benchmark of whole folders."""
