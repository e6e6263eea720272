"""A family that writes only its log-density: everything else follows from it, slower and no less right.

Slopes are taken by complex steps where the density can be followed into the complex plane, and by differences where it
cannot; which of the two was settled by comparing them. Probabilities, moments and information come from quadrature,
quantiles from inversion, and a first estimate from a search.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np

from .domains import Layout
from .errors import DataError
from .mass import all_nodes, by_member, lifted, log_tails, members
from .statistics import Sample

__all__ = ["COMPLETIONS", "DERIVATIVES", "coarse_start"]

Array = np.ndarray

# Distances for differences, in units in which the mean log-density bends by one.
_STEP = 2.0**-10
_COMPLEX = 1e-30
# How much of a long sample a search looks at, and from how many places it climbs.
_LOOKED_AT, _CLIMBS = 256, 4


# -- the log-likelihood and its derivatives ----------------------------------------------------------


def _terms(d: Any, t: Sample) -> Array:
    """Return the log-density of each value, after checking that there is one for each."""
    value = np.asarray(lifted(d).log_density(t.values))
    shape = np.broadcast_shapes(t.values.shape, (*d.batch_shape, 1))
    if value.shape != shape:
        if value.ndim == 0 and t.values.size > 1:
            raise DataError(
                f"log_density of {type(d).__name__} must return one value for each observation, and returned one for all "
                f"{t.values.size}: leave out the sum"
            )
        value = np.broadcast_to(value, shape)
    return value


def _log_likelihood(self: Any, t: Sample) -> Array:
    return t.sum(_terms(self, t))


def _value(d: Any, t: Any) -> Array:
    return np.asarray(d._log_likelihood(t))


def _slope(self: Any, t: Sample) -> Array:
    return _gradient(self, t)


def _curvature(self: Any, t: Sample) -> Array:
    matrix = _differences(self, t, lambda d: _gradient(d, t))
    return 0.5 * (matrix + np.swapaxes(matrix, -1, -2))


def _theta(d: Any) -> Array:
    return d._own_layout().flatten_all({name: getattr(d, name) for name in d.parameters})


def _moved(d: Any, i: int, by: Any) -> Any:
    """Return the member with its i-th free scalar moved; the step may be complex."""
    layout = d._own_layout()
    theta = _theta(d)
    # A step of its own for each observation makes a batch of members of one.
    shape = np.broadcast_shapes(theta.shape[:-1], np.shape(by))
    theta = np.array(
        np.broadcast_to(theta, (*shape, theta.shape[-1])), dtype=np.result_type(theta, by)
    )
    theta[..., i] = theta[..., i] + by
    known = {name: getattr(d, name) for name in layout.known_domains}
    return layout.distribution(theta, known)


def _gradient(d: Any, t: Sample) -> Array:
    """Return the slope in the free scalars, on the last axis."""
    if not (d._writes_density and _takes_complex(type(d))):
        return _differences(d, t, lambda e: _value(e, t))
    columns = [
        t.sum(_terms(_moved(d, i, 1j * _COMPLEX), t).imag / _COMPLEX)
        for i in range(len(d._own_layout().names))
    ]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


@cache
def _takes_complex(family: Any) -> bool:
    """Say whether complex steps give the slopes that differences give, at a harmless member."""
    if any(domain.event_ndim for domain in family.domains.values()):
        return False
    layout = Layout(family.domains, 1, family)
    point = layout.interior * 0.7 + 0.1
    known = {name: np.asarray(5.0) for name in layout.known_domains}
    d = layout.distribution(point, known)
    low = family.support.low
    x = np.array([low + 1.0 if np.isfinite(low) else 0.3, low + 2.0 if np.isfinite(low) else -0.8])
    if np.isfinite(family.support.high):
        share = np.array([0.3, 0.6])
        x = (
            low + share * (family.support.high - low)
            if np.isfinite(low)
            else family.support.high - x
        )
    x = np.round(x) if family.support.whole else x
    t = Sample.of(x)
    try:
        for i in range(len(layout.names)):
            exact = t.sum(_terms(_moved(d, i, 1j * _COMPLEX), t).imag / _COMPLEX)
            rough = (
                t.sum(_terms(_moved(d, i, 1e-6), t)) - t.sum(_terms(_moved(d, i, -1e-6), t))
            ) / 2e-6
            if not np.allclose(exact, rough, rtol=1e-5, atol=1e-6):
                return False
    except (TypeError, ValueError, DataError):
        return False
    return True


def _differences(d: Any, t: Sample, function: Any) -> Array:
    """Return the derivatives of a function of members in each free scalar, on the last axis, by five-point differences."""
    columns = []
    for i in range(len(d._own_layout().names)):
        step = _steps(d, t, i)
        f = [np.asarray(function(_moved(d, i, k * step))) for k in (-2, -1, 1, 2)]
        h = step.reshape(step.shape + (1,) * (f[0].ndim - step.ndim)) if np.ndim(step) else step
        columns.append((f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / (12.0 * h))
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _steps(d: Any, t: Sample, i: int) -> Array:
    """Return a step in which the mean log-density bends by a little, found in two looks."""
    theta = _theta(d)[..., i]
    domain = d._own_layout().domain(i)
    bounded = np.isfinite(domain.longest_step)
    room = np.abs(theta) if bounded else np.where(theta == 0, 1.0, np.abs(theta))
    step = 1e-4 * np.where(room > 0, room, 1.0)
    for _ in range(3):
        middle = _value(d, t)
        bend = _value(_moved(d, i, step), t) - 2.0 * middle + _value(_moved(d, i, -step), t)
        size = step / np.sqrt(np.maximum(np.abs(bend) / t.n, 1e-300))
        new = np.where(np.isfinite(size) & (size > 0), _STEP * size, step)
        step = np.clip(new, step * 1e-6, 0.1 * room if bounded else step * 1e6)
    return step


# -- what a distribution says --------------------------------------------------------------------------


def _information(self: Any) -> Array:
    def expected(d: Any) -> Array:
        nodes = all_nodes(d)
        s = np.asarray(lifted(d).score(nodes.places))
        s = np.where(nodes.shares()[..., None] > 0, s, 0.0)
        return np.einsum("ri,rij,rik->rjk", nodes.shares(), s, s)

    return by_member(self, expected)


def _moment(d: Any, power: int) -> Array:
    def expected(rows: Any) -> Array:
        nodes = all_nodes(rows)
        share = nodes.shares()
        first = (share * nodes.places).sum(axis=-1)
        return first if power == 1 else (share * (nodes.places - first[:, None]) ** 2).sum(axis=-1)

    return by_member(d, expected)


def _place(self: Any) -> tuple[Array, Array]:
    # Nothing is known of where the density is high: the search begins in the middle of the support.
    low, high, shape = self.support.low, self.support.high, self.batch_shape
    middle = (
        0.5 * (low + high) if np.isfinite(low + high) else low + 1.0 if np.isfinite(low) else 0.0
    )
    return np.full(shape, middle), np.ones(shape)


def _mean(self: Any) -> Any:
    """The expectation, by quadrature."""
    return _moment(self, 1)[()]


def _var(self: Any) -> Any:
    """The variance, by quadrature."""
    return _moment(self, 2)[()]


def cdf(self: Any, x: Any) -> Any:
    """Return P(X <= x), by quadrature."""
    return np.exp(self.log_cdf(x))


def ppf(self: Any, q: Any) -> Any:
    """Return the q-quantile, by inversion of the distribution function."""
    q = np.asarray(q, dtype=float)
    if not ((q >= 0) & (q <= 1)).all():
        raise DataError("q must hold probabilities between 0 and 1")
    shape = np.broadcast_shapes(q.shape, self.batch_shape)
    flat = np.broadcast_to(q, shape).ravel()
    rows = members(self, shape)
    low, high = self._ends()
    with np.errstate(all="ignore"):
        x = _inverted(rows, flat)
    x = np.where(flat == 0, low, np.where(flat == 1, high, x))
    return x.reshape(shape)[()]


def _inverted(rows: Any, q: Array) -> Array:
    """Solve log P(X <= x) = log q, or of the upper tail, whichever is smaller, one member a row."""
    upper = q > 0.5
    target = np.where(upper, np.log1p(-q), np.log(q))
    center, unit = rows._place()
    low, high = rows.support.low, rows.support.high

    def place(y: Array) -> Array:
        if np.isfinite(low) and np.isfinite(high):
            return low + (high - low) / (1.0 + np.exp(-y))
        if np.isfinite(low):
            return low + np.exp(y)
        return center + unit * np.sinh(y)

    a, b = np.full(q.shape, -40.0), np.full(q.shape, 40.0)
    for _ in range(70):
        y = 0.5 * (a + b)
        lower_tail, upper_tail = log_tails(rows, place(y))
        below = np.where(upper, upper_tail > target, lower_tail < target)
        a, b = np.where(below, y, a), np.where(below, b, y)
    x = place(0.5 * (a + b))
    return np.ceil(x - 1e-9) if rows.support.whole else x


def _draw(self: Any, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Draw by inversion of a table of the distribution function, each member's own."""
    u = rng.random(size)
    batch = self.batch_shape
    flat = u.reshape(-1, int(np.prod(batch)) if batch else 1)
    columns = [
        _from_table(members(self, batch or (1,)), k, flat[:, k]) for k in range(flat.shape[1])
    ]
    return np.stack(columns, axis=-1).reshape(size)


