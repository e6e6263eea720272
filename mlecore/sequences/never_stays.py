"""Hidden chains that never stay in a state: maxima on the edge where the probabilities of leaving it add up to 1.

No single parameter is at an end of its domain there, so a climb in all of them meets the edge and stops. On the edge one
probability of the row follows from the others, and in these the likelihood has a top like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..climbing import Top, climb

__all__ = ["onto_edges"]

Array = np.ndarray

# A probability below this, where a climb has failed, is tried at 0.
_TINY = 1e-4
# A slope that leads off the edge by less than this share of what the values tell is rounding.
_LEVEL = 1e-8


class _Edge:
    """A likelihood on such an edge: of the scalars that are free, those in `last` follow from the others of their row.

    It is affine in those that are left, theta = A phi + b, which is all that a climb must know.
    """

    def __init__(self, likelihood: Any, last: Mapping[int, list[int]], full: Array) -> None:
        self.whole, self.layout, self.n = likelihood, likelihood.layout, likelihood.n
        self.in_one_pass, self.costly = likelihood.in_one_pass, False
        self.free = np.array([i for i in likelihood.free if i not in last])
        self.A = (likelihood.free[:, None] == self.free).astype(float)
        self.b = np.zeros(likelihood.free.size)
        for k, others in last.items():
            row = np.flatnonzero(likelihood.free == k)[0]
            self.A[row] = -np.isin(self.free, others).astype(float)
            self.b[row] = 1.0 - sum(full[i] for i in others if i not in self.free)

    def at(self, rows: Array) -> _Edge:
        return self

    def up(self, theta: Array) -> Array:
        return theta @ self.A.T + self.b

    def _evaluate(self, theta: Array, formula: str, trailing: int) -> Array:
        return self.whole._evaluate(self.up(theta), formula, trailing)

    def _derivatives(self, theta: Array) -> tuple[Array, Array]:
        slope, hessian = self.whole._derivatives(self.up(theta))
        return slope @ self.A, self.A.T @ hessian @ self.A

    def _terms(self, theta: Array) -> tuple[Array, Array, Array]:
        return (self._evaluate(theta, "_log_likelihood", 0), *self._derivatives(theta))


def onto_edges(likelihood: Any, top: Top, states: int) -> Top:
    """Return the ends of climbs, those that have failed beside such an edge climbed along it where that is the top."""
    columns = [np.array(column) for column in top]
    for r in np.flatnonzero(~top.converged & np.isfinite(top.theta).all(axis=1)):
        found = _along(likelihood.at(np.array([r])), top.theta[r], states)
        old = top.log_likelihood[r]
        if found is not None and not found[1] < old - 1e-6 * (1.0 + abs(old)):
            for column, value in zip(columns, found, strict=True):
                column[r] = value
    return Top(*columns)


def _along(likelihood: Any, full: Array, states: int) -> tuple[Array, float, bool, int] | None:
    """Return the top along the edge beside a place, with its height; None where there is no edge, or no top on it."""
    layout, full = likelihood.layout, np.array(full)
    moves = [int(i) for i in likelihood.free if i < states * (states - 1)]
    none = [i for i in moves if full[i] < _TINY]
    full[none] = 0.0
    last = dict(_last(full, set(moves) - set(none), states))
    if not last:
        return None
    whole = likelihood.given({layout.names[i]: full[i : i + 1] for i in none})
    edge = _Edge(whole, last, full)
    climbed = climb(edge, full[None, edge.free], 100)
    full[whole.free] = edge.up(climbed.theta[0])
    slope = likelihood._evaluate_full(full[None], "_score_vector", 1)[0]
    level = _LEVEL * likelihood.n
    worth = {k // (states - 1): slope[k] for k in last}
    sound = all(value >= -level for value in worth.values())
    sound &= all(slope[i] <= worth.get(i // (states - 1), 0.0) + level for i in none)
    if not (climbed.converged[0] and sound):
        return None
    return full, float(climbed.log_likelihood[0]), True, int(climbed.iterations[0])


def _last(full: Array, free: set[int], states: int) -> Iterator[tuple[int, list[int]]]:
    """Yield the likeliest free move out of each state that is not stayed in, and the other moves."""
    for state in range(states):
        row = list(range(state * (states - 1), (state + 1) * (states - 1)))
        open_ = [i for i in row if i in free]
        if open_ and 1.0 - full[row].sum() < _TINY and len(row) > 1:
            k = max(open_, key=lambda i: full[i])
            others = [i for i in row if i != k]
            full[k] = 1.0 - full[others].sum()
            yield k, others
