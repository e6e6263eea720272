"""Statistics that add.

A statistic is what a family needs to know of a sample. `s + t` is the statistic of both samples together, so
weights, frequency tables, chunks of a stream and distributed data all follow one code path. Every field is an
array whose leading axes are a batch: one statistic can summarise a thousand samples, or, as samples of size one,
a thousand observations.

Each class has `of(x, weights)`, which summarises the last axis of x, and `pool()`, which merges the last batch axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache, wraps
from typing import Any, ClassVar, Self

import numpy as np
import scipy

from .numerics import (
    LOG_2PI,
    blocks,
    deviance,
    every,
    jensen_gap,
    log1p_excess,
    log_ratio,
    mean_log,
    some,
    stirling_error,
)

__all__ = [
    "AboveLeast",
    "CountMoments",
    "Directions",
    "Extremes",
    "Frequencies",
    "LogMoments",
    "MeanSquare",
    "Means",
    "Moments",
    "MultivariateMoments",
    "ReciprocalMoments",
    "Sample",
    "ShareMoments",
    "Statistic",
    "beside",
    "heaviest",
    "order_statistics",
    "piecewise",
    "total",
]

Array = np.ndarray

# Counts below this are looked up rather than computed.
_TABLE_SIZE = 1024

# How many values of a long sample are worked on at once.
_PIECE = 2**13
# A sample that is sorted piece by piece rather than whole.
LONG = 2**16
# A gap this small can be the rounding of a mean: equal values are told from nearly equal ones with more care.
_ROUNDING_GAP = 1e-28


def _size(x: Array, weights: Array | None) -> Array:
    """Return the total weight of each sample, shaped as the batch."""
    if weights is not None:
        return weights.sum(axis=-1)
    n = np.float64(x.shape[-1])
    return n if x.ndim == 1 else np.full(x.shape[:-1], n)


def heaviest(x: Array, weights: Array | None = None) -> Array:
    """Return the value of largest weight in each sample, keeping its axis: one to measure the others from.

    >>> heaviest(np.array([9.0, 2.0, 3.0]), np.array([0.0, 1.0, 5.0]))
    array([3.])
    """
    if weights is None:
        return x[..., :1]
    return np.take_along_axis(x, np.argmax(weights, axis=-1)[..., None], axis=-1)


def _mean(x: Array, weights: Array | None) -> Array:
    """Return the mean over the last axis, about one of the values when weights could lose digits at a large offset."""
    if weights is None:
        return np.add.reduce(x, axis=-1) / x.shape[-1]
    pivot = heaviest(x, weights)
    total = weights.sum(axis=-1)
    return pivot[..., 0] + np.einsum("...i,...i->...", weights, x - pivot) / total


def _root_mean_square(d: Array, weights: Array | None) -> Array:
    """Return sqrt(mean(d^2)) over the last axis, safe where the squares overflow or underflow."""
    with np.errstate(over="ignore", under="ignore"):
        if weights is None:
            square = np.vecdot(d, d) / d.shape[-1]
        else:
            square = np.einsum("...i,...i,...i->...", weights, d, d) / weights.sum(axis=-1)
    if every((square > 1e-280) & (square < 1e300)):
        return np.sqrt(square)
    scale = np.abs(d).max(axis=-1, keepdims=True)
    unit = np.divide(d, scale, out=np.zeros_like(d), where=(scale > 0) & np.isfinite(scale))
    return scale[..., 0] * np.sqrt(_mean(unit * unit, weights))


@dataclass(frozen=True, eq=False)
class Statistic:
    """What a family needs to know of a sample; `n` is its size, the sum of the weights.

    >>> (Moments.of(np.array([1.0, 2.0])) + Moments.of(np.array([3.0]))).mean
    np.float64(2.0)
    """

    n: Array

    # How many trailing axes of each field are not batch axes.
    _trailing: ClassVar[dict[str, int]] = {}

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of samples: () for a single one."""
        return np.shape(self.n)

    @property
    def width(self) -> int:
        """How many numbers one evaluation of the log-likelihood reads for each sample."""
        return 1

    def _arrays(self) -> dict[str, Array]:
        return vars(self)

    def __getitem__(self, index: Any) -> Self:
        """Select samples by the batch's leading axes."""
        return type(self)(**{name: value[index] for name, value in self._arrays().items()})

    def __add__(self, other: Self) -> Self:
        """Return the statistic of both samples together."""
        if type(other) is not type(self):
            return NotImplemented
        return total([self, other])

    def __radd__(self, other: Any) -> Self:
        """Let `sum` start from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def lifted(self) -> Self:
        """Add a last batch axis of length one."""
        return type(self)(
            **{
                name: np.expand_dims(value, -1 - self._trailing.get(name, 0))
                for name, value in self._arrays().items()
            }
        )

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """Lay batches side by side along the last batch axis."""
        columns = {}
        for f in fields(cls):
            trailing = cls._trailing.get(f.name, 0)
            values = [getattr(part, f.name) for part in parts]
            columns[f.name] = np.concatenate(values, axis=-1 - trailing)
        return cls(**columns)

    def pool(self) -> Self:
        """Merge the samples along the last batch axis into one."""
        raise TypeError(f"{type(self).__name__} does not say how its samples merge")

    def isfinite(self) -> bool:
        """Say whether every number in the statistic is finite."""
        return all(every(np.isfinite(value)) for value in self._arrays().values())

    def repeated(self, batch: tuple[int, ...]) -> Self:
        """Return views of one sample as a batch of equal ones."""
        columns = {}
        for name, value in self._arrays().items():
            own = np.shape(value)[np.ndim(value) - self._trailing.get(name, 0) :]
            columns[name] = np.broadcast_to(value, batch + own)
        return type(self)(**columns)

    def close_to(self, other: Self, tolerance: float = 1e-9) -> bool:
        """Say whether two statistics agree up to rounding, relative to the largest number in each field."""
        return all(
            np.shape(a) == np.shape(b)
            and np.allclose(a, b, rtol=tolerance, atol=tolerance * np.max(np.abs(a), initial=0.0))
            for a, b in zip(self._arrays().values(), other._arrays().values(), strict=True)
        )


@dataclass(frozen=True, eq=False)
class Means(Statistic):
    """The size of a sample and the means of a few functions of its values; `means` has them on its last axis.

    >>> Means.of(np.array([1.0, 3.0])).means
    array([2.])
    """

    means: Array
    _trailing: ClassVar[dict[str, int]] = {"means": 1}

    @classmethod
    def of(cls, *columns: Array, weights: Array | None = None) -> Self:
        """Take the mean of each column over its last axis."""
        return cls(
            _size(columns[0], weights), np.stack([_mean(c, weights) for c in columns], axis=-1)
        )

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        return type(self)(n, _weighted(self.means, self.n[..., None], axis=-2))


def _weighted(values: Array, weights: Array, axis: int = -1) -> Array:
    """Return the weighted mean along an axis, about one of the values so that a large offset costs no digits."""
    pivot = np.take(values, [0], axis=axis)
    share = weights / weights.sum(axis=axis, keepdims=True)
    return np.squeeze(pivot, axis=axis) + (share * (values - pivot)).sum(axis=axis)


@dataclass(frozen=True, eq=False)
class Moments(Statistic):
    """Size, mean and standard deviation (dividing by n): all that a Normal needs.

    The standard deviation rather than the variance is kept, because it neither overflows at 1e300 nor underflows
    at 1e-300. Merging is Chan, Golub and LeVeque's (1983).

    >>> Moments.of(np.array([1.0, 3.0])).sd
    np.float64(1.0)
    """

    mean: Array
    sd: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x."""
        mean = _mean(x, weights)
        if x.shape[-1] == 1:
            return cls(_size(x, weights), mean, np.zeros_like(mean))
        d = x - np.asarray(mean)[..., None]
        sd = _root_mean_square(d, weights)
        if not some(abs(mean) * 1e-12 > sd):
            return cls(_size(x, weights), mean, sd)
        # The rounded mean is off by a few units in its last place, which shows where the spread is that small;
        # the mean of the deviations says by how much.
        shift = _mean(d, weights)
        correction = np.divide(shift, sd, out=np.zeros_like(sd), where=sd > 0)
        sd = sd * np.sqrt(np.maximum(1.0 - correction * correction, 0.0))
        return cls(_size(x, weights), mean + shift, sd)

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        mean = _weighted(self.mean, self.n)
        d = self.mean - np.asarray(mean)[..., None]
        share = self.n / np.asarray(n)[..., None]
        return type(self)(n, mean, _root_mean_square(np.hypot(self.sd, d), share))


