"""The container: one safetensors file that holds a compressed model."""
