"""Newton's climb on any log-likelihood of rows, concave or not, in well-conditioned columns, and the curvature there.

The climb is that of the families, `mlecore.climbing`: here it is told what a pass over the rows gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg

from ..climbing import Top, climb, look
from ..domains import Domain, Layout
from ..inference.information import in_own_units, invert
from .irls import evaluate
from .problem import Problem

__all__ = ["Penalty", "ascend", "covariance_in_columns", "settle"]

Array = np.ndarray
#: what a prior adds to the log-likelihood at coefficients of well-conditioned columns, with slope and Hessian
Penalty = Callable[[Array], tuple[float, Array, Array]]
# A climb ends where what is left is a millionth of a standard error; a step that promises more nats a row is not near.
_SETTLED, _NEAR = 1e-6, 0.1


class _InColumns:
    """The log-likelihood in the coordinates of well-conditioned columns, as a climb asks for it: of one vector."""

    in_one_pass = True
    #: its rows lie in memory
    costly = False

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


def settle(
    problem: Problem,
    gamma: Array,
    offsets: Array | None,
    curvature: Array | None = None,
    *,
    passes: int = 12,
) -> tuple[Top, Array | None]:
    """Close in on the top from nearby, where the curvature hardly changes; return it, and the last curvature.

    Newton's steps with a curvature that is kept while it serves, as a pass for the slope alone costs half. `curvature` is
    one to take the first step with. The length of a step, in standard errors, is the root of what it promises to gain. A
    place that is not near, or is no top, is left to `ascend`: then it has not converged.
    """
    place, fresh = _InColumns(problem, offsets, None), curvature is None
    layout, free, before = place.layout, place.free, np.inf
    u = layout.to_real(gamma[None], free)

    def ends(converged: bool, value: float, count: int) -> tuple[Top, Array | None]:
        facts = (np.array([fact]) for fact in (value, converged, count))
        return Top(gamma[None], *facts), curvature

    with np.errstate(all="ignore"):
        for count in range(1, passes + 1):
            value, slope, own = evaluate(problem, gamma, offsets, curvature=fresh)
            curvature = own if fresh else curvature
            view = look(place, u, (slope[None], -curvature[None]))  # type: ignore[index]
            try:
                step = linalg.cho_solve(linalg.cho_factor(-view.curvature[0]), view.slope[0])
            except (linalg.LinAlgError, ValueError):
                return ends(False, value, count)
            gain = float(view.slope[0] @ step)
            length = np.sqrt(max(gain, 0.0))
            shrinks = length / before
            if not (shrinks < 0.5 and gain < _NEAR * problem.rows.n):
                return ends(False, value, count)
            u, before = u + step, length
            gamma = layout.from_real(u, free)[0][0]
            if length * (shrinks or 1.0) <= _SETTLED:
                return ends(True, value + 0.5 * gain, count)
            fresh = not (fresh or 0.0 < shrinks <= 0.02)
        return ends(False, value, count)


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
