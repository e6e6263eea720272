"""Spikes: where a component of a mixture shrinks to a single value, and its likelihood grows without bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..censoring import stood_in
from ..likelihood import Likelihood
from ..statistics import Events

__all__ = ["NARROW", "can_spike", "spiked", "spread", "spreads"]

Array = np.ndarray

# A component narrower than this part of the sample is on its way to a single value.
NARROW = 1e-3
# So many standard deviations lie between the 5 % and the 95 % quantile of a Normal.
_NINE_TENTHS = 3.29


def _members(likelihood: Any, full: Array) -> Any:
    return likelihood.layout.distribution(full, likelihood.known).members


def spreads(likelihood: Any, full: Array) -> Array:
    """Return how wide each component is, on the first axis; infinitely wide where it cannot shrink to a point."""
    rows = []
    for d in _members(likelihood, full):
        wide = np.full(len(full), np.inf)
        if not d.support.whole:
            sd = np.sqrt(np.asarray(d.var, dtype=float))
            unit = np.asarray(d._place()[1], dtype=float)
            wide = np.broadcast_to(np.where(np.isfinite(sd), sd, unit), len(full))
        rows.append(wide)
    return np.stack(rows)


def spread(likelihood: Any) -> float:
    """Return the standard deviation of what was seen, a few points standing for each event.

    Where the tails are heavy, what it would be of a Normal whose middle nine tenths are as wide.
    """
    t = stood_in(likelihood.family, likelihood.statistic)

    def measured() -> float:
        sd = float(np.sqrt(t.mean((t.values - t.mean(t.values)) ** 2)))
        order = np.argsort(t.values)
        below = np.cumsum(t.weights[order]) / t.weights.sum()
        low, high = t.values[order][np.searchsorted(below, (0.05, 0.95))]
        return min(sd, float(high - low) / _NINE_TENTHS) or sd

    return float(t.once("_spread", measured))


def spiked(likelihood: Any, full: Array) -> Array:
    """Say which rows have a component on its way to a single value."""
    return (spreads(likelihood, full) < NARROW * spread(likelihood)).any(axis=0)


def can_spike(family: Any, t: Any, fixed: Mapping[str, Any]) -> str:
    """Return the name of a component whose density grows without bound as it shrinks to one value, "" where none does.

    >>> from mlecore import Exponential, Normal
    >>> from mlecore.models import Mixture
    >>> from mlecore.statistics import Sample
    >>> x = Sample.of(np.array([1.0, 2.0]))
    >>> can_spike(Mixture(Normal, 2), x, {}), can_spike(Mixture(Exponential, 2), x, {})
    ('Normal', '')
    """
    if isinstance(t, Events):
        t = t.exact
    if t is None or family.support.whole:
        return ""
    for component, names in zip(family.components, family.columns, strict=True):
        x = t.values[component.support.contains(t.values)][:1]
        if not x.size:
            continue
        held = {own: fixed[mine] for own, mine in names.items() if mine in fixed}
        two = Likelihood(component, component._statistics(np.repeat(x, 2), None), fixed=held)
        if any(np.any(refusal.where) for refusal in component._refusals(two)):
            return str(component.__name__)
    return ""
