"""Sums and integrals over a part of a distribution: its mass there, and expectations given that X lies there.

Nodes are chosen for the density at hand, in a coordinate in which its tails fall off exponentially, and weights are
kept as logarithms: what lies fifty standard deviations out is as accurate as the middle. A discrete distribution has
its own nodes, the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy

__all__ = ["Nodes", "between", "cells", "inside_narrow", "log_sum_exp", "reach"]

Array = np.ndarray
Density = Callable[[Array], Array]

# On each side of the highest place: so many panels, each half as long as the next one out, with so many
# Gauss-Legendre nodes each.
_PANELS, _ORDER = 10, 16
_NARROW_ORDER = 20
# What lies so many nats below the highest place does not count: exp(-50) is 2e-22.
_DEPTH = 50.0
# So many even panels share the reach of a density on each side; limits deeper than this find too little beyond them.
_EVEN, _SHARED_DEPTH = 64, 15.0
# The distances at which a density is looked at, in the coordinate.
_DISTANCES = 2.0 ** np.arange(-44, 11)
# Coordinates beyond this have left the range of doubles.
_FAR = 708.0


class Nodes(NamedTuple):
    """Places and the logarithms of their weights, density included, on the last axis.

    The sum of exp(weight) is the mass, and the sum of exp(weight) g(place) is the integral of g.

    >>> half = Nodes(np.array([0.0, 1.0]), np.log([0.25, 0.25]))
    >>> half.shares()
    array([0.5, 0.5])
    """

    places: Array
    weights: Array

    def log_mass(self) -> Array:
        """Return the logarithm of the mass."""
        return log_sum_exp(self.weights)

    def shares(self) -> Array:
        """Return the weights as shares of the mass: the law of X given that it lies here."""
        top = self.weights.max(axis=-1, keepdims=True)
        share = np.exp(self.weights - np.where(np.isfinite(top), top, 0.0))
        return share / share.sum(axis=-1, keepdims=True)


def log_sum_exp(terms: Array) -> Array:
    """Return the logarithm of the sum of exponentials along the last axis.

    >>> round(float(log_sum_exp(np.array([-1e4, -1e4])) + 1e4), 9) == round(float(np.log(2.0)), 9)
    True
    """
    top = terms.max(axis=-1)
    safe = np.where(np.isfinite(top), top, 0.0)
    return safe + np.log(np.exp(terms - safe[..., None]).sum(axis=-1))


class Chart(NamedTuple):
    """A coordinate y of the support: the place at y, log dx/dy, and the coordinate of a place."""

    at: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]
    back: Callable[[Array], Array]


def _chart(support: Any, center: Array, unit: Array) -> Chart:
    """Return the coordinate of a support: a logarithm, a logit, or an inverse hyperbolic sine about a center."""
    low, high = support.low, support.high
    if np.isfinite(low) and np.isfinite(high):
        return Chart(
            lambda y: low + (high - low) * scipy.special.expit(y),
            lambda y: np.log(high - low) - np.logaddexp(0.0, y) - np.logaddexp(0.0, -y),
            lambda x: np.log(x - low) - np.log(high - x),
        )
    if np.isfinite(low):
        return Chart(lambda y: low + np.exp(y), lambda y: y, lambda x: np.log(x - low))
    if np.isfinite(high):
        return Chart(lambda y: high - np.exp(-y), lambda y: -y, lambda x: -np.log(high - x))
    return Chart(
        lambda y: (
            center + unit * np.sinh(y)
        ),  # an overflow is a place at infinity, where nothing is
        lambda y: np.log(unit) + np.logaddexp(y, -y) - np.log(2.0),
        lambda x: np.arcsinh((x - center) / unit),
    )


def between(density: Density, support: Any, a: Array, b: Array, near: tuple[Array, Array]) -> Nodes:
    """Return nodes for the integral over a < x <= b, a row for each; either limit may be infinite.

    `density` takes places of shape (rows, k) and returns log f there. `near` is where the density is high and about
    how wide, one of each a row: a hint, from which its highest place is searched.
    """
    chart, top = _highest(density, support, *(np.asarray(v, dtype=float)[:, None] for v in near))
    with np.errstate(all="ignore"):
        low, high = (_coordinate(chart, x[:, None], support) for x in (a, b))
        start = np.clip(top, low, high)
        log_f = _in(chart, density)
        left = reach(log_f, start, -1.0, start - low)
        right = reach(log_f, start, 1.0, high - start)
        steps, widths = _panels()
        y, lengths = _sides(start, left, right, steps, widths)
        return Nodes(chart.at(y), log_f(y) + np.log(lengths))


class Cells(NamedTuple):
    """Nodes of the cells between many limits of one density, a row for each cell, and where each limit stands.

    `first` counts the cells below each limit; `seen` says whether the cells reach far enough from it for what is
    asked: what lies above the limits (`way` 1), below them (-1), or between two of them (0).
    """

    nodes: Nodes
    first: Array
    seen: Array
    way: int

    def beyond(self, terms: Array) -> Array:
        """Return, for each limit, the sum of what there is of each cell over all cells beyond it."""
        below, above = _sums(terms)
        return above[self.first] if self.way > 0 else below[self.first]

    def between(self, terms: Array) -> Array:
        """Return the sums over the cells from each limit of the first half to its fellow of the second.

        They are differences of sums from one end, that from which less mass lies up to there.
        """
        low, high = np.split(self.first, 2)
        less_below, less_above = _sums(
            np.exp(self.nodes.weights - self.nodes.weights.max()).sum(axis=1)
        )
        below, above = _sums(terms)
        side = (less_below[high] < less_above[low]).reshape(-1, *(1,) * (terms.ndim - 1))
        return np.where(side, below[high] - below[low], above[low] - above[high])


def _sums(terms: Array) -> tuple[Array, Array]:
    """Return the sums over the cells below each edge, and over those above it."""
    nothing = np.zeros_like(terms[:1])
    return (
        np.concatenate([nothing, np.cumsum(terms, axis=0)]),
        np.concatenate([np.cumsum(terms[::-1], axis=0)[::-1], nothing]),
    )


def cells(
    density: Density, support: Any, limits: Array, way: int, near: tuple[Array, Array]
) -> Cells:
    """Return the cells between many limits of one density, as far as it is seen; see `between` and `Cells`.

    >>> from mlecore import Support
    >>> there = cells(lambda x: -x, Support(low=0.0), np.array([1.0, 2.0]), 1, ([1.0], [1.0]))
    >>> mass = np.exp(there.nodes.weights).sum(axis=1)
    >>> np.log(there.beyond(mass)).round(12)
    array([-1., -2.])
    >>> bool(np.isclose(there.between(mass)[0], np.exp(-1.0) - np.exp(-2.0), rtol=1e-13))
    True
    """
    chart, top = _highest(density, support, *(np.asarray(v, dtype=float)[:, None] for v in near))
    with np.errstate(all="ignore"):
        y = _coordinate(chart, limits[None, :], support)[0]
        ends = [_coordinate(chart, np.array([[x]]), support) for x in (-np.inf, np.inf)]
        log_f = _in(chart, density)
        far = [
            sign * reach(log_f, top, sign, sign * (end - top))[0, 0]
            for sign, end in zip((-1.0, 1.0), ends, strict=True)
        ]
        # Panels that double away from the top, and even ones across which the density falls by little.
        steps = np.concatenate([2.0 ** np.arange(-_PANELS, 1), np.arange(_EVEN + 1) / _EVEN])
        mesh = np.concatenate([far[0] * steps, far[1] * steps]) + top[0, 0]
        first = mesh.min() if way < 0 else y.min()
        last = mesh.max() if way > 0 else y.max()
        edges = np.unique(np.concatenate([mesh, y]))
        edges = edges[(edges >= first) & (edges <= last)]
        x, w = np.polynomial.legendre.leggauss(_ORDER)
        half, middle = 0.5 * np.diff(edges)[:, None], 0.5 * (edges[1:] + edges[:-1])[:, None]
        places = (middle + half * x).ravel()[None, :]
        weights = log_f(places).reshape(-1, _ORDER) + np.log(half * w)
        seen = log_f(y[None, :])[0] >= log_f(top)[0, 0] - _SHARED_DEPTH
        seen &= (y < last) | (way <= 0)
        seen &= (y > first) | (way >= 0)
    stands = np.clip(np.searchsorted(edges, y), 0, half.size)
    return Cells(Nodes(chart.at(places).reshape(-1, _ORDER), weights), stands, seen, way)


def _sides(
    start: Array, left: Array, right: Array, steps: Array, widths: Array
) -> tuple[Array, Array]:
    """Return the nodes of both sides of each start, or of one where all parts begin or end at theirs."""
    sides = [
        (sign, reach) for sign, reach in ((-1.0, left), (1.0, right)) if (reach > 0).any()
    ] or [(1.0, right)]
    y = np.concatenate([start + sign * reach * steps for sign, reach in sides], axis=-1)
    return y, np.concatenate([reach * widths for _, reach in sides], axis=-1)


def inside_narrow(
    density: Density, support: Any, a: Array, b: Array, near: tuple[Array, Array]
) -> Nodes:
    """Return nodes for an integral over a part so narrow that the density is smooth across it; see `between`."""
    chart = _chart(support, *(np.asarray(v, dtype=float)[:, None] for v in near))
    x, w = np.polynomial.legendre.leggauss(_NARROW_ORDER)
    a, b = a[:, None], b[:, None]
    with np.errstate(all="ignore"):
        low, high = (_coordinate(chart, limit, support) for limit in (a, b))
        # Coordinates that are close have lost the digits of their distance, which the limits themselves have.
        close = high - low < 0.1
        y = 0.5 * (low + high) + 0.5 * (high - low) * x
        straight = 0.5 * a + 0.5 * b + 0.5 * (b - a) * x
        places = np.where(close, straight, chart.at(y))
        slope = np.where(
            close, np.log(0.5 * (b - a)), chart.log_slope(y) + np.log(0.5 * (high - low))
        )
        value = density(places) + slope
        return Nodes(places, np.where(np.isnan(value), -np.inf, value) + np.log(w))


def _in(chart: Chart, density: Density) -> Density:
    """Return the log-density of the coordinate; what is not a number counts as nothing."""

    def log_f(y: Array) -> Array:
        with np.errstate(all="ignore"):
            value = density(chart.at(y)) + chart.log_slope(y)
        return np.where(np.isnan(value), -np.inf, value)

    return log_f


def _coordinate(chart: Chart, x: Array, support: Any) -> Array:
    """Return the coordinate of a limit, those outside the support brought to its ends."""
    y = chart.back(np.clip(x, support.low, support.high))
    return np.clip(y, -_FAR, _FAR)


def _highest(density: Density, support: Any, center: Array, unit: Array) -> tuple[Chart, Array]:
    """Return the chart about the highest place of the density, and the place's coordinate, by looking ever closer."""
    chart = _chart(support, center, unit)
    top = _coordinate(chart, center, support)
    for _ in range(40):
        steps = np.concatenate([-_DISTANCES[::-1], [0.0], _DISTANCES])
        y = np.clip(top + steps, -_FAR, _FAR)
        value = _in(chart, density)(y)
        best = np.argmax(value, axis=-1)[:, None]
        there = np.take_along_axis(y, best, axis=-1)
        gain = np.take_along_axis(value, best, axis=-1) - value[:, _DISTANCES.size, None]
        if not np.any(gain > 0.5):
            break
        if np.isinf(support.low) and np.isinf(support.high):
            center = np.where(gain > 0.5, chart.at(there), center)
            unit = np.where(gain > 0.5, _width(chart, y, value, best), unit)
            chart, top = _chart(support, center, unit), np.zeros_like(top)
        else:
            top = np.where(gain > 0.5, there, top)
    return chart, top


