"""Regression: families whose parameters follow from covariates.

A regression is a family of distributions of y given the rows of X. The linear predictor eta = b0 + X b
stands in for the family's canonical parameter: the logit of a Bernoulli, the logarithm of a Poisson's
rate, the log-odds of a Categorical's classes, the mean of a Normal. So the slope of the log-likelihood
is X'(y - mean) in all four, and Newton's method is Fisher scoring.

A fit is found on columns that are centred and scaled, and reported for the columns that were given.
Where no estimate exists, because a direction of the coefficients never lowers the probability of any
observation, a linear programme proves it and the error carries the direction.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .design import MANY_ROWS, Cone, columns, row_blocks
from .domains import Layout, Positive, Real, numeric, require_finite, require_weights
from .errors import (
    ConvergenceError,
    DataError,
    NoMLEError,
    RegularityError,
    SeparationError,
    SupportError,
)
from .fit import Fit
from .irls import SUSPICIOUS, Problem, climb
from .likelihood import Likelihood, Maximum
from .numerics import LOG_2PI, deviance
from .statistics import Statistic, saturated_poisson

__all__ = [
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "Regression",
    "RegressionFit",
    "SoftmaxRegression",
]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Observations(Statistic):
    """The rows of a regression, which are their own statistic.

    X has shape (n, p), y (n,), weights (n,) or None; `names` are the columns' and `classes` those of
    y; `center` is where the columns lie, roughly.

    >>> LogisticRegression.statistics(([[0.0], [1.0]], [0, 1])).names
    ('x1',)
    """

    X: Array
    y: Array
    weights: Array | None
    names: tuple[str, ...]
    intercept: bool
    center: Array
    classes: Array | None = None

    @property
    def width(self) -> int:
        return self.y.size

    @property
    def coefficients(self) -> tuple[str, ...]:
        """The names of one predictor's coefficients."""
        return ("intercept",) * self.intercept + self.names

    def isfinite(self) -> bool:
        return True

    def sum(self, terms: Array) -> Array:
        """Add up one term for each row, weighted."""
        return terms.sum(axis=-1) if self.weights is None else (terms * self.weights).sum(axis=-1)

    def take(self, rows: Any) -> Self:
        """Return some of the rows."""
        w = None if self.weights is None else self.weights[rows]
        n = float(self.y[rows].size) if w is None else w.sum()
        return replace(self, n=n, X=self.X[rows], y=self.y[rows], weights=w)

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if self.coefficients != other.coefficients or not np.array_equal(
            self.classes, other.classes
        ):
            raise DataError("these rows have other columns or classes, and cannot be merged")
        weights = None
        if self.weights is not None or other.weights is not None:
            parts = [np.ones(o.y.size) if o.weights is None else o.weights for o in (self, other)]
            weights = np.concatenate(parts)
        return replace(
            self,
            n=self.n + other.n,
            X=np.concatenate([self.X, other.X]),
            y=np.concatenate([self.y, other.y]),
            weights=weights,
        )


class _Layout(Layout):
    """Coefficients, and what else a regression has, as one vector; members know their rows."""

    def __init__(self, family: type[Regression], rows: Observations) -> None:
        domains = {name: Real() for name in family._coefficient_names(rows)}
        domains |= {name: Positive() for name in family.others}
        super().__init__(domains, 1, None)
        self.family, self.rows = family, rows

    def contains(self, theta: Array) -> Array:
        inside = np.isfinite(theta).all(axis=-1)
        for name in self.family.others:
            inside &= theta[..., self.slices[name].start] > 0
        return inside

    def distribution(self, theta: Array, known: Mapping[str, Array]) -> Any:
        return self.family(self.rows, theta)


