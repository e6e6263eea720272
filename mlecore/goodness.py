"""Does a family fit at all? Tests that refit it to samples of the fitted member.

A statistic of distance between data and fit has no table that serves every family: fitted parameters bring the fit
nearer to the data than the truth is. So its law is simulated: samples from the fitted distribution are fitted in their
turn, all in a few batches, and the p-value is the share of them that lie at least as far from their own fit.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import inference
from .censoring import to_ends
from .errors import DataError, RegularityError, SupportError
from .mass import log_mass, log_tails
from .members import lifted
from .observations import interval
from .products import blocks
from .residuals import Rows, rows_of
from .statistics import Parts

__all__ = ["Goodness", "goodness"]

Array = np.ndarray

_NAMES = {
    "ks": "Kolmogorov-Smirnov test: D",
    "cvm": "Cramér-von Mises test: W²",
    "ad": "Anderson-Darling test: A²",
    "chi2": "Pearson's test: X²",
}
# Between neighbouring values of a sample a density is smooth enough for a few places.
_PLACES, _SHARES = np.polynomial.legendre.leggauss(16)
# How many values are drawn at once: their distribution functions stay in the cache.
_VALUES_AT_ONCE = 2**17
# A cell should expect so many, and there should be no more cells than that before some are joined.
_EXPECTED, _MOST_CELLS = 5.0, 1000
# A window that holds less than this of the distribution leaves too few digits to draw within it.
_LEAST_WINDOW = 1e-8


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
        test: _Distances | _Cells | _Bins = _Bins(fit, rows)
    else:
        test = _Cells(fit, rows) if counts else _Distances(fit, rows, statistic)
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


class _Refitted:
    """What all tests share: how a sample of the fit is drawn, and the family fitted to it."""

    def __init__(self, fit: Any, rows: Rows) -> None:
        self.fit, self.rows, self.d = fit, rows, fit.dist
        likelihood = fit.likelihood
        self.family, self.fixed = likelihood.family, likelihood.fixed
        self.prior = fit.likelihood.prior if fit.penalised else None
        self.windowed = bool(np.isfinite(rows.first).any() or np.isfinite(rows.last).any())

    def table(self) -> tuple[Array | None, ...]:
        """Return edges, counts and expected counts, where there are any."""
        return None, None, None

    def samples(self, count: int, rng: np.random.Generator) -> Array:
        """Return samples of the fit, each row of data drawn within its window."""
        rows = self.rows
        if not self.windowed:
            return self.d._turned(self.d.sample((count, rows.x.size), rng=rng))
        mass = np.exp(log_mass(self.d, rows.first, rows.last))
        if not (mass > _LEAST_WINDOW).all():
            raise RegularityError(
                f"the window of row {int(np.argmin(mass))} holds {mass.min():.2g} of the fitted distribution, too "
                "little to draw values within it"
            )
        return inference.within_windows(self.d, rows.first, rows.last, count, rng)

    def refit(self, x: Array) -> Any:
        """Return the fits of samples, as a batch."""
        how = self.fit.method
        if how == "moments":
            return self.family.fit(x, axis=1, fixed=self.fixed, method=how)
        try:
            own = self.d._fitting(self.family.statistics(x, axis=1))
        except (
            SupportError
        ):  # a value that rounding put on the edge of the support: its sample has no fit
            return self.family.fit(x, axis=1, fixed=self.fixed, prior=self.prior)
        t = self._within_windows(own)
        return self.family.fit(t, fixed=self.fixed, prior=self.prior)

    def _within_windows(self, own: Any) -> Any:
        """Return a batch of statistics, each of them within the windows of the rows."""
        if not self.windowed:
            return own
        ends = to_ends(self.family, self.rows.first, self.rows.last)
        windows = Parts.of(*ends, np.ones((len(own.n), self.rows.x.size)))
        return inference.seen_within(own, windows, self.family)


class _Distances(_Refitted):
    """Distances between the distribution function of the data and that of the fit."""

    def __init__(self, fit: Any, rows: Rows, statistic: str) -> None:
        super().__init__(fit, rows)
        self.distance = _DISTANCES[statistic]
        self.statistic = statistic

    def tails(self, d: Any, x: Array) -> tuple[Array, Array]:
        """Return log P(X <= x) and log P(X > x) within the window of each row, each ascending."""
        if self.windowed:
            total = log_mass(d, self.rows.first, self.rows.last)
            lower = log_mass(d, self.rows.first, x) - total
            upper = log_mass(d, x, self.rows.last) - total
        else:
            lower, upper = _tails(d, x)
        return np.sort(lower, axis=-1), np.sort(upper, axis=-1)

    def of_data(self) -> Array:
        lower, upper = self.tails(self.d, self.rows.x)
        if self.statistic == "ad" and (np.isneginf(lower[0]) or np.isneginf(upper[0])):
            end = self.rows.x.min() if np.isneginf(lower[0]) else self.rows.x.max()
            raise RegularityError(
                f"the support of {self.d!r} ends at a datum, {end:g}, where the Anderson-Darling statistic is infinite. "
                "Use 'cvm' or 'ks'"
            )
        return self.distance(lower, upper)

    def simulated(self, count: int, rng: np.random.Generator) -> Array:
        x = self.samples(count, rng)
        again = self.refit(x)
        found = ~np.isnan(again.theta).any(axis=-1)
        values = np.full(count, np.nan)
        if found.any():
            d = _some(again.dist, found)
            with np.errstate(all="ignore"):
                values[found] = self.distance(*self.tails(lifted(d), x[found]))
        return values


def _tails(d: Any, x: Array) -> tuple[Array, Array]:
    """Return log P(X <= x) and log P(X > x), of many samples without a formula from one value to the next."""
    if x.ndim == 1 or d._tails_known():
        return log_tails(d, x)
    x = np.sort(x, axis=-1)
    half = 0.5 * np.diff(x)
    places = (x[:, :-1] + half)[..., None] + half[..., None] * _PLACES
    between = half * (np.exp(lifted(d).log_prob(places)) @ _SHARES)
    below, above = np.exp(log_tails(d, x[:, :1])[0]), np.exp(log_tails(d, x[:, -1:])[1])
    lower = np.concatenate([below, between], axis=1).cumsum(axis=1)
    upper = np.concatenate([between, above], axis=1)[:, ::-1].cumsum(axis=1)
    return np.log(lower), np.log(upper)


def _some(d: Any, rows: Array) -> Any:
    """Return some members of a batch of distributions."""
    if rows.all() or not d.batch_shape:
        return d
    params = {
        name: v[rows] if np.ndim(v) > d.domains[name].event_ndim else v
        for name, v in d.params.items()
    }
    return d._unchecked(**params)


def _kolmogorov(lower: Array, upper: Array) -> Array:
    u, n = np.exp(lower), lower.shape[-1]
    i = np.arange(n)
    return np.maximum((i + 1) / n - u, u - i / n).max(axis=-1)


def _cramer(lower: Array, upper: Array) -> Array:
    n = lower.shape[-1]
    middle = (2 * np.arange(n) + 1) / (2 * n)
    return 1 / (12 * n) + ((np.exp(lower) - middle) ** 2).sum(axis=-1)


def _anderson(lower: Array, upper: Array) -> Array:
    n = lower.shape[-1]
    return -n - ((2 * np.arange(n) + 1) / n * (lower + upper)).sum(axis=-1)


_DISTANCES: dict[str, Callable[[Array, Array], Array]] = {
    "ks": _kolmogorov,
    "cvm": _cramer,
    "ad": _anderson,
}


class _Cells(_Refitted):
    """Counts in cells, which are chosen once from the fit and held."""

    def __init__(self, fit: Any, rows: Rows) -> None:
        super().__init__(fit, rows)
        weights = np.ones(rows.x.size) if rows.weights is None else rows.weights
        ends, place = np.unique(np.stack([rows.first, rows.last]), axis=1, return_inverse=True)
        self.windows = list(zip(*ends, np.bincount(np.ravel(place), weights), strict=True))
        self.fine = self.finest()
        self.held = self.joined()

    def finest(self) -> Array:
        """Return edges of cells as fine as the numbers are, as far out as anything is seen or expected."""
        x, d = self.rows.x, self.d
        low, high = (float(v) for v in d._ends())
        if not (np.isfinite(low) and np.isfinite(high)):
            tail = _EXPECTED / x.size
            low, high = (
                max(low, min(x.min(), float(d.ppf(min(tail, 0.5))))),
                min(high, max(x.max(), float(d.ppf(max(1.0 - tail, 0.5))))),
            )
        step = max(1.0, np.ceil((high - low) / _MOST_CELLS))
        return np.concatenate([[-np.inf], np.arange(low, high, step), [np.inf]])

    def joined(self) -> Array:
        """Join neighbouring cells until each expects enough; return which edges are kept."""
        kept, so_far = [0], 0.0
        for edge, count in enumerate(self.expected_in(self.d, self.fine), start=1):
            so_far += count
            if so_far >= _EXPECTED:
                kept.append(edge)
                so_far = 0.0
        # What is left over joins the last cell.
        kept = [*kept[:-1], len(self.fine) - 1] if len(kept) > 1 else [0, len(self.fine) - 1]
        cells, free = len(kept) - 1, len(self.fit.names)
        if cells - 1 - free < 1:
            raise RegularityError(
                f"the counts have {cells} cell(s) that expect {_EXPECTED:g} or more, and {free} free parameter(s) can match "
                "so few whatever they are: nothing is left to test. More data, or finer bins, give more cells"
            )
        return np.array(kept)

    def expected_in(self, d: Any, edges: Array) -> Array:
        """Return how many each cell should hold, by one member of the family or by many."""
        total: Any = 0.0
        for first, last, weight in self.windows:
            cut = np.clip(edges, first, last)
            inside = log_mass(d, cut[:-1], cut[1:]) - log_mass(d, first, last)
            total = total + weight * np.exp(inside)
        return total

    def counted(self, x: Array) -> Array:
        """Return how many of each sample lie in each of the fine cells."""
        cells = self.fine.size - 1
        place = np.searchsorted(self.fine, x, side="left") - 1
        place = place + cells * np.arange(len(x))[:, None]
        return np.bincount(place.ravel(), minlength=cells * len(x)).reshape(len(x), cells)

    def distance(self, counts: Array, d: Any) -> Array:
        """Return Pearson's statistic of counts in fine cells about members of the family."""
        there = np.add.reduceat(counts, self.held[:-1], axis=-1)
        expected = self.expected_in(d, self.fine[self.held])
        with np.errstate(all="ignore"):
            terms = (there - expected) ** 2 / expected
        return np.where((expected == 0) & (there == 0), 0.0, terms).sum(axis=-1)

    def data_counts(self) -> Array:
        """Return how many values were seen in each of the fine cells."""
        return self.counted(self.rows.x[None])[0]

    def of_data(self) -> Array:
        return self.distance(self.data_counts(), self.d)

    def simulated(self, count: int, rng: np.random.Generator) -> Array:
        x = self.samples(count, rng)
        return self.distances(self.counted(x), self.refit(x))

    def distances(self, counts: Array, again: Any) -> Array:
        """Return the statistic of each sample about its own fit, NaN where there is none."""
        found = ~np.isnan(again.theta).any(axis=-1)
        values = np.full(len(counts), np.nan)
        if found.any():
            values[found] = self.distance(counts[found], lifted(_some(again.dist, found)))
        return values

    def table(self) -> tuple[Array | None, ...]:
        edges = self.fine[self.held]
        there = np.add.reduceat(self.data_counts(), self.held[:-1])
        return edges, there, self.expected_in(self.d, edges)


