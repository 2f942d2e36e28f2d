"""The demo: train a small network, compress it, and show what every step costs."""
