"""Rows and columns of tensors that other libraries packed: what they are, and that they are all that is decoded."""

import json
import math

import numpy as np
import pytest
from foreign_fixtures import format_name, read_fixture, same
from safetensors.numpy import load_file

import xoropt
from xoropt.checkpoints import opened
from xoropt.common.tensor_files import write_safetensors

ROWS = {
    "pack-quantized-4@0.11.0": "weight_packed",
    "pack-quantized-zero-points-3@0.20.1": "weight_packed",
    "pack-quantized-order@0.11.0": "weight_packed",
    "sparse-24-bitmask-False@0.11.0": "compressed",
    "sparse-24-bitmask-float8@0.11.0": "bitmask",
    "sparse-bitmask@0.11.0": "bitmask",
    "float-quantized@0.11.0": "weight",
    "torch-prune-l1@0.11.0": "weight_orig",
    "torch-prune-columns@0.11.0": "weight_mask",
    "bitnet-bitlinear@0.11.0": "weight",
}
"""Tensors, by the ends of their names, of which rows are decoded by themselves."""
COLUMNS = {f"gptq-{bits}-True@0.11.0": "qweight" for bits in (2, 3, 4, 8)}
"""Tensors of which columns are."""


def grown(tensors, times):
    """A weight that many times as tall, or with as many times the outputs."""
    ends = {name: name.rpartition(".")[2] for name in tensors}
    if "qweight" in ends.values():
        return {
            name: array if ends[name] == "g_idx" else np.ascontiguousarray(np.concatenate([array] * times, axis=-1))
            for name, array in tensors.items()
        }
    kept = max((array.size for name, array in tensors.items() if ends[name] == "compressed"), default=0)
    found = {}
    for name, array in tensors.items():
        if ends[name].endswith("shape"):
            found[name] = array.copy()
            found[name].reshape(-1)[0] *= times
        elif ends[name] == "row_offsets":
            found[name] = np.concatenate([array + i * kept for i in range(times)])
        else:
            once = ends[name] == "weight_g_idx" or array.size == 1
            found[name] = array if once else np.concatenate([array] * times)
    return found


def compressed(fixture, tmp_path):
    tensors, config, _ = read_fixture(fixture)
    tensors = grown(tensors, 32)
    model = tmp_path / "model"
    model.mkdir()
    write_safetensors(model / "model.safetensors", tensors, {})
    (model / "config.json").write_text(json.dumps(config))
    xoropt.compress_checkpoint(model, tmp_path / "small", min_weights=0)
    (source,) = opened.open_compressed(tmp_path / "small").sources.values()
    assert [packed.format for packed in source.packed if packed.parts] == [format_name(fixture)]
    return tensors, tmp_path / "small"


@pytest.mark.parametrize("fixture", [*ROWS, *COLUMNS])
def test_some_rows_and_columns_are_those_of_the_whole_and_all_that_is_decoded(fixture, tmp_path, monkeypatch):
    tensors, small = compressed(fixture, tmp_path)
    end = (ROWS | COLUMNS)[fixture]
    (name,) = [name for name in tensors if name.rpartition(".")[2] == end]
    usual, decoded = opened.decompress_tensor, []

    def decode(tensor, decoder, *, rows=None):
        array = usual(tensor, decoder, rows=rows)
        decoded.append((array.size, opened.shape_and_dtype(tensor)[0]))
        return array

    with monkeypatch.context() as patch, xoropt.open_checkpoint(small) as found:
        patch.setattr(opened, "decompress_tensor", decode)
        part = found[name][:, 2:4] if fixture in COLUMNS else found[name][2:4]
        expected = tensors[name][:, 2:4] if fixture in COLUMNS else tensors[name][2:4]
        assert same(np.ascontiguousarray(part), np.ascontiguousarray(expected))
    largest = max((shape for _, shape in decoded), key=math.prod)
    rows = 8 if fixture.startswith("bitnet") else 2
    assert sum(size for size, shape in decoded if shape == largest) == rows * math.prod(largest[1:])
    assert sum(size for size, _ in decoded) < 0.2 * math.prod(largest)
    with xoropt.open_checkpoint(small) as found:
        for name, array in tensors.items():
            for some in (slice(0, 1), slice(len(array) // 3, len(array) - 1), slice(-2, None), slice(None, None, 2)):
                assert same(np.ascontiguousarray(found[name][some]), np.ascontiguousarray(array[some]))
                if array.ndim > 1:
                    assert same(np.ascontiguousarray(found[name][:, some]), np.ascontiguousarray(array[:, some]))


def test_columns_of_ordinary_tensors(tmp_path):
    rng = np.random.default_rng(0)
    tensors = {"a": (rng.standard_normal((64, 32)) * 0.1).astype(np.float16), "b": rng.integers(0, 9, (8, 6, 40))}
    write_safetensors(tmp_path / "model.safetensors", tensors, {})
    xoropt.compress_checkpoint(tmp_path / "model.safetensors", tmp_path / "small.safetensors")
    assert load_file(tmp_path / "model.safetensors").keys() == tensors.keys()
    for path in ("model", "small"):
        with xoropt.open_checkpoint(tmp_path / f"{path}.safetensors") as found:
            for name, array in tensors.items():
                assert (found[name][:, 1:5] == array[:, 1:5]).all()
                assert found[name][:, 5:5].shape == array[:, 5:5].shape
