"""Means over the last axis that keep their digits: about one of the values, at any scale."""

from __future__ import annotations

import numpy as np

from ..numerics import every
from ..products import dot

__all__ = ["heaviest", "mean_of", "root_mean_square", "size_of", "weighted_mean"]

Array = np.ndarray


def size_of(x: Array, weights: Array | None) -> Array:
    """Return the total weight of each sample, shaped as the batch.

    >>> float(size_of(np.zeros(3), None))
    3.0
    """
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


def mean_of(x: Array, weights: Array | None) -> Array:
    """Return the mean over the last axis, about one of the values when weights could lose digits at a large offset.

    >>> float(mean_of(np.array([1.0, 3.0]), np.array([3.0, 1.0])))
    1.5
    """
    if weights is None:
        return np.add.reduce(x, axis=-1) / x.shape[-1]
    pivot = heaviest(x, weights)
    return pivot[..., 0] + np.einsum("...i,...i->...", weights, x - pivot) / weights.sum(axis=-1)


def weighted_mean(values: Array, weights: Array, axis: int = -1) -> Array:
    """Return the weighted mean along an axis, about one of the values so that a large offset costs no digits.

    >>> weighted_mean(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[3.0], [1.0]]), axis=0)
    array([1.5, 2.5])
    """
    pivot = np.take(values, [0], axis=axis)
    share = weights / weights.sum(axis=axis, keepdims=True)
    return np.squeeze(pivot, axis=axis) + (share * (values - pivot)).sum(axis=axis)


def root_mean_square(d: Array, weights: Array | None) -> Array:
    """Return sqrt(mean(d^2)) over the last axis, safe where the squares overflow or underflow.

    >>> float(root_mean_square(np.array([1e200, 7e200]), None) / 1e200)
    5.0
    """
    with np.errstate(over="ignore", under="ignore"):
        if weights is None:
            square = dot(d, d) / d.shape[-1]
        else:
            square = np.einsum("...i,...i,...i->...", weights, d, d) / weights.sum(axis=-1)
    if every((square > 1e-280) & (square < 1e300)):
        return np.sqrt(square)
    scale = np.abs(d).max(axis=-1, keepdims=True)
    unit = np.divide(d, scale, out=np.zeros_like(d), where=(scale > 0) & np.isfinite(scale))
    return scale[..., 0] * np.sqrt(mean_of(unit * unit, weights))
