"""The statistic of rows of vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..products import blocks
from .averages import size_of
from .centred import Centred
from .pieces import PIECE

__all__ = ["MultivariateMoments"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class MultivariateMoments(Centred):
    """Size, mean vector and covariance matrix (dividing by n) of rows.

    >>> MultivariateMoments.of(np.array([[0.0, 0.0], [2.0, 0.0]])).mean
    array([1., 0.])
    """

    cov: Array
    _trailing: ClassVar[dict[str, int]] = {"mean": 1, "cov": 2}

    def fault(self, support: Any) -> str | None:
        cov, d = np.asarray(self.cov), np.shape(self.mean)[-1:]
        if cov.shape[-2:] != d + d:
            return f"cov has shape {cov.shape}, beside a mean of shape {np.shape(self.mean)}"
        said = super().fault(support)
        if said is not None:
            return said
        size = np.abs(cov).max()
        if np.abs(cov - np.swapaxes(cov, -1, -2)).max() > 1e-9 * size:
            return "cov is not symmetric"
        least = np.linalg.eigvalsh(cov).min()
        return "cov has a negative eigenvalue" if least < -1e-9 * size else None

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise rows: x has shape (..., n, d), weights (..., n)."""
        n = size_of(x[..., 0], weights)
        share = None if weights is None else (weights / n[..., None])[..., None]
        pivot = x[..., :1, :]
        shift = sum(_mean_of(d, p, n) for d, p in _few(x, share, pivot))
        mean = pivot + shift
        cov = sum(_square_of(d, p, n) for d, p in _few(x, share, mean))
        left = shift - (mean - pivot)
        cov = cov - np.swapaxes(left, -1, -2) @ left
        return cls(n, mean[..., 0, :], cov)._leaving(left[..., 0, :])

    def _around(self, mean: Array, d: Array) -> tuple[Array, ...]:
        square = self.cov + d[..., :, None] * d[..., None, :]
        return (np.einsum("...i,...ijk->...jk", self._share, square),)


def _few(x: Array, share: Array | None, center: Array) -> Iterator[tuple[Array, Array | None]]:
    """Yield the distances from a center and the shares, of so many rows at a time that they stay in the cache."""
    for part in blocks(x.shape[-2], max(256, 2 * PIECE // x.shape[-1])):
        yield x[..., part, :] - center, None if share is None else share[..., part, :]


def _mean_of(d: Array, share: Array | None, n: Array) -> Array:
    """Return what some rows add to the mean, as a row."""
    if share is None:
        return np.ones((1, d.shape[-2])) @ d / n[..., None, None]
    return np.swapaxes(share, -1, -2) @ d


def _square_of(d: Array, share: Array | None, n: Array) -> Array:
    """Return what some rows add to the covariance matrix."""
    across = np.swapaxes(d, -1, -2)
    if share is None:
        return across @ d / n[..., None, None]
    square = across @ (share * d)
    return 0.5 * (square + np.swapaxes(square, -1, -2))
