"""Peers that keep their warnings to themselves."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


def quiet(action: Callable[[], Any]) -> Callable[[], Any]:
    """Keep a peer's warnings off the table; whether it arrived is told by its log-likelihood."""

    @functools.wraps(action)
    def run() -> Any:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return action()

    return run
