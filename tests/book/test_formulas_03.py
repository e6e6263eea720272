"""The formulas of chapter 3, *Products to sums*, by SymPy and against `mlecore`."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from scipy import special

import mlecore as mle
from formulas import unchecked

p, rate = sp.symbols("p lambda", positive=True)
X = sp.symbols("x1:4", integer=True, nonnegative=True)

FLOOR = {np.float64: -1075 * math.log(2), np.float32: -150 * math.log(2)}
CEILING = {np.float64: 1024 * math.log(2), np.float32: 128 * math.log(2)}


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("03_logarithm", globals()) == []


def test_eq_ch3_loglik() -> None:
    hours = mle.datasets.load("air_conditioning").sample
    d = mle.Exponential(0.00925)
    total = mle.Likelihood(mle.Exponential, hours).log_likelihood(rate=0.00925)
    assert total == pytest.approx(np.sum(np.log(d.pdf(hours))), rel=1e-13)
    assert math.exp(total) == pytest.approx(np.prod(d.pdf(hours)), rel=1e-12)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_eq_ch3_death(precision: type) -> None:
    coin = np.cumprod(np.full(1200, 0.5, dtype=precision))
    assert np.argmax(coin == 0) + 1 == round(FLOOR[precision] / math.log(0.5))
    counts = np.random.default_rng(1910).permutation(mle.datasets.load("alpha_particles").sample)
    terms = mle.Poisson(3.8715).log_prob(counts)
    product = np.cumprod(np.exp(terms).astype(precision))
    dead = np.argmax(product == 0) + 1
    assert dead == np.argmax(np.cumsum(terms) <= FLOOR[precision]) + 1
    assert dead == pytest.approx(FLOOR[precision] / terms.mean(), rel=0.02)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_a_product_of_densities_overflows_where_the_logarithms_say(precision: type) -> None:
    light = mle.datasets.load("michelson").sample / 1e6
    terms = mle.Normal.fit(light).dist.log_prob(light)
    with np.errstate(over="ignore"):
        product = np.cumprod(np.exp(terms).astype(precision))
    assert np.argmax(np.isinf(product)) == np.argmax(np.cumsum(terms) > CEILING[precision])


def test_eq_ch3_same() -> None:
    quakes = mle.Likelihood(mle.Poisson, mle.datasets.load("earthquakes").sample)
    rates = np.linspace(15, 25, 101)
    product, total = quakes.likelihood(rate=rates), quakes.log_likelihood(rate=rates)
    assert np.array_equal(np.argsort(product), np.argsort(total))
    np.testing.assert_allclose(product / product[50], np.exp(total - total[50]), rtol=1e-11)


def test_eq_ch3_coin() -> None:
    terms = [sp.log(p**x * (1 - p) ** (1 - x)) for x in X]
    short = sum(X) * sp.log(p) + (3 - sum(X)) * sp.log(1 - p)
    assert sp.simplify(sum(sp.expand_log(t, force=True) for t in terms) - short) == 0
    kerrich = mle.Likelihood(mle.Bernoulli, [1, 0], weights=[5067, 4933])
    for q in (0.5, 0.5067, 0.6):
        exact = 5067 * math.log(q) + 4933 * math.log1p(-q)
        assert kerrich.log_likelihood(p=q) == pytest.approx(exact, rel=1e-13)


def test_eq_ch3_poisson() -> None:
    terms = [sp.log(rate**x * sp.exp(-rate) / sp.factorial(x)) for x in X]
    short = sum(X) * sp.log(rate) - 3 * rate - sum(sp.log(sp.factorial(x)) for x in X)
    assert sp.simplify(sum(sp.expand_log(t, force=True) for t in terms) - short) == 0
    counts = mle.datasets.load("horse_kicks").sample
    for value in (0.3, 0.61, 1.2):
        exact = counts.sum() * math.log(value) - counts.size * value
        exact -= special.gammaln(counts + 1).sum()
        total = mle.Likelihood(mle.Poisson, counts).log_likelihood(rate=value)
        assert total == pytest.approx(exact, rel=1e-13)


def test_eq_ch3_lse() -> None:
    a = sp.symbols("a1:4", real=True)
    for largest in a:
        shifted = largest + sp.log(sum(sp.exp(aj - largest) for aj in a))
        direct = sp.log(sum(sp.exp(aj) for aj in a))
        gap = sp.lambdify(a, shifted - direct)
        assert gap(-1.3, 0.4, 2.1) == pytest.approx(0, abs=1e-14)
        assert sp.simplify(sp.diff(shifted - direct, a[0])) == 0
    jar = np.array([math.log(0.01) - 6930.574, math.log(0.99) - 6931.472])
    stable = jar.max() + math.log(np.exp(jar - jar.max()).sum())
    assert stable == pytest.approx(float(np.logaddexp(*jar)), rel=1e-14)
