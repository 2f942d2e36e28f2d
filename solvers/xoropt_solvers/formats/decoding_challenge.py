"""The text of the syndrome-decoding challenge (decodingchallenge.org, Aragon, Lavauzelle and Lequesne 2019).

Sections begin with ``# n``, ``# k``, ``# seed``, ``# w``, ``# H^transpose`` and ``# s^transpose``. H is [1 | M]; of its
transpose the rows of M alone are given, one in each line, and the identity is left out. The weight w, where it is
stated, is what a solution of the challenge may have at most; the problem asks for the least.
"""

from pathlib import Path

import numpy as np

from xoropt_solvers.errors import FileFormatError
from xoropt_solvers.formats.check_matrix import CheckMatrix
from xoropt_solvers.parity_checks import read_checks

__all__ = ["is_challenge", "read_challenge"]


def is_challenge(lines: list[str]) -> bool:
    """Tell whether a text has the sections of a challenge."""
    return any(line.strip().lower().startswith("# h^t") for line in lines)


def read_challenge(path: Path, lines: list[str]) -> CheckMatrix:
    """Read H and its syndrome.

    Raises:
        FileFormatError: a section is missing or holds something else.
    """
    sections: dict[str, list[tuple[int, str]]] = {}
    name = ""
    for at, line in enumerate(lines, 1):
        if line.startswith("#"):
            name = line.lstrip("# ").split()[0].lower() if line.lstrip("# ").strip() else ""
        elif line.strip():
            sections.setdefault(name, []).append((at, line.strip()))
    rows = next((found for name, found in sections.items() if name.startswith("h^t")), [])
    syndrome = next((found for name, found in sections.items() if name.startswith("s^t")), [])
    if not rows or len(syndrome) != 1:
        raise FileFormatError(f"{path}: a syndrome-decoding challenge has the sections H^transpose and s^transpose.")
    checks = len(syndrome[0][1])
    for at, row in (*rows, *syndrome):
        if len(row) != checks or set(row) - {"0", "1"}:
            raise FileFormatError(f"{path}, line {at}: must hold {checks} zeros and ones, as the syndrome has.")
    said = sections.get("n", [(0, "")])[0][1]
    if said and said != str(checks + len(rows)):
        raise FileFormatError(f"{path}: says n = {said}, but H has {checks} + {len(rows)} columns.")
    M = np.array([[bit == "1" for bit in row] for _, row in rows], dtype=bool).T
    s = np.array([bit == "1" for bit in syndrome[0][1]], dtype=bool)
    H = read_checks(np.column_stack([np.eye(checks, dtype=bool), M]), s)
    return CheckMatrix(H, syndromes=s[None, :])
