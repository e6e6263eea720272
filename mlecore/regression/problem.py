"""A regression's maximum as Newton's method sees it: well-conditioned columns and what is held."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
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
        slopes, _, adapts = self._held(held)
        for a, (basis, free, cut) in enumerate(zip(self.bases, self.free, self.cuts, strict=True)):
            theta[a * k + free] = basis.T @ gamma[cut]
            if adapts[a]:
                theta[a * k] -= slopes[a] @ self.rows.center
        return theta

    def offsets(self, held: Array) -> Array | None:
        """Return what the held coefficients add to the linear predictors; None for nothing.

        Where an intercept is free, held slopes act on distances from the middle of the data: then the
        free coefficients hardly change with the value that is held.
        """
        slopes, base, adapts = self._held(held)
        if not (slopes.any() or base.any()):
            return None
        X, center = self.rows.X, self.rows.center
        base = base + np.where(adapts, 0.0, slopes @ center)
        offsets = np.empty((len(slopes), len(X)))
        for part in row_blocks(X):
            offsets[:, part] = slopes @ (X[part] - center).T + base[:, None]
        return offsets

    def _held(self, held: Array) -> tuple[Array, Array, Array]:
        """Return the held slopes and intercepts of each predictor, and whether its intercept is free."""
        q, first = len(self.bases), int(self.rows.intercept)
        k = len(self.rows.coefficients)
        table = held[: q * k].reshape(q, k).copy()
        for a, free in enumerate(self.free):
            table[a, free] = 0.0
        base = table[:, 0] if first else np.zeros(q)
        adapts = np.array([bool(first) and 0 in free for free in self.free])
        return table[:, first:], base, adapts

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
