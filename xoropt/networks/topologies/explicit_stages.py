"""Stages written out in the recipe: any network that a user, or the optimizer, designs."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.networks.network import MAX_ENTRIES, XorNetwork
from xoropt.networks.stages import stages_network
from xoropt.networks.topologies.declaration import recipe_of, topology

__all__ = ["explicit_stages", "from_stages"]

_LONGEST = 1 << 22
"""The most characters of written stages; once parsed, they take fifty times the memory."""


@checked
def from_stages(stages: tuple[np.ndarray, ...], n_in: int) -> XorNetwork:
    """Return the network with the given stages; its recipe writes them out.

    Args:
        stages: int64 (signals, reads) each; an entry e stands for signal e % width of step t + e // width of the stage
            before, which has `width` signals, or of the n_in seed bits; −1 pads rows with fewer reads. The last stage's
            signals are the outputs. A single stage makes a network of sparse rows.
        n_in: new seed bits per step, 1 to 64.

    Raises:
        ArgumentError: the stages do not fit, read a signal twice in a row, or the window exceeds 1984 bits.

    >>> from_stages((np.array([[0, 3], [0, 1]]), np.array([[0, 3], [1, -1]])), n_in=1).recipe
    'stages:n_in=1,rows=0.3/0.1;0.3/1'
    """
    n_in = check_int("n_in", n_in, 1, 64)
    arrays = tuple(np.asarray(stage) for stage in stages)
    text = ";".join(
        "/".join(".".join(str(e) for e in row if e >= 0) for row in stage.tolist()) if stage.ndim == 2 else ""
        for stage in arrays
    )
    return stages_network(arrays, n_in, recipe_of("stages", {"n_in": n_in, "rows": text}))


@topology("stages", work=lambda rows, **_: 16 * len(rows))
def explicit_stages(n_in: int, rows: str) -> XorNetwork:
    """Return the network with written stages: `;` separates stages, `/` their rows, `.` the entries of a row.

    Args:
        n_in: new seed bits per step, 1 to 64.
        rows: entries as in `from_stages`, in decimal.

    Raises:
        ArgumentError: the text is malformed, or the stages do not fit.

    >>> explicit_stages(n_in=1, rows="0.3/0.1;0.3/1").matrix().astype(int).tolist()
    [[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]]
    """
    if len(rows) > _LONGEST:
        raise ArgumentError(f"Argument 'rows' must have at most {_LONGEST} characters, not {len(rows)}.")
    stages = []
    for part in rows.split(";"):
        try:
            lists = [[_entry(word) for word in row.split(".")] for row in part.split("/")]
        except ValueError:
            raise ArgumentError(f"Argument 'rows' must hold rows such as '0.3/0.1', not {part[:80]!r}.") from None
        if len(lists) * max(map(len, lists)) > MAX_ENTRIES:
            raise ArgumentError(
                f"Argument 'rows' must hold fewer rows, or rows of fewer than {max(map(len, lists))} entries."
            )
        stage = np.full((len(lists), max(map(len, lists))), -1, dtype=np.int64)
        for row, entries in zip(stage, lists, strict=True):
            row[: len(entries)] = entries
        stages.append(stage)
    return from_stages(tuple(stages), n_in)


def _entry(word: str) -> int:
    if not word.isascii() or not word.isdecimal() or len(word) > 12:
        raise ValueError(word)
    return int(word)
