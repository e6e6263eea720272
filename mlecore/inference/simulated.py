"""What is learnt by fitting drawn samples anew: bootstrap fits, and tests whose statistic is compared with drawn ones."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from ..errors import ConvergenceError, DataError, NoMLEError, RegularityError
from ..observations import PartlySeen
from ..products import blocks
from ..statistics import Events, Statistic, beside
from .resampling import drawn, redrawn
from .tests import TestResult, hypothesis, restricted

__all__ = [
    "as_statistic",
    "bootstrap_test",
    "drawn_drops",
    "greatest",
    "refitted",
    "simulated_result",
    "whole_number",
    "whole_size",
]

Array = np.ndarray

# How many values are drawn at once: 16 MB of doubles.
_VALUES_AT_ONCE = 2**21


def refitted(fit: Any, replicates: int, rng: Any, parametric: bool) -> Any:
    """Return the fits of samples drawn from the data or, if `parametric`, from the fitted member: one batch.

    The arguments and errors are those of `Fit.bootstrap`.

    >>> from mlecore import Exponential
    >>> refitted(Exponential.fit([1.0, 3.0]), 100, 0, parametric=False).batch_shape
    (100,)
    """
    if fit.batch_shape:
        raise DataError("bootstrap takes a single fit; fit one sample of the batch on its own")
    whole_number(replicates)
    n = whole_size(fit.likelihood)
    rng = np.random.default_rng(rng)
    likelihood = fit.likelihood

    def draw(count: int) -> Any:
        if parametric:
            return drawn(fit.dist, likelihood, count, n, rng)
        return redrawn(likelihood, count, n, rng)

    family, fixed = likelihood.family, likelihood.fixed
    if fit.method != "mle":
        x, w = draw(int(replicates))
        return family.fit(x, w, axis=1, fixed=fixed, method=fit.method)
    # Statistics are small: the samples themselves are never all in memory, unless the family needs them whole.
    parts = []
    for part in blocks(int(replicates), max(1, _VALUES_AT_ONCE // n)):
        x, w = draw(part.stop - part.start)
        axis = None if isinstance(x, PartlySeen | Events) else 1
        parts.append(fit.dist._fitting(family.statistics(x, w, axis=axis)))
    if fit.penalised:
        return family.fit(beside(parts), fixed=fixed, prior=likelihood.prior)
    return family._fit_near(beside(parts), fixed, likelihood._full(fit.theta))


def bootstrap_test(
    fit: Any, null: Mapping[str, Any], replicates: int = 999, rng: Any = None
) -> TestResult:
    """Test that some parameters have given values by the likelihood ratio and its law under the hypothesis.

    Samples of the same size are drawn from the best member that fulfils the hypothesis, and 2 (l_max - l_restricted) is
    computed of each. The p-value is (1 + the number that are at least as large) / (replicates + 1). It needs neither a
    large sample nor a parameter that is regular, nor a hypothesis inside the domain.

    Parameters
    ----------
    fit : of one sample.
    null : the values that are tested, by name.
    replicates, rng : how many samples are drawn, and from which random numbers.

    Raises
    ------
    DataError : for a batch, weights that do not add up to a whole number, or a hypothesis that is none.
    RegularityError : for censored data; see `drawn_as_seen`.

    Source: Davison and Hinkley (1997), section 4.2.

    >>> from mlecore import Exponential
    >>> bootstrap_test(Exponential.fit([1.0, 3.0]), {"rate": 0.5}, 99, rng=1).p_value
    1.0
    """
    likelihood = fit.likelihood
    if fit.batch_shape:
        raise DataError("a bootstrap test takes a single fit; fit one sample of the batch alone")
    if likelihood.penalised:
        raise RegularityError(
            "a simulated law of a likelihood ratio does not know of priors; use method='lr', or fit without them"
        )
    whole_number(replicates)
    n = whole_size(likelihood)
    index, values, null, words = hypothesis(likelihood, null)
    if values.ndim > 1:
        raise DataError("a bootstrap test takes one value for each parameter, not a grid")
    full, height = restricted(likelihood, fit.theta, null)
    dist = likelihood.layout.distribution(full, likelihood.known)
    fixed = likelihood.fixed
    rng = np.random.default_rng(rng)
    family, drops = likelihood.family, []
    for part in blocks(replicates, max(1, _VALUES_AT_ONCE // n)):
        t = as_statistic(likelihood, *drawn(dist, likelihood, part.stop - part.start, n, rng))
        drops.append(greatest(family, t, fixed) - greatest(family, t, {**fixed, **null}))
    observed = 2.0 * (float(fit.log_likelihood) - float(height))
    return simulated_result(observed, 2.0 * np.concatenate(drops), index.size, words)


def drawn_drops(replicates: int, drop: Callable[[], float]) -> Array:
    """Return so many statistics, each of data that `drop` draws and fits anew; NaN where one of its fits has no estimate.

    >>> rng = np.random.default_rng(0)
    >>> drawn_drops(3, rng.random).shape
    (3,)
    """
    drops = np.full(replicates, np.nan)
    for k in range(replicates):
        with suppress(ConvergenceError, DataError, NoMLEError):
            drops[k] = drop()
    return drops


def simulated_result(observed: float, statistics: Array, df: int, words: str) -> TestResult:
    """Return where a statistic lies among simulated ones; those that could not be had count as larger.

    >>> simulated_result(2.0, np.array([1.0, 2.0, np.nan]), 1, "").p_value
    0.75
    """
    count = len(statistics)
    # Equal samples of counts have statistics that differ by rounding.
    at_least = ~(statistics < observed - 1e-9 * (1.0 + abs(observed)))
    p = (1.0 + float(at_least.sum())) / (count + 1.0)
    error = float(np.sqrt(p * (1.0 - p) / count))
    return TestResult(max(observed, 0.0), df, p, words, "bootstrap", count, error)


def greatest(family: Any, t: Statistic, fixed: Mapping[str, Any]) -> Array:
    """Return the greatest log-likelihood of each sample of a batch, with some parameters held; NaN where unknown.

    Where a likelihood has no maximum but a limit, such as that of a NegativeBinomial as it becomes a Poisson, the
    limit's is the least upper bound.

    >>> from mlecore import NegativeBinomial, Poisson
    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> heights = [greatest(f, f.statistics(x, axis=1), {}) for f in (NegativeBinomial, Poisson)]
    >>> bool(np.isclose(*heights)[0])
    True
    """
    fit = family.fit(t, fixed=fixed)
    heights = np.array(fit.likelihood.log_likelihood(fit.theta), dtype=float)
    for row in np.flatnonzero(np.isnan(heights)):
        try:
            family.fit(t[row], fixed=fixed)
        except NoMLEError as error:
            if error.limit is not None:
                heights[row] = float(error.limit.log_likelihood)
        except ValueError:
            continue
    return heights


def as_statistic(likelihood: Any, x: Any, w: Array | None) -> Statistic:
    """Return the statistic of a batch of samples, along the second axis."""
    axis = None if isinstance(x, Statistic) else 1
    return likelihood.distribution(
        np.asarray(likelihood.layout.interior)[likelihood.free]
    )._fitting(likelihood.family.statistics(x, w, axis=axis))


def whole_number(replicates: Any) -> None:
    """Raise where a number of replicates is none."""
    if not (isinstance(replicates, numbers.Integral) and replicates > 0):
        raise DataError(f"replicates must be a whole number > 0, got {replicates!r}")


def whole_size(likelihood: Any) -> int:
    """Return the size of a sample as a whole number, or raise where it is none."""
    n = round(float(likelihood.n))
    if not np.isclose(n, likelihood.n, rtol=1e-12, atol=0) or n < 1:
        raise DataError(
            f"the bootstrap draws whole observations, and the weights add up to {float(likelihood.n):g}"
        )
    return n
