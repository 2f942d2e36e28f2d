"""What the installed libraries write comes back byte for byte, and means what they say: any release, any shape."""

import numpy as np
import pytest
from foreign_fixtures import same, unpack

torch = pytest.importorskip("torch", reason="torch is missing: pip install torch")
safetensors_torch = pytest.importorskip("safetensors.torch")
foreign = pytest.importorskip("foreign_checkpoints")


@pytest.mark.parametrize(("rows", "columns"), [(32, 64), (64, 160)])
@pytest.mark.parametrize("name", foreign.CASES)
def test_a_case(name, rows, columns, tmp_path):
    from xoropt.common.tensor_files import read_safetensors

    try:
        tensors, config, expected = foreign.CASES[name](rows, columns)
    except ImportError as error:
        pytest.skip(f"{error}: pip install compressed-tensors==0.11.0 transformers auto-gptq==0.7.1")
    for stem, some in (("written", tensors), ("expected", expected)):
        some = {key: value.contiguous() for key, value in some.items()}
        safetensors_torch.save_file(some, tmp_path / f"{stem}.safetensors")
    arrays, _ = read_safetensors(tmp_path / "written.safetensors")
    wanted, _ = read_safetensors(tmp_path / "expected.safetensors")
    format, packed, logical = unpack(arrays, config)
    again = format.pack(packed, logical)
    assert all(same(again[member], arrays[member]) for member in packed.members)
    plain = format.plain(packed, logical, {key: arrays[key] for key in packed.beside})
    assert set(plain) == set(wanted)
    for key, array in plain.items():
        assert array.dtype == wanted[key].dtype
        assert np.array_equal(array.astype(np.float64), wanted[key].astype(np.float64))
