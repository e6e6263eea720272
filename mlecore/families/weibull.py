"""The Weibull family: lifetimes whose hazard rises or falls as a power of age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..family import Array, InOnePass, Solution, symmetric
from ..numerics import log_ratio, some
from ..pivots import gamma_limits
from ..roots import newton_1d
from ..statistics import Exposed, Moments, Parts, Sample, piecewise
from ..tails import log1mexp
from .extreme_value import solve_extreme_value
from .shape_scale import ShapeScale


@dataclass(frozen=True, eq=False, repr=False)
class Weibull(InOnePass, ShapeScale):
    """Weibull(shape k, scale s): f(x) = (k/s) (x/s)^(k-1) exp(-(x/s)^k), x > 0.

    The scale has the unit of x. No small statistic suffices: the sample of logarithms is kept.
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 21.

    >>> round(float(Weibull(shape=1.0, scale=2.0).pdf(2.0) * 2 * np.e), 12)
    1.0
    """

    def _along(self, z: Array) -> Array:
        return -np.expm1(z)

    def _log_likelihood(self, t: Sample) -> Array:
        return self._together(t)[0] if isinstance(t, Exposed) else self._height(t)

    @piecewise
    def _height(self, t: Sample) -> Array:
        z = self._z(t)
        return t.n * np.log(self.shape) + t.sum(z - np.exp(z) - t.values)

    def _together(self, t: Sample) -> tuple[Array, Array, Array]:
        k, s = self.shape, self.scale
        total, z, e, ze, zze = self._sums(t)
        if isinstance(
            t, Exposed
        ):  # log P(X > c) is -e^z, which a bound shares with a value; nothing else
            seen = k * (t.total - t.n * np.log(s))
            total, z, e, ze = t.total, seen, e + (t.exposure - t.n), ze + (z - seen)
        value = t.n * (np.log(k) - 1.0) + z - e - total
        slope = np.stack(np.broadcast_arrays((t.n - ze) / k, k / s * e), axis=-1)
        curvature = symmetric(
            -(t.n + zze) / k**2, (e + ze + z) / s, -k / s**2 * (e + k * (e + t.n))
        )
        return value, slope, curvature

    @piecewise
    def _sums(self, t: Sample) -> tuple[Array, ...]:
        """Return the sums of log x, z, e^z - 1, z (e^z - 1) and z^2 e^z."""
        z = self._z(t)
        e = np.expm1(z)
        first = t.sum(t.values), t.sum(z), t.sum(e), t.dot(z, e)
        square = z * z
        e += 1.0
        return *first, t.dot(square, e)

    def _information(self) -> Array:
        k, s = self.shape, self.scale
        c = 1.0 - np.euler_gamma
        return symmetric((np.pi**2 / 6 + c * c) / k**2, -c / s, (k / s) ** 2)

    @classmethod
    def _absorb(cls, exact: Any, seen: Parts, windows: Parts) -> tuple[Any, Parts, Parts]:
        # Equal values are left alone: whether bounds keep the shape from growing is for the events to say.
        if exact is None or some(np.equal(*exact.extremes())):
            return exact, seen, windows
        bounds, rest = seen.without_upper_end()
        return Exposed.with_bounds(exact, np.log(bounds.low), bounds.weights), rest, windows

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        # At the maximum s^k = mean(x^k).
        shape, log_scale, converged, iterations = solve_extreme_value(t)
        return Solution({"shape": shape, "scale": np.exp(log_scale)}, iterations, converged)

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution | None:
        if 0 not in held:
            return None
        k = np.asarray(held[0])
        top = np.asarray(t.extremes()[1])
        power = t.mean(np.exp(k[..., None] * np.minimum(t.values - top[..., None], 0.0)))
        return Solution({"shape": k, "scale": held.get(1, np.exp(top + np.log(power) / k))})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        # The squared coefficient of variation is Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 - 1, which falls with k.
        target = np.log1p((m.sd / m.mean) ** 2)
        flat = np.ravel(target)

        def equation(k: Array, i: Array) -> tuple[Array, Array]:
            value = (
                scipy.special.gammaln(1 + 2 / k) - 2 * scipy.special.gammaln(1 + 1 / k) - flat[i]
            )
            slope = 2 / k**2 * (scipy.special.digamma(1 + 1 / k) - scipy.special.digamma(1 + 2 / k))
            return value, slope

        shape, _, _ = newton_1d(equation, 1.2 * m.mean / m.sd)
        return {"shape": shape, "scale": m.mean / scipy.special.gamma(1 + 1 / shape)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = -np.exp(self.shape * log_ratio(x, self.scale))
        return log1mexp(upper), upper

    def _beyond(self, x: Array) -> tuple[Array, Array, Array]:
        k, s = self.shape, self.scale
        z = k * log_ratio(x, s)
        e = np.exp(z)
        ze = z * e
        curvature = symmetric(-z * ze / k**2, (e + ze) / s, -k * (k + 1.0) / s**2 * e)
        return -e, np.stack([-ze / k, k / s * e], axis=-1), curvature

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        if "shape" in free:
            return None
        low, high = gamma_limits(n, tail)
        power = 1.0 / self.shape
        return {"scale": (self.scale * (n / high) ** power, self.scale * (n / low) ** power)}

    @property
    def mean(self) -> Any:
        return self.scale * scipy.special.gamma(1 + 1 / self.shape)

    @property
    def var(self) -> Any:
        first = scipy.special.gammaln(1 + 1 / self.shape)
        return (
            self.scale**2
            * np.exp(2 * first)
            * np.expm1(scipy.special.gammaln(1 + 2 / self.shape) - 2 * first)
        )

    def scipy(self) -> Any:
        from scipy import stats

        return stats.weibull_min(self.shape, scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scale * rng.weibull(self.shape, size)
