"""Files that are damaged, hostile or something else are refused, and never give a wrong weight."""

import json
import zlib

import numpy as np
import pytest
from model_examples import same_arrays
from safetensors import safe_open
from safetensors.numpy import save_file

import xoropt
from xoropt import CompressConfig
from xoropt.model.file.container import DESCRIPTION, KEY
from xoropt.model.file.description import LARGEST, from_columns, pack_description, seal, to_columns, unpack_description
from xoropt.model.file.tensor_entries import checksum, describe_tensor, restore_tensor


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
            assert same_arrays(arrays, originals)
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
    tensors = from_columns({"common": {}, "columns": {}} | description)
    for entry, value in zip(tensors.values(), description["crc32"], strict=True):
        entry["crc32"] = value
    description |= {"version": metadata["version"], "tensors": tensors}
    change(description, arrays)
    tensors = description.pop("tensors")
    if isinstance(tensors, dict):
        description["crc32"] = [entry.pop("crc32") for entry in tensors.values() if "crc32" in entry]
    version = {"version": description.pop("version")} if "version" in description else {}
    if isinstance(tensors, dict):
        description |= to_columns(tensors)
    save_file(arrays | {DESCRIPTION: pack_description(description)}, path, {KEY: seal(version)})


HOSTILE = {
    "a newer version": (lambda d, a: d.update(version=4), "format version 4, newer than 3; upgrade"),
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
    "a rate of text": (lambda d, a: quantized(d, sparsity="much"), "'quantization'"),
    "a rate above 1": (lambda d, a: quantized(d, sparsity=1.5), "'quantization'"),
    "a rate of no number": (lambda d, a: quantized(d, sparsity=float("nan")), "'quantization'"),
    "a magnitude of text": (lambda d, a: quantized(d, magnitude="all"), "'quantization'"),
    "a huge magnitude": (lambda d, a: quantized(d, magnitude=10**400), "'quantization'"),
    "an infinite magnitude": (lambda d, a: quantized(d, magnitude=float("inf")), "'quantization'"),
    "bits beyond all": (lambda d, a: quantized(d, bits=9), "'quantization'"),
    "scales of another kind": (lambda d, a: quantized(d, scales="column"), "'quantization'"),
    "a huge number of a new kind": (lambda d, a: quantized(d, new=10**400), "'quantization'"),
    "a list of a new kind": (lambda d, a: quantized(d, new=[1]), "'quantization'"),
    "metadata of numbers": (lambda d, a: d.update(metadata={"a": 1}), "not text"),
}


def quantized(description, **values):
    """Say of `fc.weight` how it was quantized."""
    description["tensors"]["fc.weight"]["quantization"] = values


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
        (b'{"names":["a\\ud800"]}', "half a character"),
        (b'{"metadata":{"\\uDFFF":""}}', "half a character"),
        (b'{"names":["\\ud83d\\ude00"]}', "does not name"),  # two halves are one whole
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


@pytest.mark.parametrize("data", [b"no JSON", b"\xff\xfe", b"[]", b"{", b"[" * 100_000, b'{"a":"\\ud800"}'])
def test_the_description_of_a_masks_plane(dense, data):
    model = xoropt.compress({"w": dense["fc.weight"]}, CompressConfig(sparsity=0.5, bits=1))
    entry, parts = describe_tensor(model.tensors["w"])
    parts["mask_plane"] = np.frombuffer(data, dtype=np.uint8)
    with pytest.raises(xoropt.FormatError, match=r"description of its mask|half a character"):
        restore_tensor(entry, parts)


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
