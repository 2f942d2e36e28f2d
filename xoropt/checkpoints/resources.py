"""Disk space and memory, checked before anything is encoded."""

import os
import shutil
from pathlib import Path

from xoropt.checkpoints.units import Plan, Unit
from xoropt.common.errors import XoroptError

__all__ = ["check_disk", "check_memory", "needed_bytes"]

TENSORS, PACKED, BESIDE = 3, 4, 300 << 20
"""What a process takes at most: so many times its largest tensor, or weight that another library packed, and so many
bytes.

Measured with one core and compiled kernels, which take some 200 MB by themselves: tensors of 64 to 300 MB, of numbers
of one to four bytes, less than three times and these bytes, and so do packed weights of 32 to 96 MB, of 2 to 8 bits;
3.3 times one of 32 MB and 2 bits whose mask consists of blocks, because of the tables with which its patches are found.
"""


def needed_bytes(unit: Unit) -> int:
    """Return the memory that encoding a unit may take."""
    return (TENSORS if unit.packed is None else PACKED) * unit.octets + BESIDE


def check_disk(out: Path, needed: int) -> None:
    """Check the free space where an output is to be.

    Args:
        out: the output.
        needed: bytes that it may take while it is written.

    Raises:
        XoroptError: there is less; or nothing can be written there.
    """
    place = out.absolute().parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise XoroptError(
            f"{out}: may take {shown_bytes(needed)}, and {shown_bytes(free)} are free in {place}; free some or name "
            "another place."
        )


def check_memory(plan: Plan, jobs: int) -> None:
    """Check the memory that is free now.

    Raises:
        XoroptError: it may not be enough for the largest tensors; the message names the largest.
    """
    sizes = sorted((needed_bytes(unit) for unit in plan.units), reverse=True)[:jobs]
    free, needed = _free_memory(), sum(sizes)
    if free is not None and needed > free:
        largest = max(plan.units, key=needed_bytes)
        fewer = "fewer --jobs (jobs=) or " if jobs > 1 else ""
        raise XoroptError(
            f"tensor '{largest.members[0]}' of {shown_bytes(largest.octets)}: encoding may take {shown_bytes(needed)} "
            f"of memory, and {shown_bytes(free)} are free; use {fewer}a machine with more."
        )


def _free_memory() -> int | None:
    """Return the bytes of memory that a program can still get; None where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def shown_bytes(size: int) -> str:
    """Return a number of bytes in words."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
