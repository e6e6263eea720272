"""The Binomial family: how many of n trials succeed, n being known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Count, Parameter, Support, Unit, parameter
from ..errors import SupportError
from ..family import Array, Family, Refusal, Solution, symmetric
from ..likelihood import Likelihood
from ..numerics import deviance, product_gap
from ..pivots import proportion_limits
from ..statistics import Events, Moments, Sample, saturated_poisson
from ..tails import log_beta_tails


@dataclass(frozen=True, eq=False, repr=False)
class Counted(Family):
    """A family of the number of successes among n trials, n being known."""

    n: Parameter = parameter(Count())
    support = Support(low=0.0, whole=True, text="whole numbers 0, 1, ..., n")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Sample:
        t = Sample.of(x, w)
        return t if x.shape[-1] == 1 else t.compressed()

    @classmethod
    def _check_known(cls, likelihood: Likelihood) -> None:
        n = np.asarray(likelihood.known["n"])
        if likelihood.batch_shape:
            return  # there a sample that contradicts its n is refused alone
        if isinstance(likelihood.statistic, Events):
            x = likelihood.corner_values()
            seen, place = np.ones(x.shape, dtype=bool), "exact value"
        elif likelihood.data is None:
            t = likelihood.statistic
            x, seen, place = t.values, t.weights > 0, "value"
        elif isinstance(likelihood.statistic, Sample) and not any(
            r.where.any() for r in cls._above_n(likelihood.statistic, n)
        ):
            return  # its few different counts say so; only to name one the data are read again
        else:
            x, w = cls._observations(likelihood.data, likelihood.weights, likelihood.axis)
            seen, place = np.ones(x.shape, dtype=bool) if w is None else w > 0, "x"
        beyond = seen & (x > n[..., None])
        if beyond.any():
            first = tuple(int(i) for i in np.argwhere(beyond)[0])
            value = np.broadcast_to(x, beyond.shape)[first]
            trials = np.broadcast_to(n[..., None], beyond.shape)[first]
            raise SupportError(
                f"{cls.__name__} with n = {trials:g} needs {cls.support.text}; {place}[{', '.join(map(str, first))}] = {value:g} "
                f"is more than n ({int(beyond.sum())} of {beyond.size} values are). Correct the data or the known n"
            )

    def _inside(self, x: Array) -> Array:
        return self.support.contains(x) & (x <= self.n)

    def _harmless(self, x: Array) -> float:
        return 0.0

    @classmethod
    def _above_n(cls, t: Sample, n: Array) -> Iterator[Refusal]:
        beyond = ((t.values > n[..., None]) & (t.weights > 0)).any(axis=-1)
        yield Refusal(beyond, "a value is more than the known n: correct the data or n")

    def _ends(self) -> tuple[float, Array]:
        return 0.0, self.n


@dataclass(frozen=True, eq=False, repr=False)
class Binomial(Counted):
    """Binomial(n, p): P(X = k) = n! / (k! (n-k)!) p^k (1 - p)^(n-k), k = 0, 1, ..., n.

    The number of trials n is known: a fit takes it as `fixed={"n": 20}`. Mean n p, variance n p (1 - p). When no trial,
    or every trial, succeeds the MLE is the boundary p = 0, or 1.
    Source: Johnson, Kemp and Kotz (2005), ch. 3; the arithmetic is Loader's (2000).

    >>> Binomial.fit([12, 14], fixed={"n": 20}).params
    {'n': 20.0, 'p': 0.65}
    """

    p: Parameter = parameter(Unit())

    def _log_likelihood(self, t: Sample) -> Array:
        # Loader's saddle-point form: what k of n owes to its own proportion, less the deviance of that from p. The
        # factorials' leading terms are gone on paper, so n = 1e15 costs no digits.
        n, p = np.asarray(self.n)[..., None], np.asarray(self.p)[..., None]
        k, rest = t.values, n - t.values
        possible = ~(rest < 0)  # what is not known is not impossible
        rest = np.where(possible, rest, 0.0)
        own = saturated_poisson(k) + saturated_poisson(rest) - saturated_poisson(n)
        excess = product_gap(n, p, k)
        terms = own - deviance(k, n * p, excess) - deviance(rest, n * (1.0 - p), -excess)
        terms = np.where(possible, terms, -np.inf)
        return t.sum(np.where(t.weights > 0, terms, 0.0))

    def _slope(self, t: Sample) -> tuple[Array, ...]:
        n, p, k = self.n, np.asarray(self.p), t.mean(t.values)
        inside = (p > 0) & (p < 1)
        middle = np.where(inside, p, 0.5)
        # On the boundary one of the two terms is absent: only data that agree with it have a finite slope.
        edge = np.where(p == 0, np.where(k == 0, -n, np.inf), np.where(k == n, n, -np.inf))
        short = -product_gap(n, middle, k)
        return ((t.n * np.where(inside, short / (middle * (1.0 - middle)), edge))[()],)

    def _curvature(self, t: Sample) -> Array:
        n, p, k = self.n, np.asarray(self.p), t.mean(t.values)
        ones = np.where(k == 0, 0.0, k / p**2)
        zeros = np.where(k == n, 0.0, (n - k) / (1.0 - p) ** 2)
        return symmetric(-t.n * (ones + zeros))

    def _information(self) -> Array:
        p = np.asarray(self.p)
        return symmetric(self.n / (p * (1.0 - p)))

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        n = np.asarray(fixed["n"])
        yield from cls._above_n(t, n)
        if "p" not in fixed:
            yield Refusal(
                np.asarray(fixed["n"]) == 0, "n is 0: without a trial the data say nothing about p"
            )

    @classmethod
    def _mle(cls, t: Sample, n: Any) -> Solution:
        return Solution({"n": n, "p": t.mean(t.values) / n})

    @classmethod
    def _moments(cls, m: Moments, n: Any) -> dict[str, Any]:
        return {"n": n, "p": m.mean / n}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        left = np.maximum(self.n - x, 1.0)  # all n is an end, and not asked for
        return log_beta_tails(left, x + 1.0, 1.0 - self.p, self.p)

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        q = 1.0 - np.asarray(self.p)
        return ((self.n - x) / q,), symmetric((self.n - x) / q**2)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        trials = n * self.n
        return {"p": proportion_limits(trials * self.p, trials, tail)}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"p": (np.log(self.p) - np.log1p(-self.p), 1.0 / (self.p * (1.0 - self.p)))}

    @property
    def mean(self) -> Any:
        return self.n * self.p

    @property
    def var(self) -> Any:
        return self.n * self.p * (1.0 - self.p)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.binom(np.asarray(self.n).astype(np.int64), self.p)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.binomial(np.asarray(self.n).astype(np.int64), self.p, size).astype(float)
