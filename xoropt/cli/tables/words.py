"""Words of the tables: counted things, sizes side by side, and names that would not be seen."""

__all__ = ["counted", "named", "smaller"]


def counted(number: int, thing: str) -> str:
    """Write a number of things.

    >>> counted(1, "tensor"), counted(1200, "file")
    ('1 tensor', '1,200 files')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def smaller(before: int, after: int) -> str:
    """Say how much smaller something is than before, or how much larger.

    >>> smaller(300, 100), smaller(100, 150)
    ('3.00 times smaller', '1.50 times larger')
    """
    if after > before > 0:
        return f"{after / before:.2f} times larger"
    return f"{before / max(1, after):.2f} times smaller"


def named(name: str) -> str:
    """Return a name as it is, in quotes where it would not be seen whole.

    >>> named("w"), named(""), named(" w")
    ('w', "''", "' w'")
    """
    return name if name and name == name.strip() else f"'{name}'"
