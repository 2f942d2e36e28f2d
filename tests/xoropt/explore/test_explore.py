"""Exploration: its figures are those of encoding, and a search that was stopped ends like one that ran through."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

import xoropt
from xoropt import ArgumentError, CompressConfig, XoroptError
from xoropt.explore.advice import advise
from xoropt.explore.data import of_arrays, random_workload
from xoropt.explore.front import GRAIN, VIEWS, area, front, survivors
from xoropt.explore.measuring import Result

SPACE = {
    "samples": [2000, 4000],
    "block": {"n_in": [8, 16], "load": [0.8, 1.0], "solvers": ["greedy", "portfolio"]},
    "windowed": {"n_in": 8, "window": [64, 128, 256], "taps": [3, 8, "none"], "orders": "lanes:lanes=64"},
    "sequential": {"n_in": 4, "n_s": 1, "orders": "rows", "patches": "viterbi"},
}
WEIGHTS = 80_000


def check_figures(results, weights):
    """The figures of these results are those of encoding all the data."""
    layer = random_workload(0.9, weights).layers[0]
    for result in results:
        how = {"order": result.order, "solver": result.solver, "patches": result.patching}
        encoded = xoropt.encode(layer.bits, layer.care, result.network, **how)
        assert result.care_bits == layer.care_bits
        assert encoded.size.efficiency == pytest.approx(result.efficiency)
        assert encoded.size.patches == result.patches


def test_figures_of_a_few_points_are_those_of_encoding():
    space = {"block": {"n_in": 8, "solvers": "greedy"}, "recipes": "windowed:n_in=8,n_out=100,window=64,taps=8"}
    found = xoropt.explore.explore(space, sparsity=0.9, weights=20_000, jobs=1, synthesize=False)
    assert [result.topology for result in found.points] == ["auto", "windowed", "block"]
    check_figures(found.points[1:], 20_000)  # "auto" tries several networks on so few bits


@pytest.mark.slow
def test_figures_are_those_of_encoding():
    found = xoropt.explore.explore(SPACE, sparsity=0.9, weights=WEIGHTS, jobs=1, synthesize=False)
    assert found.complete
    assert not found.interrupted
    assert len(found.points) == 19  # and "auto"
    layer = random_workload(0.9, WEIGHTS).layers[0]
    whole = [result for result in found.points if result.care_bits == layer.care_bits]
    assert {result.point for result in found.front} <= {result.point for result in whole}
    drawn = [result for result in found.front if result.topology != "auto"]
    check_figures((drawn[0], drawn[-1]), WEIGHTS)
    assert drawn[0].efficiency > 0.98
    assert drawn[0].topology == "windowed"
    assert [advice.result is not None for advice in found.workloads[0].advice] == [True] * 3
    assert all(advice.result.network in advice.sentence for advice in found.workloads[0].advice)
    assert json.loads(json.dumps(found.to_dict()))["front"][0]["views"]


def test_circuits_of_the_front(monkeypatch, tmp_path):
    from xoropt.explore import exploration

    monkeypatch.setattr(exploration, "SYNTHESIS_SECONDS", 0.1)
    space = {"block": {"n_in": [8, 12], "solvers": "greedy"}}
    found = xoropt.explore.explore(space, sparsity=0.9, weights=20_000, jobs=1, out=tmp_path)
    for result in found.front:
        assert result.synthesized_gates < result.gates + result.baseline  # a cascade has no gate to spare
        assert result.synthesized_depth >= 1
    again = xoropt.explore.explore(space, sparsity=0.9, weights=20_000, jobs=1, out=tmp_path)
    assert again.front == found.front  # nothing is measured or searched twice


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, xoropt.explore.explore(SPACE, sparsity=0.9, weights=WEIGHTS, jobs=1, synthesize=False, out=folder)


@pytest.mark.parametrize("cut", [pytest.param(0.0, marks=pytest.mark.slow), 0.13, 0.5, 0.77, 0.95, 1.0])
def test_stopped_anywhere_it_ends_with_the_same_front(cut, uninterrupted, tmp_path):
    folder, whole = uninterrupted
    data = (folder / "points.jsonl").read_bytes()
    (tmp_path / "points.jsonl").write_bytes(data[: round(cut * len(data))])  # mostly with half a line at its end
    again = xoropt.explore.explore(SPACE, sparsity=0.9, weights=WEIGHTS, jobs=1, synthesize=False, out=tmp_path)
    assert [(r.point, r.efficiency, r.gates) for r in again.front] == [
        (r.point, r.efficiency, r.gates) for r in whole.front
    ]
    lines = (tmp_path / "points.jsonl").read_text().splitlines()
    keys = [(r["point"], r["sample"]) for line in lines if (r := json.loads(line).get("result"))]
    assert len(keys) == len(set(keys))  # nothing was measured twice


@pytest.mark.slow
def test_killed_with_two_processes_at_work(uninterrupted, tmp_path):
    (tmp_path / "space.toml").write_text("samples = [2000, 4000]\n[block]\nn_in = [8, 12, 16, 20]\nload = [0.8, 1.0]\n")
    run = [sys.executable, "-m", "xoropt", "explore", tmp_path / "space.toml", "--sparsity", "0.9"]
    run += ["--weights", str(WEIGHTS), "--jobs", "2", "--json", "--no-synthesize", "--out"]
    whole = subprocess.run([*run, tmp_path / "whole"], capture_output=True, text=True, check=True)
    killed = subprocess.Popen([*run, tmp_path / "killed"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    points = tmp_path / "killed" / "points.jsonl"
    while killed.poll() is None and not (points.exists() and points.read_bytes().count(b"\n") > 3):
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)  # its processes end too
    again = subprocess.run([*run, tmp_path / "killed"], capture_output=True, text=True, check=True)
    fronts = [[(p["point"], p["efficiency"]) for p in json.loads(r.stdout)["front"]] for r in (whole, again)]
    assert fronts[0] == fronts[1]
    assert (whole.stderr, again.stderr) == ("", "")


def test_interrupted_keeps_what_there_is(monkeypatch, tmp_path):
    from xoropt.explore import search

    measured, calls = search.measure, []

    def measure_some(*arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return measured(*arguments)

    monkeypatch.setattr(search, "measure", measure_some)
    found = xoropt.explore.explore(SPACE, sparsity=0.9, weights=WEIGHTS, jobs=1, synthesize=False, out=tmp_path)
    assert found.interrupted
    assert len(found.points) == 4
    assert (tmp_path / "points.jsonl").read_text().count('"result"') == 4


def test_layers_of_a_model(dense, tmp_path):
    config = CompressConfig(sparsity=0.8, bits=2, min_weights=1)
    workload = of_arrays(dense, config)
    assert {layer.name for layer in workload.layers} == {"conv.weight", "fc.weight", "head.weight", "codes"}
    assert all(len(layer.bits) in (2, 3) for layer in workload.layers)
    space = {"recipes": ["windowed:n_in=1,n_out=16,window=64"], "orders": ["rows", "lanes:lanes=16"]}
    found = xoropt.explore.explore(space, dense, config=config, jobs=1, synthesize=False)
    assert {result.workload for result in found.points} == {"data"}
    path, small = tmp_path / "in.safetensors", tmp_path / "small.safetensors"
    save_file(dense, path)
    xoropt.save(xoropt.compress(dense, config), small)
    from_file = xoropt.explore.explore(space, path, config=config, jobs=1, synthesize=False)
    from_compressed = xoropt.explore.explore(space, small, jobs=1, synthesize=False)
    for other in (from_file, from_compressed):
        assert [r.efficiency for r in other.points] == [r.efficiency for r in found.points]
    point = next(result for result in found.points if not result.baseline)
    assert found.command(point).startswith("--sparsity 0.8 --bits 2 --network windowed:")
    assert from_compressed.command(point).startswith("--network windowed:")


@lru_cache
def three_layers(seed):
    rng = np.random.default_rng(seed)
    tensors = {
        f"w{i}": np.where(rng.random((a, b)) < 0.2, rng.choice([-1, 1], (a, b)), 0).astype(np.int8)
        for i, (a, b) in enumerate(((40, 70), (90, 30), (7, 400)))
    }
    return of_arrays(tensors)


@given(share=st.floats(0.01, 1.2), seed=st.integers(0, 5))
def test_samples_are_rows_of_the_layers(share, seed):
    workload = three_layers(seed)
    sample = workload.sample(max(1, int(share * workload.care_bits)))
    rows = {tuple(row) for layer in workload.layers for row in layer.care.reshape(len(layer.care), -1).tolist()}
    assert all(
        tuple(row) in rows for layer in sample.layers for row in layer.care.reshape(len(layer.care), -1).tolist()
    )
    if share >= 1:
        assert sample is workload
    else:
        assert sample.care_bits <= share * workload.care_bits + 3 * 400


@pytest.mark.parametrize(
    ("recipe", "order"),
    [("block:n_in=8,n_out=70", None), ("windowed:n_in=4,n_out=50,window=64,taps=5", "lanes:lanes=16")],
)
def test_repeated_streams_decode(recipe, order):
    rng = np.random.default_rng(0)
    care, bits = rng.random(5000) < 0.1, rng.random((2, 5000)) < 0.5
    encoded = xoropt.encode(bits, care, recipe, order=order)
    whole = encoded.tiled(3)
    decoded = xoropt.decode(whole).reshape(2, 3, -1)[:, :, :5000]
    if order is None:  # a ring's rows are permuted within segments, which all come again
        assert (decoded == xoropt.decode(encoded)[:, None]).all()
    assert not ((decoded ^ bits[:, None]) & care).any()


some_results = st.builds(
    lambda n, e, gates, registers, depth, operations, n_in, error, speed: replace(
        TEMPLATE,
        point=str(n),
        efficiency=e / 1000,
        low=e / 1000 - error,
        high=e / 1000 + error,
        gates=gates,
        registers=registers,
        depth=depth,
        operations=operations,
        n_in=n_in,
        decode_speed=speed,
    ),
    st.integers(0, 10**6),
    st.integers(500, 1000),
    *[st.integers(1, 6)] * 4,
    st.sampled_from([8, 64]),
    st.sampled_from([0.0, 0.004, 0.03]),
    st.sampled_from([1e8, 1e9, 3e9]),
)
TEMPLATE = Result(
    workload="S",
    point="",
    network="windowed:n_in=8",
    order="rows",
    solver="portfolio",
    patching="burst",
    sample=1000,
    care_bits=1000,
    efficiency=1.0,
    low=1.0,
    high=1.0,
    bits_per_weight=0.1,
    patches=0,
    gates=1.0,
    depth=1,
    fan_out=1,
    registers=1,
    window=64,
    n_in=8,
    n_out=10,
    operations=1.0,
    encode_speed=1e6,
    decode_speed=1e9,
    seconds=0.1,
)


@given(st.lists(some_results, min_size=1, max_size=25, unique_by=lambda r: r.point))
def test_fronts(results):
    chosen = front(results)
    for view in VIEWS:
        rivals = list(filter(view.among, results))
        for result in rivals:  # whatever is left out is beaten, but for a grain, by something on the front
            assert any(
                view.cost(c) <= view.cost(result) and c.efficiency > result.efficiency - GRAIN
                for c in filter(view.among, chosen)
            )
    assert sorted(chosen, key=str) == sorted(front(reversed(results)), key=str)
    left = survivors(results)
    assert {r.point for r in left} <= {r.point for r in results}
    exact = [replace(r, low=r.efficiency, high=r.efficiency) for r in results]
    kept = {r.point for r in survivors(exact)}
    for view in VIEWS:  # the best of each view is never ruled out
        rivals = list(filter(view.among, exact))
        if rivals:
            assert any(r.point in kept for r in rivals)


@given(st.lists(some_results, min_size=1, max_size=25, unique_by=lambda r: r.point))
def test_advice(results):
    software, silicon, block = advise(results)
    results = front(results)  # whatever is recommended is on it
    best = max(r.efficiency for r in results)
    near = [r for r in results if r.efficiency >= (1 - 0.005) * best]
    assert software.result in near
    assert software.result.decode_speed == max(r.decode_speed for r in near)
    near = [r for r in results if r.efficiency >= (1 - 0.02) * best]
    assert silicon.result in near
    assert area(silicon.result) == min(map(area, near))
    blocks = [r for r in results if r.window == r.n_in]
    if blocks:
        assert block.result in blocks
        assert block.result.efficiency == max(r.efficiency for r in blocks)
    else:
        assert (block.result, block.sentence) == (None, "The space holds no network for a paper-compatible block.")


def test_the_area_counts_flip_flops():
    assert area(replace(TEMPLATE, gates=3.0, registers=20, n_out=10)) == 3.0 + 2.5 * 2


def test_bad_input(tmp_path):
    with pytest.raises(XoroptError, match="no time for a single point"):
        xoropt.explore.explore(SPACE, weights=1000, budget=1e-6, jobs=1)
    for budget in (0, -1, True, "2m", float("inf")):
        with pytest.raises(
            ArgumentError, match=r"'budget' must be (None or a positive number of seconds|a number or None), not "
        ):
            xoropt.explore.explore(SPACE, budget=budget)
    with pytest.raises(ArgumentError, match="No point of the space can be built; the first: Argument 'window'"):
        xoropt.explore.explore({"windowed": {"n_in": 8, "window": 4}}, weights=1000, jobs=1, synthesize=False)
    with pytest.raises(ArgumentError, match="no tensor to store"):
        xoropt.explore.explore(SPACE, {"w": np.random.default_rng(0).standard_normal((50, 50))}, jobs=1)
    with pytest.raises(ArgumentError, match="no care bit"):
        xoropt.explore.explore(SPACE, sparsity=0.999, weights=3, jobs=1)
    with pytest.raises(ArgumentError, match="'data' must be"):
        xoropt.explore.explore(SPACE, 7, jobs=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(XoroptError, match="choose another --out"):
        xoropt.explore.explore(SPACE, weights=1000, jobs=1, out=tmp_path / "file")
    (tmp_path / "points.jsonl").write_text("{}\n")
    with pytest.raises(XoroptError, match="line 1 is no result"):
        xoropt.explore.explore(SPACE, weights=1000, jobs=1, synthesize=False, out=tmp_path)
    for line in ({"workload": 3, "fingerprint": "f"}, {"impossible": {"workload": "w", "point": "p", "why": 5}}):
        (tmp_path / "points.jsonl").write_text(json.dumps(line) + "\n")
        with pytest.raises(XoroptError, match="line 1 is no result"):
            xoropt.explore.explore(SPACE, weights=1000, jobs=1, synthesize=False, out=tmp_path)
    os.remove(tmp_path / "points.jsonl")
    small = {"block": {"n_in": 8, "solvers": "greedy"}}
    xoropt.explore.explore(small, weights=1000, jobs=1, synthesize=False, out=tmp_path)
    with pytest.raises(XoroptError, match="results of other data"):
        xoropt.explore.explore(small, weights=2000, jobs=1, synthesize=False, out=tmp_path)


@pytest.mark.parametrize(
    ("key", "value"), [("efficiency", "high"), ("low", None), ("sample", True), ("gates", float("nan"))]
)
def test_results_of_the_wrong_kind(key, value, tmp_path):
    small = {"block": {"n_in": 8, "solvers": "greedy"}}
    xoropt.explore.explore(small, weights=1000, jobs=1, synthesize=False, out=tmp_path)
    path = tmp_path / "points.jsonl"
    head, line, _ = path.read_text().splitlines()
    entry = json.loads(line)
    entry["result"][key] = value
    path.write_text(f"{head}\n{json.dumps(entry)}\n")
    with pytest.raises(XoroptError, match="line 2 is no result"):
        xoropt.explore.explore(small, weights=1000, jobs=1, synthesize=False, out=tmp_path)


def test_results_of_another_version(tmp_path, monkeypatch):
    small = {"block": {"n_in": 8, "solvers": "greedy"}}
    xoropt.explore.explore(small, weights=1000, jobs=1, synthesize=False, out=tmp_path)
    monkeypatch.setattr("xoropt.explore.exploration.__version__", "99")
    with pytest.raises(XoroptError, match="another version"):
        xoropt.explore.explore(small, weights=1000, jobs=1, synthesize=False, out=tmp_path)
