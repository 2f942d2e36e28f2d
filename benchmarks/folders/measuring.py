"""What compressing a folder takes, in a process of its own, and what others make of its files."""

import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import zstandard
from coding.rivals import ZIPNN_GROUPS, ZIPNN_HEADER

from folders.making import Folder
from xoropt.common.tensor_files import read_safetensors

__all__ = ["Run", "measure", "zipnn", "zstd"]

COMPRESS = """
import sys
from xoropt.checkpoints.compressing import compress_checkpoint
source, out, jobs = sys.argv[1:]
compress_checkpoint(source, out, jobs=int(jobs))

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


def measure(folder: Folder, jobs: int) -> Run:
    """Compress a folder and make it again, beside it."""
    compressed, again = (folder.path.with_name(f"{folder.path.name}{end}") for end in (".compressed", ".again"))
    seconds, peak, all_peak = _watched([COMPRESS, str(folder.path), str(compressed), str(jobs)])
    back, _, _ = _watched([DECOMPRESS, str(compressed), str(again)])
    names = [path.relative_to(folder.path) for path in _files(folder.path)]
    exact = names == [path.relative_to(again) for path in _files(again)] and all(
        (folder.path / name).read_bytes() == (again / name).read_bytes() for name in names
    )
    size, stored = (sum(path.stat().st_size for path in _files(top)) for top in (folder.path, compressed))
    return Run(size, stored, seconds, peak, all_peak, back, exact)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _watched(arguments: list[str]) -> tuple[float, int, int]:
    """Run Python; return the seconds, the bytes of its largest process, and those of all together."""
    begin = time.perf_counter()
    # Its output goes nowhere but its errors, so that nothing waits for a reader.
    process = subprocess.Popen(
        [sys.executable, "-c", *arguments], stdout=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ)
    )
    largest, together = 0, 0
    while process.poll() is None:
        sizes = _memory(process.pid)
        largest, together = max([largest, *sizes]), max(together, sum(sizes))
        time.sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"A process of the benchmark failed with status {process.returncode}.")
    return time.perf_counter() - begin, largest, together


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
