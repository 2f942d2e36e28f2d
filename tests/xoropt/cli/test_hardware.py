"""`xoropt hardware`: figures, files, simulation, and one line for every bad input."""

import json
import shutil
import subprocess

import numpy as np
import pytest

import xoropt
from xoropt.circuits import yosys
from xoropt.cli.tables.hardware import print_hardware
from xoropt.hardware import cost
from xoropt.hardware.simulation import COMPILE, RUN
from xoropt.hardware.study import StudiedDecoder, Study, study
from xoropt.hardware.testbench import FILES


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A compressed file of two tensors, block-encoded, with patches."""
    rng = np.random.default_rng(0)
    tensors = {name: rng.standard_normal((40, 60)).astype(np.float32) for name in ("one", "two")}
    config = xoropt.CompressConfig(sparsity=0.9, bits=1, n_in=16, n_out=160, solver="greedy")
    path = tmp_path_factory.mktemp("small") / "small.safetensors"
    xoropt.save(xoropt.compress(tensors | {"bias": np.ones(3)}, config), path)
    return path


def test_costs_of_all_tensors(small, xoropt_command):
    status, out, err = xoropt_command("hardware", small, "--json")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    assert set(figures["decoders"]) == {"one", "two"}
    assert figures["decoders"]["one"]["n_out"] == 160
    assert xoropt_command("hardware", small)[0] == 0


def test_tensors_without_a_network_are_named(small, capsys):
    print_hardware(Study(study(str(small)).decoders, packed=tuple("abcdefg")))
    assert "values packed, no network to build: a, b, c, d, e and 2 more" in capsys.readouterr().out


@pytest.mark.debian("iverilog")
def test_files_and_simulation_of_a_tensor(small, tmp_path, xoropt_command):
    arguments = (
        "hardware",
        small,
        "--tensor",
        "two",
        "--out",
        tmp_path / "made",
        "--simulate",
        "--ports",
        200,
        99,
        256,
    )
    status, out, err = xoropt_command(*arguments, "--json")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    assert figures["feed"]["patches"] > 0
    assert figures["simulation"]["bits"] == 2400
    assert figures["simulation"]["equal"] is True
    assert figures["simulation"]["cycles"] == figures["cycles"]["cycles"]
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == sorted(FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    for command in (COMPILE, RUN):
        shown = subprocess.run(command.split(), cwd=tmp_path / "made", check=True, capture_output=True, text=True)
    assert shown.stdout.startswith("PASS steps 15 mismatches 0")

    status, _, err = xoropt_command(*arguments)
    assert status == 1
    assert "exists already" in err
    status, out, _ = xoropt_command(*arguments, "--force")
    assert status == 0
    assert "2,400 bits compared, 0 of 15 steps differ" in out
    assert "the model's" in out


def test_the_cost_of_a_recipe_too_large_to_write(xoropt_command):
    status, out, _ = xoropt_command("hardware", "windowed:n_in=64,n_out=640,window=1024,taps=none", "--json")
    assert status == 0
    assert [*json.loads(out)] == ["decoders"]
    (figures,) = json.loads(out)["decoders"].values()
    assert figures["gates"] > 2**18


@pytest.mark.debian("iverilog")
def test_a_recipe_gets_a_random_stimulus(xoropt_command):
    status, out, _ = xoropt_command("hardware", "windowed:n_in=4,n_out=20,window=32,taps=4", "--simulate", "--flips", 2)
    assert status == 0
    assert "20,000 bits compared, 0 of 1,000 steps differ" in out


@pytest.mark.skipif(not yosys.available(), reason="yosys is missing: pip install pyosys")
def test_yosys_counts_too(xoropt_command):
    status, out, _ = xoropt_command("hardware", "block:n_in=4,n_out=6", "--yosys", "--json")
    figures = json.loads(out)
    assert status == 0
    (decoder,) = figures["decoders"].values()
    assert figures["netlist"]["xor_gates"] == decoder["gates"]
    assert figures["netlist"]["flip_flops"] == decoder["flip_flops"]
    assert "yosys: " in xoropt_command("hardware", "block:n_in=4,n_out=6", "--yosys")[1]


def test_many_tensors_are_rows_of_the_table(capsys):
    decoder = StudiedDecoder("block:n_in=20", cost(xoropt.networks.random_block()))
    print_hardware(Study({f"layer{i}": decoder for i in range(9)}))
    out = capsys.readouterr().out
    assert out.startswith("The same for all 9 decoders\n")
    assert out.endswith(f"They are those of {', '.join(f'layer{i}' for i in range(9))}\n")  # no table without figures
    other = StudiedDecoder("block:n_in=8", cost(xoropt.networks.random_block(8, 80)))
    print_hardware(Study({**{f"layer{i}": decoder for i in range(9)}, "layer9": other}))
    assert "layer9" in capsys.readouterr().out.splitlines()[-2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["blokk:n_in=3"], "the nearest is 'block'"),
        (["stagd"], "the nearest is 'staged'"),
        (["missing.safetensors"], "missing.safetensors: No such file"),
        (["SMALL", "--tensor", "three"], "has no tensor 'three' that a network stores; there are one, two"),
        (["SMALL", "--out", "made"], "choose one with --tensor"),
        (["block", "--fifo", "1"], "'--fifo' must be from 2 to 256"),
        (["block", "--flips", "4"], "'--flips' must be from 1 to 3"),
        (["block", "--ports", "1", "0", "1"], "'patches' must be from 1 to 256"),
        (["block", "--synthesis", "magic"], "Option '--synthesis' must be one of auto, "),
        (["block", "--synthesis", "paar", "--time-limit", "-1"], "not -1.0"),
        (["block", "--tensor", "one"], "'block' is a recipe"),
        (["block", "--out", "SMALL"], "is a file; name a folder"),
        (["block", "--out", "no/such"], "no such folder"),
        (["block:n_in=60,n_out=20000", "--out", "made"], "too large to be written"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(arguments, words, small, tmp_path, monkeypatch, xoropt_command):
    monkeypatch.chdir(tmp_path)
    status, out, err = xoropt_command("hardware", *(str(small) if word == "SMALL" else word for word in arguments))
    usage = arguments[0] == "block" and arguments[1] in ("--fifo", "--flips", "--synthesis", "--tensor")
    assert (status, out) == (2 if usage else 1, "")
    assert words in err
    assert err.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_without_a_simulator(monkeypatch, xoropt_command):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    status, _, err = xoropt_command("hardware", "block", "--simulate")
    assert status == 1
    assert "apt-get install iverilog" in err
