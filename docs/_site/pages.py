"""A hook of mkdocs: pages made from files outside docs/, the reference's pages, and links to the repository.

The change log, the pages for contributors and the data's descriptions stay where they are in the repository, and are
pages of the site as well. Links lead to the page where there is one; other files of the repository are copied beside
the site's pages, so that no link leaves the folder. A link to a folder becomes plain text.
"""

import ast
import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
"""Pages outside docs/, by their place in the repository: the page of the site."""
PACKAGES = ("xoropt", "solvers/xoropt_solvers")
COPIES = "repository"
"""The folder of the site for files of the repository that are no pages."""
FETCHED = re.compile(r'<script src="https://[^"]*"></script>')
WORKER = "assets/javascripts/iframe-worker.js"
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`(?!\]))", re.DOTALL | re.MULTILINE)


def outside() -> dict[str, str]:
    """The pages outside docs/, with those that describe the benchmarks' data."""
    described = [
        path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "benchmarks" / "data").rglob("README.md"))
    ]
    return OUTSIDE | {path: path.removesuffix("/README.md") + ".md" for path in described}


def public_packages() -> dict[str, str]:
    """The packages whose names are public, by their dotted name: their first line."""
    found = {}
    for place in PACKAGES:
        top = ROOT / place
        for path in sorted([top / "__init__.py", *top.glob("*/__init__.py")]):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = [
                one for one in tree.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "__all__"
            ]
            if names and path.parent.name not in ("cli", "strategies", "formats"):
                said = ast.get_docstring(tree) or ""
                found[".".join(path.parent.relative_to(top.parent).parts)] = said.partition("\n")[0]
    return found


@event_priority(100)  # before the plugin that makes the navigation
def on_files(files: Files, config) -> Files:
    """Add the pages from outside and the reference's."""
    for path, page in outside().items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text(encoding="utf-8")))
    for name in public_packages():
        files.append(File.generated(config, f"reference/{name}.md", content=f"# {name}\n\n::: {name}\n"))
    files.append(File.generated(config, WORKER, abs_src_path=str(Path(__file__).with_name("iframe-worker.js"))))
    return files


def on_page_markdown(markdown: str, page, config, files: Files) -> str:
    """Point the links of a page to pages of the site, or to copies of the repository's files."""
    places = {page: path for path, page in outside().items()}
    here = PurePosixPath(places.get(page.file.src_uri, f"docs/{page.file.src_uri}")).parent

    def replaced(match: re.Match) -> str:
        text, target = match.groups()
        path, mark, anchor = target.partition("#")
        if not path or re.match(r"\w+:", path):
            return match[0]
        place = PurePosixPath(os.path.normpath(here / path)).as_posix()
        if place == "README.md":
            return f"[{text}]({_from(page, 'index.md')})"
        known = outside().get(place) or (place.removeprefix("docs/") if place.startswith("docs/") else None)
        if known and files.get_file_from_path(known):
            return f"[{text}]({_from(page, known)}{mark}{anchor})"
        if not (ROOT / place).is_file():
            return text if (ROOT / place).is_dir() else match[0]
        copy = f"{COPIES}/{place}"
        if not files.get_file_from_path(copy):
            files.append(File.generated(config, copy, abs_src_path=str(ROOT / place)))
        return f"[{text}]({_from(page, copy)})"

    parts = CODE.split(markdown)
    return "".join(part if i % 2 else LINK.sub(replaced, part) for i, part in enumerate(parts))


def _from(page, target: str) -> str:
    return os.path.relpath(target, PurePosixPath(page.file.src_uri).parent).replace(os.sep, "/")


def on_post_page(output: str, page, config) -> str:
    """Take the one script that the theme would fetch from elsewhere from the site itself."""
    return FETCHED.sub(f'<script src="{_from(page, WORKER)}"></script>', output)


def on_post_template(output: str, template_name: str, config) -> str:
    """Leave that script out of the page that only servers show."""
    return FETCHED.sub("", output)
