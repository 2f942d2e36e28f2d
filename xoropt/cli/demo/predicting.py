"""The demonstration's network at work: digits from the compressed file, and the time beside dense weights."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xoropt.linear.products import matvec
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedModel

__all__ = ["PredictionTimes", "classify", "time_predictions"]

LAYERS = (1, 2, 3)
ROUNDS = 20
"""How often each way is timed; the least time counts."""


@dataclass(frozen=True)
class PredictionTimes:
    """Seconds to classify images.

    Attributes:
        images: how many are classified at once.
        compressed: with each layer multiplied straight from its compressed form.
        kept: the same, with the bits of masks and planes kept from call to call.
        dense: with float32 weights.
    """

    images: int
    compressed: float
    kept: float
    dense: float


def classify(model: CompressedModel, images: np.ndarray, cache: str = "none") -> np.ndarray:
    """Return the digits, int64 (images,), that the network sees in float32 (images, 64).

    Every layer is multiplied straight from its compressed form and is never whole in memory.
    """
    return _forward(lambda name, x: matvec(model.tensors[f"{name}.weight"], x, cache=cache), _biases(model), images)


def _biases(model: CompressedModel) -> dict[int, np.ndarray]:
    return {layer: decompress_tensor(model.tensors[f"fc{layer}.bias"]) for layer in LAYERS}


def _forward(
    multiply: Callable[[str, np.ndarray], np.ndarray], biases: dict[int, np.ndarray], images: np.ndarray
) -> np.ndarray:
    """Run the network; `multiply` gets a layer's name and its inputs, (columns, images)."""
    x = images.T
    for layer in LAYERS:
        x = multiply(f"fc{layer}", x if layer == 1 else np.maximum(x, 0)) + biases[layer][:, None]
    return x.argmax(axis=0)


def time_predictions(
    model: CompressedModel, tensors: dict[str, np.ndarray], images: np.ndarray
) -> list[PredictionTimes]:
    """Time the classification of one image and of all of them, by turns.

    Args:
        model: the compressed network.
        tensors: the same network's dense tensors.
        images: float32 (images, 64).
    """
    biases = _biases(model)
    times = []
    for some in (images[:1], images):
        ways = (
            lambda some=some: classify(model, some),
            lambda some=some: classify(model, some, "bits"),
            lambda some=some: _forward(lambda name, x: tensors[f"{name}.weight"] @ x, biases, some),
        )
        least = [float("inf")] * len(ways)
        for _ in range(ROUNDS):
            for i, way in enumerate(ways):
                begin = time.perf_counter()
                way()
                least[i] = min(least[i], time.perf_counter() - begin)
        times.append(PredictionTimes(len(some), *least))
    return times
