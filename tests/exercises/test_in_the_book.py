"""The exercises of the package and those of the pages are the same ones."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

from mlecore.exercises import registered

OWN_WORK = {e.name for e in registered() if "own_work(" in inspect.getsource(e.checker)}
BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = {int(path.name[:2]): path for path in sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))}


def checked(chapter: int) -> list[str]:
    """The names that the chapter's cells hand to `check`, in order."""
    cells = json.loads(CHAPTERS[chapter].read_text("utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return re.findall(r"""\bcheck\(\s*["']([^"']+)["']""", code)


def test_every_chapter_with_exercises_has_its_page() -> None:
    assert {e.chapter for e in registered()} <= set(CHAPTERS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_asks_only_what_is_registered_for_it(chapter: int) -> None:
    assert set(checked(chapter)) == {e.name for e in registered(chapter)}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_has_a_starter_and_a_solution_in_the_page(chapter: int) -> None:
    outputs: dict[str, list[str]] = {name: [] for name in checked(chapter)}
    for cell in json.loads(CHAPTERS[chapter].read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        names = re.findall(r"""\bcheck\(\s*["']([^"']+)["']""", "".join(cell["source"]))
        for output in cell["outputs"]:
            text = "".join(output.get("data", {}).get("text/plain", ""))
            if names and text:
                outputs[names[-1]].append(text)
    for name, texts in outputs.items():
        assert any(text.startswith("Not done yet.") for text in texts), f"{name}: no starter"
        assert any(text.startswith("Correct.") for text in texts), f"{name}: no solution"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_exercise_that_refuses_mlecore_says_so_first(chapter: int) -> None:
    asked = ""
    for cell in json.loads(CHAPTERS[chapter].read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if ":::{exercise}" in source:
            asked = source[source.index(":::{exercise}") :]
        for name in re.findall(r"""\bcheck\(\s*["']([^"']+)["']""", source):
            if name in OWN_WORK:
                assert re.search(
                    "nothing of `mlecore`|not use `mlecore`|with NumPy alone", asked
                ), name
