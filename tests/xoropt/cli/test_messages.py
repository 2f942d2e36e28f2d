"""Messages of commands speak of their options, and say which of them miss another one or have no effect."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

COMPRESS = ("compress", "model.safetensors", "out")
PRUNED = (*COMPRESS, "--sparsity", "0.9", "--bits", "1")
REFUSED = {
    "bits missing": ((*COMPRESS, "--sparsity", "0.9"), "'--sparsity' needs '--bits'"),
    "n_out beside a network": ((*PRUNED, "--network", "block", "--n-out", "80"), "'--n-out' has no effect beside"),
    "seed of no network": ((*PRUNED, "--seed", "5"), "'--seed' has no effect without --n-in"),
    "scales of nothing": ((*COMPRESS, "--scales", "row"), "'--scales' has no effect without --bits"),
    "scope of nothing": ((*COMPRESS, "--bits", "1", "--scope", "global"), "'--scope' has no effect without --sparsity"),
    "zeros of nothing": ((*PRUNED, "--merge-zeros"), "'--merge-zeros' has no effect with --bits"),
    "size of named": (
        (*PRUNED, "--include", "w", "--min-weights", "9"),
        "'--min-weights' has no effect with --include",
    ),
    "mask of 5 bits": ((*PRUNED, "--mask", "low-rank", "--mask-bits", "5"), "'--mask-bits' must be below 1"),
    "low-rank by one threshold": (
        (*PRUNED, "--mask", "low-rank", "--rank", "2", "--scope", "global"),
        "'--scope' can't be 'global' with the mask 'low-rank'",
    ),
    "both of a pair": (
        (*PRUNED, "--mask", "low-rank", "--rank", "2", "--mask-bits", "0.2"),
        "Options '--mask-bits', say 0.15, and '--rank': the mask 'low-rank' takes one of them, not both",
    ),
    "order of no network": ((*PRUNED, "--order", "rows"), "'--order' goes with a given '--network'"),
    "pattern of no tensor": ((*COMPRESS, "--include", "fc*"), "'--include' has the pattern 'fc*', which matches no"),
    "gates of five inputs": (("synthesize", "block", "--inputs", "5"), "'--inputs' must be from 2 to 4"),
    "depth of 0": (("synthesize", "block", "--max-depth", "0"), "'--max-depth' must be"),
    "method": (("synthesize", "block", "--method", "magic"), "Option '--method' must be one of auto, tree, "),
    "sparsity of 90": (("explore", "--sparsity", "90"), "'--sparsity' must be at least 0 and below 1, not 90"),
    "bits of random data": (("explore", "--sparsity", "0.9", "--bits", "1"), "'--bits' goes with '--data'"),
    "sparsity of data": (("explore", "--data", "model.safetensors", "--sparsity", "0.9"), "needs '--bits'"),
    "sparsity of a file": (("solve", "block.txt", "--sparsity", "0.5"), "'--sparsity' has no effect on a FILE"),
    "tensor of a recipe": (("hardware", "block", "--tensor", "w"), "'--tensor' names a tensor of a file"),
    "time of no synthesis": (("hardware", "block", "--time-limit", "5"), "'--time-limit' has no effect without"),
    "flips of a string": (("hardware", "block", "--flips", "0"), "'--flips' must be"),
}
"""Command lines of wrong usage, and what is said of each."""
FAILED = {
    "compressed already": (("compress", "small.safetensors", "out"), "is compressed already; name the original"),
    "verify against itself": (
        ("verify", "small.safetensors", "small.safetensors"),
        "is compressed itself and no original",
    ),
    "verify with what is missing": (
        ("verify", "mode.safetensors", "small.safetensors"),
        "nearest is 'model.safetensors'",
    ),
    "end of another format": ((*COMPRESS[:2], "out.npz"), "is NumPy's, and a safetensors file is written"),
    "back to another format": (("decompress", "small.safetensors", "out.pt"), "name it 'out.safetensors'"),
    "there already": (("solve", "block.txt", "--export", "block.cnf"), "pass --force to replace it"),
}
"""Command lines that fail, and what is said of each."""


@pytest.fixture
def folder(tmp_path, monkeypatch, xoropt_command):
    monkeypatch.chdir(tmp_path)
    weights = np.random.default_rng(0).standard_normal((60, 50)).astype(np.float32)
    save_file({"w": weights}, "model.safetensors")
    np.savez("in.npz", w=weights)
    (tmp_path / "block.txt").write_text("101\n011\n")
    (tmp_path / "block.cnf").write_text("kept")
    assert xoropt_command("compress", "model.safetensors", "small.safetensors", "--bits", "1")[0] == 0
    return tmp_path


@pytest.mark.parametrize("name", [*REFUSED, *FAILED])
def test_one_line_in_the_words_of_the_command(name, folder, xoropt_command):
    (arguments, said), expected = (REFUSED[name], 2) if name in REFUSED else (FAILED[name], 1)
    before = set(os.listdir())
    status, out, err = xoropt_command(*arguments)
    assert (status, out, err.count("\n")) == (expected, "", 1)
    assert said in err
    for word in ("Argument", "=True", "mask_bits", "max_inputs", "low_rank", "Traceback"):
        assert word not in err
    assert set(os.listdir()) == before


def test_choices_are_shown(xoropt_command):
    _, out, _ = xoropt_command("compress", "--help")
    text = " ".join(out.replace("-", " ").split())
    for words in ("[burst|greedy|viterbi]", "One of portfolio,", " n of m,"):
        assert words in text
    assert "One of auto, tree, paar," in " ".join(xoropt_command("synthesize", "--help")[1].split())


def test_warnings_are_lines(folder, xoropt_command):
    rng = np.random.default_rng(0)
    zeros = np.sign(rng.standard_normal((60, 50))).astype(np.float32) * (rng.random((60, 50)) < 0.1)  # half are -0.0
    save_file({"w": zeros}, "zeros.safetensors")
    status, _, err = xoropt_command("compress", "zeros.safetensors", "out.safetensors")
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("xoropt: warning: tensor 'w': -0.0 is kept as a value of its own")
    assert "--merge-zeros stores it as 0.0" in err
    status, _, err = xoropt_command("compress", "zeros.safetensors", "out.safetensors", "--force", "--exclude", "v*")
    assert err.splitlines()[0].startswith("xoropt: warning: Option '--exclude' has the pattern 'v*', which matches no")


def test_what_pruning_costs_is_said(folder, xoropt_command):
    status, out, _ = xoropt_command("compress", "model.safetensors", "out", "--sparsity", "0.9", "--bits", "1")
    assert "pruned and quantized: relative error 0." in out
    assert "of the magnitude kept" in out
    status, out, _ = xoropt_command("verify", "model.safetensors", "out")
    assert status == 0
    assert "0 of 1 tensor is identical, bit for bit; 1 equals the original, pruned and quantized again" in out
    xoropt_command("decompress", "out", "back")
    xoropt_command("compress", "back", "again")
    assert "1 of 1 tensor is identical, bit for bit" in xoropt_command("verify", "back", "again")[1]


def test_merged_zeros_are_not_called_quantized(folder, xoropt_command):
    rng = np.random.default_rng(0)
    zeros = np.sign(rng.standard_normal((60, 50))).astype(np.float32) * (rng.random((60, 50)) < 0.1)
    save_file({"w": zeros, "b": np.ones(9, np.float32)}, "zeros.safetensors")
    xoropt_command("compress", "zeros.safetensors", "out", "--merge-zeros")
    status, out, _ = xoropt_command("verify", "zeros.safetensors", "out")
    assert (status, "quantizing" in out) == (0, False)
    assert " ".join(out.split()).startswith(
        "1 of 2 tensors are identical, bit for bit; 1 equals the original but for -0.0, stored as 0.0"
    )


def test_what_is_restored_is_said(folder, xoropt_command):
    xoropt_command("compress", "model.safetensors", "exact.safetensors")
    size = os.path.getsize("model.safetensors")
    _, out, _ = xoropt_command("decompress", "exact.safetensors", "a.safetensors")
    assert out == f"a.safetensors: {size:,} bytes, as the original, byte for byte\n"
    _, out, _ = xoropt_command("decompress", "exact.safetensors", "b.safetensors", "--to", "plain")
    assert out == f"b.safetensors: {size:,} bytes, ordinary tensors\n"
    xoropt_command("compress", "model.safetensors", "pruned.safetensors", "--sparsity", "0.5", "--bits", "1")
    assert "ordinary tensors" in xoropt_command("decompress", "pruned.safetensors", "c.safetensors")[1]
    np.savez("in.npz", **load_file("model.safetensors"))
    xoropt_command("compress", "in.npz", "archive.safetensors")
    assert "byte for byte" in xoropt_command("decompress", "archive.safetensors", "out.npz")[1]
    assert "ordinary tensors" in xoropt_command("decompress", "archive.safetensors", "d.safetensors")[1]
    os.mkdir("many")
    os.rename("a.safetensors", "many/a.safetensors")
    xoropt_command("compress", "many", "few")
    _, out, _ = xoropt_command("decompress", "few", "back")
    assert out == f"back: 1 file, {size:,} bytes, as the original, byte for byte\n"


def test_unpruned_weights_are_noticed(folder, xoropt_command):
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((60, 50)).astype(np.float32)
    mask = (np.abs(weights) > 1.5).astype(np.float32)
    save_file({"fc.weight_orig": weights, "fc.weight_mask": mask}, "pruned.safetensors")
    assert "call prune.remove(module, 'weight')" in " ".join(xoropt_command("inspect", "pruned.safetensors")[1].split())
    status, _, err = xoropt_command("compress", "pruned.safetensors", "out.safetensors")
    assert (status, err.count("\n")) == (0, 1)
    assert "in NAME_orig, which takes their room: before saving call prune.remove(module, 'weight')" in err
    assert xoropt_command("compress", "model.safetensors", "other.safetensors")[2] == ""


def test_a_name_that_does_not_tell_the_format(folder, xoropt_command):
    status, _, err = xoropt_command("compress", "model.safetensors", "other")
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("xoropt: other: is a safetensors file whose name does not end in .safetensors")


def test_names_do_not_act_on_the_terminal(folder, xoropt_command):
    weights = load_file("model.safetensors")["w"]
    escape, markup = "a\x1b]0;gone\x07\x1b[2J", "[/]b[bold]"
    save_file({escape: weights, markup: np.sign(weights), "c": np.full((50, 60), np.nan)}, "odd.safetensors")
    for arguments in (
        ("compress", "odd.safetensors", "out"),
        ("inspect", "out"),
        ("verify", "odd.safetensors", "out"),
        ("hardware", "out"),
        ("hardware", "out", "--tensor", escape),
        ("compress", "odd.safetensors", "again", "--bits", "1"),
        ("compress", "odd.safetensors", "again", "--include", "x*"),
    ):
        _, out, err = xoropt_command(*arguments)
        for text in (out, err):
            assert "Traceback" not in text
            assert all(line.isprintable() for line in text.splitlines())
    assert markup in xoropt_command("inspect", "out")[1]


RUN = [sys.executable, "-m", "xoropt"]


@pytest.mark.parametrize(("closed", "status"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), ("> /dev/full", 1)])
def test_closed_and_full_outputs(closed, status, folder):
    done = subprocess.run(
        ["bash", "-c", f"exec {' '.join(RUN)} inspect small.safetensors {closed}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if status:
        assert os.strerror(errno.ENOSPC) in done.stderr


def test_an_interrupt_while_it_is_loaded():
    """As Ctrl-C in the first half second: the process sends the signal to itself as soon as the package is begun."""
    early = (
        "import signal, sys, os; sys.argv = ['xoropt', 'inspect', 'x'];"
        "import xoropt.common.startup; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(9)"
    )
    done = subprocess.run([sys.executable, "-c", early], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "xoropt: interrupted; nothing was written.\n")
    library = "import signal; import xoropt; assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    subprocess.run([sys.executable, "-c", library], check=True)  # an importer's own handling stays


def test_what_pruning_leaves_is_named(tmp_path, xoropt_command):
    (tmp_path / "in").mkdir()
    rng = np.random.default_rng(0)
    tensors = {name: rng.standard_normal((40, 60), dtype=np.float32) for name in ("embed.weight", "fc.weight")}
    save_file(tensors | {"norm.weight": np.ones(2000, np.float32)}, tmp_path / "in" / "model.safetensors")
    pruned = ("--sparsity", "0.9", "--bits", "1")
    out = xoropt_command("compress", tmp_path / "in", tmp_path / "out", *pruned)[1]
    assert "\nmatrices left as they are: embed.weight\n" in out
    out = xoropt_command(
        "compress", tmp_path / "in" / "model.safetensors", tmp_path / "one.safetensors", "--bits", "1"
    )[1]
    assert "\nquantized: relative error" in out
    assert "retrain after quantizing" in " ".join(out.split())  # lines are broken at the width
