"""Compress a checkpoint: a file or a folder of shards, tensor by tensor, so that it comes back byte for byte.

read ─ plan units ─▶ encode each, anywhere ─▶ parts in the unfinished folder ─ assemble each shard ─▶ move into place
"""

import os
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xoropt.checkpoints.assembly import Remarks, assemble_shard, units_of
from xoropt.checkpoints.folders import Group, SourceFolder, config_of, read_folder
from xoropt.checkpoints.manifest import MANIFEST, FileRecord, stored_name, write_manifest
from xoropt.checkpoints.partial import FINISHED, identity_of, part_path, partial_folder, write_part
from xoropt.checkpoints.resources import check_disk, check_memory
from xoropt.checkpoints.shards import read_shard, sha256_of
from xoropt.checkpoints.units import Plan, Unit, plan_units
from xoropt.checkpoints.unpacked import unpacked_folder
from xoropt.checkpoints.workers import encode_units
from xoropt.common.arguments import check_callable, check_flag, check_kind, path_of
from xoropt.common.errors import FormatError, XoroptError, XoroptWarning
from xoropt.common.file_kinds import check_folder_suffix, check_suffix, is_npz
from xoropt.common.files import check_new, place
from xoropt.common.output_folders import check_folder
from xoropt.model.checks import check_names
from xoropt.model.config import CompressConfig, configured
from xoropt.model.file.container import KEY
from xoropt.model.losses import LossFigures, figures_of
from xoropt.model.remarks import check_patterns, warn_of_zeros
from xoropt.model.tensors import Progress

__all__ = ["CheckpointReport", "compress_checkpoint", "source_folder"]

UNPACKED = "unpacked.safetensors"
"""Where in an unfinished output the numbers of an archive lie."""
SHOWN = 3
"""The most tensors that a warning names."""


@dataclass(frozen=True)
class CheckpointReport:
    """What was compressed.

    Attributes:
        files: of the output; a single file is alone.
        tensors: tensors of the original.
        ties: those that are the same as another one.
        loss: what pruning and quantizing cost, of all tensors together; None where nothing was pruned, and where an
            earlier run that was ended had finished a part of it.
    """

    files: tuple[FileRecord, ...]
    tensors: int
    ties: int
    loss: LossFigures | None = None

    @property
    def size(self) -> int:
        """The bytes of the original."""
        return sum(file.size for file in self.files)

    @property
    def stored_size(self) -> int:
        """The bytes of the output, but for the manifest."""
        return sum(file.stored_size for file in self.files)


