"""The family's own search for its maximum over a source, where the part in memory does not tell which top is the highest."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ..errors import Interrupted
from ..statistics import InPasses
from .terms import Array, Solution

__all__ = ["SURE", "pilot_in_doubt", "searched_in_passes"]

# By how many nats the values drawn from a source must prefer a top to any other, for all values to prefer it too.
SURE = 20.0


def pilot_in_doubt(likelihood: Any) -> bool:
    """Say whether the values drawn from a source leave open where its highest top is, or whether there is any."""
    t, few = likelihood.statistic, copy.copy(likelihood)
    few.statistic = t.pilot
    full = likelihood.family._find(few)[1]
    share = min(1.0, t.pilot.width / t.seal.rows)
    return bool(not np.isfinite(full).all() or likelihood.family._in_doubt(t.pilot, full, share))


def searched_in_passes(likelihood: Any) -> tuple[Solution, Array]:
    """Return the solution of the family's own search, each of whose sums reads the source once.

    Raises
    ------
    NoMLEError : where all values together have no maximum; the limit is that of all.
    Interrupted : with the parameters of the last whole pass.
    """
    t, whole = likelihood.statistic, copy.copy(likelihood)
    whole.statistic = InPasses(t).of_family(likelihood.family)
    try:
        likelihood.family._without_mle(whole)
        t.state["searched"] = True
        return likelihood.family._find(whole)
    except KeyboardInterrupt as stop:
        if isinstance(stop, Interrupted):
            raise
        raise t.interrupted() from stop
