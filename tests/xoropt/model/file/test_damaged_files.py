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
from xoropt.common.dtypes import name_of
from xoropt.model import decompression
from xoropt.model.file.container import DESCRIPTION, KEY
from xoropt.model.file.description import LARGEST, from_columns, pack_description, seal, to_columns, unpack_description
from xoropt.model.file.tensor_entries import checksum, describe_tensor, restore_tensor


@pytest.mark.parametrize("network", ["stored", "stored_windowed", "stored_fields"])
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
    "a loss of three sums": (lambda d, a: d["tensors"]["fc.weight"].update(loss=[1, 2, 3]), "'loss'"),
    "a loss of text": (lambda d, a: d["tensors"]["fc.weight"].update(loss=[1, 2, 3, "4"]), "'loss'"),
    "an infinite loss": (lambda d, a: d["tensors"]["fc.weight"].update(loss=[1, 2, 3, float("inf")]), "'loss'"),
    "more kept than there is": (lambda d, a: d["tensors"]["fc.weight"].update(loss=[1, 2, 4, 3]), "'loss'"),
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


def lengths(*numbers):
    """The change of the lengths of the first codewords; all of them where only one number is given."""

    def change(w, arrays):
        new = arrays["lengths::U8"].copy()
        new[: len(numbers) if len(numbers) > 1 else None] = numbers
        replace_array(w, arrays, "lengths", new)

    return change


def field(place, number, **others):
    """The change of a number of the entry `field`, and of other values of the entry."""

    def change(w, arrays):
        w["field"][place] = number
        w.update(others)

    return change


def member(number, **changes):
    """The change of an encoding of the stack."""
    return lambda w, arrays: w["stack"][number].update(changes)


def other(part, change, dtype=None):
    """The change of a part, from all its numbers to new ones, perhaps of another dtype."""

    def changed(w, arrays):
        (name,) = (name for name in arrays if name.startswith(f"{part}::"))
        new = change(arrays.pop(name).copy())
        replace_array(w, arrays, part, new if dtype is None else new.astype(dtype))

    return changed


def put(array, place, number):
    """Put a number into an array, and return the array."""
    array[place] = number
    return array


def replace_array(tensor, arrays, part, array):
    """Replace a part of the file's one tensor, of any dtype, and its checksum."""
    arrays[f"{part}::{name_of(array.dtype)}"] = np.ascontiguousarray(array)
    tensor["crc32"] = checksum({name.rpartition("::")[0]: array for name, array in arrays.items()})


