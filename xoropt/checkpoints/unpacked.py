"""An archive of NumPy's as a safetensors file with the same arrays, from which tensors can be read by themselves."""

from pathlib import Path

import numpy as np

from xoropt.checkpoints.archives import Archive, open_archive, read_archive
from xoropt.checkpoints.folders import Group, SourceFolder
from xoropt.checkpoints.shards import Shard, read_shard
from xoropt.common.tensor_files import stream_safetensors

__all__ = ["unpack_archive", "unpacked_folder"]


def unpack_archive(path: Path, out: Path) -> tuple[Shard, Archive]:
    """Write the arrays of an archive to a safetensors file, one by one.

    Args:
        path: the archive.
        out: the file; one that is there is replaced.

    Returns:
        The file that was written, and what the archive holds beside the numbers.

    Raises:
        FormatError: it is no archive of plain arrays, or damaged.
        XoroptError: a file cannot be read or written, or an array has a name that no safetensors file can hold.
    """
    archive = read_archive(path)
    members = {member.name: member for member in archive.members}
    forms = {name: (shape, dtype.newbyteorder("=")) for name, (shape, _, dtype) in _forms(archive).items()}
    with open_archive(path) as read:
        stream_safetensors(out, forms, lambda name: read(members[name]), {}, overwrite=True)
    return read_shard(out), archive


def _forms(archive: Archive) -> dict[str, tuple[tuple[int, ...], bool, np.dtype]]:
    return {member.name: member.form for member in archive.members}


def unpacked_folder(path: Path, out: Path) -> SourceFolder:
    """Return an archive as a single shard, whose numbers are written to a safetensors file at `out`.

    Raises:
        FormatError, XoroptError: as for `unpack_archive`.
    """
    shard, archive = unpack_archive(path, out)
    name = path.name
    size = path.stat().st_size
    return SourceFolder(path, {name: shard}, [Group((name,), {})], [], {name: size}, {name: archive})
