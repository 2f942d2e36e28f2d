"""Files as state dicts, and compressed layers in the place of dense ones."""

from pathlib import Path

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
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.Linear(64, 64))
    handle = model[1].register_forward_hook(lambda *_: None)
    with pytest.raises(xoropt.ArgumentError, match="'1' has hooks"):
        compress_module(model, **settings)
    assert type(model[0]) is torch.nn.Linear
    handle.remove()
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


class Tied(torch.nn.Module):
    """A model whose output layer has the weights of its embedding."""

    def __init__(self, tied=True):
        super().__init__()
        self.emb = torch.nn.Embedding(200, 64)
        self.hidden = torch.nn.Linear(64, 64)
        self.head = torch.nn.Linear(64, 200, bias=False)
        if tied:
            self.head.weight = self.emb.weight

    def forward(self, tokens):
        return self.head(torch.relu(self.hidden(self.emb(tokens))))


@pytest.fixture
def tied(tmp_path):
    """A tied model, and the file that `safetensors.torch.save_model` makes of it, compressed."""
    from safetensors.torch import load_file, save_model

    model = Tied()
    save_model(model, str(tmp_path / "plain.safetensors"))
    tensors = load_file(tmp_path / "plain.safetensors")
    assert len(tensors) == 3  # one of the two names
    xoropt.save(xoropt.compress(tensors), tmp_path / "small.safetensors")
    return model, tmp_path / "small.safetensors", next(iter({"emb.weight", "head.weight"} - tensors.keys()))


def test_tied_models(tied):
    from xoropt.torch import load_model

    model, path, missing = tied
    made, tokens = Tied(), torch.arange(9)
    assert str(load_model(made, path)) == "<All keys matched successfully>"
    assert made.head.weight is made.emb.weight
    assert torch.equal(made(tokens), model(tokens))
    with pytest.raises(RuntimeError, match=rf'Missing key\(s\).*"{missing}"'):
        load_model(Tied(tied=False), path)
    both = {name: value.numpy() for name, value in model.state_dict().items()}
    assert not any(load_model(Tied(), _saved(path, both)))
    del both["hidden.bias"]
    with pytest.raises(RuntimeError, match=r"hidden\.bias"):
        load_model(Tied(), _saved(path, both))


def _saved(path, tensors):
    xoropt.save(xoropt.compress(tensors), path, overwrite=True)
    return path


def test_what_is_said_of_files_of_pytorch(tmp_path, monkeypatch):
    """The advice works: for state dicts with tied weights, for parameters, and for whole models."""
    import safetensors.torch

    from xoropt.common.file_kinds import kind_of
    from xoropt.torch import load_model

    monkeypatch.chdir(tmp_path)
    model, tokens = Tied(), torch.arange(9)
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for content in (model.state_dict(), parameters, model):
        for new in (False, True):
            torch.save(content, "model.pt", _use_new_zipfile_serialization=new)
            tensors, whole = kind_of(Path("model.pt")).partition("tensors: ")[2].split("; of a whole model: ")
            said = (whole if content is model else tensors).replace("FILE", "'model.pt'")
            exec(said, {"torch": torch, "xoropt": xoropt, "safetensors": safetensors})
            if content is model:
                xoropt.compress_checkpoint("model.safetensors", "small.safetensors")
            assert not any(load_model(made := Tied(), "small.safetensors"))
            assert torch.equal(made(tokens), model(tokens))
            Path("small.safetensors").unlink()
    with pytest.raises(xoropt.ArgumentError, match=r"'weights' is no tensor but .* checkpoint\['weights'\]"):
        xoropt.compress({"weights": model.state_dict(), "epoch": 3})


def test_shared_memory():
    from xoropt.torch.sharing import shared_names

    model = Tied()
    assert shared_names(model)["head.weight"] == ["emb.weight"]
    whole = torch.nn.Parameter(torch.randn(8, 4))
    model = torch.nn.ParameterDict({"whole": whole, "part": torch.nn.Parameter(whole.detach()[:4])})
    assert shared_names(model) == {"whole": [], "part": ["whole"]}
    with torch.device("meta"):
        assert shared_names(Tied())["emb.weight"] == ["head.weight"]
        assert not any(shared_names(Tied(tied=False)).values())


def test_layers_that_are_left_out(tied):
    from xoropt.torch import replace_linears

    _, path, _ = tied
    untied = Tied(tied=False)
    _saved(path, dict(untied.state_dict()))
    made = replace_linears(Tied(tied=False), path, exclude=("head.weight",))
    assert [type(made.hidden).__name__, type(made.head).__name__] == ["XorLinear", "Linear"]
    tokens = torch.arange(9)
    torch.testing.assert_close(made(tokens), untied(tokens))
    with pytest.raises(xoropt.ArgumentError, match=r"'haed\.weight', which matches no layer; .* 'head\.weight'"):
        replace_linears(Tied(), path, exclude="haed.weight")


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("names", ["one", "both"])
def test_tied_weights_stay_tied(tied, device, names):
    """The output layer stays as it is, and is the embedding's weight as before; the others are replaced."""
    from xoropt.torch import replace_linears

    model, path, _ = tied
    if names == "both":
        _saved(path, dict(model.state_dict()))
    with torch.device(device):
        made = Tied()
    made = replace_linears(made, path)
    assert [type(made.hidden).__name__, type(made.head).__name__] == ["XorLinear", "Linear"]
    assert made.head.weight is made.emb.weight
    tokens = torch.arange(9)
    torch.testing.assert_close(made(tokens), model(tokens))


def test_tied_weights_that_differ_in_the_file(tied):
    from xoropt.torch import replace_linears

    _, path, _ = tied
    _saved(path, dict(Tied(tied=False).state_dict()))
    with pytest.raises(xoropt.FormatError, match=r"unlike values for 'emb\.weight' and 'head\.weight', which are tied"):
        replace_linears(Tied(), path)


def test_linear_layers_that_share_a_weight_stay():
    from xoropt.torch import compress_module

    model = torch.nn.Sequential(*(torch.nn.Linear(64, 64) for _ in range(3)))
    model[1].weight = model[0].weight
    model = compress_module(model, sparsity=0.8, bits=1, patches="greedy")
    assert [type(layer).__name__ for layer in model] == ["Linear", "Linear", "XorLinear"]


@pytest.mark.parametrize("left_out", [None, "0.", "2."])
def test_a_layer_in_two_places_is_replaced_in_both(tmp_path, left_out):
    """A file needs one of its names."""
    from xoropt.torch import replace_linears

    def make():
        layer = torch.nn.Linear(64, 64)
        return torch.nn.Sequential(layer, torch.nn.ReLU(), layer)

    model = make()
    state = {name: value for name, value in model.state_dict().items() if not name.startswith(left_out or "-")}
    made = replace_linears(make(), _saved(tmp_path / "small.safetensors", state))
    assert type(made[0]).__name__ == "XorLinear"
    assert made[0] is made[2]
    x = torch.randn(3, 64)
    torch.testing.assert_close(made(x), model(x))
