"""Seed-search strategies: find x minimizing |A·x ⊕ b| over GF(2)."""
