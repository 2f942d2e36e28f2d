"""Restore a checkpoint: every file byte for byte, which its SHA-256 proves before the file gets its name."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from xoropt.checkpoints.archives import as_archived
from xoropt.checkpoints.folders import INDEX
from xoropt.checkpoints.listing import warn_of_strangers
from xoropt.checkpoints.opened import Opened, check_claimed, open_compressed
from xoropt.checkpoints.plain import write_plain_shard, write_plain_text
from xoropt.checkpoints.resources import check_disk
from xoropt.checkpoints.shards import read_shard, sha256_of
from xoropt.common.arguments import check_callable, check_choice, check_flag, check_int, path_of
from xoropt.common.dtypes import as_stored
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.file_kinds import check_folder_suffix, check_suffix
from xoropt.common.files import check_new, unfinished, whole_file
from xoropt.common.output_folders import check_folder
from xoropt.model.tensors import Progress

__all__ = ["decompress_checkpoint"]

Count = Callable[[str, int], None]


def decompress_checkpoint(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    to: str = "original",
    decoder: str = "auto",
    overwrite: bool = False,
    max_size: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Make a file or a folder again that `compress_checkpoint` compressed, every file as it was, byte for byte.

    Tensors that were pruned and quantized come back so, and all else as it was.

    Args:
        source: the compressed file or folder.
        out: what to write; it appears whole or not at all. For an archive of NumPy's a name that ends in .safetensors
            gives its arrays in such a file.
        to: "original"; or "plain" for ordinary tensors in place of other libraries' formats, dequantized as those
            libraries read them.
        decoder: as for `xoropt.decode`.
        overwrite: replace a file that exists; a folder is never replaced.
        max_size: the most bytes that may be written; None: 1 GiB or 1,000 times the size of the source.
        progress: called with a tensor's name, the bytes done, and all bytes.

    Raises:
        FormatError: the source is damaged or not from `compress_checkpoint`, or claims more than `max_size`.
        XoroptError: a file can't be read or written, or the output exists.

    Warns:
        XoroptWarning: the folder holds files that were not there when it was compressed.
    """
    check_choice("to", to, ("original", "plain"))
    source, out = path_of(source, "source"), path_of(out, "out")
    check_callable("progress", progress)
    check_flag("overwrite", overwrite)
    if max_size is not None:
        check_int("max_size", max_size, 1)
    if source.is_dir():
        check_folder(out, ())
        check_folder_suffix(out)
        if out.is_dir() and any(out.iterdir()):
            raise XoroptError(f"{out}: exists already and is not empty; name another folder.")
    else:
        check_new(out, overwrite)
    opened = open_compressed(source, decoder)
    archive = None if opened.records else opened.sources[source.name].archive
    as_archive = archive is not None and out.suffix.lower() != ".safetensors" and to == "original"
    if not (source.is_dir() or (as_archive and out.suffix.lower() == ".npz")):
        check_suffix(out)
    if as_archive and archive is not None and not archive.again:
        raise XoroptError(
            f"{out}: the archive was deflated in a way that can't be done again; name a file that ends in .safetensors."
        )
    if opened.records:
        warn_of_strangers(source, opened.records)
    check_claimed(opened, max_size)
    total = sum(kept.largest for kept in opened.sources.values())
    check_disk(out, total + sum(record.size for record in opened.records if not record.compressed))
    done = 0

    def count(name: str, octets: int) -> None:
        nonlocal done
        done += octets
        if progress is not None:
            progress(name, done, total)

    write = write_plain_shard if to == "plain" else _write_archive if as_archive else _write_shard
    if not source.is_dir():
        with whole_file(out, overwrite) as part:
            write(part, opened, source.name, count)
        return
    with unfinished(out) as work:
        work.mkdir()
        for record in opened.records:
            at = work / record.path
            at.parent.mkdir(parents=True, exist_ok=True)
            if record.compressed:
                write(at, opened, record.path, count)
                continue
            shutil.copyfile(source / record.path, at)
            if sha256_of(at) != record.sha256:
                raise FormatError(f"{source / record.path}: is damaged (its SHA-256 differs); get the file again.")
        if to == "plain":
            _rewrite_texts(source, work, opened)
        os.replace(work, out)


def _rewrite_texts(source: Path, work: Path, opened: Opened) -> None:
    """Make index and configuration right in every folder with a weight that became an ordinary tensor."""
    packed = {shard.rpartition("/")[0] for shard, kept in opened.sources.items() if kept.packed}
    for folder in packed:
        written: dict[str, tuple[str, int]] = {}
        for shard in opened.sources:
            if shard.rpartition("/")[0] == folder:
                places = read_shard(work / shard).layout.places
                name = shard.rpartition("/")[2]
                written |= {tensor: (name, place.last - place.first) for tensor, place in places.items()}
        for path in (source / folder).iterdir():
            if path.name == "config.json" or path.name.endswith(INDEX):
                write_plain_text(path, work / folder / path.name, written)


def _write_shard(path: Path, opened: Opened, shard: str, count: Count) -> None:
    """Write a shard, and compare its SHA-256, unless tensors of it were pruned or quantized.

    The tensors of a weight of another library's format are written together, wherever they lie in the file.
    """
    source = opened.sources[shard]
    weights = {name: number for number, packed in enumerate(source.packed) for name in packed.members}
    order = sorted(source.layout.places, key=lambda name: weights.get(name, -1))
    with path.open("wb") as file:
        file.write(source.layout.head)
        file.truncate(source.layout.size)
        for name in order:
            at = source.layout.places[name]
            if at.last > at.first:
                file.seek(source.layout.head_bytes + at.first)
                file.write(as_stored(opened.array(shard, name)).data)
            count(name, at.last - at.first)
    if source.exact and source.archive is None and sha256_of(path) != source.sha256:
        raise FormatError(f"{opened.files[shard].path}: does not give the original's bytes back; get the file again.")


def _write_archive(path: Path, opened: Opened, shard: str, count: Count) -> None:
    """Write an archive of NumPy's, and compare its SHA-256."""
    source = opened.sources[shard]
    archive = source.archive
    assert archive is not None
    with path.open("wb") as file:
        at = 0
        for member in archive.members:
            if member.name not in source.layout.places:
                raise FormatError(f"{opened.files[shard].path}: lacks the array '{member.name}'; get the file again.")
            file.write(archive.frame[at : member.at])
            at = member.at
            for data in as_archived(member, opened.array(shard, member.name)):
                file.write(data)
            place = source.layout.places[member.name]
            count(member.name, place.last - place.first)
        file.write(archive.frame[at:])
    if sha256_of(path) != source.sha256 and source.exact:
        deflated = any(member.level is not None for member in archive.members)
        mend = (
            "this system's zlib makes other bytes; name a file that ends in .safetensors"
            if deflated
            else "get it again"
        )
        raise FormatError(f"{opened.files[shard].path}: does not give the original's bytes back; {mend}.")
