"""What all tests share: a browser, plots without a screen, many digits where mpmath is the judge."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import mpmath
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

matplotlib.use("Agg")
# scikit-learn asks how many cores there are, and a bare machine has no tool that tells it.
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")
# The first call of a formula imports and compiles; how long it takes says nothing about it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


# A worker that begins one of these last keeps the other waiting. Named before `tests` on the command
# line, pytest 9 would forget them: one argument holds the other.
LONGEST = (
    "book/test_live.py",
    "book/test_pages.py",
    "explore/test_every_explorable.py",
    "explore/test_each_explorable.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and leave all else in its order."""
    place = {Path(__file__).parent / name: k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.fixture(autouse=True)
def _seventy_digits():
    """Give every test the same precision, whichever test ran before it."""
    with mpmath.workdps(70):
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium: one for all who need it, since one process can drive no second."""
    from browser import launch  # only who asks for a browser needs one installed

    with launch() as browser:
        yield browser
