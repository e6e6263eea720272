"""A chapter asks before it answers, and its visible code can be read by itself."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[01]*.ipynb"))
PREDICTION = ":class: predict"
FOLDED = {"hide-input", "hide-cell", "remove-cell", "remove-input"}
# What the reader is asked to look at before answering.
SHOWN = {"fig-ch1-lineup"}
WIDTH = 76  # characters; the page has room for one more

every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)


def cells(chapter: Path) -> list[nbformat.NotebookNode]:
    return nbformat.read(chapter, as_version=4).cells


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def after_predictions(chapter: Path) -> Iterator[tuple[list, nbformat.NotebookNode]]:
    """For each prediction, the cells that are seen before the next text, and that text."""
    found = cells(chapter)
    for place, cell in enumerate(found):
        if cell.cell_type == "markdown" and PREDICTION in cell.source:
            text = next(c for c in found[place + 1 :] if c.cell_type == "markdown")
            between = found[place + 1 : found.index(text)]
            yield [c for c in between if "remove-cell" not in tags(c)], text


@every_chapter
def test_no_output_answers_a_prediction_in_plain_sight(chapter: Path) -> None:
    asked = list(after_predictions(chapter))
    assert asked, "a chapter asks its reader something"
    for between, _ in asked:
        for cell in between:
            figure = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
            explorable = "nbval-ignore-output" in tags(cell)
            if cell.outputs and not explorable and figure not in SHOWN:
                assert "hide-output" in tags(cell), cell.source


@every_chapter
def test_what_an_explorable_shows_is_told_in_a_fold(chapter: Path) -> None:
    for between, text in after_predictions(chapter):
        if between and "nbval-ignore-output" in tags(between[-1]):
            assert text.source.startswith(":::{admonition} Notice\n:class: reveal dropdown\n")
    assert not any("**Notice" in c.source for c in cells(chapter))


def names(source: str) -> tuple[set[str], set[str]]:
    """The names that some code defines, and those that it uses."""
    made, used = set(dir(builtins)), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (made if isinstance(node.ctx, ast.Store) else used).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return made, used


def visible(chapter: Path) -> list[nbformat.NotebookNode]:
    """The code that a page shows unfolded, outside solutions."""
    code = [c for c in cells(chapter) if c.cell_type == "code"]
    return [
        c
        for c in code
        if not (FOLDED & tags(c) or c.metadata.get("jupyter", {}).get("source_hidden"))
    ]


@every_chapter
def test_visible_code_uses_no_name_that_only_folded_code_defines(chapter: Path) -> None:
    imports = next(c for c in cells(chapter) if c.cell_type == "code")
    known = names(imports.source)[0]
    for cell in visible(chapter):
        made, used = names(cell.source)
        known |= made
        assert used <= known, (sorted(used - known), cell.source)


@every_chapter
def test_no_line_of_visible_code_is_wider_than_the_page(chapter: Path) -> None:
    for cell in visible(chapter):
        assert [line for line in cell.source.splitlines() if len(line) > WIDTH] == []


@every_chapter
def test_the_algebra_that_checks_a_step_is_folded_away_and_named(chapter: Path) -> None:
    assert not any("sp" in names(cell.source)[1] for cell in visible(chapter))
    for cell in cells(chapter):
        if "hide-cell" in tags(cell):
            assert cell.metadata["mystnb"]["code_prompt_show"] == "Check this step"


@every_chapter
def test_a_page_shows_at_most_eighty_lines_of_code(chapter: Path) -> None:
    lines = [line for cell in visible(chapter) for line in cell.source.splitlines()]
    assert sum(bool(line.strip()) for line in lines) <= 80


@every_chapter
def test_an_explorable_stands_beside_the_idea(chapter: Path) -> None:
    """At most a fifth of the text is before it: the reader takes hold of a thing, and then reads."""
    read, before = 0, None
    for cell in cells(chapter):
        if "nbval-ignore-output" in tags(cell) and before is None:
            before = read
        read += len(cell.source) if cell.cell_type == "markdown" else 0
    assert before is not None
    assert before <= 0.2 * read


@every_chapter
def test_a_chapter_opens_with_a_picture_or_with_what_moves(chapter: Path) -> None:
    """On a laptop's first screen, or where the second begins: after the question, before anything else."""
    found = cells(chapter)
    seen = next(
        place
        for place, cell in enumerate(found)
        if "figure" in cell.metadata.get("mystnb", {}) or "nbval-ignore-output" in tags(cell)
    )
    text = "".join(c.source for c in found[:seen] if c.cell_type == "markdown")
    assert "$$" not in text, "a formula comes before the picture"
    assert len(text) <= 1500
    assert not [c.source for c in visible(chapter) if c in found[:seen]]
    lines = [line for line in found[seen].source.splitlines() if line.strip()]
    assert len(lines) <= 14, "a picture costs few lines of folded code"
