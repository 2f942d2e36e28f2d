"""The benchmark of weights near their entropy: its bounds are right, its rivals exact, and the command says all."""

import importlib
import json
import math
import runpy
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

FOLDER = Path(__file__).parents[2] / "benchmarks"
SIZE = 1 << 12


@pytest.fixture(scope="module")
def forms():
    return importlib.import_module("coding.forms")


@pytest.fixture(scope="module")
def rivals():
    return importlib.import_module("coding.rivals")


@pytest.fixture(scope="module")
def sources():
    return importlib.import_module("coding.sources")


@pytest.fixture(scope="module")
def gaussian(sources):
    (found,), missing = sources.load(SIZE, None, ["Gaussian"])
    assert not missing
    return found


def binary_entropy(p):
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_the_bound_of_floats_is_that_of_their_fields(forms, sources):
    weights = np.array([[1, 1.5, -1.75, 2, -3, 0.25, 0.3, 0.375]], np.float32)  # exponents: 3, 2 and 3 of 8
    exponents = -6 / 8 * math.log2(3 / 8) - 2 / 8 * math.log2(2 / 8)
    found = forms.case(sources.Source("a few", weights, False), "bfloat16")
    assert found.bound == pytest.approx(8 + exponents)
    assert found.plain == 16


@pytest.mark.parametrize(("form", "sparsity"), [("int4, S = 0.5", 0.5), ("int4, S = 0.7", 0.7)])
def test_the_bound_of_pruned_codes_is_that_of_mask_and_codes(forms, gaussian, form, sparsity):
    found = forms.case(gaussian, form)
    codes = found.array.reshape(-1)
    kept = codes[codes != 0]
    assert len(kept) == pytest.approx((1 - sparsity) * SIZE, abs=2)
    assert codes.min() >= -7
    assert codes.max() <= 7
    of_codes = forms.entropy(np.unique(kept, return_counts=True)[1])
    share = len(kept) / SIZE
    assert found.bound == pytest.approx(binary_entropy(share) + share * of_codes)


def test_a_form_with_more_bits_than_the_weights_is_left_out(forms, sources, gaussian):
    half = sources.Source("half", gaussian.weights.astype(np.float16), True)
    assert forms.case(half, "float32") is None
    assert [form for form in forms.FORMS if forms.case(gaussian, form) is None] == []


def test_every_rival_gives_every_form_back(forms, rivals, gaussian):
    out = np.zeros(4 * SIZE, np.uint8)
    installed = [rival for rival in rivals.RIVALS if rivals.is_installed(rival)]
    assert {"range coder", "Huffman"} <= {rival.name for rival in installed}
    for form in forms.FORMS:
        case = forms.case(gaussian, form)
        for rival in installed:
            stored = rival.store(case)
            assert stored.is_exact(out), (rival.name, form)
            if rival.name == "Huffman":
                assert stored.bits >= rivals.RIVALS[-2].store(case).bits - 8 * len(np.unique(case.patterns))


def test_a_rival_that_is_not_installed_is_named(rivals, monkeypatch):
    monkeypatch.setattr(rivals.importlib.util, "find_spec", lambda name: None if name == "zipnn_core" else name)
    (line,) = rivals.missing_rivals()
    assert line.startswith("ZipNN is left out: pip install")


def test_weights_are_read_from_a_wheel(sources, tmp_path):
    matrix = np.arange(600 * 256, dtype=np.float16).reshape(600, 256)
    with zipfile.ZipFile(tmp_path / "wordllama-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("wordllama/weights/some_256.safetensors", save({"embedding": matrix}))
        wheel.writestr("wordllama/weights/other.txt", "")
    (found,), missing = sources.load(100_000, tmp_path, ["embedding"])
    assert not missing
    assert found.real
    assert np.array_equal(found.weights, matrix[:390])


def test_missing_weights_are_named(sources, monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    found, missing = sources.load(1000, None, ["embedding"])
    assert not found
    assert missing[0].startswith("embedding is left out: pip install wordllama")


@pytest.mark.slow
def test_the_command_writes_what_it_measured(forms, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["entropy.py", "--quick", "--out", str(tmp_path)])
    runpy.run_path(str(FOLDER / "entropy.py"), run_name="__main__")
    text = capsys.readouterr().out
    figures = json.loads((tmp_path / "entropy.json").read_text())
    assert [row["form"] for row in figures["rows"]] == list(forms.FORMS)
    for row in figures["rows"]:
        assert row["form"] in text
        assert row["bits"]["xoropt"] > 0.95 * row["bound"]
        assert row["decoding"]["xoropt"] > 0
    assert {line["form"] for line in figures["long"]} >= {"bfloat16"}
    assert "DFloat11" in text
    assert figures["missing"] == [] or "is left out: pip install" in text
    assert (tmp_path / "entropy.png").read_bytes().startswith(b"\x89PNG")
