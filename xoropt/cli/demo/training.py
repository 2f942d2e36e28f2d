"""Training of the demonstration's network: on real digits, pruned in two ways, quantized to one bit.

The 1,797 handwritten digits and the trainer are scikit-learn's; masks and binary weights are applied between its steps.
"""

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xoropt.common.errors import XoroptError
from xoropt.quantize import binary_code, dequantize, prune, prune_low_rank

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

    from xoropt.masks.low_rank import BinaryFactors

__all__ = ["Trained", "accuracy", "train"]

HIDDEN = (800, 500)
SPARSITY = 0.95
MASK_BITS = 0.15
BATCH = 64
EPOCHS = {"training": 10, "pruning": 20, "quantizing": 15, "low-rank pruning": 10, "low-rank quantizing": 15}


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network at several stages, and the test set.

    Attributes:
        dense: the weights (outputs, inputs) and biases before pruning, float32, by name: fc1.weight, fc1.bias, …
        pruned: the same after pruning by magnitude, before quantizing.
        quantized: the same after pruning by magnitude, with weights of ±α.
        low_rank: as `quantized`, with low-rank masks, which take at most 0.15 bits for each weight.
        factors: the factors of those masks, by name.
        images: the test set's images, float32 (images, 64).
        digits: what they show, int64 (images,).
    """

    dense: dict[str, np.ndarray]
    pruned: dict[str, np.ndarray]
    quantized: dict[str, np.ndarray]
    low_rank: dict[str, np.ndarray]
    factors: dict[str, "BinaryFactors"]
    images: np.ndarray
    digits: np.ndarray


@dataclass(frozen=True, eq=False)
class _TrainingSet:
    images: np.ndarray
    digits: np.ndarray
    seed: int
    tick: Callable[[str], None]


def train(seed: int = 0, progress: Callable[[str, int, int], None] | None = None) -> Trained:
    """Train a network, prune it to 95 % and quantize it to one bit; a quarter of the images is kept for testing.

    Pruning is gradual, by magnitude (Zhu and Gupta, 2017: the cubic schedule), with training under the mask; one-bit
    training uses the straight-through estimator (Courbariaux et al., 2015): the step that scikit-learn takes at the
    binary weights is applied to the real ones behind them. The low-rank masks are chosen halfway through pruning.

    Args:
        seed: the seed of the split, the starting weights and the order of the images.
        progress: called with the stage, the epochs done and all epochs.

    Raises:
        XoroptError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
        from sklearn.neural_network import MLPClassifier
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise XoroptError("the demo needs scikit-learn: pip install 'xoropt[demo]'.") from None

    steps, done = sum(EPOCHS.values()), 0

    def tick(stage: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(stage, done, steps)

    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32)
    images, test_images, digits, test_digits = train_test_split(
        images, digits, test_size=0.25, random_state=seed, stratify=digits
    )
    data = _TrainingSet(images, digits, seed, tick)
    net = MLPClassifier(HIDDEN, batch_size=BATCH, random_state=seed)
    # Matrices this small gain nothing from threads, and one thread gives the same result every time.
    with threadpool_limits(1), _stoppable():
        for _ in range(EPOCHS["training"]):
            net.partial_fit(images, digits, classes=np.unique(digits))
            tick("training")
        dense = _named(net.coefs_, net.intercepts_)
        for epoch in range(1, EPOCHS["pruning"] + 1):
            rate = SPARSITY * (1 - (1 - epoch / EPOCHS["pruning"]) ** 3)
            masks = [prune(weights, rate) for weights in net.coefs_]
            _fit_under(net, masks, data, "pruning")
            if epoch == EPOCHS["pruning"] // 2:
                half = copy.deepcopy(net)
        pruned = _named(net.coefs_, net.intercepts_)
        quantized = _quantize(net, masks, data, "quantizing")

        factors, masks = _low_rank_masks(half)
        for _ in range(EPOCHS["low-rank pruning"]):
            _fit_under(half, masks, data, "low-rank pruning")
        low_rank = _quantize(half, masks, data, "low-rank quantizing")
    return Trained(dense, pruned, quantized, low_rank, factors, test_images, test_digits)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Stop at Ctrl-C, which scikit-learn answers with a warning and goes on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Training interrupted by user")
        try:
            yield
        except UserWarning:
            raise KeyboardInterrupt from None


def _fit_under(net: "MLPClassifier", masks: list[np.ndarray], data: _TrainingSet, stage: str) -> None:
    """Train for one epoch with the pruned weights held at zero."""
    for weights, mask in zip(net.coefs_, masks, strict=True):
        weights *= mask
    net.partial_fit(data.images, data.digits)
    for weights, mask in zip(net.coefs_, masks, strict=True):
        weights *= mask
    data.tick(stage)


def _low_rank_masks(net: "MLPClassifier") -> tuple[dict[str, "BinaryFactors"], list[np.ndarray]]:
    """Choose low-rank masks for the layers that are large enough for them, and one by magnitude for the last."""
    factors, masks = {}, []
    for i, weights in enumerate(net.coefs_, 1):
        if min(weights.shape) < 32:
            masks.append(prune(weights, SPARSITY))
            continue
        chosen = prune_low_rank(np.ascontiguousarray(weights.T), SPARSITY, mask_bits=MASK_BITS)
        factors[f"fc{i}.weight"] = chosen
        masks.append(chosen.mask().T)
    return factors, masks


def _quantize(net: "MLPClassifier", masks: list[np.ndarray], data: _TrainingSet, stage: str) -> dict[str, np.ndarray]:
    """Train with binary weights in the forward pass; return the network with its binary weights, by name."""
    latent = [weights.copy() for weights in net.coefs_]
    shuffle = np.random.RandomState(data.seed)
    for _ in range(EPOCHS[stage]):
        order = shuffle.permutation(len(data.images))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[first : first + BATCH]
            binary = _binary(latent, masks)
            for weights, values in zip(net.coefs_, binary, strict=True):
                weights[...] = values
            net.partial_fit(data.images[batch], data.digits[batch])
            for real, weights, values, mask in zip(latent, net.coefs_, binary, masks, strict=True):
                real += (weights - values) * mask
        data.tick(stage)
    return _named(_binary(latent, masks), net.intercepts_)


def _binary(latent: list[np.ndarray], masks: list[np.ndarray]) -> list[np.ndarray]:
    return [dequantize(binary_code(weights, mask, 1)) for weights, mask in zip(latent, masks, strict=True)]


def _named(coefs: list[np.ndarray], intercepts: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Name the weights and biases, and turn scikit-learn's (inputs, outputs) matrices into (outputs, inputs)."""
    tensors = {}
    for i, (weights, bias) in enumerate(zip(coefs, intercepts, strict=True), 1):
        tensors[f"fc{i}.weight"] = np.ascontiguousarray(weights.T, dtype=np.float32)
        tensors[f"fc{i}.bias"] = bias.astype(np.float32)
    return tensors


def accuracy(tensors: dict[str, np.ndarray], images: np.ndarray, digits: np.ndarray) -> float:
    """Return the share of images that a network, with its tensors by name, classifies correctly."""
    layers = len(tensors) // 2
    for i in range(1, layers + 1):
        images = images @ tensors[f"fc{i}.weight"].T + tensors[f"fc{i}.bias"]
        if i < layers:
            images = np.maximum(images, 0)
    return float((images.argmax(axis=1) == digits).mean())
