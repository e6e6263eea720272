"""The climb to a local maximum of a likelihood, many samples or many held values at once.

Everything happens in real coordinates, the logarithm of what is positive and the logit of what is a probability, so no
step leaves the domain and units do not matter. With one free scalar the slope's sign brackets the top, which no
curvature can mislead. With several, Newton's steps are made uphill where the likelihood is not concave. A climb has
converged when the slope has vanished *and* the curvature is that of a maximum; a saddle or a minimum is left again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Top", "climb", "look", "newton_step"]

Array = np.ndarray

# A promised gain of 1e-16 nats is a step of 1e-8 standard errors: after it Newton's error is far below rounding.
_LAST_GAIN = 1e-16
# Below this, differences of log-likelihoods are lost in rounding, so a step is trusted.
_NEAR_GAIN = 1e-9
# What a value may add to the gain where looks are costly: to the one that is left, and to one whose next can be foretold.
_LEFT_GAIN, _SURE_GAIN = 1e-15, 1e-8
# In its own units, curvature below this is none; the unit diagonal makes it a pure number.
_FLAT = 1e-10
# A logarithm or a logit beyond this has left the range of doubles.
_FARTHEST = 708.0
_EPSILON = float(np.finfo(float).eps)


class Top(NamedTuple):
    """Where the climbs ended, a row each."""

    theta: Array
    log_likelihood: Array
    converged: Array
    iterations: Array


def climb(likelihood: Any, start: Array, max_iterations: int) -> Top:
    """Climb every row of a flat batch from its free scalars, shape (rows, p).

    >>> from mlecore import Exponential, Likelihood
    >>> climb(Likelihood(Exponential, [[1.0, 3.0]], axis=1), np.array([[1.0]]), 50).theta
    array([[0.5]])
    """
    count, p = start.shape
    if p == 0:
        value = _heights(likelihood, start)
        return Top(start.copy(), value, ~np.isnan(value), np.zeros(count, dtype=int))
    with np.errstate(all="ignore"):
        return (
            _along_line(likelihood, start, max_iterations)
            if p == 1
            else _uphill(likelihood, start, max_iterations)
        )


def _heights(likelihood: Any, theta: Array) -> Array:
    value = likelihood._evaluate(theta, "_log_likelihood", 0)
    return np.broadcast_to(value, (len(theta),)).astype(float)


def _measured(likelihood: Any, theta: Array) -> list[Array]:
    """Return the log-likelihood of each row, with its slope and Hessian where they come along."""
    if not likelihood.in_one_pass:
        return [_heights(likelihood, theta)]
    count, p = theta.shape
    return [
        np.array(np.broadcast_to(term, (count,) + (p,) * trailing), dtype=float)
        for trailing, term in enumerate(likelihood._terms(theta))
    ]


class _View(NamedTuple):
    """The slope and curvature of the log-likelihood in real coordinates."""

    slope: Array
    curvature: Array


def look(likelihood: Any, u: Array, known: Sequence[Array] = ()) -> _View:
    """Return the slope and curvature at real coordinates u, shape (rows, p).

    `known` are slope and Hessian in the parameters, where they have been found.

    >>> from mlecore import Exponential, Likelihood
    >>> look(Likelihood(Exponential, [1.0, 3.0]), np.array([[0.0]])).slope
    array([[-2.]])
    """
    layout, free = likelihood.layout, likelihood.free
    theta, first, second = layout.from_real(u, free)
    slope, hessian = known or likelihood._derivatives(theta)
    slope = np.broadcast_to(slope, u.shape)
    # One factor after the other: their product may leave the range of doubles where the result does not.
    curvature = np.array(
        np.broadcast_to(
            (first[..., :, None] * hessian) * first[..., None, :], (*u.shape, free.size)
        )
    )
    diagonal = np.arange(free.size)
    curvature[..., diagonal, diagonal] += slope * second
    return _View(slope * first, curvature)


# -- one free scalar -------------------------------------------------------------------------------


def _along_line(likelihood: Any, start: Array, max_iterations: int) -> Top:
    """Bracket the place where the slope turns from up to down, and close in on it by Newton's steps."""
    layout, free = likelihood.layout, likelihood.free
    count = len(start)
    bounded = bool(np.isfinite(layout.longest_step(free)[0]))  # a logarithm or a logit
    u = layout.to_real(start, free)[:, 0]
    first_height = _heights(likelihood, start)
    lower, upper = np.full(count, -np.inf), np.full(count, np.inf)
    reach = np.full(count, 1.0 if bounded else np.nan)
    converged, iterations = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
    possible = np.full(count, np.nan)  # the last place where the data were possible
    rows = np.arange(count)
    for iteration in range(max_iterations):
        if rows.size == 0:
            break
        part, here = likelihood.at(rows), u[rows]
        view = look(part, here[:, None])
        slope, bend = view.slope[:, 0], view.curvature[:, 0, 0]
        iterations[rows] += 1
        # Beyond the end of a support that moves there is no slope: the way leads back.
        slope = np.where(np.isnan(slope), np.sign(possible[rows] - here), slope)
        possible[rows] = np.where(np.isnan(bend), possible[rows], here)
        reach[rows] = np.where(np.isnan(reach[rows]), _first_reach(here, bend), reach[rows])
        # A level place that is no top: look on both sides, and go where it is higher.
        level = (slope == 0) & ~(bend < 0)
        if level.any():
            slope = np.where(level, _side(part, here, reach[rows]), slope)
        lo = np.where(slope > 0, here, lower[rows])
        hi = np.where(slope < 0, here, upper[rows])
        newton = here - slope / bend
        size = np.abs(newton - here)
        # A step below the rounding of where it starts: nothing is left to find.
        still = (bend < 0) & np.isfinite(bend) & (newton == here)
        inside = (bend < 0) & (newton > lo) & (newton < hi) & (size <= 4.0 * reach[rows])
        is_open = np.isinf(lo) | np.isinf(hi)
        # Where the curve is an exponential, Newton's steps crawl: then the bracket is closed, or halved, instead.
        small = slope * slope <= -bend * _NEAR_GAIN
        inside &= small | (iteration < 6) | (~is_open & (iteration % 3 != 0))
        beyond = here + np.sign(slope) * reach[rows]
        new = np.where(inside, newton, np.where(is_open, beyond, 0.5 * lo + 0.5 * hi))
        reach[rows] = np.where(~inside & is_open, 2.0 * reach[rows], reach[rows])
        top = still | ((bend < 0) & inside & (slope * slope <= -bend * _LAST_GAIN))
        narrow = hi - lo <= 4.0 * _EPSILON * np.maximum(np.abs(here), np.finfo(float).tiny)
        gone = (np.abs(here) > _FARTHEST) if bounded else ~np.isfinite(here)
        gone |= np.isnan(slope)
        u[rows] = np.where(narrow | gone | still, here, new)
        lower[rows], upper[rows] = lo, hi
        converged[rows] = (top | narrow) & ~gone
        rows = rows[~(top | narrow | gone)]
    theta = layout.from_real(u[:, None], free)[0]
    value = _heights(likelihood, theta)
    # Of several tops within the bracket it may have found one that lies below the start.
    fallen = value < first_height - 1e-9 * (1.0 + np.abs(first_height))
    return Top(theta, value, converged & np.isfinite(value) & ~fallen, iterations)


