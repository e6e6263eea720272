"""The formulas of chapter 2, *The likelihood function*, by SymPy and against `mlecore`."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from scipy import special, stats

import mlecore as mle
from formulas import unchecked

TOSSES = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0])
GRID = np.linspace(0.01, 0.99, 99)

p, sigma, h, odds = sp.symbols("p sigma h varphi", positive=True)
x, mu, t = sp.symbols("x mu t", real=True)
NORMAL = sp.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * sp.sqrt(2 * sp.pi))


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("02_likelihood", globals()) == []


def test_eq_ch2_likelihood() -> None:
    hours = mle.datasets.load("air_conditioning").sample
    for rate in (0.005, 0.00925, 0.02):
        product = np.prod(mle.Exponential(rate).pdf(hours))
        assert mle.Likelihood(mle.Exponential, hours).likelihood(rate=rate) == pytest.approx(
            product, rel=1e-12
        )


def test_eq_ch2_coin() -> None:
    product = sp.prod([p ** int(toss) * (1 - p) ** (1 - int(toss)) for toss in TOSSES])
    assert sp.simplify(product / (p**13 * (1 - p) ** 7)) == 1
    np.testing.assert_allclose(
        mle.Likelihood(mle.Bernoulli, TOSSES).likelihood(p=GRID),
        GRID**13 * (1 - GRID) ** 7,
        rtol=1e-12,
    )


def test_eq_ch2_count() -> None:
    for n in (1, 3, 5):
        by_count = [sp.Integer(0)] * (n + 1)
        for outcome in itertools.product([0, 1], repeat=n):
            by_count[sum(outcome)] += sp.prod([p if toss else 1 - p for toss in outcome])
        for k, probability in enumerate(by_count):
            assert sp.expand(probability - sp.binomial(n, k) * p**k * (1 - p) ** (n - k)) == 0
    count = mle.Likelihood(mle.Binomial, [13], fixed={"n": 20}).likelihood(p=GRID)
    sequence = mle.Likelihood(mle.Bernoulli, TOSSES).likelihood(p=GRID)
    np.testing.assert_allclose(count / sequence, math.comb(20, 13), rtol=1e-11)


def test_eq_ch2_interval() -> None:
    taylor = sum(NORMAL.diff(x, j) * t**j / sp.factorial(j) for j in range(6))
    strip = sp.integrate(taylor, (t, -h / 2, h / 2))
    error = sp.expand(sp.simplify(strip / (h * NORMAL) - 1))
    assert error.coeff(h, 0) == 0
    assert error.coeff(h, 1) == 0
    assert sp.simplify(error.coeff(h, 2) - ((x - mu) ** 2 - sigma**2) / (24 * sigma**4)) == 0
    d = mle.Normal(mu=0.0, sigma=1.0)
    for width in (0.1, 0.01):
        exact = special.ndtr(1.3 + width / 2) - special.ndtr(1.3 - width / 2)
        predicted = 1 + width**2 * (1.3**2 - 1) / 24
        assert exact / (width * d.pdf(1.3)) == pytest.approx(predicted, abs=width**4)


def test_eq_ch2_interval_product() -> None:
    light = mle.datasets.load("michelson").sample
    for centre, width in [(852.4, 78.6), (840.0, 78.6), (852.4, 90.0), (792.5, 100.0)]:
        d = mle.Normal(centre, width)
        exact = np.prod(
            special.ndtr((light + 5 - centre) / width) - special.ndtr((light - 5 - centre) / width)
        )
        assert exact == pytest.approx(10.0**100 * np.prod(d.pdf(light)), rel=0.015)


def test_eq_ch2_rename() -> None:
    likelihood = p**13 * (1 - p) ** 7
    renamed = likelihood.subs(p, odds / (1 + odds))
    assert sp.simplify(renamed - odds**13 / (1 + odds) ** 20) == 0
    assert [s for s in sp.solve(sp.diff(likelihood, p), p) if 0 < s < 1] == [sp.Rational(13, 20)]
    assert sp.solve(sp.diff(sp.log(renamed), odds), odds) == [sp.Rational(13, 7)]
    as_density = renamed * sp.diff(odds / (1 + odds), odds)
    assert sp.solve(sp.diff(sp.log(as_density), odds), odds) == [sp.Rational(13, 9)]


def test_the_area_under_the_binomial_likelihood_is_one_over_n_plus_one_for_every_count() -> None:
    for k in (0, 5, 13, 20):
        area = sp.integrate(sp.binomial(20, k) * sp.expand(p**k * (1 - p) ** (20 - k)), (p, 0, 1))
        assert area == sp.Rational(1, 21)


def test_eq_ch2_bayes() -> None:
    # One coin in a hundred is bent; shares of thirteen heads in twenty, by the binomial's own mass.
    masses = {p: stats.binom.pmf(13, 20, p) for p in (0.65, 0.5)}
    bent, fair = 0.01 * masses[0.65], 0.99 * masses[0.5]
    L = mle.Likelihood(mle.Bernoulli, [1] * 13 + [0] * 7)
    ratio = np.exp(L.log_likelihood(p=0.65) - L.log_likelihood(p=0.5))
    assert bent / fair == pytest.approx(ratio / 99, rel=1e-12)
    assert 39 < fair / bent < 41
