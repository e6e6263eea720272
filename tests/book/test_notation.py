"""The appendix on notation: every letter that serves twice is in its list, with all chapters that use it.

A program cannot read what a letter means. It can find where each letter stands in a formula, and ask that
somebody has said with which meaning: in the list of the page, or here, among the letters with one meaning.
So a letter that a chapter takes up anew stops the build until it has been looked at.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
GREEK = re.compile(
    r"\\(?:alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|(?:var)?phi"
    r"|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Upsilon|Phi|Psi|Omega)"
)
# What is no letter of its own: words, the base of the logarithm, and the d of an integral or a derivative.
WORDS = re.compile(r"\\(?:text|operatorname\*?|mathrm|begin|end)\s*\{[^{}]*\}")
BASE = re.compile(r"(?<![a-z\\])e(?=\s*\^)|(?<=/)e\b")
DIFFERENTIAL = re.compile(rf"(?<![A-Za-z\\])d(?=[a-z]\b|{GREEK.pattern})")

# Letters with one meaning in the whole book, and the chapters that use them.
ONCE = {
    "D": [10],  # a bound on the sum of a block
    "G": [12],  # slopes of several functions
    "I": [6, 11, 12, 13, 14],  # the expected information
    "i": [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14],  # an index
    "j": [3, 5, 7, 10, 13, 14],  # an index
    "J": [6, 11, 12, 13],  # the observed information
    "L": [2, 3, 4, 14],  # the likelihood
    "Q": [8, 10, 11],  # a model
    "R": [10],  # the sum of log ratios of a block
    "U": [9],  # an estimator
    "w": [5],  # weights
    "Y": [5],  # a label before it is seen
    "Z": [12],  # a standard Normal
    r"\alpha": [6, 9, 12, 14],  # a Gamma's shape
    r"\beta": [6, 9, 12, 14],  # a Gamma's rate
    r"\Gamma": [3, 6, 9, 14],  # the Gamma function
    r"\gamma": [9],  # what is estimated
    r"\chi": [13],  # in chi-square
    r"\delta": [6],  # the Newton decrement
    r"\kappa": [6],  # a curvature
    r"\Lambda": [13],  # the likelihood-ratio statistic
    r"\mu": [1, 2, 4, 6, 8, 9, 10, 11, 13, 14],  # a Normal's centre
    r"\psi": [6, 9, 14],  # the digamma function
    r"\sigma": [1, 2, 4, 5, 6, 8, 9, 10, 11, 13, 14],  # a standard deviation
    r"\Sigma": [14],  # a covariance matrix
    r"\tau": [7],  # the prior's standard deviation
    r"\varepsilon": [10],  # a small number
}


def formulas(notebook: Path) -> str:
    """The mathematics of a chapter's text, displayed and inline."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    text = re.sub(r"(`+).+?\1", "", text, flags=re.DOTALL)  # code, roles and directives
    return "\n".join(
        display or inline
        for display, inline in re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", text, flags=re.DOTALL)
    )


def letters(formula: str) -> set[str]:
    """The letters of a formula."""
    for no_letter in (WORDS, BASE, DIFFERENTIAL):
        formula = no_letter.sub(" ", formula)
    found = re.findall(r"\\[A-Za-z]+|[A-Za-z]", formula)
    return {a for a in found if not a.startswith("\\") or GREEK.fullmatch(a)}


@cache
def used() -> dict[str, set[int]]:
    """Each letter's chapters."""
    chapters: defaultdict[str, set[int]] = defaultdict(set)
    for notebook in sorted(BOOK.glob("[0-9][0-9]_*.ipynb")):
        for letter in letters(formulas(notebook)):
            chapters[letter].add(int(notebook.name[:2]))
    return chapters


@cache
def listed() -> dict[str, set[int]]:
    """Each letter of the list on the page, with the chapters that its row names."""
    page = (BOOK / "notation.md").read_text(encoding="utf-8")
    rows: defaultdict[str, set[int]] = defaultdict(set)
    for names, row in re.findall(
        r"^\| (.+?) \| (.+) \|$", page.split("(letters-that-serve-twice)=")[1], re.MULTILINE
    ):
        for letter in letters("".join(re.findall(r"\$([^$]+)\$", names))):
            for numbers in re.findall(r"\(([\d, to]+)\)", row):
                for part in numbers.split(","):
                    first, *last = map(int, part.split(" to "))
                    rows[letter] |= set(range(first, (last or [first])[0] + 1))
    return rows


def test_the_reader_of_formulas_finds_letters_and_nothing_else() -> None:
    found = letters(
        r"\int_a^b 2e^{-\lambda x}\,dx = \operatorname{E}[\text{and} + \theta_t] \frac{d\lambda}{dm}"
    )
    assert found == {"a", "b", "x", "m", "t", r"\lambda", r"\theta"}


@pytest.mark.parametrize("letter", sorted(set(used()) | set(listed()) | set(ONCE)))
def test_a_letter_has_one_meaning_or_says_where_it_has_which(letter: str) -> None:
    known = listed().get(letter) or set(ONCE.get(letter, ()))
    assert not (letter in ONCE and letter in listed()), "one meaning, or several?"
    unread = sorted(used().get(letter, set()) - known)
    assert not unread, (
        f"chapters {unread} use {letter}: say with which meaning, on the page on notation"
    )
    assert sorted(known - used().get(letter, set())) == [], (
        f"these chapters do not use {letter} any more"
    )
