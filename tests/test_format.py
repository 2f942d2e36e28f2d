"""Files of every version stay readable, follow their specification, and are the same every time."""

import json
import re
import struct
import zlib
from pathlib import Path

import ml_dtypes
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
from xoropt.quantize import CodedField

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"


def tensors(version=3):
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


def numbers():
    """Make tensors of numbers that are stored by fields and prefix codes, without NumPy's generators."""
    k = xoropt.networks.splitmix.splitmix64(9, 6000)
    bell = sum((k >> np.uint64(11 * i)).astype(np.int64) % 2048 for i in range(4)) - 4094  # nearly Gaussian
    places = np.arange(17, 6000, 430)
    odd = [
        0x7F80,
        0xFF80,
        0x7FC1,
        0xFFFF,
        0x8000,
        0x0001,
        0x807F,
        0x7F7F,
        0x0080,
        0x7F80,
        0x1234,
        0x8000,
        0x7149,
        0x0BAD,
    ]
    brain = (bell / 4096).astype(ml_dtypes.bfloat16)
    brain.view(np.uint16)[places] = odd
    single = ((bell + (k >> np.uint64(40)) / 2**24) / 65536).astype(np.float32)
    filled = np.where(k % np.uint64(5) < 2, np.float32(-1.5), single)
    filled.view(np.uint32)[places[:4]] = [0, 0x80000000, 0x7F800000, 0x7FC00001]
    nibbles = np.where((k >> np.uint64(50)) % np.uint64(10) < 6, 0, np.clip(bell // 700, -8, 7)).astype(np.int8)
    one = 1 + (k % np.uint64(2**20)) / 2**20
    one[places[:3]] = [-0.5, 8, 3]
    arrays = {
        "bfloat16": brain,
        "float16": (bell / 4096).astype(np.float16),
        "float32": single,
        "float64 of 29 zeros": single.astype(np.float64),
        "float8": (bell / 4096).astype(ml_dtypes.float8_e4m3fn),
        "fill": filled,
        "int4": nibbles,
        "int16": bell.astype(np.int16),
        "int32 of 6 zeros": (bell * 64).astype(np.int32),
        "int64": bell.astype(np.int64),
        "one exponent": one.astype(np.float32),
        "nine values": np.array([0.5, -1, 3, -0.0, np.inf, 7, 0, 1e-45, 2], np.float32)[np.clip(bell // 700 + 4, 0, 8)],
    }
    return {name: array.reshape(60, 100) for name, array in arrays.items()}


FILES = {
    "block": CompressConfig(n_in=20, mask="bitmap", solver="greedy"),
    "windowed": CompressConfig(network="windowed:n_in=8,n_out=100,window=64,taps=6,seed=3", order="lanes:lanes=8"),
    "auto": CompressConfig(),
    "smallest": CompressConfig(mask="smallest"),
    "numbers": CompressConfig(),
}
VERSIONS = [(1, name) for name in FILES if name != "numbers"]
VERSIONS += [(2, name) for _, name in VERSIONS] + [(3, name) for name in FILES]


def originals(name, version=3):
    """The tensors of a file."""
    return numbers() if name == "numbers" else tensors(version)


def write(folder: Path) -> None:
    """Make new golden files; only for a new version of the format."""
    folder.mkdir(exist_ok=True)
    for name, config in FILES.items():
        xoropt.save(xoropt.compress(originals(name), config, metadata={"golden": name}), folder / name, overwrite=True)


@pytest.mark.parametrize(("version", "name"), VERSIONS)
@pytest.mark.parametrize("decoder", ["numpy", "compiled", "reference"])
def test_golden_files_are_read(name, version, decoder):
    path = GOLDEN / str(version) / name
    arrays = xoropt.decompress(path, decoder=decoder)
    assert xoropt.load(path).metadata == {"golden": name}
    assert set(arrays) == set(originals(name, version))
    for key, original in originals(name, version).items():
        assert (arrays[key].dtype, arrays[key].shape) == (original.dtype, original.shape)
        assert arrays[key].tobytes() == original.tobytes()


def test_a_low_rank_mask_of_version_1_is_read():
    weights = xoropt.decompress(GOLDEN / "1" / "low_rank")["w"]
    assert weights.shape == (64, 100)
    assert zlib.crc32(weights.tobytes()) == 3185726596  # of what the reader of version 1 gave


def test_the_files_of_numbers_have_everything_that_is_new():
    model = xoropt.load(GOLDEN / "3" / "numbers")
    levels = [tensor.levels for tensor in model.tensors.values()]
    assert all(isinstance(one, CodedField) for one in levels)
    forms = [one.form for one in levels]
    assert {form.sign_last for form in forms} == {False, True}
    assert {form.zeros for form in forms} == {0, 3, 6, 29}
    assert min(form.raw_bits for form in forms) == 0
    assert max(form.raw_bits for form in forms) > 16
    assert any(one.fill for one in levels)
    assert any(len(one.lengths) == 1 for one in levels)
    assert any(len(tensor.listed.at) and tensor.levels.form.raw_bits for tensor in model.tensors.values())
    assert any(tensor.encoded.octets is not None for tensor in model.tensors.values())


@pytest.mark.parametrize(("version", "name"), [case for case in VERSIONS if case[0] < 3])
def test_a_file_of_an_old_version_becomes_one_of_version_3(version, name, tmp_path):
    before = GOLDEN / str(version) / name
    xoropt.save(xoropt.load(before), tmp_path / "new")
    size = (tmp_path / "new").stat().st_size
    assert size < before.stat().st_size if version == 1 else size == before.stat().st_size
    arrays = xoropt.decompress(tmp_path / "new")
    assert all(arrays[key].tobytes() == original.tobytes() for key, original in tensors(version).items())


@pytest.mark.parametrize("name", FILES)
def test_the_same_model_gives_the_same_file(name, tmp_path):
    for copy in ("one", "two"):
        xoropt.save(xoropt.compress(originals(name), FILES[name], metadata={"golden": name}), tmp_path / copy)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def specification():
    return (ROOT / "docs" / "format.md").read_text()


def read_as_specified(path):
    """Read a file by the short reader."""
    code = re.search(r"```python\n(.*?)```", specification(), re.DOTALL)
    names = {}
    exec(compile(code[1], "format.md", "exec"), names)
    return names["read"](path)


@pytest.mark.filterwarnings("ignore:.*merge_zeros")
@pytest.mark.parametrize("rows", [60, 300])
def test_the_short_reader_reads_signs_of_pruned_weights(rows, tmp_path):
    k = xoropt.networks.splitmix.splitmix64(9, 100 * rows)
    weights = numbers()["float16"][:30].repeat(rows // 30, axis=0)
    weights *= (k % np.uint64(10) < 3).astype(weights.dtype).reshape(rows, 100)
    xoropt.save(xoropt.compress({"w": weights}), tmp_path / "zeros")
    ((_, entry, _, read),) = read_as_specified(tmp_path / "zeros")
    assert entry["field"][2] == 2
    assert read == weights.view(np.uint16).reshape(-1).tolist()


@pytest.mark.parametrize(
    ("version", "name"),
    [(2, "block"), (2, "auto"), (3, "block"), (3, "auto"), (3, "numbers"), (0, "auto"), (0, "numbers")],
)
def test_the_short_reader_of_the_specification(version, name, tmp_path):
    """It reads files of the versions 2 and 3, and those that are written now (0)."""
    path = GOLDEN / str(version) / name
    if not version:
        path = tmp_path / name
        xoropt.save(xoropt.compress(originals(name), FILES[name]), path)
    seen, read = set(), 0
    for key, entry, parts, weights in read_as_specified(path):
        original = originals(name)[key]
        patterns = original.reshape(-1).view(f"u{original.itemsize}")
        assert tuple(entry["shape"]) == original.shape
        assert weights == patterns.tolist()
        seen |= {entry["mask"], *parts, *entry}
        read += 1
    assert read >= (4 if name != "numbers" else len(numbers()))
    assert name == "block" or {"prefix", "mask_listed"} <= seen or name == "numbers"
    assert name != "numbers" or {"field", "stack", "listed"} <= seen


def test_the_short_reader_gives_the_codes_of_scales(tmp_path):
    weights = np.random.default_rng(0).standard_normal((60, 50)).astype(np.float32)
    config = CompressConfig(sparsity=0.7, bits=2, solver="greedy", n_in=20)
    xoropt.save(xoropt.compress({"w": weights}, config), tmp_path / "w")
    _, _, parts, codes = next(iter(read_as_specified(tmp_path / "w")))
    alpha = np.frombuffer(parts["scales"], dtype=np.float32)
    made = [0 if code is None else sum(a if code >> i & 1 else -a for i, a in enumerate(alpha)) for code in codes]
    assert made == xoropt.decompress(tmp_path / "w")["w"].reshape(-1).tolist()


def test_the_short_reader_knows_classes_of_rows_and_values_of_rows(tmp_path):
    noise = np.random.default_rng(0).standard_normal((120, 256))
    scales = np.exp2(np.arange(120) % 7)[:, None]
    tensors = {
        "classes": (noise * scales).astype(np.float16),
        "pruned": np.where(noise > 0.3, noise * scales, 0).astype(np.float16),
        "rows": (np.sinh(np.rint(noise * 2)) * (1 + scales / 100)).astype(np.float32),
    }
    xoropt.save(xoropt.compress(tensors), tmp_path / "file")
    levels = {name: tensor.levels for name, tensor in xoropt.load(tmp_path / "file").tensors.items()}
    assert levels["classes"].classes is not None
    assert levels["pruned"].classes is not None
    assert levels["rows"].has_own_rows
    for name, entry, _, weights in read_as_specified(tmp_path / "file"):
        assert tuple(entry["shape"]) == (120, 256)
        assert weights == tensors[name].reshape(-1).view(f"u{tensors[name].itemsize}").tolist()


@pytest.mark.parametrize("sides", [(1, 128), (120, 1), (64, 64), (32, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_short_reader_gives_the_codes_of_scales_of_blocks(sides, dtype, tmp_path):
    rng = np.random.default_rng(0)
    codes = np.rint(rng.standard_normal((120, 128)) * 3)
    scales = rng.random((-(-120 // sides[0]), -(-128 // sides[1]))).astype(dtype)
    scales = np.kron(scales, np.ones(sides, dtype))[:120, :128].astype(np.float32)
    weights = (codes.astype(np.int8).astype(np.float32) * scales).astype(dtype)
    xoropt.save(xoropt.compress({"w": weights}), tmp_path / "w")
    ((_, entry, parts, read),) = read_as_specified(tmp_path / "w")
    _, columns, high, wide = entry["scaled"]
    made = np.array(read, dtype=np.uint8).view(np.int8).reshape(-1, columns)
    kind = np.float32 if len(parts["block_scales"]) == 4 * -(-120 // high) * -(-columns // wide) else np.float16
    held = np.frombuffer(parts["block_scales"], kind).reshape(-(-120 // high), -(-columns // wide)).astype(np.float32)
    i, j = np.indices(made.shape)
    numbers = np.where(made == -128, np.float32(-0.0), made.astype(np.float32))
    assert (numbers * held[i // high, j // wide]).astype(dtype).tobytes() == weights.tobytes()


def test_the_short_reader_gives_the_parts_of_complex_weights(tmp_path):
    rng = np.random.default_rng(0)
    weights = (rng.standard_normal((40, 60)) + 1j * rng.standard_normal((40, 60))).astype(np.complex64)
    weights[rng.random((40, 60)) < 0.7] = 0
    xoropt.save(xoropt.compress({"w": weights}), tmp_path / "w")
    ((_, entry, _, read),) = read_as_specified(tmp_path / "w")
    assert entry["pairs"] == "F32"
    assert read == weights.view(np.uint32).reshape(-1).tolist()


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
        "kinds of rows": (k[:6] >> np.uint64(20) & np.uint64(1) == 0)[(of[:, 0] % np.uint64(6)).astype(int)],
        "checkerboard": np.indices((99, 101)).sum(axis=0) % 2 == 0,
        "strided": np.subtract.outer(np.arange(128), np.arange(96)) % 9 == 0,
    }


@pytest.mark.parametrize("kind", structured())
def test_the_short_reader_knows_every_structure(kind):
    code = re.search(r"```python\n(.*?)```", specification(), re.DOTALL)
    names = {}
    exec(compile(code[1], "format.md", "exec"), names)
    mask = np.ascontiguousarray(structured()[kind])
    codec, parts = xoropt.masks.encode_mask(mask)
    assert codec in ("blocks", "n_of_m", "spans", "deltas", "exceptions", "within")
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
