"""Iteratively reweighted least squares: Newton's method on the rows of a regression.

A pass over the rows gives the log-likelihood, its slope X'(y - mean) and its curvature X'WX. Near the
top of many rows most passes leave the curvature out, and none copies the columns.

Source: Nelder and Wedderburn (1972); for the stopping rule, the self-concordance of these likelihoods
(Bach 2010).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .design import MANY_ROWS, Basis, recession, row_blocks
from .errors import SeparationError

__all__ = ["Problem", "climb"]

Array = np.ndarray

# Newton steps after which separation is looked for.
SUSPICIOUS = 15


@dataclass(frozen=True, eq=False)
class Problem:
    """What Newton's method works on: for each linear predictor its free columns, well conditioned.

    free: for each predictor, which of its coefficients are free.
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


def evaluate(
    problem: Problem, gamma: Array, offsets: Array | None, *, curvature: bool = True
) -> tuple[float, Array, Array]:
    """Return the log-likelihood, its slope and minus its Hessian, in one pass over the rows.

    Rows are taken a block at a time, so that whatever is computed from them stays in the cache.
    Without `curvature` the Hessian, two thirds of the work, stays zero.
    """
    rows, bases, cuts = problem.rows, problem.bases, problem.cuts
    member = problem.family(rows, gamma)
    inner = [basis.inner @ gamma[cut] for basis, cut in zip(bases, cuts, strict=True)]
    value, slope, hessian = 0.0, np.zeros(gamma.size), np.zeros((gamma.size, gamma.size))
    for part in row_blocks(max((b.X for b in bases), key=lambda X: X.shape[1])):
        X = [basis.X[part] for basis in bases]
        eta = np.empty((len(bases), len(X[0])))
        for a, (x, b, basis) in enumerate(zip(X, inner, bases, strict=True)):
            eta[a] = x @ b[1:] + b[0] if basis.ones else x @ b
        if offsets is not None:
            eta += offsets[:, part]
        w = None if rows.weights is None else rows.weights[part]
        term, residual, weight = member._derivatives(eta, rows.y[part])
        value += term.sum() if w is None else w @ term
        if w is not None:
            residual = residual * w
        for a, cut in enumerate(cuts):
            slope[cut] += _with_ones(residual[a] @ X[a], bases[a].ones and residual[a].sum())
            for b in range(a + 1 if curvature else 0):
                v = weight(a, b) if w is None else weight(a, b) * w
                hessian[cut, cuts[b]] += _products(X[a], X[b], v, bases[a].ones, bases[b].ones)
    for a, cut in enumerate(cuts):
        slope[cut] = bases[a].inner.T @ slope[cut]
        for b in range(a + 1):
            hessian[cut, cuts[b]] = bases[a].inner.T @ hessian[cut, cuts[b]] @ bases[b].inner
            hessian[cuts[b], cut] = hessian[cut, cuts[b]].T
    return float(value), slope, hessian


def _with_ones(sums: Array, first: Any) -> Array:
    return sums if first is False else np.concatenate([[first], sums])


def _products(A: Array, B: Array, v: Array, ones_a: bool, ones_b: bool) -> Array:
    """Return A' diag(v) B, each with a column of ones before it where it says so."""
    if A is B or (A.base is B.base and A.shape == B.shape and np.shares_memory(A, B)):
        if (v >= 0).all():
            half = A * np.sqrt(v)[:, None]
            middle = half.T @ half  # a symmetric product costs half of another
        else:
            middle = A.T @ (A * v[:, None])
    else:
        middle = A.T @ (B * v[:, None])
    if not (ones_a or ones_b):
        return middle
    rows = [middle]
    if ones_a:
        rows.insert(0, (v @ B)[None])
    matrix = np.vstack(rows)
    if not ones_b:
        return matrix
    left = v @ A
    return np.column_stack([np.concatenate([[v.sum()], left]) if ones_a else left, matrix])


