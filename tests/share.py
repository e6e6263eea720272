"""Run every k-th of the tests collected: pytest -p share, with TEST_SHARE=k in the environment.

For places where the whole suite would take as long again: the lowest versions, the platform of the
pages. Which tests run depends on nothing but their order.
"""

from __future__ import annotations

import os
from typing import Any


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Keep every k-th test, and say how many are left out."""
    share = int(os.environ.get("TEST_SHARE", "1"))
    config.hook.pytest_deselected(items=[item for i, item in enumerate(items) if i % share])
    items[:] = items[::share]
