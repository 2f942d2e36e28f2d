"""Whole models: prepare, store, decompress, verify and measure their tensors."""
