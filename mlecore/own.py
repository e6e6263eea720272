"""A family that writes only its log-density: everything else follows from it, slower and no less right.

Slopes are taken by complex steps or differences (`mlecore.steps`), and the maximum is searched for (`mlecore.searching`).
Probabilities, moments and information come from quadrature, quantiles from inversion.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .domains import Layout
from .errors import ConvergenceError, DataError
from .mass import log_tails
from .members import by_member, lifted, members
from .nodes import all_nodes
from .quadrature import Nodes, between, log_sum_exp
from .steps import curvature, log_likelihood, slope

__all__ = ["COMPLETIONS", "DERIVATIVES", "insist_whole"]

Array = np.ndarray

# The mass that quadrature finds must be one to this, or what it says of moments is not to be trusted.
_MASS_ERROR = 1e-6
# A table of counts that holds all but this is drawn from; else one of so many counts, and inversion beyond.
_WHOLE_MASS, _COUNTED = 1e-9, 4096
# Tails that fall with a smaller power than this, their integral by so little that no range of doubles holds it.
_FLAT, _SLOW = 1e-6, 0.06
_NAMES = {1: "the mean", 2: "the variance"}


# -- what a distribution says --------------------------------------------------------------------------


def _information(self: Any) -> Array:
    def expected(d: Any) -> Array:
        nodes = all_nodes(d)
        _insist_mass(d, nodes.log_mass(), "the information")
        s = np.asarray(lifted(d).score(nodes.places))
        s = np.where(nodes.shares()[..., None] > 0, s, 0.0)
        return np.einsum("ri,rij,rik->rjk", nodes.shares(), s, s)

    with np.errstate(all="ignore"):
        return by_member(self, expected)


def _insist_mass(rows: Any, log_mass: Array, what: str) -> None:
    """Raise where quadrature does not find all of a density: then nothing that it says is right."""
    off = ~(np.abs(np.expm1(log_mass)) <= _MASS_ERROR)
    if off.any():
        k = int(np.argmax(off))
        found = f"finds a mass of {np.exp(log_mass[k]):.8g} and not 1"
        raise ConvergenceError(
            f"{what} of {_alone(rows, k)!r} cannot be had by quadrature, which "
            f"{'does not reach the end of a tail' if np.isnan(log_mass[k]) else found}. Where a constant is missing in "
            "log_density, add it; where the support ends at a parameter, write _ends(self); where a tail is too heavy, "
            "write a formula for this"
        )


def insist_whole(family: Any) -> None:
    """Raise where the density of a harmless member adds up to something else than one."""
    if any(domain.event_ndim for domain in family.domains.values()):
        return
    layout = Layout(family.domains, 1, family)
    known = {name: np.asarray([5.0]) for name in layout.known_domains}
    # No parameter is 1 there, whose logarithm would hide a term that is missing.
    d = layout.distribution(layout.interior[None] * 0.7 + 0.1, known)
    with np.errstate(all="ignore"):
        mass = float(np.exp(all_nodes(d).log_mass()[0]))
    if np.isfinite(mass) and abs(mass - 1.0) > 0.01:
        way = "adds up" if family.support.whole else "integrates"
        raise DataError(
            f"the density of {family.__name__} {way} to {mass:.4g} and not to 1, as at {_alone(d, 0)!r}: log_density misses a "
            "constant, or a term in the parameters"
        )


def _moment(d: Any, power: int) -> Array:
    """Return the mean, or the variance for power 2: infinite or NaN where the integral diverges."""
    moment = _sum_moment if d.support.whole else _integral_moment
    with np.errstate(all="ignore"):
        return by_member(d, lambda rows: moment(rows, power))


def _sum_moment(rows: Any, power: int) -> Array:
    nodes, what = all_nodes(rows), _NAMES[power]
    _insist_mass(rows, nodes.log_mass(), what)
    x, share = nodes.places, nodes.shares()
    first = (share * x).sum(axis=-1)
    away = np.abs(x - first[:, None]) ** power
    # What lies beyond the last value is about as much as a power of it leaves; nothing, where the support has ended.
    beyond = (share[:, -1] * away[:, -1]) * np.abs(x[:, -1]) > 1e-9 * (share * away).sum(axis=-1)
    beyond &= np.isinf(rows._ends()[1])
    _insist_mass(rows, np.where(beyond, np.nan, 0.0), what)
    return first if power == 1 else (share * away).sum(axis=-1)


def _integral_moment(rows: Any, power: int) -> Array:
    """Integrate x f(x) or its square over nodes for (1 + z^2)^(power/2) f(x), whose tails are those of the moment."""
    nodes, what = all_nodes(rows), _NAMES[power]
    _insist_mass(rows, nodes.log_mass(), what)
    first, third = _quartiles(nodes)
    center, unit = 0.5 * first + 0.5 * third, np.maximum(third - first, np.finfo(float).tiny)
    density = lifted(rows).log_prob
    low, high = (np.broadcast_to(end, unit.shape[:1]).astype(float) for end in rows._ends())

    def weighed(x: Array) -> Array:
        inside = (x >= low[:, None]) & (x <= high[:, None])
        return np.where(
            inside, density(x) + power * np.log(np.hypot(1.0, (x - center) / unit)), -np.inf
        )

    slopes = [_tail_slope(weighed, center, sign * unit) for sign in (-1.0, 1.0)]
    diverges = [slope > -_FLAT for slope in slopes]
    slow = np.any([(slope > -_SLOW) & (slope <= -_FLAT) for slope in slopes], axis=0)
    _insist_mass(rows, np.where(slow, np.nan, 0.0), what)
    wide = between(weighed, rows.support, low, high, rows._place())
    far = np.hypot(1.0, (wide.places - center) / unit)
    used = wide.weights > -np.inf
    log_mass = log_sum_exp(np.where(used, wide.weights - power * np.log(far), -np.inf))
    _insist_mass(rows, np.where(np.any(diverges, axis=0), 0.0, log_mass), what)
    heavy = np.where(used, np.exp(wide.weights - log_mass[:, None]), 0.0)
    z = np.where(used, (wide.places - center) / unit / far, 0.0)
    mean = (heavy * z / far ** (power - 1)).sum(axis=-1)
    below, above = diverges
    if power == 1:
        value = np.where(above, np.inf, center[:, 0] + unit[:, 0] * mean)
        return np.where(below, np.where(above, np.nan, -np.inf), value)
    z = np.where(used, z - mean[:, None] / far, 0.0)
    return np.where(below | above, np.inf, unit[:, 0] ** 2 * (heavy * z * z).sum(axis=-1))


def _quartiles(nodes: Nodes) -> tuple[Array, Array]:
    order = np.argsort(nodes.places, axis=-1)
    below = np.cumsum(np.take_along_axis(nodes.shares(), order, axis=-1), axis=-1)
    x = np.take_along_axis(nodes.places, order, axis=-1)
    first, third = (np.argmax(below >= q, axis=-1)[:, None] for q in (0.25, 0.75))
    return np.take_along_axis(x, first, axis=-1), np.take_along_axis(x, third, axis=-1)


def _tail_slope(log_g: Any, center: Array, unit: Array) -> Array:
    """Return by which power g(x) |x| falls far out: negative where the integral of g converges."""
    near, far = (log_g(center + 10.0**k * unit)[:, 0] for k in (40, 60))
    slope = (far - near) / (20.0 * np.log(10.0)) + 1.0
    # Where nothing is left to see the density has ended, or falls faster than any power.
    return np.where(np.isnan(slope), -np.inf, slope)


def _place(self: Any) -> tuple[Array, Array]:
    # Nothing is known of where the density is high: the search begins in the middle of the support.
    low, high, shape = self.support.low, self.support.high, self.batch_shape
    middle = (
        0.5 * (low + high) if np.isfinite(low + high) else low + 1.0 if np.isfinite(low) else 0.0
    )
    # A corner is where panels must meet, and the highest place as a rule.
    places = [n for n in self.corners if self.domains[n].longest_step == np.inf]
    middle = np.asarray(getattr(self, places[0]), dtype=float) if places else middle
    return np.array(np.broadcast_to(middle, shape)), np.ones(shape)


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
    rows = members(self, shape or (1,))
    low, high = (np.broadcast_to(end, shape).ravel() for end in self._ends())
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

    a, b = np.full(q.shape, -708.0), np.full(q.shape, 708.0)
    for _ in range(75):
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


def _alone(rows: Any, k: int) -> Any:
    """Return one member of several as a single one."""
    return type(rows)._unchecked(**{name: getattr(rows, name)[k] for name in rows.parameters})


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
        if not abs(float(nodes.log_mass()[0])) < _WHOLE_MASS:
            return _from_counts(one, u)
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


def _from_counts(one: Any, u: Array) -> Array:
    """Return the quantiles of one member whose tail no table reaches: the first counts by one, the others by inversion."""
    first = float(np.ravel(one._ends()[0])[0])
    if not np.isfinite(first):
        return _inverted(_repeated(one, u.size), u)
    x = first + np.arange(_COUNTED)
    below = np.cumsum(np.exp(lifted(one).log_prob(x[None])[0]))
    drawn, far = x[np.minimum(np.searchsorted(below, u), x.size - 1)], u > below[-1]
    if far.any():
        drawn[far] = _inverted(_repeated(one, int(far.sum())), u[far])
    return drawn


#: what a family gets that writes the log-likelihood of its statistic, and not the rest
DERIVATIVES = {
    "_slope": slope,
    "_curvature": curvature,
    "_information": _information,
    "_place": _place,
    "mean": property(_mean),
    "var": property(_var),
    "cdf": cdf,
    "ppf": ppf,
    "_draw": _draw,
}
#: what a family with a log-density gets, where it does not write it itself
COMPLETIONS = {"_log_likelihood": log_likelihood, **DERIVATIVES}
