"""Programs that read safetensors files read compressed ones."""

import numpy as np
import pytest
import safetensors
from safetensors.numpy import save_file

import xoropt

torch = pytest.importorskip("torch", reason="needs torch: pip install 'xoropt[torch]'")


def test_both_readers(tmp_path):
    import safetensors.torch

    originals = safetensors.safe_open, safetensors.torch.load_file
    weights = np.eye(64, dtype=np.float32)
    xoropt.save(xoropt.compress({"w": weights, "b": np.arange(3)}), tmp_path / "a.safetensors")
    save_file({"w": weights}, tmp_path / "b.safetensors")
    with xoropt.torch.compressed_checkpoints():
        for name in ("a", "b"):
            path = tmp_path / f"{name}.safetensors"
            assert (safetensors.torch.load_file(path)["w"].numpy() == weights).all()
            with safetensors.safe_open(path, framework="pt") as opened:
                assert "w" in opened.keys()  # noqa: SIM118 (it is no dict)
                part = opened.get_slice("w")
                assert (part.get_shape(), part.get_dtype()) == ([64, 64], "F32")
                assert (part[2:4].numpy() == weights[2:4]).all()
                assert (opened.get_tensor("w").numpy() == weights).all()
        with pytest.raises((OSError, safetensors.SafetensorError)):
            safetensors.torch.load_file(tmp_path / "none.safetensors")
    assert (safetensors.safe_open, safetensors.torch.load_file) == originals


@pytest.mark.slow
def test_transformers(tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs transformers: pip install transformers")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=200,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        bos_token_id=0,
        eos_token_id=1,
    )
    model = transformers.LlamaForCausalLM(config).eval()
    model.save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    with safetensors.safe_open(path, framework="numpy") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    xoropt.save(xoropt.compress(tensors, sparsity=0.5, bits=2, patches="greedy"), path, overwrite=True)
    with xoropt.torch.compressed_checkpoints():
        dense = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    stored = xoropt.torch.load_file(path)
    assert all(torch.equal(dense.state_dict()[name], value) for name, value in stored.items())
    made = xoropt.torch.replace_linears(transformers.LlamaForCausalLM(config).eval(), path)
    assert sum(type(module) is xoropt.torch.XorLinear for module in made.modules()) == 14
    tokens = torch.arange(9)[None]
    torch.testing.assert_close(made(tokens).logits, dense(tokens).logits)
    assert torch.equal(made.generate(tokens, max_new_tokens=4), dense.generate(tokens, max_new_tokens=4))


@pytest.mark.slow
@pytest.mark.parametrize("shard_size", ["50GB", "100KB"])
def test_transformers_reads_compressed_folders(tmp_path, shard_size):
    transformers = pytest.importorskip("transformers", reason="needs transformers: pip install transformers")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=200, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4
    )
    model = transformers.BertModel(config).to(torch.bfloat16).eval()
    model.save_pretrained(tmp_path / "plain", max_shard_size=shard_size)
    xoropt.compress_checkpoint(tmp_path / "plain", tmp_path / "small")
    with xoropt.torch.compressed_checkpoints():
        again = transformers.AutoModel.from_pretrained(tmp_path / "small", dtype=torch.bfloat16)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())
    with pytest.raises(OSError, match="safetensors"):
        transformers.AutoModel.from_pretrained(tmp_path / "small")
