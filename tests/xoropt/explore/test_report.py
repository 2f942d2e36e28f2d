"""The files of an exploration: the page, opened in a real browser, the figures, the table and JSON."""

import itertools
import json
import re
import shlex
import subprocess
import tempfile
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from debian_packages import find_program

import xoropt
from xoropt.cli.explore import seconds_of
from xoropt.explore import draw_fronts, write_figures, write_report

SPACE = """
samples = [2000]
[block]
n_in = [8, 20]
[windowed]
n_in = 8
window = [64, 256]
orders = "lanes:lanes=64"
"""
HOSTILE = (
    "<script>console.error('seen')<∕script>",
    "\"><img src=x onerror=console.error('seen')>",
    "' onload='console.error(1)",
    "\x1b[31mred\u202e",
)
"""Names that would do something in a page or on a terminal; also those of files."""


@pytest.fixture(scope="module")
def exploration():
    space = tomllib.loads(SPACE)
    return xoropt.explore.explore(space, sparsity=[0.8, 0.9], weights=50_000, jobs=1, synthesize=False)


def browse(*arguments):
    """Chromium's standard output, and what its console said."""
    with tempfile.TemporaryDirectory() as profile:
        run = [find_program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        run += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--window-size=1280,1400"]
        done = subprocess.run([*run, *arguments], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_holds_all_figures(exploration, tmp_path):
    page = write_report(exploration, tmp_path / "report.html").read_text()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    data = json.loads(data)
    assert set(data.pop("symbols")) == {point["topology"] for point in data["points"]} >= {"auto", "block", "windowed"}
    assert data == exploration.to_dict()
    assert {point["workload"] for point in data["points"]} == {"S=0.8", "S=0.9"}


@pytest.mark.slow
@pytest.mark.debian("chromium")
def test_the_page_in_a_browser(exploration, tmp_path):
    page, picture = tmp_path / "report.html", tmp_path / "page.png"
    first, *others = exploration.workloads
    advice, *more = first.advice
    advice = replace(advice, sentence=advice.sentence + "</script><script>console.error('escaped')</script>")
    write_report(replace(exploration, workloads=[replace(first, advice=[advice, *more]), *others]), page)
    text, said = browse("--dump-dom", f"file://{page}")
    assert said == []
    assert text.count('class="card"') == 3
    points = re.findall(r'<g class="point[^>]*>', text)
    assert first.workload == "S=0.8"
    assert len(points) == len(first.points)
    assert sum('tabindex="0"' in point for point in points) >= len(first.front)  # the keyboard reaches the front
    assert all(f"{result.network}, {result.order}: E " in text for result in first.front)
    assert len(re.findall("<tr[^>]* data-point", text)) == len(first.table)
    assert text.count('class="tag base"') == 1  # the baseline is in the table
    assert {each.result.point for each in first.advice if each.result} <= {result.point for result in first.table}
    assert "gains at least <b>0.1&nbsp;% of E</b>" in text
    assert "Copy command" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")  # all in one file
    assert "two-input XOR gates per output</text>" in text
    text, said = browse("--dump-dom", f"file://{page}#registers")  # the address keeps the axis
    assert "register bits of the decoder</text>" in text
    assert said == []
    _, said = browse(f"--screenshot={picture}", f"file://{page}")
    assert said == []
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert picture.stat().st_size > 20_000  # something was drawn


@pytest.mark.slow
@pytest.mark.debian("chromium")
def test_names_do_nothing_on_the_page(exploration, tmp_path):
    """Not those of networks, orders and solvers, or of what can't be built."""
    first, *others = exploration.workloads
    points = [
        replace(point, network=f"{point.network}{name}", order=name, solver=name)
        for point, name in zip(first.points, itertools.cycle(HOSTILE), strict=False)
    ]
    hostile = replace(first, points=points, impossible={name: name for name in HOSTILE})
    page = write_report(replace(exploration, workloads=[hostile, *others]), tmp_path / "report.html")
    text, said = browse("--dump-dom", f"file://{page}")
    assert said == []
    assert "<img" not in text
    assert text.count("<script") == 2  # the page's own


@pytest.mark.debian("chromium")
def test_a_broken_page_is_noticed(tmp_path):
    """The test above sees what the console says."""
    (tmp_path / "bad.html").write_text("<script>console.error('seen'); nothing.here()</script>")
    _, said = browse("--dump-dom", f"file://{tmp_path}/bad.html")
    assert len(said) == 2


def test_figures(exploration, tmp_path):
    pytest.importorskip("matplotlib")
    written = write_figures(exploration, tmp_path)
    assert sorted(path.name for path in written) == [
        f"front-S=0.{rate}.{kind}" for rate in (8, 9) for kind in ("png", "svg")
    ]
    assert all(path.stat().st_size > 5000 for path in written)
    with pytest.raises(xoropt.XoroptError, match="no workload 'x'"):
        draw_fronts(exploration, "x", [])


def test_the_command(tmp_path, xoropt_command):
    (tmp_path / "space.toml").write_text(SPACE)
    options = ("--sparsity", "0.9", "--weights", "50000", "--jobs", "1", "--no-synthesize", "--budget", "5m")
    command = ("explore", tmp_path / "space.toml", *options, "--out", tmp_path / "out")
    status, out, err = xoropt_command(*command, "--json")
    assert (status, err) == (0, "")
    figures = json.loads(out)
    assert figures["complete"]
    assert {"points", "front"} <= set(figures)
    assert len(figures["points"]) == 5
    assert [point["command"] for point in figures["points"] if point["baseline"]] == ["--network auto"]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"points.jsonl", "report.html", "front.png", "front.svg"}
    weights = np.random.default_rng(0).standard_normal((60, 60), dtype=np.float32)
    np.savez(tmp_path / "in.npz", w=weights)
    for point in figures["points"]:  # its command is one that compress understands
        options = ("--sparsity", "0.9", "--bits", "1", "--force", "--json", *shlex.split(point["command"]))
        status, out, _ = xoropt_command("compress", tmp_path / "in.npz", tmp_path / "small", *options)
        stored = json.loads(out)["tensors"]["w"]
        assert status == 0
        if not point["baseline"]:  # "auto" fits each layer
            assert (stored["network"], stored["order"]) == (point["network"], point["order"])
    status, out, err = xoropt_command(*command)
    assert (status, err) == (0, "")
    assert "For a software decoder take " in out
    assert "networks are worth their cost" in out
    status, out, _ = xoropt_command("explore", "--print-space")
    assert tomllib.loads(out)["windowed"]


def test_one_tensor_of_a_file(tmp_path, monkeypatch, xoropt_command):
    """The command that is printed stores this tensor so, and nothing else."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.savez("my model.npz", **{name: rng.standard_normal((60, 60)) for name in ("a", "b[0]")})
    (tmp_path / "space.toml").write_text("[block]\nn_in = 8\n")
    command = ("explore", "space.toml", "--data", "my model.npz", "--sparsity", "0.8", "--bits", "1", "--no-synthesize")
    status, out, _ = xoropt_command(*command, "--tensor", "b[0]")
    assert status == 0
    assert "no circuit was searched for: --no-synthesize was given" in out
    printed = next(line for line in out.splitlines() if "--network block" in line)
    arguments = shlex.split(printed)[1:]
    assert arguments[:3] == ["compress", "my model.npz", "OUT.safetensors"]
    status, out, _ = xoropt_command(*arguments, "--json")
    assert (status, [*json.loads(out)["tensors"]]) == (0, ["b[0]"])
    page = (tmp_path / "explore" / "report.html").read_text()
    assert '"source": "my model.npz"' in page or '"source":"my model.npz"' in page
    status, out, _ = xoropt_command("explore", "space.toml", "--data", "OUT.safetensors", "--out", "two")
    assert (
        "xoropt compress IN.safetensors OUT.safetensors --network" in out
    )  # what is compressed already can't be again


BAD = {
    "no such file": (("absent.toml",), 1, "absent.toml: No such file"),
    "unknown key": (("bad.toml",), 1, "no key 'tap'; the nearest is 'taps'"),
    "no such data": (("--data", "absent.safetensors"), 1, "absent.safetensors: No such file"),
    "no time": (("--budget", "0.001s", "--weights", "1000"), 1, "no time for a single point"),
    "bad budget": (("--budget", "soon"), 2, "must be a duration"),
    "budget of nothing": (("--budget", "0m"), 2, "must be a duration"),
    "bits without data": (("--bits", "2"), 2, "'--bits' goes with '--data'"),
    "tensor without data": (("--tensor", "w"), 2, "'--tensor' goes with '--data'"),
    "no such tensor": (
        ("--data", "in.npz", "--tensor", "v", "--bits", "1"),
        1,
        "in.npz: there is no tensor 'v'; the nearest",
    ),
    "two rates with data": (("--data", "x", "--sparsity", "0.8", "--sparsity", "0.9"), 2, "random data alone"),
    "a rate of 1": (("--sparsity", "1"), 2, "'--sparsity' must be at least 0"),
    "a file as DIR": (("--out", "bad.toml", "--weights", "1000"), 1, "bad.toml: "),
    "jobs": (("--jobs", "0"), 2, "'--jobs' must be from 1 to 4096"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(name, tmp_path, monkeypatch, xoropt_command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text("[windowed]\ntap = 3\n")
    np.savez(tmp_path / "in.npz", w=np.ones((4, 4)))
    arguments, expected, word = BAD[name]
    status, out, err = xoropt_command("explore", *arguments)
    assert (status, out) == (expected, "")
    assert err.count("\n") == 1
    assert word in err


def test_durations():
    assert [seconds_of(text) for text in ("90s", "2m", "1h", "1h30m", "45", "1.5m", " 2M ")] == [
        90,
        120,
        3600,
        5400,
        45,
        90,
        120,
    ]
