"""Regressions whose maximum has to be climbed to."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .basis import MANY_ROWS
from .irls import SUSPICIOUS, climb, evaluate
from .model import Regression
from .problem import Problem
from .separation import Cone
from .sparse import Sparse, inverted

__all__ = ["Climbed"]

Array = np.ndarray

# The least share of a column's information that the other columns may leave, for products to keep ten digits.
_INDEPENDENT = 1e-6
# So many rows a coefficient of a part of them find the neighbourhood of the maximum.
_ROWS_EACH = 20


class Climbed(Regression):
    """A regression whose maximum has to be climbed to."""

    #: how a separation is told; {kind} is "completely" or "quasi-completely"
    _separated: ClassVar[str] = ""

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        """Return the conditions on a direction under which no observation's probability falls."""
        raise NotImplementedError

    @classmethod
    def _first_guess(cls, problem: Problem, offsets: Array | None) -> Array:
        """Return the coefficients to climb from."""
        return np.zeros(problem.cuts[-1].stop)

    @classmethod
    def _approach(
        cls, problem: Problem, offsets: Array | None
    ) -> tuple[Array | None, Array | None]:
        """Return where to start, and the curvature there, from a fifth of the rows, and a fifth of those.

        They find the neighbourhood, and nearly its curvature, at a fraction of the price of a pass.
        """
        rows, size = problem.rows.y.size, problem.cuts[-1].stop
        if isinstance(problem.rows.X, Sparse):  # a category may be empty in a part
            return None, None
        # Fewer rows a coefficient say too little, and may be separated where all of them are not.
        steps = [step for step in (25, 5) if rows >= max(MANY_ROWS, _ROWS_EACH * step * size)]
        gamma = nearby = None
        for step in steps:
            few = offsets if offsets is None else offsets[:, ::step]
            part = problem.sample(step)
            if gamma is None:
                gamma = cls._first_guess(part, few)
            gamma, close, _, _, nearby = climb(part, gamma, few, 2 * SUSPICIOUS, rough=True)
            if not close:
                return None, None
        return gamma, None if nearby is None else steps[-1] * nearby

    @classmethod
    def _covariance_of(cls, likelihood: Any, theta: Array, kind: str, clusters: Any) -> Array:
        """Invert the products of well-conditioned columns; where these lose digits, the columns themselves."""
        problem, _ = likelihood._problem()
        if len(problem.bases) > 1 or not problem.bases[0].size:
            return likelihood._covariance(theta, kind, clusters)
        full = likelihood._full(theta)
        information = evaluate(problem, problem.gamma(full), problem.offsets(full))[2]
        if isinstance(problem.rows.X, Sparse):
            information = information.toarray()
        inverse = inverted(information, 0.0 if isinstance(problem.rows.X, Sparse) else _INDEPENDENT)
        if inverse is None:
            return likelihood._covariance(theta, kind, clusters)
        inverse = problem.bases[0].carry(inverse)
        if kind != "sandwich":
            return inverse
        member = likelihood.layout.distribution(full, {})
        spread = inverse @ likelihood.summed(member._row_scores()[:, likelihood.free], clusters).T
        return spread @ spread.T

    @classmethod
    def _reach(
        cls, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, Array, float | None]:
        offsets = problem.offsets(theta)
        if not sum(f.size for f in problem.free):
            return theta, True, 0, np.zeros(0), None
        lead = 0.0
        if offsets is not None:
            offsets, lead = problem.cancel(offsets)
        gamma, nearby = guess, None
        if gamma is None:
            gamma, nearby = cls._approach(problem, offsets)
        if gamma is None:
            gamma = cls._first_guess(problem, offsets)
        gamma, converged, iterations, value, _ = climb(
            problem, gamma, offsets, max_iterations, nearby=nearby
        )
        if not converged and guess is not None:  # a start from afar; the usual one is safer
            return cls._reach(problem, theta, None, max_iterations)
        # Of few rows the log-likelihood is cheap to take once more, in the form that keeps all digits.
        height = value if cls._whole and problem.rows.y.size >= MANY_ROWS else None
        return problem.theta(gamma + lead, theta), converged, iterations, gamma, height
