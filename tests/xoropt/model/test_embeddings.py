"""Embeddings are told by name, by bytes and by size; layers of a network are not taken for one."""

import numpy as np
import pytest

import xoropt
from xoropt.model.embeddings import find_embeddings, is_named_embedding


def layers(count=3, width=32):
    rng = np.random.default_rng(0)
    shapes = {"q": (width, width), "up": (4 * width, width), "down": (width, 4 * width)}
    return {
        f"layers.{i}.{name}.weight": rng.standard_normal(shape).astype(np.float32)
        for i in range(count)
        for name, shape in shapes.items()
    }


def test_names():
    told = "emb.weight pos_emb tok_embs.0 tokEmb.weight model.shared.weight shared.weight h.wpe.weight lm_head POS_EMB"
    others = (
        "member.weight assembly semblance.weight remembered layers.0.shared_expert.weight shared.bias shared.0.weight"
    )
    assert all(map(is_named_embedding, told.split()))
    assert not any(map(is_named_embedding, others.split()))


def test_layers_are_none():
    assert find_embeddings(layers()) == {}
    assert find_embeddings({"fc.weight": np.ones((20_000, 4), np.float32)}) == {}  # nothing to compare it with


def test_tied_to_a_named_embedding():
    words = np.random.default_rng(1).standard_normal((500, 32)).astype(np.float32)
    tensors = layers() | {"model.embed_tokens.weight": words, "output.weight": words.copy()}
    assert "model.embed_tokens.weight" in find_embeddings(tensors)["output.weight"]
    model = xoropt.compress(tensors, sparsity=0.9, bits=1)
    carried = {name for name, held in model.tensors.items() if isinstance(held, xoropt.UncompressedTensor)}
    assert carried == {"model.embed_tokens.weight", "output.weight"}
    named = xoropt.compress(tensors, sparsity=0.9, bits=1, include=("output.weight",))
    assert isinstance(named.tensors["output.weight"], xoropt.CompressedTensor)


@pytest.mark.parametrize("rows", [2000, 9000])
def test_tied_under_any_name(rows):
    words = np.random.default_rng(1).standard_normal((rows, 32)).astype(np.float32)
    assert set(find_embeddings(layers() | {"a": words, "b": words.copy()})) == {"a", "b"}


def test_as_tall_as_a_vocabulary():
    words = np.random.default_rng(1).standard_normal((9000, 32)).astype(np.float32)
    found = find_embeddings(layers() | {"transformer.word.weight": words})
    assert found == {"transformer.word.weight": "as tall as a vocabulary (9,000 rows), an embedding or an output layer"}
    many = {f"up.{i}": words + i for i in range(3)}  # of layers there are more
    assert find_embeddings(layers() | many) == {}
    codes = {"word.codes": np.ones((9000, 32), np.int8)}  # integers are not pruned
    assert find_embeddings(layers() | codes) == {}


def test_exact_compression_leaves_none_out():
    words = np.sign(np.random.default_rng(1).standard_normal((9000, 32))).astype(np.float32)
    model = xoropt.compress(layers() | {"word": words})
    assert isinstance(model.tensors["word"], xoropt.CompressedTensor)
