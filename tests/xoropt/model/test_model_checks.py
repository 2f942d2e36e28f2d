"""What no file can hold is refused before anything is encoded, and what `load` would refuse is not written."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import xoropt
from xoropt import ArgumentError, CompressedModel, UncompressedTensor
from xoropt.model.checks import array_of

TERNARY = np.where(np.arange(64 * 64).reshape(64, 64) % 7 == 0, 1, 0).astype(np.float32)

REFUSED = {
    "a name that is a number": ({1: TERNARY}, {}, "Names of tensors must be text, not 1"),
    "a name that is a tuple": ({("a", 1): TERNARY}, {}, r"Names of tensors must be text, not \('a', 1\)"),
    "half a character": ({"\ud800": TERNARY}, {}, "holds half a character"),
    "metadata of numbers": ({"w": TERNARY}, {"step": 3}, "Metadata must be text by name, but 'step' is 3"),
    "metadata of None": ({"w": TERNARY}, {"step": None}, "'step' is None; convert it with str()"),
    "a key that is a number": ({"w": TERNARY}, {7: "x"}, "the key 7 is not"),
    "half a character in metadata": ({"w": TERNARY}, {"a": "\udfff"}, "half a character, which UTF-8 lacks, at 'a'"),
    "40 axes": ({"w": np.zeros((1,) * 39 + (2048,), np.float32)}, {}, "'w': it has 40 dimensions; at most 32"),
    "33 axes of a tiny tensor": ({"w": np.zeros((1,) * 33, np.float32)}, {}, "'w': it has 33 dimensions"),
    "objects": ({"w": np.array([None, 1])}, {}, "'w': the dtype object has no place .* no array of numbers"),
    "None": ({"w": None}, {}, "'w': the dtype object"),
    "text": ({"w": np.array(["a"])}, {}, "'w': the dtype <U1 has no place"),
    "long doubles": ({"w": np.ones((40, 40), np.longdouble)}, {}, "'w': the dtype .* convert it to one that has"),
    "complex numbers of 128 bits": ({"w": np.ones((40, 40), np.complex128)}, {}, "'w': the dtype complex128"),
    "masked": ({"w": np.ma.array(TERNARY, mask=TERNARY == 0)}, {}, r"'w' is a masked array; fill it first"),
    "sparse": ({"w": csr_matrix(TERNARY)}, {}, r"'w' is a sparse matrix; .*toarray"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_file_can_hold_is_refused_at_once(name, monkeypatch):
    tensors, metadata, word = REFUSED[name]
    monkeypatch.setattr("xoropt.model.compression.store", None)  # nothing gets so far
    with pytest.raises(ArgumentError, match=word) as caught:
        xoropt.compress(tensors, metadata=metadata)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in ("masked", "sparse")])
def test_a_model_made_by_hand_is_refused_when_saved(name, tmp_path):
    tensors, metadata, _ = REFUSED[name]
    held = {key: UncompressedTensor(np.asarray(value), "by hand") for key, value in tensors.items()}
    with pytest.raises((ArgumentError, xoropt.FormatError)):
        xoropt.save(CompressedModel(held, metadata), tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_what_loses_nothing_is_taken():
    assert array_of("w", [[1.5, 2.0]]).dtype == np.float64
    assert array_of("w", np.arange(3, dtype=">i4")).dtype == np.dtype("=i4")
    assert array_of("w", np.float32(2)).shape == ()
    assert array_of("w", np.zeros((1,) * 32, np.int8)).ndim == 32


def test_32_axes_go_through_a_file(tmp_path):
    tensors = {"w": TERNARY.reshape((1,) * 31 + (4096,)), "small": np.ones((1,) * 32, np.int8)}
    xoropt.save(xoropt.compress(tensors), tmp_path / "model")
    restored = xoropt.decompress(tmp_path / "model")
    assert all(restored[name].tobytes() == array.tobytes() for name, array in tensors.items())
    assert all(restored[name].shape == array.shape for name, array in tensors.items())


def test_what_load_would_refuse_is_not_written(tmp_path):
    model = xoropt.compress({"w": TERNARY})
    tensor = model.tensors["w"]
    wrong = {
        "shape": replace(tensor, shape=(32, 128)),
        "quantization": replace(tensor, quantization={"bits": [1]}),
        "mask": replace(tensor, mask_parts={"mask": np.zeros((2, 2), np.uint8)}),
    }
    for what, damaged in wrong.items():
        with pytest.raises(xoropt.XoroptError, match="tensor 'w'"):
            xoropt.save(CompressedModel({"w": damaged}), tmp_path / what)
    assert not list(tmp_path.iterdir())
