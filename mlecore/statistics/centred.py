"""What statistics with a mean share: they add up about it, and keep what rounding takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from .statistic import Statistic

__all__ = ["Centred"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Centred(Statistic):
    """A statistic with a mean, and `left`, what rounding took from it: sums of thousands drift by no unit in the last place.

    Source of the remainder: Knuth (1997), section 4.2.2.

    >>> from mlecore.statistics import Moments
    >>> t = sum(Moments.of(np.array([x])) for x in (2.0**53, 2.0, 1.0))
    >>> t.mean + 0.0, t.left != 0
    (np.float64(3002399751580332.0), np.True_)
    """

    mean: Array

    @property
    def left(self) -> Array:
        """What is to be added to the mean, less than its last digit."""
        return vars(self).get("_left", 0.0 * np.asarray(self.mean))

    def _leaving(self, left: Array) -> Self:
        object.__setattr__(self, "_left", np.where(np.isfinite(left), left, 0.0)[()])
        return self

    def lifted(self) -> Self:
        return super().lifted()._leaving(np.expand_dims(self.left, self._axis))

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        left = np.concatenate([part.left for part in parts], axis=parts[0]._axis)
        return super().join(parts)._leaving(left)

    @property
    def _axis(self) -> int:
        """The last batch axis of the mean."""
        return -1 - self._trailing.get("mean", 0)

    def pool(self) -> Self:
        n = self.n[(...,) + (None,) * self._trailing.get("mean", 0)]
        first = np.take(self.mean, [0], axis=self._axis)
        d = (self.mean - first) + self.left
        shift = (n / n.sum(axis=self._axis, keepdims=True) * d).sum(axis=self._axis, keepdims=True)
        mean = first + shift
        added = mean - first
        left = (first - (mean - added)) + (shift - added)
        mean, left = (np.squeeze(value, axis=self._axis)[()] for value in (mean, left))
        merged = type(self)(self.n.sum(axis=-1), mean, *self._around(mean, d - shift))
        return merged._leaving(left)

    def _around(self, mean: Array, d: Array) -> tuple[Array, ...]:
        """Return the other fields of the merged samples, whose means lie d from that of all."""
        raise NotImplementedError