class _Bins(_Cells):
    """Counts in bins that the data came in: the same, with samples that are counts in bins too."""

    def finest(self) -> Array:
        first, last, _ = self.windows[0]
        edges = np.unique(np.concatenate([self.rows.low, self.rows.high, [first, last]]))
        low, high = self.d._ends()
        low = low - 1.0 if self.d.support.whole else low
        # No bin but the outer ones reaches beyond the support.
        inner = edges[(edges > low) & (edges < high)]
        return np.concatenate([[max(first, low)], inner, [min(last, high)]])

    def data_counts(self) -> Array:
        weights = np.ones(self.rows.low.size) if self.rows.weights is None else self.rows.weights
        place = np.searchsorted(self.fine, self.rows.low, side="right") - 1
        return np.bincount(np.maximum(place, 0), weights, self.fine.size - 1)

    def simulated(self, count: int, rng: np.random.Generator) -> Array:
        first, last, n = self.windows[0]
        share = self.expected_in(self.d, self.fine) / n
        counts = rng.multinomial(round(n), share / share.sum(), count)
        window = (first + 1.0 if self.d.support.whole else first, last)
        bins = interval(self.fine[:-1], self.fine[1:], window=window)
        again = self.family.fit(bins, counts, fixed=self.fixed, prior=self.prior)
        return self.distances(counts, again)


def _partition(rows: Rows) -> bool:
    """Say whether the rows are bins: intervals that are equal or apart, within one window."""
    if rows.exact.any():
        return False
    return inference.edges_of_bins(rows.low, rows.high, rows.first, rows.last) is not None
