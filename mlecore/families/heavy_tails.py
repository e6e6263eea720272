"""What the Cauchy and Student's t share: tails so heavy that no small statistic serves.

With the degrees of freedom known and at least one, the location and scale have one maximum together (Kent and
Tyler 1991), which `locate` finds. With the scale known there can be a maximum beside every observation, and
`best_climb` starts from many points. Both work on a whole batch of samples at once.
"""

from __future__ import annotations

from copy import copy
from itertools import product
from typing import Any

import numpy as np

from ..climbing import climb
from ..family import Array
from ..likelihood import Likelihood
from ..numerics import as_numbers, either, every
from ..products import blocks
from ..statistics import LONG, Sample
from .rescaled import PART, Rescaled, about
from .tail_sums import newton_sums

# How many starting points are climbed from, of all that were looked at.
_CLIMBS = 6
# In samples no longer than this a hill may be as narrow as the distance between two values.
_SMALL = 64
# In longer ones so many of the candidates along an axis show whether there is a rival.
_FEW = 16
# A gain below this is so near that Newton's next may be foretold.
_NEAR = 1e-9
# Log-likelihoods that differ by less, relative to their size, are equally high.
_TIE = 1e-12
# Standardised values beyond this have squares near the end of the range of doubles.
_OUT_OF_REACH = 1e150
# How many terms one step, or the search over starting points, may hold at once: 32 MB of doubles.
_TERMS = 2**22


def locate(
    t: Sample,
    df: Any,
    loc: Any = 0.0,
    scale: Any = 1.0,
    tolerance: float = 1e-16,
    max_iterations: int = 60,
) -> tuple[Array, Array, Array, Array]:
    """Return the location and scale of a t with df >= 1 known that maximise the likelihood, and (converged, iterations).

    Newton's steps in (loc, log scale) where they are short and shrink the expected gain, else a step of the EM
    algorithm with expanded parameters, which always climbs (Kent, Tyler and Vardi 1994). All sums are rational in
    the data: no logarithm is taken. The iteration ends when a step promises a gain below `tolerance`.

    >>> loc, scale, converged, _ = locate(Sample.of(np.array([-1.0, 0.0, 1.0])), 1.0)
    >>> abs(float(loc)) < 1e-15, round(float(scale) ** 2, 12), bool(converged)
    (True, 0.333333333333, True)
    """
    t = _within_reach(t)
    batch = t.batch_shape
    rows = t if batch else t[None]
    shape = np.shape(rows.n)
    df, loc, scale = (np.array(np.broadcast_to(v, shape), dtype=float) for v in (df, loc, scale))
    at_once = max(1, _TERMS // rows.width)
    if shape[0] > at_once:
        parts = [
            locate(rows[part], df[part], loc[part], scale[part], tolerance, max_iterations)
            for part in blocks(shape[0], at_once)
        ]
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    best = np.full(shape, np.inf)
    converged, iterations = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=int)
    active = np.arange(shape[0])
    for _ in range(max_iterations):
        if active.size == 0:
            break
        part = rows if active.size == shape[0] else rows[active]
        v, s = df[active], scale[active]
        em, newton, gain = _steps(part, v, loc[active], s)
        # The gain must shrink from one Newton step to the next, so they cannot go round in circles.
        short = (np.abs(newton) <= 0.5).all(axis=0) & (gain >= 0) & (gain < 0.9 * best[active])
        # Newton squares the error, so the two latest gains foretell the next: one far below rounding is not worth a pass.
        next_gain = np.minimum(gain, gain * (gain / best[active]) ** 2)
        best[active] = np.where(short, gain, best[active])
        step = np.where(short, newton, em)
        loc[active] += s * step[0]
        scale[active] = s * np.exp(step[1])
        iterations[active] += 1
        # A gain of 1e-16 is a step of 1e-8 standard errors, one of 1e-13 an observation a step of 3e-7 of the scale: after
        # them Newton's error is below rounding.
        converged[active] = short & (
            (gain <= np.maximum(tolerance, 1e-13 * part.n))
            | ((gain <= _NEAR) & (next_gain <= 1e-10 * tolerance))
        )
        active = active[~converged[active]]
    columns = loc, scale, converged, iterations
    return columns if batch else tuple(c[0] for c in columns)


def _within_reach(t: Sample) -> Sample:
    """Return the sample with values so far out that their squares are no doubles brought nearer.

    How far out such a value lies tells the equations nothing: its weight times its square is 1 wherever it is.
    """
    low, high = t.extremes()
    if every(np.maximum(np.abs(low), np.abs(high)) < _OUT_OF_REACH):
        return t
    return t._replaced(np.clip(t.values, -_OUT_OF_REACH, _OUT_OF_REACH))


