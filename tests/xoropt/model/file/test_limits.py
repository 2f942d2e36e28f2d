"""The work and the memory that a file causes are bounded before anything is made."""

import json
import zlib

import numpy as np
import pytest
from safetensors.numpy import save_file
from test_damaged_files import rewrite

import xoropt
from xoropt import CompressConfig
from xoropt.model.file.container import DESCRIPTION, KEY
from xoropt.model.file.description import seal
from xoropt.model.file.limits import LEAST_SIZE, LEAST_WORK, SIZE_FACTOR, check_work, largest_size
from xoropt.networks.recipes import from_recipe, work_of_recipe
from xoropt.networks.topologies.registry import TOPOLOGIES
from xoropt.quantize import Codebook

BOMBS = {
    "a block of 2^24 outputs": "block:n_in=64,n_out=16777216",
    "large fixed taps": "fixed_taps:n_in=64,n_out=1048576,taps=32",
    "a register, one cycle": "lfsr:n_in=64,n_out=1048576,cycles=1,taps=64",
    "a register, many cycles": "lfsr:n_in=64,n_out=1048576,cycles=65536,taps=3",
    "a ring, one cycle": "ring_generator:n_in=64,n_out=1048576,cells=64,cycles=1,idle=0,taps=64",
    "a ring, many cycles": "ring_generator:n_in=64,n_out=1048576,cells=64,cycles=65536,idle=65536",
    "circulants": "circulant:n_in=64,n_out=1048576,taps=64",
    "many reads": "staged:n_in=1,n_out=33825,nodes=1,taps=1,reads=1000,memory=1000,node_window=900",
    "a dense window": "windowed:n_in=8,n_out=33825,window=1984,taps=none",
    "a sparse window": "windowed:n_in=8,n_out=33825,window=1984,taps=900",
    "a window of generators": "convolutional:n_in=64,n_out=33825,length=31",
    "a small dense window": "sequential:n_in=64,n_out=33825,n_s=30",
    "edges that grow": "progressive:n_in=1,n_out=80,window=1984,taps=6",
    "a long cascade": "cascade:n_in=1,n_out=34000,layers=16,span=100,memory=900",
    "stages of many rows": "stages:n_in=1,rows=" + "/".join(["0.1"] * 300_000),
}
"""Recipes that take seconds to hours, or gigabytes."""


