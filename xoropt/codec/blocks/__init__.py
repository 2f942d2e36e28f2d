"""Block networks, the scheme of Kwon et al. (CVPR 2020): every block of outputs is expanded from a seed of its own."""
