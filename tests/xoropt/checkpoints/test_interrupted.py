"""Runs that are ended at any time: nothing looks finished that is not, and the next run writes the same bytes."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest
from checkpoint_examples import FIRST, contents, two_shards, write_alike_shards, write_folder
from safetensors.numpy import save_file

import xoropt
from xoropt.checkpoints import compressing


class Killed(BaseException):
    """Stands for the end of the process."""


def stop_after(monkeypatch, number, error):
    """Let the run end when it would write part `number`."""
    usual, seen = compressing.write_part, []

    def write(path, data):
        seen.append(path)
        if len(seen) > number:
            raise error
        usual(path, data)

    monkeypatch.setattr(compressing, "write_part", write)


@pytest.fixture
def model(tmp_path):
    return write_folder(tmp_path / "model")


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_an_ended_run_goes_on_with_the_same_bytes(number, single, model, tmp_path, monkeypatch):
    source = model / "model-00002-of-00002.safetensors" if single else model
    whole, out = (tmp_path / (f"{name}.safetensors" if single else name) for name in ("whole", "out"))
    xoropt.compress_checkpoint(source, whole)
    with monkeypatch.context() as patch:
        stop_after(patch, number, Killed())
        with pytest.raises(Killed):
            xoropt.compress_checkpoint(source, out)
    assert not out.exists()
    assert out.with_name(f"{out.name}.partial").is_dir()
    done = []
    with monkeypatch.context() as patch:
        usual = compressing.write_part
        patch.setattr(compressing, "write_part", lambda path, data: (done.append(path), usual(path, data)))
        xoropt.compress_checkpoint(source, out)
    assert len(done) == (6 if single else 8) - number  # tensors that are not tied
    if single:
        assert out.read_bytes() == whole.read_bytes()
    else:
        assert contents(out) == contents(whole)
    assert not out.with_name(f"{out.name}.partial").exists()


def test_an_interrupt_says_that_the_command_goes_on(model, tmp_path, monkeypatch, xoropt_command):
    with monkeypatch.context() as patch:
        stop_after(patch, 2, KeyboardInterrupt())
        status, _, err = xoropt_command("compress", model, tmp_path / "out")
    assert (status, err.count("\n")) == (1, 1)
    assert f"interrupted; what is done so far is in {tmp_path / 'out.partial'}, and the same command goes on" in err
    assert xoropt_command("compress", model, tmp_path / "out")[0] == 0
    assert xoropt_command("verify", model, tmp_path / "out")[0] == 0


def test_what_has_changed_is_named(model, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 2, Killed())
        with pytest.raises(Killed):
            xoropt.compress_checkpoint(model, tmp_path / "out")
    with pytest.raises(xoropt.XoroptError, match=r"option 'effort' was 'normal' and is 'fast'.*--force"):
        xoropt.compress_checkpoint(model, tmp_path / "out", effort="fast")
    shards = two_shards()
    shards[FIRST]["layer.0.norm"][3] = 2
    save_file(shards[FIRST], model / FIRST)
    with pytest.raises(xoropt.XoroptError, match=f"the file '{FIRST}' has changed"):
        xoropt.compress_checkpoint(model, tmp_path / "out")
    xoropt.compress_checkpoint(model, tmp_path / "out", overwrite=True)
    assert all(check.lossless for check in xoropt.verify_checkpoint(model, tmp_path / "out"))


def test_a_full_disk_keeps_what_is_done(model, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 3, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        with pytest.raises(xoropt.XoroptError, match=r"No space left on device; what is done .* the same command"):
            xoropt.compress_checkpoint(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    xoropt.compress_checkpoint(model, tmp_path / "out")
    assert all(check.lossless for check in xoropt.verify_checkpoint(model, tmp_path / "out"))


def test_too_little_disk_or_memory_is_said_before_anything_is_encoded(model, tmp_path, monkeypatch):
    from xoropt.checkpoints import resources

    monkeypatch.setattr(compressing, "encode_units", None)
    with monkeypatch.context() as patch:
        patch.setattr(resources.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
        with pytest.raises(xoropt.XoroptError, match=r"1\.0 kB are free"):
            xoropt.compress_checkpoint(model, tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(resources, "_free_memory", lambda: 1000)
        with pytest.raises(xoropt.XoroptError, match=r"tensor 'embed\.weight'.*1\.0 kB are free"):
            xoropt.compress_checkpoint(model, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


@pytest.mark.slow
def test_a_process_killed_again_and_again(tmp_path):
    model = write_alike_shards(tmp_path / "model", 512)
    xoropt.compress_checkpoint(model, tmp_path / "whole")
    run = [sys.executable, "-m", "xoropt", "compress", str(model), str(tmp_path / "out")]
    for seconds in (1.2, 1.5, 1.8, 2.1, 2.4):
        with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.wait()
        if (tmp_path / "out").exists():
            break
        assert {path.name for path in tmp_path.iterdir()} <= {"model", "whole", "out.partial"}
    if not (tmp_path / "out").exists():
        subprocess.run(run, check=True, capture_output=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
