"""Chapter 1: slide the rate of a Poisson over bars of counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlecore.explore.checks import require, sample
from mlecore.explore.explorable import Explorable

__all__ = ["poisson_rate"]


def poisson_rate(values: ArrayLike, frequencies: ArrayLike | None = None) -> Explorable:
    """Slide the rate of a Poisson over bars of counts and watch the log-likelihood answer.

    The log-likelihood is sum_v f_v (v log(rate) - rate - log v!), over the values v with frequencies f_v.

    Parameters
    ----------
    values : the counts, shape (n,), whole numbers from 0 to 60; or the distinct values of a table.
    frequencies : how often each value was seen, shape (n,); None counts the values themselves.

    Raises
    ------
    DataError : the counts are not whole numbers in that range, or the shapes differ.

    Source: the figure follows Rutherford and Geiger (1910), *Philosophical Magazine* 20.

    >>> poisson_rate([0, 1, 2], [109, 65, 22])
    <explorable poisson_rate: slide the rate over 196 counts>
    """
    values = sample("values", values)
    require(
        np.all((values == np.round(values)) & (values >= 0) & (values <= 60)),
        "values must be whole numbers from 0 to 60",
    )
    f = np.ones(values.size) if frequencies is None else sample("frequencies", frequencies)
    require(f.shape == values.shape, f"{values.size} values but {f.size} frequencies")
    require(np.all(f >= 0) and f.sum() > 0, "frequencies must be at least 0, and not all 0")
    bars = np.bincount(values.astype(int), weights=f)
    require(bars[1:].sum() > 0, "every count is 0, so the likelihood only rises towards rate 0")
    return Explorable(
        "poisson_rate",
        f"slide the rate over {bars.sum():g} counts",
        "You would see the observed counts as bars, the counts that a Poisson expects as points on them, "
        "and beside them the log-likelihood as a curve over the rate, with its top at the mean of the data.",
        {"frequencies": bars.tolist()},
    )
