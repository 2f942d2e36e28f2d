"""Independent parts of a matrix: rows and columns that share no one with the others, each a map of its own."""

import numpy as np

from xoropt.circuits.methods.columns import append_gates
from xoropt.circuits.methods.method import Method
from xoropt.circuits.task import Search, Task, make_task

__all__ = ["columns_of_parts", "run_by_parts"]


def columns_of_parts(task: Task) -> list[np.ndarray]:
    """Return the columns of each independent part of a map that has rows, in order of the first column."""
    n = task.n_in
    label = np.arange(n)
    while True:
        lowest = np.where(task.rows, label, n).min(axis=1, initial=n)
        better = np.minimum(label, np.where(task.rows, lowest[:, None], n).min(axis=0, initial=n))
        if (better == label).all():
            break
        label = better
    used = task.rows.any(axis=0)
    return [np.flatnonzero((label == first) & used) for first in np.unique(label[used])]


def run_by_parts(search: Search, seed: int, method: Method) -> None:
    """Run a method on each part of a map, once for parts that are equal, and offer the gates of all together."""
    task = search.task
    parts = columns_of_parts(task)
    subs: dict[bytes, Task] = {}
    keys = []
    for columns in parts:
        rows = task.rows[task.rows[:, columns].any(axis=1)][:, columns]
        bound = None if task.max_depth < 0 else task.max_depth
        sub = make_task(rows, bound, task.max_inputs)
        keys.append(sub.rows.tobytes() + bytes(str(sub.rows.shape), "ascii"))
        subs.setdefault(keys[-1], sub)
    found: dict[bytes, np.ndarray] = {}
    left = sum(sub.rows.size for sub in subs.values())
    for key, sub in subs.items():
        inner = Search(sub, search.left * sub.rows.size / left)
        inner.stopped, inner.flag = search.stopped, search.flag
        if search.progress is not None:
            inner.progress = lambda *_: search.tell()
        method.run(inner, seed)
        assert inner.gates is not None
        found[key] = inner.gates
        left -= sub.rows.size
    gates: list[tuple[int, int]] = []
    for columns, key in zip(parts, keys, strict=True):
        append_gates(gates, task.n_in, columns.tolist(), found[key].tolist(), subs[key])
    search.offer(np.array(gates, dtype=np.int32).reshape(-1, 2))
