"""Pearson's statistic of counts in cells, and of bins that the data came in."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import RegularityError
from ..mass import log_mass
from ..members import lifted
from ..observations import interval
from ..residuals import Rows
from .refitted import Array, Refitted, some_of

__all__ = ["Bins", "Cells"]

# A cell should expect so many, and there should be no more cells than that before some are joined.
_EXPECTED, _MOST_CELLS = 5.0, 1000


class Cells(Refitted):
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
            values[found] = self.distance(counts[found], lifted(some_of(again.dist, found)))
        return values

    def table(self) -> tuple[Array | None, ...]:
        edges = self.fine[self.held]
        there = np.add.reduceat(self.data_counts(), self.held[:-1])
        return edges, there, self.expected_in(self.d, edges)


class Bins(Cells):
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
