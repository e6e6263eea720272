"""Statistics of positive values: means, and the small gaps between means of different kinds.

Where data are nearly constant the gap between, say, the logarithm of the mean and the mean of the logarithms is far
smaller than either. The likelihood equations contain the gap, so the gap is what is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..numerics import jensen_gap, log1p_excess, log_ratio, mean_log, ratio_excess, some
from .averages import heaviest, mean_of, root_mean_square, size_of
from .centred import Centred
from .statistic import Statistic

__all__ = ["AboveLeast", "LogMoments", "MeanSquare", "ReciprocalMoments", "RowLogMoments"]

Array = np.ndarray

# A gap below this, half the squared share of the spread in the mean, feels the rounding of the mean.
_NARROW_GAP = 1e-6


@dataclass(frozen=True, eq=False)
class LogMoments(Centred):
    """Size, mean, and the gap log(mean) - mean(log) >= 0 of positive values: all that a Gamma needs.

    The gap is kept instead of the mean logarithm because their difference is what the likelihood equation contains,
    and it cancels when the data are nearly constant.

    >>> LogMoments.of(np.array([1.0, 1.0])).gap
    np.float64(0.0)
    """

    gap: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"gap": (0.0, np.inf)}
    _among: ClassVar[tuple[str, ...]] = ("mean",)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; x > 0."""
        mean = mean_of(x, weights)
        if x.shape[-1] == 1:
            return cls(size_of(x, weights), mean, np.zeros_like(mean))
        gap = jensen_gap(x, weights, mean)
        if not some(gap < _NARROW_GAP):
            return cls(size_of(x, weights), mean, gap)
        # Equal values must have a gap of exactly 0, though their sum divided by n may differ from them.
        mean, left = _about_one(x, weights)
        return cls(size_of(x, weights), mean, jensen_gap(x, weights, mean))._leaving(left)

    @classmethod
    def of_reciprocals(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise 1/x; where x is nearly constant from x itself, as rounding 1/x would cost the last digits."""
        t = cls.of(1.0 / x, weights)
        if x.shape[-1] == 1 or not some(t.gap < 1e-3):
            return t
        pivot = heaviest(x, weights)
        d = (pivot - x) / x  # how far 1/x lies from 1/pivot, in parts of it
        shift = mean_of(d, weights)
        excess = ratio_excess(pivot, x, d)
        gap = np.maximum(mean_of(excess, weights) - log1p_excess(shift), 0.0)
        close = t.gap < 1e-3
        exact = (1.0 + np.asarray(shift, dtype=np.longdouble)) / pivot[..., 0]
        mean = np.where(close, exact, t.mean).astype(float)[()]
        left = np.where(close, exact - mean, 0.0).astype(float)
        return cls(t.n, mean, np.where(close, gap, t.gap)[()])._leaving(left)

    @property
    def mean_log(self) -> Array:
        """The mean logarithm."""
        return np.log(self.mean) - self.gap

    def _around(self, mean: Array, d: Array) -> tuple[Array, ...]:
        # The gap of the whole is the mean gap of the parts plus the gap between their means.
        within = (self._share * self.gap).sum(axis=-1)
        return (within + jensen_gap(self.mean, self.n, mean, d),)


@dataclass(frozen=True, eq=False)
class RowLogMoments(LogMoments):
    """The same of each coordinate of rows, which lie on the last axis of `mean` and `gap`: all that a Dirichlet needs.

    >>> RowLogMoments.of(np.array([[0.2, 0.8], [0.4, 0.6]])).mean.round(12)
    array([0.3, 0.7])
    """

    _trailing: ClassVar[dict[str, int]] = {"mean": 1, "gap": 1}

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise rows: x has shape (..., n, K), weights (..., n); x > 0."""
        columns = np.swapaxes(x, -1, -2)
        each = LogMoments.of(columns, _of_each(weights, columns))
        return cls(size_of(x[..., 0], weights), each.mean, each.gap)

    def _around(self, mean: Array, d: Array) -> tuple[Array, ...]:
        parts, d = np.swapaxes(self.mean, -1, -2), np.swapaxes(d, -1, -2)
        between = jensen_gap(parts, _of_each(self.n, parts), mean, d)
        return (self._average(self.gap) + between,)


def _about_one(x: Array, weights: Array | None) -> tuple[Array, Array]:
    """Return the mean, taken about one of the values, and what rounding took from it."""
    pivot = heaviest(x, weights)
    shift = mean_of(x - pivot, weights)
    mean = pivot[..., 0] + shift
    return mean, shift - (mean - pivot[..., 0])


def _of_each(weights: Array | None, columns: Array) -> Array | None:
    """Return the weights of rows as those of each coordinate."""
    return None if weights is None else np.broadcast_to(weights[..., None, :], columns.shape)


@dataclass(frozen=True, eq=False)
class ReciprocalMoments(Centred):
    """Size, mean, mean logarithm, and mean(x) mean(1/x) - 1 >= 0 of positive values: all that an inverse Gaussian needs.

    The last is kept instead of mean(1/x), because the likelihood equation contains it and their difference cancels
    when the data are nearly constant. It is the mean of (x - m)^2 / (m x), with m the mean.

    >>> float(ReciprocalMoments.of(np.array([1.0, 2.0])).gap)
    0.125
    """

    mean_log: Array
    gap: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"gap": (0.0, np.inf)}
    _among: ClassVar[tuple[str, ...]] = ("mean",)

    def fault(self, support: Any) -> str | None:
        said = super().fault(support)
        if said is None and np.any(self.mean_log > np.log(self.mean) + 1e-9):
            return "mean_log is above the logarithm of the mean"
        return said

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; x > 0."""
        # About one of the values, so that equal values have exactly their own mean and no gap.
        mean, left = _about_one(x, weights)
        return cls(
            size_of(x, weights),
            mean,
            mean_log(x, weights),
            _reciprocal_gap(x, mean, weights, x - np.asarray(mean)[..., None]),
        )._leaving(left)

    def _around(self, mean: Array, d: Array) -> tuple[Array, ...]:
        within = self._average(self.gap * (np.asarray(mean)[..., None] / self.mean))
        between = _reciprocal_gap(self.mean, mean, self.n, d)
        return self._average(self.mean_log), within + between


def _reciprocal_gap(x: Array, mean: Array, weights: Array | None, products: Array) -> Array:
    """Return mean(x) mean(1/x) - 1, from x - mean(x), whose place it takes."""
    m = np.asarray(mean)[..., None]
    # In place: ((x - m) / m) * ((x - m) / x) would hold up to four arrays as long as the data. How
    # many NumPy saves of them depends on the Python that it runs on.
    shares = products / x
    products /= m
    products *= shares
    del shares
    return mean_of(products, weights)


@dataclass(frozen=True, eq=False)
class MeanSquare(Statistic):
    """Size, root mean square and mean logarithm of values >= 0: all that a Rayleigh needs.

    `zeros` is the share of values that are zero; they count nothing in `mean_log`.

    >>> float(MeanSquare.of(np.array([1.0, 7.0])).rms)
    5.0
    """

    rms: Array
    mean_log: Array
    zeros: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"rms": (0.0, np.inf), "zeros": (0.0, 1.0)}

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; x >= 0."""
        n, rms = size_of(x, weights), root_mean_square(x, weights)
        if (least := x.min()) > 0:
            # No square exceeds the sum of all.
            bound = np.max(rms) * np.sqrt(x.shape[-1])
            return cls(n, rms, mean_log(x, weights, bound, least), 0.0 * n)
        zero = x == 0
        logarithms = mean_log(np.where(zero, 1.0, x), weights)
        return cls(n, rms, logarithms, mean_of(1.0 * zero, weights))

    def _pooled(self) -> tuple[Array, ...]:
        rms = root_mean_square(self.rms, self._share)
        return rms, self._average(self.mean_log), self._average(self.zeros)


@dataclass(frozen=True, eq=False)
class AboveLeast(Statistic):
    """Size, smallest value, and the mean of log(x / smallest) >= 0 of positive values: all that a Pareto needs.

    >>> float(AboveLeast.of(np.array([1.0, np.e**2])).gap)
    1.0
    """

    low: Array
    gap: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"gap": (0.0, np.inf)}
    _among: ClassVar[tuple[str, ...]] = ("low",)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x, x > 0; a value of weight zero is no observation."""
        observed = x if weights is None else np.where(weights > 0, x, np.inf)
        low = observed.min(axis=-1)
        gap = mean_log(x, weights) - np.log(low)
        if some(gap < 1e-2 * np.maximum(np.abs(np.log(low)), 1.0)):
            # The difference of the logarithms has lost its digits: take the logarithms of the ratios.
            gap = mean_of(log_ratio(x, np.asarray(low)[..., None]), weights)
        return cls(size_of(x, weights), low, gap)

    def _pooled(self) -> tuple[Array, ...]:
        low = self.low.min(axis=-1)
        return low, self._average(self.gap + log_ratio(self.low, np.asarray(low)[..., None]))