@dataclass(frozen=True, eq=False, repr=False)
class Regression:
    """A conditional family; its subclasses are models, their instances say what y is at each row of X.

    `rows` are the observations that the model is conditioned on, `theta` the vector of parameters:
    the coefficients, intercept first, then whatever `others` names.
    """

    rows: Observations
    theta: Array

    #: the parameters beside the coefficients
    others: ClassVar[tuple[str, ...]] = ()
    irregular: ClassVar[tuple[str, ...]] = ()
    information_only_expected: ClassVar[str] = ""
    event_ndim: ClassVar[int] = 0

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    def statistics(
        cls,
        data: Any,
        weights: ArrayLike | None = None,
        *,
        axis: None = None,
        intercept: bool = True,
    ) -> Observations:
        """Check (X, y) and return their rows; rows pass through.

        Raises:
            DataError: shapes that do not match, values that are not finite numbers, impossible
                weights.
            SupportError: a y outside the model's support.
        """
        if isinstance(data, Observations):
            return data
        if not (isinstance(data, tuple) and len(data) == 2):
            raise DataError(
                f"{cls.__name__} needs its data as a pair (X, y), got {type(data).__name__}"
            )
        if axis is not None:
            raise DataError("a regression takes no axis: its observations are the rows of X")
        X, names, center = columns(data[0], reserved=("intercept",) * bool(intercept) + cls.others)
        y, classes = cls._response(data[1])
        if y.ndim != 1 or len(y) != len(X):
            raise DataError(
                f"y must be one-dimensional, one value for each of the {len(X)} rows of X; got shape {y.shape}"
            )
        w = None
        if weights is not None:
            w = numeric(weights, "weights")
            if w.shape != y.shape:
                raise DataError(
                    f"weights must have shape {y.shape}, one for each row of X; got {w.shape}"
                )
            require_weights(w)
            if not w.all():  # a row of weight zero is no observation
                X, y, w = X[w > 0], y[w > 0], w[w > 0]
                if classes is not None:
                    seen = np.unique(y)
                    y, classes = np.searchsorted(seen, y), classes[seen]
        n = float(len(y)) if w is None else float(w.sum())
        if len(X) < MANY_ROWS:  # the caller's arrays may change, a fit may not
            X = X.copy()
        y, w = y.copy(), None if w is None else w.copy()
        return Observations(n, X, y, w, names, bool(intercept), center, classes)

    @classmethod
    def _response(cls, y: Any) -> tuple[Array, Array | None]:
        values = numeric(y, "y")
        require_finite(values, "y")
        bad = ~cls._possible(values)
        if bad.any():
            first = tuple(np.argwhere(bad)[0])
            where = ", ".join(str(int(i)) for i in first)
            raise SupportError(
                f"{cls.__name__} needs y to be {cls._support}; y[{where}] = {values[first]:g} is not "
                f"({int(bad.sum())} of {values.size} values are not). Recode y, or choose another model"
            )
        return values, None

    _support: ClassVar[str] = "a real number"

    @classmethod
    def _possible(cls, y: Array) -> Array:
        return np.isfinite(y)

    @classmethod
    def _layout(cls, rows: Observations) -> _Layout:
        return _Layout(cls, rows)

    @classmethod
    def _coefficient_names(cls, rows: Observations) -> tuple[str, ...]:
        return rows.coefficients

    @classmethod
    def _predictors(cls, rows: Observations) -> int:
        """Return how many linear predictors there are."""
        return 1

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> None:
        return None

    # -- a member ----------------------------------------------------------------------------------

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name."""
        names = (*self._coefficient_names(self.rows), *self.others)
        return {
            name: self.theta[..., i] if self.theta.ndim > 1 else float(self.theta[i])
            for i, name in enumerate(names)
        }

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """One name for each free scalar."""
        return (*self._coefficient_names(self.rows), *self.others)

    def __repr__(self) -> str:
        inside = (
            ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
            if self.theta.ndim == 1
            else f"batch of {self.theta.shape[:-1]}"
        )
        return f"{type(self).__name__}({inside})"

    @property
    def _blocks(self) -> Array:
        """The coefficients of each linear predictor, shape (..., predictors, coefficients)."""
        q, k = self._predictors(self.rows), len(self.rows.coefficients)
        return self.theta[..., : q * k].reshape(*self.theta.shape[:-1], q, k)

    def eta(self, X: Array | None = None) -> Array:
        """Return the linear predictors at rows of X, shape (..., predictors, rows)."""
        X, b = self.rows.X if X is None else X, self._blocks
        if not self.rows.intercept:
            return b @ X.T
        # Slopes act on distances from the middle of the data: at an offset of 1e6 their products with
        # the columns would cancel six digits against the intercept, row by row.
        slopes, center = b[..., 1:], self.rows.center
        base = b[..., :1] + slopes @ center[:, None]
        eta = np.empty((*b.shape[:-1], len(X)))
        for part in row_blocks(X):
            eta[..., part] = slopes @ (X[part] - center).T + base
        return eta

    def _new_rows(self, X: Any) -> Array:
        values, names, _ = columns(X)
        p = self.rows.X.shape[1]
        if values.shape[1] != p:
            raise DataError(
                f"X must have the {p} column(s) of the fit, {', '.join(self.rows.names)}; got {values.shape[1]}"
            )
        if (
            getattr(X, "columns", None) is not None
            and names != self.rows.names
            and (
                sorted(names) == sorted(self.rows.names)
                or self.rows.names != tuple(f"x{j + 1}" for j in range(p))
            )
        ):
            raise DataError(
                f"X must have the columns {', '.join(self.rows.names)} in this order; got {', '.join(names)}"
            )
        return values

    # -- formulas: what Likelihood asks of a family ------------------------------------------------

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        """Return log f(y), its slope and minus its curvature in eta.

        eta has shape (predictors, rows); the slope too; the curvature is indexed [a][b] by
        predictors.
        """
        raise NotImplementedError

    def _log_likelihood(self, rows: Observations) -> Array:
        total = 0.0
        for part in row_blocks(rows.X):
            term = self._log_prob_rows(self.eta(rows.X[part]), rows.y[part])
            total = total + (
                term.sum(axis=-1) if rows.weights is None else term @ rows.weights[part]
            )
        return total

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        raise NotImplementedError

    def _each(self, formula: Any) -> Array:
        """Apply a formula of a single vector to each of a batch."""
        flat = self.theta.reshape(-1, self.theta.shape[-1])
        values = np.array([formula(type(self)(self.rows, theta)) for theta in flat])
        return values.reshape(self.theta.shape[:-1] + values.shape[1:])

    def _row_scores(self) -> Array:
        """Return the slope of each row's log-probability, shape (rows, scalars); for one vector only."""
        _, slope, _ = self._derivatives(self.eta(), self.rows.y)
        return np.hstack([self._columns() * r[:, None] for r in slope])

    def _columns(self, part: slice = slice(None)) -> Array:
        """Return rows of X, after a one if there is an intercept."""
        X = self.rows.X[part]
        return np.column_stack([np.ones(len(X)), X]) if self.rows.intercept else X

    def _information_roots(self, part: slice) -> Array:
        """Return A with A'A the information of the coefficients in some rows."""
        rows = self.rows
        _, _, weight = self._derivatives(self.eta(rows.X[part]), rows.y[part])
        w = weight(0, 0) if rows.weights is None else weight(0, 0) * rows.weights[part]
        return self._columns(part) * np.sqrt(w)[:, None]

    def _other_information(self, kind: str) -> Array:
        """Return the information of the parameters beside the coefficients, at a maximum."""
        return np.zeros(0)

    def _score_vector(self, rows: Observations) -> Array:
        def score(member: Self) -> Array:
            _, slope, _ = member._derivatives(member.eta(), rows.y)
            if rows.weights is not None:
                slope = slope * rows.weights
            parts = slope @ rows.X
            if rows.intercept:
                parts = np.column_stack([slope.sum(axis=-1), parts])
            return parts.ravel()

        return self._each(score)

    def _hessian_matrix(self, rows: Observations) -> Array:
        return self._each(lambda member: -member._information_sum())

    def _information_matrix(self) -> Array:
        return self._each(lambda member: member._information_sum()) / self.rows.n

    def _information_sum(self) -> Array:
        """Return the information in all rows, for one vector of coefficients."""
        rows, q, k = self.rows, self._predictors(self.rows), len(self.rows.coefficients)
        total = np.zeros((q, k, q, k))
        for part in row_blocks(rows.X):
            M = self._columns(part)
            _, _, weight = self._derivatives(self.eta(rows.X[part]), rows.y[part])
            for a in range(q):
                for b in range(a + 1):
                    w = weight(a, b) if rows.weights is None else weight(a, b) * rows.weights[part]
                    total[a, :, b, :] += M.T @ (M * w[:, None])
                    if a != b:
                        total[b, :, a, :] = total[a, :, b, :]
        return total.reshape(q * k, q * k)

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def fit(
        cls,
        X: Any,
        y: Any,
        weights: ArrayLike | None = None,
        *,
        intercept: bool = True,
        fixed: Mapping[str, float] | None = None,
    ) -> RegressionFit:
        """Return the maximum of the likelihood of the coefficients: a Fit that also predicts.

        Args:
            X: shape (n, p), one row an observation (one dimension is one column); a DataFrame's
                columns give the coefficients their names, else they are x1, x2, ... From 20,000
                rows on X is not copied: leave it as it is while you use the fit.
            y: shape (n,), what was seen at each row.
            weights: frequency weights, shape (n,): a row of weight 3 is three equal rows.
            intercept: whether to add a coefficient, called intercept, of a column of ones.
            fixed: coefficients held at given values, such as `{"x1": 0}`.

        Raises:
            DataError: NaN or infinity, shapes that do not match, constant or collinear columns (by
                name), more coefficients than rows.
            SupportError: a y that the model cannot produce.
            SeparationError: no maximum, because a direction (`.direction`, in the order of the
                coefficients) never lowers the probability of any observation.
            NoMLEError: no maximum for another reason, named in the message.
        """
        rows = cls.statistics((X, y), weights, intercept=intercept)
        likelihood = RegressionLikelihood(cls, rows, fixed=fixed)
        top = likelihood.maximize()
        likelihood._kept[0] = None  # a fit keeps the data once
        if not top.converged:
            raise ConvergenceError(
                f"{cls.__name__} did not converge in {top.iterations} Newton steps; it stopped at "
                f"{top.params}. The likelihood may be almost flat: look for nearly separated classes"
            )
        return RegressionFit(
            dist=top.dist,
            likelihood=likelihood,
            theta=top.theta[likelihood.free],
            n=rows.n,
            converged=True,
            iterations=top.iterations,
            height=top.log_likelihood,
        )

    def _draw(self, rng: np.random.Generator) -> Array:
        """Return a new y at each row."""
        raise NotImplementedError

    def _single_rows(self) -> Observations:
        """Return rows each of which stands for equal observations."""
        return self.rows

    @classmethod
    def _start(cls, rows: Observations, **known: Any) -> dict[str, Any]:
        """Return the maximum, for the generic climb to start from."""
        return RegressionLikelihood(cls, rows).maximize().params

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        """Raise where the responses alone show that there is no maximum."""

    @classmethod
    def _first_guess(cls, problem: Problem, offsets: Array | None) -> Array:
        """Return the coefficients to climb from: all zero, or what cancels the offsets best."""
        if offsets is None:
            return np.zeros(problem.cuts[-1].stop)
        best = [
            -np.linalg.lstsq(basis.rows(), offset, rcond=None)[0]
            for basis, offset in zip(problem.bases, offsets, strict=True)
        ]
        return np.concatenate(best)

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        raise NotImplementedError

    _separated: ClassVar[str] = ""
    #: whether `_derivatives` gives log-probabilities whole, without leaving constants out
    _whole: ClassVar[bool] = False