@dataclass(frozen=True, eq=False)
class LogMoments(Statistic):
    """Size, mean, and the gap log(mean) - mean(log) >= 0 of positive values: all that a Gamma needs.

    The gap is kept instead of the mean logarithm because their difference is what the likelihood equation contains,
    and it cancels when the data are nearly constant.

    >>> LogMoments.of(np.array([1.0, 1.0])).gap
    np.float64(0.0)
    """

    mean: Array
    gap: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; x > 0."""
        mean = _mean(x, weights)
        if x.shape[-1] == 1:
            return cls(_size(x, weights), mean, np.zeros_like(mean))
        gap = jensen_gap(x, weights, mean)
        if some(gap < _ROUNDING_GAP):
            # Equal values must have a gap of exactly 0, though their sum divided by n may differ from them.
            pivot = heaviest(x, weights)
            mean = pivot[..., 0] + _mean(x - pivot, weights)
            gap = jensen_gap(x, weights, mean)
        return cls(_size(x, weights), mean, gap)

    @classmethod
    def of_reciprocals(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise 1/x; where x is nearly constant from x itself, as rounding 1/x would cost the last digits."""
        t = cls.of(1.0 / x, weights)
        if x.shape[-1] == 1 or not some(t.gap < 1e-3):
            return t
        pivot = heaviest(x, weights)
        d = (pivot - x) / x  # how far 1/x lies from 1/pivot, in parts of it
        shift = _mean(d, weights)
        gap = np.maximum(_mean(log1p_excess(d), weights) - log1p_excess(shift), 0.0)
        close = t.gap < 1e-3
        mean = np.where(close, (1.0 + shift) / pivot[..., 0], t.mean)[()]
        return cls(t.n, mean, np.where(close, gap, t.gap)[()])

    @property
    def mean_log(self) -> Array:
        """The mean logarithm."""
        return np.log(self.mean) - self.gap

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        share = self.n / np.asarray(n)[..., None]
        # The gap of the whole is the mean gap of the parts plus the gap between their means.
        mean = _weighted(self.mean, self.n)
        return type(self)(
            n, mean, (share * self.gap).sum(axis=-1) + jensen_gap(self.mean, self.n, mean)
        )