HOSTILE_FIELDS = {
    "too many codewords": (lengths(3), "more codewords than their lengths allow"),
    "one codeword too many": (lengths(3, 3, 3, 3, 3, 3), "more codewords than their lengths allow"),
    "no codeword": (other("lengths", lambda a: a[:0]), "lengths of its codewords must be bytes, one at least"),
    "a codeword of nothing": (lengths(0, 3), "a codeword must have 1 to 8 bits"),
    "a long codeword": (lengths(9, 3), "a codeword must have 1 to 8 bits"),
    "a codeword longer than the planes": (lengths(3, 8), "take 15 planes, not 14"),
    "only short codewords": (other("lengths", lambda a: a[:3]), "take 10 planes, not 14"),
    "signed lengths": (other("lengths", lambda a: a, np.int8), "'lengths' has the wrong shape or dtype"),
    "lengths in rows": (lambda w, a: rows_of(w, a, "lengths::U8"), "must be bytes, one at least"),
    "no lengths": (lambda w, a: gone(w, a, "lengths::U8"), "its part 'lengths' is missing"),
    "no values": (lambda w, a: gone(w, a, "values::U16"), "its part 'values' is missing"),
    "fewer values than codewords": (other("values", lambda a: a[:21]), "one for each of 22 codewords"),
    "values of two dtypes": (other("values", lambda a: a, np.int16), "'values' has the wrong shape or dtype"),
    "values with raw bits": (other("values", lambda a: a | 1), "reach into the 7 bits of the raw field"),
    "values too large": (field(1, 1), "its values do not fit the 16 bits of bfloat16"),
    "a raw field too wide": (field(0, 16), "do not add up to the 16 bits of bfloat16"),
    "a raw field much too wide": (field(0, 2**60), "do not add up"),
    "a raw field too narrow": (field(0, 6), "take 13 planes, not 14"),
    "too many zeros": (field(1, 9), "do not add up"),
    "a sign of integers": (field(2, 1, dtype="I16"), "dtype int16 has no sign bit to move"),
    "a sign of 3": (field(2, 3), "'field'"),
    "signs of no zeros": (lambda w, a: w.update(field=[*w["field"][:2], 2, 7]), "needs a raw field with the sign"),
    "a sign of text": (field(2, "1"), "'field'"),
    "a fill too large": (field(3, 1 << 16), "value of its pruned weights does not fit the 16 bits"),
    "a fill beyond all numbers": (field(3, 1 << 70), "'field'"),
    "a fill below nothing": (field(3, -1), "'field'"),
    "a fill of floats": (field(3, 0.0), "'field'"),
    "three numbers": (lambda w, a: w["field"].pop(), "'field'"),
    "a field of text": (lambda w, a: w.update(field="7010"), "'field'"),
    "another dtype": (lambda w, a: w.update(dtype="F32"), "'values' has the wrong shape or dtype"),
    "more planes": (lambda w, a: w.update(planes=15), "take 14 planes, not 15"),
    "too many planes": (lambda w, a: w.update(planes=72), "72 planes; at most 71"),
    "much information": (lambda w, a: w.update(entropy=17), "'entropy'"),
    "a list that ends early": (
        other("listed", lambda a: a[:5]),
        "list of weights is damaged .the mask of positions ends",
    ),
    "a list without its end": (other("listed", lambda a: a[:60]), "list of weights is damaged"),
    "a list with more after it": (other("listed", lambda a: np.append(a, np.uint8(255))), "list of weights is damaged"),
    "too many listed": (other("listed", lambda a: put(a, 7, 1)), "list of weights is damaged .*cannot have"),
    "more listed": (other("listed", lambda a: put(a, 0, a[0] + 1)), "list of weights is damaged"),
    "positions out of range": (other("listed", lambda a: put(a, slice(8, 60), 255)), "list of weights is damaged"),
    "fewer numbers of values": (other("listed_values", lambda a: a[1:]), "'listed_values' has the wrong shape"),
    "numbers of values too large": (other("listed_values", lambda a: put(a, 3, 255)), "values above 31"),
    "numbers of values of two bytes": (other("listed_values", lambda a: a, np.uint16), "'listed_values' has the wro"),
    "no list": (lambda w, a: gone(w, a, "listed::U8"), "its part 'listed' is missing"),
    "no numbers of values": (lambda w, a: gone(w, a, "listed_values::U8"), "its part 'listed_values' is missing"),
    "a stack of text": (lambda w, a: w.update(stack="?"), "'stack'"),
    "a stack of numbers": (lambda w, a: w.update(stack=[1, 2]), "'stack'"),
    "an empty stack": (lambda w, a: w.update(stack=[]), "two encodings at least, of 14 planes"),
    "a stack of one": (lambda w, a: w.update(stack=w["stack"][:1]), "two encodings at least, of 14 planes"),
    "a stack in a stack": (member(1, stack=[]), "'stack'"),
    "nothing in a stack": (lambda w, a: w["stack"].append({}), "'stack'"),
    "blocks in a stack": (lambda w, a: w["stack"].append({"network": "block:n_in=8,n_out=40"}), "'stack'"),
    "planes of text": (member(0, planes="8"), "'planes'"),
    "planes too many": (member(1, planes=2**40), "two encodings at least, of 14 planes together"),
    "planes too few": (lambda w, a: w["stack"].pop(), "two encodings at least, of 14 planes together"),
    "planes of nothing": (lambda w, a: many_octets(w, a), "of 14 planes together"),
    "octets with other planes": (member(0, octets=2), "'seeds' must be 8 planes as bytes of 40000 weights"),
    "seven planes as octets": (member(0, planes=7), "'seeds' must be 7 planes as bytes"),
    "octets of text": (member(0, octets=True), "'octets'"),
    "octets of other weights": (lambda w, a: w.update(shape=[100, 401]), "as bytes of 40100 weights"),
    "packed planes of fewer weights": (member(1, care=8), "'seeds' must be 2 planes of 1 bytes"),
    "bytes of text": (member(0, bytes="40000"), "'bytes'"),
    "bytes below nothing": (member(0, bytes={"seeds": -1}), "'bytes'"),
    "bytes beyond the part": (member(0, bytes={"seeds": 10**6}), "the part 'seeds' does not fit its stack"),
    "bytes of no part": (member(0, bytes={"roots": 1}), "the part 'roots' does not fit its stack"),
    "bytes of another part": (member(0, bytes={"values": 2}), "the part 'values' does not fit its stack"),
    "bytes that are missing": (other("seeds", lambda a: a[:-1]), "the part 'seeds' does not fit its stack"),
    "bytes too many": (other("seeds", lambda a: np.append(a, np.uint8(0))), "go on after the end of its stack"),
    "a ring that does not fit": (member(2, slack=9), "its seeds must be"),
    "a network that is not known": (member(2, network="ring:n_in=1"), "no known topology"),
}


