"""The exact minimum of unmatched care bits of small sequential networks."""
