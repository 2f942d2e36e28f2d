"""Weights to store: matrices that packages on PyPI ship, one that is trained here, and random ones."""

import importlib.util
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["SOURCES", "Source", "load"]

COLUMNS = 1024
"""Columns of random matrices."""


@dataclass(frozen=True, eq=False)
class Source:
    """A matrix of weights.

    Attributes:
        name: for tables.
        weights: float32 or float16, two-dimensional, as it was found.
        real: whether it was trained.
    """

    name: str
    weights: np.ndarray
    real: bool


def load(weights: int, packages: Path | None, names: list[str] | None = None) -> tuple[list[Source], list[str]]:
    """Load the sources.

    Args:
        weights: the most weights of a source; larger matrices are cut after whole rows.
        packages: a folder with wheels that need not be installed.
        names: of the sources to load; None: all.

    Returns:
        The sources, and for each that is missing a line that says what to install.
    """
    found, missing = [], []
    for name, (read, real, remedy) in SOURCES.items():
        if names and name not in names:
            continue
        matrix = read(weights, packages)
        if matrix is None:
            missing.append(f"{name} is left out: {remedy}")
            continue
        rows = max(1, min(len(matrix), weights // matrix.shape[1]))
        found.append(Source(name, np.ascontiguousarray(matrix[:rows]), real))
    return found, missing


def _files(package: str, inner: str, packages: Path | None) -> Iterator[bytes]:
    """Read the files of a package that match a pattern, from its wheel or an installation, without importing it."""
    for wheel in sorted(packages.glob("*.whl")) if packages else []:
        with zipfile.ZipFile(wheel) as archive:
            entries = [entry for entry in archive.namelist() if Path(entry).match(f"{package}/{inner}")]
            yield from map(archive.read, entries)
            if entries:
                return
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield from (path.read_bytes() for path in sorted(Path(folder).glob(inner)))


def embedding(weights: int, packages: Path | None) -> np.ndarray | None:
    """The embedding of words that wordllama ships: 32,000×256, float16."""
    from safetensors.numpy import load as read

    for octets in _files("wordllama", "weights/*256.safetensors", packages):
        return max(read(octets).values(), key=lambda array: array.size)
    return None


def onnx_matrix(package: str, inner: str) -> Callable[[int, Path | None], np.ndarray | None]:
    """Make a reader of the largest float32 matrix in a package's ONNX files; kernels become rows of a matrix."""

    def read(weights: int, packages: Path | None) -> np.ndarray | None:
        try:
            import onnx
        except ImportError:
            return None
        best = None
        for octets in _files(package, inner, packages):
            for tensor in onnx.load_model(io.BytesIO(octets)).graph.initializer:
                size = int(np.prod(tensor.dims))
                if (
                    tensor.data_type == onnx.TensorProto.FLOAT
                    and len(tensor.dims) > 1
                    and (best is None or size > best.size)
                ):
                    best = onnx.numpy_helper.to_array(tensor)
        return None if best is None else best.reshape(len(best), -1)

    return read


def perceptron(weights: int, packages: Path | None) -> np.ndarray | None:
    """The middle layer of a perceptron that is trained on scikit-learn's handwritten digits."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.neural_network import MLPClassifier
    except ImportError:
        return None
    digits = load_digits()
    side = min(COLUMNS, int(np.sqrt(weights)))
    model = MLPClassifier((side, side), batch_size=64, max_iter=6, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it does not converge in so few rounds
        model.fit((digits.data / 16).astype(np.float32), digits.target)
    return model.coefs_[1].astype(np.float32)


def random(draw: Callable[[np.random.Generator, int], np.ndarray]) -> Callable[[int, Path | None], np.ndarray | None]:
    """Make a reader of random weights."""
    return lambda weights, packages: (
        draw(np.random.default_rng(0), weights // COLUMNS * COLUMNS).reshape(-1, COLUMNS) * 0.02
    ).astype(np.float32)


SOURCES = {
    "embedding": (embedding, True, "pip install wordllama, or give --packages a folder with its wheel"),
    "OCR head": (
        onnx_matrix("rapidocr", "models/*.onnx"),
        True,
        "pip install onnx rapidocr, or give --packages a folder with the wheel of rapidocr",
    ),
    "magika": (
        onnx_matrix("magika", "models/*/*.onnx"),
        True,
        "pip install onnx magika, or give --packages a folder with the wheel of magika",
    ),
    "perceptron": (perceptron, True, "pip install scikit-learn"),
    "Gaussian": (random(lambda rng, size: rng.standard_normal(size)), False, ""),
    "Laplace": (random(lambda rng, size: rng.laplace(size=size)), False, ""),
    "Student t": (random(lambda rng, size: rng.standard_t(4, size)), False, ""),
}
"""By name: how a source is read, whether it was trained, and what to do where it is missing."""
