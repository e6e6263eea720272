r"""The formulas of docstrings, typeset.

A family's docstring begins with its formula in plain text: `Gamma(shape a, rate b): f(x) = b^a x^(a-1)
exp(-b x) / Gamma(a), x > 0.` It is parsed here, and written twice: in TeX for the page, and as Python for the
test that compares it with the density. Neighbours multiply; `/` divides what stands to its left in the
product by the next factor.

>>> tex("x^(a-1) exp(-b x) / Gamma(a)")
'\\frac{x^{a - 1} e^{-b x}}{\\Gamma(a)}'
>>> eval(python("2 x^k"), {"x": 3, "k": 2})
18
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

CALLS = ("exp", "sqrt", "log", "cos", "det", "Gamma", "zeta", "phi", "Phi", "I0", "B", "C")
TOKEN = re.compile(
    rf"\s*(\d+(?:\.\d+)?|\.\.\.|(?:{'|'.join(CALLS)})\(|[A-Za-z]\w*|>=|<=|.)"
)  # a name that calls has its bracket close by
GREEK = {"pi", "mu", "sigma", "alpha", "beta", "kappa", "lambda", "xi", "zeta", "theta", "Gamma"}
RELATIONS = {"=": "=", "<": "<", ">": ">", ">=": r"\ge", "<=": r"\le"}
HEAD = re.compile(r"(?P<name>\w+)\((?P<parameters>[^)]*)\): (?P<formula>.*)$")
PROSE = {"where", "for", "to", "of", "on", "an", "in", "maxima", "with", "length"}


class Written(NamedTuple):
    """A part of a formula in both languages, and how it must be bracketed."""

    tex: str
    python: str
    kind: str = "atom"  # "sum", "product", "power", "fraction", "bracket" or "atom"


class Unreadable(ValueError):
    """The text is no formula."""


def word(name: str) -> str:
    """A name in TeX: Greek letters, indices, and whole words upright."""
    stem, _, index = name.partition("_")
    if index:
        return f"{word(stem)}_{{{word(index)}}}"
    if stem in GREEK:
        return f"\\{stem}"
    return stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


class Reader:
    """A recursive descent through the tokens of a formula."""

    def __init__(self, text: str) -> None:
        self.tokens = [token for token in TOKEN.findall(text) if token.strip()]
        self.place = 0

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        if not self.next or (wanted and self.next not in wanted):
            raise Unreadable(
                f"{self.next or 'the end'} where {' or '.join(wanted) or 'more'} was expected"
            )
        self.place += 1
        return self.tokens[self.place - 1]

    def sum(self) -> Written:
        sign = self.take() if self.next == "-" else ""
        first = self.product()
        parts, code = [sign + first.tex], [f"{sign}({first.python})"]
        while self.next in ("+", "-"):
            sign = self.take()
            part = self.product()
            parts.append(f" {sign} {part.tex}")
            code.append(f"{sign} ({part.python})")
        alone = len(parts) == 1 and not parts[0].startswith("-")
        return first if alone else Written("".join(parts), " ".join(code), "sum")

    def product(self) -> Written:
        done = self.power()
        while self.next and self.next not in ")|,;]+-" and self.next not in RELATIONS:
            if self.next == "/":
                self.take()
                below = self.power()
                tex = rf"\frac{{{bare(done)}}}{{{bare(below)}}}"
                done = Written(tex, f"({done.python}) / ({below.python})", "fraction")
            elif self.next == "prod_k":
                self.take()
                rest = self.product()
                python = f"({done.python}) * prod({rest.python})"
                done = Written(rf"{done.tex} \prod_k {rest.tex}", python, "product")
            else:
                factor = self.power()
                python = f"({done.python}) * ({factor.python})"
                done = Written(f"{done.tex} {factor.tex}", python, "product")
        return done

    def power(self) -> Written:
        base = self.atom()
        while self.next in ("'", "!", "^"):
            mark = self.take()
            if mark == "'":
                base = Written(rf"{base.tex}^\top", f"({base.python}).T")
            elif mark == "!":
                base = Written(f"{base.tex}!", f"factorial({base.python})")
            else:
                sign = self.take() if self.next == "-" else ""
                above = self.atom()
                tex = f"{base.tex}^{{{sign}{bare(above)}}}"
                base = Written(tex, f"({base.python})**({sign}({above.python}))", "power")
        return base

    def atom(self) -> Written:
        token = self.take()
        if token == "(":
            inside = self.sum()
            self.take(")")
            return Written(rf"\left({inside.tex}\right)", inside.python, "bracket")
        if token == "|":
            inside = self.sum()
            self.take("|")
            return Written(rf"\left|{inside.tex}\right|", f"abs({inside.python})")
        if re.fullmatch(r"[\d.]+", token):
            return Written(token, token)
        if not re.match(r"[A-Za-z]", token):
            raise Unreadable(f"{token} where a number, a name or a bracket was expected")
        if token.endswith("("):
            name = token[:-1]
            arguments = [self.sum()]
            while self.next == ",":
                self.take()
                arguments.append(self.sum())
            self.take(")")
            code = f"{name}({', '.join(a.python for a in arguments)})"
            return Written(FUNCTIONS[name](*(a.tex for a in arguments)), code)
        if token == "log":  # log x, without a bracket
            inside = self.power()
            return Written(rf"\log {inside.tex}", f"log({inside.python})")
        return Written(word(token), f"{token}")


def bare(part: Written) -> str:
    """A part without the brackets that a fraction's bar or a raised line makes needless."""
    return part.tex[6:-7] if part.kind == "bracket" else part.tex