@dataclass(frozen=True, eq=False)
class ReciprocalMoments(Statistic):
    """Size, mean, mean logarithm, and mean(x) mean(1/x) - 1 >= 0 of positive values: all that an inverse Gaussian needs.

    The last is kept instead of mean(1/x), because the likelihood equation contains it and their difference cancels
    when the data are nearly constant. It is the mean of (x - m)^2 / (m x), with m the mean.

    >>> float(ReciprocalMoments.of(np.array([1.0, 2.0])).gap)
    0.125
    """

    mean: Array
    mean_log: Array
    gap: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; x > 0."""
        # About one of the values, so that equal values have exactly their own mean and no gap.
        pivot = heaviest(x, weights)
        mean = pivot[..., 0] + _mean(x - pivot, weights)
        return cls(_size(x, weights), mean, mean_log(x, weights), _reciprocal_gap(x, mean, weights))

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        mean = _weighted(self.mean, self.n)
        within = _weighted(self.gap * (np.asarray(mean)[..., None] / self.mean), self.n)
        between = _reciprocal_gap(self.mean, mean, self.n)
        return type(self)(n, mean, _weighted(self.mean_log, self.n), within + between)


def _reciprocal_gap(x: Array, mean: Array, weights: Array | None) -> Array:
    """Return mean(x) mean(1/x) - 1."""
    m = np.asarray(mean)[..., None]
    return _mean(((x - m) / m) * ((x - m) / x), weights)


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

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; x >= 0."""
        zero = x == 0
        logarithms = mean_log(np.where(zero, 1.0, x), weights)
        return cls(
            _size(x, weights), _root_mean_square(x, weights), logarithms, _mean(1.0 * zero, weights)
        )

    def pool(self) -> Self:
        share = self.n / np.asarray(self.n.sum(axis=-1))[..., None]
        rms = _root_mean_square(self.rms, share)
        means = (_weighted(column, self.n) for column in (self.mean_log, self.zeros))
        return type(self)(self.n.sum(axis=-1), rms, *means)