class RegressionFit(Fit):
    """A fit of a regression: a `Fit` that predicts."""

    def predict(self, X: Any) -> Array:
        """Return the prediction at each row of X: the likelier class, or the mean of y.

        >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).predict([3.0]).round(4)
        array([6.9667])
        """
        return self.dist.predict(X)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of a one at each row, shape (n,); of each class, shape (n, K), for softmax.

        >>> m = LogisticRegression.fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1])
        >>> m.predict_proba([1.5]).round(4)
        array([0.5])
        """
        if not hasattr(self.dist, "predict_proba"):
            raise DataError(
                f"{type(self.dist).__name__} has no classes: use predict(X), the mean of y"
            )
        return self.dist.predict_proba(X)

    def bootstrap(
        self,
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
        *,
        parametric: bool = False,
    ) -> RegressionFit:
        """Return the fits to `replicates` new samples as one batch, NaN and a problem where there is no MLE.

        Rows are drawn with replacement; when `parametric`, X stays and y is drawn from the fit.

        Raises:
            DataError: weights that are not counts, or replicates that are not a whole number > 0.

        Source: Efron (1979); Davison and Hinkley (1997), chapter 6.

        >>> m = PoissonRegression.fit([0.0, 0.0, 1.0, 1.0], [1, 3, 6, 5])
        >>> m.bootstrap(20, rng=0).params["x1"].shape
        (20,)
        """
        if not (isinstance(replicates, numbers.Integral) and replicates > 0):
            raise DataError(f"replicates must be a whole number > 0, got {replicates!r}")
        rng = np.random.default_rng(rng)
        likelihood = self.likelihood
        rows = self.dist._single_rows()
        counts = np.ones(rows.y.size) if rows.weights is None else rows.weights
        if (counts != np.round(counts)).any():
            raise DataError(
                "the bootstrap draws whole observations, and some weights are not whole numbers"
            )
        if parametric:
            rows = rows.take(np.repeat(np.arange(rows.y.size), counts.astype(int)))
            rows = replace(rows, weights=None, n=float(rows.y.size))
            template = type(self.dist)(rows, self.dist.theta)
        full = likelihood._full(self.theta)
        held = {likelihood.layout.names[i]: float(v) for i, v in likelihood.held.items()}
        theta = np.full((replicates, full.size), np.nan)
        height, steps = np.full(replicates, np.nan), np.zeros(replicates, dtype=int)
        problems: dict[int, str] = {}
        for k in range(replicates):
            if parametric:
                again = replace(rows, y=template._draw(rng))
            else:
                drawn = rng.multinomial(int(counts.sum()), counts / counts.sum()).astype(float)
                again = replace(rows, weights=drawn).take(drawn > 0)
            try:
                top = RegressionLikelihood(likelihood.family, again, fixed=held).maximize()
            except (DataError, NoMLEError) as error:
                problems[k] = str(error)
                continue
            if top.converged:
                theta[k], height[k], steps[k] = top.theta, top.log_likelihood, top.iterations
            else:
                problems[k] = "the iteration did not converge"
        return RegressionFit(
            dist=type(self.dist)(self.dist.rows, theta),
            likelihood=likelihood,
            theta=theta[:, likelihood.free],
            n=self.n,
            converged=~np.isnan(height),
            iterations=steps,
            problems=problems,
            method="bootstrap",
            height=height,
        )


class RegressionLikelihood(Likelihood):
    """The likelihood of a regression: climbed, and inverted, in coordinates that keep the digits."""

    def __init__(
        self,
        family: type[Regression],
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
        """Climb to the maximum by Newton steps on standardised columns; `fixed` may hold arrays (a grid).

        The likelihood is concave, so every start leads to the same top, and `start` is not needed.
        """
        here = self.given(fixed)
        rows, size = here.statistic, len(here.layout.names)
        grid = np.broadcast_shapes(*(np.shape(v) for v in here.held.values()))
        problem, guess = here._problem()
        tops = []
        for index in np.ndindex(grid):
            held = np.zeros(size)
            for i, value in here.held.items():
                held[i] = value[index] if np.ndim(value) else value
            theta, converged, iterations, guess, value = self.family._solve(
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

    def _problem(self) -> tuple[Problem, Array | None]:
        """Return the standardised columns, and where the last climb on them ended.

        Those of the last restriction are kept, in a place that all restrictions of one likelihood
        share: a profile asks for them again and again.
        """
        key = tuple(int(i) for i in self.free)
        if self._kept[0] is None or self._kept[0][0] != key:
            self._kept[0] = (key, Problem.of(self), None)
        return self._kept[0][1:]

    def covariance(self, theta: Array, kind: str = "observed") -> Array:
        """Return the covariance matrix of the free scalars at a maximum.

        The information is A'A with A the weighted columns. Its inverse comes from A = QR, so that the
        condition number of the columns is not squared: an offset of 1e6 costs six digits, not twelve.

        Raises:
            RegularityError: where the information is singular.
        """
        from scipy import linalg

        theta = np.asarray(theta, dtype=float)
        if theta.ndim > 1:
            return np.array([self.covariance(t, kind) for t in theta])
        member = self.layout.distribution(self._full(theta), {})
        count = len(self.layout.names) - len(self.family.others)
        scalars = self.free[self.free < count]
        R = np.zeros((0, scalars.size))
        for part in row_blocks(self.statistic.X):
            A = member._information_roots(part)[:, scalars]
            R = np.linalg.qr(np.vstack([R, A]), mode="r")
        others = np.sqrt(member._other_information(kind)[self.free[self.free >= count] - count])
        R = _beside(R, np.diag(others))
        size = np.sqrt((R * R).sum(axis=0))
        flat = np.abs(np.diagonal(R)) <= 1e-13 * size
        if not np.isfinite(R).all() or flat.any():
            raise RegularityError(
                "the information matrix is singular: the data do not determine all coefficients "
                "together, or the classes are all but separated; fix one of them, or drop a column"
            )
        if not R.size:
            return R
        inverse = linalg.solve_triangular(R, np.eye(len(R)))
        if kind != "sandwich":
            return inverse @ inverse.T
        U, w = member._row_scores()[:, self.free], self.statistic.weights
        U = linalg.solve_triangular(R, (U if w is None else U * np.sqrt(w)[:, None]).T, trans="T")
        spread = inverse @ U
        return spread @ spread.T

    def score_products(self, theta: Array) -> Array:
        """Return sum_i w_i u_i u_i', with u_i the score of row i."""
        u = self.layout.distribution(self._full(theta), {})._row_scores()[:, self.free]
        w = self.statistic.weights
        return (u if w is None else u * w[:, None]).T @ u


