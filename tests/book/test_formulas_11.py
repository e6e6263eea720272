"""The formulas of chapter 11, *Information and efficiency*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

DISTRIBUTIONS = [
    mle.Poisson(3.87),
    mle.Exponential(2.0),
    mle.Normal(1.0, 2.0),
    mle.Gamma(2.0, 3.0),
]


def expectation(dist, function):
    """The mean of function(x), an array for each x, under a distribution: a sum or an integral."""
    if isinstance(dist, mle.Poisson):
        x = np.arange(200.0)
        weight = dist.pmf(x)
    elif isinstance(dist, mle.Normal):
        x = np.linspace(dist.mu - 12 * dist.sigma, dist.mu + 12 * dist.sigma, 20_001)
        weight = dist.pdf(x) * (x[1] - x[0])
    else:
        t = np.linspace(-40.0, 5.0, 40_001)  # x = exp(t)
        x = np.exp(t)
        weight = dist.pdf(x) * x * (t[1] - t[0])
    return np.tensordot(weight, function(x), axes=1)


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("11_information", globals()) == []


@pytest.mark.parametrize("dist", DISTRIBUTIONS, ids=lambda d: type(d).__name__)
def test_eq_ch11_score_mean(dist) -> None:
    np.testing.assert_allclose(expectation(dist, dist.score), 0, atol=1e-9)


@pytest.mark.parametrize("dist", DISTRIBUTIONS, ids=lambda d: type(d).__name__)
def test_eq_ch11_two_faces(dist) -> None:
    information = dist.information()
    scatter = expectation(dist, lambda x: dist.score(x)[:, :, None] * dist.score(x)[:, None, :])
    np.testing.assert_allclose(scatter, information, rtol=1e-8, atol=1e-9)


def test_the_two_faces_of_an_exponential_by_sympy() -> None:
    x, rate = sp.symbols("x lambda", positive=True)
    density = rate * sp.exp(-rate * x)
    u = sp.diff(sp.log(density), rate)
    scatter = sp.integrate(u**2 * density, (x, 0, sp.oo))
    curvature = -sp.integrate(sp.diff(u, rate) * density, (x, 0, sp.oo))
    assert sp.simplify(scatter - curvature) == 0
    assert sp.simplify(scatter - 1 / rate**2) == 0


@pytest.mark.parametrize("rate", [0.5, 3.87, 40.0])
@pytest.mark.parametrize("family", [mle.Poisson, mle.Exponential])
def test_eq_ch11_third_face(family, rate) -> None:
    h = 1e-3 * rate
    up, down = (mle.kl_divergence(family(rate), family(rate + s * h)) for s in (1, -1))
    assert (up + down) / h**2 == pytest.approx(family(rate).information()[0, 0], rel=1e-5)


def test_eq_ch11_adds() -> None:
    dist, n, replicates = mle.Gamma(2.0, 3.0), 7, 40_000
    x = dist.sample((replicates, n), rng=np.random.default_rng(9))
    likelihood = mle.Likelihood(mle.Gamma, mle.Gamma.statistics(x, axis=1))
    scores = likelihood.score(shape=2.0, rate=3.0)
    information = n * dist.information()
    np.testing.assert_allclose(np.cov(scores.T), information, rtol=0.06)
    observed = likelihood.observed_information(shape=2.0, rate=3.0)
    np.testing.assert_allclose(observed.mean(axis=0), information, rtol=1e-2)


@pytest.mark.parametrize("dist", [mle.Poisson(3.87), mle.Bernoulli(0.3), mle.Normal(1.0, 2.0)])
def test_eq_ch11_cramer_rao(dist) -> None:
    n = 10
    bound = 1 / (n * dist.information()[0, 0])
    assert dist.var / n == pytest.approx(bound, rel=1e-12)  # the mean meets it
    medians = mle.simulate(dist, np.median, n=n, replicates=20_000, rng=9)
    if isinstance(dist, mle.Normal):
        assert medians.var() > 1.2 * bound


def test_eq_ch11_biased() -> None:
    n, rate, factor = sp.symbols("n lambda c", positive=True)
    # The estimator c times the mean of a Poisson sample: bias (c - 1) lambda, on the bound.
    bias = (factor - 1) * rate
    bound = (1 + sp.diff(bias, rate)) ** 2 / (n / rate)
    assert sp.simplify(bound - factor**2 * rate / n) == 0


def test_eq_ch11_newton() -> None:
    dist, n, replicates = mle.Exponential(2.0), 20_000, 200
    x = dist.sample((replicates, n), rng=np.random.default_rng(9))
    statistics = mle.Exponential.statistics(x, axis=1)
    likelihood = mle.Likelihood(mle.Exponential, statistics)
    score = likelihood.score(rate=2.0)[..., 0]
    observed = likelihood.observed_information(rate=2.0)[..., 0, 0]
    error = mle.Exponential.fit(statistics).theta[..., 0] - 2.0
    assert np.abs(error - score / observed).max() < 0.1 * error.std()
    expected = n * dist.information()[0, 0]
    assert np.abs(error - score / expected).max() < 0.1 * error.std()


def test_eq_ch11_median() -> None:
    for dist in (mle.Normal(0.0, 1.0), mle.Laplace(0.0, 1.0), mle.Logistic(1.0, 2.0)):
        n, replicates = 401, 8000
        medians = mle.simulate(dist, np.median, n=n, replicates=replicates, rng=9)
        centre = dist.ppf(0.5)
        limit = 1 / (4 * dist.pdf(centre) ** 2)
        finite = 0.08 if isinstance(dist, mle.Laplace) else 0.02  # what n = 401 still lacks
        assert n * medians.var() == pytest.approx(limit, rel=5 * np.sqrt(2 / replicates) + finite)


def test_eq_ch11_matrix() -> None:
    n, rng = 7, np.random.default_rng(11)
    information = mle.Gamma(shape=2.0, rate=3.0).information()
    a = rng.standard_normal(2)
    c = np.linalg.solve(n * information, a)
    # The covariance of T and the score is the unit matrix, and that of T anything that allows it.
    spread = np.linalg.inv(n * information) + np.diag([0.3, 0.1])
    joint = np.block([[spread, np.eye(2)], [np.eye(2), n * information]])
    assert np.linalg.eigvalsh(joint).min() > 0
    both = np.concatenate([a, -c])
    bound = a @ np.linalg.inv(n * information) @ a
    assert both @ joint @ both == pytest.approx(a @ spread @ a - bound, rel=1e-12)
    assert np.linalg.inv(information)[0, 0] >= 1 / information[0, 0]
