"""Headers that the safetensors library refuses, or that hold a name twice, are told in the words of this package."""

import json

import pytest

from xoropt.checkpoints.shards import read_shard
from xoropt.common.errors import FormatError
from xoropt.common.tensor_files import read_safetensors

ONE = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


def header(**entry):
    return json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | entry})


FAULTS = {
    "twice": (f"{{{ONE},{ONE}}}", "'a' stands in the header twice"),
    "odd": (header(dtype="F4", shape=[3], data_offsets=[0, 2]), "numbers does not fill whole bytes"),
    "dtype": (header(dtype="F99"), "a dtype that such files do not have, F99"),
    "bytes": (header(data_offsets=[0, 8]), "do not fit its shape and dtype"),
    "short": (header(shape=[1000], data_offsets=[0, 4000]), "shorter than its header says"),
    "text": ('{"a":               ', "its header is no JSON"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_told_in_one_line(name, tmp_path):
    text, words = FAULTS[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text.encode() + bytes(2 if name == "odd" else 4))
    for read in (read_safetensors, read_shard):
        with pytest.raises(FormatError) as error:
            read(path)
        assert words in str(error.value)
        assert str(error.value).startswith(f"{path}: ")
        assert "deserializ" not in str(error.value)
        assert "\n" not in str(error.value)
