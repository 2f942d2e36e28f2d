"""The Debian packages that tests marked `debian(package)` need; without them such a test is skipped.

As a program, this prints the packages that are missing.
"""

import shutil
from pathlib import Path

PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "gcc": ("cc",),
    "iverilog": ("iverilog",),
    "qflow-tech-osu018": ("/usr/share/qflow/tech/osu018/osu018_stdcells.lib",),
}
"""What the tests need, by package: one of these programs, or files by their whole path, is enough."""


def find_program(package):
    """Return the path of the package's program or file, None where there is none."""
    found = (name if Path(name).is_file() else shutil.which(name) for name in PROGRAMS[package])
    return next(filter(None, found), None)


if __name__ == "__main__":
    print(*(package for package in PROGRAMS if find_program(package) is None))
