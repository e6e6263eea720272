"""A regression's maximum as Newton's method sees it: well-conditioned columns and what is held."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .design import Basis, row_blocks

__all__ = ["Problem"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Problem:
    """What Newton's method works on: for each linear predictor its free columns, well conditioned.

    Parameters
    ----------
    family : the regression.
    rows : its observations.
    bases : for each predictor, its free columns.
    free : for each predictor, which of its coefficients are free.
    names : the names of all parameters.
    """

    family: Any
    rows: Any
    bases: tuple[Basis, ...]
    free: tuple[Array, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, likelihood: Any) -> Problem:
        family, rows = likelihood.family, likelihood.statistic
        q, k = family._predictors(rows), len(rows.coefficients)
        family._check_estimable(rows, likelihood.free)
        free = [
            likelihood.free[(likelihood.free >= a * k) & (likelihood.free < (a + 1) * k)] - a * k
            for a in range(q)
        ]
        made: dict[tuple[int, ...], Basis] = {}
        for columns_ in free:
            key = tuple(int(i) for i in columns_)
            if key not in made:
                first = rows.intercept
                intercept = first and 0 in key
                wanted = [i - first for i in key if i >= first]
                X = rows.X if len(wanted) == rows.X.shape[1] else rows.X[:, wanted]
                names = tuple(rows.names[i] for i in wanted)
                made[key] = Basis.of(X, names, rows.center[wanted], intercept=intercept)
        return cls(
            family,
            rows,
            tuple(made[tuple(int(i) for i in f)] for f in free),
            tuple(free),
            likelihood.layout.names,
        )

    @property
    def cuts(self) -> list[slice]:
        """Where each predictor's coefficients lie in the vector."""
        ends = np.cumsum([0, *(b.size for b in self.bases)])
        return [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]

    def theta(self, gamma: Array, held: Array) -> Array:
        """Return all parameters: the free coefficients beside those that are held."""
        theta, k = held.copy(), len(self.rows.coefficients)
        slopes, _ = self._held(held)
        for a, (basis, free, cut) in enumerate(zip(self.bases, self.free, self.cuts, strict=True)):
            theta[a * k + free] = basis.T @ gamma[cut]
            if self._adapts[a]:
                theta[a * k] -= slopes[a] @ self.rows.center
        return theta

    def offsets(self, held: Array) -> Array | None:
        """Return what the held coefficients add to the linear predictors; None for nothing.

        Where an intercept is free, held slopes act on distances from the middle of the data: then the
        free coefficients hardly change with the value that is held.
        """
        slopes, base = self._held(held)
        if not (slopes.any() or base.any()):
            return None
        X, center = self.rows.X, self.rows.center
        base = base + np.where(self._adapts, 0.0, slopes @ center)
        offsets = np.empty((len(slopes), len(X)))
        for part in row_blocks(X):
            offsets[:, part] = slopes @ (X[part] - center).T + base[:, None]
        return offsets

    def cancel(self, offsets: Array) -> tuple[Array, Array]:
        """Return the offsets after the free coefficients have cancelled what they can, and these.

        A column that is held far from its estimate, and one beside it that makes up for it, would
        otherwise be large numbers whose difference is the predictor, in every step of the climb.
        """
        gamma, rest = np.zeros(self.cuts[-1].stop), offsets.copy()
        for a, (basis, cut) in enumerate(zip(self.bases, self.cuts, strict=True)):
            if basis.size and offsets[a].any():
                gamma[cut] = -basis.least_squares(offsets[a])
                rest[a] += basis.apply(gamma[cut])
        return rest, gamma

    @cached_property
    def _adapts(self) -> list[bool]:
        """Whether each predictor's intercept is free."""
        return [self.rows.intercept and 0 in free for free in self.free]

    @cached_property
    def _spread(self) -> Array:
        """How far the values of each column lie from its center, and not less than rounding makes of it."""
        X, center = self.rows.X, self.rows.center
        square = sum(((X[part] - center) ** 2).sum(axis=0) for part in row_blocks(X)) / len(X)
        spread = np.sqrt(square + (1e-8 * center) ** 2)
        return np.where(spread > 0, spread, 1.0)

    def _held(self, held: Array) -> tuple[Array, Array]:
        """Return the held slopes and intercepts of each predictor."""
        q, k, first = len(self.bases), len(self.rows.coefficients), int(self.rows.intercept)
        table = held[: q * k].reshape(q, k).copy()
        for a, free in enumerate(self.free):
            table[a, free] = 0.0
        return table[:, first:], table[:, 0] if first else np.zeros(q)

    def reach(self) -> Array:
        """Return how far the predictor moves over the spread of its column for one unit of each parameter."""
        q, first = len(self.bases), int(self.rows.intercept)
        one = np.concatenate([np.ones(first), self._spread])
        return np.concatenate([np.tile(one, q), np.ones(len(self.names) - q * one.size)])

    def gamma(self, theta: Array) -> Array:
        """Return the coefficients of the standardised columns from those of the free ones: undo `theta`."""
        k, gamma = len(self.rows.coefficients), np.zeros(self.cuts[-1].stop)
        for a, (basis, free, cut) in enumerate(zip(self.bases, self.free, self.cuts, strict=True)):
            gamma[cut] = np.linalg.solve(basis.T, theta[a * k + free])
        return gamma

    def without_rounding(self, direction: Array) -> Array:
        """Return a direction of the parameters whose parts that are only rounding are zero.

        A slope counts by what it does over the spread of its column, an intercept beside what the slopes
        do at the center.
        """
        q, k, first = len(self.bases), len(self.rows.coefficients), int(self.rows.intercept)
        clean = direction.copy()
        table = clean[: q * k].reshape(q, k)
        slopes = table[:, first:]
        moves = np.abs(slopes) * self._spread
        largest = max(moves.max(initial=0.0), 0.0)
        slopes[moves <= 1e-12 * largest] = 0.0
        largest = largest + np.abs(slopes) @ np.abs(self.rows.center)
        table[:, :first][np.abs(table[:, :first]) <= 1e-12 * largest[:, None]] = 0.0
        return clean

    def sample(self, step: int) -> Problem:
        """Return the problem of every step-th row."""
        bases = {id(b): b.sample(step) for b in self.bases}
        return replace(
            self,
            rows=self.rows.take(slice(None, None, step)),
            bases=tuple(bases[id(b)] for b in self.bases),
        )

    def change(self, step: Array) -> tuple[float, float]:
        """Return the largest and the root-mean-square change of a linear predictor along a step."""
        largest, total = 0.0, 0.0
        for basis, cut in zip(self.bases, self.cuts, strict=True):
            v = basis.apply(step[cut])
            largest = max(largest, float(np.abs(v).max()))
            total += float(v @ v)
        return largest, np.sqrt(total / self.rows.y.size)
