"""Fixtures that several test modules share."""

import fcntl
import pickle
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
def demo(tmp_path_factory, worker_id):
    """The demo's folder, which tests only read, and its finished process; it runs once for the tests of all workers."""
    base = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        base = base.parent  # the session's folder, with one for each worker
    folder, kept = base / "xoropt-demo", base / "xoropt-demo.pickle"
    with (base / "xoropt-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker runs it, the others wait
        if not kept.exists():
            command = [sys.executable, "-m", "xoropt", "demo", "--out", folder, "--json"]
            kept.write_bytes(pickle.dumps(subprocess.run(command, capture_output=True, text=True, check=False)))
        return folder, pickle.loads(kept.read_bytes())


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