@dataclass(frozen=True, eq=False)
class AboveLeast(Statistic):
    """Size, smallest value, and the mean of log(x / smallest) >= 0 of positive values: all that a Pareto needs.

    >>> float(AboveLeast.of(np.array([1.0, np.e**2])).gap)
    1.0
    """

    low: Array
    gap: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x, x > 0; a value of weight zero is no observation."""
        observed = x if weights is None else np.where(weights > 0, x, np.inf)
        low = observed.min(axis=-1)
        gap = mean_log(x, weights) - np.log(low)
        if some(gap < 1e-2 * np.maximum(np.abs(np.log(low)), 1.0)):
            # The difference of the logarithms has lost its digits: take the logarithms of the ratios.
            gap = _mean(log_ratio(x, np.asarray(low)[..., None]), weights)
        return cls(_size(x, weights), low, gap)

    def pool(self) -> Self:
        low = self.low.min(axis=-1)
        gap = _weighted(self.gap + log_ratio(self.low, np.asarray(low)[..., None]), self.n)
        return type(self)(self.n.sum(axis=-1), low, gap)


@dataclass(frozen=True, eq=False)
class ShareMoments(Statistic):
    """Size, and mean and Jensen gap of both x and 1 - x, for values between 0 and 1: all that a Beta needs.

    `rest` is the mean of 1 - x, `gap` is log(mean(x)) - mean(log(x)) and `rest_gap` the same of 1 - x. As for a Gamma
    the gaps are what the likelihood equations contain, and they cancel when the data are nearly constant.

    >>> round(float(np.exp(ShareMoments.of(np.array([0.2, 0.8])).gap)), 12)
    1.25
    """

    mean: Array
    rest: Array
    gap: Array
    rest_gap: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; 0 < x < 1."""
        # About one of the values, so that equal values have exactly their own mean and no gap.
        mean = _mean(x, weights)
        gaps = _share_gaps(x, mean, 1.0 - mean, weights)
        rest = 1.0 - mean
        if some(gaps[1] < 1e-3) or np.any(rest < 1e-3):
            pivot = heaviest(x, weights)
            first, change = pivot[..., 0], _mean(x - pivot, weights)
            mean, rest = first + change, (1.0 - first) - change
            gaps = _share_gaps(x, mean, rest, weights)
        return cls(_size(x, weights), mean, rest, *gaps)

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        mean, rest = _weighted(self.mean, self.n), _weighted(self.rest, self.n)
        between = _share_gaps(self.mean, mean, rest, self.n)
        gaps = (
            _weighted(g, self.n) + b
            for g, b in zip((self.gap, self.rest_gap), between, strict=True)
        )
        return type(self)(n, mean, rest, *gaps)


def _share_gaps(x: Array, mean: Array, rest: Array, weights: Array | None) -> tuple[Array, Array]:
    """Return the Jensen gaps of x and of 1 - x, which is never formed where it would round."""
    m = np.asarray(mean)[..., None]
    if x.shape[-1] == 1:
        return np.zeros_like(mean), np.zeros_like(mean)
    gaps = []
    for size, share, sign in ((mean, x, 1.0), (rest, 1.0 - x, -1.0)):
        gap = np.log(size) - mean_log(share, weights)
        if some(gap < 1e-3):
            d = sign * (x - m) / np.asarray(size)[..., None]
            excess = log1p_excess(np.maximum(d, -0.9999))
            exact = np.maximum(_mean(excess, weights) - log1p_excess(_mean(d, weights)), 0.0)
            gap = np.where(gap < 1e-3, exact, gap)[()]
        gaps.append(gap)
    return tuple(gaps)


