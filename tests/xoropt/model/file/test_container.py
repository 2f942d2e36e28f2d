"""The file: what is written is read; what is damaged is refused, and never gives a wrong weight."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import xoropt
from xoropt import CompressConfig
from xoropt.model.file.container import DESCRIPTION, KEY, header_bits
from xoropt.model.file.description import (
    LARGEST,
    from_columns,
    pack_description,
    sealed,
    to_columns,
    unpack_description,
)
from xoropt.model.file.tensor_entries import checksum


@pytest.fixture
def stored(dense, tmp_path):
    """A compressed file and the exact arrays that it must give back."""
    quantized = xoropt.decompress(xoropt.compress(dense, CompressConfig(sparsity=0.8, bits=2, solver="greedy")))
    model = xoropt.compress(quantized, CompressConfig(solver="greedy", n_in=20), metadata={"who": "test"})
    path = tmp_path / "model.safetensors"
    xoropt.save(model, path)
    return path, quantized


@pytest.fixture
def stored_windowed(tmp_path):
    """The same with a windowed network: two planes, several segments and patches."""
    rng = np.random.default_rng(0)
    weights = np.where(
        rng.random((300, 400)) < 0.3, rng.choice(np.array([1, 2, 3, 4], np.int8), (300, 400)), np.int8(0)
    )
    config = CompressConfig(network="windowed:n_in=8,n_out=26,window=64,taps=4,seed=0")
    model = xoropt.compress({"w": weights}, config, metadata={"who": "test"})
    assert model.tensors["w"].encoded.patches.count
    path = tmp_path / "windowed.safetensors"
    xoropt.save(model, path)
    return path, {"w": weights}


def same(arrays, originals):
    return list(arrays) == list(originals) and all(
        a.dtype == o.dtype and a.shape == o.shape and a.tobytes() == o.tobytes()
        for a, o in zip(arrays.values(), originals.values(), strict=True)
    )


def test_round_trip(stored):
    path, originals = stored
    assert same(xoropt.decompress(path), originals)
    assert xoropt.load(path).metadata == {"who": "test"}


def test_any_reader_of_safetensors_opens_it(stored):
    path, originals = stored
    with safe_open(path, framework="numpy") as file:
        names = set(file.keys())
        assert {"seeds::U8", "patches::U8", "mask::U8", "codebook::F32", "codebook::F16", DESCRIPTION} <= names
        assert (file.get_tensor("conv.bias") == originals["conv.bias"]).all()
        assert json.loads(file.metadata()[KEY])["version"] == 2
        description = unpack_description(file.get_tensor(DESCRIPTION))
    assert description["names"] == list(originals)


def test_large_parts_are_arrays_by_themselves(tmp_path):
    rng = np.random.default_rng(0)
    weights = (rng.random((1000, 1200)) < 0.5) * rng.choice(np.array([-1, 1], np.int8), (1000, 1200))
    tensors = {"large": weights, "small": weights[:50], "xoropt": np.arange(4), "seeds": np.ones(3)}
    xoropt.save(xoropt.compress(tensors), tmp_path / "model")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        assert {"large::seeds", "large::mask", "seeds::U8", "mask::U8", "xoropt", "seeds"} <= set(file.keys())
    assert same(xoropt.decompress(tmp_path / "model"), tensors)


def test_many_small_tensors_share_their_headers(tmp_path):
    rng = np.random.default_rng(0)
    choices = np.array([0, 0, 0, 0, 0, 0, 1, -1], np.int8)
    tensors = {f"layer{i}.{j}.weight": rng.choice(choices, (40, 60)) for i in range(10) for j in range(8)}
    model = xoropt.compress(tensors, CompressConfig(mask="prefix"))
    xoropt.save(model, tmp_path / "model")
    headers = 8 * (tmp_path / "model").stat().st_size - sum(
        getattr(xoropt.report(model).total, f"{part}_bits") for part in ("seed", "patch", "mask", "scale")
    )
    assert headers < len(tensors) * 8 * 50  # with the fractions of bytes that planes are filled up to


def test_names_never_collide(tmp_path):
    codes = np.random.default_rng(0).choice(np.array([0, 0, 0, 1], np.int8), 4000)
    odd = {"a": codes, "a::seeds": np.arange(3), "a::raw": np.arange(2), "a::seeds::raw": np.arange(1), "": np.ones(2)}
    xoropt.save(xoropt.compress(odd, CompressConfig(solver="greedy")), tmp_path / "odd")
    assert same(xoropt.decompress(tmp_path / "odd"), odd)


def test_sizes_add_up_to_the_file(stored):
    path, _ = stored
    report = xoropt.report(xoropt.load(path), path)
    total = report.total
    assert all(
        getattr(total, key) == sum(getattr(tensor, key) for tensor in report.tensors.values())
        for key in ("seed_bits", "mask_bits", "patches")
    )
    parts = (
        sum(getattr(total, f"{part}_bits") for part in ("seed", "patch", "mask", "scale", "header"))
        + 8 * total.carried_bytes
    )
    assert total.file_bytes == path.stat().st_size
    assert 0 < 8 * total.file_bytes - parts < 8 * 700  # what is left: the headers of what was carried along
    model = xoropt.load(path)
    alone = xoropt.CompressedModel({n: t for n, t in model.tensors.items() if isinstance(t, xoropt.CompressedTensor)})
    xoropt.save(alone, path, overwrite=True)
    with safe_open(path, framework="numpy") as file:
        stored = sum(file.get_tensor(name).nbytes for name in file.keys() if name != DESCRIPTION)  # noqa: SIM118
    assert sum(header_bits(model).values()) == 8 * (path.stat().st_size - stored)


@pytest.mark.parametrize("network", ["stored", "stored_windowed"])
@pytest.mark.parametrize("kind", ["flip", "drop", "insert", "cut", "overwrite"])
def test_damage_never_gives_a_wrong_weight(request, tmp_path, kind, network):
    path, originals = request.getfixturevalue(network)
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    rng = np.random.default_rng(["flip", "drop", "insert", "cut", "overwrite"].index(kind))
    damaged = tmp_path / "damaged"
    refused = 0
    for _ in range(500):  # 2,500 damages over the five kinds
        at = int(rng.integers(0, header if rng.random() < 0.5 else len(data)))
        length = int(rng.integers(1, 9))
        match kind:
            case "flip":
                changed = bytearray(data)
                changed[at] ^= 1 << int(rng.integers(8))
            case "drop":
                changed = data[:at] + data[at + length :]
            case "insert":
                changed = data[:at] + rng.bytes(length) + data[at:]
            case "cut":
                changed = data[:at]
            case _:
                changed = data[:at] + rng.bytes(length) + data[at + length :]
        damaged.write_bytes(changed)
        message = None
        try:
            arrays = xoropt.decompress(damaged)
        except xoropt.XoroptError as error:
            message = str(error)
        if message is None:
            assert same(arrays, originals)
        else:
            assert str(damaged) in message
            assert "\n" not in message
            refused += 1
    assert refused > 450


def rewrite(path, change):
    """Change a file's description and give it a right checksum again, as someone hostile would.

    `change` gets the description with `tensors`, their entries by name, and `parts`, theirs, for the columns and pools.
    """
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        metadata = json.loads(file.metadata()[KEY])
    description = unpack_description(arrays.pop(DESCRIPTION))
    tensors = from_columns({"common": {}} | description)
    for entry, value in zip(tensors.values(), description["crc32"], strict=True):
        entry["crc32"] = value
    description |= {"version": metadata["version"], "tensors": tensors}
    change(description, arrays)
    tensors = description.pop("tensors")
    if isinstance(tensors, dict):
        description["crc32"] = [entry.pop("crc32") for entry in tensors.values() if "crc32" in entry]
    seal = {"version": description.pop("version")} if "version" in description else {}
    if isinstance(tensors, dict):
        description |= to_columns(tensors)
    save_file(arrays | {DESCRIPTION: pack_description(description)}, path, {KEY: sealed(seal)})


HOSTILE = {
    "a newer version": (lambda d, a: d.update(version=3), "format version 3, newer than 2; upgrade"),
    "no version": (lambda d, a: d.pop("version"), "'version'"),
    "a version of text": (lambda d, a: d.update(version="1"), "'version'"),
    "an array too many": (lambda d, a: a.update(extra=np.zeros(3)), "'extra', which its description does not name"),
    "an array gone": (lambda d, a: a.pop("seeds::U8"), "the array 'seeds::U8' is not valid"),
    "an array cut": (lambda d, a: a.update({"seeds::U8": a["seeds::U8"][:-1]}), "'seeds::U8' ends too early"),
    "an array too long": (lambda d, a: a.update({"mask::U8": np.zeros(99999, np.uint8)}), "'mask::U8' goes on"),
    "an array of another dtype": (lambda d, a: a.update({"mask::U8": np.zeros(9, np.int8)}), "wrong shape or dtype"),
    "a part gone": (lambda d, a: cut(d, a, "fc.weight", "seeds"), "'fc.weight': is damaged or lacks a part"),
    "a huge part": (lambda d, a: d["pools"].update({"mask::U8": [2**60] * 8}), "'mask::U8'"),
    "a negative part": (lambda d, a: d["pools"].update({"mask::U8": [-1] * 8}), "'mask::U8'"),
    "a part of many axes": (lambda d, a: d["pools"].update({"mask::U8": [[1] * 70] * 8}), "'mask::U8' is not valid"),
    "a mask of floats": (lambda d, a: d["tensors"]["fc.weight"].update(mask="n_of_m") or floats(d, a), "mask has the"),
    "too few parts": (lambda d, a: d["pools"].update({"mask::U8": [3]}), "'mask::U8' is not valid"),
    "pools of text": (lambda d, a: d.update(pools="?"), "'pools'"),
    "a column too short": (lambda d, a: (d.pop("tensors"), d.update(tensors=0, columns={"dtype": []})), "'columns'"),
    "names twice": (lambda d, a: d.update(tensors=0, names=["a", "a"]), "'names'"),
    "names of numbers": (lambda d, a: d.update(tensors=0, names=[1]), "'names'"),
    "a huge shape": (lambda d, a: d["tensors"]["fc.weight"].update(shape=[2**40, 2**40]), "'fc.weight'"),
    "a negative shape": (lambda d, a: d["tensors"]["fc.weight"].update(shape=[-60, -50]), "'shape'"),
    "another shape": (lambda d, a: d["tensors"]["fc.weight"].update(shape=[6, 5]), "'seeds' has the wrong shape"),
    "many dimensions": (lambda d, a: d["tensors"]["fc.weight"].update(shape=[1] * 70), "70 dimensions"),
    "a huge network": (lambda d, a: d["tensors"]["fc.weight"].update(network="block:n_out=99999999999"), "'n_out'"),
    "a foreign network": (lambda d, a: d["tensors"]["fc.weight"].update(network="ring:n_out=9"), "no known topology"),
    "another order": (lambda d, a: d["tensors"]["fc.weight"].update(order="zigzag"), "order 'zigzag' is not known"),
    "a foreign mask": (lambda d, a: d["tensors"]["fc.weight"].update(mask="rle"), "mask codec 'rle' is not known"),
    "a foreign dtype": (lambda d, a: d["tensors"]["fc.weight"].update(dtype="F99"), "dtype F99 is not supported"),
    "nine planes": (lambda d, a: d["tensors"]["fc.weight"].update(planes=9), "9 planes"),
    "wide counts": (lambda d, a: d["tensors"]["fc.weight"]["patches"].update(widths=[60, 60]), "'fc.weight'"),
    "a huge group": (lambda d, a: d["tensors"]["fc.weight"]["patches"].update(group=2**47), "'fc.weight'"),
    "patches beyond count": (lambda d, a: d["tensors"]["fc.weight"]["patches"].update(count=2**40), "'fc.weight'"),
    "no tensors": (lambda d, a: d.update(tensors=0, names={}), "'names'"),
    "no checksum": (lambda d, a: d["tensors"]["step"].pop("crc32"), "checksums for"),
    "metadata of numbers": (lambda d, a: d.update(metadata={"a": 1}), "not text"),
}


def floats(description, arrays):
    """Give the one tensor `fc.weight` a mask of floats, with a right checksum."""
    number = list(description["tensors"]).index("fc.weight")
    cut(description, arrays, "fc.weight", "mask")
    description["pools"]["mask::F32"] = [3 if i == number else None for i in range(len(description["tensors"]))]
    arrays["mask::F32"] = np.array([4, 2, 17], dtype=np.float32)
    own = {}
    for pool, shapes in description["pools"].items():
        sizes = [0 if shape is None else int(np.prod(shape)) for shape in shapes]
        if shapes[number] is not None:
            at = sum(sizes[:number])
            own[pool.rpartition("::")[0]] = arrays[pool][at : at + sizes[number]].reshape(shapes[number])
    description["tensors"]["fc.weight"]["crc32"] = checksum(own)


def cut(description, arrays, name, part):
    """Take a tensor's part out of its pool, and what the description says of it."""
    number = list(description["tensors"]).index(name)
    shapes = description["pools"][f"{part}::U8"]
    sizes = [0 if shape is None else int(np.prod(shape)) for shape in shapes]
    begin = sum(sizes[:number])
    arrays[f"{part}::U8"] = np.delete(arrays[f"{part}::U8"], slice(begin, begin + sizes[number]))
    shapes[number] = None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_descriptions_are_refused(stored, name):
    path, _ = stored
    change, word = HOSTILE[name]
    rewrite(path, change)
    with pytest.raises(xoropt.FormatError, match=word) as caught:
        xoropt.decompress(path)
    assert str(path) in str(caught.value)


