"""The Logistic family: like a Normal with heavier tails; its distribution function is the logistic curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..family import Array, InOnePass, Solution, symmetric
from ..numerics import as_numbers, every, log1pexp, mean_log
from ..products import dot
from ..statistics import Moments, Sample, piecewise
from ..tails import standard
from .location_scale import LocationScale, Standardised, solved

# Newton squares the error: a step that promises no more than this, an observation, is the last, and needs no check.
_LAST = 1e-13
# So many plain steps, if they lead to the top at all.
_STEPS = 6


@dataclass(frozen=True, eq=False, repr=False)
class Logistic(InOnePass, LocationScale):
    """Logistic(loc, scale b): f(x) = exp(-z) / (b (1 + exp(-z))^2), z = (x - loc)/b.

    Mean loc, variance (pi b)^2 / 3; both parameters have the unit of x.
    Source: Johnson, Kotz and Balakrishnan (1995), ch. 23.

    >>> round(float(Logistic(loc=1.0, scale=2.0).pdf(1.0)), 12)
    0.125
    """

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        z = np.abs(self._standardised(t))
        return -t.n * np.log(self.scale) - t.sum(z) - 2.0 * _sum_log(t, 1.0 + np.exp(-z))

    def _together(self, t: Sample) -> tuple[Array, Array, Array]:
        height, lean, z_lean, bend, z_bend, zz_bend = logistic_sums(self._standardised, t)
        b = np.asarray(self.scale)
        slope = np.stack(np.broadcast_arrays(lean / b, (z_lean - t.n) / b), axis=-1)
        unit = -1.0 / b**2
        both = 2.0 * z_lean + zz_bend - t.n
        curvature = symmetric(unit * bend, unit * (lean + z_bend), unit * both)
        return height - t.n * np.log(b), slope, curvature

    def _information(self) -> Array:
        unit = 1.0 / (3.0 * self.scale**2) + 0.0 * self.loc
        return symmetric(unit, 0.0 * unit, (1.0 + np.pi**2 / 3.0) * unit)

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        columns = (c.reshape(t.batch_shape)[()] for c in solved(t, _solve, _refine))
        loc, scale, converged, iterations = columns
        return Solution({"loc": loc, "scale": scale}, iterations, converged)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"loc": m.mean, "scale": m.sd * np.sqrt(3.0) / np.pi}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z = standard(x, self.loc, self.scale)
        return -log1pexp(-z), -log1pexp(z)

    @property
    def var(self) -> Any:
        return (np.pi * self.scale) ** 2 / 3.0 + 0.0 * self.loc

    def scipy(self) -> Any:
        from scipy import stats

        return stats.logistic(self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.logistic(self.loc, self.scale, size)


def tilt(z: Array, e: Array) -> tuple[Array, Array]:
    """Return tanh(z/2) and its derivative, which keeps its digits in the tails, from e = exp(-|z|).

    >>> [float(v) for v in tilt(np.array(0.0), np.array(1.0))]
    [0.0, 0.5]
    """
    one = 1.0 + e
    return np.copysign((1.0 - e) / one, z), 2.0 * e / one**2


@piecewise
def logistic_sums(standardised: Callable, t: Sample) -> tuple[Array, ...]:
    """Return the sums of -|z| - 2 log(1 + e^-|z|), of h = tanh(z/2) and zh, and of h', zh' and zzh'; z of a sample.

    >>> [float(v) for v in logistic_sums(lambda t: t.values, Sample.of(np.array([0.0])))[1:]]
    [0.0, 0.0, 0.5, 0.0, 0.0]
    """
    z = standardised(t)
    # The density is even in z, so exp(-|z|) serves both tails and never overflows.
    size = np.abs(z)
    e = np.exp(-size)
    height = -t.sum(size) - 2.0 * _sum_log(t, 1.0 + e)
    lean, bend = tilt(z, e)
    z_bend = z * bend
    return height, t.sum(lean), t.dot(z, lean), t.sum(bend), t.sum(z_bend), t.dot(z, z_bend)


def _sum_log(t: Sample, terms: Array) -> Array:
    """Return the sum of the logarithms of terms between 1 and 2; one serves eight terms where there are no weights."""
    return t.sum(np.log(terms)) if t.weighted else t.n * mean_log(terms, bound=2.0)


def _solve(t: Sample, m: Moments, start: tuple | None) -> tuple[Array, Array, Array, Array]:
    """Return (loc, scale, converged, iterations), climbing from the loc and scale in `start`.

    Newton's steps are taken in (1/scale, loc/scale) of standardised values, where the log-likelihood is concave.
    """
    unit = np.where(m.sd > 0, m.sd, 1.0)
    rows = Standardised(t, m.mean, unit)
    (steepness, level), converged, iterations = _climb(rows, _begin(m, unit, start))
    return m.mean + unit * level / steepness, unit / steepness, converged, iterations


def _begin(m: Moments, unit: Array, start: tuple | None) -> Array:
    """Return (1/scale, loc/scale) of values standardised by `unit`: those of `start`, or by the moments."""
    if start is None:
        return np.stack([np.full(unit.shape, np.pi / np.sqrt(3.0)), np.zeros(unit.shape)])
    return np.stack([unit, start[0] - m.mean]) / start[1]


def _refine(t: Sample, m: Moments, start: tuple | None, kind: type) -> tuple[Array, ...]:
    """Return what `_solve` does by plain steps from near, in doubles once what is left shows in these only.

    Counted are those in doubles.
    """
    theta, arrived, count = _begin(m, m.sd, start), False, 0
    # Newton leaves about a third of the square of an error, and a gain is about that square.
    last = _LAST if kind is np.float64 else 1e-11
    for _ in range(_STEPS):
        slope, bend = _derivatives(Standardised(t, m.mean, m.sd, kind), theta)
        step = _newton(slope, bend)
        gain = (slope * step).sum(axis=0)
        if not every(gain <= 1e-2):  # too far for steps without a check
            break
        theta = theta + step
        count += kind is np.float64
        if arrived := kind is np.float64 and every(gain <= last):
            break
        if every(gain <= 1e-5):
            kind = np.float64
    steepness, level = theta
    columns = m.mean + m.sd * level / steepness, m.sd / steepness
    return *columns, np.full(m.sd.shape, arrived), np.full(m.sd.shape, count)


def _newton(slope: Array, bend: Array) -> Array:
    """Return Newton's step."""
    (ga, gc), (aa, ac, cc) = slope, bend
    return np.array([cc * ga - ac * gc, aa * gc - ac * ga]) / (aa * cc - ac * ac)


