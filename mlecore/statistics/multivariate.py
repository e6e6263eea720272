"""The statistic of rows of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from .averages import size_of
from .statistic import Statistic

__all__ = ["MultivariateMoments"]

Array = np.ndarray


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
        if weights is None:
            share = np.full(x.shape[:-1], 1.0 / x.shape[-2])
        else:
            share = weights / weights.sum(axis=-1, keepdims=True)
        pivot = x[..., :1, :]
        mean = pivot[..., 0, :] + np.einsum("...i,...ij->...j", share, x - pivot)
        d = x - mean[..., None, :]
        cov = np.einsum("...i,...ij,...ik->...jk", share, d, d)
        return cls(size_of(x[..., 0], weights), mean, cov)

    def _pooled(self) -> tuple[Array, ...]:
        mean = self._average(self.mean)
        d = self.mean - mean[..., None, :]
        square = self.cov + d[..., :, None] * d[..., None, :]
        return mean, np.einsum("...i,...ijk->...jk", self._share, square)
