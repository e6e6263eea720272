"""The object that an explorable is in Python: an element with its script inline.

An explorable computes in the page. `formulas.js`, `kernel.js` and the explorable's own module are put into
one inline ES module; nothing is built, nothing is fetched. Two of them on a page share nothing but a tag.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["Explorable"]


@cache
def _script(name: str) -> tuple[str, str]:
    """Return the inline module of an explorable and the tag of the element that it defines."""
    folder = resources.files("mlecore.explore")
    sources = [
        (folder / f"{part}.js").read_text(encoding="utf-8") for part in ("formulas", "kernel", name)
    ]
    # The three files are ES modules for tools and tests; side by side in one module they see each
    # other's names, so the lines that import and the words that export go.
    text = "\n".join(sources)
    text = re.sub(r'^import\s[^;]*?from\s+"\./\w+\.js";\n', "", text, flags=re.MULTILINE)
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    # A new version shown in a notebook that is already open gets a tag of its own, because a browser
    # never forgets the element that a tag once meant.
    revision = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f'const revision = "{revision}";\n{text}', f"mle-{name.replace('_', '-')}-{revision}"


@dataclass(frozen=True)
class Explorable:
    """A figure that computes in the page; it displays itself in Jupyter and in the book.

    `name` is its module's, `summary` says what the reader moves, `fallback` what would be seen where no
    script runs, and `values` are the numbers that the module starts from (whatever JSON can hold).

    >>> Explorable("logit_loss", "slide the logit", "Two curves.", {})
    <explorable logit_loss: slide the logit>
    """

    name: str
    summary: str
    fallback: str
    values: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<explorable {self.name}: {self.summary}>"

    def _repr_html_(self) -> str:
        script, tag = _script(self.name)
        values = html.escape(json.dumps(self.values, allow_nan=False, separators=(",", ":")))
        fallback = html.escape(f"An interactive figure, shown where scripts run. {self.fallback}")
        return (
            f'<{tag} data-explorable="{self.name}" data-values="{values}"><p>{fallback}</p></{tag}>'
            f'\n<script type="module">\n{script}</script>'
        )
