"""Means, and mean with standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from ..numerics import every, some
from ..products import dot
from .averages import mean_of, root_mean_square, size_of
from .centred import Centred
from .statistic import Statistic

__all__ = ["Means", "Moments"]

Array = np.ndarray

# Samples of as many values are worth a look before they are read twice.
_LONG = 1024
# A spread that is a smaller part of the mean feels its rounding.
_FAR = 1e-3


@dataclass(frozen=True, eq=False)
class Means(Statistic):
    """The size of a sample and the means of a few functions of its values; `means` has them on its last axis.

    >>> Means.of(np.array([1.0, 3.0])).means
    array([2.])
    """

    means: Array  # of functions that are never negative
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"means": (0.0, np.inf)}
    _trailing: ClassVar[dict[str, int]] = {"means": 1}

    @classmethod
    def of(cls, *columns: Array, weights: Array | None = None) -> Self:
        """Take the mean of each column over its last axis."""
        means = [mean_of(c, weights)[..., None] for c in columns]
        return cls(
            size_of(columns[0], weights),
            means[0] if len(means) == 1 else np.concatenate(means, axis=-1),
        )

    def _pooled(self) -> tuple[Array, ...]:
        return (self._average(self.means),)


@dataclass(frozen=True, eq=False)
class Moments(Centred):
    """Size, mean and standard deviation (dividing by n): all that a Normal needs.

    The standard deviation rather than the variance is kept, because it neither overflows at 1e300 nor underflows
    at 1e-300. Merging is Chan, Golub and LeVeque's (1983).

    >>> Moments.of(np.array([1.0, 3.0])).sd
    np.float64(1.0)
    """

    sd: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"sd": (0.0, np.inf)}
    _among: ClassVar[tuple[str, ...]] = ("mean",)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x."""
        mean = mean_of(x, weights)
        if x.shape[-1] == 1:
            return cls(size_of(x, weights), mean, np.zeros_like(mean))
        if weights is None and x.shape[-1] >= _LONG:
            # Without the deviations, an array as long as the data, while the mean is less than twice the spread:
            # the difference of the squares then keeps its digits.
            with np.errstate(all="ignore"):
                square, of_mean = dot(x, x) / x.shape[-1], mean * mean
                plain = (square < 1e300) & (square > 1e-280) & (of_mean < 0.8 * square)
            if every(plain):
                return cls(size_of(x, weights), mean, np.sqrt(square - of_mean))
        d = x - (mean if x.ndim == 1 else mean[..., None])
        sd = root_mean_square(d, weights)
        if not some(abs(mean) * _FAR > sd):
            return cls(size_of(x, weights), mean, sd)
        # The rounded mean is off by a few units in its last place, which shows where the spread is that small, most of
        # all between the chunks of a source; the mean of the deviations says by how much.
        shift = mean_of(d, weights)
        correction = np.divide(shift, sd, out=np.zeros_like(sd), where=sd > 0)
        sd = sd * np.sqrt(np.maximum(1.0 - correction * correction, 0.0))
        t = cls(size_of(x, weights), mean + shift, sd)
        return t._leaving(shift - (t.mean - mean))

    def _around(self, mean: Array, d: Array) -> tuple[Array, ...]:
        return (root_mean_square(np.hypot(self.sd, d), self._share),)
