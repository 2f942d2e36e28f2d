"""A run that was ended goes on: the folder of what is done so far, and the journal of what it was done for."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from xoropt.common.errors import XoroptError
from xoropt.common.files import reason_of
from xoropt.common.version import __version__
from xoropt.model.config import CompressConfig

__all__ = ["FINISHED", "identity_of", "part_path", "partial_folder", "unfinished_path", "write_part"]

JOURNAL = "unfinished.json"
PARTS = "parts"
FINISHED = "finished"
"""Where in it the files of the output are; when all are there, this becomes the output."""
WITHOUT_EFFECT = ("jobs",)
"""Options that change no byte of what is written."""


def unfinished_path(out: Path) -> Path:
    """Return where the unfinished output lies: beside it, so that it can be moved into place."""
    return out.with_name(f"{out.name}.partial")


def identity_of(config: CompressConfig, sums: dict[str, str]) -> dict[str, Any]:
    """Return what decides the bytes that are written.

    Args:
        config: the options.
        sums: the SHA-256 of every file of the original, by path.
    """
    options = {key: value for key, value in asdict(config).items() if key not in WITHOUT_EFFECT}
    return json.loads(json.dumps({"xoropt": __version__, "options": options, "files": sums}))


@contextmanager
def partial_folder(out: Path, identity: dict[str, Any], overwrite: bool) -> Iterator[Path]:
    """Give the folder for an unfinished output, with what an earlier run for the same has left there.

    It stays where the block fails, so that the next run goes on with it, unless nothing was done in it.

    Raises:
        XoroptError: it holds the work for other options or another original, which are named, and `overwrite` is not
            set; another process works there; or it cannot be written.
    """
    folder = unfinished_path(out)
    mine = False
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise XoroptError(f"{folder}: is no folder, and the unfinished output goes there; move it away.")
        if folder.is_dir():
            _check_same(folder, out, identity, overwrite)
        for inner in (PARTS, FINISHED):
            (folder / inner).mkdir(parents=True, exist_ok=True)
        with (folder / JOURNAL).open("a+", encoding="utf-8") as journal:
            _lock(journal, folder)
            journal.truncate(0)
            json.dump(identity, journal)
            journal.flush()
            mine = True
            yield folder
    except OSError as error:
        kept = f"what is done so far is in {folder}, and the same command goes on with it"
        raise XoroptError(
            f"{out}: {reason_of(error)}; {kept if _holds_work(folder) else 'nothing was written'}."
        ) from None
    finally:
        if mine and not _holds_work(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _holds_work(folder: Path) -> bool:
    return any(path.is_file() for inner in (PARTS, FINISHED) for path in (folder / inner).rglob("*"))


def _check_same(folder: Path, out: Path, identity: dict[str, Any], overwrite: bool) -> None:
    """Check that an unfinished output is for the same options and original, or remove it."""
    try:
        before = json.loads((folder / JOURNAL).read_text(encoding="utf-8") or "{}")
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise XoroptError(f"{folder}: is no unfinished output of this program; move it away.") from None
        return
    except ValueError:
        before = {}
    if before == identity:
        return
    if before and not overwrite:
        raise XoroptError(
            f"{folder}: is an unfinished output for something else: {_difference(before, identity)}; go on with what "
            f"it was made for, or remove it, or pass --force (overwrite=True) to begin again."
        )
    with (folder / JOURNAL).open("a+", encoding="utf-8") as journal:
        _lock(journal, folder)
    shutil.rmtree(folder)


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Name what has changed, in a few words."""
    if before.get("xoropt") != now["xoropt"]:
        return f"version {before.get('xoropt')} of xoropt began it, and this is {now['xoropt']}"
    old, new = before.get("options", {}), now["options"]
    for key in [*new, *old]:
        if old.get(key) != new.get(key):
            return f"the option '{key}' was {old.get(key)!r} and is {new.get(key)!r}"
    old, new = before.get("files", {}), now["files"]
    for key in [*new, *old]:
        if old.get(key) != new.get(key):
            what = "is new" if key not in old else "is missing" if key not in new else "has changed"
            return f"the file '{key}' {what}"
    return "its journal is another"


def _lock(journal: TextIO, folder: Path) -> None:
    """Refuse to work where another process does; the system frees the lock when that ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # no such system
        return
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise XoroptError(f"{folder}: another process works there; wait for it or name another output.") from None
    except OSError:
        return  # a file system without locks


def part_path(folder: Path, number: int) -> Path:
    """Return where the encoded unit of this number lies."""
    return folder / PARTS / f"{number:06d}.safetensors"


def write_part(path: Path, data: Iterable[np.ndarray]) -> None:
    """Write an encoded unit, piece after piece, whole or not at all.

    Raises:
        OSError: the system refuses.
    """
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb") as file:
            for piece in data:
                file.write(piece.data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
