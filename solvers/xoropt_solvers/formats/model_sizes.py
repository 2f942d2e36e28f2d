"""How large a detector error model is once its repeats are unrolled, counted without unrolling them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xoropt_solvers.formats.check_matrix import MOST_ENTRIES

__all__ = ["MOST_DETECTORS", "MOST_INSTRUCTIONS", "MOST_OBSERVABLES", "TooLarge", "too_large"]

MOST_INSTRUCTIONS = 1 << 22  # some gigabytes and a minute; a surface code of distance 25 has a tenth of it
MOST_DETECTORS = 1 << 24
MOST_OBSERVABLES = 1 << 16
TAG = re.compile(r"\[(?:\\.|[^\]\\])*\]|#.*")


@dataclass(frozen=True)
class TooLarge:
    """Where a model passes a limit.

    Attributes:
        line: from 1.
        what: it does there, to follow "line 3 ".
    """

    line: int
    what: str


@dataclass
class _Block:
    """What a repeat holds so far, and how often it comes."""

    line: int
    times: int
    instructions: int = 0
    shift: int = 0
    detectors: int = 0


def too_large(lines: Iterable[str]) -> TooLarge | None:
    """Find the first line with which a model has too many instructions, detectors or observables; None: it is fine.

    Args:
        lines: of a model that Stim has accepted.
    """
    blocks = [_Block(0, 1)]
    observables = 0
    for at, line in enumerate(lines, 1):
        for piece in re.split(r"([{}])", TAG.sub("", line)):
            words = piece.split()
            if not words or piece == "{":
                continue
            now = blocks[-1]
            if words[0].lower() == "repeat":
                blocks.append(_Block(at, int(words[1])))
                continue
            if piece == "}":
                blocks.pop()
                at, last, now = now.line, now, blocks[-1]
                now.instructions += last.times * max(1, last.instructions)
                if last.detectors:
                    now.detectors = max(now.detectors, now.shift + last.shift * (last.times - 1) + last.detectors)
                now.shift += last.shift * last.times
            else:
                now.instructions += 1
                if words[0].lower().startswith("shift_detectors"):
                    now.shift += int(words[-1])
                ids = {kind: [int(word[1:]) for word in words[1:] if word[0] in (kind, kind.lower())] for kind in "DL"}
                now.detectors = max([now.detectors, *(now.shift + one + 1 for one in ids["D"])])
                observables = max([observables, *(one + 1 for one in ids["L"])])
            if now.instructions > MOST_INSTRUCTIONS:
                return TooLarge(at, f"makes {now.instructions} instructions when unrolled, more than 2**22")
            if now.detectors > MOST_DETECTORS:
                return TooLarge(at, f"makes {now.detectors} detectors, more than 2**24")
            if observables > MOST_OBSERVABLES:
                return TooLarge(at, f"makes {observables} observables, more than 2**16")
            if observables * sum(block.instructions for block in blocks) > MOST_ENTRIES:
                return TooLarge(at, f"makes {observables} observables for so many errors, too large a matrix")
    return None
