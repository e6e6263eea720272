"""Where to climb from when nothing is known of a density: the best places of a grid that is laid by the data.

Scales are looked for about the spread and the size of the data, locations at their quantiles. A likelihood may have
several maxima, so each of the best hills of the grid is climbed, and the highest top is taken.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from .errors import DataError
from .products import blocks
from .statistics import Sample

__all__ = ["best_places", "searched"]

Array = np.ndarray

# How many values of a sample are looked at, how many hills are climbed, and how many terms are held at once.
_LOOKED_AT, _CLIMBS, _AT_ONCE = 256, 4, 2**20
# How many steps a first climb may take: what needs more is climbed to the end by the second.
_STEPS = 50
# How many places a grid may have, and how many terms the search in a large batch.
_PLACES, _TERMS = 2000, 2**24
# At how many quantiles one location is looked for, and each of two and of more.
_QUANTILES = (17, 9, 5)
_SHARES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])


def searched(likelihood: Any, near: Array | None = None) -> Any:
    """Return the highest maximum found by climbing the best hills of a grid, and from `near` where it is given.

    >>> from mlecore import Family, Likelihood, Parameter, Positive, Support, parameter
    >>> class Own(Family):
    ...     rate: Parameter = parameter(Positive())
    ...     support = Support(low=0.0)
    ...
    ...     def log_density(self, x):
    ...         return np.log(self.rate) - self.rate * x
    >>> round(float(searched(Likelihood(Own, [1.0, 3.0])).params["rate"]), 9)
    0.5
    """
    found = [likelihood._climbed_from(_best_top(likelihood, best_places(likelihood)))]
    if near is not None:
        found.append(likelihood._climbed_from(np.asarray(near, dtype=float)))
    return reduce(likelihood._better, found)


def _best_top(likelihood: Any, starts: Array) -> Array:
    """Climb from all starts at once, over what a search looks at; return the highest top of each sample."""
    few = likelihood.statistic.thinned(_LOOKED_AT)
    shape = (*starts.shape[:-1], few.width)
    weights = np.broadcast_to(few.weights, shape) if few.weighted else None
    together = type(likelihood)(
        likelihood.family,
        Sample.of(np.broadcast_to(few.values, shape), weights),
        fixed=likelihood.fixed,
    )
    tops = together._climbed_from(starts, _STEPS)
    height = np.where(
        tops.converged & np.isfinite(tops.log_likelihood), tops.log_likelihood, -np.inf
    )
    # Where no climb has arrived, the best place itself is as good a beginning as any.
    theta = np.where(np.isfinite(height)[..., None], tops.theta, starts)
    best = np.argmax(height, axis=0)[None, ..., None]
    return np.take_along_axis(theta, best, axis=0)[0]


def best_places(likelihood: Any) -> Array:
    """Return the highest hills of a grid as full vectors, the best first; shape (places, *batch, scalars).

    >>> from mlecore import Family, Likelihood, Parameter, Positive, Support, parameter
    >>> class Own(Family):
    ...     rate: Parameter = parameter(Positive())
    ...     support = Support(low=0.0)
    ...
    ...     def log_density(self, x):
    ...         return np.log(self.rate) - self.rate * x
    >>> best_places(Likelihood(Own, [1.0, 3.0]))
    array([[0.5]])
    """
    batch, t = likelihood.batch_shape, likelihood.statistic
    if not isinstance(t, Sample):
        raise DataError(
            f"{likelihood.family.__name__} has a statistic of its own and does not say where to begin: write "
            "_start(t), a rough estimate by name, or _mle(t)"
        )
    axes = _axes(likelihood, t.thinned(_LOOKED_AT))
    sizes = tuple(len(axis) for axis in axes)
    places = np.stack(
        [axis[k] for axis, k in zip(axes, np.indices(sizes).reshape(len(sizes), -1), strict=True)],
        axis=-1,
    )
    height = _heights(likelihood, places)
    if not np.isfinite(height.max(axis=0)).all():
        raise DataError(_nowhere(likelihood, places))
    hills = np.where(
        _tops(height.reshape(sizes + batch), len(sizes)).reshape(height.shape), height, -np.inf
    )
    order = np.argsort(hills, axis=0)[::-1][:_CLIMBS]
    # Those with fewer hills climb their highest once more.
    order = np.where(np.isfinite(np.take_along_axis(hills, order, axis=0)), order, order[:1])
    kept = order[: int(np.isfinite(hills).sum(axis=0).max())]
    return np.take_along_axis(places, kept[..., None], axis=0)


def _heights(likelihood: Any, places: Array) -> Array:
    """Return the log-likelihood of a part of each sample at each place, -infinity where it is no number."""
    t, rows = likelihood.statistic, max(1, int(np.prod(likelihood.batch_shape)))
    few = t.thinned(int(np.clip(_TERMS // (len(places) * rows), 8, _LOOKED_AT)))
    height = np.empty(places.shape[:-1])
    with np.errstate(all="ignore"):
        for part in blocks(len(places), max(1, _AT_ONCE // (rows * few.width))):
            d = likelihood.layout.distribution(places[part], likelihood.known)
            height[part] = d._log_likelihood(few)
    inside = likelihood.layout.contains(places)
    return np.where(inside & np.isfinite(height), height, -np.inf)


def _tops(height: Array, axes: int) -> Array:
    """Say which places of a grid, on the first axes, are no lower than their neighbours; of equal ones the first."""
    top = np.ones(height.shape, dtype=bool)
    for axis in range(axes):
        front, back = [slice(None)] * height.ndim, [slice(None)] * height.ndim
        front[axis], back[axis] = slice(1, None), slice(None, -1)
        top[tuple(front)] &= height[tuple(front)] > height[tuple(back)]
        top[tuple(back)] &= height[tuple(back)] >= height[tuple(front)]
    return top


def _axes(likelihood: Any, few: Sample) -> list[Array]:
    """Return where each scalar is looked for, in ascending order: for each an array (places, *batch)."""
    batch, layout, x = likelihood.batch_shape, likelihood.layout, few.values
    locations = sum(
        not np.isfinite(layout.domain(i).longest_step) and not layout.domain(i).event_ndim
        for i in likelihood.free
    )
    count = _QUANTILES[min(max(locations, 1), len(_QUANTILES)) - 1]
    axes = []
    for i in range(len(layout.names)):
        domain = layout.domain(i)
        if i in likelihood.held:
            axis = np.asarray(likelihood.held[i], dtype=float)[None]
        elif domain.event_ndim:
            axis = layout.interior[i : i + 1]
        elif not np.isfinite(domain.longest_step):
            axis = np.concatenate(
                [np.quantile(x, np.linspace(0, 1, count), axis=-1), 0 * x[None, ..., 0]]
            )
        elif domain.contains(np.asarray(2.0)):
            axis = _sizes(x)
        else:
            axis = _SHARES
        axis = axis.reshape(axis.shape + (1,) * (1 + len(batch) - axis.ndim))
        axis = np.broadcast_to(axis, (len(axis), *batch))
        axes.append(np.sort(axis, axis=0) if batch else np.unique(axis))
    while np.prod([len(axis) for axis in axes]) > _PLACES:
        longest = int(np.argmax([len(axis) for axis in axes]))
        axes[longest] = axes[longest][::2]
    return axes


def _sizes(x: Array) -> Array:
    """Return what a scale, a rate or a shape may be: numbers about one, and of the spread and size of the data."""
    spread, size = np.std(x, axis=-1), np.median(np.abs(x), axis=-1)
    spread = np.where(spread > 0, spread, np.where(size > 0, size, 1.0))
    size = np.where(size > 0, size, spread)
    one = np.ones_like(size)
    return np.stack(
        [
            *(k * one for k in (0.3, 1.0, 3.0, 10.0)),
            *(spread, 0.3 * spread, size, 1 / size, 1 / spread, spread / size),
        ]
    )


def _nowhere(likelihood: Any, places: Array) -> str:
    """Say that no place of the grid gives the data a density, and which value is the reason."""
    family, few = likelihood.family, likelihood.statistic.thinned(_LOOKED_AT)
    said = f"no rough estimate of {family.__name__} gives the data a positive density"
    if not likelihood.batch_shape:
        with np.errstate(all="ignore"):
            d = likelihood.layout.distribution(places[:, None, :], likelihood.known)
            never = ~np.isfinite(d.log_prob(few.values)).any(axis=0)
        if never.any():
            value = few.values[np.argmax(never)]
            return (
                f"{said}: none gives any to the value {value:g}. Leave it out, correct log_density there, or say in "
                "the support that it cannot be (open_low=True leaves out the lower end)"
            )
    return f"{said}: check log_density, or write _start(t), a rough estimate by name"
