"""Three tests of a hypothesis about some of the parameters: by likelihood ratio, Wald's, and by the score."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import scipy

from ..errors import ConvergenceError, DataError, RegularityError, listed
from .information import Scaled, in_own_units, invert, scaled_covariance, scaled_expected
from .regularity import at_maximum, insist_positive, insist_regular

__all__ = [
    "TestResult",
    "hypothesis",
    "likelihood_ratio_test",
    "restricted",
    "score_test",
    "wald_test",
]

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class TestResult:
    """What a test says: the statistic, its degrees of freedom and the p-value; arrays for a batch of fits.

    The p-value is the probability, if the hypothesis holds and the sample is large, of a statistic at least this
    large. It is no probability of the hypothesis.

    >>> TestResult(3.84, 1, 0.05)
    Test: statistic 3.84 on 1 degree of freedom, p = 0.05
    """

    __test__ = False  # pytest collects classes by their name; this one tests hypotheses

    statistic: Any
    df: int
    p_value: Any
    hypothesis: str = ""
    method: str = ""
    #: of a simulated p-value, from how many samples, and its Monte Carlo standard error
    replicates: int = 0
    error: float = 0.0

    def _sentence(self) -> str:
        name = {
            "lr": "Likelihood-ratio test",
            "bootstrap": "Likelihood-ratio test",
            "wald": "Wald test",
            "score": "Score test",
        }
        title = name.get(self.method, "Test") + (
            f" of {self.hypothesis}" if self.hypothesis else ""
        )
        degrees = f"{self.df} degree{'' if self.df == 1 else 's'} of freedom"
        if np.ndim(self.statistic):
            return f"{title}: {np.size(self.statistic)} statistics on {degrees}"
        if self.replicates:
            return (
                f"{title}: statistic {self.statistic:.4g}, by {self.replicates} simulated samples "
                f"p = {self.p_value:.4g} (Monte Carlo error {self.error:.2g})"
            )
        p = f"p = {self.p_value:.4g}" if not self.p_value < 1e-300 else "p < 1e-300"
        return f"{title}: statistic {self.statistic:.4g} on {degrees}, {p}"

    def __repr__(self) -> str:
        return self._sentence()

    def _repr_html_(self) -> str:
        return f'<p class="mle-test">{html.escape(self._sentence())}</p>'


def likelihood_ratio_test(likelihood: Any, theta: Array, null: Mapping[str, Any]) -> TestResult:
    """Test that some parameters have given values by 2 (l_max - l_restricted), chi-square in large samples.

    Parameters
    ----------
    likelihood : a `Likelihood`, of one sample or of a batch.
    theta : its free scalars at the maximum, on the last axis.
    null : the values that are tested, by name; the other parameters are free.

    Raises
    ------
    RegularityError : for a family whose parameters move the support, for a value on the boundary of its domain that
        the data do not rule out: there the statistic is no chi-square (Self and Liang 1987); and where a family says so.
    DataError : for an unknown or fixed parameter, or a value outside its domain.
    ConvergenceError : where the restricted likelihood cannot be maximised.

    Source: Wilks (1938).

    >>> from mlecore import Likelihood, Poisson
    >>> likelihood_ratio_test(Likelihood(Poisson, [2, 4]), np.array([3.0]), {"rate": 3.0})
    Likelihood-ratio test of rate = 3: statistic 0 on 1 degree of freedom, p = 1
    """
    insist_regular(likelihood, "a likelihood-ratio test")
    theta = at_maximum(likelihood, theta)
    insist_positive(likelihood, theta)
    index, _, null, words = hypothesis(likelihood, null)
    reason = likelihood.family._no_chi_square(null, likelihood.names)
    if reason:
        raise RegularityError(
            f"the statistic of {words} is not a chi-square in large samples: {reason}; use method='bootstrap'"
        )
    full, height = restricted(likelihood, theta, null)
    top = likelihood.log_likelihood(theta)
    with np.errstate(invalid="ignore"):
        drop = 2.0 * (top - height)
        # More than rounding below zero means that the fit is not the maximum, and then no p-value holds.
        wrong = drop < -1e-6 * (1.0 + np.abs(top))
    if np.ndim(wrong) == 0 and wrong:
        raise ConvergenceError(
            "the likelihood under the hypothesis is higher than at the fit, which is not its maximum there; "
            "the likelihood has several peaks: plot it"
        )
    # A hypothesis that the data rule out, or fit best, needs no chi-square.
    doubtful = np.isfinite(drop) & (drop > 1e-9)
    wrong = wrong | _on_boundary(likelihood, full, index, words, doubtful)
    return _result(np.where(wrong, np.nan, np.maximum(drop, 0.0)), index.size, words, "lr")


def _on_boundary(
    likelihood: Any, full: Array, index: Array, words: str, doubtful: Any = True
) -> Array:
    """Return where a hypothesis lies on the boundary and is in doubt, for there no statistic is a chi-square."""
    edge = likelihood.layout.at_edge(full)[..., likelihood.free[index]].any(axis=-1) & doubtful
    if np.ndim(edge) == 0 and edge:
        raise RegularityError(
            f"{words} lies on the boundary of its domain, where the statistic is not a chi-square in large samples; use "
            "method='bootstrap'"
        )
    return np.asarray(edge)


def wald_test(
    likelihood: Any, theta: Array, null: Mapping[str, Any], kind: str | None = None
) -> TestResult:
    """Test that some parameters have given values by their distance from the estimate, in standard errors, squared.

    The statistic is (theta - null)' C^-1 (theta - null), with C the block of the covariance matrix.

    Parameters
    ----------
    likelihood, theta, null : as in `likelihood_ratio_test`.
    kind : the information, as in `covariance`.

    Raises
    ------
    RegularityError : where there is no covariance matrix, see `covariance`, and for a value on the boundary of its
        domain.
    DataError : for an unknown or fixed parameter, or a value outside its domain.

    Source: Wald (1943).

    >>> from mlecore import Likelihood, Poisson
    >>> wald_test(Likelihood(Poisson, [2, 4]), np.array([3.0]), {"rate": 1.5})
    Wald test of rate = 1.5: statistic 1.5 on 1 degree of freedom, p = 0.2207
    """
    index, values, _, words = hypothesis(likelihood, null)
    estimates = theta[..., index]
    away = estimates - likelihood.layout.near(values, estimates, likelihood.free[index])
    full = np.array(
        np.broadcast_to(likelihood._full(theta), (*away.shape[:-1], len(likelihood.layout.names)))
    )
    full[..., likelihood.free[index]] = values
    _insist_regular_at(likelihood, full[..., likelihood.free], words)
    cov = scaled_covariance(likelihood, theta, kind).block(index)
    edge = _on_boundary(likelihood, full, index, words)
    return _result(np.where(edge, np.nan, _quadratic(cov, away)), index.size, words, "wald")


def _insist_regular_at(likelihood: Any, there: Array, words: str) -> None:
    """Raise where a hypothesis lies at members of the family that the large-sample theory does not hold at."""
    with np.errstate(all="ignore"):
        odd, why = likelihood.distribution(there)._irregular_where(likelihood.names)
    if np.any(odd):
        raise RegularityError(f"a Wald test of {words} has no meaning: {why}. Use method='lr'")


def score_test(likelihood: Any, theta: Array, null: Mapping[str, Any]) -> TestResult:
    """Test that some parameters have given values by the slope there: s' (n I)^-1 s, with the others at their best.

    The information is the expected one at the hypothesis. Nothing but the hypothesis is fitted, so an estimate on
    the boundary is no obstacle.

    Parameters
    ----------
    likelihood, theta, null : as in `likelihood_ratio_test`.

    Raises
    ------
    RegularityError : for a family whose parameters move the support, or where the information is singular.
    DataError : for an unknown or fixed parameter, or a value outside its domain.

    Source: Rao (1948).

    >>> from mlecore import Bernoulli, Likelihood
    >>> score_test(Likelihood(Bernoulli, [0, 0, 0, 0]), np.array([0.0]), {"p": 0.5})
    Score test of p = 0.5: statistic 4 on 1 degree of freedom, p = 0.0455
    """
    insist_regular(likelihood, "a score test")
    theta = at_maximum(likelihood, theta)
    index, _, null, words = hypothesis(likelihood, null)
    full, _ = restricted(likelihood, theta, null)
    there = full[..., likelihood.free]
    with np.errstate(all="ignore"):
        slope = likelihood.score(there)
        own = getattr(likelihood, "covariance", None)
        if own is None:
            scaled = scaled_expected(likelihood, there)
        else:
            scaled = in_own_units(likelihood.expected_information(there))
    singular = ~(np.isfinite(scaled.unit).all(axis=(-2, -1)) & (scaled.size > 0).all(axis=-1))
    if np.ndim(singular) == 0 and singular:
        raise RegularityError(
            f"the score test of {words} has no meaning: the information is infinite or undefined there. Use method='lr'"
        )
    if own is None:
        cov = invert(scaled, singular)
    else:
        cov = Scaled(np.ones_like(there), own(there, "expected"))
    # The other parameters are at their best under the hypothesis, so only the tested scores count.
    cov = cov.block(index)
    s = slope[..., index] * cov.size
    statistic = np.einsum("...i,...ij,...j->...", s, cov.unit, s)
    return _result(statistic, index.size, words, "score")


def hypothesis(
    likelihood: Any, null: Mapping[str, Any]
) -> tuple[Array, Array, dict[str, Any], str]:
    """Return where the hypothesis lies among the free scalars, its values, and its words."""
    if not null:
        raise DataError(
            f"say what to test: give values for some of the free parameters {listed(likelihood.names)}"
        )
    layout = likelihood.layout
    names = dict.fromkeys([*layout.domains, *layout.known_domains, *layout.names])
    unknown = [name for name in null if name not in names]
    if unknown:
        raise DataError(f"there is no parameter {unknown[0]!r} to test; there are {listed(names)}")
    known, held = layout.split(null)
    taken = [*known, *(layout.names[i] for i in held if i in likelihood.held)]
    if taken:
        raise DataError(
            f"{', '.join(taken)} cannot be tested: fixed in this fit; free are {listed(likelihood.names)}"
        )
    free = list(likelihood.free)
    order = sorted(held)
    values = np.stack(np.broadcast_arrays(*(held[i] for i in order)), axis=-1)
    words = listed(f"{name} = {_words(value)}" for name, value in null.items())
    return np.array([free.index(i) for i in order]), values, dict(null), words


def _words(value: Any) -> str:
    """Return a value, or a few of an array's, in words."""
    value = np.asarray(value, dtype=float)
    return (
        f"{float(value):g}" if value.ndim == 0 else np.array2string(value, precision=4, threshold=6)
    )


