"""Weights that other libraries packed come back byte for byte, and mean what those libraries say they mean."""

import json

import ml_dtypes
import numpy as np
import pytest
from foreign_fixtures import FIXTURES, format_name, places_of, read_fixture, same, unpack

from xoropt.checkpoints.formats import FORMATS, find_packed


def test_there_is_a_fixture_of_every_format():
    assert {format_name(name) for name in FIXTURES} == set(FORMATS)


@pytest.mark.parametrize("configured", [True, False])
@pytest.mark.parametrize("name", FIXTURES)
def test_the_members_come_back_byte_for_byte(name, configured):
    tensors, config, _ = read_fixture(name)
    format, packed, logical = unpack(tensors, config if configured else {})
    if configured or "naive" not in name:
        assert format.name == packed.format == format_name(name)
    assert tuple(logical) == packed.parts
    assert packed.parts[0] == packed.logical
    assert json.loads(json.dumps(packed.parameters)) == packed.parameters
    again = format.pack(packed, logical)
    assert list(again) == list(packed.members)
    assert all(same(again[member], tensors[member]) for member in again)
    assert set(packed.members) | set(packed.beside) <= set(tensors)


@pytest.mark.parametrize("name", FIXTURES)
def test_plain_weights_are_those_that_the_library_reads(name):
    tensors, config, expected = read_fixture(name)
    format, packed, logical = unpack(tensors, config)
    plain = format.plain(packed, logical, {name: tensors[name] for name in packed.beside})
    assert list(plain) == list(expected)
    for key, array in plain.items():
        assert (array.dtype, array.shape) == (expected[key].dtype, expected[key].shape)
        assert np.array_equal(array.astype(np.float64), expected[key].astype(np.float64))


@pytest.mark.parametrize("name", [name for name in FIXTURES if name.startswith(("pack-quantized", "gptq"))])
def test_codes_have_few_values(name):
    tensors, config, _ = read_fixture(name)
    _, packed, logical = unpack(tensors, config)
    bits = int(name.partition("@")[0].replace("-True", "").replace("-False", "").replace("-order", "-4")[-1])
    assert packed.parameters["bits"] == bits
    assert logical[packed.logical].shape == (32, 64)
    assert len(np.unique(logical[packed.logical])) <= 1 << bits


def test_the_width_and_unused_bits_tell_the_packing_without_a_configuration():
    for name in FIXTURES:
        if name.startswith("pack-quantized"):
            tensors, config, _ = read_fixture(name)
            assert unpack(tensors, {})[1].parameters == unpack(tensors, config)[1].parameters


def test_zero_points_are_unpacked_along_the_rows():
    tensors, config, _ = read_fixture("pack-quantized-zero-points-3@0.20.1")
    _, _, logical = unpack(tensors, config)
    zeros = logical["layers.0.q_proj.weight_zero_point"]
    assert zeros.shape == tensors["layers.0.q_proj.weight_scale"].shape
    assert zeros.min() >= -4
    assert zeros.max() <= 3


def test_float8_fixtures_hold_floats_of_8_bits():
    tensors, _, _ = read_fixture("sparse-bitmask-float8@0.11.0")
    assert tensors["layers.0.q_proj.compressed"].dtype == ml_dtypes.float8_e4m3fn


@pytest.mark.parametrize(("way", "parameter"), [("l1", "threshold"), ("zeros", "threshold"), ("random", "axes")])
def test_a_mask_that_the_weight_tells_is_not_stored(way, parameter):
    tensors, config, _ = read_fixture(f"torch-prune-{way}@0.11.0")
    _, packed, logical = unpack(tensors, config)
    assert list(packed.parameters) == [parameter]
    assert len(logical) == (2 if way == "random" else 1)


def test_of_pruned_columns_one_row_is_stored():
    tensors, config, _ = read_fixture("torch-prune-columns@0.11.0")
    _, packed, logical = unpack(tensors, config)
    assert packed.parameters == {"axes": [0]}
    assert logical["fc.weight_mask"].shape == (1, 64)


def test_awq_is_not_taken_for_gptq():
    tensors, _, _ = read_fixture("gptq-4-True@0.11.0")
    assert find_packed(places_of(tensors), {"quantization_config": {"quant_method": "awq"}}) == []
    del tensors["model.layers.0.q_proj.g_idx"]
    assert find_packed(places_of(tensors), {}) == []
    assert find_packed(places_of(tensors), {"quantization_config": {"quant_method": "gptq", "bits": 4}})
