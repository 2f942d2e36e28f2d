"""The demonstration: a real network on real data, pruned, quantized, stored, read back and compared.

scikit-learn's 1,797 handwritten digits; a fully connected network 64–800–500–10 whose second layer has the 800×500
weights of the paper's LeNet-5 FC1; scikit-learn's own trainer, with masks and binary weights applied between its steps.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.container import load, save
from xoropt.errors import EncodeError, XoroptError
from xoropt.files import check_new, write_safetensors
from xoropt.model import CarriedTensor, CompressedModel, CompressedTensor
from xoropt.pipeline import CompressConfig, compress, decompress, verify
from xoropt.quantize import binary_code, dequantize, prune
from xoropt.report import report

__all__ = ["Trained", "rivals", "run", "train"]

HIDDEN = (800, 500)
SPARSITY = 0.95
BATCH = 64
EPOCHS = {"dense": 10, "pruning": 20, "quantizing": 15}


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network at two stages, and the data to judge it by.

    Attributes:
        dense: the weights (outputs, inputs) and biases before pruning, float32, by name: fc1.weight, fc1.bias, …
        quantized: the same, pruned and with weights of ±α.
        images: float32 (images, 64), the test set; digits: int64 (images,), what they show.
        pruned_accuracy: on the test set, after pruning and before quantizing.
    """

    dense: dict[str, np.ndarray]
    quantized: dict[str, np.ndarray]
    images: np.ndarray
    digits: np.ndarray
    pruned_accuracy: float


def train(seed: int = 0, progress: Callable[[str, int, int], None] | None = None) -> Trained:
    """Train, prune to 95 % and quantize to one bit; a quarter of the images is kept for testing.

    Pruning is gradual, by magnitude (Zhu and Gupta, 2017: the cubic schedule), with training under the mask; one-bit
    training uses the straight-through estimator (Courbariaux et al., 2015): the step that scikit-learn takes at the
    binary weights is applied to the real ones behind them.

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
    net = MLPClassifier(HIDDEN, batch_size=BATCH, random_state=seed)
    with threadpool_limits(1):  # matrices this small gain nothing from threads, and one thread repeats exactly
        for _ in range(EPOCHS["dense"]):
            net.partial_fit(images, digits, classes=np.unique(digits))
            tick("training")
        dense = _named(net.coefs_, net.intercepts_)

        for epoch in range(1, EPOCHS["pruning"] + 1):
            rate = SPARSITY * (1 - (1 - epoch / EPOCHS["pruning"]) ** 3)
            masks = [prune(weights, rate) for weights in net.coefs_]
            _apply(net.coefs_, masks)
            net.partial_fit(images, digits)
            _apply(net.coefs_, masks)
            tick("pruning")
        pruned_accuracy = _accuracy(_named(net.coefs_, net.intercepts_), test_images, test_digits)

        latent = [weights.copy() for weights in net.coefs_]
        shuffle = np.random.RandomState(seed)
        for _ in range(EPOCHS["quantizing"]):
            order = shuffle.permutation(len(images))
            for first in range(0, len(order) - BATCH + 1, BATCH):
                batch = order[first : first + BATCH]
                binary = _binary(latent, masks)
                for weights, values in zip(net.coefs_, binary, strict=True):
                    weights[...] = values
                net.partial_fit(images[batch], digits[batch])
                for real, weights, values, mask in zip(latent, net.coefs_, binary, masks, strict=True):
                    real += (weights - values) * mask
            tick("quantizing")
    quantized = _named(_binary(latent, masks), net.intercepts_)
    return Trained(dense, quantized, test_images, test_digits, pruned_accuracy)


def _apply(coefs: list[np.ndarray], masks: list[np.ndarray]) -> None:
    for weights, mask in zip(coefs, masks, strict=True):
        weights *= mask


def _binary(latent: list[np.ndarray], masks: list[np.ndarray]) -> list[np.ndarray]:
    return [dequantize(binary_code(weights, mask, 1)) for weights, mask in zip(latent, masks, strict=True)]


def _named(coefs: list[np.ndarray], intercepts: list[np.ndarray]) -> dict[str, np.ndarray]:
    """scikit-learn's (inputs, outputs) matrices as the (outputs, inputs) that models are stored in."""
    tensors = {}
    for i, (weights, bias) in enumerate(zip(coefs, intercepts, strict=True), 1):
        tensors[f"fc{i}.weight"] = np.ascontiguousarray(weights.T, dtype=np.float32)
        tensors[f"fc{i}.bias"] = bias.astype(np.float32)
    return tensors


