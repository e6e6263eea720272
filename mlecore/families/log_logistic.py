"""The LogLogistic family: survival and income, whose logarithm is Logistic and whose odds are a power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..family import Array, InOnePass, Solution, symmetric
from ..numerics import log1pexp, log_ratio
from ..roots import newton_1d
from ..statistics import Moments, Sample, piecewise
from .logistic import Logistic, logistic_sums, tilt
from .shape_scale import ShapeScale


@dataclass(frozen=True, eq=False, repr=False)
class LogLogistic(InOnePass, ShapeScale):
    """LogLogistic(shape k, scale s): f(x) = (k/s) (x/s)^(k-1) / (1 + (x/s)^k)^2, x > 0.

    log X is Logistic(log s, 1/k), and the scale, the median, has the unit of x. With b = pi/k the mean is
    s b / sin b when k > 1, and E X^2 is s^2 2b / sin 2b when k > 2; both are infinite below.
    Source: Johnson, Kotz and Balakrishnan (1995), ch. 23.

    >>> float(LogLogistic(shape=3.0, scale=2.0).cdf(2.0))
    0.5
    """

    def _along(self, z: Array) -> Array:
        return -tilt(z, np.exp(-np.abs(z)))[0]

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        # The density of z is even, so exp(-|z|) serves both tails and never overflows.
        z = np.abs(self._z(t))
        return t.n * np.log(self.shape) - t.sum(t.values + z + 2.0 * np.log1p(np.exp(-z)))

    def _together(self, t: Sample) -> tuple[Array, Array, Array]:
        height, lean, z_lean, bend, z_bend, zz_bend = logistic_sums(self._z, t)
        k, s = np.asarray(self.shape), np.asarray(self.scale)
        slope = np.stack(np.broadcast_arrays((t.n - z_lean) / k, k / s * lean), axis=-1)
        curvature = symmetric(
            -(t.n + zz_bend) / k / k, (z_bend + lean) / s, -k / s * (k * bend + lean) / s
        )
        return t.n * np.log(k) - t.sum(t.values) + height, slope, curvature

    def _information(self) -> Array:
        k, s = self.shape, self.scale
        unit = 1.0 + 0.0 * k * s
        return symmetric((3.0 + np.pi**2) / (9.0 * k * k) * unit, 0.0 * unit, (k / s) ** 2 / 3.0)

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        log = Logistic._mle(t)
        params = {"shape": 1.0 / log.params["scale"], "scale": np.exp(log.params["loc"])}
        return Solution(params, log.iterations, log.converged)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        # E X^2 / (E X)^2 = tan(b) / b with b = pi / k below pi / 2, whatever the spread.
        target = np.ravel(np.log1p((m.sd / m.mean) ** 2))

        def equation(b: Array, i: Array) -> tuple[Array, Array]:
            near = b * b * (1.0 / 3.0 + b * b * (7.0 / 90.0 + b * b * 62.0 / 2835.0))
            value = np.where(b < 0.02, near, np.log(np.tan(b) / b))
            return target[i] - value, 1.0 / b - 2.0 / np.sin(2.0 * b)

        start = np.minimum(np.sqrt(3.0) * m.sd / m.mean, 1.0)
        b, _, _ = newton_1d(equation, start, high=0.5 * np.pi)
        return {"shape": np.pi / b, "scale": m.mean * np.sin(b) / b}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z = self.shape * log_ratio(x, self.scale)
        return -log1pexp(-z), -log1pexp(z)

    @property
    def mean(self) -> Any:
        k = np.asarray(self.shape)
        b = np.pi / k
        return np.where(k > 1, self.scale * (b / np.sin(b)), np.inf)[()]

    @property
    def var(self) -> Any:
        # b / sin(b) (1 / cos(b) - b / sin(b)), the difference taken over tan(b) - b, which falls as b^3.
        k = np.asarray(self.shape)
        b = np.pi / k
        near = b**3 * (1.0 / 3.0 + b * b * (2.0 / 15.0 + b * b * 17.0 / 315.0))
        gap = np.where(b < 0.02, near, np.tan(b) - b)
        finite = (self.scale / np.sin(b)) ** 2 * b * gap
        return np.where(k > 2, finite, np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.fisk(self.shape, scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scale * np.exp(rng.logistic(size=size) / self.shape)
