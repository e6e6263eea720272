"""Slopes of functions that give no formula for them, by differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["five_point_slopes"]

Array = np.ndarray


def five_point_slopes(function: Callable[[Array], Array], theta: Array, unit: Array) -> Array:
    """Return the slope of a function in each entry of theta, per `unit` of that entry, on a new last axis.

    Steps of a thousandth of the unit, Richardson's way: (4 D(h) - D(2h)) / 3 with D the central difference, so the
    error is of order h^4. In units, such as standard errors, no slope leaves the range of doubles.

    Parameters
    ----------
    function : of an array shaped as theta; its value begins with the shape of the batch.
    theta : where, shape (batch, p).
    unit : shape (batch, p).

    Source: Abramowitz and Stegun 25.3.6.

    >>> x = np.array([3.0])
    >>> five_point_slopes(lambda x: x[..., 0] ** 2, x, np.array([2.0])).round(9)
    array([12.])
    """
    slopes = []
    for k in range(theta.shape[-1]):
        moved = [theta.copy() for _ in range(4)]
        for point, times in zip(moved, (-2e-3, -1e-3, 1e-3, 2e-3), strict=True):
            point[..., k] += times * unit[..., k]
        far_left, left, right, far_right = map(function, moved)
        # The step that is taken, not the one that was meant: theta + h may round.
        extra = (...,) + (None,) * (np.ndim(left) - theta.ndim + 1)
        with np.errstate(all="ignore"):
            near = ((moved[2] - moved[1])[..., k] / unit[..., k])[extra]
            wide = ((moved[3] - moved[0])[..., k] / unit[..., k])[extra]
            slopes.append((4.0 * (right - left) / near - (far_right - far_left) / wide) / 3.0)
    return np.stack(slopes, axis=-1)
