"""Files as state dicts, and compressed layers in the place of dense ones."""

import numpy as np
import pytest
from safetensors.numpy import save_file
from torch_models import dense_twin, three_layers

import xoropt

torch = pytest.importorskip("torch", reason="needs torch: pip install 'xoropt[torch]'")


@pytest.fixture
def file(tmp_path):
    """A compressed file of the network, and the network with its weights."""
    from xoropt.torch import load_model

    model = three_layers()
    tensors = {name: value.numpy() for name, value in model.state_dict().items()}
    path = tmp_path / "model.safetensors"
    xoropt.save(xoropt.compress(tensors, sparsity=0.5, bits=1, patches="greedy"), path)
    assert str(load_model(model, path)) == "<All keys matched successfully>"
    return path, model


def test_load_file(file):
    from xoropt.torch import load_file

    path, model = file
    state = load_file(path)
    assert list(state) == list(model.state_dict())
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_replace_linears(file, device):
    from xoropt.torch import XorLinear, replace_linears

    path, model = file
    with torch.device(device):
        made = three_layers()
    made = replace_linears(made, path)
    assert [type(layer) is XorLinear for layer in made] == [True, False, True, False, False]
    x = torch.randn(4, 200)
    torch.testing.assert_close(made(x), model(x))
    torch.testing.assert_close(made(x), dense_twin(made)(x))


def test_files_that_do_not_fit(file):
    from xoropt.torch import replace_linears

    path, _ = file
    with pytest.raises(xoropt.FormatError, match=r"lacks '5\.weight'"):
        replace_linears(torch.nn.Sequential(*three_layers(), torch.nn.Linear(7, 3)), path)
    with pytest.raises(xoropt.FormatError, match=r"has '4\.weight', which the model lacks"):
        replace_linears(three_layers()[:4], path)
    with pytest.raises(xoropt.FormatError, match=r"Layer '0' is \(300, 100\), but"):
        replace_linears(torch.nn.Sequential(torch.nn.Linear(100, 300), *three_layers()[1:]), path)


def test_layers_that_are_not_replaced():
    from xoropt.torch import compress_module

    settings = {"sparsity": 0.8, "bits": 1, "patches": "greedy"}
    layer = torch.nn.Linear(64, 64)
    with pytest.raises(xoropt.ArgumentError, match=r"Layer '0' is shared: it is '1', too; .*exclude=\('0.weight',\)"):
        compress_module(torch.nn.Sequential(layer, layer), **settings)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.Linear(64, 64))
    handle = model[1].register_forward_hook(lambda *_: None)
    with pytest.raises(xoropt.ArgumentError, match="'1' has hooks"):
        compress_module(model, **settings)
    assert type(model[0]) is torch.nn.Linear
    handle.remove()
    model[1].weight = model[0].weight
    with pytest.raises(xoropt.ArgumentError, match=r"weight of layer '0' is shared with '1\.weight'"):
        compress_module(model, **settings)
    model[1] = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(64, 64))
    compress_module(model, **settings)
    assert type(model[0]).__name__ == "XorLinear"
    with torch.device("meta"), pytest.raises(xoropt.ArgumentError, match="'meta'"):
        compress_module(torch.nn.Linear(64, 64), **settings)


def test_a_model_that_is_one_layer():
    from xoropt.torch import compress_module

    layer = compress_module(torch.nn.Linear(64, 64), sparsity=0.5, bits=1, patches="greedy")
    assert type(layer).__name__ == "XorLinear"


def test_files_that_are_not_compressed(tmp_path):
    from xoropt.torch import load_file

    save_file({"w": np.ones(3, np.float32)}, tmp_path / "plain.safetensors")
    with pytest.raises(xoropt.FormatError, match="compress it first"):
        load_file(tmp_path / "plain.safetensors")
