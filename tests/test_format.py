"""Files of every version stay readable, follow their specification, and are the same every time."""

import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import specified_networks
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import CompressConfig
from xoropt.common.tensor_files import read_safetensors
from xoropt.model.file.container import DESCRIPTION
from xoropt.model.file.description import unpack_description
from xoropt.networks.topologies.registry import TOPOLOGIES

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"


def tensors(version=2):
    """Make small tensors without NumPy's generators, whose streams may change."""
    k = xoropt.networks.splitmix.splitmix64(7, 6000)
    kept = (k >> np.uint64(40)) % np.uint64(10) == 0
    sign = np.where(k & np.uint64(1), 1.0, -1.0)
    level = np.array([0.25, -0.5, 0.5, 2.0])[(k & np.uint64(3)).astype(int)]
    even = np.argsort(k[:4000].reshape(-1, 4), axis=1, kind="stable") < 2
    late = {} if version == 1 else {"uneven": uneven()}
    return late | {
        "binary": (kept * sign).reshape(60, 100).astype(np.float32),
        "levels": (kept * level).reshape(60, 10, 10).astype(np.float16),
        "ternary": np.sign((k % np.uint64(3)).astype(np.int8) - 1).reshape(60, 100).astype(np.int8),
        "two of four": (even * sign[:4000].reshape(-1, 4)).reshape(40, 100).astype(np.float32),
        "bias": np.arange(5, dtype=np.float64),
    }


def uneven():
    """Make a tensor with nearly empty rows and uneven columns: its mask lists weights and moves columns."""
    k = xoropt.networks.splitmix.splitmix64(8, 24_000).reshape(240, 100)
    of_4096 = 1 << np.where(np.arange(240)[:, None] % 2, 3, 9) + np.arange(100) % 8 // 4 * 2
    kept = (k >> np.uint64(20)) % np.uint64(4096) < of_4096.astype(np.uint64)
    return np.where(kept, np.where(k & np.uint64(1), 1, -1), 0).astype(np.int8)


FILES = {
    "block": CompressConfig(n_in=20, mask="bitmap", solver="greedy"),
    "windowed": CompressConfig(network="windowed:n_in=8,n_out=100,window=64,taps=6,seed=3", order="lanes:lanes=8"),
    "auto": CompressConfig(),
    "smallest": CompressConfig(mask="smallest"),
}


def write(folder: Path) -> None:
    """Make new golden files; only for a new version of the format."""
    folder.mkdir(exist_ok=True)
    for name, config in FILES.items():
        xoropt.save(xoropt.compress(tensors(), config, metadata={"golden": name}), folder / name, overwrite=True)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("decoder", ["auto", "reference"])
def test_golden_files_are_read(name, version, decoder):
    path = GOLDEN / str(version) / name
    arrays = xoropt.decompress(path, decoder=decoder)
    assert xoropt.load(path).metadata == {"golden": name}
    assert set(arrays) == set(tensors(version))
    for key, original in tensors(version).items():
        assert (arrays[key].dtype, arrays[key].shape) == (original.dtype, original.shape)
        assert arrays[key].tobytes() == original.tobytes()


def test_a_low_rank_mask_of_version_1_is_read():
    weights = xoropt.decompress(GOLDEN / "1" / "low_rank")["w"]
    assert weights.shape == (64, 100)
    assert zlib.crc32(weights.tobytes()) == 3185726596  # of what the reader of version 1 gave


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_version_1_becomes_one_of_version_2(name, tmp_path):
    model = xoropt.load(GOLDEN / "1" / name)
    xoropt.save(model, tmp_path / "new")
    assert (tmp_path / "new").stat().st_size < (GOLDEN / "1" / name).stat().st_size
    arrays = xoropt.decompress(tmp_path / "new")
    assert all(arrays[key].tobytes() == original.tobytes() for key, original in tensors(1).items())


@pytest.mark.parametrize("name", FILES)
def test_the_same_model_gives_the_same_file(name, tmp_path):
    for copy in ("one", "two"):
        xoropt.save(xoropt.compress(tensors(), FILES[name], metadata={"golden": name}), tmp_path / copy)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def specification():
    return (ROOT / "docs" / "format.md").read_text()