def _beside(A: Array, B: Array) -> Array:
    """Return the block-diagonal matrix of two square ones."""
    matrix = np.zeros((len(A) + len(B),) * 2)
    matrix[: len(A), : len(A)] = A
    matrix[len(A) :, len(A) :] = B
    return matrix


# -- the models ------------------------------------------------------------------------------------


class _Climbed(Regression):
    """A regression whose maximum has to be climbed to."""

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
            gamma, close, _, _, nearby = climb(part, gamma, few, 4 * SUSPICIOUS, rough=True)
            if not close:
                return None, None
        return gamma, step * nearby

    @classmethod
    def _solve(
        cls, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, Array, float | None]:
        """Return (theta, converged, iterations, gamma, height) with the free coefficients at the maximum."""
        offsets = problem.offsets(theta)
        if not sum(f.size for f in problem.free):
            return theta, True, 0, np.zeros(0), None
        gamma, nearby = guess, None
        if gamma is None:
            gamma, nearby = cls._approach(problem, offsets)
        if gamma is None:
            gamma = cls._first_guess(problem, offsets)
        gamma, converged, iterations, value, _ = climb(
            problem, gamma, offsets, max_iterations, nearby=nearby
        )
        if not converged and guess is not None:  # a start from afar; the usual one is safer
            return cls._solve(problem, theta, None, max_iterations)
        # Of few rows the log-likelihood is cheap to take once more, in the form that keeps all digits.
        height = value if cls._whole and problem.rows.y.size >= MANY_ROWS else None
        return problem.theta(gamma, theta), converged, iterations, gamma, height


