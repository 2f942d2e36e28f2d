"""Layers that multiply from the compressed form."""

import copy
import io

import numpy as np
import pytest

import xoropt

torch = pytest.importorskip("torch", reason="needs torch: pip install 'xoropt[torch]'")


def test_outputs_and_gradients_are_those_of_the_dense_layers(compressed, twin):
    x = torch.randn(3, 5, 200, requires_grad=True)
    other = x.detach().clone().requires_grad_()
    y, z = compressed(x), twin(other)
    torch.testing.assert_close(y, z)
    y.square().sum().backward()
    z.square().sum().backward()
    torch.testing.assert_close(x.grad, other.grad)
    torch.testing.assert_close(compressed[2].bias.grad, twin[2].bias.grad)


def test_the_weights_take_what_the_file_takes(compressed):
    layer = compressed[0]
    stored = sum(part.nbytes for name, part in layer.state_dict().items() if name.startswith("weight_"))
    assert stored < 0.25 * 300 * 200  # two bits at S = 0.8
    assert [name for name, _ in layer.named_parameters()] == ["bias"]
    assert f"bits_per_weight={8 * stored / 60000:.2f}" in repr(layer)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_dtypes(compressed, twin, dtype):
    layer = copy.deepcopy(compressed).to(dtype)
    x = torch.randn(4, 200)
    y = layer(x.to(dtype))
    assert y.dtype == dtype
    torch.testing.assert_close(y.float(), twin(x), rtol=2e-2, atol=2e-2)
    assert torch.equal(layer[0].weight, compressed[0].weight)


def test_state_dicts_of_other_sizes(compressed):
    from xoropt.torch import compress_module

    x = torch.randn(2, 200)
    file = io.BytesIO()
    torch.save(compressed.state_dict(), file)
    file.seek(0)
    other = compress_module(copy.deepcopy(dense(compressed)), sparsity=0.5, bits=1, patches="greedy")
    before = other(x)
    assert str(other.load_state_dict(torch.load(file))) == "<All keys matched successfully>"
    assert torch.equal(other(x), compressed(x))
    assert not torch.equal(other(x), before)
    state = compressed.state_dict()
    del state["0.weight_seeds"]
    with pytest.raises(xoropt.FormatError, match=r"'0\.weight_seeds' is missing"):
        other.load_state_dict(state)


def dense(compressed):
    layers = [
        torch.nn.Linear(one.in_features, one.out_features) if hasattr(one, "in_features") else one for one in compressed
    ]
    return torch.nn.Sequential(*layers)


def test_a_state_of_another_shape(compressed):
    with pytest.raises(xoropt.FormatError, match="130 × 300, not"):
        compressed[2].load_state_dict(compressed[0].state_dict())


def test_whole_models_are_saved(compressed):
    file = io.BytesIO()
    torch.save(compressed, file)
    file.seek(0)
    again = torch.load(file, weights_only=False)
    x = torch.randn(2, 200)
    assert torch.equal(again(x), compressed(x))


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_the_surrounding_model_is_compiled(compressed):
    x = torch.randn(2, 200)
    made = torch.compile(compressed, backend="eager")
    torch.testing.assert_close(made(x), compressed(x))


def test_empty_batches_and_not_a_number(compressed):
    assert compressed(torch.zeros(0, 200)).shape == (0, 7)
    x = torch.zeros(2, 200)
    x[1, 3] = torch.nan
    with np.errstate(invalid="ignore"):
        y = compressed[0](x)
    assert torch.isfinite(y[0]).all()
    assert torch.isnan(y[1]).all()


def test_no_training(compressed):
    layer = compressed[0]
    with pytest.raises(xoropt.ArgumentError, match="cannot be trained"):
        layer.requires_grad_()
    with pytest.raises(xoropt.ArgumentError, match="cannot be set"):
        layer.weight = torch.zeros(300, 200)
    assert not layer.requires_grad_(False).bias.requires_grad
    compressed.train()


@pytest.mark.parametrize("x", [torch.zeros(3), torch.zeros(200, dtype=torch.int64)])
def test_inputs_that_do_not_fit(compressed, x):
    with pytest.raises(xoropt.ArgumentError, match=r"must be floats \(…, 200\)"):
        compressed[0](x)


def test_arguments():
    from xoropt.torch import XorLinear

    tensor = xoropt.compress({"w": np.eye(64, dtype=np.float32)})["w"]
    with pytest.raises(xoropt.ArgumentError, match=r"shape \(64,\)"):
        XorLinear(tensor, torch.zeros(3))
    with pytest.raises(xoropt.ArgumentError, match="compressed matrix"):
        XorLinear(torch.eye(3))
    with pytest.raises(xoropt.ArgumentError, match="'cache'"):
        XorLinear(tensor, cache="all")
    x = torch.randn(3, 64)
    for cache in ("mask", "bits"):
        torch.testing.assert_close(XorLinear(tensor, cache=cache)(x), x)


def test_layers_on_the_device_meta_are_refused(compressed):
    layer = copy.deepcopy(compressed[0]).to("meta")
    with pytest.raises(xoropt.XoroptError, match="'meta' holds no weights"):
        layer(torch.ones(3, 200, device="meta"))
