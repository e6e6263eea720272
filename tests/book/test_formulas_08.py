"""The formulas of chapter 8, *KL divergence*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("08_kl", globals()) == []


def test_eq_ch8_kl() -> None:
    for p, q in [
        (mle.Poisson(3.0), mle.NegativeBinomial(3.0, 2.0)),
        (mle.Gamma(2.0, 1.0), mle.Weibull(1.5, 2.0)),
        (mle.Normal(0.0, 1.0), mle.Cauchy(0.5, 2.0)),
    ]:
        difference = mle.cross_entropy(p, q) - mle.entropy(p)
        assert mle.kl_divergence(p, q) == pytest.approx(difference, rel=1e-8)
        x = p.sample(200_000, rng=np.random.default_rng(7))
        ratio = p.log_prob(x) - q.log_prob(x)
        assert abs(ratio.mean() - difference) < 5 * ratio.std() / np.sqrt(x.size)


def test_eq_ch8_gibbs() -> None:
    t = sp.symbols("t", positive=True)
    gap = t - 1 - sp.log(t)
    assert sp.solve(sp.diff(gap, t), t) == [1]
    assert gap.subs(t, 1) == 0
    assert sp.diff(gap, t, 2).is_positive
    rng = np.random.default_rng(7)
    for _ in range(50):
        p, q = rng.dirichlet(np.ones(5), size=2)
        p[rng.integers(5)] = 0.0
        p /= p.sum()
        seen = p > 0
        bound = np.sum(p[seen] * (q[seen] / p[seen] - 1))
        assert np.sum(p[seen] * np.log(q[seen] / p[seen])) <= bound <= 0
        assert mle.kl_divergence(mle.Categorical(p), mle.Categorical(q)) >= 0


def test_eq_ch8_nll() -> None:
    alpha = mle.datasets.load("alpha_particles")
    data = mle.Empirical(alpha.values, weights=alpha.frequencies)
    for rate in (3.0, 3.87, 5.0):
        likelihood = mle.Likelihood(mle.Poisson, alpha.sample)
        mean = -likelihood.log_likelihood(rate=rate) / alpha.sample.size
        assert mle.cross_entropy(data, mle.Poisson(rate)) == pytest.approx(mean, rel=1e-12)


def test_eq_ch8_argmin() -> None:
    truth = mle.NegativeBinomial(mu=4.0, size=2.0)
    rates = np.linspace(2, 6, 401)
    divergence = [mle.kl_divergence(truth, mle.Poisson(rate)) for rate in rates]
    k = np.arange(400)
    expected = [np.sum(truth.pmf(k) * mle.Poisson(rate).log_prob(k)) for rate in rates]
    assert np.argmin(divergence) == np.argmax(expected)
    assert rates[np.argmin(divergence)] == pytest.approx(4.0, abs=0.011)


def test_eq_ch8_poisson() -> None:
    a, b = sp.symbols("a b", positive=True)
    k = sp.symbols("k", integer=True, nonnegative=True)
    mass = a**k * sp.exp(-a) / sp.factorial(k)
    total = sp.summation(mass * (k * sp.log(a / b) + b - a), (k, 0, sp.oo))
    assert sp.simplify(sp.expand_log(total - (a * sp.log(a / b) + b - a))) == 0
    assert mle.kl_divergence(mle.Poisson(2.0), mle.Poisson(5.0)) == pytest.approx(
        2 * np.log(0.4) + 3, rel=1e-14
    )


def test_eq_ch8_saturated() -> None:
    peas = mle.datasets.load("peas")
    seen = mle.Empirical(peas["kind"], weights=peas["frequency"])
    theory = mle.Categorical(peas["ratio"] / 16)
    free = mle.Categorical.fit(peas["kind"], weights=peas["frequency"])
    assert free.log_likelihood == pytest.approx(-free.n * mle.entropy(seen), rel=1e-12)
    twice_the_drop = free.test(probs=peas["ratio"] / 16, method="lr").statistic
    divergence = mle.kl_divergence(seen, theory)
    assert 2 * free.n * divergence == pytest.approx(twice_the_drop, rel=1e-9)
