"""Compiled loops from packed planes to numbers whose upper bits are coded and whose lower bits are raw."""
