"""What this book needs of Sphinx and no package gives.

The API reference is written from the docstrings before Sphinx reads anything (api.py). MathJax
comes from the book's own folder, and only the part of it that the pages ask for. Every page gets
the script that looks after what is wider than a screen (`_static/scrolls.js`). The faults that
packages write into the HTML are mended there. Pages become live where the bytes can be had (live.py). What no page uses is left out
(slim.py).
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import myst_nb.core.render
from myst_nb.core.utils import coalesce_streams
from sphinx.application import Sphinx

import api
import live
from mlecore import palette
from slim import slim

# MathJax 3.2.2 is 24 MB as the package carries it. A page asks for the component below, its
# fonts, the TeX extensions (loaded when a formula uses them) and the speech rules of the
# accessibility menu.
MATHJAX = ("tex-chtml.js", "output/chtml", "input/tex/extensions", "a11y", "sre")
# Every page would load the index of the whole book; the page of results alone reads it.
SEARCH_SCRIPT = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
# A page without a formula needs no MathJax.
MATH_SCRIPT = re.compile(r'\s*<script[^>]*src="[^"]*tex-chtml\.js[^"]*"[^>]*></script>')
# Where a formula stands among the first words, the first painting waits until it is set: else the
# page jumps under the reader's eyes. Elsewhere the text comes at once, a second or two earlier.
ARTICLE = re.compile(r'<article.*?(?=class="math|</article>)', re.DOTALL)
UNREAD = re.compile(r"<(script|style|details|mle-[\w-]+)\b.*?</\1>|<[^>]*>|\s+", re.DOTALL)
FIRST_WORDS = 700  # characters before the first formula, blanks not counted
REDIRECT = '<meta http-equiv="Refresh"'
ICON = '<link rel="icon" href="_static/favicon.svg" type="image/svg+xml" />\n'
# Chapters that stood at another number: their old addresses lead to the new ones.
MOVED = {
    "07_kl": "08_kl",
    "08_consistency": "10_consistency",
    "09_information": "11_information",
    "10_intervals": "12_intervals",
    "11_moments": "14_moments",
}
FACES = "source-serif", "source-serif-italic", "source-sans"
# The button that unfolds a box is named after what it unfolds.
NAMELESS = 'aria-label="Toggle hidden content"'
NAMED = (
    'aria-label="${item.querySelector(".admonition-title").textContent.trim()'
    '.replaceAll(\'"\', "&quot;")}"'
)
SPEECH_LANGUAGES = ("base.json", "en.json")


def write_reference(app: Sphinx, _config: object) -> None:
    """Write the API reference, if the book has one."""
    if "book/api" in (Path(app.srcdir) / "_toc.yml").read_text(encoding="utf-8"):
        api.write(Path(app.srcdir) / "book")


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


def merge_streams(outputs: list) -> list:
    """Merge what a cell printed, which arrives in pieces cut anywhere.

    MyST-NB's own merging ends every piece with a new line, so a line could break in its middle, and
    from one build to the next somewhere else.
    """
    whole: list = []
    for output in outputs:
        last = whole[-1] if whole else {}
        if output["output_type"] == "stream" and output["name"] == last.get("name"):
            last["text"] += output["text"]
        else:
            whole.append(output)
    return coalesce_streams(whole)


def begins_with_a_formula(html: str) -> bool:
    """Whether a formula stands among the first words of a page."""
    before = ARTICLE.search(html)
    return before is not None and len(UNREAD.sub("", before[0])) < FIRST_WORDS


def mend(html: str) -> str:
    """Mend what the packages write and a screen reader stumbles over."""
    # Every exercise, solution and proof of a page gets the same id.
    html = re.sub(r'(<section[^>]*?) id="(?:exercise|solution|proof)-content"', r"\1", html)
    # The label of a control must contain the words that it shows.
    html = html.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    html = re.sub(r'(class="btn search-button-field[^>]*?) aria-label="Search"', r"\1", html)
    # The sign that unfolds the pages under a page says nothing by itself.
    html = html.replace(
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="The pages under it"><span class="toctree-toggle"',
    )
    # The children of a list are its items.
    html = html.replace('role="doc-biblioentry"', 'role="listitem"')
    if 'class="math' not in html:
        html = MATH_SCRIPT.sub("", html)
    elif begins_with_a_formula(html):
        html = MATH_SCRIPT.sub(
            lambda m: m[0].replace("<script", '<script blocking="render"', 1), html
        )
    # The page at the root only points to the title page, and a browser asks for its icon even so.
    if html.startswith(REDIRECT):
        html = ICON + html
    # All of a page belongs to some landmark.
    html = html.replace(
        'class="bd-sidebar-primary bd-sidebar"',
        'class="bd-sidebar-primary bd-sidebar" role="region" aria-label="The book"',
    )
    return html


def preloaded(up: str) -> str:
    """Return the links that bring the faces of the text before the first painting."""
    link = '<link rel="preload" href="{}_static/fonts/{}.woff2" as="font" type="font/woff2" crossorigin />\n'
    return "".join(link.format(up, face) for face in FACES)


def write_palette(app: Sphinx, exception: Exception | None) -> None:
    """Write the colours of the package as a style sheet; on paper it is always light."""
    if exception is not None or app.builder.format != "html":
        return
    light, dark = (palette.declarations(c, "--mle-") for c in (palette.LIGHT, palette.DARK))
    on_dark = 'html[data-theme="dark"]'
    rules = (
        f":root {{ {light} }}\n{on_dark} {{ {dark} }}\n@media print {{ {on_dark} {{ {light} }} }}\n"
    )
    (Path(app.outdir) / "_static" / "palette.css").write_text(rules, encoding="utf-8")


def redirect(app: Sphinx, exception: Exception | None) -> None:
    """Leave at each old address a page that leads to the new one."""
    if exception is not None or app.builder.format != "html":
        return
    for old, new in MOVED.items():
        (Path(app.outdir) / "book" / f"{old}.html").write_text(
            f'{REDIRECT} content="0; url={new}.html" />\n'
            f'{ICON.replace("_static", "../_static")}<link rel="canonical" href="{new}.html" />\n'
            f'<title>Moved</title>\n<p>This chapter has <a href="{new}.html">a new number</a>.</p>\n',
            encoding="utf-8",
        )


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page that was written, and leave out what none of them uses."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    print(live.prepare(site))
    slim(site)
    toggles = site / "_static" / "togglebutton.js"
    toggles.write_text(toggles.read_text("utf-8").replace(NAMELESS, NAMED), encoding="utf-8")
    for page in site.rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(site).parts) - 1)
        after = live.button(mend(before), up, site).replace("<head>", "<head>\n" + preloaded(up), 1)
        if page.name != "search.html":
            after = SEARCH_SCRIPT.sub("", after)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    myst_nb.core.render.coalesce_streams = merge_streams
    app.add_js_file("scrolls.js", type="module")
    app.connect("config-inited", write_reference, priority=1)
    app.add_css_file("palette.css")
    app.connect("build-finished", write_palette)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", mend_pages)
    app.connect("build-finished", redirect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