HOSTILE_STREAMS = {
    "another shape": (lambda w, a: w.update(shape=[600, 400]), "segments hold 120000 rows, not those of 240000"),
    "another order": (lambda w, a: w.update(order="zigzag"), "order 'zigzag' is not known"),
    "too many lanes": (lambda w, a: w.update(order="lanes:lanes=8192"), "order 'lanes:lanes=8192' is not known"),
    "another network": (lambda w, a: w.update(network="sequential:n_in=8,n_out=26,n_s=1"), "do not fit its outputs"),
    "segments of text": (lambda w, a: w.update(segments=[["1", 2]]), "'segments'"),
    "no segments": (lambda w, a: w.update(segments=[]), "'segments'"),
    "segments too long": (lambda w, a: w.update(segments=[[120000, 2**40]]), "seeds must be 274877906944 bytes"),
    "a table that is missing": (lambda w, a: w.update(segments=[[3, 17, 17]]), "table of segments is damaged"),
    "more patches": (lambda w, a: w["patches"].update(counts=[2**40, 2**40]), "cannot have 1099511627776 patches"),
    "fewer planes": (lambda w, a: w.update(planes=1), "'w'"),
    "longer patches": (lambda w, a: w["patches"].update(bytes=[2**40, 1]), "do not fit their description"),
    "seeds cut": (lambda w, a: replace_part(w, a, "seeds", a["seeds::U8"][:-1]), "its seeds must be"),
    "patches of zeros": (lambda w, a: replace_part(w, a, "patches", a["patches::U8"] & 0), "is too short"),
    "slack for segments": (lambda w, a: w.update(slack=3) or w.pop("segments"), "rows, not those|its seeds must be"),
    "slack of text": (lambda w, a: w.update(slack="3"), "'slack'"),
    "slack below nothing": (lambda w, a: w.update(slack=-(2**40)), "'slack'"),
}


