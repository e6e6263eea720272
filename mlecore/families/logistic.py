"""The Logistic family: like a Normal with heavier tails; its distribution function is the logistic curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..domains import Positive, Real, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import blocks
from ..statistics import Moments, Sample

# The sample of this many values that gives the first estimate when there are many more.
_SUBSAMPLE = 2048
# How many terms are held at once: few enough to stay in the cache, so the data are never copied whole.
_AT_ONCE = 2**13


@dataclass(frozen=True, eq=False, repr=False)
class Logistic(Family):
    """Logistic(loc, scale b): f(x) = exp(-z) / (b (1 + exp(-z))^2), z = (x - loc)/b.

    Mean loc, variance (pi b)^2 / 3; both parameters have the unit of x.
    Source: Johnson, Kotz and Balakrishnan (1995), ch. 23.

    >>> round(float(Logistic(loc=1.0, scale=2.0).pdf(1.0)), 12)
    0.125
    """

    loc: Array = parameter(Real())
    scale: Array = parameter(Positive())

    def _standardised(self, t: Sample) -> Array:
        return (t.values - np.asarray(self.loc)[..., None]) / np.asarray(self.scale)[..., None]

    def _log_likelihood(self, t: Sample) -> Array:
        loc, scale = (np.asarray(p)[..., None] for p in (self.loc, self.scale))

        def terms(x: Array) -> Array:
            # The density is even in z, so exp(-|z|) serves both tails and never overflows.
            z = np.abs((x - loc) / scale)
            return z + 2.0 * np.log(1.0 + np.exp(-z))

        return -t.n * np.log(self.scale) - t.sum_of(terms)

    def _slope(self, t: Sample) -> tuple[Array, ...]:
        z = self._standardised(t)
        tilt = np.tanh(0.5 * z)
        return t.sum(tilt) / self.scale, (t.sum(z * tilt) - t.n) / self.scale

    def _curvature(self, t: Sample) -> Array:
        z = self._standardised(t)
        tilt, bend = _tilt(z)
        unit = 1.0 / self.scale**2
        mixed = t.sum(tilt) + t.sum(z * bend)
        both = 2.0 * t.sum(z * tilt) + t.sum(z * z * bend) - t.n
        return symmetric(-unit * t.sum(bend), -unit * mixed, -unit * both)

    def _information(self) -> Array:
        unit = 1.0 / (3.0 * self.scale**2) + 0.0 * self.loc
        return symmetric(unit, 0.0 * unit, (1.0 + np.pi**2 / 3.0) * unit)

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "scale" not in fixed:
            low, high = t.extremes()
            yield Refusal(
                (low == high) & (low == fixed.get("loc", low)),
                "all values are equal, so the density at them grows without bound as scale shrinks to 0",
            )

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        rows, weighted = (-1, t.width), any(t.weights.strides)
        flat = Sample(np.ravel(t.n), t.values.reshape(rows), t.weights.reshape(rows))
        step = t.width // _SUBSAMPLE if t.width > 8 * _SUBSAMPLE else 1
        few = Sample.of(flat.values[:, ::step], flat.weights[:, ::step] if weighted else None)
        if not (few.n > 0).all():
            few = flat
        m = Moments.of(few.values, few.weights if weighted else None)
        unit = np.where(m.sd > 0, m.sd, 1.0)
        start = np.stack([np.full(unit.shape, np.pi / np.sqrt(3.0)), np.zeros(unit.shape)])
        if few.width < t.width:
            start, _, _ = _solve(few, m.mean, unit, start)
        (steepness, level), converged, iterations = _solve(flat, m.mean, unit, start)
        columns = (m.mean + unit * level / steepness, unit / steepness, iterations, converged)
        loc, scale, iterations, converged = (c.reshape(t.batch_shape)[()] for c in columns)
        return Solution({"loc": loc, "scale": scale}, iterations, converged)

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        # Equal values have no scale of their own, yet one when the location is given.
        low, high = t.extremes()
        spread = np.where(high > low, high - low, np.maximum(np.abs(low), np.finfo(float).tiny))
        return {"loc": t.mean(t.values), "scale": 0.25 * spread}

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"loc": m.mean, "scale": m.sd * np.sqrt(3.0) / np.pi}

    @property
    def mean(self) -> Any:
        return self.loc + 0.0 * self.scale

    @property
    def var(self) -> Any:
        return (np.pi * self.scale) ** 2 / 3.0 + 0.0 * self.loc

    def scipy(self) -> Any:
        from scipy import stats

        return stats.logistic(self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.logistic(self.loc, self.scale, size)


def _tilt(z: Array) -> tuple[Array, Array]:
    """Return tanh(z/2) and its derivative, which keeps its digits in the tails."""
    e = np.exp(-np.abs(z))
    return np.copysign((1.0 - e) / (1.0 + e), z), 2.0 * e / (1.0 + e) ** 2


def _solve(t: Sample, center: Array, unit: Array, start: Array) -> tuple[Array, Array, Array]:
    """Climb by Newton in (1/scale, loc/scale), where the log-likelihood is concave; one column of `start` a row of t.

    A step is halved while it overshoots, which the slope at its end tells: it points back.
    """
    theta, count = start.copy(), start.shape[1]
    iterations, converged = np.zeros(count, dtype=int), np.zeros(count, dtype=bool)
    slope, bend = _derivatives(t, center, unit, theta)
    active = np.arange(count)
    for _ in range(100):
        (ga, gc), (aa, ac, cc) = slope[:, active], bend[:, active]
        det = aa * cc - ac * ac
        step = np.stack([(cc * ga - ac * gc) / det, (aa * gc - ac * ga) / det])
        gain = ga * step[0] + gc * step[1]
        # Newton squares the error: a step that promises 1e-13 an observation is the last, and needs no check.
        last = gain <= 1e-13
        theta[:, active[last]] += step[:, last]
        iterations[active] += 1
        converged[active] = last
        active, step, gain = active[~last], step[:, ~last], gain[~last]
        if active.size == 0:
            break
        size = np.minimum(
            1.0, -0.8 * theta[0, active] / np.minimum(step[0], -1e-300)
        )  # the scale stays positive
        trying = np.arange(active.size)
        for _halving in range(50):
            rows = active[trying]
            proposal = theta[:, rows] + size[trying] * step[:, trying]
            part = t if rows.size == count else t[rows]
            g, h = _derivatives(part, center[rows], unit[rows], proposal)
            good = (g * step[:, trying]).sum(axis=0) >= -0.1 * gain[trying]
            kept = rows[good]
            theta[:, kept], slope[:, kept], bend[:, kept] = (
                proposal[:, good],
                g[:, good],
                h[:, good],
            )
            trying = trying[~good]
            if trying.size == 0:
                break
            size[trying] *= 0.5
        active = np.delete(active, trying)  # no step helps: not converged
    return theta, converged, iterations


def _derivatives(t: Sample, center: Array, unit: Array, theta: Array) -> tuple[Array, Array]:
    """Return the slope of the mean log-likelihood in (1/scale, loc/scale), and minus its second derivatives."""
    a, c = theta[:, :, None]
    sums = np.zeros((6, len(center)))
    weighted = any(t.weights.strides)
    for columns in blocks(t.width, max(1, _AT_ONCE // len(center))):
        y = (t.values[:, columns] - center[:, None]) / unit[:, None]
        p = scipy.special.expit(a * y - c)  # tanh(z/2) is 2p - 1, and its derivative 2p(1 - p)
        bend = p * (1.0 - p)
        if weighted:
            w = t.weights[:, columns]
            p, bend = p * w, bend * w
            sums[5] += np.vecdot(y, w)
        else:
            sums[5] += y.sum(axis=-1)
        sums[0] += np.vecdot(y, p)
        sums[1] += p.sum(axis=-1)
        sums[2] += bend.sum(axis=-1)
        bend *= y
        sums[3] += bend.sum(axis=-1)
        sums[4] += np.vecdot(y, bend)
    first, level, cc, ac, aa, mean = sums / t.n
    slope = np.stack([1.0 / theta[0] - (2.0 * first - mean), 2.0 * level - 1.0])
    return slope, np.stack([1.0 / theta[0] ** 2 + 2.0 * aa, -2.0 * ac, 2.0 * cc])
