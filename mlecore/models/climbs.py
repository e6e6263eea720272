"""Newton's climbs of a mixture's likelihood: to the tops of hills, to the edges of the domain, and among corners."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..climbing import Top, climb
from ..domains import Positive, Unit
from ..statistics import Events
from .spikes import NARROW, spread, spreads

__all__ = ["CLIMB", "climbed", "twins"]

Array = np.ndarray

CLIMB = 100
# Beyond this a logarithm or logit is tried at the edge that it goes to.
_NEAR_EDGE = 8.0
# Rows this close to each other, and as high, are on one hill.
_BESIDE = 0.02


def climbed(likelihood: Any, full: Array, max_iterations: int = 200) -> Top:
    """Climb from each row of all free scalars; `theta` of what is returned holds all of them too."""
    free = likelihood.free
    corners = set(likelihood.family.corners)
    names = [likelihood.layout.names[i] for i in free]
    held = {n: full[:, i] for n, i in zip(names, free, strict=True) if n in corners}
    if not held:
        top = _to_edges(likelihood, _smoothly(likelihood, full, max_iterations))
        onto_edges = getattr(likelihood.family, "_onto_edges", None)  # of its own kind
        return top if onto_edges is None else onto_edges(likelihood, top)
    lost = Top(full[:1], np.array([np.nan]), np.array([False]), np.array([0]))
    rows = [
        _among_corners(likelihood.at(np.array([r])), full[r : r + 1], tuple(held), max_iterations)
        if np.isfinite(full[r]).all()
        else lost
        for r in range(len(full))
    ]
    return Top(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _smoothly(likelihood: Any, full: Array, max_iterations: int) -> Top:
    """Climb with the scalars that are on an edge of their domain held there."""
    free, names = likelihood.free, likelihood.layout.names
    at_edge = likelihood.layout.at_edge(full)[:, free]
    count = len(full)
    theta, height = np.array(full), np.full(count, np.nan)
    converged, iterations = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
    for pattern in np.unique(at_edge, axis=0):
        rows = np.flatnonzero((at_edge == pattern).all(axis=1) & np.isfinite(full).all(axis=1))
        if rows.size:
            here = likelihood.at(rows).given({names[i]: full[rows, i] for i in free[pattern]})
            top = climb(here, full[rows][:, here.free], max_iterations)
            theta[rows] = here._full(top.theta)
            height[rows], converged[rows], iterations[rows] = top[1:]
    return Top(theta, height, converged, iterations)


def _to_edges(likelihood: Any, top: Top) -> Top:
    """Put scalars that have come near an edge of their domain onto it, where that is no worse and the slope leads out."""
    layout, weights = likelihood.layout, likelihood.family.weight_names
    edged = np.array(top.theta)
    for i in likelihood.free:
        domain = layout.domain(i)
        if layout.names[i] in weights:
            continue  # without its weight a component is not there
        u = domain.to_real(top.theta[:, i])
        if isinstance(domain, Positive) and domain.zero:
            edged[u < -_NEAR_EDGE, i] = 0.0
        if isinstance(domain, Unit):
            edged[u > _NEAR_EDGE, i] = 1.0
            if domain.zero:
                edged[u < -_NEAR_EDGE, i] = 0.0
    rows = np.flatnonzero((edged != top.theta).any(axis=1) & np.isfinite(top.theta).all(axis=1))
    if not rows.size:
        return top
    first = twins(
        np.where(top.converged[rows, None], top.theta[rows], np.nan), top.log_likelihood[rows]
    )
    one, back = np.unique(first, return_inverse=True)
    here = likelihood.at(rows[one])
    new = _smoothly(here, edged[rows[one]], CLIMB)
    slope = here._evaluate_full(new.theta, "_score_vector", 1)
    on_edge = layout.at_edge(new.theta)
    outward = np.where(new.theta == 0, -slope, slope) >= 0
    good = ((outward | ~on_edge).all(axis=1) & new.converged)[back]
    new = Top(*(column[back] for column in new))
    old = top.log_likelihood[rows]
    good &= new.log_likelihood >= old - 1e-9 * (1.0 + np.abs(old))
    columns = [np.array(column) for column in top]
    for column, better in zip(columns, new, strict=True):
        column[rows[good]] = better[good]
    return Top(*columns)


def _among_corners(
    likelihood: Any, full: Array, corners: tuple[str, ...], max_iterations: int
) -> Top:
    """Climb one row where some parameters have their best places at values: there no slope leads, so neighbours are tried."""
    layout, t = likelihood.layout, likelihood.statistic
    places = [layout.index(name) for name in corners]
    points = np.unique(
        likelihood.corner_values() if isinstance(t, Events) else t.values[t.weights > 0]
    )
    theta, best = full[0], -np.inf
    steps = 2 ** np.arange(int(np.log2(max(points.size, 2))) + 1)
    for _ in range(50):
        here = likelihood.given({name: theta[i] for name, i in zip(corners, places, strict=True)})
        top = _smoothly(here, theta[None], 3)
        theta, best = top.theta[0], float(top.log_likelihood[0])
        start = best
        for i in places:
            k = int(np.argmin(np.abs(points - theta[i])))
            near = np.unique(np.clip(k + np.concatenate([-steps, [0], steps]), 0, points.size - 1))
            tried = np.repeat(theta[None], near.size, axis=0)
            tried[:, i] = points[near]
            narrow = spreads(likelihood, tried).min(axis=0) < NARROW * spread(likelihood)
            height = likelihood._evaluate_full(tried, "_log_likelihood", 0)
            height = np.where(np.isfinite(height) & ~narrow, height, -np.inf)
            if height.max() > best:
                theta, best = tried[np.argmax(height)], float(height.max())
        if not best > start + 1e-9 * (1.0 + abs(best)):
            break
    return _to_edges(here, _smoothly(here, theta[None], max_iterations))


def twins(full: Array, height: Array) -> Array:
    """Return for each row the first one that is the same member, as near as it matters, its components in any order.

    >>> twins(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 3.0]]), np.zeros(3))
    array([0, 0, 2])
    """
    first, place = np.arange(len(full)), np.sort(full, axis=1)
    for k in range(len(full)):
        near = np.abs(place[:k] - place[k]) <= _BESIDE * np.abs(place[:k])
        same = near.all(axis=1) & (np.abs(height[:k] - height[k]) <= _BESIDE)
        if same.any():
            first[k] = first[np.argmax(same)]
    return first
