"""How the regression of any parameters of any family is climbed: from where all rows are alike, or from some of many rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..domains import Real
from .ascent import ascend, settle
from .basis import MANY_ROWS
from .problem import Problem
from .sparse import Sparse

__all__ = ["first_guess", "reach"]

Array = np.ndarray


def first_guess(problem: Problem, offsets: Array | None) -> Array:
    """Return where all rows are alike, as the family begins with them."""
    rows, model = problem.rows, problem.rows.y.model
    start = rows.y.rough(rows.weights)
    gamma = np.zeros(problem.cuts[-1].stop)
    for k, (name, basis, cut) in enumerate(
        zip(model.parameters, problem.bases, problem.cuts, strict=True)
    ):
        if not basis.size:
            continue
        with np.errstate(all="ignore"):
            level = float(np.asarray(model.links[k].to(np.asarray(start[name]))))
        lead = 0.0 if offsets is None else offsets[k]
        level = (level if np.isfinite(level) else 0.0) - float(np.mean(lead))
        gamma[cut] = basis.least_squares(np.full(len(rows.y), level))
    return gamma


def _approach(problem: Problem, offsets: Array | None) -> tuple[Array | None, Array | None]:
    """Return where to start on many rows, and nearly the curvature there, from a few of them, then a step from more."""
    some = problem.sample(25), problem.sample(5)
    few = [offsets if offsets is None else offsets[:, ::step] for step in (25, 5)]
    gamma = first_guess(some[0], few[0])
    for steps in (4, 16):  # most need few
        gamma = ascend(some[0], gamma, few[0], steps).theta[0]
        if not np.isfinite(gamma).all():
            return None, None
        top, curvature = settle(some[1], gamma, few[1], passes=1)
        if curvature is not None and (top.theta[0] != gamma).any():
            return top.theta[0], 5.0 * curvature
    return gamma, None


def reach(
    family: Any, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
) -> tuple[Array, bool, int, Array, float | None]:
    """Return the maximum over what is free, as `Regression._reach` does."""
    offsets, size = problem.offsets(theta), problem.cuts[-1].stop
    if not size:
        return theta, True, 0, np.zeros(0), None
    if isinstance(problem.rows.X, Sparse):
        own = family._in_short(problem.rows)
        same = replace(problem, family=type(own), rows=own.rows)
        return type(own)._reach(same, theta, guess, max_iterations)
    top = near = None
    if len(problem.rows.y) >= max(MANY_ROWS, 500 * size):
        gamma, near = (guess, None) if guess is not None else _approach(problem, offsets)
        if gamma is not None:
            top, near = settle(problem, gamma, offsets, near)
    if top is None or not top.converged[0]:
        near = None
        gamma = first_guess(problem, offsets) if guess is None else guess
        top = ascend(problem, gamma, offsets, max_iterations)
    if guess is not None and not top.converged[0]:
        return reach(family, problem, theta, None, max_iterations)
    for other in _elsewhere(problem, top.theta[0]):
        again = ascend(problem, other, offsets, max_iterations)
        if again.converged[0] and again.log_likelihood[0] > top.log_likelihood[0]:
            top, near = again, None
    problem.measured.clear()
    if near is not None:
        problem.measured["curvature"] = near
    gamma = top.theta[0]
    return (
        problem.theta(gamma, theta),
        bool(top.converged[0]),
        int(top.iterations[0]),
        gamma,
        # Formulas that leave constants out do not tell the height.
        float(top.log_likelihood[0]) if family(problem.rows, gamma)._whole else None,
    )


def _elsewhere(problem: Problem, gamma: Array) -> list[Array]:
    """Return other places to climb from, where a shape that may have either sign has come to rest at zero.

    There the likelihood of a SkewNormal is level whatever the data are.
    """
    model, places = problem.rows.y.model, []
    for k, (name, cut) in enumerate(zip(model.parameters, problem.cuts, strict=True)):
        shape = type(model.layout.domain(k)) is Real and name not in model.family.units
        if shape and model.constant[k] and cut.stop > cut.start and abs(gamma[cut][0]) < 1e-3:
            for sign in (1.0, -1.0):
                places.append(gamma.copy())
                places[-1][cut] = 2.0 * sign
    return places
