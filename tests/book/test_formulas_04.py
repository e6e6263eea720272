"""The formulas of chapter 4, *Set the slope to zero*, by SymPy and against `mlecore`."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

rate, p, sigma, b = sp.symbols("lambda p sigma b", positive=True)
mu, theta = sp.symbols("mu theta", real=True)
X = sp.symbols("x1:4", positive=True)
HOURS = mle.datasets.load("air_conditioning").sample
LIGHT = mle.datasets.load("michelson").sample

EXPONENTIAL = sum(sp.expand_log(sp.log(rate * sp.exp(-rate * x)), force=True) for x in X)
NORMAL = sum(-sp.log(sigma) - (x - mu) ** 2 / (2 * sigma**2) - sp.log(2 * sp.pi) / 2 for x in X)
MEAN = sum(X) / 3
VARIANCE = sum((x - MEAN) ** 2 for x in X) / 3


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("04_slope_zero", globals()) == []


def test_eq_ch4_score_sum() -> None:
    pulls = mle.Exponential(0.0123).score(HOURS)[:, 0]
    total = mle.Likelihood(mle.Exponential, HOURS).score(rate=0.0123)[0]
    assert total == pytest.approx(pulls.sum(), rel=1e-12)
    np.testing.assert_allclose(pulls, 1 / 0.0123 - HOURS, rtol=1e-12)


def test_eq_ch4_exponential() -> None:
    assert sp.simplify(EXPONENTIAL - (3 * sp.log(rate) - rate * sum(X))) == 0
    assert sp.simplify(sp.diff(EXPONENTIAL, rate) - (3 / rate - sum(X))) == 0
    failures = mle.Likelihood(mle.Exponential, HOURS)
    assert failures.log_likelihood(rate=0.02) == pytest.approx(
        12 * math.log(0.02) - 0.02 * 1297, rel=1e-14
    )
    assert failures.score(rate=0.02)[0] == pytest.approx(12 / 0.02 - 1297, rel=1e-13)


def test_eq_ch4_rate_hat() -> None:
    assert sp.solve(sp.diff(EXPONENTIAL, rate), rate) == [3 / sum(X)]
    assert mle.Exponential.fit(HOURS).params["rate"] == pytest.approx(12 / 1297, rel=1e-14)


def test_eq_ch4_exponential_second() -> None:
    assert sp.simplify(sp.diff(EXPONENTIAL, rate, 2) + 3 / rate**2) == 0
    second = mle.Likelihood(mle.Exponential, HOURS).hessian(rate=0.02)[0, 0]
    assert second == pytest.approx(-12 / 0.02**2, rel=1e-14)


def test_eq_ch4_coin_poisson() -> None:
    coin = sum(sp.expand_log(sp.log(p**x * (1 - p) ** (1 - x)), force=True) for x in X)
    assert sp.simplify(sp.diff(coin, p) - (sum(X) / p - (3 - sum(X)) / (1 - p))) == 0
    counts = sum(sp.expand_log(sp.log(rate**x * sp.exp(-rate)), force=True) for x in X)
    assert sp.simplify(sp.diff(counts, rate) - (sum(X) / rate - 3)) == 0
    tosses, deaths = np.repeat([1, 0], [13, 7]), mle.datasets.load("horse_kicks").sample
    assert mle.Likelihood(mle.Bernoulli, tosses).score(p=0.4)[0] == pytest.approx(
        13 / 0.4 - 7 / 0.6, rel=1e-13
    )
    assert mle.Likelihood(mle.Poisson, deaths).score(rate=0.4)[0] == pytest.approx(
        deaths.sum() / 0.4 - 200, rel=1e-13
    )
    assert mle.Bernoulli.fit(tosses).params["p"] == pytest.approx(0.65, rel=1e-14)
    assert mle.Poisson.fit(deaths).params["rate"] == pytest.approx(0.61, rel=1e-14)


def test_eq_ch4_normal() -> None:
    total = mle.Likelihood(mle.Normal, LIGHT).log_likelihood(mu=840.0, sigma=90.0)
    squares = np.sum((LIGHT - 840.0) ** 2)
    exact = -100 * math.log(90) - squares / (2 * 90**2) - 50 * math.log(2 * math.pi)
    assert total == pytest.approx(exact, rel=1e-13)


def test_eq_ch4_normal_score() -> None:
    assert sp.simplify(sp.diff(NORMAL, mu) - 3 * (MEAN - mu) / sigma**2) == 0
    squares = sum((x - mu) ** 2 for x in X)
    assert sp.simplify(sp.diff(NORMAL, sigma) + 3 / sigma - squares / sigma**3) == 0
    slopes = mle.Likelihood(mle.Normal, LIGHT).score(mu=840.0, sigma=90.0)
    exact = [100 * (852.4 - 840) / 8100, -100 / 90 + np.sum((LIGHT - 840) ** 2) / 90**3]
    np.testing.assert_allclose(slopes, exact, rtol=1e-11)


def test_eq_ch4_normal_hat() -> None:
    at = {mu: MEAN, sigma: sp.sqrt(VARIANCE)}
    assert sp.simplify(sp.diff(NORMAL, mu).subs(at)) == 0
    assert sp.simplify(sp.diff(NORMAL, sigma).subs(at)) == 0
    on_the_line = sp.diff(NORMAL, sigma).subs(mu, MEAN)
    assert sp.simplify(on_the_line - 3 * (VARIANCE - sigma**2) / sigma**3) == 0


def test_eq_ch4_normal_second() -> None:
    squares = sum((x - mu) ** 2 for x in X)
    exact = sp.Matrix(
        [
            [-3 / sigma**2, -6 * (MEAN - mu) / sigma**3],
            [-6 * (MEAN - mu) / sigma**3, 3 / sigma**2 - 3 * squares / sigma**4],
        ]
    )
    assert sp.simplify(sp.hessian(NORMAL, (mu, sigma)) - exact) == sp.zeros(2, 2)


def test_eq_ch4_normal_hessian() -> None:
    hessian = sp.hessian(NORMAL, (mu, sigma)).subs({mu: MEAN, sigma: sp.sqrt(VARIANCE)})
    exact = sp.diag(-3 / VARIANCE, -6 / VARIANCE)
    assert sp.simplify(hessian - exact) == sp.zeros(2, 2)
    fit = mle.Normal.fit(LIGHT)
    v = fit.params["sigma"] ** 2
    np.testing.assert_allclose(
        fit.likelihood.hessian(fit.theta), np.diag([-100 / v, -200 / v]), rtol=1e-12, atol=1e-15
    )


def test_eq_ch4_cauchy_second() -> None:
    a = sp.symbols("a", positive=True)
    curve = -sum(sp.log(sp.pi * (1 + (x - theta) ** 2)) for x in (-a, a))
    assert sp.diff(curve, theta).subs(theta, 0).simplify() == 0
    second = sp.diff(curve, theta, 2).subs(theta, 0)
    assert sp.simplify(second - 4 * (a**2 - 1) / (1 + a**2) ** 2) == 0
    for value in (0.5, 1.0, 3.0):
        pair = mle.Likelihood(mle.Cauchy, [-value, value], fixed={"scale": 1.0})
        exact = 4 * (value**2 - 1) / (1 + value**2) ** 2
        assert pair.hessian(loc=0.0)[0, 0] == pytest.approx(exact, rel=1e-13, abs=1e-15)
    flat = curve.subs(a, 1)
    assert sp.diff(flat, theta, 3).subs(theta, 0) == 0
    assert sp.diff(flat, theta, 4).subs(theta, 0) < 0  # a maximum, with second derivative 0


def test_eq_ch4_uniform() -> None:
    waits = np.array([3.0, 9.5, 1.2])
    likelihood = mle.Likelihood(mle.Uniform, waits, fixed={"low": 0.0})
    ends = np.array([2.0, 9.499, 9.5, 12.0])
    np.testing.assert_allclose(
        likelihood.likelihood(high=ends), [0.0, 0.0, 9.5**-3, 12.0**-3], rtol=1e-13
    )
    assert likelihood.score(high=9.5)[0] == pytest.approx(-3 / 9.5, rel=1e-14)
    assert mle.Uniform.fit(waits, fixed={"low": 0.0}).params["high"] == 9.5


def test_eq_ch4_squares() -> None:
    about_mean = sum((x - MEAN) ** 2 for x in X)
    about_mu = sum((x - mu) ** 2 for x in X)
    assert sp.expand(about_mu - 3 * (MEAN - mu) ** 2 - about_mean) == 0
    assert sp.expand(about_mu - about_mean) != 0


def test_eq_ch4_bias() -> None:
    """By enumeration: E of the estimate over all samples of size n from a two-point distribution."""
    for n in (2, 3, 5):
        expected = Fraction(0)
        for ones in range(n + 1):  # x = 0 or 1 with probability 1/2, variance 1/4
            share = Fraction(ones, n)
            expected += Fraction(math.comb(n, ones), 2**n) * share * (1 - share)
        assert expected == Fraction(n - 1, n) * Fraction(1, 4)


def test_the_mean_squared_error_is_least_for_the_divisor_n_plus_one() -> None:
    n, d = sp.symbols("n d", positive=True)
    error = 2 * (n - 1) / d**2 + ((n - 1) / d - 1) ** 2  # of a chi-square with n - 1 over d
    assert sp.solve(sp.diff(error, d), d) == [n + 1]


def test_eq_ch4_fish() -> None:
    def likelihood(size: int) -> Fraction:
        return Fraction(math.comb(60, 7) * math.comb(size - 60, 43), math.comb(size, 50))

    for size in (300, 428, 429):
        ratio = Fraction((size - 60) * (size - 50), (size - 60 - 50 + 7) * size)
        assert likelihood(size) / likelihood(size - 1) == ratio
    assert max(range(103, 2000), key=likelihood) == 428