def _one(rows: Any, k: int) -> Any:
    return type(rows)._unchecked(
        **{name: np.asarray(getattr(rows, name))[k : k + 1] for name in rows.parameters}
    )


def _repeated(one: Any, count: int) -> Any:
    return type(one)._unchecked(
        **{name: np.repeat(getattr(one, name), count, axis=0) for name in one.parameters}
    )


def _from_table(rows: Any, k: int, u: Array) -> Array:
    """Return the quantiles of one member: exact at the nodes of a fine table, and smooth between them."""
    one = _one(rows, k)
    nodes = all_nodes(one)
    order = np.argsort(nodes.places[0])
    x, share = nodes.places[0][order], nodes.shares()[0][order]
    if rows.support.whole:
        return x[np.minimum(np.searchsorted(np.cumsum(share), u), x.size - 1)]
    grid = np.unique(x[share > 0])
    below = np.exp(log_tails(_repeated(one, grid.size), grid)[0])
    below, first = np.unique(below, return_index=True)
    grid = grid[first]
    start = np.interp(u, below, grid)
    # One exact step from the table: the density is the slope of the distribution function.
    member = _repeated(one, u.size)
    with np.errstate(all="ignore"):
        error = np.exp(log_tails(member, start)[0]) - u
        step = error / np.exp(np.asarray(member.log_prob(start)))
    better = start - np.where(np.isfinite(step), step, 0.0)
    inside = (better > rows.support.low) & (better < rows.support.high)
    return np.where(inside, better, start)


