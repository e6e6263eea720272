"""Execute the book's chapters and store them lean; or check, without executing, that they are.

A chapter in the repository holds its text outputs, so that nbval can compare every printed number,
and no images or scripts, so that a change is readable as a diff. This tool writes that form:

    python tools/lean_notebooks.py                       # every chapter of book/
    python tools/lean_notebooks.py book/04_slope_zero.ipynb
    python tools/lean_notebooks.py --check               # structure only; exits with 1 if not lean

Lean means: cells counted 1, 2, 3 ...; ids that depend on a cell's source alone; of the metadata
only `tags` and `mystnb`, and `jupyter` as it follows from the tags; one kernel; what a cell prints
in a row in one piece; no image, no script, no address of an object in memory; what the page folds
away lies collapsed in JupyterLab too, and a solution's text in cells of its own for that;
every figure with a name, a caption and alt text, and the caption once more in a cell below it, which
JupyterLab shows and the page leaves out; the tag `nbval-ignore-output` on the cells that
show an explorable, and on no other.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parent.parent / "book"
IGNORE = "nbval-ignore-output"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
TEXT = ("text/plain", "text/html", "text/latex", "text/markdown")
KEPT_METADATA = ("mystnb", "tags")
KNOWN_TAGS = {IGNORE, "hide-input", "hide-output", "hide-cell", "remove-cell", "remove-input"}
CAPTION = "caption"  # of a figure, for JupyterLab; written from the figure's own, never by hand
KNOWN_TAGS |= {
    CAPTION,
    "needs-desktop",
    "recipe",
}  # what a live page makes of a cell: see contributing
# What the page folds away or leaves out, said once more in the words that JupyterLab reads.
SOURCE_HIDDEN = {"hide-input", "hide-cell", "remove-cell", "remove-input"}
OUTPUTS_HIDDEN = {"hide-output", "hide-cell", "remove-cell"}
# The fences that begin and end a solution, with the options that follow the first line.
SOLUTION_FENCE = re.compile(
    r"^(?P<fence>[`:]{3,})\{solution-(?P<which>start|end)\}.*\n(?:.*\n)*?(?P=fence)[ \t]*(?:\n|\Z)",
    re.MULTILINE,
)
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
EMPTY_ALT = re.compile(r"!\[\s*\]\(")


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in a fresh kernel, as `Run all` does; an error in a cell raises."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def lean(notebook: NotebookNode) -> NotebookNode:
    """The lean form of an executed notebook. Lean of lean is the same."""
    cells, seen, count = [], {}, 0
    for cell, solves in with_captions(told_apart(notebook.cells)):
        source = cell.source.rstrip()
        if not source:
            continue
        # The same source has the same id, whichever tool touched the file last.
        digest = hashlib.sha1(f"{cell.cell_type}\n{source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        fresh = NotebookNode(
            cell_type=cell.cell_type,
            id=digest if seen[digest] == 1 else f"{digest}-{seen[digest]}",
            metadata={k: cell.metadata[k] for k in KEPT_METADATA if cell.metadata.get(k)},
            source=source,
        )
        if collapsed := collapse(cell, solves):
            fresh.metadata["jupyter"] = collapsed
        if cell.cell_type == "code":
            count += cell.execution_count is not None
            fresh.execution_count = cell.execution_count and count
            outputs = [lean_output(o, ignored=IGNORE in tags(cell)) for o in merged(cell.outputs)]
            for output in outputs:
                if output.output_type == "execute_result":
                    output.execution_count = fresh.execution_count
            fresh.outputs = outputs
        cells.append(fresh)
    metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    return nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )


def with_captions(
    cells: Iterator[tuple[NotebookNode, bool]],
) -> Iterator[tuple[NotebookNode, bool]]:
    """Every cell, and after a figure its caption as text, which JupyterLab does not take from the metadata."""
    for cell, solves in cells:
        if CAPTION in tags(cell):
            continue
        yield cell, solves
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if caption := figure.get("caption", "").strip():
            hidden = {"tags": [CAPTION, "remove-cell"]}
            below = {"cell_type": "markdown", "metadata": hidden, "source": caption}
            yield nbformat.from_dict(below), solves


def told_apart(cells: list[NotebookNode]) -> Iterator[tuple[NotebookNode, bool]]:
    """Every cell, and whether it belongs to a solution.

    A markdown cell that holds the end of one solution and the next exercise is cut in two: only a
    whole cell can lie collapsed. The fence that ends a solution belongs to it, the one that begins
    it stays in sight.
    """
    solves = False
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell, solves
            continue
        start = 0
        for fence in SOLUTION_FENCE.finditer(cell.source):
            yield NotebookNode({**cell, "source": cell.source[start : fence.end()]}), solves
            start, solves = fence.end(), fence["which"] == "start"
        rest = cell.source[start:].lstrip("\n")
        yield NotebookNode({**cell, "source": rest}), solves


def collapse(cell: NotebookNode, solves: bool) -> dict[str, bool]:
    """What JupyterLab is told to hide of a cell: what the page folds away."""
    if cell.cell_type != "code":
        return {"source_hidden": True} if solves else {}
    hidden = {}
    if solves or SOURCE_HIDDEN.intersection(tags(cell)):
        hidden["source_hidden"] = True
    if cell.outputs and (solves or OUTPUTS_HIDDEN.intersection(tags(cell))):
        hidden["outputs_hidden"] = True
    return hidden


def merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighbouring texts of one stream joined.

    A kernel sends what a cell prints in pieces, cut where its buffer happened to be flushed: other
    places on every run.
    """
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.get("name") and output.get("name") == last.get("name"):  # only streams have one
            joined[-1] = NotebookNode({**last, "text": last.text + output.text})
        else:
            joined.append(output)
    return joined


