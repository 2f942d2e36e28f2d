"""The description: entries as columns, deflated, and sealed by checksums."""

import json
import zlib

import numpy as np
import pytest

import xoropt
from xoropt.model.file.description import (
    LARGEST,
    from_columns,
    pack_description,
    seal,
    to_columns,
    unpack_description,
    unseal,
)

ENTRIES = {
    "a": {"shape": [2, 3], "dtype": "F32", "mask": "bitmap", "planes": 1},
    "b": {"carried": "a vector"},
    "c": {"shape": [4], "dtype": "F32", "mask": "prefix", "planes": 1, "slack": 0},
}


def test_entries_become_columns_and_come_back():
    columns = to_columns(ENTRIES)
    assert columns == {
        "names": ["a", "b", "c"],
        "common": {"dtype": "F32", "planes": 1},
        "columns": {
            "shape": [[2, 3], None, [4]],
            "mask": ["bitmap", None, "prefix"],
            "carried": [None, "a vector", None],
            "slack": [None, None, 0],
        },
    }
    assert from_columns(columns) == ENTRIES
    assert from_columns(json.loads(json.dumps(columns))) == ENTRIES


@pytest.mark.parametrize("entries", [{}, {"a": ENTRIES["a"]}, {"b": ENTRIES["b"]}])
def test_few_entries_have_nothing_in_common(entries):
    columns = to_columns(entries)
    assert columns["common"] == {}
    assert from_columns(columns) == entries


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"names": ["a", "b"]}, "'columns'"),
        ({"names": ["a", "a", "b"]}, "'names'"),
        ({"names": [1, 2, 3]}, "'names'"),
        ({"columns": {"shape": 5}}, "'columns'"),
        ({"common": []}, "'common'"),
    ],
)
def test_columns_that_do_not_fit(change, word):
    with pytest.raises(xoropt.FormatError, match=word):
        from_columns(to_columns(ENTRIES) | change)


def test_a_description_is_packed_as_specified():
    description = {"names": ["ä"], "crc32": [1, 2**32 - 1]}
    data = pack_description(description)
    stored = data.tobytes()
    assert data.dtype == np.uint8
    assert int.from_bytes(stored[:4], "little") == zlib.crc32(stored[4:])
    assert zlib.decompress(stored[4:-8]) == '{"names":["ä"]}'.encode()
    assert stored[-8:] == bytes([1, 0, 0, 0, 255, 255, 255, 255])
    assert unpack_description(data) == description


def test_every_damaged_byte_of_a_description_is_found():
    data = pack_description(to_columns(ENTRIES) | {"crc32": [7, 8, 9]})
    for at in range(len(data)):
        damaged = data.copy()
        damaged[at] ^= 16
        with pytest.raises(xoropt.FormatError, match="the description is damaged"):
            unpack_description(damaged)
    for wrong in (data[:-1], data.astype(np.int8), data[:, None]):
        with pytest.raises(xoropt.FormatError, match="the description is"):
            unpack_description(wrong)


def test_a_description_that_is_too_large():
    with pytest.raises(xoropt.XoroptError, match="store it as several files"):
        pack_description({"names": ["x" * LARGEST]})


def test_a_sealed_object():
    text = seal({"version": 2})
    assert json.loads(text)["crc32"] == f"{zlib.crc32(text.replace(text[10:18], '0' * 8).encode()):08x}"
    assert unseal(text)["version"] == 2
    for damaged in (text.replace("2}", "3}"), text[:-1], "", "{}", text.replace("crc32", "crc23")):
        with pytest.raises(xoropt.FormatError, match="damaged"):
            unseal(damaged)
