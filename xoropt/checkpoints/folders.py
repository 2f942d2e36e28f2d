"""Folders of shards as others publish them: which files they hold, and whether index and shards agree."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xoropt.checkpoints.archives import Archive
from xoropt.checkpoints.listing import list_files
from xoropt.checkpoints.manifest import MANIFEST
from xoropt.checkpoints.shards import Shard, read_shard
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.file_kinds import FOREIGN_SUFFIXES, kind_of
from xoropt.common.files import read_text
from xoropt.common.foreign_text import listed

__all__ = ["INDEX", "Group", "SourceFolder", "config_of", "read_folder", "read_json"]

INDEX = ".safetensors.index.json"
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
        archives: what is beside the numbers in those shards that are archives of NumPy's, by path; their numbers lie in
            a safetensors file elsewhere.
    """

    path: Path
    shards: dict[str, Shard]
    groups: list[Group]
    others: list[str]
    sizes: dict[str, int]
    archives: dict[str, Archive] = field(default_factory=dict)

    @property
    def unpacked_sizes(self) -> dict[str, int]:
        """Bytes of every file by path, of an archive those of its arrays as a safetensors file."""
        return self.sizes | {path: shard.layout.size for path, shard in self.shards.items()}


def read_folder(folder: Path, to_copy: bool = True) -> SourceFolder:
    """List the files of a folder and read all headers, before anything is encoded.

    Args:
        folder: the folder.
        to_copy: as for `list_files`.

    Raises:
        FormatError: a shard is damaged, an index does not fit the shards, `config.json` is no JSON, a link leads out
            of the folder, or there is no safetensors file.
        XoroptError: a file cannot be read.
    """
    names = list_files(folder, to_copy)
    found = [name for name in names if name.endswith(".safetensors")]
    if MANIFEST in names:
        raise FormatError(f"{folder}: is compressed already; name the original, or decompress it first.")
    if not found:
        raise FormatError(f"{folder}: holds no safetensors file{_instead(folder, names)}.")
    shards = _read_shards(folder, found)
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


def _read_shards(folder: Path, names: list[str]) -> dict[str, Shard]:
    """Read the headers of shards.

    Raises:
        FormatError, XoroptError: some are damaged or cannot be read; the message says why of the first, and names all.
    """
    shards: dict[str, Shard] = {}
    faults: dict[str, XoroptError] = {}
    for name in names:
        try:
            shards[name] = read_shard(folder / name)
        except XoroptError as fault:
            faults[name] = fault
    if not faults:
        return shards
    (_, error), *others = faults.items()
    if not others:
        raise error
    raise type(error)(f"{str(error).rstrip('.')}. Other shards are damaged too: {listed(name for name, _ in others)}.")


def config_of(path: Path) -> dict[str, Any]:
    """Return what the `config.json` beside a file says; empty without one, and where it is none of a model."""
    beside = path.parent / "config.json"
    try:
        return read_json(beside) if beside.is_file() else {}
    except XoroptError:
        return {}


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
            raise FormatError(f"{path}: names {listed(twins)} twice; correct it or get it again.")
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
        FormatError: they are not; the message names all tensors or shards of the first kind of fault.
    """
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(shard, str) for shard in weight_map.values()):
        raise FormatError(f"{path}: has no valid 'weight_map'; get it again.")
    names = {shard: f"{place}/{shard}" if place else shard for shard in weight_map.values()}
    strange = [shard for shard in names if "/" in shard or "\\" in shard or shard in ("", ".", "..")]
    if strange:
        raise FormatError(f"{path}: names shards that are no names of files beside it: {listed(strange)}; correct it.")
    if missing := [shard for shard, name in names.items() if name not in held]:
        raise FormatError(f"{path}: names shards that are missing: {listed(missing)}; get them too.")
    shards = {shard: held[name].layout.places for shard, name in names.items()}
    if lost := [tensor for tensor, shard in weight_map.items() if tensor not in shards[shard]]:
        where = dict.fromkeys(weight_map[tensor] for tensor in lost)
        raise FormatError(
            f"{path}: names tensors that are not in {listed(where)}: {listed(lost)}; get those files again."
        )
    counts = Counter(tensor for places in shards.values() for tensor in places)
    if twice := [tensor for tensor, count in counts.items() if count > 1]:
        where = dict.fromkeys(shard for tensor in twice for shard, places in shards.items() if tensor in places)
        raise FormatError(
            f"{path}: has tensors that are in several of {listed(where)}: {listed(twice)}; keep each once."
        )
    return tuple(names.values())
