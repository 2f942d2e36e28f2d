"""A fair circuit for a large matrix in a moment, for searches that were stopped before they had a better one."""

import numpy as np

from xoropt.circuits.task import Task

__all__ = ["QUICK_SIZE", "quick_gates"]

QUICK_SIZE = 4096
"""The least entries (rows × columns) of a matrix for which this is worth its time."""
GROUPS = range(2, 9)
"""The numbers of columns that are tried for a group."""


def quick_gates(task: Task) -> np.ndarray | None:
    """Return the fewest gates by the method of four Russians: int32 (gates, 2); None if none keeps the depth bound."""
    from xoropt.circuits.kernels.groups import depth_of, group_gates

    rows = task.rows.astype(np.uint8)
    tried = [group_gates(rows, size) for size in GROUPS]
    kept = [gates for gates in tried if task.max_depth < 0 or depth_of(gates, task.n_in) <= task.max_depth]
    return min(kept, key=len, default=None)
