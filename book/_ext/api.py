"""The API reference, written from the docstrings of `mlecore` before Sphinx reads the book.

A page of MyST text: a heading and a signature for every public name, then its docstring, whose
examples become code and whose sections (Parameters, Raises ...) become lists. Nothing is imported by
readers of the reference, and nothing in it is typed by hand but the order of the chapters below.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

# The floors in the order in which a reader meets them: a heading, and the modules under it.
CHAPTERS = (
    ("Families", ("families",)),
    ("Families made of families", ("models",)),
    ("What every family has", ("family",)),
    ("Domains and supports, to write a family", ("domains",)),
    ("Partly seen data", ("observations", "nonparametric")),
    ("Likelihood", ("likelihood",)),
    ("Fits", ("fit", "comparison", "nested", "priors")),
    ("Inference", ("inference", "residuals", "goodness")),
    ("Losses", ("losses",)),
    ("Optimisers", ("optimize",)),
    ("Divergences", ("divergence",)),
    ("Regression", ("regression",)),
    ("Networks", ("network",)),
    ("Simulation", ("simulate",)),
    ("Streaming", ("streaming",)),
    ("Statistics that add", ("statistics",)),
    ("Data sets", ("datasets",)),
    ("Exercises", ("exercises",)),
    ("Explorables", ("explore",)),
    ("Figures", ("plotting",)),
    ("Errors", ("errors",)),
)
# Families inherit everything but their formula; their own pages show the docstring alone.
WITH_MEMBERS = (
    "family",
    "likelihood",
    "fit",
    "optimize",
    "network",
    "regression",
    "datasets",
    "nonparametric",
)
SECTION = re.compile(
    r"(Args|Parameters|Returns|Raises|Yields|Attributes|Notes?|Examples?|Source):?$"
)
ENTRY = re.compile(r"([\w*][\w\s,.*`\[\]]{0,60}?)\s?: (.*)")
SPECIAL = re.compile(r"([\\*_$<>|\[\]{}^~#])")


def escape(text: str) -> str:
    """Plain text as MyST; what stands in backticks is code already."""
    parts = re.split(r"(``?[^`]+``?)", text)
    return "".join(
        f"`{part.strip('`')}`" if i % 2 else SPECIAL.sub(r"\\\1", part)
        for i, part in enumerate(parts)
    )


def paragraphs(docstring: str) -> Iterator[list[str]]:
    """The blocks of a docstring between blank lines."""
    block: list[str] = []
    for line in [*inspect.cleandoc(docstring).splitlines(), ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def render(docstring: str) -> str:
    """A docstring as MyST."""
    out = []
    for block in paragraphs(docstring):
        if any(line.lstrip().startswith(">>>") for line in block):
            out.append("```python\n" + inspect.cleandoc("\n".join(block)) + "\n```")
            continue
        if SECTION.match(block[0]):
            out.append(f"*{block[0].rstrip(':')}*")
            block = block[2:] if len(block) > 1 and set(block[1]) == {"-"} else block[1:]
            out.append(entries(block))
        else:
            out.append(escape(" ".join(line.strip() for line in block)))
    return "\n\n".join(part for part in out if part)


def entries(lines: list[str]) -> str:
    """The lines of a section as a list; a line that begins no entry continues the one before."""
    items: list[str] = []
    for line in inspect.cleandoc("\n".join(lines)).splitlines():
        begins = ENTRY.match(line) if not line.startswith(" ") else None
        if begins:
            items.append(f"- **{escape(begins[1])}**: {escape(begins[2])}")
        elif items:
            items[-1] += f" {escape(line.strip())}"
        else:
            items.append(f"- {escape(line.strip())}")
    return "\n".join(items)


def signature(name: str, thing: object) -> str:
    """`name(parameters)` without the annotations, which the docstring says in words."""
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return name
    kept = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in found.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    written = str(found.replace(parameters=kept, return_annotation=inspect.Signature.empty))
    return name + re.sub(r"<[^<>]*>", "...", written)


def public(module: ModuleType) -> list[tuple[str, object]]:
    """The public classes and functions of a module, in the order of its `__all__` or its text."""
    names = getattr(module, "__all__", None) or list(vars(module))
    things = [(name, getattr(module, name)) for name in names if not name.startswith("_")]
    package = module.__name__
    return [
        (name, thing)
        for name, thing in things
        if (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__.startswith(package)
    ]


def rooms(cls: type) -> list[type]:
    """The class after those of its own package that it is built on, the most basic first."""
    package = cls.__module__.rpartition(".")[0]
    return [base for base in reversed(cls.__mro__) if base.__module__.rpartition(".")[0] == package]


def members(cls: type) -> Iterator[tuple[str, object, str]]:
    """The documented public methods and properties of a class: name, thing, signature."""
    told = {name: thing for room in rooms(cls) for name, thing in vars(room).items()}
    for name, thing in told.items():
        if name.startswith("_"):
            continue
        plain = thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing
        plain = getattr(plain, "func", plain)  # a cached property
        if not getattr(plain, "__doc__", None):
            continue
        if inspect.isfunction(plain) and plain is not getattr(thing, "func", None):
            yield name, plain, signature(name, plain)
        elif isinstance(thing, property) or plain is not thing:
            yield name, plain, name


def origin(package: ModuleType, label: str, thing: object, module: str) -> str:
    """The line that imports a name, from the package itself where it has it, and the module where it is written."""
    from_where = package.__name__ if getattr(package, label, None) is thing else module
    return f"from {from_where} import {label}  # written in {thing.__module__}"


def reference(package: ModuleType) -> str:
    """The whole page."""
    import importlib

    out = [
        "# The API reference",
        f"Everything public in `{package.__name__}`, from the docstrings of the code; every example "
        "here is run by the tests.",
        f"```python\nimport {package.__name__} as mle\n```",
    ]
    told: set[object] = set()
    for title, names in CHAPTERS:
        chapter = []
        for name in names:
            try:
                module = importlib.import_module(f"{package.__name__}.{name}")
            except ModuleNotFoundError:
                continue
            for label, thing in public(module):
                if thing in told or not thing.__doc__:
                    continue
                told.add(thing)
                chapter.append(f"### {label}")
                line = origin(package, label, thing, module.__name__)
                chapter.append(f"```python\n{line}\n{signature(label, thing)}\n```")
                chapter.append(render(thing.__doc__))
                if name in WITH_MEMBERS and inspect.isclass(thing):
                    for member, inner, written in members(thing):
                        chapter.append(f"**`{label}.{member}`**")
                        if written != member:
                            chapter.append(f"```python\n{written}\n```")
                        chapter.append(render(inner.__doc__))
        if chapter:
            out += [f"## {title}", *chapter]
    return "\n\n".join(out) + "\n"


def write(page: Path) -> None:
    """Write the page, if it differs from what is there (Sphinx reads it again only then)."""
    import mlecore

    text = reference(mlecore)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
