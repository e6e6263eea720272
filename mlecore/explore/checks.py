"""What explorables ask of the data that they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlecore.errors import DataError

__all__ = ["require", "sample"]


def require(condition: Any, message: str) -> None:
    """Raise DataError with the message unless the condition holds.

    >>> require(2 > 1, "two is larger")
    """
    if not condition:
        raise DataError(message)


def sample(name: str, x: ArrayLike, least: int = 1, most: int = 100_000) -> np.ndarray:
    """Return x as a one-dimensional array of finite numbers.

    Parameters
    ----------
    name : what the caller calls x, for the message.
    x : the numbers, shape (n,).
    least, most : how small and how large n may be.

    Raises
    ------
    DataError : x is not such an array; the message says what was wrong and where.

    >>> sample("x", [3, 1])
    array([3., 1.])
    """
    try:
        array = np.asarray(x, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers, not {type(x).__name__}") from error
    require(array.ndim == 1, f"{name} must be one-dimensional, not of shape {array.shape}")
    require(
        least <= array.size <= most,
        f"{name} must hold {least} to {most} numbers to be drawn, not {array.size}",
    )
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise DataError(f"{name} has {bad.size} values that are not finite, the first at {bad[0]}")
    return array
