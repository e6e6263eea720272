"""The stored chapters are lean, and the check of their numbers bites."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lean_notebooks import dumps, faults, lean

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("*.ipynb"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_is_stored_lean(chapter):
    assert faults(chapter) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_no_execution_count_is_null(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")


def nbval(notebook: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-c", "/dev/null", notebook.name],
        cwd=notebook.parent,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """The first chapter up to its first printed number."""
    folder = tmp_path_factory.mktemp("copy")
    notebook = nbformat.read(CHAPTERS[0], as_version=4)
    first = next(
        i
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and any("text" in output for output in cell.outputs)
    )
    notebook.cells = notebook.cells[: first + 1]
    path = folder / "small.ipynb"
    path.write_text(dumps(notebook), encoding="utf-8")
    return path


def test_nbval_passes_what_is_stored(small):
    result = nbval(small)
    assert result.returncode == 0, result.stdout


def test_nbval_fails_on_a_changed_output(small):
    notebook = nbformat.read(small, as_version=4)
    output = next(o for o in notebook.cells[-1].outputs if "text" in o)
    digit = next(c for c in output.text if c.isdigit())
    output.text = output.text.replace(digit, str((int(digit) + 1) % 10))
    changed = small.with_name("changed.ipynb")
    changed.write_text(dumps(notebook), encoding="utf-8")
    result = nbval(changed)
    assert result.returncode == 1
    assert "1 failed" in result.stdout


def notebook(**cell) -> nbformat.NotebookNode:
    """A notebook of one code cell, executed and lean, with something changed."""
    source = cell.pop("source", "print(1)")
    outputs = cell.pop("outputs", [nbformat.v4.new_output("stream", name="stdout", text="1\n")])
    count = cell.pop("execution_count", 1)
    metadata = cell.pop("metadata", {})
    code = nbformat.v4.new_code_cell(
        source, outputs=outputs, execution_count=count, metadata=metadata
    )
    return lean(nbformat.v4.new_notebook(cells=[code]))


def display(**data: str) -> list[nbformat.NotebookNode]:
    names = {"text": "text/plain", "html": "text/html", "png": "image/png"}
    return [nbformat.v4.new_output("display_data", {names[k]: v for k, v in data.items()})]


FIGURE = display(text="<Figure size 700x340 with 1 Axes>")
NAMED = {
    "mystnb": {"figure": {"name": "fig-x", "caption": "It falls."}, "image": {"alt": "A" * 40}}
}
TAGGED = {"tags": ["nbval-ignore-output"]}

UNLEAN = {
    "execution count is None": {"execution_count": None},
    "prints the address": {
        "outputs": [nbformat.v4.new_output("stream", name="stdout", text="<f at 0x7f00aa11bb22>")]
    },
    "writes to stderr": {
        "outputs": [nbformat.v4.new_output("stream", name="stderr", text="Warning")]
    },
    "stores a script": {"outputs": display(text="x", html="<script>1</script>")},
    "belongs to cells that show one explorable": {"metadata": TAGGED},
    "explorable and nothing else": {"source": "explore.poisson_rate(x)"},
    "unknown tags": {"metadata": {"tags": ["hide_input"]}},
    "no caption": {"outputs": FIGURE},
    "no alt text": {
        "outputs": FIGURE,
        "metadata": {"mystnb": {"figure": {"name": "fig-x", "caption": "It falls."}}},
    },
    "one figure a cell": {"outputs": FIGURE * 2, "metadata": NAMED},
}


@pytest.mark.parametrize("sentence", UNLEAN)
def test_the_check_names_what_is_not_lean(sentence, tmp_path):
    path = tmp_path / "chapter.ipynb"
    path.write_text(dumps(notebook(**UNLEAN[sentence])), encoding="utf-8")
    found = faults(path)
    assert len(found) >= 1
    assert any(sentence in fault for fault in found), found


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"outputs": FIGURE, "metadata": NAMED},
        {"source": "explore.poisson_rate(x)", "metadata": TAGGED, "outputs": display(text="x")},
    ],
    ids=["a printed number", "a figure", "an explorable"],
)
def test_the_check_passes_what_is_lean(cell, tmp_path):
    path = tmp_path / "chapter.ipynb"
    path.write_text(dumps(notebook(**cell)), encoding="utf-8")
    assert faults(path) == []


def test_a_stored_image_is_found(tmp_path):
    raw = notebook(metadata=NAMED)
    raw.cells[0].outputs = display(text="<Figure>", png="aGVsbG8=")
    path = tmp_path / "chapter.ipynb"
    path.write_text(dumps(raw), encoding="utf-8")
    assert any("stores ['image/png']" in fault for fault in faults(path))


def test_writing_lean_keeps_the_text_and_drops_the_picture():
    raw = notebook(metadata=NAMED)
    raw.cells[0].outputs = display(text="<Figure>", png="aGVsbG8=")
    assert lean(raw).cells[0].outputs[0].data == {"text/plain": "<Figure>"}


def test_an_id_depends_on_the_source_alone():
    first, second = notebook(), notebook(execution_count=7)
    assert first.cells[0].id == second.cells[0].id
    assert first.cells[0].id != notebook(source="print(2)").cells[0].id


def stream(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


@pytest.mark.parametrize(
    "pieces", [["1\n2\n3\n"], ["1\n", "2\n3\n"], ["1\n2", "\n", "3\n"]], ids=["one", "two", "three"]
)
def test_a_print_is_stored_alike_however_the_kernel_cuts_it(pieces):
    whole = notebook(outputs=[stream("1\n2\n3\n")])
    assert dumps(notebook(outputs=[stream(piece) for piece in pieces])) == dumps(whole)


def test_only_neighbours_of_one_stream_are_joined():
    outputs = [
        stream("1\n"),
        *display(text="x"),
        stream("2\n"),
        stream("w\n", "stderr"),
        stream("3\n"),
    ]
    assert lean(notebook(outputs=outputs)).cells[0].outputs == outputs


def test_joining_leaves_the_given_notebook_alone():
    raw = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("x", outputs=[stream("1"), stream("2")], execution_count=1)
        ]
    )
    lean(raw)
    assert [o.text for o in raw.cells[0].outputs] == ["1", "2"]


def test_a_print_stored_in_pieces_is_a_fault(tmp_path):
    raw = notebook()
    raw.cells[0].outputs = [stream("1\n"), stream("2\n")]
    path = tmp_path / "chapter.ipynb"
    path.write_text(dumps(raw), encoding="utf-8")
    assert any("not in the lean form" in fault for fault in faults(path))


SOLUTION = [
    nbformat.v4.new_markdown_cell("Hint.\n\n````{solution-start} ex\n:class: dropdown\n````"),
    nbformat.v4.new_code_cell("6 * 7", outputs=[stream("42\n")], execution_count=1),
    nbformat.v4.new_markdown_cell("It is 42.\n\n````{solution-end}\n````\n\n## Next"),
    nbformat.v4.new_code_cell("1", outputs=[stream("1\n")], execution_count=2),
]
BOTH = {"jupyter": {"source_hidden": True, "outputs_hidden": True}}


def test_a_solution_lies_collapsed_in_jupyterlab_its_text_too_and_nothing_else():
    cells = lean(nbformat.v4.new_notebook(cells=SOLUTION)).cells
    assert [c.source.splitlines()[0] for c in cells] == [
        "Hint.",
        "6 * 7",
        "It is 42.",
        "## Next",
        "1",
    ]
    hidden = {"jupyter": {"source_hidden": True}}
    assert [c.metadata for c in cells] == [{}, BOTH, hidden, {}, {}]


def test_text_between_the_start_of_a_solution_and_its_code_lies_collapsed_too():
    start = nbformat.v4.new_markdown_cell(SOLUTION[0].source + "\n\nFirst, count.")
    cells = lean(nbformat.v4.new_notebook(cells=[start, *SOLUTION[1:]])).cells
    assert cells[1].source == "First, count."
    assert cells[1].metadata == {"jupyter": {"source_hidden": True}}


@pytest.mark.parametrize(
    ("tag", "hidden"),
    [
        ("hide-input", {"jupyter": {"source_hidden": True}}),
        ("remove-input", {"jupyter": {"source_hidden": True}}),
        ("hide-output", {"jupyter": {"outputs_hidden": True}}),
        ("hide-cell", BOTH),
        ("remove-cell", BOTH),
    ],
)
def test_what_the_page_folds_away_lies_collapsed_in_jupyterlab(tag, hidden):
    cell = notebook(metadata={"tags": [tag], "jupyter": {"source_hidden": False}}).cells[0]
    assert cell.metadata == {"tags": [tag], **hidden}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_no_solution_of_a_chapter_lies_open(chapter):
    solves = False
    for cell in nbformat.read(chapter, as_version=4).cells:
        assert solves == ("source_hidden" in cell.metadata.get("jupyter", {})) or (
            cell.cell_type == "code" and not solves
        )
        solves = (
            solves or "{solution-start}" in cell.source
        ) and "{solution-end}" not in cell.source
    assert not solves


def test_a_solution_that_never_ends_is_a_fault(tmp_path):
    path = tmp_path / "chapter.ipynb"
    path.write_text(dumps(lean(nbformat.v4.new_notebook(cells=SOLUTION[:2]))), encoding="utf-8")
    assert any("never ends" in fault for fault in faults(path))