def _climb(t: Standardised, theta: Array) -> tuple[Array, Array, Array]:
    """Return the top from a start, one column a row of t: (theta, converged, iterations).

    A step is halved while it overshoots, which the slope at its end tells: it points back.
    """
    count = theta.shape[1]
    iterations, converged = np.zeros(count, dtype=int), np.zeros(count, dtype=bool)
    slope, bend = _derivatives(t, theta)
    active = np.arange(count)
    for _ in range(100):
        step = _newton(slope[:, active], bend[:, active])
        gain = (slope[:, active] * step).sum(axis=0)
        last = gain <= _LAST
        theta[:, active[last]] += step[:, last]
        iterations[active] += 1
        converged[active] = last
        active, step, gain = active[~last], step[:, ~last], gain[~last]
        if active.size == 0:
            break
        # The scale stays positive.
        size = np.minimum(1.0, -0.8 * theta[0, active] / np.minimum(step[0], -1e-300))
        trying = np.arange(active.size)
        for _halving in range(50):
            rows = active[trying]
            proposal = theta[:, rows] + size[trying] * step[:, trying]
            g, h = _derivatives(t.at(rows), proposal)
            good = (g * step[:, trying]).sum(axis=0) >= -0.1 * gain[trying]
            kept = rows[good]
            theta[:, kept] = proposal[:, good]
            slope[:, kept], bend[:, kept] = g[:, good], h[:, good]
            trying = trying[~good]
            if trying.size == 0:
                break
            size[trying] *= 0.5
        active = np.delete(active, trying)  # no step helps: not converged
    return theta, converged, iterations


def _derivatives(t: Standardised, theta: Array) -> tuple[Array, Array]:
    """Return the slope of the mean log-likelihood in (1/scale, loc/scale), and minus its second derivatives."""
    steepness, level = theta
    n, sums = t.sample.n, np.zeros((6, theta.shape[1]))
    t = t._replace(unit=-t.unit / steepness, shift=-level)
    with np.errstate(over="ignore"):
        for rows, z, w, q, b in t.tiles(2):
            # The log-density of z = level - steepness y has the slope 2q - 1 in z, with q = 1 / (1 + e^z), and its
            # slope is -2q (1 - q). In the far tails 1 - q is off by a rounding, which Newton's direction does not feel.
            np.exp(z, out=q)
            q += 1.0
            np.divide(1.0, q, out=q)
            np.multiply(q, q, out=b)
            np.subtract(q, b, out=b)
            if w is not None:
                q *= w
                b *= w
            total = np.add.reduce(z, axis=-1) if w is None else dot(z, w)
            first = np.add.reduce(q, axis=-1), total, dot(z, q)
            second = np.add.reduce(b, axis=-1), dot(z, b)
            b *= z
            sums[:, rows] += np.array([*first, *second, dot(z, b)])
    steepness, level, q, z, zq, b, zb, zzb = as_numbers(steepness, level, *sums / n)
    tilt, z_tilt, unit = 2.0 * q - 1.0, 2.0 * zq - z, 1.0 / steepness
    # From z back to (1/scale, loc/scale).
    slope = [(1.0 - level * tilt + z_tilt) * unit, tilt]
    aa, ac = (level * b - 2.0 * zb) * level + zzb, level * b - zb
    bend = [(1.0 + 2.0 * aa) * unit * unit, -2.0 * ac * unit, 2.0 * b]
    return np.array(slope).reshape(2, -1), np.array(bend).reshape(3, -1)
