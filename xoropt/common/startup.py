"""What comes before all else: Ctrl-C while a command is loaded, a place for compiled kernels, and joblib kept quiet."""

import os
import signal
import sys
import warnings
from pathlib import Path
from types import FrameType

from xoropt_solvers import semaphores

__all__ = ["end_quietly", "is_command", "keep_kernels"]

MESSAGE = b"xoropt: interrupted; nothing was written.\n"


def is_command() -> bool:
    """Tell whether this process is the command, by its own name or as `python -m xoropt`, and no other program."""
    first = sys.argv[0] if getattr(sys, "argv", None) else ""
    return os.path.basename(first) in ("xoropt", "xoropt.exe") or (
        first == "-m" and "xoropt" in getattr(sys, "orig_argv", [])
    )


def end_quietly() -> None:
    """Let Ctrl-C end this process with a line and the status 1, until the command itself sees to it."""

    def end(number: int, frame: FrameType | None) -> None:
        os.write(2, MESSAGE)
        os._exit(1)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


def keep_kernels() -> None:
    """Find a place for compiled kernels where there is none; a program that imports the package is warned.

    Warns:
        XoroptWarning: they are kept among the temporary files, or not at all.
    """
    from xoropt_solvers import caching

    from xoropt.common.errors import XoroptWarning

    caching.ensure_place(Path(__file__).parents[1])
    said = caching.found_instead()
    if said is not None and not is_command():
        warnings.warn(said, XoroptWarning, stacklevel=3)


if is_command():
    end_quietly()
keep_kernels()
semaphores.keep_joblib_quiet()
