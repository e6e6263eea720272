"""How the maximum of Student's t is found: by its profile over the degrees of freedom, and by climbs from many points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..family import Array
from ..likelihood import Likelihood
from ..statistics import Sample
from .heavy_tails import (
    best_climb,
    grid_of_values,
    locate,
    restricted,
    spread_about,
    tied,
    top_of,
    unrivalled,
)
from .rescaled import standardised

__all__ = ["ROUGH", "climb_from_profile", "search", "with_df"]

# The degrees of freedom at which the profile is looked at before climbing; beyond lies the Normal.
_GRID = np.array([1.0, 1.25, 1.6, 2.0, 2.6, 3.5, 5.0, 7.5, 12.0, 20.0, 40.0, 100.0])
# A sample much longer than this is climbed from the fit to a part of it.
_SUBSAMPLE = 8192
# Below this many degrees of freedom the logarithms of the tails need no more digits than one has.
ROUGH = 16.0


def with_df(likelihood: Any, df: Any) -> tuple[Array, Array, Array]:
    """Return the maximum over location and scale, which is the only one when df >= 1."""
    y, center, spread = standardised(likelihood.statistic)
    if likelihood.batch_shape and not y.batch_shape:
        center, spread = (np.broadcast_to(v, likelihood.batch_shape) for v in (center, spread))
        y = y.repeated(likelihood.batch_shape)
    here = Likelihood(likelihood.family, y, fixed={"df": df})
    loc, scale, converged, iterations = top_of(here, df)
    theta = np.stack(np.broadcast_arrays(df, center + spread * loc, spread * scale), axis=-1)
    return theta, converged, iterations


def climb_from_profile(likelihood: Any) -> tuple[Array, Array, Array]:
    """Return the highest of the maxima that lie above the hills of the profile of df; single, or a flat batch.

    For every df >= 1 location and scale have one maximum, so the likelihood has no more maxima than its profile over
    df. The profile is looked at on a grid, and each of its hills is climbed in all three parameters.
    """
    y, center, spread = standardised(likelihood.statistic)
    single = not y.batch_shape
    y = y[None] if single else y
    count = len(y.n)
    rough = y
    if y.width > 4 * _SUBSAMPLE and not y.weighted:
        rough = y.thinned(_SUBSAMPLE)
    points = []
    loc, scale = np.zeros(count), np.ones(count)
    for df in _GRID:
        loc, scale, _, _ = locate(rough, df, loc, scale, tolerance=1e-2)
        points.append(np.stack([np.full(count, df), loc, scale], axis=-1))
    # Apart, for the logarithms of the first need fewer digits.
    sides = np.split(np.array(points), [np.searchsorted(_GRID, ROUGH)])
    height = np.concatenate(
        [Likelihood(likelihood.family, rough).log_likelihood(side) for side in sides]
    )
    beside = np.pad(height, ((1, 1), (0, 0)), constant_values=-np.inf)
    hills = (height >= beside[:-2]) & (height >= beside[2:])
    # Heights decide where there are several hills; that of the only one would be one more pass.
    several = hills.sum() > count
    best = np.full(count, -np.inf)
    theta, converged = np.full((count, 3), np.nan), np.zeros(count, dtype=bool)
    iterations = np.zeros(count, dtype=int)
    for point, hill in zip(points, hills, strict=True):
        rows = np.flatnonzero(hill)
        if rows.size == 0:
            continue
        here = Likelihood(likelihood.family, y if rows.size == count else y[rows])
        parts = [] if rough is y else [rough[rows]]
        if rough is not y and y.width > 64 * _SUBSAMPLE:
            parts.append(y.thinned(16 * _SUBSAMPLE)[rows])
        reached, safe, steps = _top_of_hill(here, parts, point[rows])
        value = here.log_likelihood(reached) if several else np.zeros(rows.size)
        better = value > best[rows]
        rows = rows[better]
        best[rows], theta[rows] = value[better], reached[better]
        converged[rows], iterations[rows] = safe[better], steps[better]
    theta[:, 1] = center + spread * theta[:, 1]
    theta[:, 2] = spread * theta[:, 2]
    return (theta[0], converged[0], iterations[0]) if single else (theta, converged, iterations)


def _top_of_hill(likelihood: Any, parts: list[Sample], start: Array) -> tuple[Array, Array, Array]:
    """Return what climbs from the start reach, first on parts of the samples; at the edge where the profile falls from it.

    A climb that begins there would run up a spike of the likelihood below df = 1, step by small step.
    """
    theta, up = start.copy(), np.arange(len(start))
    converged, iterations = np.zeros(len(start), dtype=bool), np.zeros(len(start), dtype=int)
    if start[0, 0] == 1.0:
        solution, edge = likelihood.family._solve(restricted(likelihood, "df", 1.0))
        falls = likelihood.score(edge)[..., 0] <= 0.0
        theta[falls], converged[falls] = edge[falls], solution.converged[falls]
        iterations[falls] = solution.iterations[falls]
        up = np.flatnonzero(~falls)
    if up.size:
        near = start[up]
        for few in parts:
            near = Likelihood(likelihood.family, few[up])._climbed_from(near).theta
        here = likelihood if up.size == len(start) else likelihood.at(up)
        top = here._climbed_from(near)
        theta[up], converged[up] = _back_to_edge(here, top.theta, top.converged)
        iterations[up] = top.iterations
    return theta, converged, iterations


def search(
    likelihood: Any, held: Mapping[str, Any], near: Array | None
) -> tuple[Array, Array, Array, tuple[str, ...]]:
    """Climb from many points, where a held parameter leaves room for several maxima."""
    t = likelihood.statistic
    places = np.asarray(held["loc"])[None] if "loc" in held else grid_of_values(t)
    spread = spread_about(places[len(places) // 2], t)
    sizes = np.asarray(held["scale"])[None] if "scale" in held else np.stack([0.3 * spread, spread])
    grid = np.asarray(held["df"])[None] if "df" in held else np.array([0.5, 1.5, 4.0, 15.0, 60.0])
    bound = None if "df" in held or "scale" in held else _back_to_edge
    top = None if near is None else unrivalled(likelihood, near, grid, places, sizes)
    if top is not None and (bound is None or np.all(top.theta[..., 0] >= 1.0)):
        return top.theta, top.converged, top.iterations, ()
    theta, _, converged, iterations, equal = best_climb(
        likelihood, grid, places, sizes, bound=bound
    )
    # Ties are told of a location; the degrees of freedom come before it.
    location = likelihood.free[likelihood.free == 1]
    notes = () if likelihood.batch_shape else tied(equal, location)
    return theta, converged, iterations, notes


def _back_to_edge(likelihood: Any, theta: Array, converged: Array) -> tuple[Array, Array]:
    """Put the climbs that ran below df = 1, where the spikes are, back on that edge."""
    low = np.asarray(~(theta[..., 0] >= 1.0))
    if not low.any():
        return theta, converged
    part = likelihood.at(np.flatnonzero(low.ravel())) if low.ndim else likelihood
    solution, edge = likelihood.family._solve(restricted(part, "df", 1.0))
    theta, converged = np.array(theta), np.array(converged)
    theta[low], converged[low] = edge.reshape(-1, 3), solution.converged
    return theta, converged
