"""The one place where a method opens a room above its own floor: the room is imported by name, at the call.

A fit can be tested and drawn, and knows nothing of tests and drawings until it is asked.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["DOORS", "room"]

#: which rooms are opened so, and by which methods
DOORS = {
    "goodness": ("Fit.goodness",),
    "residuals": ("Fit.residuals",),
    "regression": ("Fitting.regress",),
    "saved": ("Statistic.save",),
    "plotting": ("Fit.plot", "KaplanMeier.plot"),
}


def room(name: str) -> Any:
    """Return a room above, one of `DOORS`.

    >>> room("plotting").__name__
    'mlecore.plotting'
    """
    if name not in DOORS:
        raise KeyError(f"no door leads to {name!r}: name it in DOORS, with the methods that use it")
    return importlib.import_module(f".{name}", __package__)
