"""Complex weights are stored as their real and imaginary parts, and come back bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

import xoropt
from xoropt.model.file.tensor_entries import describe_tensor, restore_tensor
from xoropt.quantize import dequantize, recognize


def complex_weights(shape=(60, 100), pruned=0.0, kind=np.float32):
    rng = np.random.default_rng(0)
    parts = rng.standard_normal((*shape, 2)).astype(kind).astype(np.float32)
    weights = parts.view(np.complex64)[..., 0]
    return np.where(rng.random(shape) < pruned, np.complex64(0), weights)


@pytest.mark.parametrize("shape", [(60, 100), (3, 40, 50), (6000,)])
@pytest.mark.parametrize("pruned", [0.0, 0.9])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_complex_weights_come_back(tmp_path, shape, pruned, kind):
    weights = complex_weights(shape, pruned, kind)
    xoropt.save(xoropt.compress({"w": weights}), tmp_path / "w")
    tensor = xoropt.load(tmp_path / "w")["w"]
    assert tensor.pairs
    assert (tensor.shape, tensor.dtype) == (shape, np.complex64)
    for decoder in ("numpy", "compiled"):
        assert xoropt.decompress_tensor(tensor, decoder).tobytes() == weights.tobytes()
        for rows in (slice(0, 1), slice(1, 3), slice(2, 2)):
            part = xoropt.decompress_tensor(tensor, decoder, rows=rows)
            assert part.shape == weights[rows].shape
            assert part.tobytes() == weights[rows].tobytes()
    assert (tmp_path / "w").stat().st_size < (0.97 if kind == np.float32 else 0.6) * weights.nbytes * (
        1 - pruned
    ) + 1800
    assert xoropt.verify(tmp_path / "w", {"w": weights})[0].exact
    figures = xoropt.report(xoropt.load(tmp_path / "w")).tensors["w"]
    assert figures.kind.endswith("in pairs")
    assert figures.weights == weights.size
    assert figures.bits_per_weight > 0.99 * figures.bound


def test_few_complex_values_keep_their_codebook():
    weights = np.round(complex_weights()).astype(np.complex64)
    quantized = recognize(weights)
    assert dequantize(quantized).tobytes() == weights.tobytes()
    assert xoropt.decompress(xoropt.compress({"w": weights}))["w"].tobytes() == weights.tobytes()


def test_a_single_complex_number():
    weights = np.array(1 + 2j, dtype=np.complex64)
    assert xoropt.decompress(xoropt.compress({"w": weights}))["w"].tobytes() == weights.tobytes()


def test_a_product_is_refused():
    tensor = xoropt.compress({"w": complex_weights()})["w"]
    with pytest.raises(xoropt.ArgumentError, match="matrix of real numbers"):
        xoropt.matvec(tensor, np.ones(100, np.float32))


@pytest.mark.parametrize(
    "change",
    [
        {"pairs": "F16"},
        {"pairs": None},
        {"dtype": "F32"},
        {"shape": [60, 200]},
        {"shape": []},
        {"scaled": ["I8", 100, 1, 100]},
    ],
)
def test_forged_pairs_are_refused(change):
    entry, parts = describe_tensor(xoropt.compress({"w": complex_weights()})["w"])
    with pytest.raises((xoropt.FormatError, xoropt.DecodeError)):
        restore_tensor(entry | change, parts)


def test_an_older_reader_refuses_them():
    for weights in (complex_weights(), complex_weights(pruned=0.9)):
        entry, parts = describe_tensor(xoropt.compress({"w": weights})["w"])
        del entry["pairs"]
        with pytest.raises(xoropt.FormatError, match="values"):
            restore_tensor(entry, parts)


def test_pairs_of_other_numbers_are_refused():
    tensor = xoropt.compress({"w": complex_weights().real.copy()})["w"]
    with pytest.raises(xoropt.DecodeError, match="planes have the shape"):
        xoropt.decompress_tensor(replace(tensor, pairs=True))
