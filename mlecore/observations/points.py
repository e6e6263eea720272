"""Values that were seen exactly: numbers in the shape of samples, and their weights."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from ..arrays import insist_same_index, numeric, require_weights
from ..errors import DataError

__all__ = ["points"]

Array = np.ndarray


def points(x: Any, weights: Any, axis: int | None, event: int = 0) -> tuple[Array, Array | None]:
    """Return the data with observations on the last axis (before the event's axes), and weights shaped alike.

    `event` is the number of axes of one observation: 0 for numbers, 1 for vectors.

    Raises
    ------
    DataError : no numbers, empty data, wrong dimensions, an axis that is none, impossible weights.

    >>> points([1.0, 2.0], [3, 0], None)
    (array([1., 2.]), array([3., 0.]))
    """
    if weights is not None:
        insist_same_index("weights", weights, "x", x)
    given, x = x, numeric(x, "x")
    if axis is None and x.ndim != 1 + event:
        what = "one-dimensional" if not event else "two-dimensional, one row an observation"
        raise DataError(f"x must be {what}, got shape {x.shape}{_other_shape(given, x, event)}")
    if axis is not None:
        if (
            not isinstance(axis, numbers.Integral)
            or not -x.ndim <= axis < x.ndim
            or (event and axis % x.ndim == x.ndim - 1)
        ):
            raise DataError(
                f"axis {axis} is not an axis of observations of x, which has shape {x.shape}"
            )
        axis = int(axis) % x.ndim
    if x.size == 0:
        raise DataError(f"x is empty (shape {x.shape}): there is nothing to fit")
    w = None if weights is None else _weights_of(weights, x.shape[: x.ndim - event], axis)
    if axis is not None:
        x = np.moveaxis(x, axis, -1 - event)
        w = None if w is None else np.moveaxis(w, axis, -1)
    return x, w


def _weights_of(weights: Any, shape: tuple[int, ...], axis: int | None) -> Array:
    """Return the weights in the shape of the observations."""
    w = numeric(weights, "weights")
    if axis is not None and w.ndim == 1 and len(shape) > 1:
        if w.shape[0] != shape[axis]:
            raise DataError(
                f"weights have length {w.shape[0]}, but the samples have {shape[axis]} observations"
            )
        w = w.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    if w.shape != shape:
        try:
            w = np.broadcast_to(w, shape) if axis is not None else None
        except ValueError:
            w = None
        if w is None:
            raise DataError(
                f"weights must have the shape of the observations {shape}, got {np.shape(weights)}"
            )
    require_weights(w, -1 if axis is None else axis)
    return w


def _other_shape(given: Any, x: Array, event: int) -> str:
    """Say what to do about data of the wrong shape."""
    if x.ndim <= 1 + event:
        return ""
    columns = getattr(given, "columns", None)
    if x.ndim == 2 and x.shape[1] == 1 and not event:
        name = "" if columns is None else f": {columns[0]!r}"
        column = "x.ravel()" if columns is None else f"df[{columns[0]!r}]"
        return f", which is one column{name}; give {column}"
    if columns is not None:
        return (
            f", a table with the columns {', '.join(map(str, columns[:6]))}{' ...' * (len(columns) > 6)}; give one of "
            f"them, as in df[{columns[0]!r}], or fit all at once with axis=0"
        )
    return "; for a batch of samples give the axis of the observations, e.g. axis=1"
