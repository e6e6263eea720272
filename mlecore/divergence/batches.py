"""Functions of single distributions, applied to batches of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["each", "log_prob", "shape_of"]

Array = np.ndarray


def shape_of(*distributions: Any) -> tuple[int, ...]:
    """Return the shape of the batch that distributions make together.

    >>> from mlecore import Poisson
    >>> shape_of(Poisson(rate=[1.0, 2.0]), Poisson(rate=3.0))
    (2,)
    """
    return np.broadcast_shapes(*(getattr(p, "batch_shape", ()) for p in distributions))


def each(function: Callable[..., float], *distributions: Any) -> Any:
    """Apply a function of single distributions to a broadcast batch.

    >>> from mlecore import Poisson
    >>> each(lambda d: float(d.rate), Poisson(rate=[1.0, 2.0]))
    array([1., 2.])
    """
    shape = shape_of(*distributions)
    if not shape:
        return float(function(*distributions))
    values = np.empty(shape)
    for index in np.ndindex(shape):
        values[index] = function(*(_member(p, shape, index) for p in distributions))
    return values


def _member(p: Any, shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    """Return one distribution out of a batch of the given shape."""
    if not getattr(p, "batch_shape", ()):
        return p
    params = {}
    for name, domain in p.domains.items():
        value = np.asarray(getattr(p, name))
        event = value.shape[value.ndim - domain.event_ndim :]
        params[name] = np.broadcast_to(value, shape + event)[index]
    return type(p)(**params)


def log_prob(q: Any, x: Array) -> Array:
    """Return q.log_prob(x) as an array, without warnings.

    >>> from mlecore import Exponential
    >>> log_prob(Exponential(rate=1.0), np.array([-1.0, 2.0]))
    array([-inf,  -2.])
    """
    with np.errstate(all="ignore"):
        return np.asarray(q.log_prob(x), dtype=float)