class LogisticRegression(_Climbed):
    """P(y = 1 | x) = 1 / (1 + exp(-(b0 + x'b))): the Bernoulli whose logit is linear.

    y is 0 or 1 (or a proportion between them, with the number of trials as its weight). The score is
    X'(y - p) and the information X' diag(p (1 - p)) X. Coefficients are log odds ratios for one unit
    of their column. Source: Cox (1958); separation, Albert and Anderson (1984).

    >>> m = LogisticRegression.fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1])
    >>> round(m.params["x1"], 4)
    0.9082
    """

    _support = "0 or 1, or a proportion between them"
    _separated = "the columns {kind} separate the zeros of y from the ones"
    _whole = True

    @classmethod
    def _possible(cls, y: Array) -> Array:
        return (y >= 0) & (y <= 1)

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        if rows.intercept and 0 in free and (rows.y == rows.y[0]).all() and rows.y[0] in (0.0, 1.0):
            direction = np.zeros(len(rows.coefficients))
            direction[0] = 1.0 if rows.y[0] else -1.0
            raise SeparationError(
                f"LogisticRegression has no maximum likelihood estimate: y is {rows.y[0]:g} in every row, so the "
                "intercept runs to infinity. A model of two classes needs rows of both",
                direction=direction,
            )

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        eta = eta[0]
        small = np.exp(-np.abs(eta))
        total = 1.0 + small
        p = np.where(eta >= 0, 1.0, small) / total
        term = y * eta - np.maximum(eta, 0.0) - np.log(total)
        return term, (y - p)[None], lambda a, b: small / (total * total)

    def _row_scores(self) -> Array:
        # A proportion stands for ones and zeros, whose squared scores are averaged, not their scores.
        p, y = special.expit(self.eta()[0]), self.rows.y
        return self._columns() * np.sqrt(y * (1.0 - p) ** 2 + (1.0 - y) * p**2)[:, None]

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        eta = eta[..., 0, :]
        return -(np.where(eta > 0, 1.0 - y, y) * np.abs(eta) + np.log1p(np.exp(-np.abs(eta))))

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        y, basis = problem.rows.y, problem.bases[0]
        sign = np.where(y > 0.5, 1.0, -1.0)
        tight = (y > 0) & (y < 1)
        return Cone(
            lambda d: sign * basis.apply(d),
            lambda i: basis.rows(i) * sign[i, None],
            basis.gather(np.where(tight, 0.0, sign)),
            tight,
        )

    def _draw(self, rng: np.random.Generator) -> Array:
        return (rng.random(self.rows.y.size) < special.expit(self.eta()[0])).astype(float)

    def _single_rows(self) -> Observations:
        rows = self.rows
        mixed = (rows.y > 0) & (rows.y < 1)
        if not mixed.any():
            return rows
        w = np.ones(rows.y.size) if rows.weights is None else rows.weights
        index = np.concatenate([np.arange(rows.y.size), np.flatnonzero(mixed)])
        y = np.concatenate([np.where(mixed, 1.0, rows.y), np.zeros(mixed.sum())])
        share = np.concatenate([np.where(mixed, rows.y, 1.0), 1.0 - rows.y[mixed]])
        counts = w[index] * share
        near = np.round(counts)  # 6 of 59 is 59 * (6 / 59) up to rounding
        counts = np.where(np.abs(counts - near) < 1e-9 * (1.0 + near), near, counts)
        return replace(rows, X=rows.X[index], y=y, weights=counts)

    def predict_proba(self, X: Any) -> Array:
        """Return P(y = 1) at each row of X, shape (n,)."""
        return special.expit(self.eta(self._new_rows(X))[..., 0, :])

    def predict(self, X: Any) -> Array:
        """Return the likelier class, 0 or 1, at each row of X."""
        return (self.eta(self._new_rows(X))[..., 0, :] >= 0).astype(np.int64)


