"""What an optimiser was asked: a point, a rate, a number of steps, and what the functions given to it return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError

__all__ = [
    "Array",
    "Rate",
    "as_gradient",
    "as_number",
    "as_point",
    "as_rate",
    "as_whole",
    "brief",
    "frozen",
]

Array = np.ndarray
Rate = float | Callable[[int], float]


def as_point(name: str, x: ArrayLike) -> Array:
    try:
        point = np.array(x, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers, and is {x!r}") from error
    if point.size == 0 or not np.isfinite(point).all():
        raise DataError(f"{name} must be finite numbers, and is {point}")
    return point


def as_number(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1:
        raise DataError(f"f must return one number, and returned an array of shape {array.shape}")
    try:
        return float(array.reshape(()))
    except (TypeError, ValueError) as error:
        raise DataError(f"f must return one number, and returned {value!r}") from error


def as_gradient(value: Any, shape: tuple[int, ...], name: str) -> Array:
    value = np.asarray(value, dtype=float)
    axes, expected = ([n for n in s if n != 1] for s in (value.shape, shape))
    if value.size != int(np.prod(shape)) or (axes != expected and len(axes) > 1 < len(expected)):
        raise DataError(f"{name} returned shape {value.shape}, and x has shape {shape}")
    return value.ravel()


def as_rate(rate: Rate) -> Callable[[int], float]:
    """Return the learning rate as a function of the step; a schedule may end at zero."""
    if not callable(rate):
        if not _is_rate(rate) or rate == 0:
            raise DataError(f"learning_rate must be a positive number, and is {rate!r}")
        return lambda step: rate

    def checked(step: int) -> float:
        value = rate(step)
        if not _is_rate(value):
            raise DataError(
                f"learning_rate must be a positive number, and is {value!r} at step {step}"
            )
        return value

    return checked


def _is_rate(rate: Any) -> bool:
    number = np.asarray(rate)
    return number.ndim == 0 and number.dtype.kind in "biuf" and 0 <= number < np.inf


def as_whole(name: str, value: int, least: int = 0) -> int:
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or whole != value or whole < least:
        raise DataError(f"{name} must be a whole number of at least {least}, and is {value!r}")
    return whole


def frozen(values: ArrayLike) -> Array:
    array = np.array(values)
    array.flags.writeable = False
    return array


def brief(x: Array, most: int = 6) -> str:
    shown = ", ".join(f"{v:.4g}" for v in x[:most])
    return f"[{shown}{', ...' if len(x) > most else ''}]"
