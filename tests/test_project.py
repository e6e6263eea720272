"""The project's own papers say what is true: README, lock, licence and citation."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


def name(requirement: str) -> str:
    """The normal form of a package's name."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group()).lower()


def test_the_readme_shows_what_mlecore_prints():
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted >= 10
    assert result.failed == 0


def test_the_lock_pins_everything_and_names_no_host():
    pins = [line for line in LOCK if line and not line.startswith(("#", "-e"))]
    assert len(pins) > 100
    assert all("==" in pin and "/" not in pin.split(";")[0] for pin in pins)
    assert not any("index-url" in line or "find-links" in line for line in LOCK)


def test_the_lock_serves_the_first_python_that_is_promised():
    # What a later Python installs may refuse the first: such a package needs two pins, each with its marker.
    first = {"python_version": "3.11", "python_full_version": "3.11.0"}
    pins = [Requirement(line) for line in LOCK if "==" in line]
    applies = {
        pin.name: pin.specifier for pin in pins if pin.marker is None or pin.marker.evaluate(first)
    }
    installed = {found.name: found for found in metadata.distributions()}
    asked = {
        pin: installed[pin].metadata.get("Requires-Python", "")
        for pin, version in applies.items()
        if pin in installed and version.contains(installed[pin].version)
    }
    assert len(asked) > 100
    assert not {
        pin: python for pin, python in asked.items() if not SpecifierSet(python).contains("3.11.0")
    }


@pytest.mark.parametrize("extra", ["book", "test"])
def test_the_lock_holds_every_requirement(extra):
    pinned = {name(line) for line in LOCK if "==" in line}
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]]
    assert {name(requirement) for requirement in wanted} <= pinned


def test_the_package_keeps_no_later_python_out():
    assert PROJECT["requires-python"] == ">=3.11"


def test_the_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == PROJECT["version"]


def test_every_file_of_the_book_is_in_its_table_of_contents():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"book/[\w/]+", toc))
    pages = {p.relative_to(ROOT).with_suffix("").as_posix() for p in (ROOT / "book").glob("*.*")}
    # The bibliography's entries are no page, and the pages of the API reference are there once the book is built.
    built = {page for page in pages | listed if page.startswith("book/api")}
    assert pages - {"book/references"} - built == listed - built


def test_importing_mlecore_is_light():
    heavy = "matplotlib", "scipy.stats", "scipy.special", "scipy.optimize", "pandas", "IPython"
    script = f"import sys, mlecore; print([m for m in {heavy!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "[]"


def test_pictures_are_there_at_once_and_bring_matplotlib_when_drawn():
    script = "import sys, mlecore; mlecore.plotting.histogram; print('matplotlib' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "False"


def in_plain_letters(text: str) -> str:
    """Return the letters alone, without accents, TeX's or Unicode's."""
    text = unicodedata.normalize("NFKD", re.sub(r"\\.", "", text))
    return "".join(c for c in text.lower() if c.isascii() and c.isalpha())


def docstrings() -> Iterator[tuple[str, str]]:
    """Give every docstring of the package, in one line, and where it stands."""
    for path in sorted((ROOT / "mlecore").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                yield path.name, " ".join(text.replace("Stegun ", "Stegun (1964) ").split())


NAME = r"(?:van der )?[A-Z][\w-]+(?: (?=Manteiga|Quindimil)\w+)?"
WORK = re.compile(
    rf"((?:{NAME}, )*{NAME}(?: and {NAME})?)(?:'s)?,? \(?((?:17|18|19|20)\d\d)\b(?!-)"
)


def test_every_source_that_a_docstring_names_is_in_the_bibliography():
    bib = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^@\w+\{(\w+),(.*?)^\}", bib, re.M | re.S))
    authors = {
        key: in_plain_letters(re.search(r"author\s*=\s*\{(.*)\}", body).group(1))
        for key, body in entries.items()
    }
    missing, found = [], 0
    for where, text in docstrings():
        for names, year in WORK.findall(text):
            people = [in_plain_letters(name) for name in re.split(r", | and ", names)]
            found += 1
            if not all(p in authors.get(people[0] + year, "") for p in people):
                missing.append(f"{where}: {names} ({year})")
    assert found > 120
    assert not missing
