"""Models and tensors say in few lines what they are."""

import numpy as np

import xoropt


def test_texts_are_short():
    rng = np.random.default_rng(0)
    tensors = {f"w{i}": rng.choice([0, 0.5, -0.5], (64, 64)).astype(np.float32) for i in range(25)}
    model = xoropt.compress(tensors | {"b": np.ones(3, np.float32)})
    lines = repr(model).splitlines()
    assert lines[0] == "<CompressedModel of 26 tensors>"
    assert lines[1].startswith("  w0: <CompressedTensor [64, 64] float32 in ")
    assert (len(lines), lines[-1]) == (22, "  and 6 more")
    assert [(name, tensor is model[name]) for name, tensor in model.items()] == [(name, True) for name in model]
    assert repr(model["b"]) == "<UncompressedTensor [3] float32 in 12 bytes: fewer than 1024 weights>"
    assert repr(xoropt.compress({"w": tensors["w0"]})).startswith("<CompressedModel of 1 tensor>\n  w: <Compressed")
