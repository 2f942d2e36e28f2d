"""The demonstration: a real network on real data, pruned, quantized, stored, read back and compared.

A fully connected network 64–800–500–10 on handwritten digits; its second layer has the 800×500 weights of the paper's
LeNet-5 FC1. `training` trains it.
"""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.cli.demo.predicting import PredictionTimes, classify, time_predictions
from xoropt.cli.demo.training import Trained, accuracy, train
from xoropt.common.errors import EncodeError, XoroptError
from xoropt.common.files import check_new, reason_of
from xoropt.common.tensor_files import read_safetensors, write_safetensors
from xoropt.model.compression import compress
from xoropt.model.config import CompressConfig
from xoropt.model.decompression import decompress
from xoropt.model.file.container import load, save
from xoropt.model.report import ModelReport, report
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor
from xoropt.model.verification import verify

__all__ = ["Accuracies", "DemoResult", "Layer", "RivalBits", "WrittenFile", "measure_rivals", "run"]

MARK = "xoropt demo"
"""The key of the metadata in which a file of the demonstration says its stage; such a file may be replaced."""


@dataclass(frozen=True)
class Accuracies:
    """The shares of test images that the network classifies correctly.

    Attributes:
        dense: before pruning.
        pruned: after pruning by magnitude.
        before: after quantizing, too, before anything is stored.
        after: with the weights read back from the compressed file.
        compressed: computed straight from the compressed file.
        low_rank: pruned with low-rank masks instead, quantized, stored and read back.
    """

    dense: float
    pruned: float
    before: float
    after: float
    compressed: float
    low_rank: float


@dataclass(frozen=True)
class RivalBits:
    """The bits that a pruned, quantized matrix takes in other formats.

    Attributes:
        csr: SciPy's CSR matrix as it is, with float32 values and int32 indices.
        csr_packed: CSR with its indices in the fewest bits and n_q bits for each value.
        bitmap: one bit for each weight and n_q bits for each kept weight.
        zstd: zstd of level 19, the smaller of two: one byte for each weight (the number of its value), or its float32.
    """

    csr: int
    csr_packed: int
    bitmap: int
    zstd: int


@dataclass(frozen=True)
class Layer:
    """What was measured for one layer besides its sizes.

    Attributes:
        sparsity: the share of its weights that is zero.
        encode_seconds: the time to compress it.
        decode_seconds: the time to decompress it.
        rivals: its size in other formats.
    """

    sparsity: float
    encode_seconds: float
    decode_seconds: float
    rivals: RivalBits


@dataclass(frozen=True)
class WrittenFile:
    """A file that the demonstration wrote: its path and size in bytes."""

    path: str
    bytes: int


