"""Fixtures that several test modules share."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

from xoropt import cli


@pytest.fixture
def dense():
    """A model with tensors of many kinds: float32, float16, bfloat16 and int8 of 0, 1, 2 and 4 dimensions."""
    rng = np.random.default_rng(0)
    return {
        "conv.weight": rng.standard_normal((16, 8, 3, 3)).astype(np.float16),
        "conv.bias": rng.standard_normal(16).astype(np.float16),
        "fc.weight": rng.standard_normal((60, 50)).astype(np.float32),
        "head.weight": rng.standard_normal((40, 30)).astype(ml_dtypes.bfloat16),
        "codes": rng.choice(np.array([0, 0, 0, 0, 0, 0, 1, -1, 2, -128], np.int8), (70, 30)),
        "embed.weight": rng.standard_normal((64, 32)).astype(np.float32),
        "step": np.array(7.5, dtype=np.float32),
        "empty": np.zeros((0, 4), dtype=ml_dtypes.bfloat16),
    }


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo's folder and its finished process; it takes a while and runs once for all tests."""
    folder = tmp_path_factory.mktemp("demo") / "xoropt-demo"
    command = [sys.executable, "-m", "xoropt", "demo", "--out", folder, "--json"]
    return folder, subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def xoropt_command(monkeypatch, capfd):
    """A function that runs the command line in this process: `status, out, err = xoropt_command("inspect", file)`."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["xoropt", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return ended.value.code, out, err

    return run
