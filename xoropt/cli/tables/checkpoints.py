"""The tables of checkpoints: what became of each file, and what `verify` found."""

import os
from collections.abc import Mapping, Sequence

from xoropt.checkpoints.inspecting import CheckpointEstimate
from xoropt.checkpoints.manifest import FileRecord
from xoropt.checkpoints.verifying import FileCheck
from xoropt.cli.tables.console import open_console, print_line, print_table
from xoropt.cli.tables.models import LISTED, compared, loss_line, matrices_left
from xoropt.cli.tables.words import counted, named, smaller
from xoropt.model.report import ModelReport, TotalReport

__all__ = ["STILL_UNPRUNED", "print_estimate", "print_file_checks", "print_folder"]

NOTHING = "-"
STILL_UNPRUNED = (
    "weights that torch.nn.utils.prune wrote hold the pruned ones, too, in NAME_orig, which takes their room: before "
    "saving call prune.remove(module, 'weight'); or compress, decompress --to plain, and compress that; in either case "
    "with --merge-zeros"
)


def print_folder(
    folder: os.PathLike[str],
    records: Sequence[FileRecord],
    reports: Mapping[str, ModelReport],
    total: TotalReport,
    tied: int = 0,
    seconds: float | None = None,
) -> None:
    """Print a summary, and a row for each file.

    Args:
        folder: the compressed folder.
        records: its files.
        reports: of those that are compressed, by the path of the original.
        total: the sums.
        tied: how many tensors are stored with one of another file, whose bytes they have.
        seconds: the time that it took; None: it is not printed.
    """
    console = open_console()
    before, after = sum(record.size for record in records), sum(record.stored_size for record in records)
    took = "" if seconds is None else f", in {seconds:.2f} s"
    print_line(
        console,
        f"{folder}: {counted(len(records), 'file')}, {after:,} bytes, {smaller(before, after)} than the "
        f"original's {before:,} bytes{took}",
    )
    tensors = sum(len(report.tensors) for report in reports.values())
    carried = sum(len(report.carried) for report in reports.values())
    print_line(
        console,
        f"{counted(tensors, 'tensor')} compressed: {total.weights:,} weights, {total.bits_per_weight:.4f} bits/weight; "
        f"{carried} left uncompressed: {total.carried_bytes:,} bytes"
        + (f"; {tied:,} the same as others, stored with them" if tied else ""),
    )
    if (loss := loss_line(total)) is not None:
        print_line(console, loss)
        left = [name for report in reports.values() for name in matrices_left(report)]
        more = f" and {len(left) - LISTED} more" if len(left) > LISTED else ""
        if left:
            print_line(console, f"matrices left as they are: {', '.join(map(named, left[:LISTED]))}{more}")
    columns = ("file", "tensors", "bytes", "original bytes", "times smaller", "bits/weight")
    print_table(console, None, columns, [_row(record, reports.get(record.path)) for record in records])


def _row(record: FileRecord, report: ModelReport | None) -> tuple[str, ...]:
    sizes = (f"{record.stored_size:,}", f"{record.size:,}")
    if report is None:
        return (record.path, NOTHING, *sizes, "copied", NOTHING)
    tensors = len(report.tensors) + len(report.carried)
    times = f"{record.size / record.stored_size:.2f}"
    return (record.path, str(tensors), *sizes, times, f"{report.total.bits_per_weight:.4f}")


def print_estimate(source: os.PathLike[str], estimate: CheckpointEstimate) -> None:
    """Print what is in a checkpoint, and what compressing would make of it."""
    console = open_console()
    print_line(
        console,
        f"{source}: {estimate.bytes:,} bytes, not compressed; compressing would store about "
        f"{estimate.predicted_bytes:,} bytes, {smaller(estimate.bytes, estimate.predicted_bytes)} (by estimates, "
        "nothing was encoded)",
    )
    if estimate.tied[0]:
        print_line(
            console,
            f"stored once: {counted(estimate.tied[0], 'tensor')} of {estimate.tied[1]:,} bytes, the same as others",
        )
    for name, reason in estimate.refused.items():
        print_line(console, f"weight '{name}' contradicts itself: {reason}")
    kinds = {each.format for each in estimate.alike}
    if "torch-prune" in kinds:
        print_line(console, STILL_UNPRUNED)
    columns: tuple[str, ...] = ("tensors", "format", "dtype", "shape", "how many", "bytes")
    columns = (*columns, "zeros", "bound", "predicted", "times smaller")
    rows: list[tuple[str, ...]] = [
        (
            *(each.name, each.format, each.dtype, "×".join(map(str, each.shape)) or "scalar", str(each.tensors)),
            *(f"{each.bytes:,}", f"{each.sparsity:.1%}", f"{each.bound:.3f}", f"{each.predicted_bytes:,}"),
            f"{each.bytes / max(1, each.predicted_bytes):.2f}",
        )
        for each in estimate.alike
    ]
    if kinds <= {"plain"}:
        columns, *rows = [(row[0], *row[2:]) for row in (columns, *rows)]
    print_table(console, "Tensors that look alike (bound in bits/weight)", columns, rows)


def print_file_checks(checks: Sequence[FileCheck]) -> None:
    """Print how many files are the same, and a row for each."""
    console = open_console()
    wrong = sum(not check.lossless for check in checks)
    tensors = sum(len(check.tensors) for check in checks)
    of_all = f"{len(checks) - wrong} of {counted(len(checks), 'file')}"
    verb = "is" if len(checks) == 1 else "are"
    line = f"{of_all} with {counted(tensors, 'tensor')} {verb} identical, byte for byte"
    if not all(check.exact for check in checks if check.lossless):
        line = (
            f"{compared([tensor for check in checks for tensor in check.tensors])}; "
            f"{of_all} {verb} identical but for that, byte for byte"
        )
    print_line(console, line if not wrong else f"{line}; {wrong} {'DIFFERS' if wrong == 1 else 'DIFFER'}")
    rows = [(check.path, _result(check), check.how) for check in checks]
    print_table(console, None, ("file", "result", "how"), rows)


def _result(check: FileCheck) -> str:
    return "exact" if check.exact else "equal" if check.lossless else "DIFFERS"