def _accuracy(tensors: dict[str, np.ndarray], images: np.ndarray, digits: np.ndarray) -> float:
    layers = len(tensors) // 2
    for i in range(1, layers + 1):
        images = images @ tensors[f"fc{i}.weight"].T + tensors[f"fc{i}.bias"]
        if i < layers:
            images = np.maximum(images, 0)
    return float((images.argmax(axis=1) == digits).mean())


def rivals(weights: np.ndarray, planes: int) -> dict[str, int]:
    """Bits that the same pruned, quantized matrix takes in other forms.

    `csr`: SciPy's CSR matrix as it is, float32 values and int32 indices; `csr_packed`: its indices in the fewest bits
    and n_q bits a value; `bitmap`: one bit a weight and n_q bits a kept weight, packed; `zstd`: level 19, the smaller
    of two forms, one byte a weight (the number of its value) and the float32 bytes.
    """
    import zstandard
    from scipy.sparse import csr_matrix

    kept = int(np.count_nonzero(weights))
    csr = csr_matrix(weights)
    index_bits = max(1, (weights.shape[1] - 1).bit_length()) * kept + weights.shape[0] * kept.bit_length()
    codes = np.unique(weights, return_inverse=True)[1].astype(np.uint8).tobytes()
    squeeze = zstandard.ZstdCompressor(level=19).compress
    return {
        "csr": 8 * (csr.data.nbytes + csr.indices.nbytes + csr.indptr.nbytes),
        "csr_packed": index_bits + planes * kept,
        "bitmap": weights.size + planes * kept,
        "zstd": 8 * min(len(squeeze(codes)), len(squeeze(weights.tobytes()))),
    }


def run(
    out: Path | None = None,
    config: CompressConfig | None = None,
    overwrite: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """The whole demonstration.

    Args:
        out: folder for dense.safetensors, quantized.safetensors and compressed.safetensors; made when missing.
        config: how to compress; the tensors are quantized already.
        overwrite: replace files that are there.
        progress: called while training.

    Returns:
        The figures of `report`, each tensor's with `sparsity`, `ratio_to_float32`, `encode_seconds`,
        `decode_seconds`; `rivals`, bits by tensor and form; `accuracy_dense`, `accuracy_pruned`, `accuracy_before`
        and `accuracy_after` storing; `lossless`; `files`.

    Raises:
        XoroptError: a file exists, a package is missing.
        EncodeError: a weight did not come back; never expected.
    """
    folder = Path("xoropt-demo") if out is None else out
    files = {stage: folder / f"{stage}.safetensors" for stage in ("dense", "quantized", "compressed")}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise XoroptError(f"{folder}: {error.strerror}; name another folder with --out.") from None
    for path in files.values():
        check_new(path, overwrite)
    trained = train(progress=progress)
    write_safetensors(files["dense"], trained.dense, {}, overwrite)
    write_safetensors(files["quantized"], trained.quantized, {}, overwrite)

    config = config or CompressConfig()
    _one(trained.quantized["fc3.weight"], config)  # compiled code is loaded before the clock starts
    tensors: dict[str, CompressedTensor | CarriedTensor] = {}
    encode_seconds = {}
    for name, array in trained.quantized.items():
        begin = time.perf_counter()
        tensors |= compress({name: array}, config).tensors
        encode_seconds[name] = time.perf_counter() - begin
    save(CompressedModel(tensors), files["compressed"], overwrite)

    model = load(files["compressed"])
    restored: dict[str, np.ndarray] = {}
    decode_seconds = {}
    for name, tensor in model.tensors.items():
        begin = time.perf_counter()
        restored |= decompress(CompressedModel({name: tensor}))
        decode_seconds[name] = time.perf_counter() - begin
    lossless = all(check.lossless for check in verify(model, trained.quantized))
    if not lossless:
        raise EncodeError("the demo's weights did not come back as they were; please report this.")

    figures = report(model, files["compressed"])
    others = {}
    for name, values in figures["tensors"].items():
        weights = trained.quantized[name]
        values["sparsity"] = 1 - np.count_nonzero(weights) / weights.size
        values["ratio_to_float32"] = 32 / values["bits_per_weight"]
        values["encode_seconds"], values["decode_seconds"] = encode_seconds[name], decode_seconds[name]
        others[name] = rivals(weights, values["planes"])
    return {
        "accuracy_dense": _accuracy(trained.dense, trained.images, trained.digits),
        "accuracy_pruned": trained.pruned_accuracy,
        "accuracy_before": _accuracy(trained.quantized, trained.images, trained.digits),
        "accuracy_after": _accuracy(restored, trained.images, trained.digits),
        "lossless": lossless,
        **figures,
        "rivals": others,
        "files": {stage: {"path": str(path), "bytes": path.stat().st_size} for stage, path in files.items()},
    }


def _one(array: np.ndarray, config: CompressConfig) -> None:
    decompress(compress({"warm": array}, config))
