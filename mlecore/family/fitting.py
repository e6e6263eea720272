"""How a family is fitted: one sample, or a batch of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import shares_note, zeros_and_ones
from ..doors import room
from ..errors import ConvergenceError, DataError, NoMLEError
from ..fit import Fit
from ..habits import answering
from ..likelihood import Likelihood
from ..observations import PartlySeen, Source
from ..priors import Penalised
from ..products import blocks
from ..statistics import Events, Sample, Statistic, Streamed
from .by_moments import ByMoments
from .terms import Array, row_name

__all__ = ["Fitting"]

# How many values of a batch of samples are worked on at once, where the sample is its own statistic.
_VALUES_AT_ONCE = 2**17
# Statistics that are not the family's own.
_NO_OWN = (Events, Streamed)


class Fitting(ByMoments):
    """A family that is fitted to data: what is wrong is refused, and what was found becomes a `Fit`."""

    @classmethod
    @answering
    def fit(
        cls,
        x: Any,
        weights: ArrayLike | None = None,
        *,
        axis: int | None = None,
        fixed: Mapping[str, Any] | None = None,
        method: str = "mle",
        prior: Mapping[str, Any] | None = None,
    ) -> Fit:
        """Return the fit of the family to data (or to a statistic of them): the maximum of the likelihood.

        Parameters
        ----------
        x : one-dimensional observations; with `axis`, an array of samples, each along that axis, fitted as one batch. Or
            `chunks(...)` of more than memory holds: they are read once where a small statistic suffices, else in a few
            passes, which `passes` counts, with the standard errors among them.
        weights : frequency weights: a weight of 3 is three equal observations, and a value of weight 0 is none: it may
            be NaN, as in samples of different lengths that make one batch. Fractions are allowed.
        fixed : parameters held at given values, such as `{"shape": 2}`; known ones, such as a Binomial's n, must be here.
        method : "mle", or "moments" for the method of moments.
        prior : distributions of parameters by name, such as `{"p": Beta(2, 2)}`: the estimate is then the mode of the
            likelihood times their densities, and intervals and tests take that curve. The log-likelihood leaves them out.

        Raises
        ------
        DataError, SupportError : for data that cannot be used.
        NoMLEError : where the likelihood has no maximum.
            In a batch, a sample with a value that cannot be used, or without a maximum, stops no other: its row is
            NaN, and `problems` says why.
        ConvergenceError : where an iteration failed.
        Interrupted : where the reading of chunks was interrupted, with what had been found.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).params
        {'rate': 0.5}
        """
        likelihood, unread = cls._read(x, weights, axis, fixed)
        if prior is not None:
            if method != "mle":
                raise DataError(
                    f"a prior takes part in the likelihood: method must be 'mle', got {method!r}"
                )
            likelihood = Penalised.of(likelihood, prior)
        return cls._fit_read(likelihood, unread, method)

    @classmethod
    def regress(
        cls,
        y: Any,
        *unnamed: Any,
        weights: ArrayLike | None = None,
        offset: Any = None,
        link: Any = None,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | str | None = None,
        intercept: bool = True,
        **parameters: Any,
    ) -> Any:
        """Return the fit of the family with parameters that follow from covariates: g(theta_i) = offset_i + x_i' b.

        `Gamma.regress(y, rate=X)`: the logarithm of the rate is linear in the columns of X, and the shape is the same in
        all rows. Any parameters may follow from columns, each from its own: `Normal.regress(y, mu=X, sigma=Z)`.

        Parameters
        ----------
        y : one response a row, or what was seen in part, by `observed` or `interval`; or a source of rows with their
            responses, `rows = chunks(path, y="cost")`, which is read in a few passes. Then a parameter follows from `rate=rows`,
            all columns, or some by their names, `rate=["age", "dose"]`, and an offset, or what is known of each row, is the
            name of a column too. Dask's y and X are taken as they are.
        parameters : for a parameter the columns that it follows from, shape (n, p), a DataFrame, a
            sparse matrix, or one column; None for an intercept alone. A sparse matrix stays one for a Poisson whose
            logarithm, and a Bernoulli whose logit, follows from it; else it is laid out in full.
        weights : frequency weights, shape (n,).
        offset : what is added to the linear predictor, shape (n,), by the name of the parameter: `{"rate": np.log(t)}`.
        link : "identity", "log", "logit", "probit", "cloglog", "inverse" or "sqrt" by the name of the parameter; by
            default what leads from its domain to the line: the logarithm of what is positive, the logit of a
            probability. Offset and link need no name where one parameter follows from columns.
        fixed : what is held: a coefficient, `{"x1": 0}`; a parameter that is the same in all rows, `{"shape": 1}`; and what
            is known, `{"n": 20}`, or `{"n": n}` with one number a row.
        prior : distributions of coefficients and parameters by name, such as `{"x1": Normal(0, 1)}`, or "jeffreys": the
            estimate is then the mode of the likelihood times these, and intervals and tests take that curve.
        intercept : whether each predictor has an intercept.

        Returns
        -------
        A `Fit` that predicts. Coefficients are called intercept, x1, ... or as the columns of a DataFrame; where several
        parameters follow from columns, rate_intercept, rate_x1, ... A parameter that is the same in all rows keeps its name
        and its scale.

        A coefficient has the sign of its parameter's change, and a rate is not always a mean: where the rate of an
        Exponential or a Gamma grows, y falls. Standard errors come from the observed information, whatever the link;
        `covariance("expected")` gives those of programs that use Fisher scoring. The score test takes the expected
        information, and is refused where none is known.

        Raises
        ------
        DataError, SupportError : for rows that cannot be used, and names that are none.
        SeparationError : where a direction of the coefficients never lowers the probability of any row.
        NoMLEError : where a parameter runs away: a NegativeBinomial's size where counts vary no more than a Poisson's.
        RegularityError : for parameters at whose estimates the likelihood has corners or ends.
        ConvergenceError : where the climb did not reach a maximum.

        Source: McCullagh and Nelder (1989); for several parameters Rigby and Stasinopoulos (2005).

        >>> from mlecore import Exponential
        >>> Exponential.regress([1.0, 3.0, 4.0], rate=[0.0, 0.0, 1.0]).predict([0.0, 1.0])
        array([2., 4.])
        """
        if unnamed:
            name = cls.parameters[-1] if cls.parameters else "rate"
            raise DataError(
                f"say which parameter follows from the columns, by its name: {cls.__name__}.regress(y, {name}=X)"
            )
        return room("regression").regress(
            cls,
            y,
            parameters,
            weights=weights,
            offset=offset,
            link=link,
            fixed=fixed,
            prior=prior,
            intercept=intercept,
        )

    @classmethod
    def _fit_near(cls, t: Statistic, fixed: Mapping[str, Any], near: Array) -> Fit:
        """Return the fits of samples like the one whose estimate is `near`."""
        return cls.fit(t, fixed=fixed)

    @classmethod
    def _fit_read(cls, likelihood: Likelihood, unread: Mapping[int, str], method: str) -> Fit:
        """Return the fit to data that were read."""
        missing = [name for name in likelihood.layout.known_domains if name not in likelihood.known]
        if missing:
            raise DataError(
                f"{cls.__name__} needs a known {missing[0]}: give fixed={{{missing[0]!r}: ...}}"
            )
        if likelihood.known:
            cls._insist_known_shapes(likelihood)
        if method == "moments":
            full, found, problems = cls._by_moments(likelihood, unread)
            return cls._result(likelihood, full, found, 0, problems, method="moments")
        if method != "mle":
            raise DataError(f"method must be 'mle' or 'moments', got {method!r}")
        cls._check_known(likelihood)
        with np.errstate(
            all="ignore"
        ):  # once for all: to ask costs as much as a mean of a hundred values
            if likelihood.batch_shape:
                return cls._fit_batch(likelihood, unread)
            return cls._fit_one(likelihood)

    @classmethod
    def _read(
        cls, x: Any, weights: Any, axis: Any, fixed: Any
    ) -> tuple[Likelihood, Mapping[int, str]]:
        """Return the likelihood of the data, and which samples of a batch could not be read, and why.

        Another sample stands in for such a one, so that nothing stops; then all that is said of it becomes NaN.
        """
        try:
            return Likelihood(cls, x, weights=weights, axis=axis, fixed=fixed), {}
        except DataError:
            if axis is None or isinstance(x, Statistic | Source):
                raise
            X, w = cls._observations(x, weights, axis)
            unread = cls._unreadable(X)
            batch = X.shape[: X.ndim - 1 - cls.event_ndim]
            bad = np.zeros(int(np.prod(batch)), dtype=bool)
            bad[list(unread)] = True
            if not unread or bad.all():
                raise
        X = X.reshape(bad.size, *X.shape[len(batch) :]).copy()
        X[bad] = X[np.argmin(bad)]
        X = X.reshape(*batch, *X.shape[1:])
        likelihood = Likelihood(cls, X, weights=w, axis=len(batch), fixed=fixed)
        likelihood.statistic = likelihood.statistic.without(bad.reshape(batch))
        return likelihood, unread

    @classmethod
    def _fit_one(cls, likelihood: Likelihood) -> Fit:
        cls._without_mle(likelihood)
        solution, full = cls._found(likelihood)
        cls._insist_found(likelihood, full, bool(solution.converged))
        if likelihood.held and cls._impossible(likelihood, full):
            raise NoMLEError(
                f"{cls.__name__} has no maximum likelihood estimate here: {cls._cannot_have_made(likelihood)}"
            )
        if not (solution.converged and all(map(math.isfinite, full.tolist()))):
            cls._insist_within_range(likelihood)
            stopped = ", ".join(
                f"{name} = {value:.6g}"
                for name, value in zip(likelihood.layout.names, full, strict=True)
            )
            raise ConvergenceError(
                f"the fit of {cls.__name__} did not converge in {int(solution.iterations)} steps; it stopped at {stopped}. "
                "The likelihood may have no maximum: plot its profile, or fix a parameter"
                + cls._on_corners()
            )
        cls._insist_finite(likelihood, full)
        if cls._writes_density and not cls.corners and isinstance(likelihood.statistic, Sample):
            cls._insist_smooth(likelihood, full)
        return cls._result(
            likelihood, full, True, int(solution.iterations), {}, notes=solution.notes
        )

    @classmethod
    def _fit_batch(cls, likelihood: Likelihood, unread: Mapping[int, str]) -> Fit:
        """Fit every sample; one that could not be read, or has no estimate, stops no other."""
        batch = likelihood.batch_shape
        flat, count = likelihood._flat(batch), int(np.prod(batch))
        full = np.full((count, len(likelihood.layout.names)), np.nan)
        converged, iterations = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
        problems: dict[int, str] = dict(unread)
        # A few samples at a time: what is computed of them stays in the cache, and no copy of the whole is held.
        for part in blocks(count, max(1, _VALUES_AT_ONCE // flat.statistic.width)):
            few = flat.at(part)
            refused = np.isin(np.arange(part.start, part.stop), list(unread))
            for refusal in cls._refused(few):
                new = np.broadcast_to(refusal.where, refused.shape) & ~refused
                problems |= dict.fromkeys(part.start + np.flatnonzero(new), refusal.reason)
                refused |= new
            good = np.flatnonzero(~refused)
            if good.size:
                rows = part.start + good
                solution, full[rows] = cls._found(few.at(good))
                converged[rows], iterations[rows] = solution.converged, solution.iterations
                impossible = rows[cls._impossible(few.at(good), full[rows])]
                problems |= dict.fromkeys(impossible, cls._cannot_have_made(likelihood))
                full[impossible] = np.nan
        converged &= np.isfinite(full).all(axis=-1)
        full[~converged] = np.nan
        for row in np.flatnonzero(~converged):
            problems.setdefault(row, "the iteration did not converge")
        return cls._result(
            likelihood,
            full.reshape(*batch, -1),
            converged.reshape(batch),
            iterations.reshape(batch),
            {row_name(np.unravel_index(row, batch)): problems[row] for row in sorted(problems)},
        )

    @classmethod
    def _height_from_data(cls, likelihood: Likelihood) -> Any:
        """Return the log-likelihood at the maximum of a single sample, where the data give it better than its formula."""
        return None

    @classmethod
    def _remarks(cls, likelihood: Likelihood, full: Array) -> tuple[str, ...]:
        """Return what else should be known of the estimates: the notes of the fit."""
        return ()

    @classmethod
    def _of_weights(cls, likelihood: Likelihood) -> tuple[str, ...]:
        if likelihood.weights is None:
            return ()
        ones = zeros_and_ones(likelihood.weights)
        if not ones or isinstance(likelihood.data, PartlySeen):
            return shares_note(likelihood.weights, likelihood.n)
        return (
            f"{ones} of the {likelihood.weights.size} weights are 1 and the others 0, which leaves those values out. If 0 says "
            "that a value was censored, give observed(x, right=(weights == 0))",
        )

    @classmethod
    def _result(
        cls,
        likelihood: Likelihood,
        full: Array,
        converged: Any,
        iterations: Any,
        problems: dict,
        method: str = "mle",
        notes: tuple[str, ...] = (),
    ) -> Fit:
        params = likelihood.layout.unflatten(full)
        if likelihood.known:
            params = {**likelihood.known, **params}
            params = {name: params[name] for name in cls.parameters}
        dist = cls._unchecked()
        dist._freeze(params)
        theta = full[..., likelihood.free] if likelihood.held else full
        # What a family remarks of its own statistic it cannot remark of events.
        remarks = (
            () if isinstance(likelihood.statistic, _NO_OWN) else cls._remarks(likelihood, full)
        )
        return Fit(
            dist=dist,
            likelihood=likelihood,
            theta=theta,
            n=likelihood.n,
            converged=converged,
            iterations=iterations,
            problems=problems,
            notes=(*remarks, *cls._of_weights(likelihood), *notes),
            method=method,
            height=cls._height_from_data(likelihood)
            if method == "mle" and theta.ndim == 1 and not likelihood.penalised
            else None,
        )
