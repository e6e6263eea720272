"""The statistics of whole numbers: counts of events, and classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np
import scipy

from ..numerics import LOG_2PI, deviance, stirling_error
from .averages import mean_of, size_of
from .pieces import by_rows, tally
from .statistic import Statistic

__all__ = ["CountMoments", "Frequencies", "saturated_poisson"]

Array = np.ndarray

# Counts below this are looked up rather than computed.
_TABLE_SIZE = 1024


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
    _ends: ClassVar[dict[str, tuple[float, float]]] = {
        "saturated": (-np.inf, 0.0),
        "excess": (0.0, np.inf),
    }
    _among: ClassVar[tuple[str, ...]] = ("mean",)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x, whole numbers >= 0."""
        mean = mean_of(x, weights)
        if x.max() < _TABLE_SIZE:
            # Small counts take both terms from a table; the differences below keep 12 digits at this size.
            saturated, k_log_k = by_rows(_looked_up, x, weights)
            excess = np.maximum(k_log_k - scipy.special.xlogy(mean, mean), 0.0)
            return cls(size_of(x, weights), mean, saturated, excess)
        terms = deviance(x, np.asarray(mean)[..., None])
        if weights is not None:
            # A count of weight zero may be impossible at the mean of the others; it is no observation.
            terms = np.where(weights > 0, terms, 0.0)
        saturated = mean_of(saturated_poisson(x), weights)
        return cls(size_of(x, weights), mean, saturated, mean_of(terms, weights))

    def _pooled(self) -> tuple[Array, ...]:
        mean = self._average(self.mean)
        excess = self._average(self.excess + deviance(self.mean, np.asarray(mean)[..., None]))
        return mean, self._average(self.saturated), excess


def _looked_up(k: Array, weights: Array | None) -> tuple[Array, ...]:
    """Return the means of saturated log-probabilities and of k log k for small counts k."""
    place = k.astype(np.intp)
    return tuple([mean_of(table[place], weights) for table in _count_tables()])


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
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"shares": (0.0, 1.0)}

    def fault(self, support: Any) -> str | None:
        if np.any(np.abs(np.sum(self.shares, axis=-1) - 1.0) > 1e-9):
            return "shares do not add up to 1"
        return super().fault(support)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Count the classes along the last axis of x, whole numbers >= 0."""
        classes = int(x.max()) + 1
        w = None if weights is None else np.broadcast_to(weights, x.shape)
        counts = tally(x, w, classes)
        n = counts.sum(axis=-1)
        return cls(n, counts / n[..., None])

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.shares.shape[-1]

    def with_classes(self, classes: int) -> Self:
        """Add empty classes at the end."""
        extra = classes - self.classes
        empty = np.zeros((*self.shares.shape[:-1], extra))
        return type(self)(self.n, np.concatenate([self.shares, empty], axis=-1))

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        classes = max(part.classes for part in parts)
        return super().join([part.with_classes(classes) for part in parts])

    def _pooled(self) -> tuple[Array, ...]:
        return (self._average(self.shares),)
