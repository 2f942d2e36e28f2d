"""What to say of a file that is not there: the one in its folder whose name is nearest, or where it was looked for."""

import difflib
import os
from itertools import islice
from pathlib import Path

__all__ = ["reason_of_reading"]

MOST = 1000
"""The most names that are compared with the one that is looked for: the comparison takes long."""
LONGEST = 80
"""The most letters of a name that are compared."""
ALIKE = 0.6
"""How alike two names are at least, where 1 is the same, with and without their ends, if one is meant for the other."""


def reason_of_reading(error: OSError, path: Path) -> str:
    """Say in a few words why a file cannot be read: the text that follows its name in a message.

    Args:
        error: what the system says.
        path: the file that was to be read.

    Returns:
        The system's words. Of a file that is not there also the most similar name in its folder, where one is similar,
        or else the folder that was looked in, or that is not there either.
    """
    said = error.strerror or str(error) or type(error).__name__
    if not isinstance(error, FileNotFoundError):
        return said
    folder = path.parent
    try:
        if not folder.is_dir():
            return f"{said}; there is no folder '{folder}'"
        names = sorted(islice((entry.name for entry in os.scandir(folder) if not entry.name.startswith(".")), MOST))
    except OSError:
        return said
    close = difflib.get_close_matches(path.name[:LONGEST], names, n=5, cutoff=ALIKE)
    meant = next((name for name in close if _share_alike(Path(name).stem, path.stem) >= ALIKE), None)
    if meant is not None:
        return f"{said}; the nearest is '{folder / meant}'"
    return f"{said}; looked in '{folder.absolute()}'"


def _share_alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one[:LONGEST], other[:LONGEST]).ratio()
