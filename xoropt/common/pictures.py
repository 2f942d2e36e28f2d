"""A place for matplotlib's own files, which it asks for as soon as it is imported."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from xoropt_solvers.caching import writable

__all__ = ["give_place"]

VARIABLE = "MPLCONFIGDIR"


def give_place(beside: str | os.PathLike[str]) -> None:
    """Give matplotlib a folder where it would find none, or complain: as a service without a home has none.

    It is a temporary folder, or else one in the folder of the pictures, and is removed when the process ends.

    Args:
        beside: where the pictures will be.
    """
    usual = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")) / "matplotlib"
    if os.environ.get(VARIABLE) or writable(usual):
        return
    for place in (None, beside):
        try:
            folder = tempfile.mkdtemp(prefix=".xoropt-matplotlib-", dir=place)
        except OSError:
            continue
        os.environ[VARIABLE] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return
