"""The exceptions raised on purpose, and the warnings. Each message is one line: what, where, and how to fix it."""

__all__ = ["ArgumentError", "DecodeError", "EncodeError", "FormatError", "XoroptError", "XoroptWarning"]


class XoroptError(Exception):
    """The base of every error that xoropt raises on purpose.

    Args:
        message: what, where, and how to fix it; made one line, since it may quote what a caller gave, such as an array.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(" ".join(line.strip() for line in str(message).splitlines()))


class ArgumentError(XoroptError, ValueError):
    """An argument has a value that is not allowed; the message names it, what was received and what is allowed."""


class EncodeError(XoroptError):
    """An encoding turned out not to reproduce its care bits; nothing has been written."""


class DecodeError(XoroptError):
    """The stored parts of one tensor do not fit together."""


class FormatError(XoroptError):
    """A file is not what this version of the format allows: damaged, truncated, foreign or newer."""


class XoroptWarning(UserWarning):
    """Something that was done as it was asked for, and is probably not what was meant; commands print it as a line."""
