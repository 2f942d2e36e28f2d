"""The Debian packages that tests marked `debian(package)` need; without them such a test is skipped.

As a program, this prints the packages that are missing.
"""

import shutil

PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "gcc": ("cc",), "iverilog": ("iverilog",)}
"""What the tests run, by package: one of these programs is enough."""


def find_program(package):
    """Return the path of the package's program, None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS[package])), None)


if __name__ == "__main__":
    print(*(package for package in PROGRAMS if find_program(package) is None))
