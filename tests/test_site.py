"""The site is built without a warning; no link is broken, nothing is fetched, a browser has no complaint."""

import html.parser
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from debian_packages import find_program

ROOT = Path(__file__).parents[1]
FETCHED = {"link", "script", "img", "iframe", "source"}
"""Elements whose address a browser fetches to show a page."""

pytestmark = pytest.mark.slow


class Page(html.parser.HTMLParser):
    """The places of a page that links may lead to, and its links."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[key] for key in ("id", "name") if found.get(key)}
        self.links += [(tag, found[key]) for key in ("href", "src") if found.get(key)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("material", reason="needs mkdocs-material: pip install 'xoropt[docs]'")
    pytest.importorskip("mkdocstrings_handlers.python", reason="needs mkdocstrings-python: pip install 'xoropt[docs]'")
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        build, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_of_docs_is_there(site, pages):
    sources = [path for path in (ROOT / "docs").rglob("*.md") if "_site" not in path.parts]
    for path in sources:
        assert site / path.relative_to(ROOT / "docs").with_suffix(".html") in pages
    for name in ("xoropt", "xoropt.networks", "xoropt_solvers"):
        assert f'id="{name}.' in (site / "reference" / f"{name}.html").read_text()


def test_no_link_is_broken(pages):
    broken = []
    for path, page in pages.items():
        for _, link in page.links:
            parts = urlsplit(link)
            if path.name == "404.html":  # its links are a server's
                continue
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append(f"{path.name}: {link}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                broken.append(f"{path.name}: {link} has no such place")
    assert broken == []


def test_nothing_is_fetched_from_elsewhere(pages):
    elsewhere = {
        link for page in pages.values() for tag, link in page.links if tag in FETCHED and urlsplit(link).netloc
    }
    assert elsewhere == set()


def browse(folder, pages):
    """What the console of Chromium says about these pages, each in a frame of one page."""
    frames = "".join(f'<iframe src="{os.path.relpath(page, folder)}"></iframe>' for page in pages)
    (folder / "all-frames.html").write_text(f"<!doctype html>{frames}")
    run = [find_program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    run += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=10000", "--dump-dom"]
    done = subprocess.run(
        [*run, f"file://{folder}/all-frames.html"], capture_output=True, text=True, check=True, timeout=180
    )
    (folder / "all-frames.html").unlink()
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.debian("chromium")
def test_a_browser_shows_every_page_without_an_error(site, pages):
    assert browse(site, pages) == []
    bad = site / "bad.html"
    bad.write_text("<script>console.error('seen')</script>")
    (said,) = browse(site, [bad])  # errors in a frame are noticed
    assert "seen" in said
