"""The Lomax family: a Pareto that begins at zero, for losses and sizes with a heavy tail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import SURE, Array, Family, Refusal, Solution, symmetric
from ..numerics import every, log1p_excess
from ..products import blocks
from ..roots import newton_1d
from ..statistics import Moments, Sample, piecewise
from ..tails import log1mexp
from .exponential import Exponential
from .ties import share_at

# So many values of a long sample are looked at to find where its profile turns, at steps of this much in log(scale).
_PART, _STRIDE = 2048, 0.7
# What is smaller than this part of what it is the difference of is rounding.
_ROUNDING = 8.0 * float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False, repr=False)
class Lomax(Family):
    """Lomax(shape a, scale s): f(x) = (a/s) (1 + x/s)^(-a-1), x >= 0.

    An Exponential whose rate varies as a Gamma of shape a and rate s. Mean s/(a - 1) when a > 1, variance
    a s^2 / ((a - 1)^2 (a - 2)) when a > 2, infinite below. As a and s grow together the limit is the Exponential. The
    likelihood may have several maxima: the highest is the estimate, if it is higher than the limit.
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 20.

    >>> float(Lomax(shape=1.0, scale=2.0).cdf(2.0))
    0.5
    """

    shape: Parameter = parameter(Positive())
    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, text="x >= 0")
    units = {"scale": 1}
    _limits = {"shape": "an Exponential"}

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        a, s = self.shape, self.scale
        total = t.sum(_parts(t.values, np.asarray(s)[..., None])[0])
        return t.n * (np.log(a) - np.log(s)) - (a + 1.0) * total

    @piecewise
    def _slope(self, t: Sample) -> tuple[Array, ...]:
        a, s = self.shape, self.scale
        log, r = _parts(t.values, np.asarray(s)[..., None])
        return t.n / a - t.sum(log), ((a + 1.0) * t.sum(r) - t.n) / s

    @piecewise
    def _curvature(self, t: Sample) -> Array:
        a, s = self.shape, self.scale
        _, r = _parts(t.values, np.asarray(s)[..., None])
        ss = (t.n - (a + 1.0) * t.sum(r * (2.0 - r))) / s / s
        return symmetric(-t.n / a / a, t.sum(r) / s, ss)

    def _information(self) -> Array:
        a, s = self.shape, self.scale
        return symmetric(1.0 / a / a, -1.0 / (a + 1.0) / s, a / (a + 2.0) / s / s)

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        zeros = share_at(np.float64(0.0), t)
        if "scale" in fixed:
            if "shape" not in fixed:
                yield Refusal(
                    zeros == 1, "all values are zero, so the likelihood rises as shape grows"
                )
            return
        if "shape" in fixed:
            # As the scale shrinks to 0 the likelihood is of the order of its (share of others) a - (share of zeros).
            a = np.asarray(fixed["shape"])
            yield Refusal(
                zeros >= a * (1.0 - zeros),
                "so many values are zero that the likelihood keeps rising as scale shrinks to 0",
            )
            return
        low, high = t.extremes()
        limit = lambda: Exponential.fit(*t.given())  # noqa: E731
        yield Refusal(
            zeros == 1,
            "all values are zero, so the likelihood rises without bound as scale shrinks",
        )
        yield Refusal(
            zeros > 0,
            "a value is zero, where the density grows without bound as scale and shape shrink to 0; a value that was "
            "rounded to zero is an interval: see mlecore.interval",
        )
        yield Refusal(
            low == high,
            "all values are equal, so the likelihood rises as shape and scale grow to the Exponential, the limit",
            limit,
        )
        unsure = np.array(~_more_spread_than_the_exponential(t))
        if not unsure.any():
            return
        lost = np.isnan(_best_scale(t[unsure] if t.batch_shape else t)[0])
        unsure[unsure] = lost
        yield Refusal(
            unsure[()],
            "the likelihood is highest as shape and scale grow to the Exponential, the limit",
            limit,
        )

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        scale, converged, iterations = _best_scale(t)
        return Solution({"shape": _shape(t, scale), "scale": scale}, iterations, converged)

    @classmethod
    def _in_doubt(cls, t: Sample, full: Array, share: float) -> bool:
        gain = _advantage(_rows(t), full[1:])[0] * t.n
        return not gain * share > SURE

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        # Where the limit is higher, some scale of the order of the data: what is held or partly seen decides.
        scale = _best_scale(t)[0]
        rough = np.maximum(t.mean(t.values), np.finfo(float).tiny)
        scale = np.where(np.isnan(scale), rough, scale)
        return {"shape": _shape(t, scale), "scale": scale}

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution:
        if 1 in held:
            return Solution({"shape": held.get(0, _shape(t, held[1])), "scale": held[1]})
        # With the shape known the mean of x / (x + scale), which falls as the scale grows, is 1 / (shape + 1).
        shape = np.broadcast_shapes(t.batch_shape, np.shape(held[0]))
        target = np.broadcast_to(1.0 / (1.0 + np.asarray(held[0])), shape).ravel()
        owner = np.broadcast_to(np.arange(np.size(t.n)).reshape(t.batch_shape), shape).ravel()
        rows = _rows(t)

        def equation(s: Array, i: Array) -> tuple[Array, Array]:
            r, bend = _averages(_of(rows, owner[i]), s, lambda y, log, r: (r, r * (1.0 - r)))
            return r - target[i], -bend / s

        start = np.maximum(t.mean(t.values) * held[0], np.finfo(float).tiny)
        scale, converged, iterations = newton_1d(equation, start)
        return Solution({"shape": held[0], "scale": scale}, iterations, converged)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        square = (m.sd / m.mean) ** 2
        shape = np.where(square > 1, 2.0 * square / (square - 1.0), np.nan)
        return {"shape": shape, "scale": m.mean * (shape - 1.0)}

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = -self.shape * _parts(x, self.scale)[0]
        return log1mexp(upper), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        a, s = np.asarray(self.shape), np.asarray(self.scale)
        log, y = _parts(x, s)[0], x / s
        by_shape = (x + s) * log / a
        matrix = [[by_shape / a, (y - log) / a], [0.0 * y, -y / s]]
        rows = [np.stack(np.broadcast_arrays(*row), axis=-1) for row in matrix]
        return (-by_shape, y), np.stack(rows, axis=-2)

    @property
    def mean(self) -> Any:
        a = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            return np.where(a > 1, self.scale / (a - 1.0), np.inf)[()]

    @property
    def var(self) -> Any:
        a = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            finite = (self.scale / (a - 1.0)) ** 2 * (a / (a - 2.0))
        return np.where(a > 2, finite, np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.lomax(self.shape, scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scale * np.expm1(rng.standard_exponential(size) / self.shape)


def _parts(x: Array, s: Array) -> tuple[Array, Array]:
    """Return log(1 + x/s), also where x/s is no double, and x / (x + s)."""
    y = x / s
    log = np.log1p(y)
    if np.isinf(log).any():
        log = np.where(np.isinf(y), np.log(x) - np.log(s), log)
    return log, x / (x + s)


def _shape(t: Sample, scale: Any) -> Array:
    """Return the best shape beside a scale."""
    shape = np.broadcast_shapes(t.batch_shape, np.shape(scale))
    if shape != t.batch_shape:
        return 1.0 / t.mean(_parts(t.values, np.asarray(scale)[..., None])[0])
    s = np.broadcast_to(scale, shape).ravel()
    (m,) = _averages(_rows(t), s, lambda y, log, r: (log,))
    return (1.0 / m).reshape(shape)[()]


# -- the profile of the scale ------------------------------------------------------------------------


def _rows(t: Sample) -> Sample:
    """Return the samples of a batch one a row."""
    width = t.width
    if t.in_passes:
        return t.as_rows()
    return Sample(np.ravel(t.n), t.values.reshape(-1, width), t.weights.reshape(-1, width))


def _averages(t: Sample, s: Array, terms: Any) -> list[Array]:
    """Return the means of functions of y = x/s, log(1 + y) and r = y/(1 + y), of each row at its own scale."""
    sums: list[Any] = []
    with np.errstate(over="ignore"):
        for part in t.pieces():
            y = part.values / s[:, None]
            columns = [part.sum(column) for column in terms(y, *_parts(part.values, s[:, None]))]
            sums = [a + b for a, b in zip(sums, columns, strict=True)] if sums else columns
    return [column / t.n for column in sums]


def _fall(t: Sample, s: Array) -> tuple[Array, Array]:
    """Return minus what the profile's slope has the sign of, and its derivative in s.

    With m and r the means of log(1 + x/s) and x/(x + s) the profile has the slope m r - (m - r), over m, in log s.
    For large s both sides are of second order, and then the difference m - r is taken term by term.
    """
    m, r, bend = _averages(t, s, lambda y, log, r: (log, r, r * (1.0 - r)))
    gap = m - r
    if not every(r > 0.01):
        (small,) = _averages(t, s, lambda y, log, r: (log1p_excess(-np.minimum(r, 0.5)),))
        gap = np.where(r > 0.01, gap, small)
    # In log s: dm = -r, dr = -bend, d(m - r) = bend - r = -mean(r^2).
    fall = m * r - gap
    return np.where(np.abs(fall) < _ROUNDING * gap, 0.0, fall), (-r * r - m * bend + (r - bend)) / s


def _advantage(t: Sample, s: Array) -> Array:
    """Return by how much the profile, an observation, exceeds the Exponential's: -log(m s / mean) - m."""
    m, middle, gap = _averages(t, s, lambda y, log, r: (log, y, log1p_excess(y)))
    far = np.log(m) + np.log(s) - np.log(t.moments().mean)
    return -np.where(gap < 0.5 * middle, np.log1p(-gap / middle), far) - m