FUNCTIONS: dict[str, Callable[..., str]] = {
    "exp": lambda a: f"e^{{{a}}}" if r"\frac" not in a else rf"\exp\!\left({a}\right)",
    "sqrt": lambda a: rf"\sqrt{{{a}}}",
    "log": lambda a: rf"\log({a})",
    "cos": lambda a: rf"\cos({a})",
    "det": lambda a: rf"\det({a})",
    "Gamma": lambda a: rf"\Gamma({a})",
    "zeta": lambda a: rf"\zeta({a})",
    "phi": lambda a: rf"\varphi({a})",
    "Phi": lambda a: rf"\Phi({a})",
    "I0": lambda a: f"I_0({a})",
    "B": lambda a, b: f"B({a}, {b})",
    "C": lambda a, b: rf"\binom{{{a}}}{{{b}}}",
}


def parsed(text: str) -> Written:
    """A formula without a relation, read to its end."""
    reader = Reader(text)
    done = reader.sum()
    if reader.next:
        raise Unreadable(f"{reader.next} was not expected")
    return done


def tex(text: str) -> str:
    """A formula in TeX."""
    return parsed(text).tex


def python(text: str) -> str:
    """A formula as a Python expression of the names in it."""
    return parsed(text).python


def pieces(text: str) -> list[str]:
    """What stands between the commas and semicolons outside of brackets."""
    found, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character in ",;" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return [piece.strip() for piece in found]


LEFT = re.compile(r"(f\(x\)|P\(X (?:=|<=) \w+\)) = ")


def clause(piece: str) -> str:
    """One equation or condition in TeX; words where it is none."""
    left = LEFT.match(piece)
    rest = piece[left.end() :] if left else piece
    if piece == "...":
        return r"\dots"
    if not left and (".." in piece or PROSE & set(piece.split())):
        return rf"\text{{{piece}}}"
    parts = re.split(r" (=|<=|>=|<|>) ", rest)
    written = [RELATIONS.get(part) or tex(part) for part in parts]
    start = f"{left[1].replace('<=', RELATIONS['<='])} = " if left else ""
    return start + " ".join(written)


def head(docstring: str) -> re.Match[str] | None:
    """The name, the parameters and the formula that a docstring begins with, if it does."""
    text = " ".join(docstring.strip().split("\n\n")[0].split()).replace(" for k", ", for k")
    found = HEAD.match(text if text.endswith("...") else text.removesuffix("."))
    return found if found and LEFT.match(found["formula"]) else None


def displayed(docstring: str) -> tuple[str, str] | None:
    """The name with its parameters, and the formula in TeX, that a docstring begins with; None if it does not."""
    found = head(docstring)
    if not found:
        return None
    first, *rest = pieces(found["formula"])
    conditions = "".join(rf",\; {clause(piece)}" for piece in rest)
    return f"{found['name']}({found['parameters']})", clause(first) + conditions
