"""Tables fit the line: as they are, with footnotes, or in pieces; nothing is broken or cut."""

import io
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from safetensors.numpy import save_file

import xoropt
from xoropt.cli.tables.console import fits, open_console, print_command, print_table, without_constants

COLUMNS = ("tensor", "shape", "bits", "seeds")
ROWS = [
    *((f"model.layers.{i}.self_attn.q_proj.weight", "4096×4096", "1.2345", "0.1000") for i in range(3)),
    (),
    ("all", "", "1.2345", "0.1000"),
]


def printed(width, capsys, **options):
    print_table(Console(width=width), "Title", COLUMNS, ROWS, **options)
    return capsys.readouterr().out


def test_wide(capsys):
    out = printed(100, capsys)
    assert "(1)" not in out
    assert "model.layers.2.self_attn.q_proj.weight  4096×4096  1.2345  0.1000" in out


def test_with_footnotes(capsys):
    out = printed(60, capsys)
    assert "(3)  4096×4096  1.2345  0.1000" in out
    assert "(3) model.layers.2.self_attn.q_proj.weight\n" in out
    assert "(4)" not in out  # sums keep their short names
    assert " all             1.2345  0.1000" in out
    assert max(map(len, out.splitlines())) <= 60
    assert "(1) model.layers.0.self_attn.q_proj.weight: first" in printed(60, capsys, notes=["first", "", ""])


def test_in_pieces(capsys):
    out = printed(24, capsys)
    assert out.count("(1)") == 3  # two pieces, and the footnote
    assert out.count("4096×4096") == 3
    assert max(map(len, out.splitlines())) <= 24


def test_broken_between_words(capsys):
    columns = ("method", "cores", "million weights a second", "times smaller")
    rows = [("cascade, 2 layers, optimized", "1", "12.345", "2.1"), ("block", "16", "1.2", "1.1")]
    print_table(Console(width=46), "Title", columns, rows, names=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-6].split() == ["method", "cores", "second", "smaller"]  # headings stand on the line below
    assert lines[-4].split() == ["cascade,", "2", "layers,", "1", "12.345", "2.1"]  # and figures on the first
    assert lines[-3].split() == ["optimized"]


def test_equal_names_have_one_number(capsys):
    network = "windowed:n_in=64,n_out=672,window=512,taps=8"
    rows = [(network, "greedy", "0.9"), (network, "exact", "0.5"), ("block:n_in=20,n_out=180", "exact", "0.5")]
    print_table(Console(width=50), None, ("network", "solver", "S"), rows, names=2)
    out = capsys.readouterr().out
    assert " (1)  exact   0.5 \n (2)  exact   0.5 \n" in out
    assert out.endswith(f"(1) {network}\n(2) block:n_in=20,n_out=180\n")
    print_table(Console(width=40), None, ("network", "solver", "S"), rows, names=2)
    assert "(1) windowed:n_in=64,n_out=672,\n  window=512,taps=8\n" in capsys.readouterr().out


def test_a_command_can_be_copied(capsys):
    command = "xoropt compress IN OUT --network windowed:n_in=64,n_out=672 --order lanes:lanes=512"
    print_command(Console(width=100), command)
    assert capsys.readouterr().out == f"  {command}\n"
    print_command(Console(width=30), command)
    lines = capsys.readouterr().out.splitlines()
    assert [line[-1] for line in lines] == ["\\", "\\", "2"]
    assert " ".join(line.removesuffix("\\").strip() for line in lines) == command


TEXTS = st.text("ab=,-[é ", max_size=9).map(str.strip)


@given(st.data(), st.integers(1, 3), st.integers(1, 9), st.integers(40, 100))
def test_no_line_is_too_long_and_no_figure_missing(data, names, figures, width):
    columns = data.draw(st.lists(TEXTS, min_size=names + figures, max_size=names + figures))
    row = st.tuples(*[st.text("ab, ", max_size=20).map(str.strip)] * names, *[TEXTS] * figures)
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    console = Console(width=width, file=io.StringIO())
    print_table(console, "Title", columns, rows, names=names)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    words = Counter(word for line in lines for word in line.split())
    assert not Counter(word for row in rows for cell in row[names:] for word in cell.split()) - words


def test_names_above(capsys):
    columns, rows = ("", *(row[0] for row in ROWS[:3])), [("network", *"abc"), (), ("gates", *"123")]
    print_table(Console(width=70), None, columns, rows, names_above=True)
    out = capsys.readouterr().out
    assert "(1)  (2)  (3)" in out
    assert "gates      1    2    3" in out
    assert "(2) model.layers.1.self_attn.q_proj.weight" in out


