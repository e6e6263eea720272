"""`check` speaks once in a notebook, wherever in a cell it stands."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

CALL = 'check("horse-kicks-rate", ...)'
HINT = 'check("horse-kicks-rate", 24.4)'
START = "from mlecore.exercises import check"
CELLS = {
    "on the last line": (f"{START}\n{CALL}", 1),
    "before the last line": (f"{CALL}\nx = 1", 1),
    "inside a loop": (f"for _ in range(3):\n    {CALL}", 3),
    "twice, two answers": (f"{CALL}\n{HINT}", 2),
    "twice, one answer": (f"{CALL}\n{CALL}", 2),
    "kept in a name": (f"found = {CALL}", 1),
    "the name asked for later": ("found", 1),
    "beside another value": (f"{CALL}\n6 * 7", 2),
    "hushed": (f"{CALL};", 1),
}


@pytest.fixture(scope="module")
def ran() -> dict[str, list[nbformat.NotebookNode]]:
    """The outputs of each cell, run one after another in one kernel."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source, _ in CELLS.values()]
    )
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return {place: cell.outputs for place, cell in zip(CELLS, notebook.cells, strict=True)}


@pytest.mark.parametrize("place", CELLS)
def test_a_check_is_seen_once_wherever_it_stands(place: str, ran: dict) -> None:
    assert len(ran[place]) == CELLS[place][1]
    assert ran[place][0].data["text/plain"].startswith("Not done yet.")
    assert 'class="mle-check mle-check-not-done"' in ran[place][0].data["text/html"]
