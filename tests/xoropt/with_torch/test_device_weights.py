"""The decoder in operations of torch, run on the CPU, gives the weights that the others give."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_examples import NETWORKS, Kind, random_tensor, rows_of_classes

import xoropt

torch = pytest.importorskip("torch", reason="needs torch: pip install 'xoropt[torch]'")

KINDS = st.builds(
    Kind,
    shape=st.tuples(st.integers(1, 40), st.integers(1, 150)),
    dtype=st.sampled_from([np.float32, np.float16, ml_dtypes.bfloat16, np.int8]),
    planes=st.integers(0, 5),
    density=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    network=st.sampled_from(NETWORKS),
    codec=st.sampled_from(["auto", "bitmap", "prefix", "entropy"]),
    by_row=st.booleans(),
)


def check(tensor, cls=None):
    from xoropt.torch.device_weights import device_weights
    from xoropt.torch.foreign_dtypes import to_torch

    made = device_weights(tensor, torch.device("cpu"))
    assert torch.equal(made.decode(), to_torch(xoropt.decompress_tensor(tensor)))
    assert cls is None or {type(plane).__name__ for plane in made.planes} == {cls}


@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
@settings(max_examples=40)
@given(KINDS)
def test_every_kind_of_tensor(kind):
    check(random_tensor(kind))


@pytest.mark.parametrize("network", ["auto", "windowed:n_in=8,n_out=26,window=64"])
def test_rows_of_512_lanes_in_several_segments(network):
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((700, 800)).astype(np.float32)
    tensor = xoropt.compress({"w": weights}, sparsity=0.7, bits=1, network=network, patches="greedy")["w"]
    check(tensor, "StreamPlane")


def test_fields_of_floats():
    weights = np.random.default_rng(0).standard_normal((60, 70)).astype(ml_dtypes.bfloat16)
    check(xoropt.compress({"w": weights})["w"])


@pytest.mark.parametrize("dtype", [np.int8, ml_dtypes.bfloat16, np.float16, np.float32])
def test_classes_of_rows(dtype):
    from xoropt.torch import XorLinear

    tensor = rows_of_classes(dtype)
    check(tensor)
    layer, x = XorLinear(tensor), torch.ones(3, 700)
    assert layer.weight.view(torch.uint8).numpy().tobytes() == xoropt.decompress_tensor(tensor).tobytes()
    expected = x.double() @ layer.weight.double().T
    torch.testing.assert_close(layer(x).double(), expected, rtol=1e-4, atol=1e-3)


def test_a_device_without_words():
    from xoropt.torch.device_weights import device_weights

    tensor = xoropt.compress({"w": np.eye(64, dtype=np.float32)})["w"]
    with pytest.raises(xoropt.XoroptError, match="'meta' holds no weights"):
        device_weights(tensor, torch.device("meta"))


def test_a_layer_on_another_device(compressed, twin, monkeypatch):
    """The way of other devices, forced on the CPU."""
    from torch.nn import functional

    from xoropt.torch import layers

    monkeypatch.setattr(layers, "_multiply", lambda x, layer: functional.linear(x, layers._decoded(layer).to(x.dtype)))
    x = torch.randn(3, 200)
    torch.testing.assert_close(compressed(x), twin(x))
