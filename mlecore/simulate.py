"""What an estimator does in repeated samples: its sampling distribution, and the coverage of its intervals.

Samples are drawn in blocks and each block is fitted as one batch, so ten thousand fits take about as long as ten.
"""

from __future__ import annotations

import html
import inspect
import numbers
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import ConvergenceError, DataError, NoMLEError, RegularityError
from .fit import Fit
from .inference import insist_regular
from .products import blocks
from .progress import Progress, ticker

__all__ = ["Coverage", "coverage", "simulate"]

Array = np.ndarray

# How many values are drawn at once: small enough that the batch's temporaries stay in the cache.
_VALUES_AT_ONCE = 2**17


def simulate(
    dist: Any,
    estimator: Any,
    n: int,
    replicates: int = 10_000,
    rng: np.random.Generator | int | None = None,
    *,
    progress: Progress = False,
) -> Array:
    """Return the estimates from `replicates` samples of size n of a distribution, shape (replicates, parameters).

    Parameters
    ----------
    dist : the distribution that the samples come from.
    estimator : a family, fitted by maximum likelihood (its columns are the free parameters, in declared order, and
        known ones such as a Binomial's n are taken from `dist`); or a function. A function with an argument `axis`
        (`np.mean`, `np.median`, `Gamma.fit`) is called on many samples at once, another on one sample at a time. It
        may return a number, a vector or a Fit.
    progress : True for a line on the standard error in long runs, or a function of (done, total).

    A sample without an estimate gives a row of NaN.

    Raises
    ------
    DataError : for a batch of distributions, an n or `replicates` that is not a whole number > 0, or estimates whose
        shape cannot be understood.

    >>> from mlecore import Poisson
    >>> simulate(Poisson(rate=3.0), Poisson, n=50, replicates=4, rng=0).shape
    (4, 1)
    """
    _check(dist, n, replicates)
    rng = np.random.default_rng(rng)
    estimate = _estimator(dist, estimator)
    tick = ticker(progress, replicates, "samples fitted")
    rows: list[Array | None] = []
    for part in blocks(replicates, _samples_at_once(n)):
        rows += estimate(dist.sample((part.stop - part.start, n), rng=rng))
        tick(part.stop)
    return _stacked(rows)


def _stacked(rows: list[Array | None]) -> Array:
    """Lay estimates one under the other, NaN where there is none."""
    widths = {len(row) for row in rows if row is not None}
    if len(widths) > 1:
        raise DataError(
            f"the estimator must return as many values for every sample; it returned {sorted(widths)}"
        )
    missing = np.full(widths.pop() if widths else 1, np.nan)
    return np.stack([missing if row is None else row for row in rows])


def _check(dist: Any, n: int, replicates: int) -> None:
    for name, value in (("n", n), ("replicates", replicates)):
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
            raise DataError(f"{name} must be a whole number > 0, got {value!r}")
    if not callable(getattr(dist, "sample", None)) or isinstance(dist, type):
        raise DataError(
            "the first argument must be a distribution to draw from, such as Gamma(shape=2, rate=3); "
            f"got {dist!r}"
        )
    if getattr(dist, "batch_shape", ()) != ():
        raise DataError(
            f"the samples must come from one distribution, and this is a batch of {dist.batch_shape}"
        )


def _samples_at_once(n: int) -> int:
    return max(1, _VALUES_AT_ONCE // n)


def _estimator(dist: Any, estimator: Any) -> Callable[[Array], list[Array | None]]:
    """Return a function from samples, one a row, to their estimates."""
    if isinstance(estimator, type) and hasattr(estimator, "fit"):
        return lambda x: list(_fitted(dist, estimator, x).theta)
    if not callable(estimator):
        raise DataError(
            f"the estimator must be a family, such as Gamma, or a function of a sample; got {estimator!r}"
        )
    if _takes_axis(estimator):
        return lambda x: list(_as_rows(estimator(x, axis=1), len(x)))
    return lambda x: [_of_one(estimator, sample) for sample in x]


def _fitted(dist: Any, family: Any, x: Array) -> Fit:
    """Fit a family to many samples at once, taking from the distribution what the family has to know."""
    layout = dist._own_layout() if family is type(dist) else None
    known = {name: getattr(dist, name) for name in layout.known_domains} if layout else {}
    statistic = family.statistics(x, axis=1)
    if family is type(dist):
        statistic = dist._fitting(statistic)
    return family.fit(statistic, fixed=known)


def _takes_axis(function: Any) -> bool:
    try:
        return "axis" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _as_rows(estimates: Any, count: int) -> Array:
    if isinstance(estimates, Fit):
        return estimates.theta
    estimates = np.asarray(estimates, dtype=float)
    if estimates.ndim not in (1, 2) or len(estimates) != count:
        raise DataError(
            f"the estimator must return one number, or one row, for each of the {count} samples; "
            f"it returned shape {estimates.shape}"
        )
    return estimates.reshape(count, -1)


def _of_one(estimator: Any, sample: Array) -> Array | None:
    try:
        estimate = estimator(sample)
    except (NoMLEError, ConvergenceError):
        return None
    estimate = estimate.theta if isinstance(estimate, Fit) else np.asarray(estimate, dtype=float)
    if estimate.ndim > 1:
        raise DataError(
            f"the estimator must return a number or a vector for one sample, got shape {estimate.shape}"
        )
    return np.atleast_1d(estimate)


@dataclass(frozen=True, repr=False)
class Coverage:
    """How often intervals covered the truth in repeated samples.

    `coverage` and `error` are by parameter: the share of samples whose interval holds the true value, and its Monte
    Carlo standard error. `refused` counts, by parameter, the samples that had no interval: they are misses.

    >>> from mlecore import Poisson
    >>> coverage(Poisson(rate=3.0), n=50, replicates=200, rng=0).replicates
    200
    """

    coverage: dict[str, float]
    error: dict[str, float]
    refused: dict[str, int]
    level: float
    method: str
    n: int
    replicates: int

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (name, f"{self.coverage[name]:.4f}", f"{self.error[name]:.2g}", str(self.refused[name]))
            for name in self.coverage
        ]

    def _caption(self) -> str:
        return (
            f"Coverage of {self.level:.4g} intervals by {self.method!r} "
            f"in {self.replicates:,} samples of n = {self.n}"
        )

    def __repr__(self) -> str:
        table = [("", "coverage", "std. error", "refused"), *self._rows()]
        widths = [max(len(row[k]) for row in table) for k in range(4)]
        lines = [
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
                ]
            )
            for row in table
        ]
        return "\n".join([self._caption(), *lines])

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th scope="col">{h}</th>' for h in ("parameter", "coverage", "std. error", "refused")
        )
        body = ""
        for name, *cells in self._rows():
            body += f'<tr><th scope="row">{html.escape(name)}</th>'
            body += "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        return (
            f'<table class="mle-coverage"><caption>{html.escape(self._caption())}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        )


