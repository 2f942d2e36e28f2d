"""Compiled decoding of streams with one lane."""
