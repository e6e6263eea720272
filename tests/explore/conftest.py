"""A browser for the explorables, the one that reads the book, and a page with all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book"))

from browser import launch
from stage import EXPLORABLES, Stage, showing


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with launch() as browser:
        yield browser


@pytest.fixture(scope="session")
def everything(browser: Browser) -> Iterator[dict[str, Stage]]:
    """All of them on one page, and two of one kind: whatever holds here holds for one alone."""
    shown = [*EXPLORABLES.values(), EXPLORABLES["intervals"]]
    with showing(browser, *shown, reduced_motion="reduce") as stages:
        yield dict(zip([*EXPLORABLES, "intervals again"], stages, strict=True))
