"""Poisson regression: the logarithm of a rate is linear in the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ..errors import SeparationError
from ..families import Poisson
from ..numerics import deviance
from ..statistics import saturated_poisson
from .climbed import Climbed
from .observations import Observations
from .problem import Problem
from .separation import Cone, refuse_lone_columns

__all__ = ["PoissonRegression"]

Array = np.ndarray


class PoissonRegression(Climbed):
    """y | x is Poisson with rate exp(b0 + x'b): counts whose logarithmic rate is linear.

    The score is X'(y - rate) and the information X' diag(rate) X. exp(b) is the factor of the rate
    for one unit of its column. Source: Nelder and Wedderburn (1972).

    >>> PoissonRegression.fit([0.0, 0.0, 1.0], [1, 3, 6]).predict([0.0, 1.0]).round(6)
    array([2., 6.])
    """

    _takes_sparse = True
    followed = ("rate",)
    _support = "a count 0, 1, 2, ..."
    _separated = "the columns {kind} separate rows whose y is 0 from the rest"

    @classmethod
    def _possible(cls, y: Array) -> Array:
        return (y >= 0) & (y == np.floor(y))

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        if rows.intercept and 0 in free and not rows.y.any():
            direction = np.zeros(len(rows.coefficients))
            direction[0] = -1.0
            raise SeparationError(
                "PoissonRegression has no maximum likelihood estimate: y is 0 in every row, so the intercept "
                "runs to minus infinity",
                direction=direction,
            )
        refuse_lone_columns(cls, rows, free, [(0.0, -1.0)])

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        eta = eta[0]
        rate = np.exp(eta)
        return y * eta - rate, (y - rate)[None], lambda a, b: rate

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        eta = eta[..., 0, :]
        with np.errstate(over="ignore"):
            rate = np.exp(eta)
        term = saturated_poisson(y) - deviance(y, rate)
        # A rate that no double holds is known by its logarithm alone.
        beyond = (rate == 0) | np.isinf(rate)
        if beyond.any():
            lost = np.where(rate == 0, y * eta - special.gammaln(y + 1.0), -np.inf)
            term = np.where(beyond, lost, term)
        return term

    @classmethod
    def _first_guess(cls, problem: Problem, offsets: Array | None) -> Array:
        # One least-squares fit of log(y + 1/2) with the weights that these rates would have: from
        # zero, the first Newton step of a log link overshoots by orders of magnitude.
        y, w, basis = problem.rows.y, problem.rows.counts(), problem.bases[0]
        offset = np.zeros(y.size) if offsets is None else offsets[0]
        v, target = (y + 0.5) * w, np.log(y + 0.5) - offset
        gamma = basis.least_squares(target, v)
        # A distant row that weighs little can get an absurd rate, from which no step leads back: then
        # one rate for all is the safer start.
        level = np.log((y + 0.5) @ w / w.sum())
        excess = w @ np.exp(np.minimum(basis.apply(gamma) + offset - level, 700.0)) / w.sum()
        return gamma if excess < 1e6 else basis.least_squares(np.full(y.size, level))

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        tight, basis = problem.rows.y > 0, problem.bases[0]
        return Cone(
            lambda d: -basis.apply(d),
            lambda i: -basis.rows(i),
            basis.gather(np.where(tight, 0.0, -1.0)),
            tight,
        )

    def _draw(self, rng: np.random.Generator) -> Array:
        return rng.poisson(np.exp(self.eta()[0])).astype(float)

    def distribution(self) -> Poisson:
        """Return the Poisson at each row, as one batch."""
        eta = self.eta()[..., 0, :]
        return Poisson(rate=np.exp(eta))

    def predict(self, X: Any, offset: Any = None) -> Array:
        """Return the rate, the mean of y, at each row of X; infinite where no double can hold it."""
        with np.errstate(over="ignore"):
            return np.exp(self.eta_at(X, offset)[..., 0, :])
