"""`compare`: runs in warm processes, kept as they come, with every wrong input refused before the first run."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from parity_problems import TRIANGLE, dense, least_cost
from xoropt_solvers import FileFormatError, InvalidInputError, UnknownStrategyError, compare, formats
from xoropt_solvers.comparing import workers
from xoropt_solvers.comparing.named_problems import NamedProblem, read_problems
from xoropt_solvers.comparing.runs import DONE
from xoropt_solvers.comparing.variants import Variant, read_variants
from xoropt_solvers.comparing.workers import Worker

PROBLEMS = {f"dense {seed}": dense(24, 8, seed) for seed in range(3)}

WAYS = """
import os, signal, time
import numpy as np
from xoropt_solvers import Answer, Strategy
from xoropt_solvers.problem import mismatch_mask

def answer(problem, x, bound=0):
    return Answer(x, int(problem.row_weights[mismatch_mask(problem, x)].sum()), bound)

def sleep(problem, clock):
    clock.report(3)
    if clock.time_limit > 0.31:
        time.sleep(60)
    return answer(problem, np.zeros(problem.n, bool))

def crash(problem, clock):
    if clock.time_limit > 0.31:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(problem, np.zeros(problem.n, bool))

def lie(problem, clock):
    if clock.time_limit > 0.31:
        return Answer(np.zeros(problem.n, bool), 0, 0)
    return answer(problem, np.zeros(problem.n, bool))

def chatter(problem, clock):
    print("written by an engine", flush=True)
    os.write(1, b"and by its library")
    return answer(problem, np.zeros(problem.n, bool))

