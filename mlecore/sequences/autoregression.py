"""Autoregressions: each value is pulled back to a mean from where the last few were, and Normally disturbed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..climbing import climb
from ..domains import Domain, Layout, Positive, Real
from ..errors import ConvergenceError, DataError, NoMLEError
from ..family import Solution
from ..habits import answering
from .autoregression_law import AutoRegressionLaw, AutoRegressionSetting
from .coefficients import ends, on_circle, roots
from .fit import SequenceFit
from .lags import (
    NO_PULL,
    at_best_scale,
    least_squares,
    least_squares_start,
    places,
    yule_walker,
)
from .layout import ParameterLayout, in_units
from .region import Between, StationaryLayout
from .series import Series

__all__ = ["AutoRegression"]

Array = np.ndarray

# Newton arrives in a dozen steps; what needs more than this runs away to the boundary.
_STEPS = 40
# Residuals smaller than this share of the values are rounding.
_EXACT = 1e-12
# With n values a root so many n-ths from the unit circle, and larger than that, has no Normal law.
_NEAR_UNIT, _LARGE = 10.0, 0.9
# Values that vary by less or more have squares that are no doubles.
_SMALLEST, _LARGEST = 1e-140, 1e140


class AutoRegression(AutoRegressionLaw):
    """x_t = mu + phi1 (x_t-1 - mu) + .. + phip (x_t-p - mu) + Normal(0, sigma).

    `mu` is the mean that the process returns to. Packages with an intercept c (a trend "c") have c = mu (1 - phi1 - .. - phip).
    With start="stationary" the first p values have the law of the process itself, and the coefficients are those of a
    stationary one: this is the exact likelihood. With start="given" they are conditioned on, and the fit is by least squares.

    Source: Box, Jenkins and Reinsel (2008), appendix A7.4; Hamilton (1994), chapter 5.

    >>> AutoRegression(mu=5, phi1=0.9, phi2=-0.5, sigma=2).sample(3, rng=0).round(2)
    array([5.36, 4.91, 6.02])
    >>> f = AutoRegression.fit([3.0, 4.0, 3.5, 6.0, 7.0, 6.5, 5.0, 4.5])
    >>> f.names
    ('mu', 'phi1', 'sigma')
    >>> f.predict(2).mean.round(3)
    array([4.556, 4.588])
    """

    def __init__(self, *, start: str = "stationary", **params: float) -> None:
        order = sum(name.startswith("phi") for name in params)
        vars(self).update(vars(self._checked(self._setting(order, start), params)))

    @classmethod
    @answering
    def fit(
        cls,
        x: Any,
        order: int = 1,
        *,
        start: str = "stationary",
        given: int | None = None,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | None = None,
    ) -> SequenceFit:
        """Return the fit: the highest of the maxima that are climbed to from many places, or least squares.

        Parameters
        ----------
        x : the values in their order, at equal distances in time; a list of arrays is several independent sequences.
        order : how many of the last values pull.
        start : "stationary", the exact likelihood, or "given", conditional on the first values.
        given : with start="given", how many first values are conditioned on, `order` by default: give the same to fits of
            different orders before they are compared.
        fixed, prior : as in the fit of any family; fixed={"mu": 0} for a known mean.

        Raises
        ------
        DataError : for an order that is no whole number >= 1, sequences that are not longer, and missing values.
        NoMLEError : where all values are equal, or follow a recursion exactly, so that sigma goes to 0.

        >>> AutoRegression.fit([1.0, 3.0, 2.0, 4.0, 1.0], start="given").params["phi1"].__round__(4)
        -0.8
        """
        return cls._fit(x, fixed=fixed, prior=prior, given=given, order=order, start=start)

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    def _setting(cls, order: Any = 1, start: str = "stationary") -> AutoRegressionSetting:
        if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 1:
            raise DataError(
                f"order must be a whole number >= 1, got {order!r}; of order 0 are independent values: Normal.fit"
            )
        if start not in ("stationary", "given"):
            raise DataError(f"start must be 'stationary' or 'given', got {start!r}")
        return AutoRegressionSetting(int(order), start)

    @classmethod
    def _least(cls, setting: AutoRegressionSetting) -> int:
        return setting.order if setting.start == "given" else 0

    @classmethod
    def _given(
        cls, lengths: Iterable[int], setting: AutoRegressionSetting, given: int | None
    ) -> int:
        lengths = list(lengths)
        given = super()._given(lengths, setting, given)
        if given and setting.start == "stationary":
            raise DataError(
                "with start='stationary' no first values are conditioned on: leave given out, or say start='given'"
            )
        for k, length in enumerate(lengths):
            if length <= setting.order:
                which = f"sequence {k} has" if len(lengths) > 1 else "the sequence has"
                raise DataError(
                    f"{which} {length} value(s), and an autoregression of order {setting.order} needs {setting.order + 1} "
                    "or more"
                )
        return given

    @classmethod
    def _start_note(cls, series: Series) -> str:
        if series.setting.start == "given":
            return super()._start_note(series)
        return "the first values have the law of the stationary process: the likelihood is exact"

    @classmethod
    def _domains(cls, setting: AutoRegressionSetting) -> dict[str, Domain]:
        phi: dict[str, Domain] = {
            f"phi{k}": Between(*ends(setting.order, k)) if setting.start == "stationary" else Real()
            for k in range(1, setting.order + 1)
        }
        return {"mu": Real(), **phi, "sigma": Positive()}

    @classmethod
    def _layout_at(cls, setting: AutoRegressionSetting) -> Layout:
        return (StationaryLayout if setting.start == "stationary" else ParameterLayout)(
            cls, setting
        )

    @classmethod
    def _words(cls, setting: AutoRegressionSetting) -> str:
        return f"AutoRegression({setting.order})"

    @classmethod
    def _insist_estimable(cls, likelihood: Any) -> None:
        series = likelihood.statistic
        spread = np.ptp(series.values)
        if spread == 0 and "mu" in likelihood.names:
            raise NoMLEError(
                f"{likelihood.called} has no maximum likelihood estimate here: all values are equal, so that the likelihood "
                "rises without end as sigma goes to 0"
            )
        if spread > 0 and not _SMALLEST < spread < _LARGEST:
            raise DataError(
                f"values that spread over {spread:.3g} have squares that are no doubles: measure x in other units"
            )
        cls._insist_mean(likelihood)
        if likelihood.held or likelihood.penalised:
            return
        phi, _, rest = least_squares(series)
        if np.isnan(rest) and series.setting.start == "given":
            raise NoMLEError(
                f"{likelihood.called} has no single maximum likelihood estimate here: given the first values, the others do not "
                "determine all coefficients and the mean; choose a lower order, or give more values"
            )
        exact = rest <= _EXACT * spread * np.sqrt(series.n)
        if exact and (series.setting.start == "given" or on_circle(phi)):
            raise NoMLEError(
                f"{likelihood.called} has no maximum likelihood estimate here: the values follow a recursion of order "
                f"{series.setting.order} exactly, so that the likelihood rises without end as sigma goes to 0; choose a lower "
                "order"
            )

    @classmethod
    def _insist_mean(cls, likelihood: Any) -> None:
        """Raise where coefficients that are held leave no mean to return to."""
        held = {name: float(v) for name, v in likelihood.held_by_name.items()}
        phi = [held.get(f"phi{k}") for k in range(1, likelihood.statistic.setting.order + 1)]
        if likelihood.penalised or "mu" in held or None in phi or abs(1.0 - sum(phi)) > NO_PULL:
            return
        raise NoMLEError(
            f"{likelihood.called} has no single maximum likelihood estimate here: the coefficients that are held add up to 1, "
            "so that values return to no mean, and mu drops out of the likelihood; hold it too, at any value: "
            f"fixed={{**fixed, 'mu': {likelihood.statistic.values.mean():.4g}}}"
        )

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _fitted(cls, series: Series, *args: Any, **kwargs: Any) -> SequenceFit:
        try:
            return super()._fitted(series, *args, **kwargs)
        except ConvergenceError as error:
            if series.setting.start == "given":
                raise
            raise NoMLEError(
                f"{cls._called(series)} has no maximum likelihood estimate here: the likelihood rises towards the boundary of "
                "the stationary coefficients, where values follow a recursion all but exactly; choose a lower order, or give "
                "more values"
            ) from error

    @classmethod
    def _guess(cls, series: Series) -> Array:
        if series.setting.start == "given":
            return least_squares_start(series)
        return at_best_scale(series, yule_walker(series)[None])[0]

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        if likelihood.penalised:
            return super()._find(likelihood, near)
        # About the middle of the values and in units of their spread, of which mu loses no digits.
        values, p = likelihood.statistic.values, likelihood.statistic.setting.order
        size = float(np.ptp(values)) or 1.0
        shift = np.array([values.mean(), *np.zeros(p + 1)])
        unit = np.array([size, *np.ones(p), size])
        series = likelihood.statistic.in_units(shift[0], size)
        solution, full = cls._found_in(
            in_units(likelihood, series, shift, unit),
            None if near is None else (near - shift) / unit,
        )
        return solution, shift + unit * full

    @classmethod
    def _found_in(cls, likelihood: Any, near: Array | None) -> tuple[Solution, Array]:
        """Return the maximum of standardised values."""
        series = likelihood.statistic
        if series.setting.start == "given" and not likelihood.held:
            full = least_squares_start(series)
            if not np.isfinite(full).all():
                raise NoMLEError(
                    f"{likelihood.called} has no maximum likelihood estimate here: the recursion of least squares has a unit "
                    "root, so that it returns to no mean; fit the differences of the values"
                )
            return Solution({}, 0, True, _notes(likelihood, full)), full
        batch = likelihood.batch_shape
        flat, count = likelihood._flat(batch), int(np.prod(batch))
        begin = np.broadcast_to(places(series), (count, *places(series).shape))
        if near is not None:
            near = np.broadcast_to(near, (*batch, begin.shape[-1])).reshape(count, 1, -1)
            begin = np.concatenate([near, begin], axis=1)
        each = begin.shape[1]
        many = flat.at(np.repeat(np.arange(count), each))
        start = many._holding(begin.reshape(count * each, -1))
        top = climb(many, start[:, many.free], _STEPS)
        value = np.where(top.converged, top.log_likelihood, -np.inf).reshape(count, each)
        best = np.arange(count) * each + value.argmax(axis=1)
        full = np.broadcast_to(many._full(top.theta), start.shape)[best].reshape(*batch, -1)
        sound = top.converged[best].reshape(batch)[()]
        steps = top.iterations[best].reshape(batch)[()]
        notes = () if batch or not sound else _notes(likelihood, full)
        return Solution({}, steps, sound, notes), full


def _notes(likelihood: Any, full: Array) -> tuple[str, ...]:
    """Say where the recursion is not stationary, or so nearly not that no Normal law holds yet."""
    largest = float(np.abs(roots(full[1:-1])).max(initial=0.0))
    if largest > 1.0:
        return ("the recursion is not stationary: it runs away from mu instead of returning to it",)
    if largest > _LARGE and (1.0 - largest) * float(likelihood.n) < _NEAR_UNIT:
        return (
            f"a root of the recursion, {largest:.4g}, is so near to 1 that the estimates are not Normal yet: standard errors "
            "and tests of the coefficients and the mean are rough",
        )
    return ()
