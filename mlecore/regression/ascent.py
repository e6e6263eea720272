"""Newton's climb on any log-likelihood of rows, concave or not, in well-conditioned columns, and the curvature there.

The climb is that of the families, `mlecore.climbing`: here it is told what a pass over the rows gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..climbing import Top, climb
from ..domains import Domain, Layout
from ..inference.information import in_own_units, invert
from .irls import evaluate
from .problem import Problem

__all__ = ["Penalty", "ascend", "covariance_in_columns"]

Array = np.ndarray
#: what a prior adds to the log-likelihood at coefficients of well-conditioned columns, with slope and Hessian
Penalty = Callable[[Array], tuple[float, Array, Array]]


class _InColumns:
    """The log-likelihood in the coordinates of well-conditioned columns, as a climb asks for it: of one vector."""

    in_one_pass = True

    def __init__(self, problem: Problem, offsets: Array | None, penalty: Penalty | None) -> None:
        self.problem, self.offsets, self.penalty = problem, offsets, penalty
        domains: dict[str, Domain] = {}
        for k, (basis, place) in enumerate(zip(problem.bases, problem.places, strict=True)):
            for j in range(basis.size):
                domains[f"{k} {j}"] = problem.layout.domain(place.start)
        self.layout = Layout(domains, 1)
        self.free = self.layout.everything

    def at(self, rows: Any) -> _InColumns:
        return self

    def _terms(self, theta: Array) -> tuple[Array, Array, Array]:
        value, slope, curvature = evaluate(self.problem, theta[0], self.offsets)
        hessian = -curvature
        if self.penalty is not None:
            more = self.penalty(theta[0])
            value, slope, hessian = value + more[0], slope + more[1], hessian + more[2]
        return np.array([value]), slope[None], hessian[None]

    def _derivatives(self, theta: Array) -> tuple[Array, Array]:
        return self._terms(theta)[1:]

    def _evaluate(self, theta: Array, formula: str, trailing: int) -> Array:
        each = []
        for t in theta:
            value = evaluate(self.problem, t, self.offsets, curvature=False)[0]
            each.append(value if self.penalty is None else value + self.penalty(t)[0])
        return np.array(each)


def ascend(
    problem: Problem,
    gamma: Array,
    offsets: Array | None,
    max_iterations: int,
    penalty: Penalty | None = None,
) -> Top:
    """Climb from some coefficients of well-conditioned columns; of the answer's arrays the first entry counts."""
    return climb(_InColumns(problem, offsets, penalty), gamma[None], max_iterations)


def covariance_in_columns(
    likelihood: Any,
    theta: Array,
    kind: str,
    clusters: Array | None,
    penalty: Penalty | None = None,
) -> Array:
    """Invert the information in well-conditioned columns, and return the covariance matrix of the free scalars."""
    problem, _ = likelihood._problem()
    full = likelihood._full(theta)
    gamma, offsets = problem.gamma(full), problem.offsets(full)
    if kind == "expected":
        problem = problem.expecting()
    information = evaluate(problem, gamma, offsets)[2]
    if penalty is not None:
        information = information - penalty(gamma)[2]
    inverse = problem.jacobian @ invert(in_own_units(information), np.False_).matrix()
    if kind != "sandwich":
        return inverse @ problem.jacobian.T
    member = likelihood.layout.distribution(full, {})
    slope = member._derivatives(member.eta(), problem.rows.y)[1]
    U = [b.rows() * r[:, None] for b, r in zip(problem.bases, slope, strict=True) if b.size]
    spread = inverse @ likelihood.summed(np.hstack(U), clusters).T
    return spread @ spread.T
