"""Pages of results: each is one HTML file that needs no other."""

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

from xoropt.common.files import whole_file
from xoropt.common.kinds import checked
from xoropt.explore.results import Exploration
from xoropt.explore.symbols import on_dark, path_of, symbol_of

__all__ = ["write_page", "write_report"]


@checked
def write_report(exploration: Exploration, path: str | os.PathLike[str]) -> Path:
    """Write an exploration as a page that works offline: a plot to hover over, recommendations, the front.

    Args:
        exploration: the results.
        path: the file; an existing one is replaced.

    Returns:
        The path.

    Raises:
        XoroptError: the file cannot be written.
    """
    shown = {result.topology for result in exploration.points}
    symbols = {
        name: {"colour": symbol_of(name)[0], "dark": on_dark(symbol_of(name)[0]), "path": path_of(name)}
        for name in sorted(shown)
    }
    return write_page("explore", exploration.to_dict() | {"symbols": symbols}, path)


def write_page(name: str, figures: dict[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write figures into a page, with its style and its script after those that all pages share.

    Args:
        name: of the page, in its title and of its files in the folder `page`.
        figures: ready for JSON.
        path: the file; an existing one is replaced.

    Returns:
        The path.

    Raises:
        XoroptError: the file cannot be written.
    """
    page, body = _text("page.html"), _text(f"{name}.html")
    css, js = (_text(f"shared.{kind}") + _text(f"{name}.{kind}") for kind in ("css", "js"))
    data = json.dumps(figures)  # in ASCII: half a character could not be written
    data = data.replace("<", "\\u003c")  # no text in it can end the script
    for mark, text in (
        ("<!--name-->", name),
        ("<!--body-->", body),
        ("/*css*/", css),
        ("/*js*/", js),
        ("/*data*/", data),
    ):
        before, after = page.split(mark)
        page = before + text + after
    path = Path(path)
    with whole_file(path, overwrite=True) as part:
        part.write_text(page, encoding="utf-8")
    return path


def _text(name: str) -> str:
    """Return a file of the folder `page`."""
    return (resources.files("xoropt.explore") / "page" / name).read_text(encoding="utf-8")
