"""A page with all explorables, in the browser that reads the book."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from stage import EXPLORABLES, Stage, showing


@pytest.fixture(scope="session")
def everything(browser: Browser) -> Iterator[dict[str, Stage]]:
    """All of them on one page, and two of one kind: whatever holds here holds for one alone."""
    shown = [*EXPLORABLES.values(), EXPLORABLES["intervals"]]
    with showing(browser, *shown, reduced_motion="reduce") as stages:
        yield dict(zip([*EXPLORABLES, "intervals again"], stages, strict=True))
