"""Does a family fit at all? Tests that refit it to samples of the fitted member.

A statistic of distance between data and fit has no table that serves every family: fitted parameters bring the fit
nearer to the data than the truth is. So its law is simulated: samples from the fitted distribution are fitted in their
turn, all in a few batches, and the p-value is the share of them that lie at least as far from their own fit.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import inference
from ..errors import DataError, RegularityError
from ..products import blocks
from ..residuals import Rows, rows_of
from .cells import Bins, Cells
from .distances import Distances
from .refitted import Array

__all__ = ["Goodness", "goodness"]

_NAMES = {
    "ks": "Kolmogorov-Smirnov test: D",
    "cvm": "Cramér-von Mises test: W²",
    "ad": "Anderson-Darling test: A²",
    "chi2": "Pearson's test: X²",
}
# How many values are drawn at once: their distribution functions stay in the cache.
_VALUES_AT_ONCE = 2**17


@dataclass(frozen=True, repr=False)
class Goodness:
    """What a test of fit says: the statistic, its p-value by refitting, and the Monte Carlo error of that.

    Attributes
    ----------
    statistic : how far the data lie from the fit.
    p_value : (1 + number of replicates at least as far from their own fit) / (replicates + 1). It is no probability
        of the family.
    error : the Monte Carlo standard error of the p-value: how much it would change with another `rng`.
    replicates, lost : how many samples were refitted, and how many of these had no estimate; they count as extreme.
    name : "ks", "cvm", "ad" or "chi2".
    family : the name of the family.
    edges, counts, expected : for "chi2" the cells, (edge, next edge], with what they hold and should hold.

    >>> from mlecore import Poisson
    >>> Poisson.fit([3, 1, 4, 1, 5, 9, 2, 6] * 5).goodness(replicates=99, rng=0).replicates
    99
    """

    statistic: float
    p_value: float
    error: float
    replicates: int
    lost: int
    name: str
    family: str
    edges: Array | None = None
    counts: Array | None = None
    expected: Array | None = None

    def _sentence(self) -> str:
        lost = f", {self.lost} of them without an estimate" if self.lost else ""
        return (
            f"{_NAMES[self.name]} of {self.family} = {self.statistic:.4g}, p = {self.p_value:.4g} "
            f"± {self.error:.2g} by {self.replicates} refits{lost}"
        )

    def __repr__(self) -> str:
        return self._sentence()

    def _repr_html_(self) -> str:
        return f'<p class="mle-test">{html.escape(self._sentence())}</p>'


def goodness(
    fit: Any,
    statistic: str | None = None,
    replicates: int = 999,
    rng: np.random.Generator | int | None = None,
) -> Goodness:
    """Test whether a family fits, by refitting it to samples of the fitted member; see `Fit.goodness`.

    >>> from mlecore import Exponential
    >>> g = goodness(Exponential.fit([1.0, 3.0, 0.5, 2.0]), "ks", replicates=99, rng=0)
    >>> round(g.statistic, 4), g.p_value > 0.1
    (0.2649, True)
    """
    inference.whole_number(replicates)
    rows = rows_of(fit, "a test of fit")
    n = _insist_simulable(fit, rows)
    binned = not rows.exact.all()
    counts = fit.dist.support.whole or binned
    statistic = ("chi2" if counts else "ad") if statistic is None else statistic
    if statistic not in _NAMES:
        raise DataError(
            f"statistic must be one of {', '.join(map(repr, _NAMES))}, got {statistic!r}"
        )
    if counts != (statistic == "chi2"):
        raise DataError(
            f"{statistic!r} compares values of a continuous distribution one by one; for counts and bins use 'chi2'"
            if counts
            else "'chi2' needs cells, which counts and bins have; for a continuous distribution use 'ad', 'cvm' or 'ks'"
        )
    if rows.weights is not None and not binned:
        rows = Rows._make([*(v.repeat(rows.weights.astype(int)) for v in rows[:-1]), None])
    if binned:
        test: Distances | Cells | Bins = Bins(fit, rows)
    else:
        test = Cells(fit, rows) if counts else Distances(fit, rows, statistic)
    here = float(test.of_data())
    values = np.concatenate(list(_simulated(test, int(replicates), n, np.random.default_rng(rng))))
    lost = int(np.isnan(values).sum())
    # What should be equal, counts in the same cells, may differ in the last digits.
    extreme = np.isnan(values) | (values >= here * (1.0 - 1e-10))
    p = float((1 + extreme.sum()) / (replicates + 1))
    error = float(np.sqrt(p * (1.0 - p) / (replicates + 1)))
    return Goodness(
        here, p, error, int(replicates), lost, statistic, type(fit.dist).__name__, *test.table()
    )


def _insist_simulable(fit: Any, rows: Rows) -> int:
    """Return the size of the sample, after making sure that samples like it can be drawn."""
    partly = ~rows.exact
    if partly.any() and not _partition(rows):
        k = int(np.argmax(partly))
        raise RegularityError(
            f"row {k} is known to lie between {rows.low[k]:g} and {rows.high[k]:g} ({int(partly.sum())} of {rows.x.size} "
            "rows were seen so in part), and samples like these cannot be drawn: how values came to be censored is not "
            "known. Windows and bins that do not overlap are allowed; else look at f.residuals() and f.plot()"
        )
    n = round(float(fit.n))
    whole = rows.weights is None or np.array_equal(rows.weights, np.round(rows.weights))
    if n < 1 or not whole:
        raise DataError("the test draws whole observations, and some weights are not whole numbers")
    return n


def _simulated(test: Any, replicates: int, n: int, rng: np.random.Generator) -> Iterator[Array]:
    """Yield the statistics of samples about their own fits, NaN where there is none."""
    for part in blocks(replicates, max(1, _VALUES_AT_ONCE // n)):
        yield test.simulated(part.stop - part.start, rng)


def _partition(rows: Rows) -> bool:
    """Say whether the rows are bins: intervals that are equal or apart, within one window."""
    if rows.exact.any():
        return False
    return inference.edges_of_bins(rows.low, rows.high, rows.first, rows.last) is not None