def rows_of(tensor, arrays, name):
    """Make two rows of a part."""
    arrays[name] = arrays[name].reshape(2, -1)
    tensor["crc32"] = checksum({name.rpartition("::")[0]: array for name, array in arrays.items()})


def gone(tensor, arrays, name):
    """Take a part away."""
    del arrays[name]
    tensor["crc32"] = checksum({name.rpartition("::")[0]: array for name, array in arrays.items()})


def many_octets(tensor, arrays):
    """Describe 2^40 planes of no weights."""
    del arrays["listed_values::U8"]
    gone(tensor, arrays, "listed::U8")
    tensor["shape"], tensor["stack"] = [0, 9], [{"octets": 2**37, "planes": 2**40, "bytes": {}}] * 2


@pytest.mark.parametrize("name", HOSTILE_FIELDS)
def test_hostile_fields_are_refused(stored_fields, monkeypatch, name):
    path, _ = stored_fields
    change, word = HOSTILE_FIELDS[name]

    def changed(description, arrays):
        change(description["tensors"]["w"], arrays)
        pools = {pool: list(array.shape) if array.ndim > 1 else len(array) for pool, array in arrays.items()}
        description["pools"] = {pool: [shape] for pool, shape in pools.items()}
        arrays.update({pool: array.reshape(-1) for pool, array in arrays.items()})

    def decode(*arguments, **options):
        raise AssertionError("something is decoded")

    rewrite(path, changed)
    monkeypatch.setattr(decompression, "decompress_tensor", decode)
    with pytest.raises(xoropt.FormatError, match=word) as caught:
        xoropt.decompress(path)
    assert f"{path}: tensor 'w': " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"[" * 1_000_000, "not valid JSON"),
        (b'{"names":' + b"1" * 1_000_000 + b"}", "not valid JSON"),
        (b'{"names":[' + b"[]," * 300_000 + b"[]]}", "'names'"),
        (b'{"names":[' + b"[]," * 3_000_000 + b"[]]}", "too long or ends too early"),
        (b" " * LARGEST + b"{}", "too long or ends too early"),
        (b'{"names":[NaN]}', "'names'"),
        (b'{"names":["a\\ud800"]}', "half a character"),
        (b'{"metadata":{"\\uDFFF":""}}', "half a character"),
        (b'{"names":["\\ud83d\\ude00"]}', "0 checksums for 1 tensors"),  # two halves are one whole
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
