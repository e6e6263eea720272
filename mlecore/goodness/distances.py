"""Distances between the distribution function of the data and that of the fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import RegularityError
from ..mass import log_mass, log_tails
from ..members import lifted
from ..residuals import Rows
from .refitted import Array, Refitted, some_of

__all__ = ["DISTANCES", "Distances"]

# Between neighbouring values of a sample a density is smooth enough for a few places.
_PLACES, _SHARES = np.polynomial.legendre.leggauss(16)


class Distances(Refitted):
    """Distances between the distribution function of the data and that of the fit."""

    def __init__(self, fit: Any, rows: Rows, statistic: str) -> None:
        super().__init__(fit, rows)
        self.distance = DISTANCES[statistic]
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
            d = some_of(again.dist, found)
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


DISTANCES: dict[str, Callable[[Array, Array], Array]] = {
    "ks": _kolmogorov,
    "cvm": _cramer,
    "ad": _anderson,
}