@dataclass(frozen=True, eq=False)
class Directions(Statistic):
    """Size, mean direction, and how far the mean resultant length falls short of 1: all that a von Mises needs.

    `direction` and the angles are in radians; `deficit` = 1 - R is the mean of 2 sin^2((x - direction)/2), which keeps
    its digits when all angles nearly agree.

    >>> float(Directions.of(np.array([0.0, np.pi / 2])).direction * 4 / np.pi)
    1.0
    """

    direction: Array
    deficit: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x, in radians."""
        if x.shape[-1] == 1:
            return cls(_size(x, weights), x[..., 0], np.zeros_like(x[..., 0]))
        return cls(_size(x, weights), *_resultant(x, np.zeros_like(x), weights))

    def pool(self) -> Self:
        return type(self)(self.n.sum(axis=-1), *_resultant(self.direction, self.deficit, self.n))


def _resultant(x: Array, deficit: Array, weights: Array | None) -> tuple[Array, Array]:
    """Return the direction and the deficit of the mean of vectors of length 1 - deficit at the angles x."""
    pivot = heaviest(x, weights)
    turn, length = x - pivot, 1.0 - deficit
    sine, cosine = _mean(length * np.sin(turn), weights), _mean(length * np.cos(turn), weights)
    direction = pivot[..., 0] + np.arctan2(sine, cosine)
    short = 1.0 - np.hypot(sine, cosine)
    if some(short < 1e-3):
        half = 0.5 * (x - np.asarray(direction)[..., None])
        short = _mean(deficit + length * 2.0 * np.sin(half) ** 2, weights)
    return direction, short


@dataclass(frozen=True, eq=False)
class CountMoments(Statistic):
    """Size and mean of counts, and what is left of their Poisson log-likelihood when the rate is the mean.

    A count k has log-probability `saturated(k) - deviance(k, rate)`, where saturated(k) is the log-probability at
    its own rate. Summed over a sample the deviance is n times deviance(mean, rate) plus a part that no rate
    changes, `excess`. So the log-likelihood keeps its digits at counts of 1e15 (Loader 2000).

    >>> CountMoments.of(np.array([0.0, 2.0])).mean
    np.float64(1.0)
    """

    mean: Array
    saturated: Array
    excess: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x, whole numbers >= 0."""
        mean = _mean(x, weights)
        if x.max() < _TABLE_SIZE:
            # Small counts take both terms from a table; the differences below keep 12 digits at this size.
            saturated, k_log_k = (
                _mean(table[x.astype(np.intp)], weights) for table in _count_tables()
            )
            return cls(
                _size(x, weights),
                mean,
                saturated,
                np.maximum(k_log_k - scipy.special.xlogy(mean, mean), 0.0),
            )
        terms = deviance(x, np.asarray(mean)[..., None])
        if weights is not None:
            # A count of weight zero may be impossible at the mean of the others; it is no observation.
            terms = np.where(weights > 0, terms, 0.0)
        return cls(
            _size(x, weights), mean, _mean(saturated_poisson(x), weights), _mean(terms, weights)
        )

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        mean = _weighted(self.mean, self.n)
        excess = _weighted(self.excess + deviance(self.mean, np.asarray(mean)[..., None]), self.n)
        return type(self)(n, mean, _weighted(self.saturated, self.n), excess)


@cache
def _count_tables() -> tuple[Array, Array]:
    """Return the saturated log-probability and k log k for small counts k."""
    k = np.arange(_TABLE_SIZE, dtype=float)
    return saturated_poisson(k), scipy.special.xlogy(k, k)


def saturated_poisson(k: Array) -> Array:
    """Return the log-probability of the count k under a Poisson whose rate is k: 0 at k = 0.

    >>> float(saturated_poisson(np.array(1.0)))
    -1.0
    """
    positive = np.where(k > 0, k, 1.0)
    return np.where(k > 0, -stirling_error(positive) - 0.5 * (LOG_2PI + np.log(positive)), 0.0)


