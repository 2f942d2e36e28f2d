"""Tensors that contradict each other are refused in one line that says why; nothing else is raised."""

from contextlib import suppress

import numpy as np
import pytest
from foreign_fixtures import FIXTURES, places_of, read_fixture, same, unpack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xoropt.checkpoints.formats import FORMATS, find_packed
from xoropt.common.errors import FormatError


def spoiled(fixture, end, change):
    """A fixture's tensors, that whose name has this end changed."""
    tensors, config, _ = read_fixture(fixture)
    (name,) = (name for name in tensors if name.endswith(end))
    return {**tensors, name: change(tensors[name].copy())}, config


def raised(array):
    array.reshape(-1)[-1] += 1
    return array


def negative(array):
    array.reshape(-1)[0] = -1
    return array


def filled(number):
    return lambda array: np.full_like(array, number)


CONTRADICTIONS = [
    ("sparse-bitmask@0.11.0", "row_offsets", raised, "contradicts"),
    ("sparse-bitmask@0.11.0", "row_offsets", lambda array: array[:-1], "contradicts"),
    (
        "sparse-bitmask@0.11.0",
        "compressed",
        lambda array: array[:-1],
        "the mask keeps 1020 weights, and there are 1019",
    ),
    ("sparse-bitmask@0.11.0", "bitmask", lambda array: array[:, :-1], "no bitmap"),
    ("sparse-bitmask@0.11.0", "shape", filled(1 << 40), "no bitmap"),
    ("sparse-bitmask@0.11.0", "shape", negative, "holds no shape"),
    ("sparse-bitmask@0.11.0", "shape", lambda array: array.astype(np.float32), "holds no shape"),
    ("sparse-24-bitmask-False@0.11.0", "compressed", lambda array: array.reshape(-1), "does not hold half"),
    ("sparse-24-bitmask-False@0.11.0", "bitmask", filled(255), "the mask keeps"),
    ("pack-quantized-4@0.11.0", "weight_packed", lambda array: array[:, :-1], "which 64 codes of 4 bits do not take"),
    ("pack-quantized-4@0.11.0", "weight_packed", lambda array: array[:-1], "and its weight"),
    ("pack-quantized-4@0.11.0", "weight_shape", raised, "do not take"),
    ("pack-quantized-order@0.11.0", "weight_g_idx", filled(4), "the group 4 of a column is none of the 4 groups"),
    ("pack-quantized-order@0.11.0", "weight_g_idx", lambda array: array[:-1], "the groups of columns"),
    ("pack-quantized-zero-points-4@0.11.0", "weight_zero_point", lambda array: array[:-1], "and its weight"),
    ("gptq-4-True@0.11.0", "g_idx", filled(-1), "the group -1 of a column is none"),
    ("gptq-4-True@0.11.0", "g_idx", lambda array: array[:-1], "are not 2, 3, 4 or 8 bits"),
    ("gptq-4-True@0.11.0", "qzeros", lambda array: array[:, :-1], "for 32 outputs and codes of 4 bits"),
    ("gptq-4-True@0.11.0", "scales", lambda array: array[:, :-1], "for 32 outputs"),
    ("gptq-4-True@0.11.0", "qweight", lambda array: array.reshape(-1), "are not three matrices"),
    ("torch-prune-random@0.11.0", "_mask", lambda array: array[:-1], "fc.weight_mask' is float32"),
    ("torch-prune-random@0.11.0", "_mask", filled(2.0), "other numbers than 0 and 1"),
    ("bitnet-bitlinear@0.11.0", "weight", filled(255), "the code 3"),
    ("bitnet-bitlinear@0.11.0", "weight_scale", lambda array: np.repeat(array, 2), "not one scale"),
]


@pytest.mark.parametrize(("fixture", "end", "change", "says"), CONTRADICTIONS)
def test_contradictions_are_refused(fixture, end, change, says):
    tensors, config = spoiled(fixture, end, change)
    with pytest.raises(FormatError) as caught:
        unpack(tensors, config)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fixture", FIXTURES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_spoiled_tensors_are_refused_or_come_back(fixture, data):
    tensors, config, _ = read_fixture(fixture)
    for name in list(tensors):
        array = tensors[name].copy()
        way = data.draw(st.sampled_from(["keep", "keep", "bytes", "shorter", "dtype", "flat", "empty"]))
        if way == "bytes" and array.size:
            at = data.draw(st.integers(0, array.nbytes - 1))
            array.reshape(-1).view(np.uint8)[at] ^= data.draw(st.integers(1, 255))
        elif way == "shorter" and array.ndim:
            array = array[: data.draw(st.integers(0, len(array)))]
        elif way == "dtype":
            array = array.view(np.uint8) if array.ndim else array
        elif way == "flat":
            array = array.reshape(-1)
        elif way == "empty":
            array = array.reshape(-1)[:0]
        tensors[name] = array
    for found in find_packed(places_of(tensors), config):
        format = FORMATS[found.format]
        with suppress(FormatError):
            packed, logical = format.unpack(found, tensors)
            assert list(format.pack(packed, logical)) == list(packed.members)
            assert list(format.plain(packed, logical, {name: tensors[name] for name in packed.beside}))


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_missing_member_makes_it_ordinary_tensors(fixture):
    tensors, config, _ = read_fixture(fixture)
    (found,) = find_packed(places_of(tensors), config)
    for member in (*found.members, found.beside[0]) if found.beside else found.members:
        rest = {name: array for name, array in tensors.items() if name != member}
        others = find_packed(places_of(rest), config)
        assert all(member not in packed.members for packed in others)
        if found.format not in ("sparse-bitmask", "pack-quantized"):
            assert others == []


def test_a_tensor_is_taken_once_and_a_weight_of_the_same_name_hides_none():
    tensors, config, _ = read_fixture("sparse-bitmask@0.11.0")
    tensors["layers.0.q_proj.weight"] = np.zeros(3, np.float32)
    assert find_packed(places_of(tensors), config) == []


@pytest.mark.parametrize(
    "config", [{"quantization_config": 3}, {"quantization_config": {"config_groups": [1]}}, {"a": 1}]
)
def test_configurations_that_say_nothing_are_passed_over(config):
    tensors, _, _ = read_fixture("pack-quantized-4@0.11.0")
    format, packed, logical = unpack(tensors, config)
    again = format.pack(packed, logical)
    assert all(same(again[name], tensors[name]) for name in again)


def test_what_a_tampered_file_unpacks_to_is_refused():
    for fixture, end, array in (
        ("pack-quantized-4@0.11.0", ".weight", np.full((32, 64), 9, np.int8)),
        ("bitnet-bitlinear@0.11.0", ".weight", np.full((128, 64), 2, np.int8)),
        ("bitnet-bitlinear@0.11.0", ".weight", np.zeros((3, 64), np.int8)),
        ("gptq-4-True@0.11.0", ".weight", np.full((32, 64), 16, np.uint8)),
        ("sparse-24-bitmask-False@0.11.0", ".weight", np.ones((32, 64), np.float32)),
        ("torch-prune-random@0.11.0", "_mask", np.ones((3, 5), bool)),
    ):
        tensors, config, _ = read_fixture(fixture)
        format, packed, logical = unpack(tensors, config)
        (name,) = (name for name in logical if name.endswith(end))
        with pytest.raises(FormatError):
            format.pack(packed, {**logical, name: array})