@pytest.mark.parametrize("source", ["block", "auto", "auto, as it is now"])
def test_the_short_reader_of_the_specification(source, tmp_path):
    code = re.search(r"```python\n(.*?)```", specification(), re.DOTALL)
    names = {}
    exec(compile(code[1], "format.md", "exec"), names)
    name = source.partition(",")[0]
    path = GOLDEN / "2" / name
    if name != source:
        path = tmp_path / name
        xoropt.save(xoropt.compress(tensors()), path)
    masks, seen = set(), 0
    for key, entry, codes, parts in names["read"](path):
        original = tensors()[key].reshape(-1)
        values = np.frombuffer(parts["codebook"], dtype=original.dtype)
        assert tuple(entry["shape"]) == tensors()[key].shape
        assert [0 if code is None else values[code] for code in codes] == original.tolist()
        masks |= {entry["mask"], *parts}
        seen += 1
    assert seen >= 4
    assert name == "block" or {"prefix", "mask_listed"} <= masks


def structured():
    """Make masks of every structure, without NumPy's generators."""
    k = xoropt.networks.splitmix.splitmix64(9, 4096).reshape(32, 128)
    of = k >> np.uint64(40)
    causal, few, dense = np.tri(40, dtype=bool), np.ones((32, 128), dtype=bool), np.zeros((64, 128), dtype=bool)
    few[3, 5] = few[20, 100] = False
    dense[[3, 40, 41]] = k[:3] & np.uint64(2)
    holes = np.tri(64, dtype=bool)
    holes[[9, 30, 40], [3, 4, 5]] = False
    return {
        "blocks": np.kron(of[:8, :25] % np.uint64(3) == 0, np.ones((4, 4), dtype=bool)),
        "blocks of 3": np.kron(of[:12, :30] % np.uint64(3) == 0, np.ones((3, 5), dtype=bool))[:35, :149],
        "one row": np.arange(60)[:, None] == np.full(40, 7),
        "two rows pruned": np.broadcast_to(np.arange(60)[:, None] % 45 != 7, (60, 40)),
        "kernels": np.broadcast_to((of[:16, :16] % np.uint64(2) == 0)[:, :, None, None], (16, 16, 3, 3)),
        "2 of 4 down": (np.argsort(k.reshape(32, 4, 32), axis=1, kind="stable") < 2).reshape(128, 32),
        "causal": causal,
        "ends": np.arange(128) < of[:, :1] % np.uint64(128),
        "exceptions": few,
        "triangle with holes": holes,
        "within": dense,
    }


@pytest.mark.parametrize("kind", structured())
def test_the_short_reader_knows_every_structure(kind):
    code = re.search(r"```python\n(.*?)```", specification(), re.DOTALL)
    names = {}
    exec(compile(code[1], "format.md", "exec"), names)
    mask = np.ascontiguousarray(structured()[kind])
    codec, parts = xoropt.masks.encode_mask(mask)
    assert codec in ("blocks", "n_of_m", "spans", "exceptions", "within")
    held = {name: part.tobytes() for name, part in parts.items()}
    assert names["mask"]({"shape": mask.shape, "mask": codec}, held) == mask.reshape(-1).astype(int).tolist()


@given(st.sampled_from([name for name in TOPOLOGIES if name != "matrix"]), st.data())
def test_every_network_is_specified(name, data):
    """A reader made only from the page draws the same matrix for every topology."""
    recipe = data.draw(specified_networks.RECIPES[name])
    network = xoropt.networks.from_recipe(f"{name}:{recipe}")
    window, rows = specified_networks.rows_of(network.recipe, specification())
    assert (window, len(rows)) == (network.window, network.n_out)
    assert [np.flatnonzero(row).tolist() for row in network.matrix()] == [sorted(row) for row in rows]


def test_the_example_of_the_specification(tmp_path):
    weights = np.zeros((4, 8), dtype=np.float32)
    weights[[0, 0, 2, 2, 3], [1, 6, 2, 3, 0]] = 0.5
    weights[[1, 1, 3], [4, 5, 7]] = -0.5
    config = CompressConfig(0.75, 1, include=("*",), network="block:n_in=4,n_out=8,seed=4", mask="bitmap")
    xoropt.save(xoropt.compress({"w": weights}, config), tmp_path / "w")
    arrays, _ = read_safetensors(tmp_path / "w")
    described = unpack_description(arrays.pop(DESCRIPTION))
    assert f"checksum is {described.pop('crc32')[0]:08x}," in specification()
    description = json.dumps(described, separators=(",", ":"))
    assert f"```json\n{description}\n```" in specification()
    for name, array in arrays.items():
        assert re.search(rf"^{name} +{array.tobytes().hex(' ')}$", specification(), re.MULTILINE)
    assert struct.unpack("<f", arrays["scales::F32"].tobytes()) == (0.5,)
    assert (xoropt.decompress(tmp_path / "w")["w"] == weights).all()
