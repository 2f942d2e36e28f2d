"""The planes that the decoders' benchmark decodes, and their encodings."""

import warnings

import numpy as np

import xoropt
from xoropt.codec.compiled.threads import count_cores

__all__ = ["AUTO", "PIECE", "encode_all", "packed"]

PIECE = 182 * 23_040
"""Weights that are encoded once, a multiple of 512 lanes, of blocks of 180 and of steps of 80."""

AUTO = "cascade, as auto"

NETWORKS = {
    AUTO: ("auto", None),
    "staged, 3 reads": (
        "staged:n_in=1,n_out=12,nodes=2,taps=4,reads=3,memory=448,node_window=512",
        "lanes:lanes=512",
    ),
    "windowed, 8 taps, w=512": ("windowed:n_in=1,n_out=12,window=512,taps=8", "lanes:lanes=512"),
    "dense, w=64": ("windowed:n_in=8,n_out=96,window=64,taps=none", "lanes:lanes=512"),
    "block, n_in=20": ("block:n_in=20,n_out=180", None),
    "sequential, N_s=2": ("sequential:n_in=8,n_out=80,n_s=2", None),
}


def packed(bits: np.ndarray) -> np.ndarray:
    """Pack a multiple of 64 bits into words."""
    return np.packbits(bits, bitorder="little").view(np.uint64)


def encode_all() -> tuple[np.ndarray, np.ndarray, dict[str, xoropt.BlockEncoded | xoropt.StreamEncoded]]:
    """Draw a mask and bits and encode them; return mask, bits and the encodings by name."""
    rng = np.random.default_rng(0)
    care, bits = rng.random(PIECE) < 0.1, rng.random(PIECE) < 0.5
    encodings = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        for name, (network, order) in NETWORKS.items():
            search = {"block": {"solver": "greedy"}, "sequential": {"patches": "greedy"}}.get(
                network.partition(":")[0], {}
            )
            encodings[name] = xoropt.encode(bits, care, network, order=order, **search, jobs=count_cores())
    return care, bits & care, encodings
