"""The object that an explorable is in Python: an element with its script inline.

An explorable computes in the page. The explorable's own module and what it imports are put into
one inline script; nothing is built, nothing is fetched. Two of them on a page share nothing but a tag.
"""

from __future__ import annotations

import hashlib
import html
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from mlecore.palette import DARK, LIGHT, declarations

__all__ = ["Explorable"]


# An ES module's lines that import, or export again, from another file.
_FROM = re.compile(r'^(?:import|export)\s[^;]*?from\s+"(\./[\w./]+)\.js";\n', flags=re.MULTILINE)


def _modules(path: str, found: dict[str, str]) -> dict[str, str]:
    """Return the sources of a module and of all that it imports, whoever is imported first."""
    source = (resources.files("mlecore.explore") / f"{path}.js").read_text(encoding="utf-8")
    for needed in _FROM.findall(source):
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), needed))
        if other not in found:
            _modules(other, found)
    found[path] = source
    return found


def _palette() -> str:
    """Return the line that gives a module the colours, light and dark, and the roles that a mark can have."""
    roles = {"light": declarations(LIGHT), "dark": declarations(DARK), "roles": list(LIGHT)}
    return f"const palette = {json.dumps(roles)};\n"


@cache
def _script(name: str) -> tuple[str, str]:
    """Return the inline script of an explorable and the tag of the element that it defines."""
    # The files are ES modules for tools and tests; side by side in one function they see each other's
    # names, so the lines that import and the words that export go.
    text = "\n".join(_modules(name, {"palette": _palette()}).values())
    text = re.sub(r"^export ", "", _FROM.sub("", text), flags=re.MULTILINE)
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
        # The script stands first and is no module, which would wait for the whole page: the element is whole
        # when the page is first painted, and moves nothing that stands below it.
        return (
            f'<script>\n(() => {{\n"use strict";\n{script}}})();\n</script>\n'
            f'<{tag} data-explorable="{self.name}" data-values="{values}"><p>{fallback}</p></{tag}>'
        )
