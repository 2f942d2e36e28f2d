"""What several modules of the solvers' tests share."""

import pytest
from xoropt_solvers import registry


@pytest.fixture
def register(monkeypatch):
    """Registers a strategy under the name "other", as an installed package would by its entry point."""

    def run(strategy):
        class Entry:
            def load(self):
                return strategy

        monkeypatch.setattr(registry, "_entry_points", lambda: {"other": Entry()})

    return run