def _width(chart: Chart, y: Array, value: Array, best: Array) -> Array:
    """Return how far the places one nat below the best one are from it: the nearer of those looked at."""
    x = chart.at(y)
    away = np.abs(x - np.take_along_axis(x, best, axis=-1))
    fallen = value < np.take_along_axis(value, best, axis=-1) - 1.0
    width = np.where(fallen & (away > 0), away, np.inf).min(axis=-1, keepdims=True)
    return np.where(np.isfinite(width), width, 1.0)


def reach(log_f: Density, start: Array, sign: float, room: Array, at: Array = _DISTANCES) -> Array:
    """Return how far to go from the start before the density has fallen out of sight, or the part ends."""
    distance = np.minimum(at, room)
    value = log_f(start + sign * distance)
    highest = np.maximum(value.max(axis=-1, keepdims=True), log_f(start))
    seen = value >= highest - _DEPTH
    last = at.size - 1 - np.argmax(seen[:, ::-1], axis=-1)
    last = np.where(seen.any(axis=-1), np.minimum(last + 1, at.size - 1), 0)
    return np.take_along_axis(distance, last[:, None], axis=-1)


def _panels() -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights on 0 .. 1, in panels that double in length away from 0."""
    x, w = np.polynomial.legendre.leggauss(_ORDER)
    edges = np.concatenate([[0.0], 2.0 ** np.arange(-_PANELS + 1, 1)])
    half, middle = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()
