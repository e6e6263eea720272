"""Every displayed formula of a chapter has a test of its own, found by its label.

A chapter's file, `test_formulas_01.py` say, holds one function for each equation: `$$ ... $$ (eq-ch1-poisson)` is checked
by `test_eq_ch1_poisson`. `unchecked` names the equations that nobody checks, and the tests that check nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"


def labels(notebook: str) -> list[str]:
    """The labels of the displayed formulas of `book/<notebook>.ipynb`, in the order of the page."""
    cells = json.loads((BOOK / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    displays = re.findall(
        r"^\s*\$\$(?:.+?)\$\$[ \t]*(\([\w-]+\))?", text, flags=re.DOTALL | re.MULTILINE
    )
    return [label.strip("()") for label in displays]


def unchecked(notebook: str, tests: Mapping[str, object]) -> list[str]:
    """What is wrong with the pairing of formulas and tests: unlabelled, untested and orphaned ones. Empty if nothing is."""
    shown = labels(notebook)
    wanted = {f"test_{label.replace('-', '_')}": label for label in shown if label}
    present = {name for name in tests if name.startswith("test_eq_")}
    return (
        ["a formula without a label"] * shown.count("")
        + [f"no test for {label}" for name, label in wanted.items() if name not in present]
        + [f"no formula for {name}" for name in sorted(present - set(wanted))]
    )
