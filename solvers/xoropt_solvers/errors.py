"""The package's exceptions.

Each derives from SolverError, and each message says what was received and what is allowed.
"""

__all__ = [
    "FileFormatError",
    "InvalidInputError",
    "LimitExceededError",
    "MissingPackageError",
    "SolverError",
    "UnknownStrategyError",
    "WrongAnswerError",
]


class SolverError(Exception):
    """The base of every error that xoropt_solvers raises on purpose.

    Args:
        message: what was received and what is allowed; made one line, since it may quote what a caller gave.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(" ".join(line.strip() for line in str(message).splitlines()))


class InvalidInputError(SolverError, ValueError):
    """An argument has a wrong shape, type or value."""


class FileFormatError(SolverError, ValueError):
    """A file cannot be read or written, or does not hold a parity problem in a format that this package reads."""


class LimitExceededError(SolverError, ValueError):
    """The problem is larger than the strategy can solve; the message names a strategy that can."""


class MissingPackageError(SolverError, ImportError):
    """An optional package that the strategy needs is not installed; the message names it."""


class UnknownStrategyError(SolverError, LookupError):
    """No strategy has this name."""


class WrongAnswerError(SolverError):
    """A strategy returned an answer that the problem contradicts: the strategy is at fault, never the input."""
