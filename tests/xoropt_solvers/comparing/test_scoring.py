"""Figures of a comparison, on runs that are small enough to work them out by hand."""

import pytest
from xoropt_solvers.comparing.runs import Run
from xoropt_solvers.comparing.scoring import (
    Score,
    beats,
    cactus,
    conflicts,
    duels,
    scores,
    sign_test,
    verdict,
    verdicts,
)


def run(problem, variant, cost, bound=0, seconds=1.0, best=None, status="done"):
    return Run(problem, variant, status, cost, bound, cost is not None and cost == bound, seconds, best, "")


RUNS = {
    (one.problem, one.variant): one
    for one in [
        run("p", "exact", 4, 4, 2.0, 1.0),
        run("p", "fast", 4, 1, 10.0, 0.5),
        run("q", "exact", 6, 3, 12.0, 9.0, "killed"),
        run("q", "fast", 5, 1, 10.0, 3.0),
        run("r", "exact", 0, 0, 0.2, 0.1),
        run("r", "fast", None, 0, 10.0, None, "too large"),
    ]
}


def test_the_figures_of_three_problems():
    exact, fast, best = scores(RUNS, ["exact", "fast"], 10.0)
    assert exact == Score("exact", 3, 3, 2, 2, pytest.approx((2 + 20 + 0.2) / 3), pytest.approx(0.2 / 3), 2, 1, 0)
    assert fast == Score("fast", 3, 2, 2, 0, 20.0, 0.0, 1, 0, 0)
    assert best == Score("virtual best", 3, 3, 3, 2, pytest.approx((2 + 20 + 0.2) / 3), 0.0, 3, 0, 0)


def test_what_beats_what():
    assert beats(run("p", "a", 3), run("p", "b", None))
    assert not beats(run("p", "a", None), run("p", "b", None))
    assert beats(run("p", "a", 3), run("p", "b", 4, 4))
    assert beats(run("p", "a", 4, 4, 9.0), run("p", "b", 4, 1, 1.0, 0.1))
    assert beats(run("p", "a", 4, 4, 1.0), run("p", "b", 4, 4, 2.0))
    assert not beats(run("p", "a", 4, 4, 1.0), run("p", "b", 4, 4, 1.04))
    assert not beats(run("p", "a", 4, 4, 0.001), run("p", "b", 4, 4, 0.009))
    assert beats(run("p", "a", 4, 1, 9.0, 1.0), run("p", "b", 4, 1, 9.0, 2.0))


def test_few_problems_prove_little():
    (duel,) = duels(RUNS, ["exact", "fast"])
    assert (duel.first_wins, duel.second_wins, duel.p) == (2, 1, 1.0)
    assert sign_test(10, 0) == pytest.approx(2 / 1024)
    assert sign_test(0, 0) == 1.0


def test_many_duels_are_corrected_for_their_number():
    runs = {}
    for problem in range(10):
        for variant, cost in (("a", 1), ("b", 2), ("c", 3)):
            runs[str(problem), variant] = run(str(problem), variant, cost)
    assert [duel.p for duel in duels(runs, ["a", "b", "c"])] == pytest.approx([3 * 2 / 1024] * 3)


def test_the_verdict():
    assert verdict(RUNS, ["exact", "fast"], 10.0) == (
        "Take exact: 2 of 3 proved, PAR-2 7.4 s. 3 problems are not enough to show that it beats fast."
    )
    runs = {}
    for problem in range(12):
        for variant, cost, bound in (("a", 2, 0), ("b", 1, 1), ("c", 3, 0)):
            runs[str(problem), variant] = run(str(problem), variant, cost, bound)
    said = verdict(runs, ["a", "b", "c"], 10.0)
    assert said == "Take b: 12 of 12 proved, PAR-2 1 s. It beats every other (sign test, p < 0.05)."
    assert verdict(runs, ["a"], 10.0) == ""


def test_each_family_has_its_verdict():
    runs = {}
    for problem, good in (("p", "a"), ("q", "a"), ("r", "b")):
        for variant in ("a", "b"):
            runs[problem, variant] = run(problem, variant, 1, 1 if variant == good else 0)
    said = verdicts(runs, ["a", "b"], 10.0, {"codes": {"p", "q"}, "": {"r"}})
    assert said == {
        "codes": "Take a: 2 of 2 proved, PAR-2 1 s. 2 problems are not enough to show that it beats b.",
        "": "Take b: 1 of 1 proved, PAR-2 1 s. One problem is not enough to show that it beats a.",
    }


def test_contradictions_are_found():
    assert conflicts(RUNS) == []
    bold = {**RUNS, ("q", "bold"): run("q", "bold", 6, 6)}
    assert conflicts(bold) == ["bold claims that q costs at least 6, fast has an answer of cost 5"]


def test_the_cactus_rises():
    assert cactus(RUNS.values()) == [0.2, 2.0]
