"""What this book needs of Sphinx and no package gives.

Three things: MathJax comes from the book's own folder, and only the part of it that the pages
ask for; the theme's accessibility faults that are visible in the HTML are mended there; and the
appendices that are made from the code (the API reference) are written before Sphinx reads them.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

# MathJax 3.2.2 is 24 MB as the package carries it. A page asks for the component below, its
# fonts, the TeX extensions (loaded when a formula uses them) and the speech rules of the
# accessibility menu.
MATHJAX = ("tex-chtml.js", "output/chtml", "input/tex/extensions", "a11y", "sre")
SPEECH_LANGUAGES = ("base.json", "en.json")


def mathjax_folder() -> Path:
    """The folder of MathJax inside the installed package (its name is no identifier)."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is not installed: run `make book`.")
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the needed part of MathJax into the built book."""
    if exception is not None or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    if target.exists():
        return

    def unwanted(folder: str, names: list[str]) -> set[str]:
        if Path(folder).name != "mathmaps":
            return set()
        return {name for name in names if name not in SPEECH_LANGUAGES}

    target.mkdir(parents=True)
    for name in MATHJAX:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=unwanted)
        else:
            shutil.copy(source / name, target / name)


def mend(html: str) -> str:
    """Mend what the theme writes and a screen reader stumbles over."""
    # The label of a control must contain the words that it shows.
    html = html.replace('aria-label="Search" placeholder="Search..."', 'placeholder="Search..."')
    # A list of references is a list: docutils gives it roles that its children do not have.
    html = re.sub(r'(<div class="citation"[^>]*?) role="doc-biblioentry"', r"\1", html)
    html = html.replace('role="list"><div class="citation"', '><div class="citation"')
    return html


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page that was written."""
    if exception is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        after = mend(before)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
