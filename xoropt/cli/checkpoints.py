"""What the commands for models do with checkpoints: files and folders that come back byte for byte."""

import math
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from xoropt.cli.app import print_json, progress_bar, say
from xoropt.cli.tables.models import print_checks, print_report, print_restored
from xoropt.common.errors import XoroptError
from xoropt.model.config import CompressConfig
from xoropt.model.losses import LossFigures
from xoropt.model.report import ModelReport, TotalReport, report_file, sum_up
from xoropt.model.verification import TensorCheck, count_checks

__all__ = [
    "compress_exactly",
    "holds_metadata",
    "inspect_folder",
    "inspect_plain",
    "is_of_checkpoint",
    "is_plain",
    "restore",
    "say_why_none",
    "verify_exactly",
]


def is_of_checkpoint(path: Path) -> bool:
    """Tell whether a compressed file was made so that the original comes back byte for byte.

    Raises:
        FormatError, XoroptError: it is no compressed file.
    """
    from xoropt.model.file.container import open_file

    return "sha256" in open_file(path).source


def compress_exactly(
    source: Path, out: Path, config: CompressConfig, dask: str | None, force: bool, as_json: bool
) -> None:
    """Compress a file or a folder, and print the figures."""
    from xoropt.checkpoints.compressing import compress_checkpoint
    from xoropt.checkpoints.partial import unfinished_path

    begin = time.perf_counter()
    try:
        with progress_bar("compress") as progress:
            done = compress_checkpoint(source, out, config, dask=dask, overwrite=force, progress=progress)
    except KeyboardInterrupt:
        if (work := unfinished_path(out)).is_dir():
            raise XoroptError(
                f"{out}: interrupted; what is done so far is in {work}, and the same command goes on with it."
            ) from None
        raise
    seconds = time.perf_counter() - begin
    _say_if_unpruned([out / file.stored_path for file in done.files if file.compressed] if source.is_dir() else [out])
    if source.is_dir():
        _print_folder(out, seconds, as_json, done.loss)
        return
    figures = report_file(out)
    if as_json:
        print_json(figures.to_dict() | {"seconds": seconds})
    else:
        print_report(figures, out, (source, done.size), seconds)
    if not figures.tensors:
        say_why_none(config, figures)


def _say_if_unpruned(paths: list[Path]) -> None:
    """Say what to do where compressed files hold weights that are not pruned yet, beside their masks."""
    from xoropt.cli.tables.checkpoints import STILL_UNPRUNED
    from xoropt.model.file.container import open_file

    if any(packed["format"] == "torch-prune" for path in paths for packed in open_file(path).source.get("packed", ())):
        say(f"{STILL_UNPRUNED}.")


