"""What `xoropt bench encode` measures beside block networks."""
