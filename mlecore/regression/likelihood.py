"""The likelihood of a regression: climbed, and inverted, in coordinates that keep the digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from ..arrays import insist_same_index
from ..errors import DataError, RegularityError
from ..likelihood import Likelihood, Maximum
from ..products import gram, one_thread
from .ascent import Penalty, ascend, covariance_in_columns
from .problem import Problem

__all__ = ["RegressionLikelihood"]

Array = np.ndarray


class RegressionLikelihood(Likelihood):
    """The likelihood of a regression, its data held fixed; data are a pair (X, y), or rows.

    >>> from mlecore import PoissonRegression
    >>> likelihood = RegressionLikelihood(PoissonRegression, ([0.0, 0.0, 1.0], [1, 3, 6]))
    >>> round(likelihood.maximize().params["x1"], 6)
    1.098612
    """

    def __init__(
        self,
        family: Any,
        data: Any,
        *,
        weights: ArrayLike | None = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(family, data, weights=weights, fixed=fixed)
        self._kept: list[Any] = [None]

    def maximize(
        self,
        *,
        fixed: Mapping[str, Any] | None = None,
        start: ArrayLike | None = None,
        max_iterations: int = 100,
    ) -> Maximum:
        """Climb to the maximum by Newton steps on standardised columns.

        It has a start of its own, and `start` is not needed. Where the likelihood is concave, as with the logit and with the
        logarithm of a Poisson's rate, every start leads to the same top.

        Parameters
        ----------
        fixed : more parameters to hold, with values that may be arrays (a grid, for a profile).
        max_iterations : after so many Newton steps the climb is given up.

        Raises
        ------
        SeparationError : where a direction never lowers the probability of any observation.
        DataError : for columns that cannot be told apart.
        """
        here = self.given(fixed)
        rows, size = here.statistic, len(here.layout.names)
        grid = np.broadcast_shapes(*(np.shape(v) for v in here.held.values()))
        with one_thread(rows.wide):
            problem, guess = here._problem()
        tops = []
        for index in np.ndindex(grid):
            held = np.zeros(size)
            for i, value in here.held.items():
                held[i] = value[index] if np.ndim(value) else value
            with one_thread(rows.wide):
                theta, converged, iterations, guess, value = here._reach(
                    problem, held, guess, max_iterations
                )
            if converged:
                here._kept[0] = (here._kept[0][0], problem, guess)
            if value is None:
                value = here.layout.distribution(theta, {})._log_likelihood(rows)
            tops.append((theta, value, converged, iterations))
        theta, value, converged, iterations = (
            np.array(column).reshape(grid + np.shape(column[0]))
            for column in zip(*tops, strict=True)
        )
        dist = here.layout.distribution(theta, {})
        return Maximum(dist.params, value[()], converged[()], iterations[()], theta, dist)

    def _penalty(self, problem: Problem, held: Array) -> Penalty | None:
        """Return what priors add in well-conditioned columns; None where there are none."""
        return None

    def _reach(
        self, problem: Problem, held: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, Array | None, float | None]:
        """Climb to the maximum with some coefficients held."""
        penalty = self._penalty(problem, held)
        if penalty is None:
            return self.family._reach(problem, held, guess, max_iterations)
        offsets = problem.offsets(held)
        start = self._start(problem, held) if guess is None else guess
        top = ascend(problem, start, offsets, max_iterations, penalty)
        if guess is not None and not top.converged[0]:
            return self._reach(problem, held, None, max_iterations)
        theta, height, converged, iterations = (column[0] for column in top)
        return problem.theta(theta, held), bool(converged), int(iterations), theta, float(height)

    def _start(self, problem: Problem, held: Array) -> Array:
        """Return the coefficients to climb from."""
        return self.family._first_guess(problem, problem.offsets(held))

    def insist_numbers(self) -> None:
        """Raise where what is held is no single number."""
        for i, value in self.held.items():
            if np.ndim(value):
                raise DataError(
                    f"fixed {self.layout.names[i]} must be one number, got shape {np.shape(value)}; "
                    "for the likelihood along a grid of values use fit.likelihood.profile"
                )

    def over_rows(self, member: Any, function: Callable[[Any], Array]) -> float:
        """Return the sum over all rows of one number for each, which a function tells of a member of the regression."""
        return float(member.rows.sum(function(member)))

    def anew(self, rows: Any) -> RegressionLikelihood:
        """Return the likelihood of other rows, the same held."""
        return RegressionLikelihood(self.family, rows, fixed=self.held_by_name)

    def highest(self, near: Array | None = None) -> Maximum:
        """Return the maximum, for which `near` is not needed.

        >>> from mlecore import PoissonRegression
        >>> likelihood = RegressionLikelihood(PoissonRegression, ([0.0, 0.0, 1.0], [1, 3, 6]))
        >>> round(likelihood.highest().params["x1"], 6)
        1.098612
        """
        return self.maximize()

    def profile(self, name: str, grid: ArrayLike) -> Array:
        """Return max l over the other parameters, at each value of one parameter.

        It is NaN outside the domain, and where the climb does not arrive: a thousand standard errors
        away the classes are all but certain, and the likelihood is too flat or too steep for its steps.

        Raises
        ------
        DataError : for a parameter that there is not.

        >>> from mlecore import LogisticRegression
        >>> likelihood = RegressionLikelihood(LogisticRegression, ([0.0, 1, 2, 3], [0, 1, 0, 1]))
        >>> likelihood.profile("x1", [0.0, 1e9]).round(4)
        array([-2.7726,     nan])
        """
        grid = np.asarray(grid, dtype=float)
        valid = np.asarray(self.layout.domain(self.layout.index(name)).contains(grid))
        values = np.full(grid.shape, np.nan)
        if valid.any():
            top = self.maximize(fixed={name: grid[valid]})
            values[valid] = np.where(top.converged, top.log_likelihood, np.nan)
        return values[()]

    def _problem(self) -> tuple[Problem, Array | None]:
        """Return the standardised columns, and where the last climb on them ended.

        Those of the last restriction are kept, in a place that all restrictions of one likelihood
        share: a profile asks for them again and again.
        """
        key = tuple(int(i) for i in self.free)
        if self._kept[0] is None or self._kept[0][0] != key:
            self._kept[0] = (key, Problem.of(self), None)
        return self._kept[0][1:]

    def let_go(self) -> None:
        """Give up what climbs have kept, but for the scales of columns that were not copied: the errors ask for them too."""
        kept, self._kept[0] = self._kept[0], None
        if kept is None:
            return
        key, problem, _ = kept
        pairs = zip(problem.bases, problem.designs, strict=True)
        if all(basis.X is design.X for basis, design in pairs):
            fresh = {id(basis): replace(basis) for basis in problem.bases}
            bases = tuple(fresh[id(basis)] for basis in problem.bases)
            self._kept[0] = (key, replace(problem, bases=bases, measured={}), None)

    def covariance(
        self, theta: Array, kind: str = "observed", clusters: ArrayLike | None = None
    ) -> Array:
        """Return the covariance matrix of the free scalars at a maximum.

        The information is A'A with A the weighted columns. Its inverse comes from A = QR, so that the
        condition number of the columns is not squared: an offset of 1e6 costs six digits, not twelve.

        Parameters
        ----------
        theta : the free scalars.
        kind : "observed", "expected" or "sandwich".
        clusters : for the sandwich, one label a row: scores are summed within a cluster before they are squared.

        Raises
        ------
        RegularityError : where the information is singular.
        """
        theta = np.asarray(theta, dtype=float)
        if theta.ndim > 1:
            return np.array([self.covariance(t, kind, clusters) for t in theta])
        with one_thread(self.statistic.wide):
            return self._covariance_of(theta, kind, self._labels(clusters, kind))

    def _covariance_of(self, theta: Array, kind: str, clusters: Array | None) -> Array:
        return self.family._covariance_of(self, theta, kind, clusters)

    def _in_columns(
        self, theta: Array, kind: str, clusters: Array | None, penalty: Penalty
    ) -> Array:
        return covariance_in_columns(self, theta, kind, clusters, penalty)

    def _labels(self, clusters: Any, kind: str) -> Array | None:
        """Return the clusters as numbers from 0 on."""
        if clusters is None:
            return None
        insist_same_index("clusters", clusters, "the rows of the fit", self.statistic)
        labels = np.asarray(clusters, dtype=object)
        if labels.shape != (self.statistic.width,):
            raise DataError(
                f"clusters must have one label for each of the {self.statistic.width} rows, got shape {labels.shape}"
            )
        missing = [i for i, label in enumerate(labels) if _is_missing(label)]
        if missing:
            raise DataError(
                f"{len(missing)} of the clusters' labels are missing, the first at index {missing[0]}: say to which cluster "
                "these rows belong, or fit without them"
            )
        if kind != "sandwich":
            raise DataError("clusters belong to the sandwich: give kind='sandwich'")
        number: dict[Any, int] = {}
        try:
            numbered = np.array([number.setdefault(label, len(number)) for label in labels])
        except TypeError as error:
            raise DataError(f"clusters must hold numbers or words as labels ({error})") from error
        if len(number) == 1:  # its scores add up to zero at the estimate
            raise DataError(
                f"all rows belong to one cluster, {labels[0]!r}, which says nothing of how clusters differ: the sandwich needs "
                "several, better many"
            )
        return numbered

    def _covariance(self, theta: Array, kind: str, clusters: Array | None) -> Array:
        member = self.layout.distribution(self._full(theta), {})
        R = self._information_root(member, kind)
        if not R.size:
            return R
        inverse = linalg.solve_triangular(R, np.eye(len(R)))
        if kind != "sandwich":
            return inverse @ inverse.T
        U = self.summed(member._row_scores()[:, self.free], clusters)
        U = linalg.solve_triangular(R, U.T, trans="T")
        spread = inverse @ U
        return spread @ spread.T

    def summed(self, scores: Array, clusters: Array | None) -> Array:
        """Return the scores of rows, weighted as the sandwich needs them, summed within clusters."""
        w = self.statistic.counts()[:, None]
        if clusters is None:
            return scores * np.sqrt(w)
        sums = np.zeros((clusters.max() + 1, scores.shape[1]))
        np.add.at(sums, clusters, scores * w)
        return sums

    def _information_root(self, member: Any, kind: str) -> Array:
        """Return the triangle R with R'R the information of the free scalars, or refuse a singular one."""
        count = len(self.layout.names) - len(self.family.others)
        scalars = self.free[self.free < count]
        R = np.zeros((0, scalars.size))
        for part in self.statistic.blocks():
            A = member._information_roots(part)[:, scalars]
            R = np.linalg.qr(np.vstack([R, A]), mode="r")
        others = np.sqrt(member._other_information(kind)[self.free[self.free >= count] - count])
        R = linalg.block_diag(R, np.diag(others))
        size = np.sqrt((R * R).sum(axis=0))
        flat = np.abs(np.diagonal(R)) <= 1e-13 * size
        if not np.isfinite(R).all() or flat.any():
            raise RegularityError(
                "the information matrix is singular: the data do not determine all coefficients "
                "together, or the classes are all but separated; fix one of them, or drop a column"
            )
        return R

    def score_products(self, theta: Array) -> Array:
        """Return sum_i w_i u_i u_i', with u_i the score of row i."""
        u = self.layout.distribution(self._full(theta), {})._row_scores()[:, self.free]
        return gram(self.statistic.weighted(u.T).T, u)


def _is_missing(label: Any) -> bool:
    """Say whether a label is None, NaN, or what pandas writes for them."""
    return label is None or type(label).__name__ in ("NAType", "NaTType") or label != label