def replace_part(tensor, arrays, part, array):
    """Replace a part of the file's one tensor, and its checksum."""
    arrays[f"{part}::U8"] = np.ascontiguousarray(array)
    tensor["crc32"] = checksum({name.rpartition("::")[0]: array for name, array in arrays.items()})


@pytest.mark.parametrize("name", HOSTILE_STREAMS)
def test_hostile_streams_are_refused(stored_windowed, name):
    path, _ = stored_windowed
    change, word = HOSTILE_STREAMS[name]

    def changed(description, arrays):
        change(description["tensors"]["w"], arrays)
        description["pools"] = {pool: [len(arrays[pool])] for pool in description["pools"]}

    rewrite(path, changed)
    with pytest.raises(xoropt.FormatError, match=word) as caught:
        xoropt.decompress(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"[" * 10_000_000, "not valid JSON"),
        (b'{"names":' + b"1" * 10_000_000 + b"}", "not valid JSON"),
        (b'{"names":[' + b"[]," * 1_000_000 + b"[]]}", "'names'"),
        (b" " * LARGEST + b"{}", "too long or ends too early"),
        (b'{"names":[NaN]}', "'names'"),
    ],
)
def test_deflated_bombs_are_refused(stored, text, word):
    path, _ = stored
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        metadata = file.metadata()
    data = zlib.compress(text)
    arrays[DESCRIPTION] = np.frombuffer(zlib.crc32(data).to_bytes(4, "little") + data, dtype=np.uint8)
    save_file(arrays, path, metadata)
    with pytest.raises(xoropt.FormatError, match=word):
        xoropt.load(path)


