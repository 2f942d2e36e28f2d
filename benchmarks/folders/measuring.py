"""What compressing a folder takes, in a process of its own, and what others make of its files."""

import filecmp
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zstandard
from coding.rivals import ZIPNN_GROUPS, ZIPNN_HEADER

from folders.making import Folder
from xoropt.common.tensor_files import read_safetensors

__all__ = ["Clustered", "Interrupted", "Run", "interrupt", "measure", "on_cluster", "zipnn", "zstd"]

COMPRESS = """
import sys
from xoropt.checkpoints.compressing import compress_checkpoint
if __name__ == "__main__":
    source, out, jobs, dask = sys.argv[1:]
    compress_checkpoint(source, out, jobs=int(jobs), dask=dask or None)
"""
DECOMPRESS = """
import sys
from xoropt.checkpoints.restoring import decompress_checkpoint
decompress_checkpoint(sys.argv[1], sys.argv[2])
"""
EVERY = 0.05
"""Seconds between two looks at the memory of the processes."""


@dataclass(frozen=True)
class Run:
    """What a folder takes.

    Attributes:
        size: bytes of the original's files.
        stored: bytes of the compressed ones.
        seconds: to compress.
        peak: bytes of the largest process.
        all_peak: bytes of all its processes together, at their most.
        back: seconds to decompress.
        exact: whether every file came back byte for byte.
    """

    size: int
    stored: int
    seconds: float
    peak: int
    all_peak: int
    back: float
    exact: bool


@dataclass(frozen=True)
class Interrupted:
    """A folder that was compressed in spite of being killed.

    Attributes:
        after: the seconds after which all processes were killed, each time.
        seconds: in all.
        same: whether the bytes are those of a run that was left alone.
    """

    after: tuple[float, ...]
    seconds: float
    same: bool


@dataclass(frozen=True)
class Clustered:
    """A folder that was compressed on a cluster of this machine.

    Attributes:
        workers: processes.
        seconds: to compress, the start of the cluster included.
        peak: bytes of the largest process.
        same: whether the bytes are those of a run without a cluster.
    """

    workers: int
    seconds: float
    peak: int
    same: bool


def measure(folder: Folder, jobs: int) -> Run:
    """Compress a folder and make it again, beside it."""
    compressed, again = compressed_path(folder), folder.path.with_name(f"{folder.path.name}.again")
    seconds, peak, all_peak = _watched([COMPRESS, str(folder.path), str(compressed), str(jobs), ""])
    back, _, _ = _watched([DECOMPRESS, str(compressed), str(again)])
    exact = same_bytes(folder.path, again)
    shutil.rmtree(again)
    size, stored = (sum(path.stat().st_size for path in _files(top)) for top in (folder.path, compressed))
    return Run(size, stored, seconds, peak, all_peak, back, exact)


def interrupt(folder: Folder, jobs: int, times: int, seconds: float, seed: int) -> Interrupted:
    """Compress a folder that `measure` has compressed, and kill all its processes again and again at random times.

    Args:
        folder: the folder.
        jobs: processes that encode.
        times: how many times they are killed.
        seconds: that it takes without that.
        seed: of the random times: one and a half to half of an even share of the time after each start.
    """
    out, rng = folder.path.with_name(f"{folder.path.name}.killed"), random.Random(seed)
    begin, after = time.perf_counter(), []
    for _ in range(times):
        wait = seconds / (times + 1) * rng.uniform(0.5, 1.5)
        process = _start([COMPRESS, str(folder.path), str(out), str(jobs), ""])
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        if process.poll() is not None:
            break  # it was done before
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        after.append(wait)
        if out.exists():
            raise SystemExit("A folder that is not finished has its final name.")
    if not out.exists():
        _watched([COMPRESS, str(folder.path), str(out), str(jobs), ""])
    same = same_bytes(compressed_path(folder), out) and not out.with_name(f"{out.name}.partial").exists()
    shutil.rmtree(out)
    return Interrupted(tuple(after), time.perf_counter() - begin, same)


def on_cluster(folder: Folder, workers: int) -> Clustered:
    """Compress a folder that `measure` has compressed on a Dask cluster of this machine's processes."""
    out = folder.path.with_name(f"{folder.path.name}.dask")
    seconds, peak, _ = _watched([COMPRESS, str(folder.path), str(out), str(workers), "local"])
    same = same_bytes(compressed_path(folder), out)
    shutil.rmtree(out)
    return Clustered(workers, seconds, peak, same)


def compressed_path(folder: Folder) -> Path:
    """Return where `measure` leaves the compressed folder."""
    return folder.path.with_name(f"{folder.path.name}.compressed")


def same_bytes(one: Path, other: Path) -> bool:
    """Tell whether two folders hold the same files."""
    names = [path.relative_to(one) for path in _files(one)]
    return names == [path.relative_to(other) for path in _files(other)] and all(
        filecmp.cmp(one / name, other / name, shallow=False) for name in names
    )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _watched(arguments: list[str]) -> tuple[float, int, int]:
    """Run Python; return the seconds, the bytes of its largest process, and those of all together."""
    begin = time.perf_counter()
    process = _start(arguments)
    largest, together = 0, 0
    while process.poll() is None:
        sizes = _memory(process.pid)
        largest, together = max([largest, *sizes]), max(together, sum(sizes))
        time.sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"A process of the benchmark failed with status {process.returncode}.")
    return time.perf_counter() - begin, largest, together


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start Python in a session of its own; but for its errors its output goes nowhere, so that it never waits."""
    command = [sys.executable, "-c", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ))


def _memory(session: int) -> list[int]:
    """Return the resident bytes of the processes of a session; none where /proc is missing."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found.append(int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, ValueError, IndexError):
            continue
    return found


def zstd(folder: Folder, level: int = 19) -> tuple[int, float]:
    """Compress each file with zstd on one core; return bytes and seconds."""
    begin, size = time.perf_counter(), 0
    for path in _files(folder.path):
        size += len(zstandard.ZstdCompressor(level=level).compress(path.read_bytes()))
    return size, time.perf_counter() - begin


def zipnn(folder: Folder) -> tuple[int, float] | None:
    """Compress each tensor with ZipNN's core on one core; return bytes and seconds; None where it is missing."""
    if importlib.util.find_spec("zipnn_core") is None:
        return None
    import zipnn_core

    begin, size = time.perf_counter(), 0
    for path in _files(folder.path):
        if path.suffix != ".safetensors":
            size += path.stat().st_size
            continue
        tensors, _ = read_safetensors(path)
        for array in tensors.values():
            buffers, bits, order, chunk = ZIPNN_GROUPS.get(array.dtype.name, (1, 0, 10, 1 << 17))
            header, octets = bytearray(ZIPNN_HEADER), bytearray(array.tobytes())
            header[16:24] = len(octets).to_bytes(8, "little")
            stored = zipnn_core.zipnn_core(bytes(header), octets, buffers, bits, order, 0, chunk, 0.95, 10, 1)
            size += min(len(stored), array.nbytes)
    return size, time.perf_counter() - begin
