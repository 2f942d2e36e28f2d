"""Searches are compiled before their clock starts."""

import pytest

from xoropt import ArgumentError
from xoropt.circuits import warming


@pytest.mark.parametrize(("seconds", "searches"), [([9.0, 4.0, 0.1, 0.1], 3), ([0.1], 1), ([9.0] * 9, 6)])
def test_it_searches_until_nothing_is_compiled(seconds, searches, monkeypatch):
    now, given = [0.0], []

    def search(matrix, method, limit, bound, max_inputs):
        given.append((method, limit, bound, max_inputs))
        now[0] += seconds[len(given) - 1]

    monkeypatch.setattr(warming, "synthesize", search)
    monkeypatch.setattr(warming.time, "perf_counter", lambda: now[0])
    warming.warm_up("paar", True, 3)
    assert given == [("paar", warming.SECONDS, 8, 3)] * searches


def test_what_the_method_cannot_do():
    with pytest.raises(ArgumentError, match="can't keep a depth bound"):
        warming.warm_up("paar2", bounded=True)
    with pytest.raises(ArgumentError, match="'max_inputs'"):
        warming.warm_up(max_inputs=9)