def compress_checkpoint(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    config: CompressConfig | None = None,
    *,
    dask: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> CheckpointReport:
    """Compress a safetensors or npz file, or a folder with shards, so that every file comes back byte for byte.

    With `sparsity` and `bits` dense tensors are pruned and quantized first, as by `compress`; all else, also weights
    that another library has packed, is kept exactly. Files then come back with those values, and otherwise as they
    were.

    Tensors are read, encoded and written one by one. A run that was ended goes on where it was when it is called again
    with the same source, output and options: what is done lies in `OUT.partial`, which becomes `out` as the last step.

    Args:
        source: the file or the folder.
        out: the file, or the folder, to write.
        config: how to compress; by default every tensor is kept exactly.
        dask: the address of a Dask scheduler whose workers encode, or "local" for `jobs` processes of this machine.
        overwrite: replace an output that exists.
        progress: called with a tensor's name, the bytes that are done, and all bytes.
        options: attributes of `CompressConfig` by themselves; they change those of `config`.

    Returns:
        What was compressed.

    Raises:
        ArgumentError: an option that there is not, or a tensor with NaN or infinity that is to be pruned.
        FormatError: the source is no checkpoint, damaged, or contradicts itself.
        XoroptError: a file can't be read or written, the output exists, disk space or memory are short, or an
            unfinished output is there for something else.

    Warns:
        XoroptWarning: tensors are stored otherwise than one may think; the warning names them.
    """
    config = configured(config, options)
    source, out = path_of(source, "source"), path_of(out, "out")
    check_callable("progress", progress)
    check_flag("overwrite", overwrite)
    if dask is not None:
        check_kind("dask", dask, str, "the address of a scheduler, 'local' or None")
    single = not source.is_dir()
    base = source.parent if single else source
    archived = single and is_npz(source)
    if archived:
        _check_out(source, out, single, overwrite)
        sums = {source.name: sha256_of(source)}
    else:
        folder = source_folder(source)
        _check_out(source, out, single, overwrite)
        plan = _checked_plan(folder, out, config)
        sums = {path: sha256_of(base / path) for path in folder.sizes}
    with partial_folder(out, identity_of(config, sums), overwrite) as work:
        if archived:
            folder = unpacked_folder(source, work / UNPACKED)
            plan = _checked_plan(folder, out, config)
        meter = Meter(progress, sum(folder.unpacked_sizes.values()))
        goes_on = any((work / FINISHED / stored_name(path)).is_file() for path in plan.inexact)
        remarks = _encode(folder, plan, config, work, sums, dask, meter)
        records = [_copy(base, work / FINISHED, path, sums[path], folder.sizes[path]) for path in folder.others]
        for path in folder.shards:
            at = work / FINISHED / stored_name(path)
            size, digest = at.stat().st_size, sha256_of(at)
            records.append(FileRecord(path, True, folder.sizes[path], sums[path], size, digest))
        _move(work, out, records, single, overwrite)
    _warn(remarks, config)
    if not all(archive.again for archive in folder.archives.values()):
        text = f"{source}: is compressed in a way that can't be made again, byte for byte; its arrays are kept exactly."
        warnings.warn(text, XoroptWarning, stacklevel=2)
    tensors = sum(len(shard.layout.places) for shard in folder.shards.values())
    return CheckpointReport(tuple(records), tensors, len(plan.ties), None if goes_on else figures_of(remarks.losses))


def _checked_plan(folder: SourceFolder, out: Path, config: CompressConfig) -> Plan:
    """Plan what is to be done, and check that it can be.

    Raises:
        ArgumentError: a name that no file can hold, or patterns that match nothing.
        XoroptError: disk space or memory are short.
    """
    names = {name: path for path, shard in folder.shards.items() for name in shard.layout.places}
    check_names(names)
    check_patterns(names, config)
    plan = plan_units(folder, config)
    # Behind each shard that is finished, its units are still there.
    sizes = folder.unpacked_sizes
    largest = max((sizes[shard] for shard in folder.shards), default=0)
    check_disk(out, sum(sizes.values()) + largest)
    check_memory(plan, config.jobs)
    return plan


@dataclass
class Meter:
    """How much is done of all.

    Attributes:
        progress: called with a name, the bytes done, and all bytes.
        total: all bytes.
        done: bytes of finished units.
    """

    progress: Progress | None
    total: int
    done: int = 0

    def part(self, unit: Unit, done: int, whole: int) -> None:
        """Report a part of a unit."""
        if self.progress is not None:
            self.progress(unit.members[0], self.done + unit.octets * done // max(1, whole), self.total)

    def finish(self, name: str, octets: int) -> None:
        """Report so many further bytes."""
        self.done += octets
        if self.progress is not None:
            self.progress(name, self.done, self.total)


def source_folder(path: Path, to_copy: bool = True) -> SourceFolder:
    """Read the headers of a file or of a folder of shards that are not compressed.

    Args:
        path: the file or the folder.
        to_copy: as for `list_files`.

    Raises:
        FormatError: it is no checkpoint, damaged, contradicts itself, or is compressed already.
        XoroptError: a file cannot be read.
    """
    folder = read_folder(path, to_copy) if path.is_dir() else _single(path)
    _refuse_compressed(folder)
    return folder


def _single(path: Path) -> SourceFolder:
    shard = read_shard(path)
    group = Group((path.name,), config_of(path))
    return SourceFolder(path, {path.name: shard}, [group], [], {path.name: shard.layout.size})


def _refuse_compressed(folder: SourceFolder) -> None:
    for shard in folder.shards.values():
        if KEY in shard.layout.metadata:
            raise FormatError(
                f"{shard.path}: is compressed already; name the original, or make a plain file first with 'xoropt "
                "decompress'."
            )
    for path in folder.shards:
        if stored_name(path) in folder.sizes:
            raise FormatError(f"{folder.path / stored_name(path)}: has the name that a compressed file is to have.")


def _check_out(source: Path, out: Path, single: bool, overwrite: bool) -> None:
    """Check that the output can be new, and is not within the source."""
    if single:
        check_new(out, overwrite)
        check_suffix(out)
        return
    check_folder(out, (), overwrite)
    check_folder_suffix(out)
    if out.is_dir() and any(out.iterdir()) and not (overwrite and (out / MANIFEST).is_file()):
        hint = "name another folder" if overwrite else "name another folder or pass --force (overwrite=True)"
        raise XoroptError(f"{out}: exists already and is not empty; {hint}.")
    inner, outer = out.resolve(), source.resolve()
    if inner == outer or outer in inner.parents:
        raise XoroptError(f"{out}: lies within {source}; name a folder beside it.")


def _encode(
    folder: SourceFolder,
    plan: Plan,
    config: CompressConfig,
    work: Path,
    sums: dict[str, str],
    dask: str | None,
    meter: Meter,
) -> Remarks:
    """Encode what is not there yet, and assemble every shard as soon as its units are there."""
    units = units_of(plan)
    missing: dict[str, set[int]] = {}
    todo = []
    for shard in folder.shards:
        some = units.get(shard, [])
        finished = (work / FINISHED / stored_name(shard)).is_file()
        left = [unit for unit in some if not finished and not part_path(work, unit.number).is_file()]
        missing[shard] = {unit.number for unit in left}
        todo += left
        meter.done += sum(unit.octets for unit in some) - sum(unit.octets for unit in left)

    remarks = Remarks({}, [], [])

    def assemble(shard: str) -> None:
        path = work / FINISHED / stored_name(shard)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            said = assemble_shard(path, shard, plan, folder, work, sums[shard])
            remarks.refused.update(said.refused)
            remarks.zeros.extend(said.zeros)
            remarks.losses.extend(said.losses)
        for unit in units.get(shard, []):
            part_path(work, unit.number).unlink(missing_ok=True)

    for shard in [shard for shard, left in missing.items() if not left]:
        assemble(shard)
    for unit, data in encode_units(todo, folder.shards, config, dask, meter.part):
        write_part(part_path(work, unit.number), data)
        del data  # which would lie in memory beside what is read of it again
        meter.finish(unit.members[0], unit.octets)
        missing[unit.shard].discard(unit.number)
        if not missing[unit.shard]:
            assemble(unit.shard)
    return remarks


def _warn(remarks: Remarks, config: CompressConfig) -> None:
    """Warn of tensors that are stored otherwise than one may think."""
    if remarks.zeros and not config.quantizes:
        warn_of_zeros(sorted(remarks.zeros))
    for name, reason in sorted(remarks.refused.items())[:SHOWN]:
        warnings.warn(f"weight '{name}': {reason}; stored as plain tensors.", XoroptWarning, stacklevel=3)
    if (more := len(remarks.refused) - SHOWN) > 0:
        warnings.warn(
            f"{more} more weights contradict themselves; stored as plain tensors.", XoroptWarning, stacklevel=3
        )


def _copy(source: Path, work: Path, path: str, sha256: str, size: int) -> FileRecord:
    """Copy a file that is no shard.

    Raises:
        XoroptError: it has changed in the meantime.
    """
    at = work / path
    at.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / path, at)
    if sha256_of(at) != sha256:
        raise XoroptError(f"{source / path}: has changed in the meantime; compress the folder again.")
    return FileRecord(path, False, size, sha256, size, sha256)


def _move(work: Path, out: Path, records: list[FileRecord], single: bool, overwrite: bool) -> None:
    """Move the finished output to its place, as the last step."""
    finished = work / FINISHED
    if single:
        place(finished / records[0].stored_path, out, overwrite)
    else:
        write_manifest(finished, records)
        if out.is_dir():
            replaced = work / "replaced"
            os.replace(out, replaced)
        os.replace(finished, out)
    shutil.rmtree(work, ignore_errors=True)
