"""The formulas of chapter 1, *Which distribution made this?*, by SymPy and against `mlecore`."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

m, rate, sigma = sp.symbols("m lambda sigma", positive=True)
x, mu = sp.symbols("x mu", real=True)
k = sp.symbols("k", integer=True, nonnegative=True)

NORMAL = sp.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * sp.sqrt(2 * sp.pi))
POISSON = rate**k * sp.exp(-rate) / sp.factorial(k)


def binomial(flashes: int) -> sp.Expr:
    return (
        sp.binomial(m, flashes).expand(func=True)
        * (rate / m) ** flashes
        * (1 - rate / m) ** (m - flashes)
    )


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("01_which_distribution", globals()) == []


def test_eq_ch1_density() -> None:
    at = {mu: sp.Rational(852, 1000), sigma: sp.Rational(79, 1000)}
    area = sp.integrate(NORMAL.subs(at), (x, sp.Rational(8, 10), sp.Rational(9, 10)))
    d = mle.Normal(mu=0.852, sigma=0.079)
    assert float(d.cdf(0.9) - d.cdf(0.8)) == pytest.approx(float(area), rel=1e-12)
    assert d.pdf(0.852) > 5 > 1 > d.cdf(0.9) - d.cdf(0.8)


def test_eq_ch1_normal() -> None:
    assert sp.simplify(sp.integrate(NORMAL, (x, -sp.oo, sp.oo))) == 1
    numbers = sp.lambdify((x, mu, sigma), NORMAL)
    at = np.linspace(-3, 9, 25)
    np.testing.assert_allclose(
        mle.Normal(mu=2.5, sigma=1.7).pdf(at), numbers(at, 2.5, 1.7), rtol=1e-13
    )


def test_eq_ch1_iid() -> None:
    counts = np.array([3, 0, 7, 4])
    d = mle.Poisson(rate=3.9)
    product = np.prod([float(POISSON.subs({rate: 3.9, k: int(c)})) for c in counts])
    assert float(np.exp(d.log_prob(counts).sum())) == pytest.approx(product, rel=1e-12)
    assert float(mle.Likelihood(mle.Poisson, counts).likelihood(rate=3.9)) == pytest.approx(
        product, rel=1e-12
    )


def test_without_independence_the_product_is_wrong_though_each_value_has_the_same_distribution() -> (
    None
):
    """The sticky counts of the page: the next one repeats the last with probability 0.8."""
    f = mle.Poisson(rate=4.0).pmf(np.arange(60))
    joint = 0.8 * np.diag(f) + 0.2 * np.outer(f, f)
    np.testing.assert_allclose(joint.sum(axis=0), f, atol=1e-15)
    np.testing.assert_allclose(joint.sum(axis=1), f, atol=1e-15)
    assert np.abs(joint - np.outer(f, f)).max() > 0.1


def test_eq_ch1_binomial() -> None:
    p = rate / m
    for slices in (1, 2, 5):
        by_outcome = [sp.Integer(0)] * (slices + 1)
        for outcome in itertools.product([0, 1], repeat=slices):
            by_outcome[sum(outcome)] += sp.prod([p if hit else 1 - p for hit in outcome])
        for flashes, probability in enumerate(by_outcome):
            assert sp.simplify((binomial(flashes) - probability).subs(m, slices)) == 0


@pytest.mark.parametrize("flashes", range(7))
def test_eq_ch1_sorted(flashes: int) -> None:
    falling = sp.prod([m - j for j in range(flashes)]) / m**flashes
    power = (1 - rate / m) ** m
    rest = (1 - rate / m) ** (-flashes)
    together = falling * rate**flashes / sp.factorial(flashes) * power * rest
    assert sp.simplify(binomial(flashes) / together) == 1
    assert sp.limit(falling, m, sp.oo) == 1
    assert sp.simplify(sp.limit(power, m, sp.oo) - sp.exp(-rate)) == 0
    assert sp.limit(rest, m, sp.oo) == 1


def test_eq_ch1_poisson() -> None:
    for flashes in range(7):
        assert sp.simplify(sp.limit(binomial(flashes), m, sp.oo) - POISSON.subs(k, flashes)) == 0
    at = np.arange(15)
    numbers = [float(POISSON.subs({rate: sp.Rational(387, 100), k: int(j)})) for j in at]
    np.testing.assert_allclose(mle.Poisson(rate=3.87).pmf(at), numbers, rtol=1e-13)


def test_eq_ch1_poisson_moments() -> None:
    def expect(g: sp.Expr) -> sp.Expr:
        return sp.simplify(sp.summation(g * POISSON, (k, 0, sp.oo)))

    assert expect(sp.Integer(1)) == 1
    assert expect(k) == rate
    assert sp.simplify(expect(k**2) - rate**2 - rate) == 0
    d = mle.Poisson(rate=3.87)
    assert (float(d.mean), float(d.var)) == pytest.approx((3.87, 3.87), rel=1e-14)


def test_eq_ch1_rate_hat() -> None:
    counts = np.random.default_rng(1910).poisson(3.9, 200)
    fit = mle.Poisson.fit(counts)
    assert fit.params["rate"] == pytest.approx(counts.mean(), rel=1e-14)
    generic = mle.Likelihood(mle.Poisson, counts).maximize()
    assert generic.params["rate"] == pytest.approx(counts.mean(), rel=1e-7)


def test_eq_ch1_normal_hat() -> None:
    assert sp.simplify(sp.integrate(x * NORMAL, (x, -sp.oo, sp.oo))) == mu
    assert sp.simplify(sp.integrate((x - mu) ** 2 * NORMAL, (x, -sp.oo, sp.oo))) == sigma**2
    light = mle.datasets.load("michelson").sample
    fit = mle.Normal.fit(light)
    assert fit.params["mu"] == pytest.approx(light.mean(), rel=1e-14)
    assert fit.params["sigma"] == pytest.approx(
        np.sqrt(np.mean((light - light.mean()) ** 2)), rel=1e-13
    )