@dataclass(frozen=True, eq=False)
class Frequencies(Statistic):
    """Size, and the share of each class 0, 1, ..., K-1; a class may be empty, and K grows as parts are merged.

    >>> Frequencies.of(np.array([0.0, 2.0])).shares
    array([0.5, 0. , 0.5])
    """

    shares: Array
    _trailing: ClassVar[dict[str, int]] = {"shares": 1}

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Count the classes along the last axis of x, whole numbers >= 0."""
        classes = int(x.max()) + 1
        rows = x.reshape(-1, x.shape[-1]).astype(np.int64)
        flat = (rows + classes * np.arange(len(rows))[:, None]).ravel()
        w = None if weights is None else np.broadcast_to(weights, x.shape).ravel()
        counts = np.bincount(flat, w, minlength=len(rows) * classes).reshape(
            (*x.shape[:-1], classes)
        )
        n = counts.sum(axis=-1).astype(float)
        return cls(n, counts / n[..., None])

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.shares.shape[-1]

    def with_classes(self, classes: int) -> Self:
        """Add empty classes at the end."""
        extra = classes - self.classes
        return type(self)(
            self.n,
            np.concatenate([self.shares, np.zeros((*self.shares.shape[:-1], extra))], axis=-1),
        )

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        classes = max(part.classes for part in parts)
        parts = [part.with_classes(classes) for part in parts]
        return cls(
            np.concatenate([part.n for part in parts], axis=-1),
            np.concatenate([part.shares for part in parts], axis=-2),
        )

    def pool(self) -> Self:
        return type(self)(self.n.sum(axis=-1), _weighted(self.shares, self.n[..., None], axis=-2))


@dataclass(frozen=True, eq=False)
class Extremes(Statistic):
    """Size, smallest and largest value: all that a Uniform needs.

    >>> Extremes.of(np.array([3.0, 1.0, 2.0])).low
    np.float64(1.0)
    """

    low: Array
    high: Array

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; a value of weight zero is no observation."""
        if weights is None:
            return cls(_size(x, None), x.min(axis=-1), x.max(axis=-1))
        seen = weights > 0
        return cls(
            _size(x, weights),
            np.where(seen, x, np.inf).min(axis=-1),
            np.where(seen, x, -np.inf).max(axis=-1),
        )

    def pool(self) -> Self:
        return type(self)(self.n.sum(axis=-1), self.low.min(axis=-1), self.high.max(axis=-1))


