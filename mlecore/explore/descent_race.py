"""Chapter 6: four ways to climb race on the contours of one negative log-likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlecore.explore.checks import require, sample
from mlecore.explore.explorable import Explorable

__all__ = ["descent_race"]


def descent_race(x: ArrayLike, y: ArrayLike | None = None) -> Explorable:
    """Race gradient descent, stochastic gradient, Newton and Fisher scoring on the contours of one likelihood.

    With y it is a logistic regression, logit p_i = intercept + slope x_i, in raw or standardised
    coordinates. Without, it is a Gamma, in (log shape, log rate) or (log shape, log mean).
    The value shown is the mean negative log-likelihood above its minimum.

    Parameters
    ----------
    x : the covariate, shape (n,), or the positive sample of the Gamma; n from 5 to 500.
    y : zeros and ones, shape (n,), or None.

    Raises
    ------
    DataError : sizes differ, labels other than 0 and 1, a sample that is not positive, or data
        without a maximum: equal values, one class, or classes that x separates.

    Source: Fisher scoring, Fisher (1925), *Mathematical Proceedings of the Cambridge Philosophical Society* 22.

    >>> descent_race([53, 58, 70, 72, 75, 81], [1, 0, 1, 0, 1, 0])
    <explorable descent_race: four optimisers on a logistic regression of 6 rows>
    """
    x = sample("x", x, least=5, most=500)
    require(x.min() < x.max(), "all values of x are equal, so there is no maximum")
    if y is None:
        require(x.min() > 0, "x must be positive for a Gamma")
        what = f"a Gamma of {x.size} observations"
        values: dict[str, Any] = {"x": x.tolist()}
    else:
        y = sample("y", y, least=5, most=500)
        require(x.shape == y.shape, f"x has {x.size} values but y has {y.size}")
        require(np.all((y == 0) | (y == 1)), "y must hold zeros and ones")
        zeros, ones = x[y == 0], x[y == 1]
        require(zeros.size and ones.size, "y holds one class only, so there is no maximum")
        require(
            max(zeros.min(), ones.min()) < min(zeros.max(), ones.max()),
            "x separates the classes of y, so the slope has no maximum",
        )
        what = f"a logistic regression of {x.size} rows"
        values = {"x": x.tolist(), "y": y.tolist()}
    return Explorable(
        "descent_race",
        f"four optimisers on {what}",
        "You would see the contours of the log-likelihood with four paths from one start: gradient descent "
        "creeps along the valley, its stochastic version trembles, Newton and Fisher scoring arrive in a "
        "few steps; standardised coordinates make the contours rounder and the race fairer.",
        values,
    )