def coverage(
    dist: Any,
    n: int,
    level: float = 0.95,
    method: str = "wald",
    *,
    scale: str = "identity",
    replicates: int = 10_000,
    resamples: int = 1000,
    rng: np.random.Generator | int | None = None,
    progress: Progress = False,
) -> Coverage:
    """Return how often the interval of a fit covers the true parameter, in repeated samples of size n.

    A sample that has no interval (no estimate, or one on the boundary for a Wald interval) is a miss, and counted.
    The Monte Carlo standard error is sqrt(c (1 - c) / replicates) with c the share shrunk by one success and one
    failure, so that a share of 0 or 1 is not taken for certain.

    Parameters
    ----------
    method, scale : as in `Fit.ci`.
    resamples : the bootstrap's replicates for each sample; only for method="bootstrap", which is slow.
    progress : True for a line on the standard error in long runs, or a function of (done, total).

    Raises
    ------
    RegularityError : for a family whose parameters move the support, or a method that it does not allow.
    DataError : see `simulate`.

    >>> from mlecore import Poisson
    >>> c = coverage(Poisson(rate=3.0), n=50, replicates=2000, rng=0)
    >>> 0.93 < c.coverage["rate"] < 0.97
    True
    """
    _check(dist, n, replicates)
    if not hasattr(dist, "parameter_names"):
        raise DataError(
            f"coverage is that of parameters, and {dist!r} has none; draw from a member of a family, such as "
            "Gamma(shape=2, rate=3)"
        )
    rng = np.random.default_rng(rng)
    names = dist.parameter_names
    layout = dist._own_layout()
    truth = layout.flatten_all(dist.params)
    hits, refused = np.zeros(len(names), dtype=int), np.zeros(len(names), dtype=int)
    tick = ticker(progress, replicates, "intervals")
    at_once = _samples_at_once(n) if method != "bootstrap" else 1
    for part in blocks(replicates, at_once):
        x = dist.sample((part.stop - part.start, n), rng=rng)
        if method == "bootstrap":
            low, high = _bootstrap_ends(dist, x[0], level, scale, resamples, rng)
        else:
            fits = _fitted(dist, type(dist), x)
            ends = fits.ci(level, method, scale=scale)
            low = np.stack([ends[name][0] for name in names], axis=-1)
            high = np.stack([ends[name][1] for name in names], axis=-1)
        absent = np.isnan(low) | np.isnan(high)
        true = layout.near(truth, 0.5 * (low + high), layout.everything)
        hits += (~absent & (low <= true) & (true <= high)).sum(axis=0)
        refused += absent.sum(axis=0)
        tick(part.stop)
    shrunk = (hits + 1) / (replicates + 2)
    error = np.sqrt(shrunk * (1 - shrunk) / replicates)
    return Coverage(
        coverage={name: float(v) for name, v in zip(names, hits / replicates, strict=True)},
        error={name: float(v) for name, v in zip(names, error, strict=True)},
        refused={name: int(v) for name, v in zip(names, refused, strict=True)},
        level=level,
        method=method,
        n=int(n),
        replicates=int(replicates),
    )


def _bootstrap_ends(
    dist: Any, x: Array, level: float, scale: str, resamples: int, rng: Any
) -> tuple[Array, Array]:
    """Return the bootstrap's interval for one sample, NaN where it is refused."""
    layout = dist._own_layout()
    known = {name: getattr(dist, name) for name in layout.known_domains}
    missing = np.full((1, len(layout.names)), np.nan)
    try:
        fit = type(dist).fit(x, fixed=known)
        insist_regular(fit.likelihood, "a bootstrap interval")
    except (NoMLEError, ConvergenceError):
        return missing, missing
    if fit.names != layout.names:
        return missing, missing  # a class that was not seen is seen in no resampled data set
    try:
        # What a single interval warns of belongs to the performance that is measured here.
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            ends = fit.ci(level, "bootstrap", scale=scale, replicates=resamples, rng=rng)
    except RegularityError:
        return missing, missing
    low, high = zip(*ends.values(), strict=True)
    return np.array([low]), np.array([high])
