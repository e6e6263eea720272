"""The EM algorithm for mixtures (Dempster, Laird and Rubin 1977), from guesses at which value came from which component.

Weighted fits of the components by their own ways to the maximum lead from each guess to the right hill; Newton's method
climbs it from there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..climbing import climb, look, newton_step
from ..likelihood import Likelihood
from ..statistics import Sample
from .spikes import spiked, spread

__all__ = ["best_weights", "em", "places_of"]

Array = np.ndarray

# EM only has to find the hill.
_EM_CYCLES, _EM_GAIN, _LONGEST, _CONCAVE = 40, 1e-4, 64.0, 1e-3


def em(likelihood: Any, guesses: Array) -> tuple[Array, Array]:
    """Return where EM leads from each guess, all free scalars, a row each, and how high that is.

    It ends where the log-likelihood is concave, which Newton's method wants, or where it hardly rises any more.
    """
    full = _refitted(likelihood, guesses, None)
    height = np.full(len(full), -np.inf)
    rows = np.arange(len(full))
    for cycle in range(_EM_CYCLES):
        before = height[rows]
        full[rows], height[rows] = _accelerated(likelihood, full[rows])
        still = ~(height[rows] - before > _EM_GAIN) | spiked(likelihood, full[rows])
        if cycle % 3 == 2:
            still |= _near_top(likelihood, full[rows])
        rows = rows[~still]
        if not rows.size:
            break
    return full, height


def _step(likelihood: Any, full: Array) -> tuple[Array, Array]:
    """Return what one step of EM makes of each row, and the log-likelihood before it."""
    shares, height, *moves = likelihood.family._expected(likelihood, full)
    return _refitted(likelihood, np.nan_to_num(shares), full, *moves), height


def _accelerated(likelihood: Any, full: Array) -> tuple[Array, Array]:
    """Return where two steps of EM lead, or a leap along them where it is higher, and a height reached on the way.

    The leap is Varadhan and Roland's (2008).
    """
    layout, free = likelihood.layout, likelihood.free
    one, _ = _step(likelihood, full)
    two, height = _step(likelihood, one)
    u, v, w = (layout.to_real(f[:, free], free) for f in (full, one, two))
    first, second = v - u, (w - v) - (v - u)
    unit = np.where(np.isfinite(layout.longest_step(free)), 1.0, spread(likelihood))
    length = np.linalg.norm(first / unit, axis=1) / np.linalg.norm(second / unit, axis=1)
    length = np.clip(np.nan_to_num(length, nan=1.0), 1.0, _LONGEST)[:, None]
    leap = np.array(two)
    leap[:, free] = layout.from_real(u + 2.0 * length * first + length**2 * second, free)[0]
    there = np.broadcast_to(likelihood._evaluate_full(leap, "_log_likelihood", 0), height.shape)
    better = there >= height
    return np.where(better[:, None], leap, two), np.where(better, there, height)


def _near_top(likelihood: Any, full: Array) -> Array:
    """Say which rows are near a maximum: the curvature is that of one, and Newton's step promises little."""
    free, layout = likelihood.free, likelihood.layout
    if likelihood.family.corners or not free.size:
        return np.zeros(len(full), dtype=bool)
    _, gain, least, _ = newton_step(look(likelihood, layout.to_real(full[:, free], free)))
    return (least > _CONCAVE) & (gain < 1.0)


def _refitted(likelihood: Any, shares: Array, old: Array | None, *moves: Array) -> Array:
    """Return the weights, or what a family has in their place, and the components at their best for these shares."""
    family, layout, t = likelihood.family, likelihood.layout, likelihood.statistic
    w = shares * t.weights
    new = np.full((len(w), len(layout.names)), np.nan)
    mixing = family._mixing(likelihood, w.sum(axis=-1), *moves)
    new[:, : mixing.shape[1]] = mixing
    for k, component in enumerate(family.components):
        here = places_of(family, layout, k)
        held = {n: likelihood.held[i] for n, i in here.items() if i in likelihood.held}
        held |= {n: v for n, v in likelihood.known.items() if n in component.domains}
        columns = list(here.values())
        before = None if old is None else old[:, columns]
        new[:, columns] = _component(component, t.values, w[:, k], held, before)
    return new


def places_of(family: Any, layout: Any, k: int) -> dict[str, int]:
    """Return where the free scalars of a component lie among those of the mixture, by their own names."""
    return {
        name: layout.index(mine)
        for name, mine in family.columns[k].items()
        if mine in layout.domains
    }


def best_weights(likelihood: Any, size: Array) -> Array:
    """Return all weights but the last from how much each component holds, the held ones as they are."""
    layout, names = likelihood.layout, likelihood.family.weight_names
    held = {
        j: likelihood.held[i]
        for j, n in enumerate(names)
        if (i := layout.index(n)) in likelihood.held
    }
    free = np.array([k not in held for k in range(size.shape[1])])
    size = np.where(free, size, 0.0)
    left = 1.0 - sum(held.values(), np.asarray(0.0))
    weights = size / size.sum(axis=1, keepdims=True) * left
    for j, value in held.items():
        weights[:, j] = value
    return weights[:, :-1]


def _component(family: Any, x: Array, w: Array, held: dict[str, Any], old: Array | None) -> Array:
    """Return the weighted fits of one component, a row each; where there is none, what it was before."""
    inside = family.support.contains(x)
    w = np.where(inside, w, 0.0)
    if not inside.all():
        x = np.where(inside, x, x[np.argmax(inside)])
    t = family._statistics(np.broadcast_to(x, w.shape), w).of_family(family)
    likelihood = Likelihood(family, t, fixed=held)
    smooth = isinstance(t, Sample) and not family.corners
    if old is not None and (smooth or family._climbs()):
        # Two steps uphill are as good as the whole way here, and much cheaper without a small statistic.
        start = np.where(np.isfinite(old), old, likelihood.layout.interior)
        full = likelihood._full(climb(likelihood, start[:, likelihood.free], 2).theta)
    else:
        full = family._find(likelihood)[1]
    full = np.broadcast_to(full, (len(w), len(likelihood.layout.names)))
    good = likelihood.layout.contains(full)[:, None]
    return np.where(good, full, np.nan if old is None else old)
