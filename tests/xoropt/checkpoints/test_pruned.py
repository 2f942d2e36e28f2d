"""Checkpoints that are pruned and quantized while they are compressed: what comes back, and what `verify` says."""

import json

import ml_dtypes
import numpy as np
import pytest
from checkpoint_examples import FIRST, SECOND, contents, two_shards, weights, write_folder
from safetensors.numpy import load_file, save_file

import xoropt
from xoropt.checkpoints.folders import read_folder
from xoropt.checkpoints.thresholds import find_threshold
from xoropt.checkpoints.units import plan_units
from xoropt.model.config import CompressConfig
from xoropt.quantize.pruning import prune_below, prune_globally

PRUNED = {"layer.0.weight", "layer.1.weight"}
OPTIONS = {
    "per tensor": {"sparsity": 0.8, "bits": 2},
    "scales of rows": {"sparsity": 0.5, "bits": 1, "scales": "row"},
    "quantized alone": {"bits": 3},
    "a cheap mask": {"sparsity": 0.8, "bits": 1, "mask": "low_rank", "mask_bits": 0.3},
}


@pytest.fixture
def model(tmp_path):
    return write_folder(tmp_path / "model")


def differing(one, other):
    """The names of tensors that differ in two shards with the same header."""
    at = 8 + int.from_bytes(one[:8], "little")
    assert one[:at] == other[:at]
    places = {name: place for name, place in json.loads(one[8:at]).items() if name != "__metadata__"}
    assert len(one) == len(other)
    return {
        name
        for name, place in places.items()
        if one[at:][slice(*place["data_offsets"])] != other[at:][slice(*place["data_offsets"])]
    }


@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
def test_only_dense_matrices_change_and_as_those_of_a_file_do(model, tmp_path, options):
    xoropt.compress_checkpoint(model, tmp_path / "small", **options)
    xoropt.decompress_checkpoint(tmp_path / "small", tmp_path / "again")
    before, after = contents(model), contents(tmp_path / "again")
    assert before.keys() == after.keys()
    changed = set()
    for name in before:
        if name in (FIRST, SECOND):
            changed |= differing(before[name], after[name])
        else:
            assert before[name] == after[name]
    assert changed == PRUNED
    alone = xoropt.decompress(xoropt.compress(load_file(model / FIRST), **options))
    assert (load_file(tmp_path / "again" / FIRST)["layer.0.weight"] == alone["layer.0.weight"]).all()
    checks = xoropt.verify_checkpoint(model, tmp_path / "small")
    assert all(check.lossless for check in checks)
    assert {tensor.name for check in checks for tensor in check.tensors if not tensor.exact} == PRUNED
    assert [check.path for check in checks if not check.exact] == [FIRST, SECOND]


@pytest.mark.parametrize("sparsity", [0.5, 0.97, 0.0, 0.999999])
def test_one_threshold_for_all_shards(tmp_path, sparsity):
    rng = np.random.default_rng(3)
    rough = [np.round(weights(rng, 64, 48, dtype=np.float32) * scale, 3) for scale in (10, 1, 3, 3)]  # with equal ones
    kinds = (ml_dtypes.bfloat16, np.float16, np.float32, np.float64)
    tensors = {f"{i}.weight": array.astype(kind) for i, (array, kind) in enumerate(zip(rough, kinds, strict=True))}
    tensors |= {"4.weight": tensors["2.weight"].copy(), "norm": np.ones(64, np.float32)}
    names = sorted(tensors)
    shards = {FIRST: {name: tensors[name] for name in names[:2]}, SECOND: {name: tensors[name] for name in names[2:]}}
    model = write_folder(tmp_path / "model", shards)
    options = {"sparsity": sparsity, "bits": 2, "scope": "global"}
    held = [(shard, name) for shard in shards for name in load_file(model / shard) if name != "norm"]
    found = find_threshold(held, read_folder(model).shards, sparsity)
    together = {name: load_file(model / shard)[name] for shard, name in held}
    masks = prune_globally(together, sparsity)
    for shard, name in held:
        assert (prune_below(name, together[name], *found[shard, name]) == masks[name]).all()
    xoropt.compress_checkpoint(model, tmp_path / "small", **options)
    alone = xoropt.decompress(xoropt.compress(together, **options))
    with xoropt.open_checkpoint(tmp_path / "small") as opened:
        for name in together:
            assert opened[name][...].tobytes() == alone[name].tobytes()
    checks = xoropt.verify_checkpoint(model, tmp_path / "small")
    assert all(check.lossless for check in checks)
    assert sum(not tensor.exact for check in checks for tensor in check.tensors) == len(together)


def test_one_threshold_by_the_command(model, tmp_path, xoropt_command):
    small = tmp_path / "small"
    options = ("--sparsity", 0.8, "--bits", 1, "--scope", "global")
    assert xoropt_command("compress", model, small, *options)[0] == 0
    status, out, _ = xoropt_command("verify", model, small)
    assert status == 0
    assert "8 of 10 tensors are identical, bit for bit; 2 equal the original," in " ".join(out.split())
    shards = two_shards()
    shards[FIRST]["layer.0.weight"][0, 0] = np.nan
    save_file(shards[FIRST], model / FIRST, metadata={"format": "pt"})
    status, _, err = xoropt_command("verify", model, small)
    assert (status, err.count("\n")) == (1, 1)
    status, _, err = xoropt_command("compress", model, tmp_path / "other", *options)
    assert (status, err.count("\n")) == (1, 1)
    assert "Tensor 'layer.0.weight' holds NaN or infinity, which can't be pruned; replace them." in err


