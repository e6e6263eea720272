"""The title page says in numbers only what the data say."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np

import mlecore as mle

BOOK = Path(__file__).resolve().parents[2] / "book"


def test_the_numbers_of_the_title_page_are_those_of_the_data() -> None:
    page = (BOOK / "index.md").read_text(encoding="utf-8")
    alpha = mle.datasets.load("alpha_particles")
    fit = mle.Poisson.fit(alpha.values, weights=alpha.frequencies)
    assert (
        f"{alpha.sample.size} intervals held 0, 1, 2 and so on up to {alpha.values.max()} alpha"
        in page
    )
    tallest = alpha.frequencies.argmax()
    assert (alpha.frequencies[tallest], alpha.values[tallest]) == (532, 4)
    assert "rise to 532 at four" in page
    assert f"summit marked at {fit.params['rate']:.4g}." in page
    assert f"in {alpha.year}, and the Poisson" in page


def curves(svg: str) -> list[np.ndarray]:
    """The coordinates of every bar and line inside the axes; letters and frames lie outside."""
    paths = re.findall(r'<path d="([^"]+)"\s+clip-path', svg)
    return [np.array(re.findall(r"-?\d+\.?\d*", path), dtype=float) for path in paths]


def test_the_picture_of_the_title_page_is_the_one_its_tool_draws(tmp_path: Path) -> None:
    runpy.run_path(str(BOOK.parent / "tools" / "draw_cover.py"))["draw"](tmp_path / "cover.svg")
    stored = curves((BOOK / "_static" / "cover.svg").read_text(encoding="utf-8"))
    drawn = curves((tmp_path / "cover.svg").read_text(encoding="utf-8"))
    assert len(stored) == len(drawn) >= 15 + 3, "fifteen bars, the model, the likelihood, the slope"
    for ours, theirs in zip(stored, drawn, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.5)


def test_the_picture_of_the_title_page_needs_no_font() -> None:
    svg = (BOOK / "_static" / "cover.svg").read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "font-family" not in svg
