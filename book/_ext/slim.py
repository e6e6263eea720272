"""Keep the pages light: leave out what the theme ships and no page of this book uses.

The theme's style sheets are made for every book that there could be, and it draws a dozen icons
with a script of 1.5 MB that holds all icons of Font Awesome. A rule is kept if some page or
script names every class in it; the icons are drawn by `book/_static/style.css`. Names, brackets and blanks
in code wear the colour of the text around them, and need no element of their own. Figures keep 256
colours, which no eye misses in line art and which makes them a third of the size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

SHEETS = (
    "styles/pydata-sphinx-theme.css",
    "styles/sphinx-book-theme.css",
    "sphinx-design.min.css",
    "mystnb.*.css",
)
ICON_SCRIPT = re.compile(r"\s*<(?:script|link)[^>]*fontawesome\.js[^>]*>(?:</script>)?")
UNCOLOURED = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
PARENTHESES = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
WORD = re.compile(r"[\w-]+")


def words_in_use(site: Path) -> set[str]:
    """Every word of every page and script: a class that is in use is among them."""
    words: set[str] = set()
    for file in [*site.rglob("*.html"), *(site / "_static").rglob("*.js")]:
        if not {"mathjax", "pyodide"} & {*file.parts} and file.name != "fontawesome.js":
            words.update(WORD.findall(file.read_text(encoding="utf-8", errors="ignore")))
    return words


def blocks(css: str) -> Iterator[tuple[str, str | None]]:
    """The statements of a style sheet in order: (what stands before the brace, what is inside)."""
    start = 0
    while start < len(css):
        brace, end = css.find("{", start), css.find(";", start)
        if brace < 0:
            if css[start:].strip():
                yield css[start:].strip(), None
            return
        if 0 <= end < brace:  # @import and the like
            yield css[start:end].strip(), None
            start = end + 1
            continue
        depth, position = 1, brace + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[position], 0)
            position += 1
        yield css[start:brace].strip(), css[brace + 1 : position - 1]
        start = position


def purge(css: str, words: set[str]) -> str:
    """The style sheet without the rules that no element can match."""
    kept = []
    for head, body in blocks(COMMENT.sub("", css)):
        if body is None:
            kept.append(f"{head};")
        elif head.startswith(("@media", "@supports", "@layer")):
            if inner := purge(body, words):
                kept.append(f"{head}{{{inner}}}")
        elif head == "@font-face" and "Font Awesome" in body:
            continue
        elif head.startswith("@"):
            kept.append(f"{head}{{{body}}}")
        else:
            # Classes inside :not(), :is() and :has() do not decide whether a rule can match.
            masked = PARENTHESES.sub(lambda m: "\0" * len(m.group()), head)
            ends = [m.start() for m in re.finditer(",", masked)]
            spans = zip([0, *(e + 1 for e in ends)], [*ends, len(head)], strict=True)
            selectors = [
                head[a:b] for a, b in spans if words.issuperset(CLASS.findall(masked[a:b]))
            ]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def reduce_colours(picture: Path) -> None:
    """Store a picture with a palette of 256 colours."""
    with Image.open(picture) as image:
        if image.mode == "P":
            return
        exact = image.convert("RGB")
    palette = exact.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette.save(picture, optimize=True)


def slim(site: Path) -> None:
    """Make a built book light."""
    static = site / "_static"
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        lighter = UNCOLOURED.sub(r"\1", ICON_SCRIPT.sub("", text))
        if lighter != text:
            page.write_text(lighter, encoding="utf-8")
    words = words_in_use(site)
    for pattern in SHEETS:
        for sheet in static.glob(pattern):
            sheet.write_text(purge(sheet.read_text(encoding="utf-8"), words), encoding="utf-8")
    for picture in (site / "_images").glob("*.png"):
        reduce_colours(picture)
    (static / "scripts" / "fontawesome.js").unlink(missing_ok=True)
    for leftover in static.rglob("*.map"):
        leftover.unlink()
