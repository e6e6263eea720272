"""The sample as its own statistic, for families that no smaller one serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, Self

import numpy as np

from ..numerics import every
from ..products import blocks, dot
from .averages import size_of
from .moments import Moments
from .order import Extremes, order_statistics
from .pieces import PIECE, counted, tally
from .statistic import Statistic

__all__ = ["Sample", "piecewise"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Sample(Statistic):
    """The sample itself, for families that no small statistic serves; `values` and `weights` end in the sample's axis.

    >>> (Sample.of(np.array([1.0])) + Sample.of(np.array([2.0]))).values
    array([1., 2.])
    """

    values: Array
    weights: Array
    _trailing: ClassVar[dict[str, int]] = {"values": 1, "weights": 1}
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"weights": (0.0, np.inf)}

    def fault(self, support: Any) -> str | None:
        if np.shape(self.values) != np.shape(self.weights):
            return (
                f"values have shape {np.shape(self.values)}, and weights {np.shape(self.weights)}"
            )
        said = super().fault(support)
        if said is not None:
            return said
        if np.any(np.abs(self.weights.sum(axis=-1) - self.n) > 1e-9 * self.n):
            return "n is not the sum of the weights"
        outside = self.values[~support.contains(self.values)]
        return (
            f"a value is {outside[0]:g}, and must be one of {support.text}"
            if outside.size
            else None
        )

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Hold the last axis of x."""
        # A view of a single 1 stands for equal weights: no memory. It is told by its strides, which are all 0, as
        # those of other weights can be only by accident.
        w = np.broadcast_to(1.0 if weights is None else weights, x.shape)
        if weights is not None and not any(w.strides):
            w = w.copy()
        return cls(size_of(x, weights), x, w)

    @property
    def in_passes(self) -> bool:
        """Whether each sum over all values reads them from their source."""
        return False

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
        ones = np.broadcast_to(1.0, values.shape)
        return self._with_kept(type(self)(self.n[index], values, ones), index)

    def _replaced(self, values: Array) -> Sample:
        """Return other values with the same weights."""
        same = self.weighted or values.shape == self.weights.shape
        return Sample(self.n, values, self.weights if same else np.broadcast_to(1.0, values.shape))

    def as_rows(self) -> Sample:
        """Return a batch of any shape along one axis; a single sample as a batch of one."""
        rows = (-1, self.width)
        few = Sample(np.ravel(self.n), self.values.reshape(rows), self.weights.reshape(rows))
        few.once("_ends", lambda: tuple(np.ravel(end) for end in self.extremes()))
        return few

    def isfinite(self) -> bool:
        # Weights are checked when they are given. A sum shows what is not finite, and may be infinite where no value is.
        with np.errstate(all="ignore"):
            shown = np.isfinite(np.add.reduce(self.values, axis=None))
        return every(np.isfinite(self.n)) and bool(shown or np.isfinite(self.values).all())

    def sum(self, terms: Array) -> Array:
        """Add up one term for each value, weighted."""
        if not self.weighted:
            return terms.sum(axis=-1)
        # A value of weight zero is no observation, however impossible its term.
        return np.where(self.weights > 0, self.weights * terms, 0.0).sum(axis=-1)

    def pieces(self) -> Iterator[Self]:
        """Cut long samples into parts that stay in the cache; a sum over the whole is the sum over its pieces."""
        at_once = 16 * PIECE // self.values.itemsize
        size = at_once * self.width // max(1, self.values.size)
        # A batch of many samples would be cut across its rows, which costs more than it saves.
        if size < 1024 or self.width <= 2 * size:
            yield self
            return
        weighted = self.weighted
        for part in blocks(self.width, size):
            values, weights = self.values[..., part], self.weights[..., part]
            yield Sample(size_of(values, weights if weighted else None), values, weights)

    def thinned(self, count: int, weigh: bool = False) -> Sample:
        """Return at least so many values, from all along each sample; all, where they are less than twice as many.

        With `weigh` they have the weight of all.
        """
        step = self.width // count
        if step < 2:
            return self
        # One value of each run of `step`, at a place drawn for it (always the same): even spacing could fall in step
        # with the order of the data.
        runs = self.width // step
        places = step * np.arange(runs) + np.random.default_rng(0).integers(0, step, runs)
        weights = self.weights[..., places] if self.weighted else None
        if weigh:
            weights = np.ones((*self.n.shape, runs)) if weights is None else weights
            weights = weights * (self.n / weights.sum(axis=-1))[..., None]
        return Sample.of(self.values[..., places], weights)

    def dot(self, first: Array, second: Array) -> Array:
        """Add up the product of two terms for each value, weighted; without weights no product is held."""
        if not self.weighted:
            return dot(first, second)
        return self.sum(first * second)

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
        # Weights such as 0.1 add up to a half only up to rounding.
        half, error = 0.5 * below[..., -1:], 1e-12 * below[..., -1:]
        first = np.argmax(below >= half - error, axis=-1)[..., None]
        last = np.argmax(below > half + error, axis=-1)[..., None]
        lower, upper = (np.take_along_axis(ordered, k, axis=-1)[..., 0] for k in (first, last))
        return 0.5 * lower + 0.5 * upper

    def moments(self) -> Moments:
        """Return size, mean and standard deviation of the values."""
        return Moments.of(self.values, self.weights if self.weighted else None)

    def given(self) -> tuple[Any, Any]:
        """Return what a fit of another family to the same data takes: the values and their weights, or the source of both."""
        return self.values, self.weights if self.weighted else None

    def middle(self) -> Array:
        """Return the weighted median of the values."""
        return self.median(self.values)

    def extremes(self) -> tuple[Array, Array]:
        """Return the smallest and the largest value; a value of weight zero is no observation."""
        return self.once("_ends", self._ends_now)

    def _ends_now(self) -> tuple[Array, Array]:
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

    def _pooled(self) -> tuple[Array, ...]:
        flat = (*self.values.shape[:-2], -1)
        return self.values.reshape(flat), self.weights.reshape(flat)

    def compressed(self) -> Self:
        """Return an equal sample that holds each distinct value once, with its total weight."""
        if self.weighted and not self.batch_shape and (np.diff(self.values) > 0).all():
            return self
        if not self.batch_shape and not self.weighted:
            few = counted(self.values)
            if few is not None:
                return self if few[0].size >= self.width else type(self)(self.n, *few)
        labels, values = _small_counts(self.values), None
        if labels is None:
            values, labels = np.unique(self.values, return_inverse=True)
        seen = np.bincount(labels.ravel("K"))
        present = np.flatnonzero(seen)
        if present.size >= self.width:
            return self
        values = present.astype(float) if values is None else values
        if not self.batch_shape and not self.weighted:
            return type(self)(self.n, values, seen[present].astype(float))
        place = np.cumsum(seen > 0) - 1  # of each label among the distinct values
        weights = self.weights if self.weighted else None
        labels = np.broadcast_to(labels, self.weights.shape)
        counts = tally(labels, weights, values.size, place)
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