@dataclass(frozen=True, eq=False)
class Sample(Statistic):
    """The sample itself, for families that no small statistic serves; `values` and `weights` end in the sample's axis.

    >>> (Sample.of(np.array([1.0])) + Sample.of(np.array([2.0]))).values
    array([1., 2.])
    """

    values: Array
    weights: Array
    _trailing: ClassVar[dict[str, int]] = {"values": 1, "weights": 1}

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Hold the last axis of x."""
        # A view of a single 1 stands for equal weights: no memory.
        w = np.broadcast_to(1.0, x.shape) if weights is None else np.broadcast_to(weights, x.shape)
        return cls(_size(x, weights), x, w)

    @property
    def width(self) -> int:
        return self.values.shape[-1]

    @property
    def weighted(self) -> bool:
        """Whether the values have weights of their own, rather than a view of a single 1."""
        return any(self.weights.strides)

    def __getitem__(self, index: Any) -> Self:
        if self.weighted:
            return super().__getitem__(index)
        values = self.values[index]
        return type(self)(self.n[index], values, np.broadcast_to(1.0, values.shape))

    def _replaced(self, values: Array) -> Sample:
        """Return other values with the same weights."""
        weights = self.weights if self.weighted else np.broadcast_to(1.0, values.shape)
        return Sample(self.n, values, weights)

    def isfinite(self) -> bool:
        # Weights are checked when they are given.
        return every(np.isfinite(self.n)) and bool(np.isfinite(self.values).all())

    def sum(self, terms: Array) -> Array:
        """Add up one term for each value, weighted."""
        if not self.weighted:
            return terms.sum(axis=-1)
        return (self.weights * terms).sum(axis=-1)

    def pieces(self) -> Iterator[Self]:
        """Cut long samples into parts that stay in the cache; a sum over the whole is the sum over its pieces."""
        size = 2 * _PIECE * self.width // max(1, self.values.size)
        # A batch of many samples would be cut across its rows, which costs more than it saves.
        if size < 1024 or self.width <= 2 * size:
            yield self
            return
        for part in blocks(self.width, size):
            weights = self.weights[..., part] if self.weighted else None
            yield Sample.of(self.values[..., part], weights)

    def thinned(self, count: int) -> Sample:
        """Return at least so many values, evenly spaced along each sample; all, where they are less than twice as many."""
        step = max(1, self.width // count)
        weights = self.weights[..., ::step] if self.weighted else None
        return self if step == 1 else Sample.of(self.values[..., ::step], weights)

    def dot(self, first: Array, second: Array) -> Array:
        """Add up the product of two terms for each value, weighted, without holding the products."""
        if not self.weighted:
            return np.einsum("...i,...i->...", first, second)
        return np.einsum("...i,...i,...i->...", self.weights, first, second)

    def mean(self, terms: Array) -> Array:
        """Average one term for each value, weighted."""
        return self.sum(terms) / self.n

    def median(self, terms: Array) -> Array:
        """Return the weighted median of one term for each value: halfway between the lower and the upper one."""
        if not self.weighted:
            last = terms.shape[-1] - 1
            lower, upper = order_statistics(terms, last // 2, (last + 1) // 2)
            return 0.5 * lower + 0.5 * upper
        order = np.argsort(terms, axis=-1)
        ordered = np.take_along_axis(terms, order, axis=-1)
        weights = np.broadcast_to(self.weights, terms.shape)
        below = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
        half = 0.5 * below[..., -1:]
        first = np.argmax(below >= half, axis=-1)[..., None]
        last = np.argmax(below > half, axis=-1)[..., None]
        lower, upper = (np.take_along_axis(ordered, k, axis=-1)[..., 0] for k in (first, last))
        return 0.5 * lower + 0.5 * upper

    def extremes(self) -> tuple[Array, Array]:
        """Return the smallest and the largest value; a value of weight zero is no observation."""
        e = Extremes.of(self.values, self.weights if self.weighted else None)
        return e.low, e.high

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        # Samples of different sizes cannot lie side by side; end to end they are one sample already.
        pooled = [part.pool() for part in parts]
        return cls(
            sum(part.n for part in pooled)[..., None],
            np.concatenate([part.values for part in pooled], axis=-1)[..., None, :],
            np.concatenate([part.weights for part in pooled], axis=-1)[..., None, :],
        )

    def pool(self) -> Self:
        flat = (*self.values.shape[:-2], -1)
        return type(self)(
            self.n.sum(axis=-1), self.values.reshape(flat), self.weights.reshape(flat)
        )

    def compressed(self) -> Self:
        """Return an equal sample that holds each distinct value once, with its total weight."""
        whole = _small_counts(self.values)
        if whole is None:
            values, where = np.unique(self.values, return_inverse=True)
        else:
            seen = np.bincount(whole.ravel())
            bins = np.flatnonzero(seen)
            values = bins.astype(float)
            if not self.batch_shape and not self.weighted and bins.size < self.width:
                return type(self)(self.n, values, seen[bins].astype(float))
            where = (np.cumsum(seen > 0) - 1)[whole]
        if values.size >= self.width:
            return self
        rows = self.weights.reshape(-1, self.width)
        where = (
            where.reshape(-1, self.width)
            if where.size == rows.size
            else np.broadcast_to(where.ravel(), rows.shape)
        )
        flat = (where + values.size * np.arange(len(rows))[:, None]).ravel()
        counts = np.bincount(flat, rows.ravel(), minlength=len(rows) * values.size)
        counts = counts.reshape((*self.weights.shape[:-1], values.size))
        return type(self)(self.n, np.broadcast_to(values, counts.shape), counts)


def piecewise(formula: Callable) -> Callable:
    """Sum a formula of the sample, or a tuple of them, over the pieces of a long one.

    So no evaluation holds copies of all the data, and what it holds stays in the cache. The formula's other argument
    comes first.

    >>> count = piecewise(lambda self, t: t.n)
    >>> float(count(None, Sample.of(np.zeros(100_000))))
    100000.0
    """

    @wraps(formula)
    def summed(self: Any, t: Sample) -> Any:
        parts = [formula(self, part) for part in t.pieces()]
        if len(parts) == 1:
            return parts[0]
        if isinstance(parts[0], tuple):
            return tuple(sum(column) for column in zip(*parts, strict=True))
        return sum(parts)

    return summed


def order_statistics(x: Array, *ranks: int) -> list[Array]:
    """Return the values of some ranks, 0 for the smallest, along the last axis, without a copy of a long sample.

    A part of the sample says between which two values a rank must lie; the few in between are sorted. Source: Floyd
    and Rivest (1975).

    >>> order_statistics(np.array([5.0, 1.0, 3.0]), 0, 1)
    [np.float64(1.0), np.float64(3.0)]
    """
    if x.ndim > 1 or x.size < LONG:
        ordered = np.sort(x, axis=-1)
        return [ordered[..., rank][()] for rank in ranks]
    part = np.sort(x[:: x.size // _PIECE])
    found: dict[int, Array] = {}
    for rank in ranks:
        if rank not in found:
            found |= _between(x, part, rank, ranks)
        if (
            rank not in found
        ):  # the part misled, as it can when the order of the values has a period
            found[rank] = np.partition(x, rank)[rank]
    return [found[rank] for rank in ranks]


def _between(x: Array, part: Array, rank: int, ranks: tuple[int, ...]) -> dict[int, Array]:
    """Return the values of those ranks that lie near one, by the sorted part within six standard errors."""
    place, margin = rank / x.size * part.size, 3.0 * np.sqrt(part.size)
    low = part[int(place - margin)] if place >= margin else -np.inf
    high = part[int(place + margin)] if place + margin < part.size else np.inf
    below, kept = 0, []
    for piece in blocks(x.size, 2 * _PIECE):
        values = x[piece]
        below += np.count_nonzero(values < low)
        kept.append(np.compress((values >= low) & (values <= high), values))
    near = np.sort(np.concatenate(kept))
    return {r: near[r - below] for r in ranks if 0 <= r - below < near.size}


def _small_counts(values: Array) -> Array | None:
    """Return the values as integers when they are counts not much larger than their number, else None.

    Such counts are their own bins: several times faster than sorting, in a fifth of the memory.

    >>> _small_counts(np.array([5.0, 2.0])), _small_counts(np.array([0.5]))
    (array([5, 2]), None)
    """
    if values.min() < 0 or not values.max() < max(1000, values.size):
        return None
    whole = values.astype(np.intp)
    return whole if np.array_equal(whole, values) else None


@dataclass(frozen=True, eq=False)
class MultivariateMoments(Statistic):
    """Size, mean vector and covariance matrix (dividing by n) of rows.

    >>> MultivariateMoments.of(np.array([[0.0, 0.0], [2.0, 0.0]])).mean
    array([1., 0.])
    """

    mean: Array
    cov: Array
    _trailing: ClassVar[dict[str, int]] = {"mean": 1, "cov": 2}

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise rows: x has shape (..., n, d), weights (..., n)."""
        share = (
            np.full(x.shape[:-1], 1.0 / x.shape[-2])
            if weights is None
            else weights / weights.sum(-1, keepdims=True)
        )
        pivot = x[..., :1, :]
        mean = pivot[..., 0, :] + np.einsum("...i,...ij->...j", share, x - pivot)
        d = x - mean[..., None, :]
        n = (
            np.full(x.shape[:-2], float(x.shape[-2]))[()]
            if weights is None
            else weights.sum(axis=-1)
        )
        return cls(n, mean, np.einsum("...i,...ij,...ik->...jk", share, d, d))

    def pool(self) -> Self:
        n = self.n.sum(axis=-1)
        mean = _weighted(self.mean, self.n[..., None], axis=-2)
        d = self.mean - mean[..., None, :]
        share = self.n / np.asarray(n)[..., None]
        cov = np.einsum("...i,...ijk->...jk", share, self.cov + d[..., :, None] * d[..., None, :])
        return type(self)(n, mean, cov)


def total(parts: Iterable[Statistic]) -> Statistic:
    """Return the statistic of all parts together, merged at once.

    >>> total([Moments.of(np.array([1.0])), Moments.of(np.array([3.0]))]).mean
    np.float64(2.0)
    """
    parts = [part.lifted() for part in parts]
    return type(parts[0]).join(parts).pool()


def beside(parts: list[Any]) -> Any:
    """Lay batches of statistics one after the other along their first axis, unmerged.

    >>> beside([Moments.of(np.array([[1.0, 3.0]])), Moments.of(np.array([[2.0], [4.0]]))]).mean
    array([2., 2., 4.])
    """
    if len(parts) == 1:
        return parts[0]
    columns = [part._arrays() for part in parts]
    return type(parts[0])(
        **{name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    )
