"""Verify a compressed checkpoint: every file and tensor of it is compared with the original, byte for byte."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from xoropt.checkpoints.listing import list_files, warn_of_strangers
from xoropt.checkpoints.opened import Opened, is_compressed, open_compressed
from xoropt.checkpoints.shards import Shard, array_of_octets, read_shard, sha256_of
from xoropt.checkpoints.thresholds import find_threshold
from xoropt.checkpoints.unpacked import unpack_archive
from xoropt.common.arguments import check_callable, path_of
from xoropt.common.dtypes import as_stored
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.file_kinds import is_npz
from xoropt.common.files import check_readable
from xoropt.model.tensors import Progress
from xoropt.model.verification import TensorCheck, check_tensor
from xoropt.quantize.pruning import prune_below

__all__ = ["FileCheck", "check_sides", "verify_checkpoint"]


Thresholds = dict[tuple[str, str], tuple[float, int]]
"""By shard and name, from which magnitude on weights are kept, see `find_threshold`."""


@dataclass(frozen=True)
class FileCheck:
    """The result of `verify_checkpoint` for one file.

    Attributes:
        path: of the original, within its folder.
        lossless: whether it comes back byte for byte, but for tensors that were pruned and quantized.
        how: what was done with it, "compressed", "quantized, then compressed" or "copied", or what is wrong.
        tensors: the results for its tensors.
    """

    path: str
    lossless: bool
    how: str
    tensors: tuple[TensorCheck, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether it comes back byte for byte."""
        return self.lossless and all(check.exact for check in self.tensors)