# -- where to begin --------------------------------------------------------------------------------------


def coarse_start(family: Any, t: Sample, known: dict[str, Any]) -> dict[str, Any]:
    """Return the best of many rough estimates, and what climbing from the best few of them gives.

    Scales are looked for about the spread and the size of the data, locations about their middle.
    """
    few = t.thinned(_LOOKED_AT)
    x = few.values.reshape(-1)
    sd, middle = float(np.std(x)) or 1.0, float(np.median(x))
    size = float(np.median(np.abs(x))) or sd
    layout = family._layout(t)
    axes = []
    for i in range(len(layout.names)):
        domain = layout.domain(i)
        if domain.event_ndim:
            axes.append(np.array([layout.interior[i]]))
        elif domain.longest_step == np.inf:
            axes.append(np.unique([middle, middle - sd, middle + sd, 0.0]))
        elif domain.contains(np.asarray(2.0)):
            axes.append(
                np.unique([0.3, 1.0, 3.0, 10.0, sd, 0.3 * sd, size, 1 / size, 1 / sd, sd / size])
            )
        else:
            axes.append(np.array([0.1, 0.3, 0.5, 0.7, 0.9]))
    grid = np.array(list(product(*axes)))
    with np.errstate(all="ignore"):
        height = np.array(
            [float(np.sum(layout.distribution(g, known)._log_likelihood(few))) for g in grid]
        )
    best = np.argsort(np.where(np.isfinite(height), height, -np.inf))[::-1][0]
    if not np.isfinite(height[best]):
        raise DataError(
            f"no rough estimate of {family.__name__} gives the data a positive density: check log_density, or write _start"
        )
    shape = t.batch_shape
    return layout.unflatten(np.broadcast_to(grid[best], (*shape, grid.shape[1])))


#: what a family gets that writes the log-likelihood of its statistic and not its derivatives
DERIVATIVES = {"_slope": _slope, "_curvature": _curvature}
#: what a family with a log-density gets, where it does not write it itself
COMPLETIONS = {
    "_log_likelihood": _log_likelihood,
    "_slope": _slope,
    "_curvature": _curvature,
    "_information": _information,
    "_place": _place,
    "mean": property(_mean),
    "var": property(_var),
    "cdf": cdf,
    "ppf": ppf,
    "_draw": _draw,
}
