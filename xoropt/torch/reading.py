"""Compressed files and folders, read whole as the tensors that they store."""

import os

from xoropt.checkpoints.manifest import is_compressed_folder
from xoropt.checkpoints.opened import check_claimed, is_compressed, open_compressed
from xoropt.common.arguments import path_of
from xoropt.common.errors import FormatError
from xoropt.model.file.container import load
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor

__all__ = ["read_stored"]


def read_stored(path: str | os.PathLike[str]) -> CompressedModel:
    """Read a compressed file, or all files of a compressed folder, and verify every checksum.

    Args:
        path: the file, or a folder that `xoropt compress` wrote.

    Returns:
        The tensors as they are stored; those of a folder file by file.

    Raises:
        FormatError: it is not compressed, it is damaged, files are missing, or a name is in several files of the
            folder.
        XoroptError: a file cannot be read.
    """
    path = path_of(path)
    if not path.is_dir():
        return load(path)
    if not is_compressed_folder(path):
        files = [one for one in sorted(path.glob("*.safetensors")) if is_compressed(one)]
        mend = f"name its file {files[0].name}" if files else "compress it first with 'xoropt compress'"
        raise FormatError(f"{path}: is no compressed folder; {mend}.")
    opened = open_compressed(path)
    check_claimed(opened, None)
    found: dict[str, CompressedTensor | UncompressedTensor] = {}
    homes: dict[str, str] = {}
    for shard, file in opened.files.items():
        for name in file.tensors:
            if name in homes:
                raise FormatError(
                    f"{path}: has '{name}' in {homes[name]} and in {shard}, so it holds several models; "
                    f"name the file of one, such as {file.path.relative_to(path)}."
                )
            homes[name] = shard
            first = file.firsts.get(name)
            found[name] = file.tensor(name) if first is None else found[first]
    for source in opened.sources.values():
        for name, (_, inner) in source.elsewhere.items():
            if name not in homes and inner in homes:  # it is the same as a tensor of another file
                found[name] = found[inner]
    return CompressedModel(found)
