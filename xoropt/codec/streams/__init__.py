"""Windowed networks: a plane as one long stream, expanded from a window that slides over the seed bits.

The words that only streams need, and the module that defines each:

    lane, weight row      `order`: the stream runs in L lanes side by side, so that a decoder makes L bits at once
    segment, seed row     `segments`: a stretch of the stream with seed bits of its own
    ring, slack           `segments`: a segment whose last lane continues in its first; its spare seed bits
    head, band, border    `banded.equations`: which seed bits the equations of a segment read
    burst                 `banded.bursts`: dependent care bits that can share patches
"""