SLEEP, CRASH, LIE, CHATTER = (
    Strategy(name, run, exact=False, reduces=False) for name, run in
    [("sleep", sleep), ("crash", crash), ("lie", lie), ("chatter", chatter)]
)
"""


@pytest.fixture
def ways(tmp_path, monkeypatch):
    """Strategies of another package that behave badly, installed for this process and its workers."""
    (tmp_path / "ways.py").write_text(WAYS)
    info = tmp_path / "ways-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ways\nVersion: 1\n")
    names = "".join(f"{name} = ways:{name.upper()}\n" for name in ("sleep", "crash", "lie", "chatter"))
    (info / "entry_points.txt").write_text(f"[xoropt.solvers]\n{names}")
    monkeypatch.syspath_prepend(str(tmp_path))
    from xoropt_solvers import registry

    registry._entry_points.cache_clear()
    yield
    registry._entry_points.cache_clear()
    sys.modules.pop("ways", None)


def test_every_strategy_gets_every_problem(tmp_path):
    told = []
    comparison = compare(
        PROBLEMS, "greedy coset, isd:rounds=5", time_limit=5.0, jobs=2, out=tmp_path, progress=lambda *a: told.append(a)
    )
    assert comparison.variants == ["greedy", "coset", "isd:rounds=5"]
    assert set(comparison.runs) == {(p, v) for p in PROBLEMS for v in comparison.variants}
    for run in comparison.runs_of("coset"):
        assert run.cost == run.lower_bound == least_cost(PROBLEMS[run.problem])
        assert run.status == DONE
        assert run.optimal
        assert 0 < run.best_seconds <= run.seconds < 5
    assert set(comparison.starts) == {"greedy", "coset", "isd:rounds=5"}
    assert all(done <= total + 1e-9 for _, done, total in told)
    figures = comparison.to_dict()
    assert json.loads(json.dumps(figures)) == figures
    assert figures["conflicts"] == []
    again = compare(PROBLEMS, "coset greedy", time_limit=5.0, out=tmp_path, progress=pytest.fail)
    assert again.runs_of("coset") == comparison.runs_of("coset")


def test_a_run_that_was_lost_is_made_again(tmp_path):
    first = compare(PROBLEMS, "greedy", time_limit=5.0, out=tmp_path)
    lines = (tmp_path / "runs.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "runs.jsonl").write_bytes(b"".join(lines[:-1]) + lines[-1][:10])  # killed while it wrote
    told = []
    second = compare(PROBLEMS, "greedy", time_limit=5.0, out=tmp_path, progress=lambda name, *_: told.append(name))
    assert told == ["starting greedy", "greedy, dense 2"]
    assert [run.cost for run in second.runs_of("greedy")] == [run.cost for run in first.runs_of("greedy")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_limit": 4.0}, "holds another comparison, with time limit 5 instead of 4; choose another --out"),
        ({"problems": {"dense 0": TRIANGLE}}, "holds another comparison, with a different problem 'dense 0'"),
        ({"problems": {"other": TRIANGLE}}, "holds another comparison, with also a problem 'dense 0'"),
    ],
)
def test_the_folder_of_another_comparison(tmp_path, change, message):
    given = {"problems": {"dense 0": PROBLEMS["dense 0"]}, "strategies": "greedy", "time_limit": 5.0, "out": tmp_path}
    compare(**given)
    before = (tmp_path / "runs.jsonl").read_bytes()
    with pytest.raises(InvalidInputError, match=message):
        compare(**given | change)
    assert (tmp_path / "runs.jsonl").read_bytes() == before


def test_a_file_that_is_no_comparison(tmp_path):
    (tmp_path / "runs.jsonl").write_text('{"result": {}}\n')
    with pytest.raises(FileFormatError, match=r"runs.jsonl: line 1 is no line of a comparison; choose another --out"):
        compare(PROBLEMS, "greedy", out=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError, match="runs can't be written there; choose another --out"):
        compare(PROBLEMS, "greedy", out=tmp_path / "file")


@pytest.mark.parametrize(
    ("strategies", "message"),
    [
        ("coset, nosuch", "'strategies' has no strategy 'nosuch'; there are portfolio, "),
        ("greedy:depth=3", r"Strategy 'greedy' has no option 'depth=3'; it takes no options"),
        ("isd:seed", r"has no option 'seed'; it takes rounds, seed, as in 'isd:rounds=None'"),
        ("coset isd:rounds=0", r"Strategy 'isd:rounds=0' does not start: Argument 'rounds' must be at least 1"),
        ("sat:engine=nosuch", r"does not start: Argument 'engine' must be a PySAT solver"),
        (",", "'strategies' must name a strategy"),
        ([3], "'strategies' must hold names of strategies, not 3"),
    ],
)
def test_wrong_strategies_are_refused_before_anything_runs(strategies, message, tmp_path):
    with pytest.raises((InvalidInputError, UnknownStrategyError), match=message):
        compare(PROBLEMS, strategies, time_limit=2.0, out=tmp_path / "out")
    assert '"run"' not in ((tmp_path / "out" / "runs.jsonl").read_text() if (tmp_path / "out").exists() else "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time_limit": None}, "'time_limit' must be a finite positive number of seconds"),
        ({"time_limit": float("nan")}, "'time_limit' must be None or a finite positive number"),
        ({"jobs": 0}, "'jobs' must be at least 1"),
        ({"problems": []}, "'problems' must hold a problem; it is empty"),
        ({"problems": 3}, "'problems' must hold problems or paths of files and folders, not int"),
        (
            {"problems": [NamedProblem("a", TRIANGLE), NamedProblem("a", dense(4, 2))]},
            "two different problems called 'a'",
        ),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        compare(**{"problems": PROBLEMS, "strategies": "greedy"} | arguments)


def test_files_and_folders(tmp_path):
    (tmp_path / "set" / "codes").mkdir(parents=True)
    formats.write_problem(TRIANGLE, tmp_path / "set" / "codes" / "b.npz")
    formats.write_problem(TRIANGLE, tmp_path / "set" / "a.cnf")
    (tmp_path / "set" / "README.md").write_text("no problem")
    named = read_problems([tmp_path / "set", TRIANGLE])
    assert [(one.name, one.family) for one in named] == [
        ("a.cnf", "set"),
        (os.path.join("codes", "b.npz"), "codes"),
        ("problem 3", ""),
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileFormatError, match=r"empty: holds no problem; their files end in \.npz"):
        read_problems(tmp_path / "empty")


def test_decoding_problems_are_a_family_of_their_own(tmp_path):
    (tmp_path / "code.alist").write_text("3 2\n2 2\n1 2 1\n2 2\n1 0\n1 2\n2 0\n1 2\n2 3\n")
    (tmp_path / "code.syndrome").write_text("10\n01\n")
    formats.write_problem(TRIANGLE, tmp_path / "a.npz")
    named = read_problems(tmp_path)
    assert [one.family.removeprefix(f"{tmp_path.name} ") for one in named] == ["parity", "decoding", "decoding"]
    assert [one.family for one in read_problems(tmp_path / "code.alist")] == [tmp_path.name] * 2


def test_strategies_that_behave_badly(ways, monkeypatch):
    monkeypatch.setattr(workers, "GRACE", 0.2)
    comparison = compare({"one": dense(24, 8)}, "sleep crash lie chatter greedy", time_limit=0.5)
    runs = {run.variant: run for run in comparison.runs.values()}
    assert {name: run.status for name, run in runs.items()} == {
        "sleep": "killed", "crash": "crashed", "lie": "wrong", "chatter": "done", "greedy": "done",
    }  # fmt: skip
    assert (runs["sleep"].cost, runs["sleep"].optimal) == (3, False)
    assert "claims cost 0" in comparison.to_dict()["conflicts"][0]
    scores = {score["variant"]: score for score in comparison.to_dict()["scores"]}
    assert [scores[name]["overruns"] for name in ("sleep", "greedy")] == [1, 0]
    assert [scores[name]["failed"] for name in ("crash", "lie", "chatter")] == [1, 1, 0]


def test_other_words_for_options():
    (variant,) = read_variants("sat:solver=cadical195,encoding=totalizer")
    assert variant.options == {"engine": "cadical195", "encoding": "totalizer"}
    comparison = compare({"one": dense(24, 8)}, [variant, "coset"], time_limit=5.0)
    assert {run.cost for run in comparison.runs.values()} == {least_cost(dense(24, 8))}


def test_an_engine_that_cannot_be_interrupted_is_killed():
    hard = dense(200, 100)
    worker = Worker()
    try:
        run = worker.run(
            Variant("sat:engine=cadical195", "sat", {"engine": "cadical195"}), NamedProblem("h", hard), 0.5
        )
    finally:
        worker.close()
    assert run.status == "killed"
    assert run.cost is not None  # what the greedy answer costs, at least
    assert run.seconds == 1.5


def test_ending_a_process_leaves_the_next_one_alone():
    worker = Worker()
    first, later = worker._started(), []

    def wait(wait=first.wait):
        later.append(worker._started())  # as another thread may, which has seen the end of the first
        return wait()

    first.wait = wait
    worker._kill()
    assert worker._process is later[0]
    assert first.stdin.closed
    assert first.stdout.closed
    later[0].kill()
    later[0].wait()
    assert worker._started() is not later[0]
    assert later[0].stdout.closed
    worker.close()
    assert worker._process is None


def test_ctrl_c_keeps_what_is_done(tmp_path):
    np.savez(tmp_path / "p.npz", A=PROBLEMS["dense 0"].A, b=PROBLEMS["dense 0"].b)
    code = f"""
from xoropt_solvers import compare
c = compare([{str(tmp_path / "p.npz")!r}], "greedy isd", time_limit=60.0, out={str(tmp_path / "out")!r})
print(c.interrupted, [run.variant for run in c.runs.values()])
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    path = tmp_path / "out" / "runs.jsonl"
    while time.monotonic() < deadline and not (path.exists() and '"run"' in path.read_text()):
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert out == "True ['greedy']\n", err
