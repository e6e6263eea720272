"""What every regression has: its rows read, its formulas summed over them, and its fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import (
    insist_not_itself,
    insist_one_index,
    numeric,
    present,
    require_finite,
    shares_note,
)
from ..domains import Layout, Positive, Real
from ..errors import ConvergenceError, DataError, SupportError
from ..family import Solution
from ..habits import answering
from ..likelihood import Maximum
from ..observations import RowPiece, Source, chunks, is_dask
from ..priors import MODE
from .columns import columns
from .fit import RegressionFit
from .likelihood import RegressionLikelihood
from .member import Member
from .observations import Design, Observations, insist_flag, offset_of
from .penalised import PenalisedRegression
from .problem import Problem
from .reread import StreamedRows, apart
from .sparse import Sparse
from .streamed import streamed

__all__ = ["Regression"]

Array = np.ndarray


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


class _Making(NamedTuple):
    """What makes observations of a regression from a piece of a source."""

    family: type[Regression]
    intercept: bool
    offset: str | None = None
    classes: Array | None = None

    def knowing(self, classes: Array) -> _Making:
        """Return the same for classes that are known."""
        whole = bool((classes == np.round(classes)).all())
        return self._replace(classes=classes.astype(int) if whole else classes)

    def __call__(self, piece: RowPiece) -> Observations:
        X, lead = apart(piece, [] if self.offset is None else [self.offset])
        y, classes = piece.y, self.classes
        if classes is not None:
            y = np.searchsorted(classes, y).clip(0, len(classes) - 1)
            if not np.array_equal(classes[y], piece.y):
                raise DataError("y holds a class that was not there when the source was read first")
        rows = self.family.statistics(
            (X if piece.names else X.values, y),
            piece.weights,
            intercept=self.intercept,
            offset=None if self.offset is None else lead[self.offset],
        )
        if classes is None:
            return rows
        return replace(rows, y=np.asarray(rows.classes)[rows.y], classes=classes)


@dataclass(frozen=True, eq=False, repr=False)
class Regression(Member):
    """A conditional family; its subclasses are models, their instances say what y is at each row of X.

    `rows` are the observations that the model is conditioned on, `theta` the vector of parameters:
    the coefficients, intercept first, then whatever `others` names. A subclass writes

    - `_possible(y)` and `_support`: which y it can produce, and that in words;
    - `_log_prob_rows(eta, y)` and `_derivatives(eta, y)`: the log-probability, its slope and its
      curvature in the linear predictors eta;
    - `_cone(problem)`: the conditions of separation, where it is `Climbed`; else `_reach`;
    - `_draw(rng)` and `predict(X)`.

    >>> from mlecore import LinearRegression
    >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0], fixed={"sigma": 0.1}).dist
    LinearRegression(intercept=0.966667, x1=2, sigma=0.1)
    """

    #: the parameters of the family that follow from columns
    followed: ClassVar[tuple[str, ...]] = ()
    #: whether y has probabilities, so that no likelihood of densities can be set beside its own
    whole: ClassVar[bool] = True
    #: whether columns that are mostly zeros stay sparse
    _takes_sparse: ClassVar[bool] = False
    only_by_formula: ClassVar[bool] = False
    #: whether `_derivatives` gives log-probabilities whole, without leaving constants out
    _whole: ClassVar[bool] = False
    #: whether the climb over the rows of a source may start where the rows drawn have no maximum
    _starts_anywhere: ClassVar[bool] = True

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    def statistics(
        cls,
        data: Any,
        weights: ArrayLike | None = None,
        *,
        axis: None = None,
        intercept: bool = True,
        offset: ArrayLike | None = None,
    ) -> Observations:
        """Check (X, y) and return their rows; rows pass through.

        Raises
        ------
        DataError : for shapes that do not match, values that are not finite numbers, impossible weights.
        SupportError : for a y outside the model's support.

        >>> from mlecore import PoissonRegression
        >>> PoissonRegression.statistics(([0.0, 1.0], [3, 2])).n
        2.0
        """
        if isinstance(data, Observations | StreamedRows):
            return data
        if not (isinstance(data, tuple) and len(data) == 2):
            raise DataError(
                f"{cls.__name__} needs its data as a pair (X, y), got {type(data).__name__}"
            )
        if axis is not None:
            raise DataError("a regression takes no axis: its observations are the rows of X")
        insist_flag(intercept)
        labels = insist_one_index(
            {"X": data[0], "y": data[1], "weights": weights, "offset": offset}
        )
        insist_not_itself(*data)
        w = None if weights is None else numeric(weights, "weights")
        reserved = ("intercept",) * bool(intercept) + cls.others
        X, names, center = columns(data[0], reserved, w, copy=True, sparse=cls._takes_sparse)
        y, classes = cls._response(data[1], w)
        lead = None if offset is None else offset_of(offset, len(X), w)
        design = Design(X, names, bool(intercept), center, lead)
        rows = Observations.of((design,), y, weights, classes, labels)
        cls._designs(rows)
        called = cls._coefficient_names(rows)
        for name in called if len(set(called)) < len(called) else ():
            if called.count(name) > 1:
                raise DataError(
                    f"two coefficients would be called {name!r}: rename a column or a class"
                )
        return rows

    @classmethod
    def _response(cls, y: Any, w: Array | None) -> tuple[Array, Array | None]:
        """Return y as numbers that the model can produce, and its classes if it has any."""
        values = present(numeric(y, "y"), w)
        require_finite(values, "y")
        bad = ~cls._possible(values)
        if bad.any():
            first = tuple(np.argwhere(bad)[0])
            where = ", ".join(str(int(i)) for i in first)
            raise SupportError(
                f"{cls.__name__} needs y to be {cls._support}; y[{where}] = {values[first]:g} is not "
                f"({int(bad.sum())} of {values.size} values are not). {cls._advice(values)}"
            )
        return values, None

    _support: ClassVar[str] = "a real number"

    @classmethod
    def _advice(cls, y: Array) -> str:
        """Say what to do about a y that the model cannot produce."""
        return "Recode y, or choose another model"

    @classmethod
    def _remarks(cls, rows: Observations) -> tuple[str, ...]:
        """Return what else should be known of a fit: its notes."""
        return () if rows.weights is None else shares_note(rows.weights, rows.n)

    @classmethod
    def _called(cls, rows: Observations) -> str:
        """Return what messages call it."""
        return cls.__name__

    @classmethod
    def _possible(cls, y: Array) -> Array:
        return np.isfinite(y)

    @classmethod
    def _layout(cls, rows: Observations) -> _Layout:
        return _Layout(cls, rows)

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> None:
        return None

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    @answering
    def fit(
        cls,
        X: Any,
        y: Any = None,
        weights: ArrayLike | None = None,
        *,
        intercept: bool = True,
        fixed: Mapping[str, float] | None = None,
        offset: ArrayLike | None = None,
        prior: Mapping[str, Any] | str | None = None,
    ) -> RegressionFit:
        """Return the maximum of the likelihood of the coefficients: a Fit that also predicts.

        Parameters
        ----------
        X : shape (n, p), one row an observation (one dimension is one column); a DataFrame's columns give
            the coefficients their names, else they are x1, x2, ...; or a source of rows, as `chunks` makes it, without y.
            A sparse matrix of SciPy stays one in logistic and Poisson regression, where no prior is given; else it is
            laid out in full.
        y : shape (n,), what was seen at each row.
        weights : frequency weights, shape (n,): a row of weight 3 is three equal rows, and one of weight 0 is no row.
        intercept : whether to add a coefficient, called intercept, of a column of ones.
        fixed : coefficients held at given values, such as `{"x1": 0}`.
        offset : shape (n,), what the linear predictor has beside the columns, such as the logarithm of an exposure; of a
            source the name of one of its columns.
        prior : distributions of coefficients by name, `{"x1": Normal(0, 1)}`, or "jeffreys", which gives Firth's estimate: the
            estimate is then the mode of the likelihood times these.

        Raises
        ------
        DataError : for NaN or infinity, shapes that do not match, constant or collinear columns (by name), more
            coefficients than rows.
        SupportError : for a y that the model cannot produce.
        SeparationError : where there is no maximum, because a direction (`.direction`, in the order of the
            coefficients) never lowers the probability of any observation.
        NoMLEError : where there is no maximum for another reason, named in the message.
        ConvergenceError : where the climb did not reach the maximum.

        >>> from mlecore import LinearRegression
        >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0], intercept=False).names
        ('x1', 'sigma')
        """
        source = cls._source(X, y, weights)
        if source is not None:
            return cls._fit_source(source, intercept, fixed, offset, prior)
        if prior is not None and hasattr(X, "toarray"):  # a penalised climb takes columns in full
            X = np.asarray(Sparse(X))
        rows = cls.statistics((X, y), weights, intercept=intercept, offset=offset)
        likelihood = RegressionLikelihood(cls, rows, fixed=fixed)
        likelihood.insist_numbers()
        if prior is not None:
            likelihood = PenalisedRegression.of(likelihood, prior)
        top = likelihood.maximize()
        if not top.converged:
            raise ConvergenceError(
                f"{cls.__name__} did not converge in {top.iterations} Newton steps; it stopped at "
                f"{top.params}. The likelihood may be almost flat: look for nearly separated classes"
            )
        return RegressionFit.at(
            likelihood, top, (*cls._remarks(rows), *MODE * likelihood.penalised)
        )

    @classmethod
    def _fit_source(
        cls, source: Source, intercept: Any, fixed: Any, offset: Any, prior: Any
    ) -> RegressionFit:
        """Return the fit to the rows of a source."""
        insist_flag(intercept)
        if prior is not None:
            raise DataError("a fit from a source takes no prior; fit rows in memory")
        if offset is not None and not isinstance(offset, str):
            raise DataError(
                "the offset of rows from a source is a column of theirs: give its name, as offset='log_exposure'"
            )
        make = _Making(cls, bool(intercept), offset)
        labels = make.knowing if hasattr(cls, "_shares") else None
        likelihood, top = streamed(cls, source, make, fixed, labels=labels)
        rows = likelihood.statistic
        remarks = cls._remarks(replace(rows.pilot, n=rows.n))
        return RegressionFit.at(likelihood, top, remarks)

    @classmethod
    def _source(cls, X: Any, y: Any, weights: Any) -> Source | None:
        """Return the source of rows that was given; None where X and y are in memory."""
        if isinstance(X, Source):
            if y is not None or weights is not None:
                raise DataError(
                    "y and weights come with the rows of a source: chunks(path, y=, weights=), or chunks of (X, y, weights)"
                )
            return X
        if is_dask(X) and y is not None:
            return chunks(X, y=y, weights=weights)
        if y is None:
            raise DataError("y is missing: fit(X, y), or fit(chunks(...)) with rows (X, y)")
        return None

    @classmethod
    def _with_expected_curvature(cls) -> type[Regression]:
        """Return the model whose rows have the expected curvature: for a canonical link itself."""
        return cls

    @classmethod
    def _covariance_of(
        cls, likelihood: RegressionLikelihood, theta: Array, kind: str, clusters: Array | None
    ) -> Array:
        return likelihood._covariance(theta, kind, clusters)

    @classmethod
    def _maximum(cls, likelihood: RegressionLikelihood) -> Maximum:
        """Return the maximum, or raise where there is none."""
        return likelihood.maximize()

    def _draw(self, rng: np.random.Generator) -> Any:
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
    def _knows_information(cls) -> bool:
        return True

    @classmethod
    def _one_pass(cls) -> bool:
        """Say whether one pass gives log-likelihood, slope and Hessian together: the climbs of its own do without."""
        return False

    @classmethod
    def _rough(cls, rows: Observations, known: Mapping[str, Any]) -> dict[str, Any]:
        return cls._start(rows, **known)

    @classmethod
    def _without_mle(cls, likelihood: Any) -> None:
        """Leave refusals to the climb, which proves them."""

    @classmethod
    def _found(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the maximum for the generic likelihood of these rows."""
        held = likelihood.held_by_name
        top = RegressionLikelihood(cls, likelihood.statistic, fixed=held).maximize()
        return Solution(top.params, top.iterations, top.converged), top.theta

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        """Raise where the responses alone show that there is no maximum."""

    @classmethod
    def _reach(
        cls, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, Array | None, float | None]:
        """Return (theta, converged, iterations, gamma, height) at the maximum over what is free.

        theta comes with what is held and zeros; gamma is where a later climb may start from, and
        height the log-likelihood, if it is known by the way.
        """
        raise NotImplementedError
