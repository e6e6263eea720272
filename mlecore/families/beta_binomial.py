"""The BetaBinomial family: successes among n trials whose probability varies from one group to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, parameter
from ..family import Array, Refusal, symmetric
from ..members import by_member, lifted
from ..nodes import all_nodes
from ..numerics import deviance, digamma_gap, product_gap, stirling_error, trigamma_excess
from ..statistics import Moments, Sample, saturated_poisson
from .binomial import Binomial, Counted


@dataclass(frozen=True, eq=False, repr=False)
class BetaBinomial(Counted):
    """BetaBinomial(n, a, b): P(X = k) = C(n, k) B(k + a, n - k + b) / B(a, b), k = 0, 1, ..., n.

    A Binomial whose p varies as a Beta(a, b). The number of trials n is known: a fit takes it as `fixed={"n": 20}`.
    With p = a/(a + b) the mean is n p and the variance n p (1 - p) (1 + (n - 1)/(a + b + 1)). As a and b grow the limit
    is the Binomial, the best fit where the variance of the sample does not exceed the Binomial's.
    Source: Johnson, Kemp and Kotz (2005), ch. 6; existence: Griffiths (1973).

    >>> round(float(BetaBinomial(n=4.0, a=1.0, b=1.0).pmf(2)), 12)
    0.2
    """

    a: Parameter = parameter(Positive())
    b: Parameter = parameter(Positive())

    def _log_likelihood(self, t: Sample) -> Array:
        # Of k among n beside a among N = a + b, Stirling's leading terms leave four deviances from the share of both
        # together, whose gaps are known exactly: a and b of 1e12 cost no digits.
        n, a, b, k, rest, possible = self._columns(t)
        whole = a + b
        share, other = (a + k) / (whole + n), (b + rest) / (whole + n)
        gap = product_gap(rest, a, k * b) / (whole + n)
        own = saturated_poisson(k) + saturated_poisson(rest) - saturated_poisson(n)
        drawn = _rise(a, k) + _rise(b, rest) - _rise(whole, n)
        away = deviance(k, n * share, gap) + deviance(rest, n * other, -gap)
        away = away + deviance(a, whole * share, -gap) + deviance(b, whole * other, gap)
        terms = np.where(possible, own + drawn - away, -np.inf)
        return t.sum(np.where(t.weights > 0, terms, 0.0))

    def _slope(self, t: Sample) -> tuple[Array, ...]:
        n, a, b, k, rest, _ = self._columns(t)
        whole = _digamma_rise(a + b, n)
        return t.sum(_digamma_rise(a, k) - whole), t.sum(_digamma_rise(b, rest) - whole)

    def _curvature(self, t: Sample) -> Array:
        n, a, b, k, rest, _ = self._columns(t)
        whole = t.sum(_trigamma_fall(a + b, n) + 0.0 * k)
        return symmetric(
            whole - t.sum(_trigamma_fall(a, k)), whole, whole - t.sum(_trigamma_fall(b, rest))
        )

    def _columns(self, t: Sample) -> tuple[Array, ...]:
        """Return n, a and b as columns, the successes, the failures, and whether there can be so many."""
        n, a, b = (np.asarray(v)[..., None] for v in (self.n, self.a, self.b))
        rest = n - t.values
        possible = ~(rest < 0)
        return n, a, b, t.values, np.where(possible, rest, 0.0), possible

    def _information(self) -> Array:
        def expected(rows: Any) -> Array:
            nodes = all_nodes(rows)
            return -np.einsum(
                "ri,rijk->rjk", nodes.shares(), lifted(rows)._hessian_of_each(nodes.places)
            )

        return by_member(self, expected)

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        n = np.asarray(fixed["n"])
        yield from cls._above_n(t, n)
        low, high = t.extremes()
        if "a" in fixed and "b" in fixed:
            return
        if len(fixed) == 2:
            # The free one runs away where only one kind was seen.
            free, own, other = (
                ("b", high == 0, low == n) if "a" in fixed else ("a", low == n, high == 0)
            )
            yield Refusal(
                own,
                f"all counts are {'0' if free == 'b' else 'n'}, so the likelihood rises as {free} grows",
            )
            yield Refusal(
                other,
                f"all counts are {'n' if free == 'b' else '0'}, so the likelihood rises as {free} shrinks to 0",
            )
            return
        yield Refusal(
            n <= 1,
            "with n of 0 or 1 the data say nothing about a and b apart: only a / (a + b) counts",
        )
        yield Refusal(
            (high == 0) | (low == n),
            "all counts are 0, or all are n, so the likelihood rises towards 1 as a / (a + b) goes to that end",
            lambda: Binomial.fit(t.values, weights=t.weights, fixed={"n": n}),
        )
        p = np.asarray(t.mean(t.values) / n)
        excess = t.mean((t.values - (n * p)[..., None]) ** 2) - n * p * (1.0 - p)
        yield Refusal(
            excess <= 1e-14 * n * p,
            "the variance does not exceed that of the Binomial, so the likelihood rises as a and b grow to it, the limit",
            lambda: Binomial.fit(t.values, weights=t.weights, fixed={"n": n}),
        )
        inner = (t.values > 0) & (t.values < n[..., None]) & (t.weights > 0)
        yield Refusal(
            ~inner.any(axis=-1),
            "all counts are 0 or n, so the likelihood rises as a and b shrink to 0",
        )

    @classmethod
    def _start(cls, t: Sample, n: Any) -> dict[str, Any]:
        mean = np.asarray(t.mean(t.values))
        sd = np.sqrt(t.mean((t.values - mean[..., None]) ** 2))
        n = np.asarray(n, dtype=float)
        p = np.clip(mean / n, 0.5 / (n + 1.0), 1.0 - 0.5 / (n + 1.0))
        spread = (sd / np.sqrt(n * p * (1.0 - p))) ** 2
        size = (n - spread) / (spread - 1.0)
        size = np.where(
            np.isfinite(size) & (size > 0.01) & (spread > 1), size, np.where(spread > 1, 0.01, 1e3)
        )
        return {"n": n[()], "a": size * p, "b": size * (1.0 - p)}

    @classmethod
    def _moments(cls, m: Moments, n: Any) -> dict[str, Any]:
        p = m.mean / n
        spread = m.sd / (n * p * (1.0 - p)) * m.sd
        size = np.where((spread > 1) & (spread < n), (n - spread) / (spread - 1.0), np.nan)
        return {"n": n, "a": size * p, "b": size * (1.0 - p)}

    # -- facts -------------------------------------------------------------------------------------

    @property
    def mean(self) -> Any:
        return self.n * (self.a / (self.a + self.b))

    @property
    def var(self) -> Any:
        whole = self.a + self.b
        return self.n * (self.a / whole) * (self.b / whole) * ((whole + self.n) / (whole + 1.0))

    def scipy(self) -> Any:
        from scipy import stats

        return stats.betabinom(np.asarray(self.n).astype(np.int64), self.a, self.b)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        p = rng.beta(self.a, self.b, size)
        counts = rng.binomial(np.asarray(self.n).astype(np.int64), p)
        return np.asarray(counts, dtype=float)[()]


def _rise(a: Array, k: Array) -> Array:
    """Return log Gamma(a + k) - log Gamma(a) less its leading terms (a + k) log(a + k) - a log(a) - k."""
    return stirling_error(a + k) - stirling_error(a) - 0.5 * np.log1p(k / a)


def _digamma_rise(a: Array, k: Array) -> Array:
    """Return digamma(a + k) - digamma(a)."""
    return np.log1p(k / a) + (digamma_gap(a) - digamma_gap(a + k))


def _trigamma_fall(a: Array, k: Array) -> Array:
    """Return trigamma(a) - trigamma(a + k)."""
    return k / a / (a + k) + (trigamma_excess(a) - trigamma_excess(a + k))