def _first_reach(u: Array, bend: Array) -> Array:
    """Return a first length for a search of a location: a standard error, or a part of where it is."""
    error = 1.0 / np.sqrt(np.abs(bend))
    rough = np.where(u == 0, 1.0, 1e-3 * np.abs(u))
    return np.where(np.isfinite(error) & (error > 0), error, rough)


def _side(likelihood: Any, u: Array, reach: Array) -> Array:
    """Return the direction, 1 or -1, of the higher of two neighbours; 0 where neither is higher."""
    layout, free = likelihood.layout, likelihood.free
    left, middle, right = (
        _heights(likelihood, layout.from_real((u + k * reach)[:, None], free)[0])
        for k in (-0.1, 0.0, 0.1)
    )
    higher = np.where(right >= left, 1.0, -1.0)
    return np.where(
        np.maximum(left, right) > middle, higher, np.where(np.isnan(middle), np.nan, higher)
    )


# -- several ---------------------------------------------------------------------------------------


def _uphill(likelihood: Any, start: Array, max_iterations: int) -> Top:
    """Take Newton's steps, made uphill and halved until the log-likelihood rises."""
    layout, free = likelihood.layout, likelihood.free
    count = len(start)
    theta, here = start.copy(), _measured(likelihood, start)
    converged, iterations = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
    active, promised = np.arange(count), np.full(count, np.inf)
    # From where the data are impossible no slope leads away, and each try is a pass.
    if likelihood.costly:
        active = np.flatnonzero(np.isfinite(here[0]))
    longest = layout.longest_step(free)
    for _ in range(max_iterations):
        if active.size == 0:
            break
        part = likelihood.at(active)
        u = layout.to_real(theta[active], free)
        before = [term[active] for term in here]
        step, gain, least, off = newton_step(look(part, u, before[1:]))
        step *= np.minimum(1.0, np.min(longest / np.maximum(np.abs(step), 1e-300), axis=-1))[
            :, None
        ]
        level = gain <= _LAST_GAIN
        # Level, but curved upwards in some direction: no maximum. The way out leads along that direction.
        saddle = level & (least < -_FLAT)
        if saddle.any():
            step[saddle] = _way_out(part.at(np.flatnonzero(saddle)), u[saddle], off[saddle])
        near = (gain <= _NEAR_GAIN) & ~saddle
        # So near, a step that promises no less than the one before it has met the rounding of the slope. And Newton
        # squares the error, so the two latest promises foretell the next: one far below rounding is not looked for.
        ratio = gain / promised[active]
        foretold = gain * ratio**2
        last = level | (near & ((ratio >= 0.3) | (foretold <= 1e-10 * _LAST_GAIN)))
        if likelihood.costly:
            # Each look is a pass over the data: an error of 3e-8 standard deviations of a value is let stand, of which
            # the slope found there tells the way to what is left.
            sure = np.isfinite(promised[active]) & (gain <= 0.1 + _SURE_GAIN * likelihood.n)
            last |= sure & (foretold <= _LEFT_GAIN * likelihood.n)
        last &= ~saddle
        promised[active] = gain
        # A rise that the rounding of the log-likelihood hides cannot be asked for.
        trusted = near | (gain <= 4.0 * _EPSILON * np.abs(before[0])) & ~saddle
        theta[active], reached, moved = _halved(part, u, step, theta[active], before, trusted)
        for term, new in zip(here, reached, strict=True):
            term[active] = new
        iterations[active] += 1
        good = last | (~moved & near)
        converged[active] = good & (least > _FLAT) & np.isfinite(reached[0])
        active = active[~(last | ~moved)]
    return Top(theta, here[0], converged, iterations)


