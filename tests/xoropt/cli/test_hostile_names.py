"""Names that would act on a terminal are shown harmless, wherever a command prints them."""

import re

import numpy as np
import pytest
from safetensors.numpy import save_file

import xoropt

NAMES = (
    "</script><script>console.error('seen')</script>",
    "\"><img src=x onerror=console.error('seen')>",
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m",
    "a[bold]b[/bold]",
    "x\rhidden\nline",
    "\u202egnp",
    "$\\frac{",
)
ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What acts on a terminal."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with a plain and a compressed file whose tensors have such names."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(0)
    save_file({name: (rng.random((40, 40)) < 0.1).astype(np.float32) for name in NAMES}, folder / "plain.safetensors")
    xoropt.compress_checkpoint(folder / "plain.safetensors", folder / "small.safetensors")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("inspect", "plain.safetensors"),
        ("inspect", "small.safetensors"),
        ("inspect", "small.safetensors", "--json"),
        ("compress", "plain.safetensors", "again.safetensors", "--force"),
        ("compress", "plain.safetensors", "lossy.safetensors", "--sparsity", "0.9", "--bits", "1", "--force"),
        ("verify", "plain.safetensors", "small.safetensors"),
        ("verify", "small.safetensors", "plain.safetensors"),
        ("hardware", "small.safetensors"),
        ("hardware", "small.safetensors", "--tensor", NAMES[2]),
        ("hardware", "small.safetensors", "--tensor", "\x1b[31m"),
        ("compare", "--from", "small.safetensors", "--tensor", NAMES[2], "--out", "compare"),
        ("explore", "\x1b[31m.toml"),
        ("solve", "\x1b[31m.txt"),
    ],
    ids=lambda command: " ".join(command[:2]).encode("unicode_escape").decode(),
)
def test_terminals(files, monkeypatch, xoropt_command, command):
    monkeypatch.chdir(files)
    _, out, err = xoropt_command(*command)
    assert out + err
    assert not ACTIVE.search(out + err)