def _result(statistic: Array, df: int, words: str, method: str) -> TestResult:
    """Compare the statistic with a chi-square."""
    statistic = np.asarray(statistic, dtype=float)
    p = scipy.special.chdtrc(df, statistic)
    if statistic.ndim == 0:
        return TestResult(float(statistic), df, float(p), words, method)
    return TestResult(statistic, df, p, words, method)


def restricted(likelihood: Any, theta: Array, null: Mapping[str, Any]) -> tuple[Array, Array]:
    """Return all scalars and the log-likelihood at the restricted maximum, NaN in the rows without one."""
    unknown = np.isnan(theta).any(axis=-1)
    here = likelihood.given(null)
    batch = np.broadcast_shapes(here.batch_shape, unknown.shape)
    count, size = int(np.prod(batch)), len(likelihood.layout.names)
    flat = here._flat(batch)
    rows = np.flatnonzero(~np.broadcast_to(unknown, batch).ravel())
    start = np.array(np.broadcast_to(likelihood._full(theta), (*batch, size))).reshape(count, size)
    near = [start]
    if rows.size and hasattr(likelihood.family, "_namesakes"):
        # Numbers of components are names: held at a value, another component may suit it better.
        others = [likelihood.family._namesakes(likelihood, row) for row in start]
        near += [np.array(column) for column in zip(*others, strict=True)]
    full, height = np.full((count, size), np.nan), np.full(count, np.nan)
    if rows.size:
        some = flat.at(rows)
        top = reduce(some._better, [some.highest(flat._holding(b)[rows]) for b in near])
        good = rows[top.converged]
        full[good], height[good] = top.theta[top.converged], top.log_likelihood[top.converged]
    if not batch and np.isnan(height).any():
        raise ConvergenceError(
            "the likelihood could not be maximised under the hypothesis; plot its profile there"
        )
    return full.reshape(*batch, size), height.reshape(batch)


def _quadratic(cov: Scaled, away: Array) -> Array:
    """Return away' cov^-1 away, the matrix scaled so that units do not matter."""
    errors = cov.errors()
    scale = errors / cov.size
    unit = cov.unit / scale[..., :, None] / scale[..., None, :]
    unknown = np.isnan(unit).any(axis=(-2, -1))
    unit = np.where(unknown[..., None, None], np.eye(unit.shape[-1]), unit)
    standard = away / errors
    solved = np.linalg.solve(unit, standard[..., None])[..., 0]
    return (standard * solved).sum(axis=-1)
