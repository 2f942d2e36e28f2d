"""What the tests of benchmarks have in common."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def _path():
    """Let modules of the benchmarks import each other, as they do where they are run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
        yield
