"""The study of a decoder: what it holds, and the JSON that it is printed as."""

import json

import numpy as np
import pytest

import xoropt
from xoropt.circuits import yosys
from xoropt.hardware import PortRates, cost, count_cycles, stimulus_of
from xoropt.hardware.netlist import Netlist
from xoropt.hardware.study import StimulusSize, Study, WrittenFiles, study
from xoropt.hardware.testbench import FILES

RECIPE = "block:n_in=4,n_out=6,seed=0"


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    """A compressed file of one tensor of 40 by 60 weights in blocks, with patches; and its encoding."""
    weights = np.random.default_rng(0).standard_normal((40, 60)).astype(np.float32)
    config = xoropt.CompressConfig(sparsity=0.9, bits=1, n_in=16, n_out=160, solver="greedy")
    model = xoropt.compress({"one": weights}, config)
    path = tmp_path_factory.mktemp("blocks") / "blocks.safetensors"
    xoropt.save(model, path)
    return str(path), model.tensors["one"].encoded


def test_the_cost_of_a_recipe():
    found = study(RECIPE)
    assert found.decoders[RECIPE].network == RECIPE
    assert found.decoders[RECIPE].cost == cost(xoropt.networks.from_recipe(RECIPE))
    assert found == Study(found.decoders)  # nothing else was asked for
    assert list(found.to_dict()) == ["decoders"]


def test_a_tensor_of_one_value_has_nothing_to_decode(tmp_path):
    rng = np.random.default_rng(0)
    mask, signs = rng.random((96, 96)) < 0.5, rng.choice([-1, 1], (96, 96))
    tensors = {"mask": mask.astype(np.int8), "signs": np.where(mask, signs, 0).astype(np.int8)}
    network = "windowed:n_in=32,n_out=64,window=96,taps=8,seed=0"
    model = xoropt.compress(tensors, network=network)
    assert model["mask"].encoded.has_network
    xoropt.save(model, tmp_path / "m.safetensors")
    assert list(study(str(tmp_path / "m.safetensors")).decoders) == ["signs"]
    xoropt.save(xoropt.compress({"mask": tensors["mask"]}, network=network), tmp_path / "one.safetensors")
    with pytest.raises(xoropt.XoroptError, match="has no tensor that a network stores"):
        study(str(tmp_path / "one.safetensors"))


def test_a_tensor_has_its_stimulus(blocks, tmp_path):
    path, encoded = blocks
    found = study(path, out=tmp_path / "made", ports=(256, 256, 100), flips=2)
    assert found.stimulus == StimulusSize(words=15, steps=15, outputs=2400, patches=encoded.size.patches)
    stimulus = stimulus_of(encoded)
    steps = stimulus.patches[:, 0]
    config, rates = stimulus.config(flips=2), PortRates(outputs=100)
    assert found.cycles == count_cycles(stimulus.first, stimulus.counts, steps, 0, config, rates)
    assert found.files == WrittenFiles(str(tmp_path / "made"))
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == sorted(FILES)
    assert (found.netlist, found.simulation) == (None, None)


def test_the_keys_of_the_json(blocks, tmp_path):
    found = study(blocks[0], out=tmp_path / "made")
    figures = json.loads(json.dumps(found.to_dict()))
    assert list(figures) == ["decoders", "feed", "cycles", "files"]
    assert list(figures["decoders"]["one"]) == [
        "network",
        "n_in",
        "n_out",
        "gates",
        "depth",
        "fan_out",
        "register_bits",
        "window",
        "lag",
        "synthesis",
        "control_bits",
        "patch",
        "gates_per_output",
        "flip_flops",
    ]
    assert list(figures["decoders"]["one"]["patch"]) == (
        ["counter_gates", "comparator_gates", "flip_gates", "fifo_gates", "flip_flops", "fifo_bits", "gates"]
    )
    assert list(figures["feed"]) == ["words", "steps", "outputs", "patches"]
    assert list(figures["cycles"]) == [
        "cycles",
        "steps",
        "outputs",
        "waiting_for_seeds",
        "filling",
        "waiting_for_patches",
        "waiting_to_be_taken",
        "outputs_per_cycle",
    ]
    assert list(figures["files"]) == ["folder", "compile", "run"]


@pytest.mark.skipif(not yosys.available(), reason="yosys is missing: pip install pyosys")
def test_the_netlist_is_part_of_the_json():
    found = study(RECIPE, counted=True)
    assert isinstance(found.netlist, Netlist)
    figures = found.to_dict()
    assert list(figures) == ["decoders", "feed", "cycles", "netlist"]
    assert list(figures["netlist"]) == ["xor_gates", "register_bits", "flip_flops", "patch_gates"]
    assert figures["netlist"]["flip_flops"] == found.decoders[RECIPE].cost.flip_flops