def test_what_could_not_be_read_is_not_written(tmp_path):
    model = xoropt.CompressedModel({}, {"notes": "x" * LARGEST})
    with pytest.raises(xoropt.XoroptError, match="store it as several files"):
        xoropt.save(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_scales_may_be_any_numbers(tmp_path):
    """They come from a file: what they make are weights like others, and nothing is warned of."""
    dense = np.random.default_rng(0).standard_normal((40, 50)).astype(np.float16)
    model = xoropt.compress({"w": dense}, CompressConfig(sparsity=0.5, bits=2))
    tensor = model.tensors["w"]
    for scale in (np.inf, np.nan, 1e30):
        tensor.levels.alpha[:] = scale
        xoropt.save(model, tmp_path / "model", overwrite=True)
        made = [xoropt.decompress(tmp_path / "model", decoder=name)["w"] for name in ("numpy", "compiled")]
        assert made[0].tobytes() == made[1].tobytes()


def test_weights_that_do_not_fit_into_memory_are_named(stored, monkeypatch):
    path, _ = stored
    monkeypatch.setattr(
        "xoropt.model.decompression.decompress_tensor", lambda tensor, decoder: exec("raise MemoryError")
    )
    with pytest.raises(xoropt.XoroptError, match=r"tensor '.*': its \d+ bytes do not fit into memory"):
        xoropt.decompress(path)


def test_not_such_files(tmp_path):
    plain = tmp_path / "plain.safetensors"
    save_file({"a": np.ones(3)}, plain)
    with pytest.raises(xoropt.FormatError, match="no xoropt description; compress it first"):
        xoropt.load(plain)
    text = tmp_path / "text.safetensors"
    text.write_text("hello, this is no safetensors file")
    with pytest.raises(xoropt.FormatError, match="not a readable safetensors file"):
        xoropt.load(text)
    (tmp_path / "nothing").touch()
    with pytest.raises(xoropt.FormatError):
        xoropt.load(tmp_path / "nothing")
    with pytest.raises(xoropt.XoroptError, match="No such file"):
        xoropt.load(tmp_path / "absent")
    with pytest.raises(xoropt.XoroptError):
        xoropt.load(tmp_path)


def test_an_existing_file_stays(stored, tmp_path):
    path, _ = stored
    before = path.read_bytes()
    with pytest.raises(xoropt.XoroptError, match="exists already"):
        xoropt.save(xoropt.load(path), path)
    assert path.read_bytes() == before
    xoropt.save(xoropt.load(path), path, overwrite=True)
    assert path.read_bytes() == before
    with pytest.raises(xoropt.XoroptError, match="no such folder"):
        xoropt.save(xoropt.load(path), tmp_path / "absent" / "file")


def test_a_full_disk_leaves_nothing(stored, tmp_path, monkeypatch):
    path, _ = stored
    model = xoropt.load(path)

    def full(arrays, part, metadata):
        Path(part).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xoropt.common.files.save_file", full)
    folder = tmp_path / "new"
    folder.mkdir()
    with pytest.raises(xoropt.XoroptError, match="No space left on device; nothing was written"):
        xoropt.save(model, folder / "file")
    assert not list(folder.iterdir())
