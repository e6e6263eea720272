"""Priors on the coefficients of a regression: the likelihood times densities of some of them, or times Jeffreys' prior.

Jeffreys' prior is the root of the determinant of the expected information. For a canonical link its mode is Firth's
estimate, which exists where classes are separated.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..errors import DataError
from ..habits import called_here
from ..priors import Penalised
from .ascent import Penalty
from .irls import evaluate
from .likelihood import RegressionLikelihood
from .problem import Problem

__all__ = ["PenalisedRegression"]

Array = np.ndarray

# How far predictors are moved for the slope of the information, and coefficients for that of the slope.
_STEP = 1e-4


class PenalisedRegression(Penalised, RegressionLikelihood):
    """A regression's likelihood times priors; made by `prior=` of a fit.

    >>> from mlecore import LogisticRegression, Normal
    >>> m = LogisticRegression.fit([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], prior={"x1": Normal(0, 1)})
    >>> m.penalised, round(m.params["x1"], 4)
    (True, 0.9583)
    """

    #: of Jeffreys' prior, the columns whose information it is of
    whole: Problem | None = None

    @classmethod
    def of(cls, likelihood: Any, prior: Any) -> Self:
        """Return a likelihood times priors, {name: distribution}, or times Jeffreys' prior, "jeffreys".

        Raises
        ------
        DataError : for a name that is no free scalar, what is no continuous distribution of a number, or Jeffreys' prior of
            more than the coefficients of one predictor.
        """
        if isinstance(prior, Mapping):
            return super().of(likelihood, prior)
        if not (isinstance(prior, str) and prior == "jeffreys"):
            raise DataError(
                f"prior takes distributions by the names of coefficients, as in {{'x1': Normal(0, 1)}}, or 'jeffreys'; "
                f"got {prior!r}{called_here(prior, ('jeffreys',))}"
            )
        self = copy.copy(likelihood)
        self.__class__ = cls
        self.prior = prior
        self.whole = Problem.of(likelihood).expecting()
        sizes = [basis.size for basis in self.whole.bases]
        if sum(size > 0 for size in sizes) != 1 or likelihood.family.others:
            raise DataError(
                "Jeffreys' prior is offered for the coefficients of one predictor, with all other parameters known: hold "
                "those with fixed={...}, or give distributions by name"
            )
        return self

    @property
    def bare(self) -> Any:
        """The likelihood without the priors."""
        other = copy.copy(self)
        other.__class__ = RegressionLikelihood
        return other

    def anew(self, rows: Any) -> Any:
        """Return the same for other rows."""
        return type(self).of(super().anew(rows), self.prior)

    def _start(self, problem: Problem, held: Array) -> Array:
        """Return the usual coefficients to climb from, those outside their prior's support moved to its median.

        The predictor at the middle of the data stays where it was, as far as its intercept is free to make up.
        """
        gamma = super()._start(problem, held)
        if not isinstance(self.prior, Mapping):
            return gamma
        theta = problem.theta(gamma, held)
        for name, d in self.prior.items():
            i, (low, high) = self.layout.index(name), d._ends()
            if low < theta[i] < high:
                continue
            middle = float(d.ppf(0.5))
            for design, place in zip(problem.designs, problem.places, strict=True):
                first = place.start
                slope = design.intercept and first < i < place.stop
                if slope and first in self.free and self.layout.names[first] not in self.prior:
                    theta[first] -= (middle - theta[i]) * design.center[i - first - 1]
            theta[i] = middle
        return problem.gamma(theta)

    def at_ends(self, theta: Array) -> str:
        """Say which coefficients a climb has left at an end of their prior, if any."""
        if not isinstance(self.prior, Mapping):
            return ""
        stuck = []
        for name, d in self.prior.items():
            value, ends = theta[self.layout.index(name)], np.array(d._ends())
            near = 1e-3 * self.widths[name]
            stuck += [f"{name} at {end:g}" for end in ends if abs(value - end) < near]
        return (
            f". Its highest point may lie where the prior ends, {', '.join(stuck)}: no slope leads there. Choose a prior "
            "that reaches beyond, or one that is 0 at its end, such as Gamma(2, 1)"
            if stuck
            else ""
        )

    def _penalty(self, problem: Problem, held: Array) -> Penalty:
        free, T = self.free, problem.jacobian

        def penalty(gamma: Array) -> tuple[float, Array, Array]:
            with np.errstate(all="ignore"):
                full = problem.theta(gamma, held)
                value = float(self._of_priors(full, 0))
                if not np.isfinite(value):  # outside a prior's support, where the climb turns back
                    return -np.inf, np.zeros(gamma.size), np.zeros((gamma.size,) * 2)
                slope = self._of_priors(full, 1)[free]
                hessian = self._of_priors(full, 2)[free[:, None], free]
                return value, T.T @ slope, T.T @ hessian @ T

        return penalty

    def _covariance_of(self, theta: Array, kind: str, clusters: Array | None) -> Array:
        problem, _ = self._problem()
        penalty = self._penalty(
            problem, self._full(theta) * ~np.isin(self.layout.everything, self.free)
        )
        return self._in_columns(theta, kind, clusters, penalty)

    def _of_priors(self, full: Array, trailing: int) -> Array:
        if self.whole is None:
            return super()._of_priors(full, trailing)
        flat = full.reshape(-1, full.shape[-1])
        values = np.array([self._jeffreys(theta, trailing) for theta in flat])
        return values.reshape(full.shape[:-1] + values.shape[1:])

    def _jeffreys(self, theta: Array, trailing: int) -> Array:
        """Return half the logarithm of the determinant of the information, its slope or its Hessian."""
        whole, p = self.whole, theta.size
        assert whole is not None
        gamma, offsets = whole.gamma(theta), whole.offsets(theta)
        if trailing == 0:
            information = evaluate(whole, gamma, offsets)[2]
            return np.asarray(0.5 * np.linalg.slogdet(information)[1])
        places = np.concatenate(
            [c.start + f for c, f in zip(whole.places, whole.free, strict=True)]
        )
        back = np.linalg.inv(whole.jacobian)  # from coefficients to those of the columns
        if trailing == 1:
            slope = np.zeros(p)
            slope[places] = self._slope(whole, gamma, offsets) @ back
            return slope
        steps = _STEP * np.eye(gamma.size)
        rows = [
            (self._slope(whole, gamma + h, offsets) - self._slope(whole, gamma - h, offsets))
            / (2.0 * _STEP)
            for h in steps
        ]
        hessian = np.zeros((p, p))
        own = np.array(rows)
        hessian[np.ix_(places, places)] = back.T @ (0.5 * (own + own.T)) @ back
        return hessian

    @staticmethod
    def _slope(whole: Problem, gamma: Array, offsets: Array | None) -> Array:
        """Return the slope of half the log-determinant: half the sum of w'_i h_i z_i, with h_i = z_i' I^-1 z_i."""
        k = next(a for a, basis in enumerate(whole.bases) if basis.size)
        rows, basis = whole.rows, whole.bases[k]
        eta = np.zeros((len(whole.bases), len(rows.y))) if offsets is None else offsets.copy()
        eta[k] += basis.apply(gamma)
        member = whole.family(rows, gamma)
        move = np.zeros(eta.shape)
        move[k] = _STEP
        up, here, down = (
            member._derivatives(eta + s * move, rows.y)[2](k, k) for s in (1.0, 0.0, -1.0)
        )
        Z = basis.rows()
        information = Z.T @ (Z * rows.weighted(here)[:, None])
        h = (np.linalg.solve(information, Z.T) * Z.T).sum(axis=0)
        return 0.5 * basis.gather(rows.weighted(h * (up - down) / (2.0 * _STEP)))
