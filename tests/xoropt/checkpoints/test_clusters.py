"""A Dask cluster encodes: the same bytes, also where a worker is killed, and one line where there is none."""

import os
import signal
import sys

import pytest
from checkpoint_examples import contents, write_alike_shards

import xoropt

distributed = pytest.importorskip("distributed", reason="dask is an extra, and not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of a cluster that is killed on purpose
]


@pytest.fixture
def model(tmp_path):
    folder = write_alike_shards(tmp_path / "model", 1024)
    xoropt.compress_checkpoint(folder, tmp_path / "whole")
    return folder


def test_local_processes_write_the_same_bytes(model, tmp_path):
    xoropt.compress_checkpoint(model, tmp_path / "out", dask="local", jobs=2)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_killed_worker_costs_only_its_tensor(model, tmp_path):
    form = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    killed = []
    with distributed.LocalCluster(**form) as cluster:

        def progress(name, done, total):
            if not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        xoropt.compress_checkpoint(model, tmp_path / "out", dask=cluster.scheduler_address, progress=progress)
    assert killed
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_no_scheduler_there(model, tmp_path, monkeypatch):
    from xoropt.checkpoints import workers

    monkeypatch.setattr(workers, "SECONDS", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "local host"):
        with pytest.raises(xoropt.XoroptError, match="no Dask scheduler answers") as caught:
            xoropt.compress_checkpoint(model, tmp_path / "out", dask=address)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_without_dask_the_extra_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(xoropt.ArgumentError, match=r"pip install 'xoropt\[dask\]'"):
        xoropt.compress_checkpoint(model, tmp_path / "out", dask="local")