@pytest.mark.parametrize("name", BOMBS)
def test_networks_that_no_such_file_needs_are_refused(stored_windowed, name):
    path, _ = stored_windowed
    rewrite(path, lambda d, a: d["tensors"]["w"].update(network=BOMBS[name]))
    message = r"'w': to make its network '.* takes more work than a file of"
    with pytest.raises(xoropt.FormatError, match=message) as caught:
        xoropt.load(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500


def test_the_work_counts_over_the_whole_file():
    entries = {
        f"w{i}": {"shape": [60, 50], "network": f"fixed_taps:n_in=64,n_out=100000,taps=32,seed={i}"} for i in range(20)
    }
    some = dict(list(entries.items())[:2])
    check_work(some, 10_000)
    with pytest.raises(xoropt.FormatError, match="'w2'"):
        check_work(entries, 10_000)
    check_work({name: entry | {"network": entries["w0"]["network"]} for name, entry in entries.items()}, 10_000)
    check_work(entries, 20_000_000)  # a large file may
    stacked = {"v": {"stack": [{"network": entry["network"]} for entry in entries.values()]}}
    planes = {name: {"mask_network": entry["network"]} for name, entry in entries.items()}
    for forged in (stacked, planes):
        with pytest.raises(xoropt.FormatError, match="more work"):
            check_work(forged, 10_000)


def test_what_is_no_recipe_is_left_to_other_checks():
    for network in ("rings:n_in=3", "block:n_out=99999999999", 5, None, ["block"], "x" * 10_000_000):
        check_work({"w": {"network": network, "shape": [3]}, "v": {"carried": "why"}}, 1000)
    for shape in (None, [-1], ["3"], [1] * 100, [2**60, 2**60]):
        check_work({"w": {"shape": shape}}, 1000)


@pytest.mark.parametrize("name", [name for name in TOPOLOGIES if name not in ("matrix", "stages")])
def test_networks_that_are_used_take_little_work(name):
    assert 0 < work_of_recipe(name) < LEAST_WORK / 4
    assert from_recipe(name).recipe.startswith(name)


def test_long_words_are_refused_at_once():
    """The nearest known word is searched for the beginning alone."""
    for recipe, message in (("x" * 10_000_000, "no known topology"), ("block:" + "y" * 10_000_000, "has no key 'yyy")):
        with pytest.raises(xoropt.ArgumentError, match=message) as caught:
            from_recipe(recipe)
        assert len(str(caught.value)) < 500


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path):
    rng = np.random.default_rng(0)
    weights = (rng.random((300, 400)) < 0.1).astype(np.int8)
    network = "windowed:n_in=8,n_out=9000,window=1984,taps=none"
    bits, care = np.zeros((1, 300, 400), dtype=bool), np.zeros((300, 400), dtype=bool)
    encoded = xoropt.encode(bits, care, network, order="lanes:lanes=8", planes=True)
    tensor = xoropt.CompressedTensor(weights.shape, Codebook(np.array([1, 1], np.int8)), "empty", {}, encoded)
    with pytest.raises(xoropt.FormatError, match="'w': to make its network"):
        xoropt.save(xoropt.CompressedModel({"w": tensor}), tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def huge(tmp_path):
    """A file of some hundred bytes that claims 16 GB of zeros."""
    encoded = xoropt.encode(np.zeros((0, 64, 64), bool), np.zeros((64, 64), bool), "auto", planes=True)
    zeros = xoropt.CompressedTensor((64, 64), Codebook(np.array([1], np.int8)), "empty", {}, encoded)
    model = xoropt.CompressedModel({"zeros": zeros, "ones": xoropt.UncompressedTensor(np.ones(3), "why")})
    xoropt.save(model, tmp_path / "huge")
    assert not xoropt.decompress(tmp_path / "huge")["zeros"].any()
    rewrite(tmp_path / "huge", lambda d, a: d["tensors"]["zeros"].update(shape=[1 << 17, 1 << 17]))
    assert (tmp_path / "huge").stat().st_size < 1000
    return tmp_path / "huge"


def test_a_small_file_that_claims_much_asks_for_a_limit(huge, tmp_path, xoropt_command):
    wanted = (1 << 34) + 24
    message = f"claims {wanted} bytes of tensors, {1 << 34} of them in 'zeros', more than {LEAST_SIZE}"
    with pytest.raises(xoropt.FormatError, match=message):
        xoropt.decompress(huge)
    status, out, err = xoropt_command("decompress", huge, tmp_path / "out")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert message in err
    assert f"--max-size {wanted}" in err
    assert not (tmp_path / "out").exists()


def test_the_limit_is_what_is_asked_for(stored, tmp_path, xoropt_command):
    path, originals = stored
    size = sum(array.nbytes for array in originals.values())
    assert largest_size(path) == max(LEAST_SIZE, SIZE_FACTOR * path.stat().st_size)
    assert set(xoropt.decompress(path, max_size=size)) == set(originals)
    for model in (path, xoropt.load(path)):
        with pytest.raises(xoropt.FormatError, match=f"claims {size} bytes"):
            xoropt.decompress(model, max_size=size - 1)
    options = ("--max-size", size - 1)
    assert xoropt_command("decompress", path, tmp_path / "out", *options)[0] == 1
    assert xoropt_command("decompress", path, tmp_path / "out", "--max-size", size)[0] == 0
    assert xoropt_command("decompress", path, tmp_path / "out", "--max-size", "-1")[0] == 2


def test_a_network_of_a_file_is_what_it_was(tmp_path):
    """The limits leave room for networks that users ask for."""
    weights = (np.random.default_rng(0).random((100, 100)) < 0.1).astype(np.int8)
    for network in ("windowed:n_in=8,n_out=640,window=1984,taps=none", "windowed:n_in=1,n_out=8000,window=800,taps=8"):
        config = CompressConfig(network=network, mask="bitmap")
        xoropt.save(xoropt.compress({"w": weights}, config), tmp_path / "model", overwrite=True)
        assert (xoropt.decompress(tmp_path / "model")["w"] == weights).all()


BLOWN_UP = {
    "keys for every tensor": {"names": [*map(str, range(3000))], "common": {str(i): 0 for i in range(3000)}},
    "lists": {"names": [], "common": {"a": [[]] * (1 << 22)}},
    "metadata": {"names": [], "metadata": {"a": "a" * (1 << 23)}},
}


@pytest.mark.parametrize("kind", BLOWN_UP)
def test_a_description_is_as_large_as_what_is_stored(kind, tmp_path):
    """A few thousand bytes do not become gigabytes."""
    description = {"columns": {}, "crc32": []} | BLOWN_UP[kind]
    description["crc32"] = [0] * len(description["names"])
    text = json.dumps({key: value for key, value in description.items() if key != "crc32"}).encode()
    stored = zlib.compress(text, 9) + bytes(4 * len(description["crc32"]))
    data = zlib.crc32(stored).to_bytes(4, "little") + stored
    save_file({DESCRIPTION: np.frombuffer(data, np.uint8)}, tmp_path / "file", {KEY: seal({"version": 3})})
    with pytest.raises(xoropt.FormatError, match=r"too long or ends too early|lacks valid 'common'"):
        xoropt.load(tmp_path / "file")


def test_metadata_that_deflate_well_are_saved_and_loaded(tmp_path):
    """The writer stores as they are what the reader would take for a bomb."""
    model = xoropt.CompressedModel({}, {"notes": "x" * (1 << 22)})
    xoropt.save(model, tmp_path / "model")
    assert (tmp_path / "model").stat().st_size > 1 << 22
    assert xoropt.load(tmp_path / "model").metadata == model.metadata


def test_tensors_that_are_alike_are_saved_and_loaded(tmp_path):
    """Their description deflates better than any other: thirty times."""
    tensors = {f"layers.{i}.w": xoropt.UncompressedTensor(np.full(2, i), "why") for i in range(20_000)}
    xoropt.save(xoropt.CompressedModel(tensors), tmp_path / "model")
    assert (tmp_path / "model").stat().st_size < 2_500_000
    assert len(xoropt.load(tmp_path / "model").tensors) == 20_000


def test_a_stack_has_no_encodings_without_planes(stored_fields):
    path, _ = stored_fields
    more = {"network": "packed", "care": 0, "planes": 0, "bytes": {}}

    def forge(description, arrays):
        stacked = [entry for entry in description["tensors"].values() if "stack" in entry]
        stacked[0]["stack"] = stacked[0]["stack"] + [more] * 100_000
        assert stacked

    rewrite(path, forge)
    with pytest.raises(xoropt.FormatError, match="its stack must be two encodings at least"):
        xoropt.load(path)
