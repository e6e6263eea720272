"""Iteratively reweighted least squares: Newton's method on the rows of a regression.

A pass over the rows gives the log-likelihood, its slope X'(y - mean) and its curvature X'WX. Near the
top of many rows most passes leave the curvature out, and none copies the columns.

Source: Nelder and Wedderburn (1972); for the stopping rule, the self-concordance of these likelihoods
(Bach 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from .basis import MANY_ROWS, Basis
from .columns import row_blocks
from .problem import Problem
from .separation import refuse_separation
from .sparse import Sparse, solver

__all__ = ["SUSPICIOUS", "climb", "evaluate"]

Array = np.ndarray

# Of so many columns the curvature costs five times what a slope does, and more.
_WIDE = 100
# Newton steps after which separation is looked for.
SUSPICIOUS = 15


def evaluate(
    problem: Problem, gamma: Array, offsets: Array | None, *, curvature: bool = True
) -> tuple[float, Array, Any]:
    """Return the log-likelihood, its slope and minus its Hessian, in one pass over the rows.

    Rows are taken a block at a time, so that whatever is computed from them stays in the cache.
    Without `curvature` the Hessian, two thirds of the work, stays zero.
    """
    rows, bases, cuts = problem.rows, problem.bases, problem.cuts
    member = problem.family(rows, gamma)
    inner = [basis.inner @ gamma[cut] for basis, cut in zip(bases, cuts, strict=True)]
    value, slope = 0.0, np.zeros(gamma.size)
    one = bases[0] if len(bases) == 1 else None
    if one is not None and isinstance(one.X, Sparse):
        return _evaluate_sparse(member, one, inner[0], offsets, curvature)
    hessian = np.zeros((gamma.size, gamma.size))
    for part in row_blocks(max((b.X for b in bases), key=lambda X: X.shape[1])):
        X = [basis.X[part] for basis in bases]
        eta = np.empty((len(bases), len(X[0])))
        for a, (x, b, basis) in enumerate(zip(X, inner, bases, strict=True)):
            eta[a] = x @ b[1:] + b[0] if basis.ones else x @ b
        if offsets is not None:
            eta += offsets[:, part]
        w = None if rows.weights is None else rows.weights[part]
        term, residual, weight = member._derivatives_in(part, eta)
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


def _evaluate_sparse(
    member: Any, basis: Basis, b: Array, offsets: Array | None, curvature: bool
) -> tuple[float, Array, Any]:
    """Return the same of one predictor of sparse columns; the curvature is sparse too."""
    rows, X = member.rows, basis.X
    eta = (X @ b[1:] + b[0] if basis.ones else X @ b)[None]
    if offsets is not None:
        eta += offsets
    term, residual, weight = member._derivatives_in(slice(None), eta)
    slope = basis.gather(rows.weighted(residual[0]))
    hessian = None
    if curvature:
        hessian = basis.inner @ X.products(rows.weighted(weight(0, 0)), basis.ones) @ basis.inner
    return float(rows.sum(term)), slope, hessian


def _with_ones(sums: Array, first: Any) -> Array:
    return sums if first is False else np.concatenate([[first], sums])


def _products(A: Array, B: Array, v: Array, ones_a: bool, ones_b: bool) -> Array:
    """Return A' diag(v) B, each with a column of ones before it where it says so."""
    if not A.shape[1]:
        middle = np.zeros((0, B.shape[1]))
    elif A is B or (A.base is B.base and A.shape == B.shape and np.shares_memory(A, B)):
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
    nearby: Any = None,
) -> tuple[Array, bool, int, float, Any]:
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
    many = problem.rows.y.size >= MANY_ROWS and not rough
    wide = gamma.size >= _WIDE
    enough = 1e-2 if rough else 1e-8 if many else 1e-10
    fresh, length, solve = nearby is None, np.inf, None
    with np.errstate(all="ignore"):
        value, slope, hessian = evaluate(problem, gamma, offsets, curvature=fresh)
        curvature = hessian if fresh else nearby
        for iteration in range(1, max_iterations + 1):
            try:
                if fresh or solve is None:
                    solve = solver(curvature)
                step = solve(slope)
            except (linalg.LinAlgError, ValueError):
                if not rough:
                    refuse_separation(problem, gamma)
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
                refuse_separation(problem, gamma, prove=iteration >= 2 * SUSPICIOUS)
            slow = shrinks > (0.2 if length > 1e-3 or wide else 0.03) and not fresh
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
