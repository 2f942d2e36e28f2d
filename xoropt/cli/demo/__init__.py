"""The demonstration: a small network is trained and compressed, and the cost of every step shown."""