@dataclass(frozen=True)
class DemoResult:
    """What the demonstration found; there is one only where every weight came back bit for bit.

    Attributes:
        accuracies: of the network at every stage.
        predictions: how long the network takes for one image, and for all test images at once.
        layers: what was measured for each layer, by name.
        sizes: where the bits of the compressed file go.
        low_rank_sizes: the same for the network with low-rank masks.
        files: what was written, by stage: dense, quantized, compressed.
    """

    accuracies: Accuracies
    predictions: list[PredictionTimes]
    layers: dict[str, Layer]
    sizes: ModelReport
    low_rank_sizes: ModelReport
    files: dict[str, WrittenFile]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as `xoropt demo --json` prints them."""
        shares = asdict(self.accuracies)
        low_rank = {"accuracy": shares.pop("low_rank")}
        sizes, low_rank_sizes = self.sizes.to_dict(), self.low_rank_sizes.to_dict()
        tensors = {}
        for name, figures in self.sizes.tensors.items():
            layer = self.layers[name]
            tensors[name] = figures.to_dict() | {
                "sparsity": layer.sparsity,
                "ratio_to_float32": 32 / figures.bits_per_weight,
                "encode_seconds": layer.encode_seconds,
                "decode_seconds": layer.decode_seconds,
            }
        return {
            **{f"accuracy_{stage}": share for stage, share in shares.items()},
            "lossless": True,
            "predictions": [asdict(times) for times in self.predictions],
            **sizes,
            "tensors": tensors,
            "rivals": {name: asdict(layer.rivals) for name, layer in self.layers.items()},
            "low_rank": low_rank | {key: low_rank_sizes[key] for key in ("tensors", "total")},
            "files": {stage: asdict(file) for stage, file in self.files.items()},
        }


def run(
    out: Path | None = None,
    config: CompressConfig | None = None,
    overwrite: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> DemoResult:
    """Run the whole demonstration.

    Args:
        out: the folder for dense.safetensors, quantized.safetensors and compressed.safetensors, made when missing;
            None: xoropt-demo.
        config: how to compress; the tensors are quantized already.
        overwrite: replace files that exist; those of an earlier demonstration are replaced in any case.
        progress: called while training, with the stage, the epochs done and all epochs.

    Raises:
        XoroptError: a file exists that no demonstration wrote, or a package is missing.
        EncodeError: a weight did not come back; never expected.
    """
    folder = Path("xoropt-demo") if out is None else out
    paths = {stage: folder / f"{stage}.safetensors" for stage in ("dense", "quantized", "compressed")}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise XoroptError(f"{folder}: {reason_of(error)}; name another folder with --out.") from None
    for stage, path in paths.items():
        _check_replaceable(path, stage, overwrite)
    config = config or CompressConfig()
    trained = train(progress=progress)
    for stage, tensors in (("dense", trained.dense), ("quantized", trained.quantized)):
        _check_replaceable(paths[stage], stage, overwrite)  # again: training has taken a while
        write_safetensors(paths[stage], tensors, {MARK: stage}, overwrite=os.path.lexists(paths[stage]))

    # Load the compiled code first; a search that takes long is for one layer.
    warm = trained.quantized if config.chooses_network else {"warm up": trained.quantized["fc3.weight"]}
    _decompress_one_by_one(_compress_one_by_one(warm, config)[0])
    made, encode_seconds = _compress_one_by_one(trained.quantized, config)
    made = replace(made, metadata={MARK: "compressed"})
    _check_replaceable(paths["compressed"], "compressed", overwrite)
    save(made, paths["compressed"], overwrite=os.path.lexists(paths["compressed"]))
    model = load(paths["compressed"])
    restored, decode_seconds = _decompress_one_by_one(model)
    _check_lossless(model, trained.quantized)
    low_rank = compress(trained.low_rank, config, factors=trained.factors)
    _check_lossless(low_rank, trained.low_rank)

    sizes = report(model, paths["compressed"])
    layers = {}
    for name, figures in sizes.tensors.items():
        weights = trained.quantized[name]
        layers[name] = Layer(
            sparsity=1 - np.count_nonzero(weights) / weights.size,
            encode_seconds=encode_seconds[name],
            decode_seconds=decode_seconds[name],
            rivals=measure_rivals(weights, figures.planes),
        )
    return DemoResult(
        accuracies=_accuracies(trained, restored, model, low_rank),
        predictions=time_predictions(model, restored, trained.images),
        layers=layers,
        sizes=sizes,
        low_rank_sizes=report(low_rank),
        files={stage: WrittenFile(str(path), path.stat().st_size) for stage, path in paths.items()},
    )


def measure_rivals(weights: np.ndarray, planes: int) -> RivalBits:
    """Store a pruned matrix, quantized to `planes` planes, in other formats and count the bits."""
    import zstandard
    from scipy.sparse import csr_matrix

    kept = int(np.count_nonzero(weights))
    csr = csr_matrix(weights)
    index_bits = max(1, (weights.shape[1] - 1).bit_length()) * kept + weights.shape[0] * kept.bit_length()
    codes = np.unique(weights, return_inverse=True)[1].astype(np.uint8).tobytes()
    squeeze = zstandard.ZstdCompressor(level=19).compress
    return RivalBits(
        csr=8 * (csr.data.nbytes + csr.indices.nbytes + csr.indptr.nbytes),
        csr_packed=index_bits + planes * kept,
        bitmap=weights.size + planes * kept,
        zstd=8 * min(len(squeeze(codes)), len(squeeze(weights.tobytes()))),
    )


def _check_replaceable(path: Path, stage: str, overwrite: bool) -> None:
    """Raise XoroptError unless `path` is new or from an earlier demonstration, or `overwrite` is set."""
    check_new(path, overwrite=True)
    if os.path.lexists(path) and not overwrite and not _is_from_a_demo(path, stage):
        raise XoroptError(
            f"{path}: exists already and is not from an earlier demo; "
            "name another folder with --out, or pass --force to replace it."
        )


def _is_from_a_demo(path: Path, stage: str) -> bool:
    """Return whether a demonstration wrote the file at `path` as the file of this stage."""
    try:
        metadata = load(path).metadata if stage == "compressed" else read_safetensors(path)[1]
    except XoroptError:
        return False
    return metadata.get(MARK) == stage


def _compress_one_by_one(
    tensors: dict[str, np.ndarray], config: CompressConfig
) -> tuple[CompressedModel, dict[str, float]]:
    """Compress tensor by tensor; return the model and the seconds for each tensor."""
    compressed: dict[str, CompressedTensor | UncompressedTensor] = {}
    seconds = {}
    for name, array in tensors.items():
        begin = time.perf_counter()
        compressed |= compress({name: array}, config).tensors
        seconds[name] = time.perf_counter() - begin
    return CompressedModel(compressed), seconds


def _decompress_one_by_one(model: CompressedModel) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Decompress tensor by tensor; return the tensors and the seconds for each."""
    restored: dict[str, np.ndarray] = {}
    seconds = {}
    for name, tensor in model.tensors.items():
        begin = time.perf_counter()
        restored |= decompress(CompressedModel({name: tensor}))
        seconds[name] = time.perf_counter() - begin
    return restored, seconds


def _check_lossless(model: CompressedModel, tensors: dict[str, np.ndarray]) -> None:
    if not all(check.lossless for check in verify(model, tensors)):
        raise EncodeError("the demo's weights did not come back as they were; please report this.")


def _accuracies(
    trained: Trained, restored: dict[str, np.ndarray], model: CompressedModel, low_rank: CompressedModel
) -> Accuracies:
    images, digits = trained.images, trained.digits
    return Accuracies(
        dense=accuracy(trained.dense, images, digits),
        pruned=accuracy(trained.pruned, images, digits),
        before=accuracy(trained.quantized, images, digits),
        after=accuracy(restored, images, digits),
        compressed=float((classify(model, images) == digits).mean()),
        low_rank=accuracy(decompress(low_rank), images, digits),
    )