def top_of(likelihood: Any, df: Any) -> tuple[Array, Array, Array, Array]:
    """Return (loc, scale, converged, iterations) at the top of a likelihood in which these two are free, df >= 1.

    EM crawls where nearly half of the values are equal and the scale is tiny: there the generic climb goes on.

    >>> from mlecore import Cauchy
    >>> loc, scale, _, _ = top_of(Likelihood(Cauchy, [-1.0, 0.0, 1.0]), 1.0)
    >>> abs(float(loc)) < 1e-15, round(float(scale) ** 2, 12)
    (True, 0.333333333333)
    """
    t = likelihood.statistic
    start = _near(t, df) if isinstance(t, Rescaled) and not t.weighted else (0.0, 1.0)
    loc, scale, converged, iterations = (np.atleast_1d(c) for c in locate(t, df, *start))
    slow = np.flatnonzero(~converged)
    if slow.size:
        part = copy(likelihood)
        part.statistic = t if t.batch_shape else t[None]
        start = np.stack([loc[slow], scale[slow]], axis=-1)
        theta, _, converged[slow], more = climb(part.at(slow), start, 200)
        loc[slow], scale[slow] = theta.T
        iterations[slow] += more
    columns = loc, scale, converged, iterations
    return columns if t.batch_shape else tuple(c[0] for c in columns)


def _near(t: Rescaled, df: Any) -> tuple[Array, Array]:
    """Return the top of a part of a long sample, then of the whole in single precision, where that can hold it."""
    part, rounded = t.thinned(PART), t.rounded()
    start = locate(part, df, tolerance=1e-4 * part.width)[:2]
    near = locate(rounded, df, *start, tolerance=1e-7 * t.width, max_iterations=10)
    return near[:2] if every(near[2]) else start


def _steps(t: Sample, df: Array, loc: Array, scale: Array) -> tuple[Array, Array, Array]:
    """Return the EM step and Newton's in (loc / scale, log scale), and the gain that Newton's promises, -1 if none."""
    df, n, *sums = as_numbers(df, t.n, *newton_sums(about(t, loc, scale), df))
    total, first, second, uu, ua, aa = sums
    mean = first / total
    em = [mean, 0.5 * np.log(second / total - mean * mean)]
    g1, g2 = (df + 1.0) * first, (df + 1.0) * second - n
    h11, h12, h22 = (-(df + 1.0) * k for k in (df * uu - aa, 2.0 * df * ua, 2.0 * df * aa))
    determinant = h11 * h22 - h12 * h12
    newton = [(h12 * g2 - h22 * g1) / determinant, (h12 * g1 - h11 * g2) / determinant]
    concave = (h11 < 0) & (determinant > 0)
    gain = either(concave, newton[0] * g1 + newton[1] * g2, -1.0)
    em, newton = (np.reshape(k, (2, -1)) for k in (em, newton))
    return em, newton, np.reshape(gain, -1)


