"""Hypothesis strategies: random topologies with arguments that fit, and random stages."""

import numpy as np
from hypothesis import strategies as st

from xoropt.networks import TOPOLOGIES, from_stages

SEEDS = st.integers(0, 2**64 - 1)
SIZES = {"n_in": st.integers(2, 24), "n_out": st.integers(1, 60), "seed": SEEDS}
DRAWS = {
    "cascade": {"n_in": st.integers(1, 5), "n_out": st.integers(1, 30), "layers": st.integers(1, 6), "seed": SEEDS}
    | {"span": st.integers(6, 60), "memory": st.integers(1, 40), "chained": st.integers(0, 9)},
    "circulant": SIZES | {"taps": st.integers(1, 24)},
    "convolutional": {
        "n_in": st.integers(1, 4),
        "n_out": st.integers(1, 9),
        "length": st.integers(1, 40),
        "seed": SEEDS,
    },
    "fixed_taps": SIZES | {"taps": st.integers(1, 24)},
    "lfsr": SIZES | {"taps": st.integers(1, 24), "cycles": st.integers(1, 60)},
    "progressive": {"n_in": st.integers(1, 6), "n_out": st.integers(1, 9), "window": st.integers(1, 6), "seed": SEEDS}
    | {"taps": st.integers(1, 4)},
    "regular": SIZES | {"taps": st.integers(1, 24)},
    "ring_generator": SIZES
    | {"cells": st.integers(3, 40), "cycles": st.integers(1, 60), "idle": st.integers(0, 9), "taps": st.integers(1, 3)},
    "toeplitz": SIZES,
}


@st.composite
def drawn(draw, names=tuple(DRAWS)):
    """Draw a topology's name and arguments that fit."""
    name = draw(st.sampled_from(names))
    arguments = {key: draw(values) for key, values in DRAWS[name].items()}
    if "window" in arguments:
        arguments["window"] *= arguments["n_in"]
        arguments["taps"] = min(arguments["taps"], arguments["window"])
    elif "taps" in arguments and "cells" not in arguments:
        arguments["taps"] = min(arguments["taps"], arguments["n_in"])
    if "cycles" in arguments:
        arguments["cycles"] = min(arguments["cycles"], arguments["n_out"])
    if "chained" in arguments:
        arguments["chained"] = min(arguments["chained"], arguments["n_out"] - 1)
    return name, arguments


@st.composite
def stages(draw):
    """Draw n_in and stages of up to four layers, with −1 and copies among their reads."""
    n_in = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, made = n_in, []
    for _ in range(draw(st.integers(1, 4))):
        signals, reads, delays = draw(st.integers(1, 9)), draw(st.integers(1, 3)), draw(st.integers(1, 5))
        reads = min(reads, width * delays)
        stage = np.array([rng.choice(width * delays, reads, replace=False) for _ in range(signals)])
        stage[:, 1:][rng.random((signals, reads - 1)) < 0.4] = -1
        made.append(stage)
        width = signals
    return n_in, tuple(made)


def build(case):
    """Return the network of what `drawn` or `stages` drew."""
    first, second = case
    return TOPOLOGIES[first](**second) if isinstance(first, str) else from_stages(second, first)
