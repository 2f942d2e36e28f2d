"""The bits of kept weights, packed one after the other without a network."""