def holds_metadata(path: Path) -> bool:
    """Tell whether an archive of NumPy's holds an array of the name that a safetensors file has for its metadata."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "__metadata__.npy" in archive.namelist()
    except zipfile.BadZipFile:  # what reads the arrays says so
        return False


def say_why_none(config: CompressConfig, figures: ModelReport) -> None:
    """Say why no tensor was compressed, and what to do."""
    if not any(math.prod(carried.shape) for carried in figures.carried.values()):
        say("no tensor was compressed; there are no weights in the file.")
        return
    advice = "nothing gets smaller without loss; prune and quantize with e.g. --sparsity 0.9 --bits 1"
    if config.include:
        advice = f"what matches {' or '.join(config.include)} can't get smaller"
    elif config.quantizes:
        advice = "none is a matrix of at least --min-weights weights; name some with --include"
    elif config.only_quantized:
        advice = "none has few values; leave --only-quantized out, or prune with e.g. --sparsity 0.9 --bits 1"
    say(f"no tensor was compressed; {advice}.")


def restore(source: Path, out: Path, to: str, decoder: str, max_size: int | None, force: bool) -> None:
    """Make a file or a folder again."""
    from xoropt.checkpoints.restoring import decompress_checkpoint

    with progress_bar("decompress") as progress:
        decompress_checkpoint(
            source, out, to=to, decoder=decoder, overwrite=force, max_size=max_size, progress=progress
        )
    same = to == "original" and _comes_back(source, out)
    print_restored(out, "as the original, byte for byte" if same else "ordinary tensors")


def _comes_back(source: Path, out: Path) -> bool:
    """Tell whether what was made of a compressed file or folder is the original itself."""
    from xoropt.checkpoints.manifest import read_manifest
    from xoropt.model.file.container import open_file

    records = read_manifest(source) if source.is_dir() else ()
    paths = [source / record.stored_path for record in records if record.compressed] if records else [source]
    said = [open_file(path).source for path in paths]
    unpacked = out.suffix == ".safetensors" and any("archive" in one for one in said)
    return all(one.get("exact", True) for one in said) and not unpacked


def verify_exactly(original: Path, compressed: Path, decoder: str, as_json: bool) -> int:
    """Compare a file or a folder with the original, print the result, and return the exit status."""
    from xoropt.checkpoints.verifying import verify_checkpoint
    from xoropt.cli.tables.checkpoints import print_file_checks

    with progress_bar("verify") as progress:
        checks = verify_checkpoint(original, compressed, decoder=decoder, progress=progress)
    lossless = all(check.lossless for check in checks)
    tensors = [tensor for check in checks for tensor in check.tensors]
    if as_json:
        files = {check.path: {"lossless": check.lossless, "how": check.how} for check in checks}
        exact, again, _ = count_checks(tensors)
        print_json(
            {"lossless": lossless, "exact": exact, "quantized_again": again, "tensors": _by_name(tensors)}
            | ({"files": files} if original.is_dir() else {})
        )
    elif original.is_dir():
        print_file_checks(checks)
    else:
        print_checks(tensors)
    if not lossless:
        wrong = next(check for check in checks if not check.lossless)
        where = f"{compressed}: {wrong.path}" if original.is_dir() else f"{compressed}:"
        raise XoroptError(f"{where} {wrong.how}; compress {original} again.")
    return 0


def _by_name(checks: list[TensorCheck]) -> dict[str, Any]:
    return {check.name: {"lossless": check.lossless, "how": check.how} for check in checks}


def inspect_folder(folder: Path, as_json: bool) -> None:
    """Print the figures of a compressed folder, or what compressing would make of another one."""
    from xoropt.checkpoints.manifest import is_compressed_folder

    if is_compressed_folder(folder):
        _print_folder(folder, None, as_json)
    else:
        inspect_plain(folder, as_json)


def is_plain(path: Path) -> bool:
    """Tell whether a file of tensors is not compressed.

    Raises:
        FormatError, XoroptError: it is no safetensors file, or can't be read.
    """
    from xoropt.common.file_kinds import is_npz
    from xoropt.common.tensor_files import pieces_in
    from xoropt.model.file.container import KEY

    return is_npz(path) or KEY not in pieces_in(path)[1]


def inspect_plain(source: Path, as_json: bool) -> None:
    """Print what is in a file or folder that is not compressed, and what compressing would make of it."""
    from xoropt.checkpoints.inspecting import inspect_checkpoint
    from xoropt.cli.tables.checkpoints import print_estimate

    with progress_bar("inspect") as progress:
        estimate = inspect_checkpoint(source, progress=progress)
    if as_json:
        print_json(estimate.to_dict())
    else:
        print_estimate(source, estimate)


def _print_folder(folder: Path, seconds: float | None, as_json: bool, loss: LossFigures | None = None) -> None:
    from xoropt.checkpoints.manifest import read_manifest
    from xoropt.cli.tables.checkpoints import print_folder
    from xoropt.model.file.container import open_file

    records = read_manifest(folder)
    reports = {record.path: report_file(folder / record.stored_path) for record in records if record.compressed}
    total = replace(_total(reports), **({} if loss is None else asdict(loss)))
    if not as_json:
        tied = sum(
            len(open_file(folder / record.stored_path).source.get("elsewhere", ()))
            for record in records
            if record.compressed
        )
        print_folder(folder, records, reports, total, tied, seconds)
        return
    figures: dict[str, Any] = {"files": {}, "tensors": {}, "carried": {}}
    for record in records:
        kept = {"bytes": record.stored_size, "original_bytes": record.size, "compressed": record.compressed}
        figures["files"][record.path] = kept
        if record.path in reports:
            said = reports[record.path].to_dict()
            figures["tensors"] |= said["tensors"]
            figures["carried"] |= said["carried"]
    figures["total"] = total.to_dict() | {"original_bytes": sum(record.size for record in records)}
    print_json(figures | ({} if seconds is None else {"seconds": seconds}))


def _total(reports: Mapping[str, ModelReport]) -> TotalReport:
    tensors = [figures for report in reports.values() for figures in report.tensors.values()]
    carried = [figures for report in reports.values() for figures in report.carried.values()]
    return sum_up(tensors, carried, sum(report.total.file_bytes or 0 for report in reports.values()))
