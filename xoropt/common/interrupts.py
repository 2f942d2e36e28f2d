"""Ctrl-C while a command is still being loaded: one line, as later, instead of a traceback."""

import os
import signal
import sys
from types import FrameType

__all__ = ["ends_quietly", "is_command"]

MESSAGE = b"xoropt: interrupted; nothing was written.\n"


def is_command() -> bool:
    """Tell whether this process is the command, by its own name or as `python -m xoropt`, and no other program."""
    first = sys.argv[0] if getattr(sys, "argv", None) else ""
    return os.path.basename(first) in ("xoropt", "xoropt.exe") or (
        first == "-m" and "xoropt" in getattr(sys, "orig_argv", [])
    )


def ends_quietly() -> None:
    """Let Ctrl-C end this process with a line and the status 1, until the command itself sees to it."""

    def end(number: int, frame: FrameType | None) -> None:
        os.write(2, MESSAGE)
        os._exit(1)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


if is_command():
    ends_quietly()
