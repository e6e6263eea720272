"""The formulas of chapter 12, *How sure are you?*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

Z = 1.959963984540054


def bernoulli(k: int, n: int) -> mle.Bernoulli:
    return mle.Bernoulli.fit([0, 1], weights=[n - k, k])


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("12_intervals", globals()) == []


def test_eq_ch12_normal() -> None:
    n, replicates = 2000, 20_000
    for truth in (mle.Exponential(2.0), mle.Poisson(3.87)):
        fits = mle.simulate(truth, type(truth), n=n, replicates=replicates, rng=10)[:, 0]
        parameter = float(np.ravel(list(truth.params.values()))[0])
        e = np.sqrt(n * truth.information()[0, 0]) * (fits - parameter)
        for point, mass in ((-Z, 0.025), (0.0, 0.5), (1.0, 0.841345), (Z, 0.975)):
            # 1 / sqrt(n) for the skewness that n = 2000 leaves, beside five Monte Carlo errors.
            allowed = 5 * np.sqrt(mass * (1 - mass) / replicates) + 0.5 / np.sqrt(n)
            assert abs(np.mean(e <= point) - mass) < allowed


@pytest.mark.parametrize(("k", "n"), [(423, 556), (2, 20)])
def test_eq_ch12_wald(k, n) -> None:
    fit, p = bernoulli(k, n), k / n
    se = 1 / np.sqrt(fit.likelihood.observed_information(p=p)[0, 0])
    assert se == pytest.approx(np.sqrt(p * (1 - p) / n), rel=1e-12)
    assert fit.ci(method="wald")["p"] == pytest.approx((p - Z * se, p + Z * se), rel=1e-12)


@pytest.mark.parametrize(("k", "n"), [(423, 556), (2, 20), (0, 20)])
def test_eq_ch12_lr(k, n) -> None:
    fit = bernoulli(k, n)
    low, high = fit.ci(method="lr")["p"]
    drop = fit.likelihood.log_likelihood(p=np.array([low, high])) - fit.log_likelihood
    inside = fit.likelihood.log_likelihood(p=np.linspace(low, high, 52)[1:-1])
    assert drop[1] == pytest.approx(-(Z**2) / 2, rel=1e-9)
    assert low == 0 if k == 0 else drop[0] == pytest.approx(-(Z**2) / 2, rel=1e-9)
    assert np.all(inside > fit.log_likelihood - Z**2 / 2)


@pytest.mark.parametrize(("k", "n"), [(423, 556), (2, 20)])
def test_eq_ch12_score(k, n) -> None:
    fit = bernoulli(k, n)
    for end in fit.ci(method="score")["p"]:
        slope = fit.likelihood.score(p=end)[0]
        information = n * mle.Bernoulli(end).information()[0, 0]
        assert slope**2 / information == pytest.approx(Z**2, rel=1e-9)
        assert slope**2 / information == pytest.approx(
            n * (k / n - end) ** 2 / (end * (1 - end)), rel=1e-9
        )


def test_eq_ch12_wilson() -> None:
    p, q, n, z = sp.symbols("p q n z", positive=True)
    roots = sp.solve(n * (q - p) ** 2 - z**2 * p * (1 - p), p)
    shrink = 1 + z**2 / n
    half = z / shrink * sp.sqrt(q * (1 - q) / n + z**2 / (4 * n**2))
    ends = [(q + z**2 / (2 * n)) / shrink + s * half for s in (-1, 1)]
    at = {q: sp.Rational(2, 20), n: 20, z: Z}
    assert sorted(float(r.subs(at)) for r in roots) == pytest.approx(
        [float(e.subs(at)) for e in ends], rel=1e-12
    )
    assert bernoulli(2, 20).ci(method="score")["p"] == pytest.approx(
        [float(e.subs(at)) for e in ends], rel=1e-9
    )


def test_eq_ch12_delta() -> None:
    fit = mle.Exponential.fit([1.0, 2.0, 6.0, 3.0])
    rate, se = fit.params["rate"], fit.se["rate"]
    assert fit.delta(lambda rate: 1 / rate).se == pytest.approx(se / rate**2, rel=1e-7)
    assert fit.delta(lambda rate: np.log(rate)).se == pytest.approx(1 / 2, rel=1e-7)


@pytest.mark.parametrize(("method", "covered"), [("wald", 0.876), ("lr", 0.867), ("score", 0.957)])
def test_eq_ch12_coverage(method, covered) -> None:
    n, p, k = 20, 0.1, np.arange(21)
    fits = mle.Bernoulli.fit((np.arange(n) < k[:, None]).astype(int), axis=1)
    low, high = fits.ci(method=method)["p"]
    exact = np.sum(mle.Binomial(n=n, p=p).pmf(k)[(low <= p) & (p <= high)])
    assert round(float(exact), 3) == covered
    simulated = mle.coverage(mle.Bernoulli(p), n=n, method=method, replicates=20_000, rng=10)
    assert abs(simulated.coverage["p"] - exact) < 5 * simulated.error["p"]


def test_eq_ch12_step() -> None:
    """Some place between truth and estimate makes the Newton step exact, as the mean value theorem says."""
    x = np.array([0.3, 1.9, 0.8, 2.4, 1.1])
    truth, likelihood = 1.0, mle.Likelihood(mle.Exponential, x)
    estimate = 1 / x.mean()
    wanted = likelihood.score(rate=truth)[0] / (estimate - truth)
    between = np.linspace(min(truth, estimate), max(truth, estimate), 1001)
    curvature = likelihood.observed_information(rate=between)[:, 0, 0]
    assert curvature.min() < wanted < curvature.max()


@pytest.mark.parametrize(("k", "n"), [(423, 556), (2, 20), (0, 20), (20, 20)])
def test_eq_ch12_clopper(k, n) -> None:
    low, high = bernoulli(k, n).ci(method="exact")["p"]
    if k > 0:
        assert 1 - mle.Binomial(n=n, p=low).cdf(k - 1) == pytest.approx(0.025, rel=1e-9)
    if k < n:
        assert mle.Binomial(n=n, p=high).cdf(k) == pytest.approx(0.025, rel=1e-9)
    assert (low == 0) == (k == 0)
    assert (high == 1) == (k == n)


def test_eq_ch12_pivot() -> None:
    x = mle.Exponential(3.0).sample((20_000, 12), rng=np.random.default_rng(12))
    a, b = mle.Gamma(shape=12, rate=1.0).ppf(np.array([0.025, 0.975]))
    low, high = mle.Exponential.fit(x, axis=1).ci(method="exact")["rate"]
    np.testing.assert_allclose(low, a / x.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(high, b / x.sum(axis=1), rtol=1e-9)
    assert np.mean((low <= 3.0) & (high >= 3.0)) == pytest.approx(0.95, abs=0.008)


def test_eq_ch12_delta_vector() -> None:
    fit = mle.Gamma.fit([1.0, 2.0, 4.0, 7.0, 3.0])
    a, b = fit.theta
    G = np.array([[1 / b, -a / b**2], [0.5 / np.sqrt(a) / b, -np.sqrt(a) / b**2]])
    both = fit.delta(lambda shape, rate: np.array([shape / rate, shape**0.5 / rate]))
    covariance = G @ fit.cov @ G.T
    np.testing.assert_allclose(both.se, np.sqrt(np.diag(covariance)), rtol=1e-6)