class PoissonRegression(_Climbed):
    """y | x is Poisson with rate exp(b0 + x'b): counts whose logarithmic rate is linear.

    The score is X'(y - rate) and the information X' diag(rate) X. exp(b) is the factor of the rate
    for one unit of its column. Source: Nelder and Wedderburn (1972).

    >>> PoissonRegression.fit([0.0, 0.0, 1.0], [1, 3, 6]).predict([0.0, 1.0]).round(6)
    array([2., 6.])
    """

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
        y, w = problem.rows.y, problem.rows.weights
        target = np.log(y + 0.5) - (0.0 if offsets is None else offsets[0])
        root = np.sqrt((y + 0.5) * (1.0 if w is None else w))
        Z = problem.bases[0].rows() * root[:, None]
        return np.linalg.lstsq(Z, target * root, rcond=None)[0]

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

    def predict(self, X: Any) -> Array:
        """Return the rate, the mean of y, at each row of X; infinite where no double can hold it."""
        with np.errstate(over="ignore"):
            return np.exp(self.eta(self._new_rows(X))[..., 0, :])


class SoftmaxRegression(_Climbed):
    """P(y = k | x) is proportional to exp(b0_k + x'b_k), with the first class's coefficients zero.

    y holds the classes, numbers or words; sorted, the first is the one that the others are compared
    with. Coefficients are called name_class. The score is X'(one-hot y - p).
    Source: Bridle (1990); McFadden (1974).

    >>> m = SoftmaxRegression.fit([0.0, 1.0, 2.0, 1.5, 0.5, 1.0], ["a", "b", "c", "a", "b", "c"])
    >>> list(m.params)
    ['intercept_b', 'x1_b', 'intercept_c', 'x1_c']
    """

    _separated = "the columns {kind} separate some classes of y from others"
    _whole = True

    @classmethod
    def _response(cls, y: Any) -> tuple[Array, Array | None]:
        try:
            values = np.asarray(y)
        except ValueError as error:
            raise DataError("y has rows of different lengths") from error
        if values.dtype.kind in "iufb":
            require_finite(values.astype(float), "y")
        elif values.dtype.kind not in "USO":
            raise DataError(f"y must hold class labels, numbers or words; got dtype {values.dtype}")
        try:
            classes, codes = np.unique(values, return_inverse=True)
        except TypeError as error:
            raise DataError("y mixes labels of different kinds, which have no order") from error
        if values.dtype.kind == "f" and classes.size > 20 and classes.size > values.size // 2:
            raise DataError(
                f"y has {classes.size} different values in {values.size} rows: these are measurements, not classes"
            )
        return codes.reshape(values.shape), classes

    @classmethod
    def _predictors(cls, rows: Observations) -> int:
        return rows.classes.size - 1

    @classmethod
    def _coefficient_names(cls, rows: Observations) -> tuple[str, ...]:
        return tuple(f"{name}_{label}" for label in rows.classes[1:] for name in rows.coefficients)

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        if rows.classes.size < 2:
            raise NoMLEError(
                f"SoftmaxRegression has no maximum likelihood estimate: y is {rows.classes[0]} in every row; a model of classes needs "
                "rows of at least two"
            )

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        top = np.maximum(eta.max(axis=0), 0.0)
        e = np.exp(eta - top)
        total = e.sum(axis=0) + np.exp(-top)
        p = e / total
        column = np.arange(y.size)
        seen = np.zeros((len(eta) + 1, y.size))
        seen[y, column] = 1.0
        seen = seen[1:]
        term = (seen * eta).sum(axis=0) - top - np.log(total)
        return term, seen - p, lambda a, b: p[a] * ((a == b) - p[b])

    def _information_roots(self, part: slice) -> Array:
        # diag(p) - pp' is the sum over the classes c of p_c (e_c - p)(e_c - p)'.
        eta, M = self.eta(self.rows.X[part]), self._columns(part)
        full = special.softmax(np.vstack([np.zeros(len(M)), eta]), axis=0)
        weights = 1.0 if self.rows.weights is None else self.rows.weights[part]
        return np.vstack(
            [
                np.hstack([M * (root * ((a == c) - p))[:, None] for a, p in enumerate(full[1:], 1)])
                for c, root in enumerate(np.sqrt(full * weights))
            ]
        )

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        full = np.concatenate([np.zeros((*eta.shape[:-2], 1, eta.shape[-1])), eta], axis=-2)
        shortfall = full.max(axis=-2, keepdims=True) - full
        others = np.exp(-shortfall)
        np.put_along_axis(others, full.argmax(axis=-2)[..., None, :], 0.0, axis=-2)
        picked = np.take_along_axis(
            shortfall, np.broadcast_to(y, (*eta.shape[:-2], 1, y.size)), axis=-2
        )
        return -(picked[..., 0, :] + np.log1p(others.sum(axis=-2)))

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        """One condition for each row and each class that it is not in: its own predictor rises no less."""
        y, cuts, bases = problem.rows.y, problem.cuts, problem.bases
        K, n = len(bases) + 1, y.size
        row = np.repeat(np.arange(n), K - 1)
        other = np.tile(np.arange(K - 1), n)
        other = other + (other >= y[row])

        def margins(d: Array) -> Array:
            rise = (basis.apply(d[cut]) for basis, cut in zip(bases, cuts, strict=True))
            v = np.vstack([np.zeros(n), *rise])
            return v[y[row], row] - v[other, row]

        def rows(index: Array) -> Array:
            M = np.zeros((len(index), cuts[-1].stop))
            for a, (basis, cut) in enumerate(zip(bases, cuts, strict=True)):
                sign = (y[row[index]] == a + 1) * 1.0 - (other[index] == a + 1)
                M[:, cut] = basis.rows(row[index]) * sign[:, None]
            return M

        total = np.concatenate([b.gather(K * (y == a + 1) - 1.0) for a, b in enumerate(bases)])
        return Cone(margins, rows, total, np.zeros(row.size, dtype=bool))

    def _draw(self, rng: np.random.Generator) -> Array:
        edges = np.cumsum(self.predict_proba(self.rows.X), axis=1)[:, :-1]
        return (rng.random(self.rows.y.size)[:, None] >= edges).sum(axis=1)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, in sorted order, at each row of X: shape (n, K)."""
        eta = self.eta(self._new_rows(X))
        full = np.concatenate([np.zeros((*eta.shape[:-2], 1, eta.shape[-1])), eta], axis=-2)
        return np.swapaxes(special.softmax(full, axis=-2), -1, -2)

    def predict(self, X: Any) -> Array:
        """Return the likeliest class at each row of X, as it was called in y."""
        return self.rows.classes[self.predict_proba(X).argmax(axis=-1)]


class LinearRegression(Regression):
    """y | x is Normal with mean b0 + x'b and standard deviation sigma: least squares as a likelihood.

    sigma^2 is estimated by RSS / n, the maximum of the likelihood, which is too small on average by
    the factor (n - k) / n for k coefficients; standard errors follow it.
    Source: Gauss (1809); Seber and Lee (2003), chapter 3.

    >>> round(LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).params["x1"], 6)
    2.0
    """

    others = ("sigma",)

    @property
    def _scale(self) -> Array:
        return self.theta[..., -1]

    @classmethod
    def _solve(
        cls, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, None, None]:
        rows, basis = problem.rows, problem.bases[0]
        offsets = problem.offsets(theta)
        target = rows.y if offsets is None else rows.y - offsets[0]
        size = float(np.abs(target).max())
        if size > 1e140 or 0 < size < 1e-140:
            raise DataError(
                f"the values of y reach {size:.1g}, whose square no float holds: give y in another unit"
            )
        w = np.ones(target.size) if rows.weights is None else rows.weights
        # Normal equations on standardised columns, then once more on what they leave: as exact as an
        # orthogonal decomposition, several times faster, and without a copy.
        gamma, residual = np.zeros(basis.size), target
        if gamma.size:
            gram = np.zeros((basis.size,) * 2)
            for part in row_blocks(basis.X):
                Z = basis.rows(part) * np.sqrt(w[part])[:, None]
                gram += Z.T @ Z
            from scipy import linalg

            factor = linalg.cho_factor(gram)
            for _ in range(2):
                gamma = gamma + linalg.cho_solve(factor, basis.gather(w * residual))
                residual = target - basis.apply(gamma)
        rss = float(residual @ (w * residual))
        theta = problem.theta(gamma, theta)
        if "sigma" in problem.names and theta[-1] == 0.0:
            sigma = np.sqrt(rss / rows.n)
            if sigma <= 64 * np.finfo(float).eps * size:
                raise NoMLEError(
                    "LinearRegression has no maximum likelihood estimate: the columns fit y exactly, so the likelihood grows "
                    "without bound as sigma goes to 0; use more rows or fewer columns, or hold sigma with fixed={'sigma': ...}"
                )
            theta[-1] = sigma
        return theta, True, 1, None, None

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        s = self._scale
        r = (y - eta[0]) / s
        return -0.5 * r * r, (r / s)[None], lambda a, b: np.full(y.size, 1.0 / (s * s))

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        s = self._scale[..., None]
        r = (y - eta[..., 0, :]) / s
        return -0.5 * (r * r + LOG_2PI) - np.log(s)

    def _row_scores(self) -> Array:
        r = (self.rows.y - self.eta()[0]) / self._scale
        return np.column_stack([super()._row_scores(), (r * r - 1.0) / self._scale])

    def _other_information(self, kind: str) -> Array:
        n, s = self.rows.n, self._scale
        if kind == "expected":
            return np.array([2.0 * n / s**2])
        r = (self.rows.y - self.eta()[0]) / s
        return np.array([(3.0 * self.rows.sum(r * r) - n) / s**2])

    def _score_vector(self, rows: Observations) -> Array:
        r = (rows.y - self.eta()[..., 0, :]) / self._scale[..., None]
        last = (rows.sum(r * r) - rows.n) / self._scale
        return np.concatenate([super()._score_vector(rows), last[..., None]], axis=-1)

    def _hessian_matrix(self, rows: Observations) -> Array:
        def hessian(member: Self) -> Array:
            s = member._scale
            r = (rows.y - member.eta()[0]) / s
            cross = -2.0 * (member._score_vector(rows)[:-1]) / s
            corner = (rows.n - 3.0 * rows.sum(r * r)) / s**2
            return np.block([[-member._information_sum(), cross[:, None]], [cross[None], corner]])

        return self._each(hessian)

    def _information_matrix(self) -> Array:
        def information(member: Self) -> Array:
            beta = member._information_sum() / member.rows.n
            return _beside(beta, np.full((1, 1), 2.0 / member._scale**2))

        return self._each(information)

    def _draw(self, rng: np.random.Generator) -> Array:
        return rng.normal(self.eta()[0], self._scale)

    def predict(self, X: Any) -> Array:
        """Return the mean of y at each row of X."""
        return self.eta(self._new_rows(X))[..., 0, :]
