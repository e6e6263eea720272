"""Quantities whose distribution knows no parameter: the equal-tailed limits that families make exact intervals of."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

__all__ = ["gamma_limits", "poisson_limits", "proportion_limits", "t_limit"]

Array = np.ndarray


def gamma_limits(shape: Any, tail: float) -> tuple[Any, Any]:
    """Return between which limits a Gamma(shape, 1) variable lies but for a probability `tail` on either side.

    >>> low, high = gamma_limits(1.0, 0.025)
    >>> bool(np.isclose(np.exp(-high), 0.025))
    True
    """
    return scipy.special.gammaincinv(shape, tail), scipy.special.gammainccinv(shape, tail)


def poisson_limits(total: Any, tail: float) -> tuple[Any, Any]:
    """Return the means of a Poisson count that make this one, or a larger or smaller one, as rare as `tail`.

    Source: Garwood (1936).

    >>> low, high = poisson_limits(0.0, 0.025)
    >>> float(low), round(float(high), 3)
    (0.0, 3.689)
    """
    total = np.round(total)
    low = scipy.special.gammaincinv(np.maximum(total, 1.0), tail)
    return np.where(total > 0, low, 0.0)[()], scipy.special.gammainccinv(total + 1.0, tail)


def proportion_limits(successes: Any, trials: Any, tail: float) -> tuple[Any, Any]:
    """Return the probabilities that make so many successes, or more or fewer, as rare as `tail`.

    Source: Clopper and Pearson (1934).

    >>> low, high = proportion_limits(0.0, 20.0, 0.025)
    >>> float(low), round(float(high), 4)
    (0.0, 0.1684)
    """
    k, n = np.broadcast_arrays(np.round(successes), np.round(trials))
    some, rest = np.maximum(k, 1.0), np.maximum(n - k, 1.0)
    low = np.where(k > 0, scipy.special.betaincinv(some, n - some + 1.0, tail), 0.0)
    high = np.where(k < n, scipy.special.betaincinv(n - rest + 1.0, rest, 1.0 - tail), 1.0)
    return low[()], high[()]


def t_limit(df: Any, tail: float) -> Any:
    """Return what Student's t exceeds with probability `tail` (Student 1908).

    >>> round(float(t_limit(4.0, 0.025)), 3)
    2.776
    """
    return -scipy.special.stdtrit(df, tail)
