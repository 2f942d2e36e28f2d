"""Compressed folders of shards, loaded into a model of torch as files are."""

import json

import pytest
from torch_models import three_layers

import xoropt

torch = pytest.importorskip("torch", reason="needs torch: pip install 'xoropt[torch]'")


def write_shards(folder, *shards):
    """Write a checkpoint of several files with an index, as transformers does."""
    from safetensors.torch import save_file

    folder.mkdir()
    names = [f"model-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
    for name, tensors in zip(names, shards, strict=True):
        save_file(tensors, folder / name)
    weight_map = {tensor: name for name, tensors in zip(names, shards, strict=True) for tensor in tensors}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return folder


@pytest.fixture
def folder(tmp_path):
    """A compressed folder of two shards, and the network with its weights."""
    model = three_layers()
    state = model.state_dict()
    first = {name: value for name, value in state.items() if name.startswith("0.")}
    plain = write_shards(tmp_path / "plain", first, {name: state[name] for name in state if name not in first})
    xoropt.compress_checkpoint(plain, tmp_path / "small", sparsity=0.5, bits=1)
    model.load_state_dict({name: torch.tensor(value[...]) for name, value in opened(tmp_path / "small").items()})
    return tmp_path / "small", model


def opened(path):
    with xoropt.open_checkpoint(path) as tensors:
        return dict(tensors)


def test_folders_are_loaded(folder):
    from xoropt.torch import load_file, load_model

    path, model = folder
    assert load_file(path).keys() == model.state_dict().keys()
    made = three_layers()
    assert str(load_model(made, path)) == "<All keys matched successfully>"
    assert all(torch.equal(value, made.state_dict()[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_layers_of_a_folder_are_replaced(folder, device):
    from xoropt.torch import XorLinear, replace_linears

    path, model = folder
    with torch.device(device):
        made = three_layers()
    made = replace_linears(made, path)
    assert [type(layer) is XorLinear for layer in made] == [True, False, True, False, False]
    x = torch.randn(4, 200)
    torch.testing.assert_close(made(x), model(x))


def test_weights_that_two_shards_have_in_common(tmp_path):
    """They are stored with the first of them, and found under both names."""
    from xoropt.torch import load_model, replace_linears

    def make():
        return torch.nn.Sequential(torch.nn.Linear(64, 64, bias=False), torch.nn.Linear(64, 64, bias=False))

    model = make()
    model[1].weight.data.copy_(model[0].weight.data)
    plain = write_shards(tmp_path / "plain", *({f"{k}.weight": model[k].weight.data} for k in (0, 1)))
    xoropt.compress_checkpoint(plain, tmp_path / "small")
    x = torch.randn(3, 64)
    load_model(made := make(), tmp_path / "small")
    assert torch.equal(made(x), model(x))
    torch.testing.assert_close(replace_linears(make(), tmp_path / "small")(x), model(x))


def test_folders_that_are_none(tmp_path, folder):
    """One line says what to do."""
    from xoropt.torch import load_file, load_model, replace_linears

    _, model = folder
    for load in (lambda path: load_model(model, path), lambda path: replace_linears(model, path), load_file):
        with pytest.raises(xoropt.FormatError, match="is no compressed folder; compress it first with 'xoropt comp"):
            load(tmp_path / "plain")
    xoropt.compress_checkpoint(tmp_path / "plain/model-00001-of-00002.safetensors", tmp_path / "part.safetensors")
    with pytest.raises(xoropt.FormatError, match=r"is no compressed folder; name its file part\.safetensors"):
        load_file(tmp_path)
    with pytest.raises(xoropt.XoroptError, match="No such file"):
        load_file(tmp_path / "none")


def test_folders_of_several_models(tmp_path):
    from safetensors.torch import save_file

    from xoropt.torch import load_file

    for name in ("unet", "vae"):
        (tmp_path / "plain" / name).mkdir(parents=True)
        save_file({"weight": torch.randn(64, 64)}, tmp_path / "plain" / name / "model.safetensors")
    xoropt.compress_checkpoint(tmp_path / "plain", tmp_path / "small")
    with pytest.raises(xoropt.FormatError, match=r"'weight' in unet/.* and in vae/.*; name the file of one"):
        load_file(tmp_path / "small")
    assert list(load_file(tmp_path / "small/unet/model.xoropt.safetensors")) == ["weight"]


def test_a_shard_that_is_missing(folder):
    from xoropt.torch import load_file

    path, _ = folder
    (path / "model-00002-of-00002.xoropt.safetensors").unlink()
    with pytest.raises(xoropt.FormatError, match=r"model-00002-of-00002\.xoropt\.safetensors: is missing"):
        load_file(path)