def verify_checkpoint(
    original: str | os.PathLike[str],
    compressed: str | os.PathLike[str],
    *,
    decoder: str = "auto",
    progress: Progress | None = None,
) -> list[FileCheck]:
    """Compare a compressed file or folder with the original, byte for byte.

    Tensors that were pruned and quantized are compared with the original, pruned and quantized again.

    Args:
        original: the file or the folder that was compressed.
        compressed: what `compress_checkpoint` made of it.
        decoder: as for `xoropt.decode`.
        progress: called with a tensor's name, the bytes done, and all bytes.

    Returns:
        A check for every file of either side; the checkpoint is lossless where all checks are.

    Raises:
        FormatError: the compressed side is damaged, or no compressed checkpoint.
        XoroptError: a file cannot be read; the original is compressed itself.

    Warns:
        XoroptWarning: the folder holds files that were not there when it was compressed.
    """
    original, compressed = path_of(original, "original"), path_of(compressed, "compressed")
    check_callable("progress", progress)
    check_sides(original, compressed)
    opened = open_compressed(compressed, decoder)
    if original.is_dir() != opened.path.is_dir():
        raise XoroptError(f"{original}: is {'a folder' if original.is_dir() else 'no folder'}, unlike {compressed}.")
    if opened.records:
        warn_of_strangers(opened.path, opened.records)
    done, total = 0, sum(source.size for source in opened.sources.values())

    def count(name: str, octets: int) -> None:
        nonlocal done
        done += octets
        if progress is not None:
            progress(name, done, total)

    with ExitStack() as stack:
        originals = {shard: original / shard if opened.records else original for shard in opened.sources}
        kept = {shard: stack.enter_context(_as_shard(path)) for shard, path in originals.items() if path.is_file()}
        thresholds = _thresholds(kept, opened)
        checks = [
            _check_shard(path, kept[shard], opened, shard, thresholds, count)
            if shard in kept
            else FileCheck(shard, False, "is missing from the original")
            for shard, path in originals.items()
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
        new = [path for path in list_files(original, to_copy=False) if path not in known]
        checks += [FileCheck(path, False, "is missing from the compressed folder") for path in new]
    return sorted(checks, key=lambda check: check.path)


def check_sides(original: Path, compressed: Path) -> None:
    """Refuse an original that is compressed itself.

    Raises:
        XoroptError: it is; the message says whether the two are in the wrong order. Or one of the two is not there.
    """
    for path in (original, compressed):
        if not path.is_dir():
            check_readable(path)
    if is_compressed(original):
        mend = "name the original" if is_compressed(compressed) else f"swap the two: {compressed} is not compressed"
        raise XoroptError(f"{original}: is compressed itself and no original; {mend}.")


@contextmanager
def _as_shard(path: Path) -> Iterator[Shard]:
    """Give a shard, or an archive of NumPy's as one."""
    if not is_npz(path):
        yield read_shard(path)
        return
    with TemporaryDirectory(prefix="xoropt-") as folder:
        yield unpack_archive(path, Path(folder) / "unpacked.safetensors")[0]


def _thresholds(kept: Mapping[str, Shard], opened: Opened) -> Thresholds:
    """Find the threshold of the tensors that were pruned by one for all; empty where the original is another one."""
    together, rate = [], 0.0
    for shard, source in opened.sources.items():
        for name in source.layout.places if not source.exact else ():
            stored = opened.files[shard].tensors.get(name)
            recorded = stored.entry.get("quantization") if stored is not None else None
            if isinstance(recorded, dict) and recorded.get("scope") == "global":
                if shard not in kept or kept[shard].layout.places.get(name) != source.layout.places[name]:
                    return {}
                together.append((shard, name))
                rate = recorded.get("sparsity", 0.0)
    try:
        return find_threshold(together, kept, rate) if together else {}
    except ArgumentError:  # a forged rate, or another original
        return {}


def _check_shard(
    path: Path, kept: Shard, opened: Opened, shard: str, thresholds: Thresholds, count: Callable[[str, int], None]
) -> FileCheck:
    """Compare a shard with the original at `path`, whose tensors are in `kept`."""
    source = opened.sources[shard]
    weights = {name: number for number, packed in enumerate(source.packed) for name in packed.members}
    found = {}
    for name in sorted({**kept.layout.places, **source.layout.places}, key=lambda name: weights.get(name, -1)):
        if name not in source.layout.places:
            found[name] = TensorCheck(name, False, "missing from the compressed file")
        elif name not in kept.layout.places:
            found[name] = TensorCheck(name, False, "not among the original tensors")
        else:
            found[name] = _check_tensor(kept, name, opened, shard, thresholds.get((shard, name)))
            count(name, source.layout.places[name].last - source.layout.places[name].first)
    checks = tuple(found[name] for name in {**kept.layout.places, **source.layout.places})
    wrong = next((f"tensor '{check.name}' {check.how}" for check in checks if not check.lossless), None)
    if wrong is None and kept.layout.head != source.layout.head:
        wrong = "differs from the original in its header"
    if wrong is None and sha256_of(path) != source.sha256:
        wrong = "has another SHA-256 than the original had"
    how = "compressed" if all(check.exact for check in checks) else "quantized, then compressed"
    return FileCheck(shard, wrong is None, wrong or how, checks)


def _check_tensor(
    kept: Shard, name: str, opened: Opened, shard: str, threshold: tuple[float, int] | None
) -> TensorCheck:
    """Compare a tensor with that of the original, pruned from a threshold on where there was one."""
    ours, theirs = opened.sources[shard].layout.places[name], kept.layout.places[name]
    if (ours.dtype, ours.shape) != (theirs.dtype, theirs.shape):
        how = f"is {ours.dtype}{list(ours.shape)}, the original {theirs.dtype}{list(theirs.shape)}"
        return TensorCheck(name, False, how)
    restored, expected = opened.array(shard, name), kept.octets(name)
    if np.array_equal(as_stored(restored), expected):
        return TensorCheck(name, True, "carried" if opened.is_carried(shard, name) else "compressed", exact=True)
    stored = None if opened.sources[shard].exact else opened.tensor(shard, name)
    if stored is None:
        return TensorCheck(name, False, "differs from the original")
    array = array_of_octets(expected, theirs.dtype, theirs.shape)
    mask = None if threshold is None else prune_below(name, array, *threshold)
    return check_tensor(name, stored, array, restored, mask)