def grid_of_values(t: Sample) -> Array:
    """Return values of each sample, evenly spaced in rank, as places where a location may start; the places first.

    >>> grid_of_values(Sample.of(np.array([3.0, 1.0, 2.0])))
    array([1., 2., 3.])
    """
    t = t if t.weighted else t.thinned(LONG)
    places = min(t.width, max(64, _TERMS // t.values.size))
    ranks = np.linspace(0, t.width - 1, places).round().astype(int)
    seen = t.values
    if t.weighted:
        seen = np.where(t.weights > 0, t.values, np.asarray(t.median(t.values))[..., None])
    return np.moveaxis(np.sort(seen, axis=-1)[..., ranks], -1, 0)


def spread_about(center: Array, t: Sample) -> Array:
    """Return the median distance from a centre, 1 where it is zero; of a part of a long sample.

    >>> float(spread_about(3.0, Sample.of(np.array([1.0, 2.0, 5.0]))))
    2.0
    """
    t = t if t.weighted else t.thinned(LONG)
    spread = np.asarray(t.median(np.abs(t.values - np.asarray(center)[..., None])))
    return np.where(spread > 0, spread, 1.0)


def best_climb(
    likelihood: Any, *axes: Array, bound: Any = None
) -> tuple[Array, Array, Array, Array, Array]:
    """Climb from the best of many starts; return the best top, (theta, log-likelihood, converged, iterations), and all
    tops as high as it, one a row.

    `axes` hold the candidates for each free scalar of the family, with the candidates on the first axis. Of
    neighbours along an axis only the highest is climbed from, so that the climbs start on different hills. `bound`
    maps (likelihood, theta, converged) of each top to what is allowed.

    >>> from mlecore import Cauchy
    >>> L = Likelihood(Cauchy, [0.0, 10.0, 10.5], fixed={"scale": 0.1})
    >>> float(best_climb(L, np.array([0.0, 10.0, 10.5]), np.array([0.1]))[0][0]) > 9.0
    True
    """
    batch, free = likelihood.batch_shape, likelihood.free
    axes = [np.asarray(axis, dtype=float) for axis in axes]
    lengths = tuple(len(axis) for axis in axes)
    starts = [
        np.stack([np.broadcast_to(axis[i], batch) for axis, i in zip(axes, index, strict=True)], -1)
        for index in product(*map(range, lengths))
    ]
    height = np.array([likelihood.log_likelihood(start[..., free]) for start in starts])
    height = np.where(np.isnan(height), -np.inf, height).reshape(*lengths, *batch)
    peaks = np.where(_peaks(height, len(axes)), height, -np.inf).reshape(len(starts), *batch)
    order = np.argsort(peaks, axis=0)[::-1][:_CLIMBS]
    tops = []
    for choice in order:
        start = np.take_along_axis(np.array(starts), choice[None, ..., None], axis=0)[0]
        top = likelihood._climbed_from(start)
        theta, value, converged = top.theta, top.log_likelihood, top.converged
        if bound is not None:
            theta, converged = bound(likelihood, theta, converged)
            value = likelihood.log_likelihood(theta[..., free])
        tops.append((theta, np.where(np.isnan(value), -np.inf, value), converged, top.iterations))
    theta, value, converged, iterations = (np.stack(column) for column in zip(*tops, strict=True))
    # A climb that has not arrived counts only where none has.
    best = np.argmax(np.where(converged | ~converged.any(axis=0), value, -np.inf), axis=0)[None]
    height = np.take_along_axis(value, best, axis=0)[0]
    chosen = np.take_along_axis(theta, best[..., None], axis=0)[0]
    return (
        chosen,
        height,
        *(np.take_along_axis(column, best, axis=0)[0] for column in (converged, iterations)),
        theta[converged & (value >= height - _TIE * (1.0 + np.abs(height)))],
    )


def unrivalled(likelihood: Any, near: Array, *axes: Array) -> Any:
    """Return the top above `near`, or None where another hill may be as high.

    Following a profile from one value to the next, the hill rarely changes. The candidates of `best_climb` are looked
    at, not climbed from: only where one far from the top reaches nearly as high must the search begin anew.

    >>> from mlecore import Cauchy
    >>> three = Likelihood(Cauchy, [-5.0, 4.0, 5.0], fixed={"scale": 1.0})
    >>> unrivalled(three, np.array([-5.0, 1.0]), np.array([-5.0, 4.0, 5.0]), [1.0]) is None
    True
    """
    top = likelihood._climbed_from(near)
    if not np.all(top.converged):
        return None
    batch, free = likelihood.batch_shape, likelihood.free
    small = likelihood.statistic.width <= _SMALL
    axes = tuple(axis if small else axis[:: -(-len(axis) // _FEW)] for axis in axes)
    grid = np.meshgrid(*(np.arange(len(axis)) for axis in axes), indexing="ij")
    starts = np.stack(
        [
            np.broadcast_to(np.asarray(axis)[k.ravel()].T, (*batch, k.size))
            for axis, k in zip(axes, grid, strict=True)
        ],
        axis=-1,
    )
    starts = np.moveaxis(starts, -2, 0)
    height = likelihood.log_likelihood(starts[..., free])
    away = np.abs(starts[..., -2] - top.theta[..., -2]) > 2.0 * top.theta[..., -1]
    room = 1.0 if small else 0.0
    rival = (height > top.log_likelihood - np.where(away, room, -1e-9)) & np.isfinite(height)
    return None if rival.any() else top


def tied(found: Array, free: Array) -> tuple[str, ...]:
    """Return a note that names equally high maxima of one sample, when there are several; `found` has one a row.

    >>> tied(np.array([[-1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]), np.array([0]))
    ('the likelihood has 2 equally high maxima, at -1 and 1: the data do not choose between them',)
    """
    values = np.sort(found[:, free[0]]) if free.size else np.zeros(0)
    apart = np.diff(values) > 1e-6 * np.max(np.abs(values), initial=0.0)
    distinct = values[np.concatenate([[True], apart])] if values.size else values
    if distinct.size < 2:
        return ()
    places = " and ".join(f"{value:.6g}" for value in distinct)
    return (
        f"the likelihood has {distinct.size} equally high maxima, at {places}: the data do not choose between them",
    )


def _peaks(height: Array, dimensions: int) -> Array:
    """Say which points of a grid are no lower than their neighbours along each of the first axes."""
    peaks = np.ones(height.shape, dtype=bool)
    for axis in range(dimensions):
        h, p = np.moveaxis(height, axis, 0), np.moveaxis(peaks, axis, 0)
        p[1:] &= h[1:] >= h[:-1]
        p[:-1] &= h[:-1] >= h[1:]
    return peaks


def restricted(likelihood: Any, name: str, value: Any) -> Likelihood:
    """Return the likelihood with one more parameter held at a value for every sample.

    >>> from mlecore import Cauchy
    >>> restricted(Likelihood(Cauchy, [0.0, 1.0, 3.0]), "scale", 2.0).names
    ('loc',)
    """
    return likelihood.given({name: np.broadcast_to(value, likelihood.batch_shape)[()]})
