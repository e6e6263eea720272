"""The maximum over all distributions, of partly seen data: Kaplan and Meier's estimate of survival.

The likelihood of rows that were seen exactly, right-censored, or only after their entry is largest for a distribution
that has its mass at the times seen, and leaves each of them with probability 1 - d / r: d of the r at risk failed.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import numeric, zeros_and_ones
from .doors import room
from .errors import DataError, NoMLEError
from .inference import normal_quantile
from .observations import PartlySeen, observed

__all__ = ["KaplanMeier", "kaplan_meier"]

Array = np.ndarray

_HEADS = ("time", "at risk", "failed", "survival", "std. error", "95% low", "95% high")
# How many rows a table shows.
_SHOWN = 30


@dataclass(frozen=True, eq=False, repr=False)
class KaplanMeier:
    """The survival function that makes partly seen data likeliest; made by `kaplan_meier`.

    Attributes
    ----------
    times : the distinct times at which something failed, ascending.
    at_risk, failed : how many were at risk just before each time, and how many failed at it: sums of weights.
    survival : S(t) = P(X > t) at each time.
    se : Greenwood's standard error of it; NaN where S is 0, of which his formula says nothing.
    censored : the distinct times at which something was lost from sight.
    n : the sum of the weights.
    notes : what else should be known of the estimate.

    >>> kaplan_meier(observed([1.0, 2.0, 2.0, 3.0], right=[False, False, True, False])).survival
    array([0.75, 0.5 , 0.  ])
    """

    times: Array
    at_risk: Array
    failed: Array
    censored: Array
    n: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("times", "at_risk", "failed", "censored"):
            getattr(self, name).flags.writeable = False

    @cached_property
    def survival(self) -> Array:
        """S(t) at each of the `times`: the product of 1 - d / r up to it."""
        return np.cumprod(1.0 - self.failed / self.at_risk)

    @cached_property
    def _relative(self) -> Array:
        """The standard error of log S(t), Greenwood's: the root of the sum of d / (r (r - d))."""
        left = self.at_risk - self.failed
        left[left <= 0] = np.nan
        return np.sqrt(np.cumsum(self.failed / self.at_risk / left))

    @property
    def se(self) -> Array:
        """Greenwood's standard error of S at each of the `times`."""
        return self.survival * self._relative

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood of this estimate, which no distribution exceeds: the sum of d log(d/r) + (r-d) log(1-d/r)."""
        left = self.at_risk - self.failed
        gone = self.failed * np.log(self.failed / self.at_risk)
        with np.errstate(all="ignore"):
            stay = np.where(left > 0, left * np.log1p(-self.failed / self.at_risk), 0.0)
        return float((gone + stay).sum())

    @property
    def last(self) -> float:
        """The last time that was seen; beyond it S is known only where it is 0."""
        return float(max(self.times[-1], self.censored.max(initial=-np.inf)))

    def sf(self, t: ArrayLike) -> Any:
        """Return S(t) = P(X > t) at any times; NaN beyond the last time seen, unless all have failed by then.

        >>> kaplan_meier([1.0, 2.0, 4.0, 5.0]).sf([0.0, 2.0, 4.5])
        array([1.  , 0.5 , 0.25])
        """
        return self._at(self.survival, t, 1.0)

    def cdf(self, t: ArrayLike) -> Any:
        """Return P(X <= t) at any times: 1 - S(t)."""
        return 1.0 - self.sf(t)

    def _at(self, values: Array, t: ArrayLike, before: float) -> Any:
        """Return a step function with these values at the `times`."""
        t = numeric(t, "t")
        steps = np.concatenate([[before], values])
        found = steps[np.searchsorted(self.times, t, side="right")]
        unknown = np.isnan(t) | ((t > self.last) & (self.survival[-1] > 0))
        return np.where(unknown, np.nan, found)[()]

    def ci(
        self, level: float = 0.95, at: ArrayLike | None = None, *, scale: str = "log-log"
    ) -> tuple[Any, Any]:
        """Return the ends of an interval for S at each of the `times`, or at any times: (low, high).

        Parameters
        ----------
        level : how often such an interval holds S(t), for one t and in large samples.
        at : the times; NaN before the first failure, where Greenwood's formula says nothing.
        scale : on which the interval is symmetric: "log-log", log(-log S), which never leaves 0 to 1; "log"; or
            "identity", whose ends are cut to 0 and 1, as that of "log" is.

        Raises
        ------
        DataError : for a level or a scale that is none.

        Source: Kalbfleisch and Prentice (2002), section 1.4.

        >>> low, high = kaplan_meier([1.0, 2.0, 4.0, 5.0]).ci(at=2.0)
        >>> round(float(low), 3), round(float(high), 3)
        (0.058, 0.845)
        """
        z, s, error = normal_quantile(level), self.survival, self._relative
        with np.errstate(all="ignore"):
            if scale == "log-log":
                ratio = np.exp(z * error / -np.log(s))
                low, high = s**ratio, s ** (1.0 / ratio)
            elif scale == "log":
                low, high = s * np.exp(-z * error), np.minimum(s * np.exp(z * error), 1.0)
            elif scale == "identity":
                low = np.maximum(s * (1.0 - z * error), 0.0)
                high = np.minimum(s * (1.0 + z * error), 1.0)
            else:
                raise DataError(f"scale must be 'log-log', 'log' or 'identity', got {scale!r}")
        if at is None:
            return low, high
        return self._at(low, at, np.nan), self._at(high, at, np.nan)

    def quantile(self, q: float) -> float:
        """Return the first time by which at least a share q has failed; NaN where so many never did.

        >>> kaplan_meier([1.0, 2.0, 4.0, 5.0]).quantile(0.75)
        4.0
        """
        return self._first(self.survival <= self._rest(q))

    @property
    def median(self) -> float:
        """The first time by which half have failed; NaN where fewer did."""
        return self.quantile(0.5)

    def quantile_ci(
        self, q: float = 0.5, level: float = 0.95, *, scale: str = "log-log"
    ) -> tuple[float, float]:
        """Return an interval for a quantile: the times whose interval for S holds 1 - q; NaN for an end never reached.

        Source: Brookmeyer and Crowley (1982).

        >>> kaplan_meier(range(1, 21)).quantile_ci()
        (5.0, 15.0)
        """
        low, high = self.ci(level, scale=scale)
        rest, gone = (
            self._rest(q),
            self.survival == 0,
        )  # where S is 0 its ends are unknown, and it is not
        above = np.flatnonzero(high > rest)  # from one time to the next an interval may rise
        end = int(above[-1]) + 1 if above.size else 0
        return self._first((low <= rest) | gone), self._first(np.arange(self.times.size) >= end)

    @staticmethod
    def _rest(q: float) -> float:
        if not 0.0 < q < 1.0:
            raise DataError(f"q must lie between 0 and 1, got {q!r}")
        return 1.0 - q + 1e-12  # a product of shares is a share only up to rounding

    def _first(self, where: Array) -> float:
        return float(self.times[np.argmax(where)]) if where.any() else float("nan")

    def plot(self, ax: Any = None, *, level: float = 0.95, **settings: Any) -> Any:
        """Draw the steps with their intervals, and a tick where something was lost from sight; return the Axes.

        >>> ax = kaplan_meier([1.0, 2.0, 4.0, 5.0]).plot()
        >>> ax.get_ylabel()
        'share surviving'
        """
        return room("plotting").survival(self, ax, level=level, **settings)

    def _caption(self) -> str:
        return f"Kaplan and Meier's estimate from n = {self.n:g}, {self.failed.sum():g} failed: median {self.median:.4g}"

    def _cells(self) -> list[list[str]]:
        columns = (self.times, self.at_risk, self.failed, self.survival, self.se, *self.ci())
        rows = [
            ["–" if np.isnan(v) else f"{v:.4g}" for v in row] for row in zip(*columns, strict=True)
        ]
        if len(rows) > _SHOWN:
            half = _SHOWN // 2
            rows = [*rows[:half], ["…"] * len(_HEADS), *rows[-half:]]
        return rows

    def __repr__(self) -> str:
        table = [list(_HEADS), *self._cells()]
        widths = [max(len(row[k]) for row in table) for k in range(len(_HEADS))]
        lines = [
            "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table
        ]
        return "\n".join([self._caption(), *lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{h}</th>' for h in _HEADS)
        body = "".join(
            f'<tr><th scope="row">{time}</th>' + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"
            for time, *cells in self._cells()
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return (
            f'<table class="mle-fit"><caption>{html.escape(self._caption())}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )


def kaplan_meier(t: PartlySeen | ArrayLike, weights: ArrayLike | None = None) -> KaplanMeier:
    """Return the maximum of the likelihood over all distributions, as a survival function.

    S(t) = prod over the failure times s <= t of 1 - d(s) / r(s). A row lost from sight at s was still at risk at s, and
    one with a delayed entry is at risk only after it.

    Parameters
    ----------
    t : partly seen values, from `observed` or `interval`: seen exactly or right-censored; or values all seen.
    weights : how many observations each row stands for, unless `t` has them.

    Raises
    ------
    DataError : for rows known to an interval, left-censored, or visible only below a limit, and for no data.
    NoMLEError : where nothing failed.

    Source: Kaplan and Meier (1958); Greenwood (1926) for the standard errors.

    >>> kaplan_meier(observed([6.0, 7.0, 9.0], right=[False, False, True])).sf(8.0).round(4)
    np.float64(0.3333)
    """
    if not isinstance(t, PartlySeen):
        if weights is not None and zeros_and_ones(weights):
            raise DataError(
                "weights count observations, and these are 0 or 1, as what says whether a time was seen is: give "
                "observed(t, right=(seen == 0)), or leave rows out of t"
            )
        t = observed(t, weights=weights)
    elif weights is not None:
        raise DataError(
            "weights belong to the partly seen values: give them to observed or interval"
        )
    _insist_right(t)
    w = np.ones(len(t)) if t.weights is None else np.asarray(t.weights)
    kept = w > 0
    w, x, seen, entry, closed = (v[kept] for v in (w, t.lower, t.exact, t.low, t.closed_low))
    if not seen.any():
        raise NoMLEError(
            "nothing failed: every row is right-censored, so the likelihood is largest, at 1, for any distribution "
            "beyond the last of them"
        )
    times, place = np.unique(x[seen], return_inverse=True)
    failed = np.bincount(place, w[seen], times.size)
    # At risk at s: entered before it, less those that left before it. A window that holds its end lets one in at s.
    at_risk = (
        _total(entry[~closed], w[~closed], times, "left")
        + _total(entry[closed], w[closed], times, "right")
        - _total(x, w, times, "left")
    )
    n = float(w.sum())
    # Sums of fractions that should be equal differ in the last digits.
    at_risk = np.where(np.abs(at_risk - failed) < 1e-12 * n, failed, at_risk)
    lost = x[~seen]
    found = KaplanMeier(times, at_risk, failed, np.unique(lost[np.isfinite(lost)]), n)
    return replace(found, notes=_notes(t[kept], found))


def _total(x: Array, w: Array, at: Array, side: Any) -> Array:
    """Return the weight of all x below each time: "left", or at or below it: "right"."""
    order = np.argsort(x, kind="stable")
    return np.concatenate([[0.0], np.cumsum(w[order])])[np.searchsorted(x[order], at, side=side)]


def _insist_right(t: PartlySeen) -> None:
    """Raise where a row is neither seen exactly nor right-censored, or could not have been seen to the right."""
    other = np.flatnonzero(~t.exact & ~np.isposinf(t.upper))
    if other.size:
        k = other[0]
        raise DataError(
            f"row {k} is known to lie between {t.lower[k]:g} and {t.upper[k]:g} ({other.size} of {len(t)} rows are "
            "known so): kaplan_meier takes values seen exactly or right-censored. The maximum over all distributions "
            "for intervals is Turnbull's, which is not built; fit a family, which takes them"
        )
    cut = np.flatnonzero(np.isfinite(t.high))
    if cut.size:
        raise DataError(
            f"row {cut[0]} could be seen only below {t.high[cut[0]]:g}: kaplan_meier takes delayed entry, and no limit to "
            "the right. Without censoring, turn time round: kaplan_meier(observed(-x, entry=-high))"
        )


def _notes(t: PartlySeen, found: KaplanMeier) -> tuple[str, ...]:
    said = []
    first = t.low.min()
    if np.isfinite(first) and not (
        first == 0 < t.lower.min()
    ):  # the time of an entry, for lifetimes
        said.append(f"no row was at risk before {first:g}: S is that of what lives beyond it")
    gone = found.survival == 0
    if gone.any() and found.times[gone][0] < found.last:
        said.append(
            f"all that were at risk at {found.times[gone][0]:g} failed, so S is 0 from there on, though other rows were seen "
            "later: start where more are at risk"
        )
    if not gone.any():
        said.append(f"S beyond {found.last:g}, the last time seen, is not determined by the data")
    return tuple(said)
