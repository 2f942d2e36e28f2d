"""The report: one HTML page that needs no other file."""

import json
import os
from importlib import resources
from pathlib import Path

from xoropt.common.files import whole_file
from xoropt.explore.results import Exploration

__all__ = ["write_report"]


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
    folder = resources.files("xoropt.explore") / "page"
    page, css, js = ((folder / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    data = json.dumps(exploration.to_dict())  # in ASCII: half a character could not be written
    data = data.replace("<", "\\u003c")  # no text in it can end the script
    for mark, text in (("/*css*/", css), ("/*js*/", js), ("/*data*/", data)):
        before, after = page.split(mark)
        page = before + text + after
    path = Path(path)
    with whole_file(path, overwrite=True) as part:
        part.write_text(page, encoding="utf-8")
    return path
