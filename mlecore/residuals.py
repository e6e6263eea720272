"""Residuals at the estimate: what is left of each row once the fit has had its say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy

from .errors import DataError, RegularityError
from .mass import log_mass
from .observations import PartlySeen

__all__ = ["Rows", "insist_kind", "of_rows", "residuals", "rows_of"]

Array = np.ndarray

_KINDS = ("quantile", "pearson", "cox-snell")


class Rows(NamedTuple):
    """What each row says: x lies in (low, high], and could have been seen in (first, last]; `x` where seen exactly."""

    x: Array
    low: Array
    high: Array
    first: Array
    last: Array
    weights: Array | None

    @property
    def exact(self) -> Array:
        """Which rows were seen exactly."""
        return ~np.isnan(self.x)


def rows_of(fit: Any, what: str) -> Rows:
    """Return the rows that a single fit of a family of numbers was made from; `what` is named where there are none.

    >>> from mlecore import Poisson
    >>> rows_of(Poisson.fit([2, 4]), "a picture").low
    array([1., 3.])
    """
    if fit.batch_shape:
        raise DataError(f"{what} takes a single fit; fit one sample of the batch on its own")
    if not hasattr(fit.dist, "log_cdf"):
        instead = (
            ": if it holds, fit.residuals() look standard Normal, as fit.plot() shows"
            if hasattr(fit.dist, "distribution")
            else ""
        )
        raise DataError(
            f"{what} is there for families of distributions, and not for a {fit.likelihood.called}{instead}"
        )
    if fit.dist.event_ndim:
        raise DataError(
            f"{what} orders numbers, and {type(fit.dist).__name__} is a family of vectors: look at one coordinate"
        )
    likelihood, whole = fit.likelihood, fit.dist.support.whole
    if isinstance(likelihood.data, PartlySeen):
        if fit.dist._of_angles():
            raise DataError(
                f"{what} orders what was seen, and arcs of {type(fit.dist).__name__} have no order: angles come round again"
            )
        seen = likelihood.data
        x = np.where(seen.exact, seen.lower, np.nan)
        w = likelihood.weights if seen.weights is None else seen.weights
        return Rows(x, *seen.events(whole), *seen.windows(whole), w)
    x, w = likelihood.observations()
    x = fit.dist._turned(x)
    everything = np.full(x.shape, np.inf)
    return Rows(x, x - 1.0 if whole else x, x, -everything, everything, w)


def residuals(
    fit: Any, kind: str = "quantile", rng: np.random.Generator | int | None = None
) -> Array:
    """Return one residual a row, at the estimate; see `Fit.residuals`.

    >>> from mlecore import Exponential
    >>> residuals(Exponential.fit([1.0, 3.0]), "cox-snell")
    array([0.5, 1.5])
    """
    insist_kind(kind, _KINDS)
    return of_rows(rows_of(fit, "a residual"), fit.dist, kind, rng)


def insist_kind(kind: Any, kinds: Sequence[str]) -> None:
    """Raise where a kind of residual is none of those that there are.

    >>> insist_kind("pearson", ["pearson"])
    """
    if kind not in kinds:
        raise DataError(f"kind must be one of {', '.join(map(repr, kinds))}, got {kind!r}")


def of_rows(rows: Rows, d: Any, kind: str, rng: np.random.Generator | int | None = None) -> Array:
    """Return one residual a row, d being one member of a family or one for each row.

    >>> from mlecore import Exponential
    >>> f = Exponential.fit([1.0, 3.0])
    >>> of_rows(rows_of(f, "a residual"), f.dist, "cox-snell")
    array([0.5, 1.5])
    """
    if kind == "pearson":
        return _pearson(rows, d)
    with np.errstate(all="ignore"):
        total = log_mass(d, rows.first, rows.last)
        above = log_mass(d, rows.high, rows.last)
        if kind == "cox-snell":
            between = ~rows.exact & np.isfinite(rows.high)
            if between.any():
                raise DataError(
                    f"row {int(np.argmax(between))} is known between limits, where a Cox-Snell residual has no value; use "
                    "kind='quantile'"
                )
            last = np.where(rows.exact, above, log_mass(d, rows.low, rows.last))
            return np.maximum(total - last, 0.0)
        below = log_mass(d, rows.first, rows.low)
        inside = log_mass(d, rows.low, rows.high)
        share = np.random.default_rng(rng).random(rows.x.size)
        lower = np.logaddexp(below, np.log(share) + inside) - total
        upper = np.logaddexp(above, np.log1p(-share) + inside) - total
        normal = scipy.special.ndtri_exp
        return np.where(lower < upper, normal(np.minimum(lower, 0)), -normal(np.minimum(upper, 0)))


def _pearson(rows: Rows, d: Any) -> Array:
    """Return (x - mean) / standard deviation."""
    if not rows.exact.all():
        raise DataError(
            f"row {int(np.argmin(rows.exact))} was seen in part, and (x - mean) / sd needs x; use kind='quantile'"
        )
    if np.isfinite(rows.first).any() or np.isfinite(rows.last).any():
        raise DataError("mean and sd within windows are not those of the fit; use kind='quantile'")
    sd = np.sqrt(d.var)
    if not (np.isfinite(d.mean) & np.isfinite(sd) & (sd > 0)).all():
        raise RegularityError(
            f"{d!r} has no mean and standard deviation to measure by; use kind='quantile'"
        )
    return (rows.x - d.mean) / sd
