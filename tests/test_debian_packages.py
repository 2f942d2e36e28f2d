"""Tests that need a Debian package are skipped without it, and say which one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from debian_packages import PROGRAMS, find_program

TESTS = Path(__file__).parent
FILES = (
    "test_docs.py",
    "xoropt/circuits/test_exports.py",
    "xoropt/explore/test_report.py",
    "xoropt/hardware/test_cell_library.py",
)


@pytest.mark.slow
def test_skipped_with_a_reason(tmp_path, monkeypatch):
    run = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-m", "debian", "-rs"]
    done = subprocess.run(
        [*run, *(TESTS / file for file in FILES)],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    skipped = re.findall(
        r"^SKIPPED .*: needs the Debian package ([\w-]+): apt-get install \1$", done.stdout, re.MULTILINE
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sorted(set(skipped)) == sorted(package for package in PROGRAMS if find_program(package) is None)
    assert re.search(r"^(\d+ passed, )?\d+ skipped, \d+ deselected in", done.stdout, re.MULTILINE)
