"""The rows of a regression, checked and kept as their own statistic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import numeric, require_weights
from ..errors import DataError
from ..statistics import Statistic

__all__ = ["Observations"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Observations(Statistic):
    """The rows of a regression, which are their own statistic.

    X has shape (n, p), y (n,), weights (n,) or None; `names` are the columns' and `classes` those of
    y; `center` is where the columns lie, roughly.

    >>> from mlecore import LogisticRegression
    >>> LogisticRegression.statistics(([[0.0], [1.0]], [0, 1])).names
    ('x1',)
    """

    X: Array
    y: Array
    weights: Array | None
    names: tuple[str, ...]
    intercept: bool
    center: Array
    classes: Array | None = None

    @classmethod
    def of(
        cls,
        X: Array,
        y: Array,
        weights: ArrayLike | None,
        names: tuple[str, ...],
        *,
        intercept: bool,
        center: Array,
        classes: Array | None,
    ) -> Self:
        """Check y and the weights against the rows of X, which is kept as it is; of the others copies."""
        if y.ndim != 1 or len(y) != len(X):
            raise DataError(
                f"y must be one-dimensional, one value for each of the {len(X)} rows of X; got shape {y.shape}"
            )
        w = None if weights is None else _weights(weights, y.shape)
        if w is not None and not w.all():  # a row of weight zero is no observation
            X, y, w = X[w > 0], y[w > 0], w[w > 0]
            center = X.mean(axis=0)
            if classes is not None:
                seen = np.unique(y)
                y, classes = np.searchsorted(seen, y), classes[seen]
        n = float(len(y)) if w is None else float(w.sum())
        # The caller's arrays may change, a fit may not.
        y, w = y.copy(), None if w is None else w.copy()
        return cls(n, X, y, w, names, intercept, center, classes)

    @property
    def width(self) -> int:
        return self.y.size

    @property
    def coefficients(self) -> tuple[str, ...]:
        """The names of one predictor's coefficients."""
        return ("intercept",) * self.intercept + self.names

    def isfinite(self) -> bool:
        return True

    def sum(self, terms: Array) -> Array:
        """Add up one term for each row, weighted."""
        return self.weighted(terms).sum(axis=-1)

    def weighted(self, values: Array, part: slice = slice(None)) -> Array:
        """Multiply values at some rows, which lie on the last axis, by the weights of these rows."""
        return values if self.weights is None else values * self.weights[part]

    def take(self, rows: Any) -> Self:
        """Return some of the rows."""
        w = None if self.weights is None else self.weights[rows]
        n = float(self.y[rows].size) if w is None else w.sum()
        return replace(self, n=n, X=self.X[rows], y=self.y[rows], weights=w)

    def counts(self) -> Array:
        """Return how many observations each row stands for."""
        return np.ones(self.y.size) if self.weights is None else self.weights

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if self.coefficients != other.coefficients or not np.array_equal(
            self.classes, other.classes
        ):
            raise DataError("these rows have other columns or classes, and cannot be merged")
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate([self.counts(), other.counts()])
        return replace(
            self,
            n=self.n + other.n,
            X=np.concatenate([self.X, other.X]),
            y=np.concatenate([self.y, other.y]),
            center=(self.center * self.width + other.center * other.width)
            / (self.width + other.width),
            weights=weights,
        )


def _weights(weights: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return frequency weights as floats, or say what is wrong with them."""
    w = numeric(weights, "weights")
    if w.shape != shape:
        raise DataError(f"weights must have shape {shape}, one for each row of X; got {w.shape}")
    require_weights(w)
    return w
