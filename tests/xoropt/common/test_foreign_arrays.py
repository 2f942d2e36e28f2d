"""Tensors of torch: as arrays of the same bits, for every dtype. Where torch is missing, a stand-in takes its place."""

import sys
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest

import xoropt
from xoropt.common.foreign_arrays import to_numpy


class StandIn:
    """The part of `torch.Tensor` that is used; `numpy` refuses the dtypes of ml_dtypes, as torch does."""

    def __init__(self, array, parameter=False, **attributes):
        self.array, self.parameter = array, parameter
        self.layout, self.is_quantized, self.device = "strided", False, SimpleNamespace(type="cpu")
        self.dtype = f"torch.{array.dtype.name}"
        self.__dict__.update(attributes)

    def detach(self):
        return StandIn(self.array, **{k: v for k, v in self.__dict__.items() if k not in ("array", "parameter")})

    def numpy(self):
        if self.parameter:
            raise RuntimeError("Can't call numpy() on a tensor that requires grad.")
        if self.array.dtype.kind == "V" or self.array.dtype.name.startswith(("bfloat", "float8")):
            raise TypeError("Got unsupported ScalarType")
        return self.array

    def view(self, dtype):
        return StandIn(self.array.view(dtype))

    def element_size(self):
        return self.array.itemsize

    cpu = contiguous = resolve_conj = resolve_neg = lambda self: self


@pytest.fixture
def torch(monkeypatch):
    module = SimpleNamespace(Tensor=StandIn, strided="strided", uint8=np.uint8, int16=np.int16, int32=np.int32)
    monkeypatch.setitem(sys.modules, "torch", module)
    return module


DTYPES = ["float32", "float64", "float16", "int8", "bool", "bfloat16", "float8_e4m3fn", "float8_e5m2"]


@pytest.mark.parametrize("parameter", [False, True])
@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype(name, parameter, torch):
    dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
    array = np.random.default_rng(0).choice([0.0, 1.0, 2.0], (40, 50)).astype(dtype)
    same = to_numpy(StandIn(array, parameter))
    assert (same.dtype, same.tobytes()) == (dtype, array.tobytes())
    model = xoropt.compress({"w": StandIn(array, parameter)})
    assert isinstance(model["w"], xoropt.CompressedTensor)
    assert all(check.exact for check in xoropt.verify(model, {"w": StandIn(array, parameter)}))


def test_what_has_no_memory(torch):
    array = np.ones((2, 2), np.float32)
    for attributes, word in (
        ({"layout": "sparse_coo"}, "to_dense"),
        ({"is_quantized": True}, "dequantize"),
        ({"device": SimpleNamespace(type="meta")}, "has no values"),
    ):
        with pytest.raises(xoropt.ArgumentError, match=f"Tensor 'w': .*{word}"):
            xoropt.compress({"w": StandIn(array, **attributes)})
    with pytest.raises(xoropt.ArgumentError, match=r"'w': .*quint4x2, which no array can have"):
        xoropt.compress({"w": StandIn(array.astype(ml_dtypes.bfloat16), dtype="torch.quint4x2")})


def test_products_and_planes(torch):
    rng = np.random.default_rng(0)
    bits, care = rng.random((8, 50)) < 0.5, rng.random((8, 50)) < 0.5
    encoded = xoropt.encode(StandIn(bits), StandIn(care), "block")
    assert not ((xoropt.decode(encoded) ^ bits) & care).any()
    x = rng.standard_normal(50).astype(np.float32)
    assert np.array_equal(xoropt.matvec(encoded, StandIn(x)), xoropt.matvec(encoded, x))


def test_torch_itself():
    torch = pytest.importorskip("torch", reason="torch is an extra, and not installed")
    for dtype in ("float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int8", "bool"):
        wanted = torch.tensor(np.random.default_rng(0).choice([0.0, 1.0, 2.0], (40, 50))).to(getattr(torch, dtype))
        made = to_numpy(torch.nn.Parameter(wanted) if wanted.is_floating_point() else wanted)
        assert made.dtype.name == dtype
        assert (made.astype(np.float64) == wanted.to(torch.float64).numpy()).all()
    assert xoropt.matvec(xoropt.compress({"w": torch.eye(64)})["w"], torch.ones(64)).tolist() == [1.0] * 64
    with pytest.raises(xoropt.ArgumentError, match="to_dense"):
        to_numpy(torch.eye(3).to_sparse())


def test_a_model_by_name():
    model = xoropt.compress({"fc.weight": np.eye(64, dtype=np.int8), "bias": np.arange(3)})
    assert model["fc.weight"] is model.tensors["fc.weight"]
    assert (list(model), len(model), "bias" in model, "x" in model) == (["fc.weight", "bias"], 2, True, False)
    with pytest.raises(KeyError, match=r"no tensor 'fc\.wieght'; the nearest name is 'fc\.weight'"):
        model["fc.wieght"]


def test_settings_as_keywords():
    weights = np.random.default_rng(0).standard_normal((50, 40)).astype(np.float32)
    config = xoropt.CompressConfig(sparsity=0.9, bits=2)
    for model in (xoropt.compress({"w": weights}, sparsity=0.9, bits=2), xoropt.compress({"w": weights}, config)):
        assert model["w"].quantization["bits"] == 2
    assert xoropt.compress({"w": weights}, config, bits=1)["w"].quantization["bits"] == 1
    with pytest.raises(
        xoropt.ArgumentError, match="'sparsety' is none that 'compress' takes; the nearest is 'sparsity'"
    ):
        xoropt.compress({"w": weights}, sparsety=0.9)
    with pytest.raises(xoropt.ArgumentError, match="'bits' must be from 1 to 8"):
        xoropt.compress({"w": weights}, bits=9)
