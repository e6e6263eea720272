"""The project's own papers say what is true: README, lock, licence and citation."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

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
    pages = {p for p in pages if p not in ("book/references",)}
    assert pages == listed


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