def climb(
    problem: Problem,
    gamma: Array,
    offsets: Array | None,
    max_iterations: int,
    *,
    rough: bool = False,
    nearby: Array | None = None,
) -> tuple[Array, bool, int, float, Array | None]:
    """Climb by Newton steps; return (gamma, converged, iterations, log-likelihood, curvature).

    Along a step the curvature of a canonical likelihood changes by a factor of at most
    exp(largest change of eta), so Newton's step leaves at most half the product of its largest and
    its root-mean-square change. When that is 1e-10 (for many rows 1e-8, a millionth of a standard error)
    the step is the last. Under separation the steps change some eta by about 1 for ever: such a run
    cannot pass for converged.

    Near the top of many rows the curvature is kept, as a pass for the slope alone costs a third:
    each pass then shrinks what is left by the factor that the curvature has changed since. `nearby`
    is a curvature to take the first step with.
    """
    from scipy import linalg  # here, so that importing mlecore stays quick

    many = problem.rows.y.size >= MANY_ROWS and not rough
    enough = 1e-2 if rough else 1e-8 if many else 1e-10
    fresh, length, factor = nearby is None, np.inf, None
    with np.errstate(all="ignore"):
        value, slope, hessian = evaluate(problem, gamma, offsets, curvature=fresh)
        curvature = hessian if fresh else nearby
        for iteration in range(1, max_iterations + 1):
            try:
                if fresh or factor is None:
                    factor = linalg.cho_factor(curvature)
                step = linalg.cho_solve(factor, slope)
            except (linalg.LinAlgError, ValueError):
                if not rough:
                    _refuse_separation(problem, gamma)
                return gamma, False, iteration, value, None
            promised = float(slope @ step)
            before, length = length, float(np.linalg.norm(step))
            # A curvature from nearby serves for one step, and is then renewed.
            shrinks = 1.0 if np.isinf(before) else length / before  # by the last pass
            by = 10.0 * length if fresh else shrinks  # what is likely to be left, as a share
            if by * length <= enough:
                largest, typical = problem.change(step)
                left = typical * (largest / 2 if fresh else shrinks)
                if largest <= 0.1 and left <= enough:
                    return gamma + step, True, iteration, value + promised / 2, curvature
            if iteration % SUSPICIOUS == 0 and not rough:
                _refuse_separation(problem, gamma, prove=iteration >= 2 * SUSPICIOUS)
            slow = shrinks > (0.2 if length > 1e-3 else 0.03) and not fresh
            if many and length <= 0.2 and not slow:
                gamma, fresh = gamma + step, False
                value, slope, _ = evaluate(problem, gamma, offsets, curvature=False)
                continue
            size = 1.0
            for _ in range(60):
                new = evaluate(problem, gamma + size * step, offsets)
                least = value + 1e-4 * size * promised - 1e-12 * (1.0 + abs(value))
                if new[0] >= least:
                    break
                size *= 0.5
            else:
                return gamma, False, iteration, value, None
            gamma, (value, slope, curvature), fresh = gamma + size * step, new, True
    return gamma, False, max_iterations, value, None


def _refuse_separation(problem: Problem, gamma: Array, *, prove: bool = True) -> None:
    """Raise a SeparationError if a direction along which nothing falls exists."""
    cone = problem.family._cone(problem)
    direction = recession(cone, gamma, search=prove)
    if direction is None:
        return
    kind = "completely"
    if cone.margins(direction).min() <= 0:
        complete = recession(cone, direction, strict=True)
        kind, direction = (
            (kind, complete) if complete is not None else ("quasi-completely", direction)
        )
    theta = problem.theta(direction, np.zeros(len(problem.names)))
    theta /= np.abs(theta).max()
    moving = [i for i in np.argsort(-np.abs(theta)) if theta[i] != 0]
    named = " ".join(f"{theta[i]:+.3g} {problem.names[i]}" for i in sorted(moving[:6]))
    named += " and smaller parts" * (len(moving) > 6)
    raise SeparationError(
        f"{problem.family.__name__} has no maximum likelihood estimate: {problem.family._separated.format(kind=kind)} "
        f"along the direction {named}; the coefficients run to infinity along it. "
        "Drop a column, merge classes, gather more data, or hold a coefficient with fixed={...}",
        direction=theta,
    )
