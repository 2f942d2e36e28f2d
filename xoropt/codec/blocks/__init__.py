"""Block networks: the paper's scheme, every block of outputs a parity problem of its own."""
