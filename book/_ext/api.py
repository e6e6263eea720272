"""The API reference, written from the docstrings of `mlecore` before Sphinx reads the book.

Pages of MyST text, one a topic: a heading and a signature for every public name, then its docstring,
whose examples become code and whose sections (Parameters, Raises ...) become lists. Nothing in them is
typed by hand but the order of the topics below.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pictures
import typeset

# The pages in the order in which a reader meets them: its file and title, then its headings, each with
# the modules under it.
PAGES = {
    ("api_families", "Families"): (
        ("One by one", ("families",)),
        ("What every family has", ("family",)),
        ("Domains and supports, to write a family", ("domains",)),
    ),
    ("api_combinations", "Combinations of families"): (("Families made of families", ("models",)),),
    ("api_partly_seen", "Partly seen data"): (
        ("Rows that are censored, binned or truncated", ("observations.partly",)),
        ("Without a family", ("nonparametric",)),
    ),
    ("api_streams", "Streams"): (
        ("Values that come in chunks", ("observations.sources",)),
        ("Sums that are kept", ("saved",)),
    ),
    ("api_fit", "Likelihood and fit"): (
        ("Likelihood", ("likelihood",)),
        ("Fits", ("fit", "estimate", "comparison", "nested", "priors")),
        ("Simulation", ("simulate",)),
        ("Streaming", ("streaming",)),
        ("Statistics that add", ("statistics",)),
    ),
    ("api_inference", "Inference"): (
        ("Intervals, tests and the bootstrap", ("inference",)),
        ("Does the model fit?", ("residuals", "goodness")),
    ),
    ("api_regression", "Regression and networks"): (
        ("Regression", ("regression", "links")),
        ("Networks", ("network",)),
    ),
    ("api_sequences", "Sequences"): (("Values in order", ("sequences",)),),
    ("api_divergence", "Divergences and losses"): (
        ("Divergences", ("divergence",)),
        ("Losses", ("losses",)),
    ),
    ("api_optimisers", "Optimisers"): (("Methods and what they return", ("optimize",)),),
    ("api_pictures", "Figures and explorables"): (
        ("Figures", ("plotting",)),
        ("Explorables", ("explore",)),
    ),
    ("api_data", "Data sets, exercises and errors"): (
        ("Data sets", ("datasets",)),
        ("Exercises", ("exercises",)),
        ("Errors", ("errors",)),
    ),
}
# Families inherit everything but their formula; their own pages show the docstring alone.
WITH_MEMBERS = (
    "family",
    "likelihood",
    "fit",
    "estimate",
    "optimize",
    "network",
    "regression",
    "sequences",
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


def target(label: str, thing: object) -> str:
    """The name by which a page links to another's entry; such names do not see capitals."""
    return f"api-{'class' if inspect.isclass(thing) else 'function'}-{label}"


def letters(head: str) -> str:
    """What a formula calls the parameters whose names are longer: `Gamma(shape a, rate b)` says two letters.

    >>> letters("StudentT(df v, loc, scale s)")
    'With $v$ for `df`, $s$ for `scale`:'
    """
    pairs = re.findall(r"(\w+) (\w+)(?=[,)])", head)
    told = ", ".join(f"${typeset.word(letter)}$ for `{name}`" for name, letter in pairs)
    return f"With {told}:" if told else ""


def entry(label: str, thing: object, line: str, with_members: bool) -> list[str]:
    """What a page says of one public name."""
    out = [
        f"({target(label, thing)})=",
        f"### {label}",
        f"```python\n{line}\n{signature(label, thing)}\n```",
    ]
    formula = typeset.displayed(thing.__doc__)
    if formula:  # what the first paragraph says in plain text
        out += [letters(formula[0]), f"$$\n{formula[1]}\n$$", pictures.picture(label)]
        out.append(render(thing.__doc__.partition("\n\n")[2]))
    else:
        out.append(render(thing.__doc__))
    for member, inner, written in members(thing) if with_members else ():
        out.append(f"**`{label}.{member}`**")
        if written != member:
            out.append(f"```python\n{written}\n```")
        out.append(render(inner.__doc__))
    return out


def reference(package: ModuleType) -> dict[str, str]:
    """The pages by their names: one a topic, and the index that leads to every public name."""
    root = package.__name__
    index = [
        "# The API reference",
        f"Everything public in `{root}`, a page a topic, from the docstrings of the code; every example "
        "is run by the tests.",
        f"```python\nimport {root} as mle\n```",
    ]
    pages: dict[str, str] = {}
    told: set[object] = set()
    for (file, topic), headings in PAGES.items():
        page, labels = [f"# {topic}"], []
        for heading, names in headings:
            section = []
            for name in (n for n in names if importlib.util.find_spec(f"{root}.{n}")):
                module = importlib.import_module(f"{root}.{name}")
                for label, thing in public(module):
                    if thing in told or not thing.__doc__:
                        continue
                    told.add(thing)
                    labels.append((label, target(label, thing)))
                    line = origin(package, label, thing, module.__name__)
                    with_members = name in WITH_MEMBERS and inspect.isclass(thing)
                    section += entry(label, thing, line, with_members)
            page += [f"## {heading}", *section] if section else []
        pages[file] = "\n\n".join(page) + "\n"
        links = ", ".join(f"{{ref}}`{label} <{name}>`" for label, name in labels)
        index.append(f"**[{topic}]({file}.md)**: {links}")
    return {"api": "\n\n".join(index) + "\n", **pages}


def write(folder: Path) -> None:
    """Write the pages that differ from what is there (Sphinx reads only those again)."""
    import mlecore

    for name, text in reference(mlecore).items():
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
