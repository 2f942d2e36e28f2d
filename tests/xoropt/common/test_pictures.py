"""A place for matplotlib's files is found where HOME is not there."""

import os
from pathlib import Path

import pytest

from xoropt.common import pictures


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    monkeypatch.delenv(pictures.VARIABLE, raising=False)
    monkeypatch.setattr(pictures, "writable", lambda folder: False)
    (tmp_path / "out").mkdir()
    yield tmp_path / "out"
    os.environ.pop(pictures.VARIABLE, None)


def test_nothing_is_done_where_matplotlib_finds_a_place(monkeypatch, tmp_path):
    monkeypatch.delenv(pictures.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    pictures.give_place(tmp_path)
    assert pictures.VARIABLE not in os.environ
    assert not list(tmp_path.iterdir())


def test_a_temporary_folder_or_one_beside_the_pictures(homeless, monkeypatch):
    pictures.give_place(homeless)
    first = Path(os.environ.pop(pictures.VARIABLE))
    assert first.is_dir()
    assert first.parent != homeless
    monkeypatch.setattr("tempfile.tempdir", str(homeless / "nowhere"))
    pictures.give_place(homeless)
    assert Path(os.environ[pictures.VARIABLE]).parent == homeless
    pictures.give_place(homeless)  # a second one is not made
    assert len(list(homeless.iterdir())) == 1


def test_without_any_place_it_is_left_to_matplotlib(homeless, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(homeless / "nowhere"))
    pictures.give_place(homeless / "nowhere")
    assert pictures.VARIABLE not in os.environ