def _more_spread_than_the_exponential(t: Sample) -> Array:
    """Say where the coefficient of variation exceeds 1, so that there is a maximum."""
    m = t.moments()
    return m.sd > m.mean


def _best_scale(t: Sample) -> tuple[Array, Array, Array]:
    """Return (scale, converged, iterations) of the highest maximum of the profile, NaN where the limit is higher."""
    if t.batch_shape:
        return _highest(t)
    return t.once("_lomax", lambda: _highest(t))


def _highest(t: Sample) -> tuple[Array, Array, Array]:
    rows = _rows(t)
    certain = _more_spread_than_the_exponential(rows)
    owner, start = _near_tops(rows, certain)
    found, converged, iterations = _solve(rows, owner, start)
    height = _heights(rows, owner, found)
    best = np.full((3, certain.size), np.nan)
    for k in np.argsort(height):
        if height[k] > 0:
            best[:, owner[k]] = found[k], converged[k], iterations[k]
    scale, converged, iterations = (column.reshape(t.batch_shape)[()] for column in best)
    return scale, converged == 1, np.nan_to_num(iterations).astype(int)


def _near_tops(rows: Sample, certain: Array) -> tuple[Array, Array]:
    """Return places near the tops of the profiles: those of a part of each sample, where it is sure of one."""
    part = rows.thinned(_PART)
    if part is not rows and every(certain) and every(part.n > 0):
        owner, start = _turns(part, certain)
        start, _, _ = _solve(part, owner, start)
        sure = _heights(part, owner, start) * part.n[owner] > SURE
        if every(np.isin(np.arange(certain.size), owner[sure])):
            return owner, start
    return _turns(rows, certain)