def lean_output(output: NotebookNode, ignored: bool) -> NotebookNode:
    """An output without images, and without the script of an explorable."""
    if "data" not in output:
        return NotebookNode({k: v for k, v in output.items() if k != "metadata"})
    kept = ("text/plain",) if ignored else TEXT
    data = {mime: output.data[mime] for mime in kept if mime in output.data}
    return NotebookNode(output_type=output.output_type, data=data, metadata={})


def dumps(notebook: NotebookNode) -> str:
    """The notebook as it lies in the repository."""
    return nbformat.writes(notebook, version=4) + "\n"


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def shows_explorable(source: str) -> bool:
    """Whether a cell is one call of a function of `explore` and nothing else."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        return False
    function = getattr(body[0].value, "func", None)
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id == "explore"


def is_figure(output: NotebookNode) -> bool:
    """Whether an output is a matplotlib figure, its picture stored or not."""
    text = output.get("data", {}).get("text/plain", "")
    return any(m.startswith("image/") for m in output.get("data", {})) or text.startswith("<Figure")


def faults(path: Path) -> list[str]:
    """What is not lean about a stored notebook, one sentence each; empty if it is lean."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    found = []
    expected = 0
    for number, cell in enumerate(notebook.cells, 1):

        def fault(sentence: str, number: int = number, cell: NotebookNode = cell) -> None:
            first = cell.source.strip().splitlines()[0] if cell.source.strip() else "(empty)"
            found.append(f"{path.name}, cell {number} ({first[:50]}): {sentence}")

        if cell.get("attachments"):
            fault("has an attachment; draw the figure in a cell")
        if cell.cell_type == "markdown":
            if EMPTY_ALT.search(cell.source):
                fault("an image has no alt text")
            continue
        if cell.cell_type != "code":
            fault(f"is a {cell.cell_type} cell; chapters have markdown and code")
            continue
        expected += 1
        if cell.execution_count != expected:
            fault(f"execution count is {cell.execution_count}, not {expected}")
        if unknown := set(tags(cell)) - KNOWN_TAGS:
            fault(f"unknown tags {sorted(unknown)}; known are {sorted(KNOWN_TAGS)}")
        if shows_explorable(cell.source) != (IGNORE in tags(cell)):
            fault(f"'{IGNORE}' belongs to cells that show one explorable and nothing else")
        for output in cell.outputs:
            check_output(output, cell, fault)
        figures = sum(is_figure(output) for output in cell.outputs)
        if figures and "remove-cell" not in tags(cell):
            figure, image = (
                cell.metadata.get("mystnb", {}).get(k, {}) for k in ("figure", "image")
            )
            if figures > 1 or len(cell.outputs) > 1:
                fault("shows a figure and something else; one figure a cell")
            if not figure.get("caption", "").strip() or not figure.get("name", "").strip():
                fault("the figure has no caption or no name (mystnb: figure:)")
            if len(image.get("alt", "").strip()) < 40:
                fault("the figure has no alt text that lets one draw it (mystnb: image: alt:)")
    fences = [
        fence["which"]
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for fence in SOLUTION_FENCE.finditer(cell.source)
    ]
    if fences != ["start", "end"] * (len(fences) // 2):
        found.append(f"{path.name}: a solution never ends, or ends before it starts")
    if not found and dumps(lean(notebook)) != text:
        found.append(f"{path.name}: is not in the lean form; run `make notebooks`")
    return found


def check_output(output: NotebookNode, cell: NotebookNode, fault) -> None:
    """Report what a stored output must not hold."""
    if output.output_type == "error":
        fault("holds an error")
    if output.get("name") == "stderr":
        fault("writes to stderr")
    data = output.get("data", {})
    if any(mime not in TEXT for mime in data):
        fault(f"stores {sorted(set(data) - set(TEXT))}")
    if "<script" in data.get("text/html", ""):
        fault("stores a script")
    written = [output.get("text", ""), *data.values()]
    if IGNORE not in tags(cell) and any(ADDRESS.search(str(t)) for t in written):
        fault("prints the address of an object, which changes with every run")


def main(arguments: list[str] | None = None) -> int:
    """Run the tool; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every chapter of book/")
    parser.add_argument("--check", action="store_true", help="check the structure, execute nothing")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted(BOOK.glob("*.ipynb"))
    if not options.check:
        for path in paths:
            notebook = nbformat.read(path, as_version=4)
            execute(notebook, path.resolve().parent)
            path.write_text(dumps(lean(notebook)), encoding="utf-8")
            print(f"wrote {path.name} ({path.stat().st_size / 1024:.0f} KB)")
    found = [sentence for path in paths for sentence in faults(path)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    if not found:
        print(f"{len(paths)} notebooks are lean")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