def test_constants_are_left_out():
    table = [("tensor", "a", "b"), ("n_q", "2", "2"), ("bits", "1", "3")]
    assert without_constants(table) == ([table[0], table[2]], [("n_q", "2")])
    one = [("tensor", "a"), ("n_q", "2")]
    assert without_constants(one) == (one, [])


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("12", 40), ("none", 200), ("", 200), ("0", 200)])
def test_the_width_of_a_pipe(columns, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert open_console().width == width
    assert fits(open_console(), ("x" * (width - 2),), [])
    assert not fits(open_console(), ("x" * (width - 1),), [])


def test_words_are_explained_and_small_tensors_share_a_line(tmp_path, monkeypatch, xoropt_command):
    rng = np.random.default_rng(0)
    tensors = {f"layers.{i}.norm.weight": np.ones(64, np.float32) for i in range(5)}
    tensors |= {f"layers.{i}.up.weight": rng.standard_normal((64, 64)).astype(np.float32) for i in range(2)}
    tensors["tok_emb.weight"] = rng.standard_normal((64, 64)).astype(np.float32)
    save_file(tensors, tmp_path / "in")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    lines = xoropt_command("compress", "in", "out", "--sparsity", "0.9", "--bits", "1")[1].splitlines()
    out = " ".join(" ".join(lines).split())
    assert "5 uncompressed, 1,280 bytes, fewer than 1024 weights: layers.0.norm.weight, layers.1.norm.weight," in out
    assert "tok_emb.weight 64×64 float32 16,384 an embedding, by its name" in out
    assert "magnitude kept; retrain after pruning biases, norms and embeddings are left out" in out
    assert "E: care bits / (seed + patch bits), at most 1; bound: bits/weight of an ideal entropy coder" in out
    for unsaid in ("packed 1 :", "proved", "E 100.0%,", "0.0000,"):
        assert unsaid not in out
    again = xoropt_command("inspect", "out")[1]
    assert next(line for line in lines if line.startswith("pruned")) in again  # the file says what pruning cost


def test_a_plain_file_is_shown_by_names(tmp_path, monkeypatch, xoropt_command):
    rng = np.random.default_rng(0)
    tensors = {f"layers.{i}.up.weight": rng.standard_normal((64, 64)).astype(np.float32) for i in range(3)}
    save_file(tensors | {"head": np.zeros((3, 64), np.float32)}, tmp_path / "in")
    for width in ("60", "120"):
        monkeypatch.setenv("COLUMNS", width)
        status, out, _ = xoropt_command("inspect", tmp_path / "in")
        assert (status, out.count("layers.*.up.weight"), " plain" in out) == (0, 1, False)
        assert "head" in out


@pytest.mark.parametrize("width", [80, 100, 140])
def test_real_names_are_never_broken(width, tmp_path, monkeypatch, xoropt_command):
    rng = np.random.default_rng(0)
    tensors = {
        f"model.layers.{i}.{name}.weight": rng.standard_normal(shape).astype(np.float32)
        for i in range(2)
        for name, shape in (("self_attn.q_proj", (64, 64)), ("mlp.down_proj", (64, 176)), ("input_layernorm", (64,)))
    }
    save_file(tensors, tmp_path / "in")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(tmp_path)
    status, out, _ = xoropt_command("compress", "in", "out", "--sparsity", "0.9", "--bits", "2")
    assert status == 0
    shown = [out, *(xoropt_command(*line)[1] for line in (("inspect", "out"), ("verify", "in", "out")))]
    for text in shown:
        lines = text.splitlines()
        assert max(map(len, lines)) <= width
        for name in tensors:
            assert any(name in line for line in lines)
    summary = out.splitlines()
    assert summary[0].startswith("out: ")
    assert any(line.startswith("4 tensors compressed: 30,720 weights, ") for line in summary[:4])
    assert any(line.startswith("the same for all: ") and "n_q 2, network packed, patches 0" in line for line in summary)


def test_copies_names_and_sizes_in_words(tmp_path, monkeypatch, xoropt_command):
    """A copy has no rate, a name that would not be seen is quoted, and one thing is not several."""
    monkeypatch.setenv("COLUMNS", "140")
    weights = np.random.default_rng(0).choice(np.float32([0, 1, -1]), (128, 128), p=[0.9, 0.05, 0.05])
    source, out = tmp_path / "in.safetensors", tmp_path / "out.safetensors"
    save_file({"a": weights, "b": weights.copy(), "": np.zeros(3, np.float32)}, source)
    status, printed, _ = xoropt_command("compress", source, out)
    assert status == 0
    copy = next(line for line in printed.splitlines() if "the same as a" in line)
    assert " : " not in copy
    assert "\n ''" in printed
    assert "Where the bits go (mask, seeds, scales in bits/weight)" in printed

    save_file({"tiny": np.zeros(3, np.float32)}, source)
    status, printed, _ = xoropt_command("compress", source, out, "--force")
    assert "times larger than" in printed
    save_file({}, source)
    status, _, said = xoropt_command("compress", source, out, "--force")
    assert "there are no weights in the file" in said


def test_the_bound_of_a_file_is_the_bound_that_was_printed(tmp_path):
    weights = np.random.default_rng(0).choice(np.arange(7, dtype=np.int8), (64, 64), p=[0.4, *[0.1] * 6])
    model = xoropt.compress({"w": weights})
    xoropt.save(model, tmp_path / "w.safetensors")
    before, after = (xoropt.report(one).tensors["w"].bound for one in (model, xoropt.load(tmp_path / "w.safetensors")))
    assert abs(before - after) < 0.0001
