"""Regressions whose maximum has to be climbed to."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .design import MANY_ROWS
from .irls import SUSPICIOUS, climb
from .model import Regression
from .problem import Problem
from .separation import Cone

__all__ = ["Climbed"]

Array = np.ndarray


class Climbed(Regression):
    """A regression whose maximum has to be climbed to."""

    #: how a separation is told; {kind} is "completely" or "quasi-completely"
    _separated: ClassVar[str] = ""
    #: whether `_derivatives` gives log-probabilities whole, without leaving constants out
    _whole: ClassVar[bool] = False

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
        if rows < max(MANY_ROWS, 500 * size):
            return None, None
        gamma = nearby = None
        for step in (25, 5):
            few = offsets if offsets is None else offsets[:, ::step]
            part = problem.sample(step)
            if gamma is None:
                gamma = cls._first_guess(part, few)
            gamma, close, _, _, nearby = climb(part, gamma, few, 2 * SUSPICIOUS, rough=True)
            if not close:
                return None, None
        return gamma, step * nearby

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
