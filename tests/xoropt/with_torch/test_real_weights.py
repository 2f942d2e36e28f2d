"""Weights that a package of PyPI ships, compressed and read by transformers."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import safetensors

import xoropt

torch = pytest.importorskip("torch", reason="needs torch: pip install 'xoropt[torch]'")


@pytest.mark.slow
def test_transformers_reads_real_embeddings(tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs transformers: pip install transformers")
    package = find_spec("wordllama")
    if package is None or not package.submodule_search_locations:
        pytest.skip("needs the weights of wordllama: pip install wordllama")
    (shipped,) = Path(package.submodule_search_locations[0]).glob("weights/*_256.safetensors")
    with safetensors.safe_open(shipped, framework="pt") as opened:
        embeddings = opened.get_tensor("embedding.weight")
    vocabulary, hidden = embeddings.shape
    config = transformers.BertConfig(
        vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=1, num_attention_heads=4, intermediate_size=512
    )
    torch.manual_seed(0)
    model = transformers.BertModel(config).to(embeddings.dtype).eval()
    model.embeddings.word_embeddings.weight.data.copy_(embeddings)
    model.save_pretrained(tmp_path / "plain")
    xoropt.compress_checkpoint(tmp_path / "plain", tmp_path / "small", patches="greedy")
    stored, plain = (sum(file.stat().st_size for file in (tmp_path / name).rglob("*")) for name in ("small", "plain"))
    assert stored < 0.9 * plain
    with xoropt.torch.compressed_checkpoints():
        loaded = transformers.AutoModel.from_pretrained(tmp_path / "small").eval()
    assert loaded.dtype == embeddings.dtype
    assert torch.equal(loaded.embeddings.word_embeddings.weight, embeddings)
    tokens = torch.arange(100, 132)[None]
    assert torch.equal(loaded(tokens).last_hidden_state, model(tokens).last_hidden_state)
