"""Chapter 9: move the data with their sum held, and see for which families the likelihood stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlecore.explore.checks import require, sample
from mlecore.explore.explorable import Explorable

__all__ = ["sufficient_statistic"]


def sufficient_statistic(x: ArrayLike) -> Explorable:
    """Move the data, their sum held or not, and see whether the log-likelihood moves.

    For a Poisson, or a Normal with known spread, its shape depends on the sum alone; for a Laplace or a
    Cauchy with known scale it does not. Spread and scales are 2.

    Parameters
    ----------
    x : the counts to start from, shape (n,), n from 3 to 10, whole numbers from 0 to 20.

    Raises
    ------
    DataError : x is not such a sample, or all its counts are 0.

    Source: Fisher (1922), *Philosophical Transactions A* 222, section 7.

    >>> sufficient_statistic([3, 1, 4, 6, 5])
    <explorable sufficient_statistic: drag 5 observations, their sum held>
    """
    x = sample("x", x, least=3, most=10)
    require(
        np.all((x >= 0) & (x <= 20) & (x == np.floor(x))), "x must be whole numbers from 0 to 20"
    )
    require(x.max() > 0, "all counts are 0, so the Poisson has no top inside its domain")
    return Explorable(
        "sufficient_statistic",
        f"drag {x.size} observations, their sum held",
        "You would see the observations as dots that can be dragged, and the log-likelihood beside them. "
        "With the sum held the curve of a Poisson or a Normal stays; that of a Laplace or a Cauchy moves.",
        {"x": x.tolist(), "most": float(max(10, np.ceil(1.5 * x.max())))},
    )
