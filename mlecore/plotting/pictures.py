"""Pictures of what was fitted: the data and the model in their colours, with words beside the lines.

Each takes a fit, and an Axes if there is one, and returns the Axes; `describe` says in words what an Axes shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from ..errors import DataError
from ..mass import log_mass
from ..nonparametric import kaplan_meier
from ..observations import observed
from ..residuals import Rows, residuals, rows_of
from .drawing import DATA, MODEL, own_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe", "fitted", "histogram", "pp", "qq", "survival"]

Array = np.ndarray

_POINTS = 300


# -- the data and the model ------------------------------------------------------------------------


def histogram(fit: Any, ax: Axes | None = None, bins: Any = "auto", **settings: Any) -> Axes:
    """The data as bars, and what the fit expects: a density as a curve, probabilities of counts as dots.

    `bins` are those of `numpy.histogram`; binned data keep their own. Within windows the curve is that of what could
    be seen. Censored values have no bar: see `fitted`, which draws survival instead.

    Raises
    ------
    DataError : for rows that are neither seen exactly nor bins.

    >>> from mlecore import Exponential
    >>> describe(histogram(Exponential.fit([1.0, 3.0, 0.5, 2.0])))
    'density against x, 0.5 to 3: fitted Exponential, data'
    """
    rows = rows_of(fit, "a histogram")
    if not (rows.exact.all() or _binned(rows)):
        k = int(np.argmin(rows.exact))
        raise DataError(
            f"row {k} is known to lie between {rows.low[k]:g} and {rows.high[k]:g}, which is no bar of a histogram: draw "
            "plotting.survival(kaplan_meier(t)) for right-censored values, or plotting.qq(fit)"
        )
    ax = own_axes(ax)
    name = f"fitted {type(fit.dist).__name__}"
    settings = {"color": DATA, "alpha": 0.5, "label": "data"} | settings
    if fit.dist.support.whole:
        _counts(fit.dist, rows, ax, name, settings)
    else:
        _densities(fit.dist, rows, ax, name, settings, bins)
    ax.legend()
    return ax


def _binned(rows: Rows) -> bool:
    """Say whether the rows are bins with finite edges that do not overlap."""
    low, high = np.unique(np.stack([rows.low, rows.high]), axis=1)
    finite = np.isfinite(low).all() and np.isfinite(high).all()
    return bool(not rows.exact.any() and finite and (low[1:] >= high[:-1]).all())


def _counts(d: Any, rows: Rows, ax: Axes, name: str, settings: dict[str, Any]) -> None:
    w = np.ones(rows.x.size) if rows.weights is None else rows.weights
    (low, high), place = np.unique(np.stack([rows.low, rows.high]), axis=1, return_inverse=True)
    there = np.bincount(np.ravel(place), w)
    width = high - low
    # What spans several numbers is drawn as high as each of them would be.
    ax.bar(0.5 * (low + high + 1.0), there / width, **{"width": 0.8 * width} | settings)
    k = np.arange(low.min() + 1.0, high.max() + 1.0)
    if k.size > _POINTS:
        k = k[:: k.size // _POINTS]
    ax.plot(k, w.sum() * _visible(d, rows, k - 1.0, k), "o", color=MODEL, label=name)
    ax.set(xlabel="x", ylabel="count")


def _densities(
    d: Any, rows: Rows, ax: Axes, name: str, settings: dict[str, Any], bins: Any
) -> None:
    w = np.ones(rows.x.size) if rows.weights is None else rows.weights
    if rows.exact.all():
        if rows.weights is not None and isinstance(bins, str):
            bins = max(10, int(np.sqrt(rows.x.size)))  # numpy has no rule for weights
        heights, edges = np.histogram(rows.x, bins=bins, weights=rows.weights, density=True)
        low, high = edges[:-1], edges[1:]
    else:
        (low, high), place = np.unique(np.stack([rows.low, rows.high]), axis=1, return_inverse=True)
        heights = np.bincount(np.ravel(place), w) / w.sum() / (high - low)
    ax.bar(low, heights, width=high - low, align="edge", **{"edgecolor": "white"} | settings)
    edge = np.linspace(low.min(), high.max(), _POINTS + 1)
    density = _visible(d, rows, edge[:-1], edge[1:]) / np.diff(edge)
    ax.plot(0.5 * (edge[:-1] + edge[1:]), density, color=MODEL, label=name)
    top = 1.3 * max(heights.max(), np.median(density[np.isfinite(density)]))
    if (
        density[np.isfinite(density)].max() > 2 * top
    ):  # a density without bound shows the data no less
        ax.set_ylim(0.0, top)
    ax.set(xlabel="x", ylabel="density")


def _visible(d: Any, rows: Rows, low: Array, high: Array) -> Array:
    """Return how much of what could be seen lies between limits, on average over the rows."""
    w = np.ones(rows.x.size) if rows.weights is None else rows.weights
    ends, place = np.unique(np.stack([rows.first, rows.last]), axis=1, return_inverse=True)
    total: Any = 0.0
    for first, last, weight in zip(*ends, np.bincount(np.ravel(place), w), strict=True):
        inside = log_mass(d, np.clip(low, first, last), np.clip(high, first, last))
        total = total + weight * np.exp(inside - log_mass(d, first, last))
    return total / w.sum()


def survival(
    estimate: Any, ax: Axes | None = None, *, level: float = 0.95, **settings: Any
) -> Axes:
    """The steps of a Kaplan-Meier estimate with their intervals, and a tick where something was lost from sight.

    The band begins at the first failure and ends where S is 0, outside of which there is no interval.

    >>> from mlecore import kaplan_meier
    >>> survival(kaplan_meier([1.0, 2.0, 4.0])).get_xlabel()
    'time'
    """
    ax = own_axes(ax)
    settings = {"color": DATA} | settings
    begin = min(0.0, float(estimate.times[0]))
    x = np.concatenate([[begin], estimate.times, [estimate.last]])
    ax.step(x, estimate.sf(x), where="post", **settings)
    low, high = estimate.ci(level, at=x)
    ax.fill_between(x, low, high, step="post", alpha=0.15, linewidth=0, color=settings["color"])
    lost = estimate.censored
    ax.plot(lost, estimate.sf(lost), linestyle="none", marker="|", color=settings["color"], ms=9)
    ax.set(ylim=(0.0, 1.05), xlabel="time", ylabel="share surviving")
    return ax


# -- quantiles and probabilities -------------------------------------------------------------------


def _plain(rows: Rows, fit: Any) -> bool:
    """Say whether the values themselves can be laid beside the quantiles of the fit."""
    everything = np.isinf(rows.first).all() and np.isinf(rows.last).all()
    return bool(rows.exact.all() and everything and not fit.dist.support.whole)


def _positions(fit: Any, rows: Rows, values: Array) -> tuple[Array, Array, Array]:
    """Return values in order, the share of the sample in the middle of each, and how many each stands for."""
    w = np.ones(values.size) if rows.weights is None else np.asarray(rows.weights, dtype=float)
    order = np.argsort(values, kind="stable")
    w = w[order]
    return values[order], (np.cumsum(w) - 0.5 * w) / w.sum(), w


def qq(fit: Any, ax: Axes | None = None, *, rng: Any = 0, **settings: Any) -> Axes:
    """The data against the quantiles of the fit, with the line on which they would lie.

    Counts, and what was partly seen, are drawn by their quantile residuals, against those of a standard Normal; `rng`
    draws these. The band holds the order statistics of such a sample, each by itself, in 95 of 100 cases, if the
    parameters were known.

    >>> from mlecore import Exponential
    >>> describe(qq(Exponential.fit([1.0, 3.0, 0.5, 2.0])))
    'data against quantile of the fitted Exponential, 0.217 to 3.379: 95% band, equal, data'
    """
    rows, ax = rows_of(fit, "a quantile plot"), own_axes(ax)
    if _plain(rows, fit):
        values, share, w = _positions(fit, rows, rows.x)
        quantile, what = fit.dist.ppf, "quantile of the fitted " + type(fit.dist).__name__
        ylabel = "data"
    else:
        values, share, w = _positions(fit, rows, residuals(fit, rng=rng))
        quantile, what, ylabel = (
            scipy.special.ndtri,
            "standard Normal quantile",
            "quantile residual",
        )
    _against_quantiles(ax, values, share, w, quantile, settings)
    ax.set(xlabel=what, ylabel=ylabel)
    return ax


def _against_quantiles(
    ax: Axes, values: Array, share: Array, w: Array, quantile: Any, settings: dict[str, Any]
) -> None:
    """Draw ordered values against quantiles, with the line on which they would lie and a band about it."""
    n = w.sum()
    low, high = (
        quantile(scipy.special.betaincinv(share * n + 0.5, n - share * n + 0.5, tail))
        for tail in (0.025, 0.975)
    )
    there = quantile(share)
    ax.fill_between(there, low, high, color=MODEL, alpha=0.15, linewidth=0, label="95% band")
    ax.plot(there, there, color=MODEL, label="equal")
    settings = {"color": DATA, "marker": "o", "ms": 4, "label": "data"} | settings
    ax.plot(there, values, linestyle="none", **settings)


def pp(fit: Any, ax: Axes | None = None, *, rng: Any = 0, **settings: Any) -> Axes:
    """The distribution function of the fit at the data, against the share of the data up to there.

    Counts, and what was partly seen, are drawn by their quantile residuals; `rng` draws these.

    >>> from mlecore import Exponential
    >>> describe(pp(Exponential.fit([1.0, 3.0, 0.5, 2.0])))
    'fitted probability against share of the data, 0 to 1: equal, data'
    """
    rows, ax = rows_of(fit, "a probability plot"), own_axes(ax)
    u = scipy.special.ndtr(residuals(fit, rng=rng))
    values, share, _ = _positions(fit, rows, u)
    ax.plot([0.0, 1.0], [0.0, 1.0], color=MODEL, label="equal")
    settings = {"color": DATA, "marker": "o", "ms": 4, "label": "data"} | settings
    ax.plot(share, values, linestyle="none", **settings)
    ax.set(xlabel="share of the data", ylabel="fitted probability", xlim=(0, 1), ylim=(0, 1))
    return ax


def fitted(fit: Any, axes: Any = None, *, rng: Any = 0) -> Array:
    """Two pictures of a fit, the data beside the model and the quantile plot; return both Axes.

    Of a regression the quantile residuals, against the fitted mean and against the quantiles of a standard Normal; of a
    sequence the values in order with the mean of each given its past, and the quantile residuals.
    Right-censored values are drawn as Kaplan and Meier's survival, with that of the fit; other partly seen ones as a
    probability plot.

    >>> from mlecore import Poisson
    >>> [describe(ax)[:5] for ax in fitted(Poisson.fit([2, 4]))]
    ['count', 'quant']
    """
    if axes is None:
        import matplotlib.pyplot as plt

        with style():
            axes = plt.subplots(1, 2)[1]
    left, right = axes
    if hasattr(fit, "series"):
        return _sequence(fit, left, right, rng)
    if hasattr(fit, "predict"):
        return _regression(fit, left, right, rng)
    rows = rows_of(fit, "a picture")
    if rows.exact.all() or _binned(rows):
        histogram(fit, left)
    elif (rows.exact | np.isinf(rows.high)).all() and np.isinf(rows.last).all():
        _survivals(fit, rows, left)
    else:
        pp(fit, left, rng=rng)
    qq(fit, right, rng=rng)
    return np.array([left, right])


def _regression(fit: Any, left: Axes, right: Axes, rng: Any) -> Array:
    """Draw the quantile residuals of a regression against the fitted mean, and against Normal quantiles."""
    r, mean = fit.residuals(rng=rng), fit.dist.distribution().mean
    w = np.asarray(fit.dist.rows.counts(), dtype=float)
    left.axhline(0.0, color=MODEL, label="expected")
    left.plot(
        np.broadcast_to(mean, r.shape), r, "o", color=DATA, ms=4, alpha=0.5, label="residuals"
    )
    left.set(xlabel="fitted mean", ylabel="quantile residual")
    _against_normal(right, r, w)
    return np.array([left, right])


def _sequence(fit: Any, left: Axes, right: Axes, rng: Any) -> Array:
    """Draw a sequence with the mean of each value given its past, and its quantile residuals against Normal ones."""
    r, x = fit.residuals(rng=rng), fit.series.predicted
    left.plot(x, "o", color=DATA, ms=3, label="data")
    left.plot(fit.dist._one_step(fit.series).mean, color=MODEL, label="mean given the past")
    left.set(xlabel="time", ylabel="x")
    left.legend()
    _against_normal(right, r, np.ones(r.size))
    return np.array([left, right])


def _against_normal(ax: Axes, r: Array, w: Array) -> None:
    """Draw quantile residuals against those of a standard Normal."""
    order = np.argsort(r, kind="stable")
    share = (np.cumsum(w[order]) - 0.5 * w[order]) / w.sum()
    _against_quantiles(ax, r[order], share, w[order], scipy.special.ndtri, {})
    ax.set(xlabel="standard Normal quantile", ylabel="quantile residual")


def _survivals(fit: Any, rows: Rows, ax: Axes) -> None:
    """Draw the survival of the data and that of the fit, both given that one lives to the first entry."""
    x = np.where(rows.exact, rows.x, rows.low)
    estimate = kaplan_meier(observed(x, right=~rows.exact, entry=rows.first, weights=rows.weights))
    survival(estimate, ax, label="Kaplan-Meier")
    first = rows.first.min()
    t = np.linspace(max(first, min(0.0, x.min())), estimate.last, _POINTS)
    s = np.exp(fit.dist.log_sf(t) - fit.dist.log_sf(first))
    ax.plot(t, s, color=MODEL, label=f"fitted {type(fit.dist).__name__}")
    ax.legend()


# -- in words --------------------------------------------------------------------------------------


def describe(ax: Axes) -> str:
    """Return what an Axes shows in words: what is drawn against what, over which range, and the parts by name.

    It is a beginning of a text for those who do not see the picture; what the picture says is for its author to add.

    >>> from mlecore import Poisson
    >>> describe(histogram(Poisson.fit([2, 4])))
    'count against x, 1.6 to 4.4: fitted Poisson, data'
    """
    parts = ", ".join(ax.get_legend_handles_labels()[1])
    low, high = ax.dataLim.intervalx
    return f"{ax.get_ylabel()} against {ax.get_xlabel()}, {low:.4g} to {high:.4g}: {parts}"
