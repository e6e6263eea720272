"""The law of an autoregression: the likelihood of values in order, what follows them, and draws.

With a = (1, -phi1, .., -phip) and y = x - mu the exponent of the density is a sum of squares of numbers that are linear in a,
so a triangle of a QR decomposition holds all that the data say, whatever their number. Of a stationary start the first p values
add y' M y, where sigma^2 M^-1 is their covariance matrix: M = A A' - B B' with two triangles of coefficients (Gohberg and
Semencul), and log |M| = sum_j j log(1 - r_j^2) with the partial autocorrelations r_j. All of it is differentiated exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from ..families import Normal
from ..within import insist_held_alike, not_within
from .coefficients import is_stationary, log_det_terms, partial_autocorrelations, recursion, starts
from .lags import lagged_rows
from .sequence import Sequence, Terms
from .series import Series

__all__ = ["AutoRegressionLaw", "AutoRegressionSetting"]

Array = np.ndarray


class AutoRegressionSetting(NamedTuple):
    """How many of the last values pull, and what law the first ones have: "stationary", or "given"."""

    order: int
    start: str


class AutoRegressionLaw(Sequence):
    """What an autoregression says of values, whatever it was fitted to."""

    setting: AutoRegressionSetting

    def _terms(self, series: Series, order: int) -> Terms:
        rows, p = lagged_rows(series), self.setting.order
        mu, phi, sigma = self.theta[..., :1], self.theta[..., 1:-1], self.theta[..., -1]
        a = np.concatenate([np.ones_like(mu), -phi], axis=-1)
        shift = mu - rows.centre
        ones = a @ rows.H.T / sigma[..., None]
        g = a @ rows.G.T / sigma[..., None] - shift * ones
        n, square = series.n, (rows.sign * g * g).sum(axis=-1)
        stationary = self.setting.start == "stationary"
        pieces = len(series.lengths) if stationary else 0
        value = -0.5 * n * np.log(2.0 * np.pi) - n * np.log(sigma) - 0.5 * square
        if stationary:
            r = partial_autocorrelations(phi)
            value = value + 0.5 * pieces * (np.arange(1, p + 1) * np.log1p(-r * r)).sum(axis=-1)
        if order == 0:
            return (value,)
        # The columns of -dg/d(mu, phi): what a unit of each takes from g.
        J = (rows.G - shift[..., None] * rows.H)[..., 1:] / sigma[..., None, None]
        J = np.concatenate([ones[..., None], J], axis=-1)
        slope = np.einsum("m,...m,...mk->...k", rows.sign, g, J)
        of_sigma = (square - n) / sigma
        bend = np.einsum("m,...mi,...mj->...ij", rows.sign, -J, J)
        cross = np.einsum("m,...m,mk->...k", rows.sign, g, rows.H[:, 1:]) / sigma[..., None]
        bend[..., 0, 1:] -= cross
        bend[..., 1:, 0] -= cross
        side = -2.0 * slope / sigma[..., None]
        if stationary:
            first, second = log_det_terms(a)
            slope[..., 1:] -= 0.5 * pieces * first[..., 1:]
            bend[..., 1:, 1:] += 0.5 * pieces * second[..., 1:, 1:]
        slope = np.concatenate([slope, of_sigma[..., None]], axis=-1)
        if order == 1:
            return value, slope
        hessian = np.empty((*slope.shape, p + 2))
        hessian[..., :-1, :-1] = bend
        hessian[..., -1, :-1] = hessian[..., :-1, -1] = side
        hessian[..., -1, -1] = (n - 3.0 * square) / sigma**2
        return value, slope, hessian

    def _one_step(self, series: Series) -> Normal:
        mu, phi, sigma = self.theta[0], self.theta[1:-1], self.theta[-1]
        p, given = phi.size, series.given
        means, spreads = [], []
        for x in series.pieces():
            y = x - mu
            if not given:
                for t, (shorter, larger) in enumerate(starts(phi)):
                    means.append([shorter @ y[:t][::-1]])
                    spreads.append([larger])
            rest = np.lib.stride_tricks.sliding_window_view(y[max(given - p, 0) : -1], p)
            means.append(rest[:, ::-1] @ phi)
            spreads.append(np.ones(len(rest)))
        return Normal(mu=mu + np.concatenate(means), sigma=sigma * np.concatenate(spreads))

    def _ahead(self, series: Series, steps: int) -> Normal:
        mu, phi, sigma = self.theta[0], self.theta[1:-1], self.theta[-1]
        p, before = phi.size, series.last
        if len(before) < p:
            raise DataError(f"a prediction goes on from {p} values or more; got {len(before)}")
        mean = mu + recursion(phi, np.zeros(steps), before[-p:] - mu)
        impulse = np.zeros(steps)
        impulse[0] = 1.0
        weight = recursion(phi, impulse, np.zeros(p))
        return Normal(mu=mean, sigma=sigma * np.sqrt(np.cumsum(weight**2)))

    def _draw(self, rng: np.random.Generator, n: int, before: Array) -> Array:
        mu, phi, sigma = self.theta[0], self.theta[1:-1], self.theta[-1]
        p, noise = phi.size, sigma * rng.standard_normal(n)
        y = list(before[-p:] - mu)
        missing = min(p - len(y), n)
        if missing > 0:
            if not is_stationary(phi):
                raise DataError(
                    "the recursion is not stationary, so that its first values have no law: draw what follows some values"
                )
            for k, (shorter, larger) in enumerate(starts(phi)[len(y) : len(y) + missing]):
                y.append(shorter @ y[::-1] + larger * noise[k])
        drawn = np.array(y[len(y) - max(missing, 0) :]) if missing > 0 else np.zeros(0)
        if n > drawn.size:
            rest = recursion(phi, noise[drawn.size :], np.array(y[-p:]))
            drawn = np.concatenate([drawn, rest])
        return mu + drawn

    def lies_within(self, large: Any) -> str:
        """Say why a likelihood ratio of this model within another is no chi-square, "" where it is one; or refuse."""
        mine, other = self.setting, large.setting
        if type(large) is not type(self) or mine.start != other.start or mine.order > other.order:
            raise DataError(
                "the fits are not nested: an autoregression lies within one of a higher order and the same start"
            )
        return ""

    def contains_independent(self, small: Any, held: Mapping[str, Any]) -> str:
        """Accept a Normal sample, where all coefficients are 0; or refuse."""
        if small.family is not Normal:
            raise not_within(small.called, self.called, ", whose values without a pull are Normal")
        insist_held_alike(small, held)
        return ""
