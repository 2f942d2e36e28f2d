"""Large weights of few bits are unpacked, planned and packed again some rows at a time: the same bytes, both ways."""

import json

import numpy as np
import pytest
from foreign_fixtures import read_fixture
from hypothesis import given, settings
from hypothesis import strategies as st

import xoropt
from xoropt.checkpoints import opened
from xoropt.checkpoints.formats import bitnet, codes, gptq, words
from xoropt.checkpoints.formats.words import Packing, pack_words, unpack_words
from xoropt.common import lazy_arrays
from xoropt.common.lazy_arrays import LazyArray
from xoropt.common.tensor_files import write_safetensors
from xoropt.masks import coding, plan_mask

READ_BY_ROWS, MADE_WHOLE = ("random", "sparse", "n_of_m", "blocks", "columns"), ("odd blocks", "half")
PACKED = ("pack-quantized-4@0.11.0", "pack-quantized-zero-points-3@0.20.1", "bitnet-bitlinear@0.11.0")
GPTQ = ("gptq-2-True@0.11.0", "gptq-4-True@0.11.0")


def mask_of_kind(kind, rng, rows=256, columns=1024):
    mask = np.ones((rows, columns), dtype=bool)
    if kind == "random":
        return rng.random(mask.shape) < 0.6
    if kind == "sparse":
        return rng.random(mask.shape) < 0.1
    if kind == "n_of_m":
        order = np.argsort(rng.random((mask.size // 4, 4)), axis=1)
        return (order < 2).reshape(mask.shape)
    if kind == "blocks":
        return np.kron(rng.random((rows // 16, columns // 16)) < 0.3, np.ones((16, 16), dtype=bool))
    if kind == "odd blocks":
        return np.kron(rng.random((rows // 5 + 1, columns // 7 + 1)) < 0.3, np.ones((5, 7), dtype=bool))[
            :rows, :columns
        ]
    if kind == "columns":
        return mask & (rng.random(columns) < 0.4)
    mask[: rows // 2] = rng.random((rows // 2, columns)) < 0.5
    return mask


def lower_limits(monkeypatch):
    """Take any weight for a large one, and make few numbers at once."""
    for module in (codes, coding, opened):
        monkeypatch.setattr(module, "MANY", 1000)
    monkeypatch.setattr(coding, "SAMPLE", 1 << 16)
    for module in (lazy_arrays, codes, words):
        monkeypatch.setattr(module, "AT_ONCE", 1 << 12)
    monkeypatch.setattr(bitnet, "ROWS", 8)
    monkeypatch.setattr(gptq, "OUTPUTS", 8)


def packed_weight(mask, rng, bits):
    half = 1 << (bits - 1)
    numbers = rng.integers(-half, half, mask.shape)
    numbers[numbers == 0] = -1
    stored = (np.where(mask, numbers, 0) + half).astype(np.uint8)
    scale = np.ones((len(mask), 8), dtype=np.float16)
    return {
        "w.weight_packed": pack_words(stored, Packing(bits)),
        "w.weight_scale": scale,
        "w.weight_shape": np.array(mask.shape, dtype=np.int64),
    }


def there_and_back(tensors, config, folder):
    folder.mkdir()
    write_safetensors(folder / "model.safetensors", tensors, {})
    (folder / "config.json").write_text(json.dumps(config))
    stored, back = folder.with_name(f"{folder.name}.x"), folder.with_name(f"{folder.name}.back")
    xoropt.compress_checkpoint(folder, stored)
    xoropt.decompress_checkpoint(stored, back)
    assert (back / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    return [path.read_bytes() for path in sorted(stored.glob("*.safetensors"))]


@pytest.mark.parametrize("kind", [*READ_BY_ROWS, *MADE_WHOLE])
@pytest.mark.parametrize("bits", [2, 3])
def test_masks_of_any_kind_give_the_same_file(tmp_path, monkeypatch, kind, bits):
    rng = np.random.default_rng(bits)
    tensors = packed_weight(mask_of_kind(kind, rng), rng, bits)
    whole = there_and_back(tensors, {}, tmp_path / "whole")
    lower_limits(monkeypatch)
    assert there_and_back(tensors, {}, tmp_path / "by_rows") == whole


@pytest.mark.parametrize("fixture", [*PACKED, *GPTQ])
def test_weights_of_other_libraries_give_the_same_file(tmp_path, monkeypatch, fixture):
    tensors, config, _ = read_fixture(fixture)
    whole = there_and_back(tensors, config, tmp_path / "whole")
    lower_limits(monkeypatch)
    assert there_and_back(tensors, config, tmp_path / "by_rows") == whole


@pytest.mark.parametrize("kind", [*READ_BY_ROWS, *MADE_WHOLE])
def test_a_mask_is_made_where_its_structure_takes_that(monkeypatch, kind):
    rng = np.random.default_rng(0)
    mask = mask_of_kind(kind, rng)
    lower_limits(monkeypatch)
    made = []

    def read(first, stop):
        made.append(stop - first)
        return mask.reshape(-1)[first:stop]

    class Watched(LazyArray):
        def __array__(self, dtype=None, copy=None):
            made.append("whole")
            return super().__array__(dtype)

    plans, expected = plan_mask(Watched(read, mask.shape, mask.dtype)), plan_mask(mask)
    least = min(plan.least_bytes for plan in expected.values())
    assert min(plan.least_bytes for plan in plans.values()) <= 1.02 * least
    assert ("whole" in made) == (kind in MADE_WHOLE)


@given(st.integers(1, 8), st.booleans(), st.integers(1, 70), st.integers(0, 40), st.integers(0, 100))
@settings(max_examples=40)
def test_codes_are_packed_in_parts(bits, padded, columns, rows, seed):
    rng = np.random.default_rng(seed)
    stored, way = rng.integers(0, 1 << bits, (rows, columns), dtype=np.uint8), Packing(bits, padded)
    with pytest.MonkeyPatch.context() as patch:
        expected = pack_words(stored, way)
        patch.setattr(words, "AT_ONCE", 64)
        flat = stored.reshape(-1)
        lazy = LazyArray(lambda first, stop: flat[first:stop], stored.shape, stored.dtype)
        for given_codes in (stored, lazy):
            np.testing.assert_array_equal(pack_words(given_codes, way), expected)
    np.testing.assert_array_equal(unpack_words(expected, way, columns), stored)
