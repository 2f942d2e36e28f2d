"""The report: one HTML page that needs nothing else."""

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

from xoropt.common.files import whole_file

__all__ = ["write_report"]


def write_report(figures: dict[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write an exploration's figures as a page that works offline: a plot to hover, recommendations, the front.

    Args:
        figures: of `Exploration.to_dict`.
        path: the file; one that is there is replaced.

    Raises:
        XoroptError: it can't be written.
    """
    folder = resources.files("xoropt.explore") / "page"
    page, css, js = ((folder / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    data = json.dumps(figures, ensure_ascii=False).replace("<", "\\u003c")  # so that no text of it can end the script
    for mark, text in (("/*css*/", css), ("/*js*/", js), ("/*data*/", data)):
        before, after = page.split(mark)
        page = before + text + after
    path = Path(path)
    with whole_file(path, overwrite=True) as part:
        part.write_text(page, encoding="utf-8")
    return path
