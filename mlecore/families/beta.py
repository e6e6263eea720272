"""The Beta family: proportions, and what is believed of a probability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import (
    LOG_2PI,
    digamma_gap,
    every,
    log_ratio,
    product_gap,
    shape_deviance,
    some,
    stirling_error,
    trigamma,
    trigamma_excess,
)
from ..roots import newton_1d
from ..statistics import Moments, ShareMoments
from ..tails import log_beta_tails


@dataclass(frozen=True, eq=False, repr=False)
class Beta(Family):
    """Beta(a, b): f(x) = x^(a-1) (1 - x)^(b-1) / B(a, b), 0 < x < 1.

    Mean a/(a + b), variance a b / ((a + b)^2 (a + b + 1)). Source: Johnson, Kotz and Balakrishnan (1995), ch. 25; the
    arithmetic follows Loader (2000).

    >>> round(float(Beta(a=2.0, b=1.0).pdf(0.25)), 12)
    0.5
    """

    a: Parameter = parameter(Positive())
    b: Parameter = parameter(Positive())
    support = Support(low=0.0, high=1.0, open_low=True, open_high=True, text="0 < x < 1")
    shows_outsiders = True

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> ShareMoments:
        return ShareMoments.of(x, w)

    def _excess(self, t: ShareMoments) -> Array:
        """Return N m - a, which is also b - N (1 - m), with N = a + b and m the mean, to the last digits."""
        a, b = self.a, self.b
        n = a + b
        lost = np.where(a > b, b - (n - a), a - (n - b))  # what rounding takes from the sum
        low = product_gap(n, t.mean, a) + lost * t.mean
        high = -(product_gap(n, t.rest, b) + lost * t.rest)
        return np.where(t.mean < t.rest, low, high)[()]

    def _log_likelihood(self, t: ShareMoments) -> Array:
        # With N = a + b, m the mean and g, h the gaps of x and 1 - x, Stirling's leading terms combine with the mean's
        # into the deviances of a from N m and of b from N (1 - m): shapes of 1e12 cost no digits.
        a, b = self.a, self.b
        n = a + b
        peak = 0.5 * (np.log(a) + np.log(b) - np.log(n) - LOG_2PI)
        peak = peak + stirling_error(n) - stirling_error(a) - stirling_error(b)
        excess = self._excess(t)
        away = shape_deviance(a, n, t.mean, excess) + shape_deviance(b, n, t.rest, -excess)
        return t.n * (peak - away - (a - 1.0) * t.gap - (b - 1.0) * t.rest_gap)

    def _slope(self, t: ShareMoments) -> tuple[Array, ...]:
        a, b = self.a, self.b
        n = a + b
        whole = digamma_gap(n)
        return (
            t.n * (digamma_gap(a) - whole + log_ratio(n * t.mean, a) - t.gap),
            t.n * (digamma_gap(b) - whole + log_ratio(n * t.rest, b) - t.rest_gap),
        )

    def _curvature(self, t: ShareMoments) -> Array:
        return -np.asarray(t.n)[..., None, None] * self._information()

    def _information(self) -> Array:
        # trigamma(a) - trigamma(N), with the difference of 1/a and 1/N taken on paper.
        a, b = self.a, self.b
        n = a + b
        whole = trigamma_excess(n)
        aa = b / n / a + (trigamma_excess(a) - whole)
        bb = a / n / b + (trigamma_excess(b) - whole)
        return symmetric(aa, -trigamma(n), bb)

    @classmethod
    def _no_mle(cls, t: ShareMoments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                (t.gap <= 0) & (t.rest_gap <= 0),
                "all values are equal, so the likelihood rises without bound as a and b grow",
            )

    @classmethod
    def _mle(cls, t: ShareMoments) -> Solution:
        a, b, converged, iterations = _solve(t)
        return Solution({"a": a, "b": b}, iterations, converged)

    @classmethod
    def _mle_given(cls, t: ShareMoments, held: Mapping[int, Array]) -> Solution:
        if len(held) == 2:
            return Solution({"a": held[0], "b": held[1]})
        # By symmetry one case serves both: the other parameter, `own`, solves
        # digamma(own + other) - digamma(own) + log m - gap = 0.
        ((index, other),) = held.items()
        m, gap, rest = (t.rest, t.rest_gap, t.mean) if index == 0 else (t.mean, t.gap, t.rest)
        shape = np.broadcast_shapes(t.batch_shape, np.shape(other))
        m, gap, rest, other = (np.broadcast_to(v, shape).ravel() for v in (m, gap, rest, other))

        def equation(own: Array, i: Array) -> tuple[Array, Array]:
            n = own + other[i]
            value = digamma_gap(own) - digamma_gap(n) + log_ratio(n * m[i], own) - gap[i]
            return value, -other[i] / n / own - (trigamma_excess(own) - trigamma_excess(n))

        own, converged, iterations = newton_1d(equation, (other * (m / rest)).reshape(shape))
        names = ("b", "a") if index == 0 else ("a", "b")
        params = {names[0]: own, names[1]: held[index]}
        return Solution({"a": params["a"], "b": params["b"]}, iterations, converged)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        n = m.mean * (1.0 - m.mean) / m.sd / m.sd - 1.0
        return {"a": n * m.mean, "b": n * (1.0 - m.mean)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_beta_tails(self.a, self.b, x, 1.0 - x)

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        one = np.ones(self.batch_shape)
        return {"a": (self.a, one), "b": (self.b, one)}

    @property
    def mean(self) -> Any:
        return self.a / (self.a + self.b)

    @property
    def var(self) -> Any:
        n = self.a + self.b
        return (self.a / n) * (self.b / n) / (n + 1.0)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.beta(self.a, self.b)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.beta(self.a, self.b, size)


def _solve(t: ShareMoments) -> tuple[Array, Array, Array, Array]:
    """Solve digamma(N) - digamma(a) + log m = gap, and the same of b and 1 - x.

    Newton's steps are taken in the logit of p = a/N and in log N. In these the equations hardly interact, and every
    difference of nearly equal terms has been taken on paper; p is kept as e = p - m, so that its distance from the
    mean, tiny when the shapes are large, keeps its digits.
    """
    m, r = t.mean, t.rest
    one = ShareMoments(1.0, m, r, t.gap, t.rest_gap)
    total, e = 1.0 / (2.0 * (m * t.gap + r * t.rest_gap)), 0.0 * m
    iterations, converged = (
        np.zeros(np.shape(m), dtype=int)[()],
        np.zeros(np.shape(m), dtype=bool)[()],
    )
    for _ in range(100):
        p, q = m + e, r - e
        a, b = total * p, total * q
        whole, bend = digamma_gap(total), total * trigamma_excess(total)
        f = digamma_gap(a) - whole - np.log1p(e / m) - t.gap
        k = digamma_gap(b) - whole - np.log1p(-e / r) - t.rest_gap
        bend_a, bend_b = a * trigamma_excess(a), b * trigamma_excess(b)
        fp, kp = (
            q * (1.0 + bend_a),
            p * (1.0 + bend_b),
        )  # minus and plus the slopes in the logit of p
        fn, kn = bend_a - bend, bend_b - bend  # minus the slopes in log N
        det = fp * kn + kp * fn
        step_p, step_n = (f * kn - k * fn) / det, (fp * k + kp * f) / det
        longest = np.maximum(np.abs(step_p), np.abs(step_n))
        # A short step is sure to rise, and differences of log-likelihoods would be lost in rounding.
        size = np.where(longest < 0.1, 1.0, _halved(one, a, b, step_p, step_n, longest))[()]
        size = np.where(converged, 0.0, size)[()]
        odds = np.expm1(size * step_p)
        e, total = e + p * q * odds / (1.0 + p * odds), total * np.exp(size * step_n)
        iterations = iterations + ~converged
        converged = converged | (longest <= 1e-9)  # Newton squares the error
        if every(converged):
            break
    return total * (m + e), total * (r - e), converged, iterations


def _halved(one: ShareMoments, a: Array, b: Array, p: Array, n: Array, longest: Array) -> Array:
    """Return how much of a step in the logit of a/(a + b) and in log(a + b) to take, so that the likelihood rises."""
    if every(longest < 0.1):
        return 1.0
    height = Beta._unchecked(a=a, b=b)._log_likelihood(one)
    size = np.minimum(1.0, 2.0 / longest)
    for _ in range(50):
        # With a and b multiplied by these, their ratio moves by exp(p) and their sum by exp(n).
        odds = np.exp(size * p)
        sum_factor = np.exp(size * n) * (a + b) / (a * odds + b)
        new = Beta._unchecked(a=a * odds * sum_factor, b=b * sum_factor)._log_likelihood(one)
        low = ~(new >= height) & (longest >= 0.1)
        if not some(low):
            break
        size = np.where(low, 0.5 * size, size)
    return size
