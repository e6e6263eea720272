"""The formulas of chapter 10, *Consistency*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from formulas import unchecked


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("10_consistency", globals()) == []


def test_eq_ch10_lln() -> None:
    truth, other = mle.Gamma(2.0, 1.0), mle.Gamma(3.0, 1.2)
    n = 100_000
    terms = other.log_prob(truth.sample(n, rng=np.random.default_rng(8)))
    limit = -mle.cross_entropy(truth, other)
    assert abs(terms.mean() - limit) < 5 * terms.std() / np.sqrt(n)


def test_eq_ch10_top() -> None:
    for truth, other in [
        (mle.Poisson(3.87), mle.Poisson(3.0)),
        (mle.Cauchy(0.0, 1.0), mle.Cauchy(1.0, 2.0)),
        (mle.Normal(1.0, 2.0), mle.Normal(0.0, 1.0)),
    ]:
        drop = -mle.entropy(truth) + mle.cross_entropy(truth, other)
        assert drop == pytest.approx(mle.kl_divergence(truth, other), rel=1e-8)
        assert drop > 0


def test_eq_ch10_squeeze() -> None:
    truth, rates, margin = mle.Poisson(3.87), np.linspace(2, 6.5, 181), 0.4
    limit = np.array([-mle.cross_entropy(truth, mle.Poisson(r)) for r in rates])
    top = -mle.entropy(truth)
    epsilon = (top - limit[np.abs(rates - 3.87) > margin].max()) / 2.001
    outside = np.abs(rates - 3.87) > margin
    trapped = 0
    for sample in truth.sample((200, 2000), rng=np.random.default_rng(8)):
        likelihood = mle.Likelihood(mle.Poisson, sample)
        curve = likelihood.log_likelihood(rate=rates) / sample.size
        at_truth = likelihood.log_likelihood(rate=3.87) / sample.size
        if np.all(np.abs(curve - limit) <= epsilon) and abs(at_truth - top) <= epsilon:
            assert np.all(curve[outside] < at_truth)
            assert abs(sample.mean() - 3.87) < margin
            trapped += 1
    assert trapped > 0


def test_eq_ch10_rate() -> None:
    n, replicates = 50, 40_000
    fits = mle.simulate(mle.Poisson(3.87), mle.Poisson, n=n, replicates=replicates, rng=1)
    assert fits.var() == pytest.approx(3.87 / n, rel=5 * np.sqrt(2 / replicates))
    fit = mle.Poisson.fit([3, 4, 5])
    assert fit.se["rate"] == pytest.approx(np.sqrt(4 / 3), rel=1e-12)


def test_eq_ch10_ball() -> None:
    """Of a Poisson the best of a ball, chosen for every count, has a mean that falls to minus a divergence."""
    k = np.arange(80)
    mass = mle.Poisson(3.87).pmf(k)

    def mean_of_best(low: float, high: float) -> float:
        rate = np.clip(k, low, high)
        return float(np.sum(mass * (k * np.log(rate / 3.87) - rate + 3.87)))

    for rate in (1.0, 3.0, 6.0):
        means = [mean_of_best(rate - r, rate + r) for r in (0.9, 0.3, 0.1, 1e-4)]
        assert means == sorted(means, reverse=True)
        divergence = mle.kl_divergence(mle.Poisson(3.87), mle.Poisson(rate))
        assert means[-1] < 0
        assert means[-1] == pytest.approx(-divergence, abs=1e-3)
    assert mean_of_best(6.8, np.inf) < 0
