"""Hypothesis profiles, the width of lines, and the skipping of tests whose Debian package is missing.

The profiles alone say how many examples a property is tried on. "ci", the default, tries few examples and the same ones
every time; `pytest --hypothesis-profile=full` tries many more, new ones every time.
"""

import os

import pytest
from debian_packages import find_program
from hypothesis import HealthCheck, settings

os.environ.pop("COLUMNS", None)  # set where tests run on several cores; tables are as broad as they say by themselves

settings.register_profile(
    "ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


@pytest.hookimpl(tryfirst=True)  # before any fixture is made
def pytest_runtest_setup(item):
    for mark in item.iter_markers("debian"):
        (package,) = mark.args
        if find_program(package) is None:
            pytest.skip(f"needs the Debian package {package}: apt-get install {package}")
