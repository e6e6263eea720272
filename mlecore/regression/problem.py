"""A regression's maximum as Newton's method sees it: well-conditioned columns and what is held."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg

from .basis import Basis
from .columns import row_blocks
from .observations import Design
from .sparse import Sparse

__all__ = ["Problem", "cuts"]

Array = np.ndarray


def cuts(parts: Sequence[Any]) -> list[slice]:
    """Return where the coefficients of each predictor lie in the vector of all.

    >>> from mlecore.regression.basis import Basis
    >>> X = np.array([[0.0], [1.0]])
    >>> cuts([Basis.of(X, ("x1",), X.mean(axis=0), intercept=True)] * 2)
    [slice(0, 2, None), slice(2, 4, None)]
    """
    ends = np.cumsum([0, *(part.size for part in parts)])
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]


@dataclass(frozen=True, eq=False)
class Problem:
    """What Newton's method works on: for each linear predictor its free columns, well conditioned.

    Parameters
    ----------
    family : the regression.
    rows : its observations.
    designs : what each linear predictor follows from.
    bases : for each predictor, its free columns.
    free : for each predictor, which of its coefficients are free.
    layout : how all parameters lie in a vector.
    """

    family: Any
    rows: Any
    designs: tuple[Design, ...]
    bases: tuple[Basis, ...]
    free: tuple[Array, ...]
    layout: Any
    #: what a climb leaves for who looks at its top: the curvature close to it
    measured: dict[str, Array] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters."""
        return self.layout.names

    @cached_property
    def jacobian(self) -> Array:
        """How the free coefficients change with those of the well-conditioned columns."""
        return linalg.block_diag(*(basis.T for basis in self.bases if basis.size))

    def expecting(self) -> Problem:
        """Return the same, the curvature of the rows being the expected one."""
        return replace(self, family=self.family._with_expected_curvature())

    @classmethod
    def of(cls, likelihood: Any) -> Problem:
        family, rows = likelihood.family, likelihood.statistic
        family._check_estimable(rows, likelihood.free)
        designs, given = family._designs(rows), likelihood.free
        free = [given[(given >= c.start) & (given < c.stop)] - c.start for c in cuts(designs)]
        made: dict[Any, Basis] = {}
        bases = []
        for d, columns_ in zip(designs, free, strict=True):
            key = (id(d.X), tuple(int(i) for i in columns_))
            if key not in made:
                first = d.intercept
                intercept = bool(first and 0 in columns_)
                wanted = [int(i) - first for i in columns_ if i >= first]
                X = d.X if len(wanted) == d.X.shape[1] else d.X[:, wanted]
                names = tuple(d.names[i] for i in wanted)
                made[key] = Basis.of(X, names, d.center[wanted], intercept=intercept)
            bases.append(made[key])
        return cls(family, rows, designs, tuple(bases), tuple(free), likelihood.layout)

    @property
    def cuts(self) -> list[slice]:
        """Where each predictor's well-conditioned coefficients lie in their vector."""
        return cuts(self.bases)

    @cached_property
    def places(self) -> list[slice]:
        """Where each predictor's coefficients lie in the vector of all parameters."""
        return cuts(self.designs)

    def theta(self, gamma: Array, held: Array) -> Array:
        """Return all parameters: the free coefficients beside those that are held."""
        theta = held.copy()
        for a, (basis, free, cut) in enumerate(zip(self.bases, self.free, self.cuts, strict=True)):
            first = self.places[a].start
            theta[first + free] = basis.T @ gamma[cut]
            if self._adapts[a]:
                theta[first] -= self._held(held)[a][0] @ self.designs[a].center
        return theta

    def offsets(self, held: Array) -> Array | None:
        """Return what held coefficients and offsets add to the linear predictors; None for nothing.

        Where an intercept is free, held slopes act on distances from the middle of the data: then the
        free coefficients hardly change with the value that is held.
        """
        parts = self._held(held)
        if not any(slopes.any() or base for slopes, base in parts) and all(
            d.offset is None for d in self.designs
        ):
            return None
        offsets = np.zeros((len(parts), len(self.rows.y)))
        for a, (d, (slopes, base)) in enumerate(zip(self.designs, parts, strict=True)):
            base = base + (0.0 if self._adapts[a] else slopes @ d.center)
            if slopes.any():
                for part in row_blocks(d.X):
                    offsets[a, part] = (d.X[part] - d.center) @ slopes
            offsets[a] += base if d.offset is None else base + d.offset
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
        return [d.intercept and 0 in free for d, free in zip(self.designs, self.free, strict=True)]

    @cached_property
    def _spreads(self) -> list[Array]:
        """How far the values of each column lie from its center, and not less than rounding makes of it."""
        known: dict[int, Array] = {}
        for d in self.designs:
            if id(d.X) not in known:
                square = (
                    np.maximum(d.X.squares() - len(d.X) * d.center**2, 0.0)
                    if isinstance(d.X, Sparse)
                    else sum(((d.X[k] - d.center) ** 2).sum(axis=0) for k in row_blocks(d.X))
                )
                spread = np.sqrt(square / len(d.X) + (1e-8 * d.center) ** 2)
                known[id(d.X)] = np.where(spread > 0, spread, 1.0)
        return [known[id(d.X)] for d in self.designs]

    def _held(self, held: Array) -> list[tuple[Array, float]]:
        """Return the held slopes and the held intercept of each predictor."""
        parts = []
        for d, place, free in zip(self.designs, self.places, self.free, strict=True):
            b = held[place].copy()
            b[free] = 0.0
            parts.append((b[1:], float(b[0])) if d.intercept else (b, 0.0))
        return parts

    def reach(self) -> Array:
        """Return how far the predictor moves over the spread of its column for one unit of each parameter."""
        reach = np.ones(len(self.names))
        for d, place, spread in zip(self.designs, self.places, self._spreads, strict=True):
            reach[place.start + d.intercept : place.stop] = spread
        return reach

    def gamma(self, theta: Array) -> Array:
        """Return the coefficients of the standardised columns from those of the free ones: undo `theta`."""
        gamma = np.zeros(self.cuts[-1].stop)
        for a, (basis, free, cut) in enumerate(zip(self.bases, self.free, self.cuts, strict=True)):
            own = theta[self.places[a].start + free]
            if self._adapts[a]:
                own[0] += self._held(theta)[a][0] @ self.designs[a].center
            gamma[cut] = basis.undo(own)
        return gamma

    def without_rounding(self, direction: Array) -> Array:
        """Return a direction of the parameters whose parts that are only rounding are zero.

        A slope counts by what it does over the spread of its column, an intercept beside what the slopes
        do at the center.
        """
        clean = direction.copy()
        parts = [clean[place] for place in self.places]
        first = [int(d.intercept) for d in self.designs]
        moves = [np.abs(b[k:]) * s for b, k, s in zip(parts, first, self._spreads, strict=True)]
        largest = max(float(m.max(initial=0.0)) for m in moves)
        for d, b, k, m in zip(self.designs, parts, first, moves, strict=True):
            b[k:][m <= 1e-12 * largest] = 0.0
            beside = largest + np.abs(b[k:]) @ np.abs(d.center)
            b[:k][np.abs(b[:k]) <= 1e-12 * beside] = 0.0
        return clean

    def sample(self, step: int) -> Problem:
        """Return the problem of every step-th row."""
        bases = {id(b): b.sample(step) for b in self.bases}
        return replace(
            self,
            rows=self.rows.take(slice(None, None, step)),
            bases=tuple(bases[id(b)] for b in self.bases),
            measured={},
        )

    def change(self, step: Array) -> tuple[float, float]:
        """Return the largest and the root-mean-square change of a linear predictor along a step."""
        largest, total = 0.0, 0.0
        for basis, cut in zip(self.bases, self.cuts, strict=True):
            v = basis.apply(step[cut])
            largest = max(largest, float(np.abs(v).max()))
            total += float(v @ v)
        return largest, np.sqrt(total / len(self.rows.y))
