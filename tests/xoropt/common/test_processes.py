"""Where the system has no semaphores, one process does the work that several would, and it is said."""

import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file
from xoropt_solvers import semaphores

import xoropt
from xoropt.common.processes import processes_for
from xoropt.explore import explore


@pytest.fixture
def without_semaphores(monkeypatch):
    monkeypatch.setattr(semaphores, "are_there", lambda: False)


def test_as_many_as_asked_for():
    assert semaphores.are_there()
    assert [processes_for(jobs) for jobs in (1, 2, 9)] == [1, 2, 9]


def test_one_where_there_can_be_no_more(without_semaphores):
    assert processes_for(1) == 1
    with pytest.warns(xoropt.XoroptWarning, match="one process does all the work"):
        assert processes_for(4) == 1


def test_exploring_and_compressing_go_on(without_semaphores, tmp_path):
    space = {"block": {"n_in": [8], "n_out": [40]}}
    with pytest.warns(xoropt.XoroptWarning, match="one process"):
        found = explore(space, sparsity=0.9, weights=2000, jobs=2, synthesize=False)
    assert found.points
    tensors = {name: np.eye(40, k=k, dtype=np.int8) for k, name in enumerate("ab")}
    save_file(tensors, tmp_path / "in.safetensors")
    with pytest.warns(xoropt.XoroptWarning, match="one process"):
        xoropt.compress_checkpoint(
            tmp_path / "in.safetensors", tmp_path / "out.safetensors", xoropt.CompressConfig(jobs=2)
        )
    with xoropt.open_checkpoint(tmp_path / "out.safetensors") as back:
        assert all((back[name][...] == tensor).all() for name, tensor in tensors.items())


def test_joblib_does_not_complain():
    code = (
        "import _multiprocessing\n"
        "def refuse(*_): raise OSError(30, 'Read-only file system')\n"
        "_multiprocessing.SemLock = refuse\n"
        "import xoropt, joblib\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
