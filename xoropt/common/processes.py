"""How many processes may share work."""

import warnings

from xoropt_solvers import semaphores

from xoropt.common.errors import XoroptWarning

__all__ = ["processes_for"]


def processes_for(jobs: int) -> int:
    """Return how many processes work: `jobs`, or 1 where the system does not let them talk to each other.

    Warns:
        XoroptWarning: it is 1 in place of several.
    """
    if jobs == 1 or semaphores.are_there():
        return jobs
    warnings.warn(
        "one process does all the work: the system has no semaphores for more, as shared memory can't be written.",
        XoroptWarning,
        stacklevel=2,
    )
    return 1
