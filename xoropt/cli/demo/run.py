"""The demonstration: a real network on real data, pruned, quantized, stored, read back and compared.

A fully connected network 64–800–500–10 on handwritten digits; its second layer has the 800×500 weights of the paper's
LeNet-5 FC1. `digits` trains it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.cli.demo.training import accuracy, train
from xoropt.common.errors import EncodeError, XoroptError
from xoropt.common.files import check_new, write_safetensors
from xoropt.model.compression import compress
from xoropt.model.config import CompressConfig
from xoropt.model.decompression import decompress, decompress_tensor
from xoropt.model.file.container import load, save
from xoropt.model.products import matvec
from xoropt.model.sizes import report
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor
from xoropt.model.verification import verify

__all__ = ["rivals", "run"]


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
        `decode_seconds`; `rivals`, bits by tensor and form; `low_rank`, the same network trained under masks that are
        cheap to store: its `accuracy`, `tensors` and `total`; `accuracy_dense`, `accuracy_pruned`, `accuracy_before`
        and `accuracy_after` storing, `accuracy_compressed` predicting straight from the compressed file; `lossless`;
        `files`.

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
    tensors: dict[str, CompressedTensor | UncompressedTensor] = {}
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
    chosen = compress(trained.low_rank, config, factors=trained.factors)
    if not all(check.lossless for check in verify(chosen, trained.low_rank)):
        raise EncodeError("the demo's weights did not come back as they were; please report this.")
    chosen_figures = report(chosen)
    return {
        "accuracy_dense": accuracy(trained.dense, trained.images, trained.digits),
        "accuracy_pruned": accuracy(trained.pruned, trained.images, trained.digits),
        "accuracy_before": accuracy(trained.quantized, trained.images, trained.digits),
        "accuracy_after": accuracy(restored, trained.images, trained.digits),
        "accuracy_compressed": float((predict(model, trained.images) == trained.digits).mean()),
        "lossless": lossless,
        **figures,
        "rivals": others,
        "low_rank": {
            "accuracy": accuracy(decompress(chosen), trained.images, trained.digits),
            "tensors": chosen_figures["tensors"],
            "total": chosen_figures["total"],
        },
        "files": {stage: {"path": str(path), "bytes": path.stat().st_size} for stage, path in files.items()},
    }


def predict(model: CompressedModel, images: np.ndarray) -> np.ndarray:
    """The digits that the network sees, int64 (images,), in float32 (images, 64); no layer is ever whole in memory."""
    activations = images.T
    for layer in (1, 2, 3):
        if layer > 1:
            activations = np.maximum(activations, 0)
        bias = decompress_tensor(model.tensors[f"fc{layer}.bias"])
        activations = matvec(model.tensors[f"fc{layer}.weight"], activations) + bias[:, None]
    return activations.argmax(axis=0)


def _one(array: np.ndarray, config: CompressConfig) -> None:
    decompress(compress({"warm": array}, config))
