"""The weights of `golden/formats`, as other libraries packed them."""

import json
from pathlib import Path

from xoropt.checkpoints.formats import FORMATS, find_packed
from xoropt.checkpoints.layout import Place
from xoropt.common.dtypes import name_of
from xoropt.common.tensor_files import read_safetensors

FIXTURES = {path.stem: path for path in sorted((Path(__file__).parent / "golden" / "formats").glob("*.safetensors"))}
NAMES = {
    "sparse-bitmask": ["sparse-bitmask", "sparse-bitmask-of-the-weight", "sparse-bitmask-float8"],
    "sparse-24-bitmask": ["sparse-24-bitmask-False", "sparse-24-bitmask-True", "sparse-24-bitmask-float8"],
    "int-quantized": ["quantized-int-quantized", "int-quantized-zero-points"],
    "naive-quantized": ["quantized-naive-quantized"],
}
"""The fixtures of a format, where they are not those that begin with its name."""


def format_name(fixture):
    """The name of a fixture's format."""
    name = fixture.partition("@")[0]
    named = next((format for format, names in NAMES.items() if name in names), None)
    return named or next(format for format in FORMATS if name.startswith(format))


def places_of(tensors):
    """What a header says of tensors."""
    return {name: Place(name_of(array.dtype), array.shape, 0, array.nbytes) for name, array in tensors.items()}


def read_fixture(name):
    """The tensors of a fixture, its configuration, and what the library reads."""
    tensors, metadata = read_safetensors(FIXTURES[name])
    expected = {key.removeprefix("expected/"): tensors.pop(key) for key in list(tensors) if key.startswith("expected/")}
    return tensors, json.loads(metadata["config"]), expected


def unpack(tensors, config):
    """The format that finds the one weight of some tensors, the weight, and its unpacked arrays."""
    (found,) = find_packed(places_of(tensors), config)
    return FORMATS[found.format], *FORMATS[found.format].unpack(found, tensors)


def same(found, expected):
    """Whether two arrays have the same dtype, shape and bytes."""
    return found.dtype == expected.dtype and found.shape == expected.shape and found.tobytes() == expected.tobytes()
