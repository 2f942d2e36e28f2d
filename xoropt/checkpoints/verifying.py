"""Verify a compressed checkpoint: every file and tensor of it is compared with the original, byte for byte."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xoropt.checkpoints.folders import list_files
from xoropt.checkpoints.opened import Opened, open_compressed
from xoropt.checkpoints.shards import Shard, read_shard, sha256_of
from xoropt.common.arguments import check_callable, path_of
from xoropt.common.dtypes import as_stored
from xoropt.common.errors import XoroptError
from xoropt.model.tensors import Progress
from xoropt.model.verification import TensorCheck

__all__ = ["FileCheck", "verify_checkpoint"]


@dataclass(frozen=True)
class FileCheck:
    """The result of `verify_checkpoint` for one file.

    Attributes:
        path: of the original, within its folder.
        lossless: whether it comes back byte for byte.
        how: what was done with it, "compressed" or "copied", or what is wrong.
        tensors: the results for its tensors.
    """

    path: str
    lossless: bool
    how: str
    tensors: tuple[TensorCheck, ...] = ()


def verify_checkpoint(
    original: str | os.PathLike[str],
    compressed: str | os.PathLike[str],
    *,
    decoder: str = "auto",
    progress: Progress | None = None,
) -> list[FileCheck]:
    """Compare a compressed file or folder with the original, byte for byte.

    Args:
        original: the file or the folder that was compressed.
        compressed: what `compress_checkpoint` made of it.
        decoder: as for `xoropt.decode`.
        progress: called with a tensor's name, the bytes done, and all bytes.

    Returns:
        A check for every file of either side; the checkpoint is lossless where all checks are.

    Raises:
        FormatError: the compressed side is damaged, or no compressed checkpoint.
        XoroptError: a file cannot be read.
    """
    original, compressed = path_of(original, "original"), path_of(compressed, "compressed")
    check_callable("progress", progress)
    opened = open_compressed(compressed, decoder)
    if original.is_dir() != opened.path.is_dir():
        raise XoroptError(f"{original}: is {'a folder' if original.is_dir() else 'no folder'}, unlike {compressed}.")
    done, total = 0, sum(source.size for source in opened.sources.values())

    def count(name: str, octets: int) -> None:
        nonlocal done
        done += octets
        if progress is not None:
            progress(name, done, total)

    checks = [
        _check_shard(original / shard if opened.records else original, opened, shard, count) for shard in opened.sources
    ]
    for record in opened.records:
        if not record.compressed:
            paths = (original / record.path, opened.path / record.path)
            wrong = None if paths[0].is_file() else "is missing from the original"
            if wrong is None and any(sha256_of(path) != record.sha256 for path in paths):
                wrong = "differs from the original"
            checks.append(FileCheck(record.path, wrong is None, wrong or "copied"))
    if opened.records:
        known = {record.path for record in opened.records}
        new = [path for path in list_files(original) if path not in known]
        checks += [FileCheck(path, False, "is missing from the compressed folder") for path in new]
    return sorted(checks, key=lambda check: check.path)


def _check_shard(path: Path, opened: Opened, shard: str, count: Callable[[str, int], None]) -> FileCheck:
    """Compare a shard with the original at `path`."""
    if not path.is_file():
        return FileCheck(shard, False, "is missing from the original")
    source, kept = opened.sources[shard], read_shard(path)
    weights = {name: number for number, packed in enumerate(source.packed) for name in packed.members}
    found = {}
    for name in sorted({**kept.layout.places, **source.layout.places}, key=lambda name: weights.get(name, -1)):
        if name not in source.layout.places:
            how = "missing from the compressed file"
        elif name not in kept.layout.places:
            how = "not among the original tensors"
        else:
            how = _difference(kept, name, opened, shard)
            count(name, source.layout.places[name].last - source.layout.places[name].first)
        done = how in ("compressed", "carried")
        found[name] = TensorCheck(name, done, how, exact=done)
    checks = tuple(found[name] for name in {**kept.layout.places, **source.layout.places})
    wrong = next((f"tensor '{check.name}' {check.how}" for check in checks if not check.lossless), None)
    if wrong is None and kept.layout.head != source.layout.head:
        wrong = "differs from the original in its header"
    if wrong is None and sha256_of(path) != source.sha256:
        wrong = "has another SHA-256 than the original had"
    return FileCheck(shard, wrong is None, wrong or "compressed", checks)


def _difference(kept: Shard, name: str, opened: Opened, shard: str) -> str:
    """Say how a tensor is stored, or in what it differs."""
    ours, theirs = opened.sources[shard].layout.places[name], kept.layout.places[name]
    if (ours.dtype, ours.shape) != (theirs.dtype, theirs.shape):
        return f"is {ours.dtype}{list(ours.shape)}, the original {theirs.dtype}{list(theirs.shape)}"
    restored, expected = as_stored(opened.array(shard, name)), kept.octets(name)
    if len(restored) != len(expected) or not (restored == expected).all():
        return "differs from the original"
    return "carried" if opened.is_carried(shard, name) else "compressed"