def _heights(rows: Sample, owner: Array, scale: Array) -> Array:
    """Return by how much the profiles exceed the Exponential's, an observation, at their own scales."""
    height = np.full(owner.size, np.nan)
    for k in blocks(owner.size, 64):
        height[k] = _advantage(_of(rows, owner[k]), scale[k])
    return height


def _of(rows: Sample, owner: Array) -> Sample:
    """Return the samples of some problems; a single sample serves all of them without a copy."""
    return rows if rows.n.size == 1 else rows[owner]


def _solve(rows: Sample, owner: Array, start: Array) -> tuple[Array, Array, Array]:
    """Return the tops of the profiles near their starts: (scale, converged, iterations)."""
    return newton_1d(lambda s, i: _fall(_of(rows, owner[i]), s), start)


def _least(t: Sample) -> Array:
    """Return the smallest value above 0 of each row."""
    return np.where((t.values > 0) & (t.weights > 0), t.values, np.inf).min(axis=-1)


def _turns(t: Sample, certain: Array) -> tuple[Array, Array]:
    """Return where the profiles turn from rising to falling: which row, and a scale near that place."""
    high = t.extremes()[1]
    low = np.minimum.reduce([_least(part) for part in t.pieces()])
    # Below the first scale m (1 - r) < r for sure; beyond the last the sign is that of the limit.
    width = np.log(high) - np.log(np.minimum(low, high))
    first, last = np.log(np.minimum(low, high)) - 1.0 - np.log(width + 3.0), np.log(high) + 4.0
    steps = np.linspace(0.0, 1.0, 1 + int(np.ceil(np.nanmax([0.0, *(last - first)]) / _STRIDE)))
    scales = np.exp(first[:, None] + steps * (last - first)[:, None])
    if t.in_passes:  # at all scales at once
        sign = _fall(t, scales[0])[0][None]
    else:
        sign = np.stack([_fall(t, column)[0] for column in scales.T], axis=-1)
    owner, k = np.nonzero((sign[:, :-1] > 0) & (sign[:, 1:] <= 0))
    beyond = certain & ((sign[:, -1] > 0) | ~np.isin(np.arange(len(sign)), owner))
    more = np.flatnonzero(beyond)
    start = np.sqrt(scales[owner, k]) * np.sqrt(scales[owner, k + 1])
    return np.concatenate([owner, more]), np.concatenate([start, scales[more, -1]])
