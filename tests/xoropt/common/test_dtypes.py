"""The dtypes that files have: their names, and numbers that take less than a byte."""

import json

import ml_dtypes
import numpy as np
import pytest

import xoropt
from xoropt.common.dtypes import as_stored, dtype_of, from_stored, has_whole_bytes, name_of, stored_bytes
from xoropt.common.errors import FormatError

FEW_BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
NEW = {**FEW_BITS, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8}


def test_numbers_of_four_bits_lie_two_to_a_byte():
    array = np.array([1, 2, 15], np.uint8).view(ml_dtypes.float4_e2m1fn)
    assert as_stored(array).tolist() == [0x21, 0x0F]
    assert from_stored(np.array([0x21, 0x0F], np.uint8), "F4", (3,)).view(np.uint8).tolist() == [1, 2, 15]
    assert not has_whole_bytes(array.dtype)
    assert stored_bytes(array.dtype, 3) == 2
    with pytest.raises(FormatError, match="not an array of F4"):
        from_stored(np.zeros(3, np.uint8), "F4", (3,))


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("values", [3, None])
def test_files_of_these_dtypes_come_back(tmp_path, name, values):
    bits, size = NEW[name], 64 * 128
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, values or 1 << bits, size).astype(np.uint8).view(dtype_of(name))
    assert name_of(numbers.dtype) == name
    data = as_stored(numbers).tobytes()
    header = {"w": {"dtype": name, "shape": [64, 128], "data_offsets": [0, len(data)]}}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    plain = len(text).to_bytes(8, "little") + text + data
    (tmp_path / "plain.safetensors").write_bytes(plain)
    arrays, _ = xoropt.common.tensor_files.read_arrays(tmp_path / "plain.safetensors")
    model = xoropt.compress(arrays)
    assert isinstance(model.tensors["w"], xoropt.CompressedTensor) == (values is not None)
    xoropt.save(model, tmp_path / "small")
    assert xoropt.verify(tmp_path / "small", arrays)[0].lossless
    back = xoropt.decompress(tmp_path / "small")["w"]
    assert (back.dtype, back.shape, as_stored(back).tobytes()) == (numbers.dtype, (64, 128), data)