def test_zeros_are_merged(tmp_path):
    weight = np.where(np.random.default_rng(0).random((64, 64)) < 0.5, -0.0, 1.5).astype(np.float16)
    weight[::2] = np.abs(weight[::2])
    model = write_folder(tmp_path / "model", {FIRST: {"a.weight": weight}, SECOND: {"b": np.arange(3)}})
    xoropt.compress_checkpoint(model, tmp_path / "small", merge_zeros=True)
    with xoropt.open_checkpoint(tmp_path / "small") as tensors:
        assert not np.signbit(tensors["a.weight"][...]).any()
        assert (tensors["a.weight"][...] == weight).all()
    checks = {check.path: check for check in xoropt.verify_checkpoint(model, tmp_path / "small")}
    assert all(check.lossless for check in checks.values())
    assert (checks[FIRST].exact, checks[SECOND].exact) == (False, True)


def test_what_is_pruned_and_what_is_not_are_not_tied(tmp_path):
    weight = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float16)
    shards = {FIRST: {"a.weight": weight, "b.weight": weight}, SECOND: {"c.weight": weight, "d.weight": weight}}
    model = write_folder(tmp_path / "model", shards)
    xoropt.compress_checkpoint(model, tmp_path / "small", sparsity=0.5, bits=1, exclude=("b*", "d*"))
    with xoropt.open_checkpoint(tmp_path / "small") as tensors:
        same = {name: bool((tensors[name][...] == weight).all()) for name in tensors}
    assert same == {"a.weight": False, "b.weight": True, "c.weight": False, "d.weight": True}
    assert all(check.lossless for check in xoropt.verify_checkpoint(model, tmp_path / "small"))


def test_embeddings_are_left_alone(tmp_path):
    rng = np.random.default_rng(0)
    words = rng.standard_normal((2048, 32)).astype(ml_dtypes.bfloat16)
    first = {"tokens.weight": words, "up.weight": rng.standard_normal((64, 32)).astype(ml_dtypes.bfloat16)}
    second = {"out.weight": words, "down.weight": rng.standard_normal((32, 64)).astype(ml_dtypes.bfloat16)}
    folder = read_folder(write_folder(tmp_path / "model", {FIRST: first, SECOND: second}))
    plan = plan_units(folder, CompressConfig(sparsity=0.5, bits=1))
    reasons = {unit.members[0]: unit.reason for unit in plan.units}
    assert reasons.keys() == {"tokens.weight", "up.weight", "down.weight"}
    assert "has the bytes of 'out.weight', an embedding" in reasons["tokens.weight"]
    assert reasons["up.weight"] is reasons["down.weight"] is None


def test_weights_that_another_library_packed_and_their_scales_are_kept(tmp_path):
    rng = np.random.default_rng(0)
    model = tmp_path / "model"
    model.mkdir()
    codes = rng.integers(-100, 100, (64, 64)).astype(np.int8)
    tensors = {"a.weight": codes, "a.weight_scale": rng.random((64, 64)).astype(np.float16)}
    save_file(tensors | {"b.weight": rng.random((64, 64)).astype(np.float16)}, model / "model.safetensors")
    xoropt.compress_checkpoint(model, tmp_path / "small", sparsity=0.5, bits=1)
    (check,) = xoropt.verify_checkpoint(model, tmp_path / "small")
    assert check.lossless
    assert [tensor.name for tensor in check.tensors if not tensor.exact] == ["b.weight"]


def test_the_commands_say_what_it_costs(model, tmp_path, xoropt_command):
    small = tmp_path / "small"
    status, out, err = xoropt_command("compress", model, small, "--sparsity", 0.8, "--bits", 2)
    assert (status, err) == (0, "")
    assert "pruned and quantized: relative error 0." in out
    status, out, err = xoropt_command("verify", model, small)
    assert (status, err) == (0, "")
    assert "2 equal the original, pruned and quantized again; 5 of 5 files" in " ".join(out.split())
    other = two_shards()
    other[FIRST]["layer.0.weight"][0, 0] += 1
    save_file(other[FIRST], model / FIRST, metadata={"format": "pt"})
    status, _, err = xoropt_command("verify", model, small)
    assert (status, err.count("\n")) == (1, 1)
    assert "'layer.0.weight' differs from the original as pruned and quantized again" in err


def test_an_ended_run_is_not_gone_on_with_for_another_rate(model, tmp_path, monkeypatch):
    from xoropt.checkpoints import compressing

    def stop(path, data):
        if seen:
            raise KeyboardInterrupt
        usual(path, data)
        seen.append(path)

    usual, seen = compressing.write_part, []
    monkeypatch.setattr(compressing, "write_part", stop)
    with pytest.raises(KeyboardInterrupt):
        xoropt.compress_checkpoint(model, tmp_path / "small", sparsity=0.5, bits=1)
    with pytest.raises(xoropt.XoroptError, match=r"the option 'sparsity' was 0\.5 and is 0\.75"):
        xoropt.compress_checkpoint(model, tmp_path / "small", sparsity=0.75, bits=1)
