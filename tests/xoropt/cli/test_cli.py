"""The command line: a file with tensors of many kinds there and back, and one clear line for every bad input."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

import xoropt
from xoropt.cli.app import cli
from xoropt.common import tensor_files
from xoropt.model.file.description import seal


@pytest.fixture
def model(dense, tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(dense, path, {"made": "here"})
    return path


def test_there_and_back(model, tmp_path, dense, xoropt_command):
    small, back, again = (tmp_path / name for name in ("small.safetensors", "back.safetensors", "again.safetensors"))
    status, out, err = xoropt_command("compress", model, small, "--sparsity", "0.8", "--bits", "2", "--json")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    assert set(figures["tensors"]) == {"conv.weight", "fc.weight", "head.weight", "codes"}
    keys = "shape weights planes network order care_bits seed_bits patch_bits mask_bits scale_bits header_bits patches"
    for tensor in figures["tensors"].values():
        assert set(f"{keys} efficiency bits_per_weight".split()) <= set(tensor)
    assert figures["seconds"] > 0
    assert figures["total"]["file_bytes"] == small.stat().st_size

    status, out, _ = xoropt_command("verify", model, small)
    assert status == 0
    assert f"{len(dense) - 3} of {len(dense)} tensors are identical, bit for bit; 3 equal the original, pruned" in out
    assert xoropt_command("decompress", small, back)[0] == 0
    arrays = load_file(back)
    assert arrays["head.weight"].dtype == ml_dtypes.bfloat16
    assert (arrays["codes"] == dense["codes"]).all()
    assert (arrays["embed.weight"] == dense["embed.weight"]).all()

    # What was quantized is now kept exactly without any option, and compared with itself.
    assert xoropt_command("compress", back, again)[0] == 0
    status, out, _ = xoropt_command("verify", back, again, "--json")
    assert status == 0
    assert json.loads(out)["lossless"] is True
    status, out, _ = xoropt_command("inspect", again, "--json")
    assert json.loads(out)["total"]["weights"] > 0
    status, out, _ = xoropt_command("inspect", again)
    assert "fc.weight" in out
    assert "Uncompressed" in out


def test_solve(tmp_path, xoropt_command):
    (tmp_path / "block.txt").write_text("101\n011\n110\n111\n")
    for solver in ("portfolio", "greedy", "sat"):
        status, out, _ = xoropt_command("solve", tmp_path / "block.txt", "--solver", solver, "--json")
        figures = json.loads(out)
        assert (status, figures["cost"], len(figures["mismatches"])) == (0, 1, 1)
    status, out, _ = xoropt_command("solve", tmp_path / "block.txt", "--export", tmp_path / "block.cnf")
    assert "cost 1 (proved minimal)" in out
    status, out, _ = xoropt_command("solve", tmp_path / "block.cnf", "--json")
    assert json.loads(out)["cost"] == 1
    status, out, _ = xoropt_command("solve", "block:n_in=12,n_out=120", "--seed", "3", "--json")
    assert (status, len(json.loads(out)["x"])) == (0, 12)
    status, out, _ = xoropt_command("solve", "block", "--json")
    assert (status, len(json.loads(out)["x"])) == (0, 20)
    status, _, err = xoropt_command("solve", "block:n_inn=12")
    assert (status, "the nearest is 'n_in'" in err) == (1, True)
    (tmp_path / "bad.txt").write_text("10x\n")
    for arguments, expected in ((("bad.txt",), 1), (("block.txt", "--solver", "nope"), 2), (("absent.txt",), 1)):
        status, _, err = xoropt_command("solve", tmp_path / arguments[0], *arguments[1:])
        assert (status, err.count("\n")) == (expected, 1)


def test_synthesize(tmp_path, xoropt_command):
    (tmp_path / "m.txt").write_text("110\n111\n011\n")
    out = tmp_path / "m.v"
    status, text, _ = xoropt_command("synthesize", tmp_path / "m.txt", "--time-limit", "1", "--out", out, "--json")
    figures = json.loads(text)
    assert (status, figures["gates"], figures["verified"]) == (0, 3, True)
    assert "module" in out.read_text()
    status, text, _ = xoropt_command("synthesize", "block:n_in=3,n_out=4", "--time-limit", "1")
    assert "verified" in text
    status, text, _ = xoropt_command("synthesize", "block", "--time-limit", "0")  # a topology with its defaults
    assert (status, "verified" in text) == (0, True)
    status, _, err = xoropt_command("synthesize", "blok:n_in=3")
    assert (status, err.count("\n")) == (1, 1)


def test_npz_in(tmp_path, xoropt_command):
    weights = np.random.default_rng(0).standard_normal((50, 40)).astype(np.float32)
    np.savez(tmp_path / "in.npz", w=weights)
    options = ("--sparsity", "0.9", "--bits", "1", "--n-in", "12", "--n-out", "80", "--seed", "5", "--solver", "greedy")
    status, out, _ = xoropt_command("compress", tmp_path / "in.npz", tmp_path / "out", "--json", *options)
    assert status == 0
    assert json.loads(out)["tensors"]["w"]["network"] == "block:n_in=12,n_out=80,seed=5"
    assert xoropt_command("verify", tmp_path / "in.npz", tmp_path / "out")[0] == 0


def test_verify_tells_a_difference(model, dense, tmp_path, xoropt_command):
    assert xoropt_command("compress", model, tmp_path / "out")[0] == 0
    dense["step"] = np.array(0.0, dtype=np.float32)
    save_file(dense, tmp_path / "other")
    status, out, err = xoropt_command("verify", tmp_path / "other", tmp_path / "out")
    assert status == 1
    assert "'step' differs from the original" in err
    assert "DIFFERS" in out


def test_nothing_compressed_says_what_to_do(tmp_path, xoropt_command):
    save_file({"w": np.random.default_rng(0).integers(0, 1 << 64, (50, 50), np.uint64)}, tmp_path / "in")
    status, _, err = xoropt_command("compress", tmp_path / "in", tmp_path / "out")
    assert status == 0
    assert "--sparsity 0.9 --bits 1" in err


def test_only_quantized(tmp_path, dense, xoropt_command):
    dense["half.weight"] = np.random.default_rng(0).standard_normal((200, 100)).astype(ml_dtypes.bfloat16)
    save_file(dense, tmp_path / "in")
    status, out, _ = xoropt_command("compress", tmp_path / "in", tmp_path / "all", "--json")
    assert status == 0
    assert json.loads(out)["tensors"]["half.weight"]["bits_per_weight"] < 11.5
    status, out, _ = xoropt_command("compress", tmp_path / "in", tmp_path / "some", "--only-quantized", "--json")
    assert (status, set(json.loads(out)["tensors"])) == (0, {"codes"})
    assert json.loads(out)["carried"]["half.weight"]["reason"] == "more than 257 values: not quantized"
    del dense["codes"]
    save_file(dense, tmp_path / "in")
    status, _, err = xoropt_command("compress", tmp_path / "in", tmp_path / "none", "--only-quantized")
    assert (status, "leave --only-quantized out" in err) == (0, True)


BAD = {
    "missing file": (("compress", "absent.safetensors", "out"), 1, "absent.safetensors: No such file"),
    "not safetensors": (("compress", "text.safetensors", "out"), 1, "not a readable safetensors file"),
    "truncated": (("compress", "cut.safetensors", "out"), 1, "cut short or damaged"),
    "not npz": (("compress", "text.npz", "out"), 1, "not a readable .npz file"),
    "NaN": (("compress", "nan.safetensors", "out", "--sparsity", "0.5", "--bits", "1"), 1, "'bad.weight' holds NaN"),
    "rate of 1": (("compress", "model.safetensors", "out", "--sparsity", "1.0"), 2, "'--sparsity' must be at least 0"),
    "rate below 0": (("compress", "model.safetensors", "out", "--sparsity", "-0.5"), 2, "'--sparsity'"),
    "rate of text": (("compress", "model.safetensors", "out", "--sparsity", "much"), 2, "--sparsity"),
    "n_in of 0": (("compress", "model.safetensors", "out", "--n-in", "0"), 2, "'--n-in' must be from 1 to 64, not 0"),
    "n_in of 65": (
        ("compress", "model.safetensors", "out", "--n-in", "65"),
        2,
        "'--n-in' must be from 1 to 64, not 65",
    ),
    "unknown solver": (
        ("compress", "model.safetensors", "out", "--solver", "magic"),
        2,
        "'--solver' must be one of portfolio, ",
    ),
    "time limit below 0": (
        ("compress", "model.safetensors", "out", "--time-limit", "-1"),
        2,
        "'--time-limit' must be a positive number of seconds",
    ),
    "mask bits below 0": (
        ("compress", "model.safetensors", "out", "--mask-bits", "-1"),
        2,
        "'--mask-bits' must be a number above 0",
    ),
    "a device as OUT": (("compress", "model.safetensors", "/dev/null", "--force"), 1, "is a device"),
    "a name too long": (("compress", "model.safetensors", "x" * 300), 1, "name too long"),
    "a folder as IN": (("decompress", ".", "out"), 1, "no compressed folder"),
    "unknown option": (("compress", "model.safetensors", "out", "--fast"), 2, "--fast"),
    "no OUT": (("compress", "model.safetensors"), 2, "OUT"),
    "OUT exists": (
        ("compress", "model.safetensors", "text.npz"),
        1,
        "text.npz: exists already; name another file or pass --force",
    ),
    "OUT is a folder": (("compress", "model.safetensors", "."), 1, "is a folder"),
    "OUT's folder is missing": (("compress", "model.safetensors", "no/out"), 1, "no: no such folder"),
    "decompress a plain file": (("decompress", "model.safetensors", "out"), 1, "compress it first"),
    "unknown decoder": (("decompress", "small.safetensors", "out", "--decoder", "magic"), 2, "--decoder"),
    "newer version": (("inspect", "newer.safetensors"), 1, "newer than 3; upgrade xoropt"),
    "unknown command": (("squeeze",), 2, "squeeze"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(name, model, dense, tmp_path, monkeypatch, xoropt_command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.safetensors").write_text("no safetensors file at all")
    (tmp_path / "text.npz").write_text("no npz file at all")
    (tmp_path / "cut.safetensors").write_bytes(model.read_bytes()[:-100])
    save_file({"bad.weight": np.full((50, 50), np.nan)}, tmp_path / "nan.safetensors")
    assert xoropt_command("compress", model, "small.safetensors", "--solver", "greedy")[0] == 0
    save_file({}, "newer.safetensors", {"xoropt": seal({"version": 4})})
    before = set(os.listdir())

    arguments, expected, word = BAD[name]
    status, out, err = xoropt_command(*arguments)
    assert status == expected
    assert word.lower() in err.lower()
    assert err.count("\n") == 1
    assert err.startswith("xoropt: ")
    assert "Traceback" not in err
    assert out == ""
    assert set(os.listdir()) == before


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_help_has_an_example_and_fits_80_columns(command, xoropt_command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, out, _ = xoropt_command(command, "--help")
    assert status == 0
    assert f"xoropt {command}" in out
    assert "Example" in out
    assert [line for line in out.splitlines() if len(line) > 80] == []


def test_as_a_process(model, tmp_path):
    run = [sys.executable, "-m", "xoropt"]
    done = subprocess.run(
        [*run, "compress", model, tmp_path / "out.safetensors", "--bits", "3"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")  # no bar in a pipe
    done = subprocess.run([*run, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("xoropt, version ")


@pytest.mark.parametrize("command", ["compress", "decompress"])
def test_a_full_disk(command, model, tmp_path, monkeypatch, xoropt_command):
    assert xoropt_command("compress", model, tmp_path / "small", "--bits", "1")[0] == 0
    source = model if command == "compress" else tmp_path / "small"

    def no_space(arrays, path, metadata):  # as the library fails on a full disk, compress writes through it
        Path(path).write_bytes(b"the beginning")
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    class Full(io.BytesIO):  # decompress writes by itself
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tensor_files, "save_file", no_space)
    usual_open = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, mode="r", **more: Full() if "w" in mode else usual_open(path, mode, **more)
    )
    status, out, err = xoropt_command(command, source, tmp_path / "out")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"xoropt: {tmp_path / 'out'}: ")
    assert "No space left on device" in err
    assert err.endswith("; nothing was written.\n")
    assert set(os.listdir(tmp_path)) == {"model.safetensors", "small"}


@pytest.mark.parametrize("command", ["compress", "decompress"])
def test_a_limit_on_the_size_of_files(command, model, tmp_path):
    """RLIMIT_FSIZE of 8 KiB, in a process that ignores the signal."""
    source = model
    if command == "decompress":
        source = tmp_path / "small"
        xoropt.save(xoropt.compress({"w": np.zeros((100, 100), np.float32)}), source)
    before = set(os.listdir(tmp_path))
    limited = f"ulimit -f 8; exec {sys.executable} -m xoropt {command} {source} {tmp_path}/out"
    done = subprocess.run(["bash", "-c", f"trap '' XFSZ; {limited}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "File too large" in done.stderr
    kept = {"out.partial"} if command == "compress" else set()  # what another run goes on with
    assert ("the same command goes on" if kept else "nothing was written") in done.stderr
    assert set(os.listdir(tmp_path)) == before | kept


def test_tables_show_every_kind_of_tensor(dense, tmp_path, xoropt_command):
    dense["tiny"] = np.sign(dense["fc.weight"][:8, :8]).astype(np.int8)  # stored as packed values
    save_file(dense, tmp_path / "in")
    options = ("--sparsity", "0.9", "--bits", "2", "--include", "*weight", "--include", "tiny")
    status, out, err = xoropt_command("compress", tmp_path / "in", tmp_path / "out.safetensors", *options)
    assert (status, err) == (0, "")
    for name in ("conv.weight", "fc.weight", "tiny", "bits/weight", "times smaller than"):
        assert name in out


def test_odd_names_and_forms(tmp_path, xoropt_command):
    rng = np.random.default_rng(0)
    weights = np.where(rng.random((60, 60)) < 0.2, rng.choice([-1.0, 1.0], (60, 60)), 0)
    np.savez(tmp_path / "in.npz", **{"[/b]x:fire:": weights.astype(">f4"), "bell\x07": weights.astype(">f8")})
    status, out, err = xoropt_command("compress", tmp_path / "in.npz", tmp_path / "out.safetensors")
    assert (status, err) == (0, "")
    assert "[/b]x:fire:" in out
    assert "\x07" not in out
    assert xoropt_command("verify", tmp_path / "in.npz", tmp_path / "out.safetensors")[0] == 0
    np.savez(tmp_path / "meta.npz", __metadata__=weights)
    assert xoropt_command("compress", tmp_path / "meta.npz", tmp_path / "meta")[0] == 0
    status, _, err = xoropt_command("decompress", tmp_path / "meta", tmp_path / "back")
    assert (status, err.count("\n")) == (1, 1)
    assert "'__metadata__'" in err


def test_links_stay_links(model, tmp_path, xoropt_command):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    assert xoropt_command("compress", model, tmp_path / "link", "--bits", "1", "--force")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert xoropt_command("inspect", tmp_path / "target")[0] == 0


def test_damaged_npz_is_one_line(dense, tmp_path, xoropt_command):
    np.savez_compressed(tmp_path / "in.npz", w=dense["fc.weight"], c=dense["codes"])
    data = (tmp_path / "in.npz").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            changed[at] ^= 1 << int(rng.integers(8))
        (tmp_path / "bad.npz").write_bytes(changed)
        status, _, err = xoropt_command("compress", tmp_path / "bad.npz", tmp_path / "out", "--force")
        assert status in (0, 1)
        assert err.count("\n") <= 1


def test_pruned_weights_stay_pruned(tmp_path, xoropt_command):
    rng = np.random.default_rng(0)
    weights = (rng.standard_normal((60, 60)) * (rng.random((60, 60)) < 0.1)).astype(np.float32)
    save_file({"w": weights}, tmp_path / "in")
    assert xoropt_command("compress", tmp_path / "in", tmp_path / "out", "--bits", "2")[0] == 0
    assert xoropt_command("decompress", tmp_path / "out", tmp_path / "back")[0] == 0
    assert ((load_file(tmp_path / "back")["w"] != 0) == (weights != 0)).all()
