"""Whether processes can be started that talk to each other, which takes semaphores.

Where shared memory can't be written, as in many containers, the system gives none. joblib then warns in lines of its
own as soon as it is imported, and what is asked of its processes ends in an AssertionError or an OSError.
"""

import os
from functools import cache
from itertools import count

__all__ = ["are_there", "keep_joblib_quiet"]

VARIABLE = "JOBLIB_MULTIPROCESSING"
"""Set to 0, it tells joblib not to look for semaphores."""
_COUNT = count()


@cache
def are_there() -> bool:
    """Tell whether the system gives semaphores; a tenth of a millisecond at the first call."""
    try:
        from _multiprocessing import SemLock  # type: ignore[import-not-found]

        SemLock(1, 1, 1, f"/xoropt-{os.getpid()}-{next(_COUNT)}", True)  # kind 1, without a name afterwards
    except (ImportError, OSError):
        return False
    return True


def keep_joblib_quiet() -> None:
    """Tell joblib beforehand where it would find no semaphores."""
    if not are_there():
        os.environ.setdefault(VARIABLE, "0")
