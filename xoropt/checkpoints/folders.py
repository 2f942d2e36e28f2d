"""Folders of shards as others publish them: which files they hold, and whether index and shards agree."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xoropt.checkpoints.manifest import MANIFEST, check_path
from xoropt.checkpoints.shards import Shard, read_shard
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.file_kinds import FOREIGN_SUFFIXES, kind_of
from xoropt.common.files import read_text, reason_of
from xoropt.common.foreign_text import shown

__all__ = ["INDEX", "Group", "SourceFolder", "config_of", "list_files", "read_folder", "read_json"]

INDEX = ".safetensors.index.json"
LEFT_OUT = (".git",)
"""Folders that are no part of a checkpoint."""
TEXTS = (".json", ".txt", ".csv")


@dataclass(frozen=True)
class Group:
    """Shards that make up one model: each tensor's name is in one of them alone.

    Attributes:
        shards: their paths within the folder.
        config: what the `config.json` beside them says; empty without one.
    """

    shards: tuple[str, ...]
    config: dict[str, Any]


@dataclass(frozen=True)
class SourceFolder:
    """What a folder holds, or a single file.

    Attributes:
        path: the folder, or that of the file.
        shards: by path within the folder, in order.
        groups: of the shards.
        others: paths of the other files.
        sizes: bytes of every file, by path.
    """

    path: Path
    shards: dict[str, Shard]
    groups: list[Group]
    others: list[str]
    sizes: dict[str, int]


def read_folder(folder: Path) -> SourceFolder:
    """List the files of a folder and read all headers, before anything is encoded.

    Raises:
        FormatError: a shard is damaged, an index does not fit the shards, `config.json` is no JSON, a link leads out
            of the folder, or there is no safetensors file.
        XoroptError: a file cannot be read.
    """
    names = list_files(folder)
    found = [name for name in names if name.endswith(".safetensors")]
    if MANIFEST in names:
        raise FormatError(f"{folder}: is compressed already; name the original, or decompress it first.")
    if not found:
        raise FormatError(f"{folder}: holds no safetensors file{_instead(folder, names)}.")
    shards = {name: read_shard(folder / name) for name in found}
    indexed: dict[str, tuple[str, ...]] = {}
    for name in names:
        if name.endswith(INDEX):
            together = _check_index(folder / name, shards, name.rpartition("/")[0])
            indexed |= dict.fromkeys(together, together)
    groups = dict.fromkeys(indexed.get(name, (name,)) for name in found)
    configs = {name.rpartition("/")[0]: name for name in names if name.rpartition("/")[2] == "config.json"}
    said = {place: read_json(folder / name) for place, name in configs.items()}
    others = [name for name in names if name not in shards]
    return SourceFolder(
        folder,
        shards,
        [Group(group, said.get(group[0].rpartition("/")[0], {})) for group in groups],
        others,
        {name: (folder / name).stat().st_size for name in names},
    )


def config_of(path: Path) -> dict[str, Any]:
    """Return what the `config.json` beside a file says; empty without one, and where it is none of a model."""
    beside = path.parent / "config.json"
    try:
        return read_json(beside) if beside.is_file() else {}
    except XoroptError:
        return {}


def list_files(folder: Path) -> list[str]:
    """Return the paths of all files within a folder, sorted."""
    found = []

    def refuse(error: OSError) -> None:
        raise XoroptError(f"{error.filename or folder}: {reason_of(error)}.")

    root = folder.resolve()
    for place, inner, files in os.walk(folder, onerror=refuse):
        inner[:] = [name for name in inner if name not in LEFT_OUT]
        for name in [*files, *(name for name in inner if (Path(place) / name).is_symlink())]:
            path = Path(place) / name
            _check_link(path, root)
            if not path.is_file():
                raise FormatError(f"{path}: is no plain file; leave it out of the folder.")
            within = path.relative_to(folder).as_posix()
            try:
                found.append(check_path(within) if within != MANIFEST else within)
            except FormatError as error:
                raise FormatError(f"{folder}: {error}; rename that file.") from None
    return sorted(found)


def _check_link(path: Path, root: Path) -> None:
    """Refuse a link out of the folder, but for those of a Hugging Face cache, which lead to its own `blobs`."""
    if not path.is_symlink():
        return
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise FormatError(f"{path}: is a symbolic link to nothing; remove it or get the file.") from None
    cached = root.parent.name == "snapshots" and target.parent == root.parent.parent / "blobs"
    if not cached and not target.is_relative_to(root):
        raise FormatError(f"{path}: is a symbolic link out of the folder; copy the folder with 'cp -rL' and name that.")


def _instead(folder: Path, names: list[str]) -> str:
    """Say what a folder without safetensors files holds."""
    for name in names:
        suffix = Path(name).suffix
        if suffix in FOREIGN_SUFFIXES and suffix not in TEXTS and (kind := kind_of(folder / name)) is not None:
            return f"; {name} {kind}"
    return ""


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        FormatError: the file is none, or names a key twice.
        XoroptError: it cannot be read.
    """

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twins = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twins:
            raise FormatError(f"{path}: names '{shown(twins[0])}' twice; correct it or get it again.")
        return dict(pairs)

    try:
        said = json.loads(read_text(path, "is no text; get it again."), object_pairs_hook=no_twins)
    except (ValueError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: is no valid JSON; correct it or get it again.") from None
    if not isinstance(said, dict):
        raise FormatError(f"{path}: is no JSON object; correct it or get it again.")
    return said


def _check_index(path: Path, held: dict[str, Shard], place: str) -> tuple[str, ...]:
    """Check that the tensors of an index are where it says, and nowhere else.

    Returns:
        The paths of its shards within the folder.

    Raises:
        FormatError: they are not; the message names the tensor or the shard.
    """
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(shard, str) for shard in weight_map.values()):
        raise FormatError(f"{path}: has no valid 'weight_map'; get it again.")
    shards = {}
    for shard in dict.fromkeys(weight_map.values()):
        if "/" in shard or "\\" in shard or shard in ("", ".", ".."):
            raise FormatError(f"{path}: names the shard '{shown(shard)}', which is no name of a file beside it.")
        name = f"{place}/{shard}" if place else shard
        if name not in held:
            raise FormatError(f"{path}: names the shard '{shown(shard)}', which is missing; get it too.")
        shards[shard] = held[name].layout.places
    for tensor, shard in weight_map.items():
        if tensor not in shards[shard]:
            raise FormatError(f"{path}: tensor '{shown(tensor)}' is not in {shown(shard)}; get that file again.")
    counts = Counter(tensor for places in shards.values() for tensor in places)
    for tensor, count in counts.items():
        if count > 1:
            where = ", ".join(shown(shard) for shard, places in shards.items() if tensor in places)
            raise FormatError(f"{path}: tensor '{shown(tensor)}' is in {count} shards: {where}; keep one of them.")
    return tuple(f"{place}/{shard}" if place else shard for shard in shards)
