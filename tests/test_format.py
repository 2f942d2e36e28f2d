"""Files of format version 1 stay readable, follow their specification, and are the same every time they are made."""

import re
from pathlib import Path

import numpy as np
import pytest

import xoropt
from xoropt import CompressConfig

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"


def tensors():
    """Small tensors made without NumPy's generators, whose streams may change."""
    k = xoropt.networks.splitmix.splitmix64(7, 6000)
    kept = (k >> np.uint64(40)) % np.uint64(10) == 0
    sign = np.where(k & np.uint64(1), 1.0, -1.0)
    level = np.array([0.25, -0.5, 0.5, 2.0])[(k & np.uint64(3)).astype(int)]
    even = np.argsort(k[:4000].reshape(-1, 4), axis=1, kind="stable") < 2
    return {
        "binary": (kept * sign).reshape(60, 100).astype(np.float32),
        "levels": (kept * level).reshape(60, 10, 10).astype(np.float16),
        "ternary": np.sign((k % np.uint64(3)).astype(np.int8) - 1).reshape(60, 100).astype(np.int8),
        "two of four": (even * sign[:4000].reshape(-1, 4)).reshape(40, 100).astype(np.float32),
        "bias": np.arange(5, dtype=np.float64),
    }


FILES = {
    "block": CompressConfig(n_in=20, mask="bitmap", solver="greedy"),
    "windowed": CompressConfig(network="windowed:n_in=8,n_out=100,window=64,taps=6,seed=3", order="lanes:lanes=8"),
    "auto": CompressConfig(),
    "smallest": CompressConfig(mask="smallest"),
}


def write(folder: Path) -> None:
    """Make the golden files anew; only for a new version of the format."""
    folder.mkdir(exist_ok=True)
    for name, config in FILES.items():
        xoropt.save(xoropt.compress(tensors(), config, metadata={"golden": name}), folder / name, overwrite=True)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("decoder", ["auto", "reference"])
def test_golden_files_are_read(name, decoder):
    arrays = xoropt.decompress(GOLDEN / name, decoder=decoder)
    assert xoropt.load(GOLDEN / name).metadata == {"golden": name}
    for key, original in tensors().items():
        assert (arrays[key].dtype, arrays[key].shape) == (original.dtype, original.shape)
        assert arrays[key].tobytes() == original.tobytes()


@pytest.mark.parametrize("name", FILES)
def test_the_same_model_gives_the_same_file(name, tmp_path):
    for copy in ("one", "two"):
        xoropt.save(xoropt.compress(tensors(), FILES[name], metadata={"golden": name}), tmp_path / copy)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_short_reader_of_the_specification():
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "format.md").read_text(), re.DOTALL)
    names = {}
    exec(compile(code[1], "format.md", "exec"), names)
    seen = 0
    for name, entry, codes, codebook in names["read"](GOLDEN / "block"):
        original = tensors()[name].reshape(-1)
        values = np.frombuffer(codebook, dtype=original.dtype)
        assert tuple(entry["shape"]) == tensors()[name].shape
        assert [0 if code is None else values[code] for code in codes] == original.tolist()
        seen += 1
    assert seen >= 3
