"""Races: who wins, who drops out, and that a proof ends the others."""

import threading

import numpy as np
import pytest
from parity_problems import dense
from xoropt_solvers import Answer, Clock, LimitExceededError
from xoropt_solvers.racing import Part, Race, race
from xoropt_solvers.strategies import brouwer_zimmermann, coset, isd, maxsat, xorsat
from xoropt_solvers.strategy import TimeUpError

X = np.zeros(3, dtype=bool)


def at_once(cost, bound):
    return lambda clock: Answer(X, cost, bound)


def until_ended(cost, bound, says=False):
    def run(clock):
        if says:
            clock.report(cost, bound)
        assert clock.ended_by.wait(60)
        assert clock.expired()
        assert clock.left() == 0
        return Answer(X, cost, bound)

    return run


def run_race(*parts, limit=None):
    known = Race(Answer(X, 9, 1), "before")
    race(known, [Part(f"part {i}", part) for i, part in enumerate(parts)], Clock(limit))
    return known.winner, known.answer.cost, known.answer.lower_bound


def test_a_proof_ends_the_other_engines():
    assert run_race(until_ended(7, 2), at_once(5, 5)) == ("part 1", 5, 5)


def test_the_bound_of_one_engine_proves_the_answer_of_another():
    assert run_race(until_ended(5, 1, says=True), until_ended(9, 5, says=True))[1:] == (5, 5)


def test_the_time_ends_all_engines():
    assert run_race(until_ended(7, 2), until_ended(8, 3), limit=0.05) == ("part 0", 7, 3)


def test_an_engine_that_does_not_end_is_left_behind(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.racing.GRACE", 0.05)
    free = threading.Event()

    def deaf(clock):
        assert free.wait(60)
        return Answer(X, 3, 3)

    known, seen = Race(Answer(X, 9, 1), "before"), []
    race(known, [Part("deaf", deaf), Part("quick", at_once(5, 5))], Clock(None, lambda *news: seen.append(news)))
    free.set()
    assert (known.winner, known.answer.cost) == ("quick", 5)


def test_an_engine_without_time_or_room_drops_out():
    def fails(error):
        def run(clock):
            raise error

        return run

    assert run_race(fails(TimeUpError()), fails(LimitExceededError("large"))) == ("before", 9, 1)
    with pytest.raises(ZeroDivisionError):
        run_race(fails(ZeroDivisionError()), until_ended(5, 1))


@pytest.mark.parametrize("strategy", [brouwer_zimmermann, coset, isd, maxsat, xorsat])
def test_engines_heed_the_end_of_a_race(strategy):
    ended = threading.Event()
    timer = threading.Timer(0.3, ended.set)
    timer.start()
    clock = Clock(60.0, ended_by=ended)
    answer = strategy.STRATEGY.run(dense(260, 130), clock)
    assert answer.lower_bound < answer.cost
    assert clock.elapsed() < 30
