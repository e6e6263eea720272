"""The family's own search for its maximum over a source, where the part in memory does not tell which top is the highest."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ..errors import DataError
from ..statistics import InPasses, Streamed
from .terms import Array, Solution

__all__ = ["SURE", "insist_apart", "pilot_in_doubt", "searched_in_passes"]

# By how many nats the values drawn from a source must prefer a top to any other, for all values to prefer it too.
SURE = 20.0
# What differs by less of its size has too few digits to be climbed.
_APART = 1e-7


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
    """
    t, whole = likelihood.statistic, copy.copy(likelihood)
    whole.statistic = InPasses(t).of_family(likelihood.family)
    likelihood.family._without_mle(whole)
    t.state["searched"] = True
    return likelihood.family._find(whole)


def insist_apart(family: Any, t: Streamed) -> None:
    """Raise for a climb that has failed among values that differ in their last digits only."""
    low, high = (float(end) for end in t.extremes())
    size = max(abs(low), abs(high))
    if high > low and high - low < _APART * size:
        way = (
            f"subtract {low:.6g} from each chunk, and add it to loc"
            if "loc" in family.units
            else "give them as one array"
        )
        raise DataError(
            f"the values of the source differ by {(high - low) / size:.0e} of their size alone, which leaves a climb too few "
            f"digits: {way}"
        )
