"""The Dirichlet family: shares of a whole, such as the parts of a budget or of a rock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import require_finite
from ..domains import Parameter, PositiveVector, Support, parameter
from ..errors import DataError, SupportError
from ..family import Array, Family, Refusal, Solution
from ..numerics import (
    LOG_2PI,
    digamma_gap,
    log_ratio,
    product_gap,
    shape_deviance,
    stirling_error,
    trigamma,
    trigamma_excess,
)
from ..statistics import MultivariateMoments, RowLogMoments

# By how much the shares of a row may miss 1: the rounding of whoever divided them.
_ROUNDING = 1e-8


class _Compositions(Support):
    """Rows of positive shares of 1; each coordinate of a row with another sum is outside."""

    def contains(self, x: Array) -> Array:
        with np.errstate(invalid="ignore"):
            whole = np.abs(x.sum(axis=-1, keepdims=True) - 1.0) <= _ROUNDING
        return np.isfinite(x) & (x > 0) & (x < 1) & whole

    def holds(self, x: Array, always: bool = True) -> bool:
        return bool(self.contains(x).all())


@dataclass(frozen=True, eq=False, repr=False)
class Dirichlet(Family):
    """Dirichlet(alpha): f(x) = Gamma(A) prod_k x_k^(alpha_k - 1) / Gamma(alpha_k), A = sum of alpha, x on the simplex.

    Data are rows of K shares, of shape (n, K), positive and with the sum 1. Mean alpha / A, variances
    m (1 - m) / (A + 1). The free scalars are alpha1 .. alphaK; K = 2 is the Beta(alpha1, alpha2) of the first share.
    Source: Kotz, Balakrishnan and Johnson (2000), ch. 49; Minka (2000) for the fit.

    >>> Dirichlet(alpha=[1.0, 1.0, 1.0]).pdf([0.2, 0.3, 0.5]).round(12)
    np.float64(2.0)
    """

    alpha: Parameter = parameter(PositiveVector())
    support = _Compositions(
        low=0.0,
        high=1.0,
        open_low=True,
        open_high=True,
        text="rows of positive shares that sum to 1",
    )
    event_ndim = 1

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str]:
        return np.asarray(np.shape(params["alpha"])[-1] > 1), "two numbers in alpha or more"

    @classmethod
    def _dimension_of(cls, t: RowLogMoments) -> int:
        return t.mean.shape[-1]

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> RowLogMoments:
        return RowLogMoments.of(x, w)

    def _inside(self, x: Array) -> Array:
        size = self._dimension()
        if x.ndim == 0 or x.shape[-1] != size:
            raise DataError(f"the last axis of x must hold the {size} shares, got shape {x.shape}")
        return self.support.contains(x).all(axis=-1)

    def _harmless(self, x: Array) -> Any:
        return 1.0 / self._dimension()

    @classmethod
    def _refuse(cls, x: Array) -> None:
        require_finite(x, "x")
        if x.shape[-1] < 2:
            raise DataError("rows of one share are all 1: a Dirichlet needs two columns or more")
        said = f"{cls.__name__} needs {cls.support.text}"
        bad = ~(x > 0)
        if bad.any():
            first = tuple(int(i) for i in np.argwhere(bad)[0])
            raise SupportError(
                f"{said}; x[{', '.join(map(str, first))}] = {x[first]:g} is not positive ({int(bad.sum())} of {x.size} "
                "values are not). The density of a share of 0 is 0 or infinite: add columns together, or treat the rows "
                "with a zero apart"
            )
        total = x.sum(axis=-1)
        bad = ~(np.abs(total - 1.0) <= _ROUNDING)
        if bad.any():
            first = tuple(int(i) for i in np.argwhere(bad)[0])
            raise SupportError(
                f"{said}; the shares of row x[{', '.join(map(str, first))}] sum to {total[first]:.9g} ({int(bad.sum())} of "
                f"{bad.size} rows do not sum to 1). Divide each row by its sum, x / x.sum(axis=-1, keepdims=True)"
            )

    # -- the log-likelihood ------------------------------------------------------------------------

    def _whole(self) -> Array:
        """Return the sum of alpha, on an axis of its own."""
        return np.asarray(self.alpha).sum(axis=-1, keepdims=True)

    def _log_likelihood(self, t: RowLogMoments) -> Array:
        # As for the Beta: with m the means, Stirling's leading terms and the logarithms of m combine to the deviances of
        # alpha_k from A m_k, and alphas of 1e12 cost no digits.
        a, whole = np.asarray(self.alpha), self._whole()
        excess = product_gap(whole, t.mean, a)
        peak = 0.5 * np.log(a) - stirling_error(a) - shape_deviance(a, whole, t.mean, excess)
        sums = (peak + excess - (a - 1.0) * t.gap).sum(axis=-1)
        total = (stirling_error(whole) - 0.5 * np.log(whole))[..., 0]
        return t.n * (sums + total - 0.5 * (a.shape[-1] - 1.0) * LOG_2PI)

    def _slope(self, t: RowLogMoments) -> Array:
        a, whole = np.asarray(self.alpha), self._whole()
        means = log_ratio(whole * t.mean, a) - t.gap
        return np.asarray(t.n)[..., None] * (digamma_gap(a) - digamma_gap(whole) + means)

    def _curvature(self, t: RowLogMoments) -> Array:
        return -np.asarray(t.n)[..., None, None] * self._information()

    def _information(self) -> Array:
        # trigamma(alpha) - trigamma(A), with the difference of their leading terms taken on paper.
        a, whole = np.asarray(self.alpha), self._whole()
        size = a.shape[-1]
        matrix = np.broadcast_to(-trigamma(whole)[..., None], (*a.shape, size)).copy()
        own = (whole - a) / whole / a + (trigamma_excess(a) - trigamma_excess(whole))
        matrix[..., range(size), range(size)] = own
        return matrix

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: RowLogMoments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                (t.gap <= 0).all(axis=-1),
                "all rows are equal, so the likelihood rises without bound as alpha grows",
            )

    @classmethod
    def _mle(cls, t: RowLogMoments) -> Solution:
        alpha, converged, iterations = _solve(t)
        return Solution({"alpha": alpha}, iterations, converged)

    @classmethod
    def _start(cls, t: RowLogMoments) -> dict[str, Any]:
        # Equal rows have no alpha of their own, yet one when a part of it is given.
        whole = _rough_whole(t)
        return {"alpha": np.where(np.isfinite(whole), whole, 1.0) * t.mean}

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> MultivariateMoments:
        return MultivariateMoments.of(x, w)

    @classmethod
    def _moments(cls, m: MultivariateMoments) -> dict[str, Any]:
        # The sum of the variances is that of the m (1 - m), divided by A + 1.
        spread = np.trace(m.cov, axis1=-2, axis2=-1)
        whole = (m.mean * (1.0 - m.mean)).sum(axis=-1) / spread - 1.0
        return {"alpha": whole[..., None] * m.mean}

    # -- facts -------------------------------------------------------------------------------------

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        a, one = np.asarray(self.alpha), np.ones(self.batch_shape)
        return {name: (a[..., k], one) for k, name in enumerate(self.parameter_names)}

    @property
    def mean(self) -> Any:
        return self.alpha / self._whole()

    @property
    def var(self) -> Any:
        """The variance of each share."""
        share = np.asarray(self.mean)
        return share * (1.0 - share) / (self._whole() + 1.0)

    def cdf(self, x: Any) -> Any:
        """Raise: of several shares no point has the others below it."""
        raise TypeError(
            "Dirichlet has no distribution function; take that of a share, Beta(alpha_k, A - alpha_k)"
        )

    def ppf(self, q: Any) -> Any:
        """Raise: of several shares no point has a given part of the probability below it."""
        raise TypeError(
            "Dirichlet has no quantile function; take that of a share, Beta(alpha_k, A - alpha_k)"
        )

    def scipy(self) -> Any:
        """Return the same distribution as a frozen `scipy.stats` object, which wants shares along the first axis."""
        from scipy import stats

        if self.batch_shape:
            raise DataError("SciPy has no batches of Dirichlets; take one member at a time")
        return stats.dirichlet(self.alpha)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        # Shares of Gammas. Of a small shape these are often no doubles: their logarithms are, by one shape more.
        a = np.asarray(self.alpha)
        shape = (*size, a.shape[-1])
        log = np.log(rng.standard_gamma(a + 1.0, shape)) - rng.standard_exponential(shape) / a
        share = np.exp(log - log.max(axis=-1, keepdims=True))
        return share / share.sum(axis=-1, keepdims=True)


def _solve(t: RowLogMoments) -> tuple[Array, Array, Array]:
    """Return (alpha, converged, iterations) of the equations digamma(A) - digamma(alpha_k) + log m_k = gap_k.

    The steps are Newton's, whose Hessian is diagonal plus rank one (Minka 2000), written for log A and the shares
    p = alpha / A: differences of nearly equal terms are taken on paper, and p is kept as e = p - m, so that its distance
    from the means, tiny where alpha is large, keeps its digits.
    """
    m, g = t.mean, t.gap
    one = RowLogMoments(np.float64(1.0), m, g)
    whole, e = _rough_whole(t), np.zeros_like(m)
    iterations = np.zeros(m.shape[:-1], dtype=int)
    converged = np.zeros(m.shape[:-1], dtype=bool)
    for _ in range(100):
        p = m + e
        a = whole * p
        f = digamma_gap(a) - digamma_gap(whole) - np.log1p(e / m) - g
        bend = a * trigamma_excess(a)
        change = bend - whole * trigamma_excess(whole)
        weight = p / (1.0 + bend)
        by_whole = (weight * f).sum(axis=-1) / (weight * change).sum(axis=-1)
        step = (f - change * by_whole[..., None]) / (1.0 + bend)
        longest = np.maximum(np.abs(by_whole), np.abs(step).max(axis=-1))
        size = np.where(converged, 0.0, _halved(one, a, step + by_whole[..., None], longest))
        grown = np.expm1(size[..., None] * step)
        total = (p * grown).sum(axis=-1, keepdims=True)
        e = e + p * (grown - total) / (1.0 + total)
        whole = whole * np.exp(size * by_whole)[..., None]
        iterations += ~converged
        converged = converged | (longest <= 1e-9)  # Newton squares the error
        if np.all(converged):
            break
    return whole * (m + e), converged[()], iterations[()]


def _rough_whole(t: RowLogMoments) -> Array:
    """Return a rough A, on an axis of its own: a gap is about half the variance over the square of the mean."""
    return 0.5 * (t.mean.shape[-1] - 1.0) / (t.mean * t.gap).sum(axis=-1, keepdims=True)


def _halved(one: RowLogMoments, a: Array, step: Array, longest: Array) -> Array:
    """Return how much of a step in log(alpha) to take, so that the likelihood rises."""
    size = np.minimum(1.0, 2.0 / longest)
    if np.all(longest < 0.1):
        return size  # a short step is sure to rise, and differences would be lost in rounding
    height = Dirichlet._unchecked(alpha=a)._log_likelihood(one)
    for _ in range(50):
        moved = Dirichlet._unchecked(alpha=a * np.exp(size[..., None] * step))
        low = ~(moved._log_likelihood(one) >= height) & (longest >= 0.1)
        if not np.any(low):
            break
        size = np.where(low, 0.5 * size, size)
    return size