def newton_step(view: _View) -> tuple[Array, Array, Array, Array]:
    """Return Newton's step made uphill, the gain it promises, the least curvature in own units and its direction.

    The gain is twice the rise of the quadratic; the curvature is minus the Hessian with a diagonal of ones, so its
    eigenvalues are pure numbers, and negative ones are taken by their size.
    """
    slope, curvature = view
    diagonal = np.abs(np.diagonal(curvature, axis1=-2, axis2=-1))
    scale = 1.0 / np.sqrt(np.where((diagonal > 0) & np.isfinite(diagonal), diagonal, 1.0))
    scaled = (-curvature * scale[..., :, None]) * scale[..., None, :]
    bad = ~np.isfinite(scaled).all(axis=(-2, -1)) | ~np.isfinite(slope).all(axis=-1)
    scaled[bad] = np.eye(slope.shape[-1])
    values, vectors = np.linalg.eigh(scaled)
    size = np.maximum(np.abs(values), _FLAT)
    along = np.einsum("...ji,...j->...i", vectors, np.where(bad[..., None], 0.0, slope * scale))
    step = scale * np.einsum("...ij,...j->...i", vectors, along / size)
    gain = (along * along / size).sum(axis=-1)
    # Where the derivatives are not to be had there is nothing to stop for, only a direction to try.
    step[bad] = np.sign(np.where(np.isnan(slope[bad]), 0.0, slope[bad]))
    gain[bad], values[bad, 0] = np.inf, -np.inf
    return step, gain, values[..., 0], scale * vectors[..., :, 0]


def _way_out(likelihood: Any, u: Array, direction: Array) -> Array:
    """Return a step along a direction or against it, whichever leads higher."""
    layout, free = likelihood.layout, likelihood.free
    ahead, behind = (
        _heights(likelihood, layout.from_real(u + k * direction, free)[0]) for k in (0.5, -0.5)
    )
    return np.where((ahead >= behind)[:, None], 0.5, -0.5) * direction


def _halved(
    likelihood: Any, u: Array, step: Array, theta: Array, here: list[Array], near: Array
) -> tuple[Array, list[Array], Array]:
    """Take each step, halved until the log-likelihood rises; return what was measured, and which rows have moved."""
    layout, free = likelihood.layout, likelihood.free
    theta, here = theta.copy(), [term.copy() for term in here]
    size, trying = np.ones(len(u)), np.arange(len(u))
    for _ in range(60):
        proposal = layout.from_real(u[trying] + size[trying, None] * step[trying], free)[0]
        measured = _measured(likelihood.at(trying), proposal)
        new, old = measured[0], here[0][trying]
        good = np.isfinite(new) & (
            (new > old)
            | ~np.isfinite(old)
            | (near[trying] & (new >= old - 1e-9 * (1.0 + np.abs(old))))
        )
        rows = trying[good]
        theta[rows] = proposal[good]
        for term, found in zip(here, measured, strict=True):
            term[rows] = found[good]
        trying = trying[~good]
        if trying.size == 0:
            break
        size[trying] *= 0.5
    moved = np.ones(len(u), dtype=bool)
    moved[trying] = False
    return theta, here, moved
