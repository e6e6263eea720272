"""The formulas of chapter 9, *What the data boil down to*, by SymPy and against `mlecore`."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import sympy as sp
from scipy import special

import mlecore as mle
from formulas import unchecked

NATURAL = {
    # The natural parameter, the natural statistic, A of the member, and log h.
    "Bernoulli": (
        mle.Bernoulli,
        {"p": 0.3},
        lambda p: [np.log(p / (1 - p))],
        lambda x: [x],
        lambda p: np.log1p(p / (1 - p)),
        lambda x: 0.0,
    ),
    "Poisson": (
        mle.Poisson,
        {"rate": 3.87},
        lambda rate: [np.log(rate)],
        lambda x: [x],
        lambda rate: rate,
        lambda x: -special.gammaln(x + 1),
    ),
    "Exponential": (
        mle.Exponential,
        {"rate": 2.0},
        lambda rate: [-rate],
        lambda x: [x],
        lambda rate: -np.log(rate),
        lambda x: 0.0,
    ),
    "Normal": (
        mle.Normal,
        {"mu": 1.0, "sigma": 2.0},
        lambda mu, sigma: [mu / sigma**2, -1 / (2 * sigma**2)],
        lambda x: [x, x**2],
        lambda mu, sigma: mu**2 / (2 * sigma**2) + np.log(sigma),
        lambda x: -0.5 * np.log(2 * np.pi),
    ),
    "Gamma": (
        mle.Gamma,
        {"shape": 2.0, "rate": 3.0},
        lambda shape, rate: [shape, -rate],
        lambda x: [np.log(x), x],
        lambda shape, rate: special.gammaln(shape) - shape * np.log(rate),
        lambda x: -np.log(x),
    ),
}
every = pytest.mark.parametrize("name", NATURAL)


def log_normaliser(name: str):
    """A as a function of the natural parameter, for SymPy, and its symbols."""
    eta, first, second = sp.symbols("eta a b", real=True)
    sigma = sp.Symbol("sigma", positive=True)
    return {
        "Bernoulli": (sp.log(1 + sp.exp(eta)), [eta]),
        "Poisson": (sp.exp(eta), [eta]),
        "Exponential": (-sp.log(-eta), [eta]),
        "Normal, sigma known": (sigma**2 * eta**2 / 2, [eta]),
        "Normal": (-(first**2) / (4 * second) - sp.log(-2 * second) / 2, [first, second]),
        "Gamma": (sp.loggamma(first) - first * sp.log(-second), [first, second]),
    }[name]


def moments(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the natural statistic, by a sum or by quadrature."""
    family, values, _, statistic, _, _ = NATURAL[name]
    dist = family(**values)
    if family in (mle.Bernoulli, mle.Poisson):
        x = np.arange(2.0 if family is mle.Bernoulli else 120.0)
        weight = dist.pmf(x)
    elif family is mle.Normal:
        x = np.linspace(-25, 27, 20_001)
        weight = dist.pdf(x) * (x[1] - x[0])
    else:
        t = np.linspace(-30.0, 4.0, 40_001)  # x = exp(t)
        x = np.exp(t)
        weight = dist.pdf(x) * x * (t[1] - t[0])
    t = np.stack(np.broadcast_arrays(*statistic(x)))
    mean = t @ weight
    return mean, (t * weight) @ t.T - np.outer(mean, mean)


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("09_sufficiency", globals()) == []


@pytest.mark.parametrize("rate", [0.3, 4.0])
def test_eq_ch9_multinomial(rate) -> None:
    n, total = 3, 5
    sum_to_total = mle.Poisson(n * rate).pmf(total)
    for x in product(range(total + 1), repeat=n):
        if sum(x) != total:
            continue
        given = math.prod(mle.Poisson(rate).pmf(k) for k in x) / sum_to_total
        ways = math.factorial(total) / math.prod(math.factorial(k) for k in x)
        assert given == pytest.approx(ways / n**total, rel=1e-12)


def test_eq_ch9_factor() -> None:
    # Poisson, n = 2: g(t; rate) = rate^t exp(-2 rate), h = 1/(x1! x2!). The law given the total is h / H.
    for rate in (0.5, 3.0):
        for t in range(6):
            h = {(k, t - k): 1 / (math.factorial(k) * math.factorial(t - k)) for k in range(t + 1)}
            for x, value in h.items():
                f = mle.Poisson(rate).pmf(x[0]) * mle.Poisson(rate).pmf(x[1])
                assert f == pytest.approx(rate**t * np.exp(-2 * rate) * value, rel=1e-12)
                given = mle.Binomial(n=t, p=0.5).pmf(x[0]) if t else 1.0
                assert value / sum(h.values()) == pytest.approx(given, rel=1e-12)


def test_two_normal_samples_with_one_mean_and_one_spread_have_one_curve() -> None:
    a = np.array([1.0, 2.0, 6.0])
    t = 0.9  # turned about the mean, within the plane where sum and sum of squares stay
    axis = np.ones(3) / np.sqrt(3)
    d = a - a.mean()
    b = a.mean() + d * np.cos(t) + np.cross(axis, d) * np.sin(t)
    assert not np.allclose(np.sort(a), np.sort(b))
    mu, sigma = np.meshgrid(np.linspace(-2, 8, 9), np.linspace(0.5, 6, 7))
    curves = [mle.Likelihood(mle.Normal, x).log_likelihood(mu=mu, sigma=sigma) for x in (a, b)]
    np.testing.assert_allclose(*curves, rtol=1e-12)


@every
def test_eq_ch9_family(name) -> None:
    family, values, natural, statistic, A, log_h = NATURAL[name]
    x = np.array([0.0, 1.0] if name == "Bernoulli" else [1.0, 2.0, 5.0])
    exponent = sum(e * t for e, t in zip(natural(**values), statistic(x), strict=True))
    np.testing.assert_allclose(
        family(**values).log_prob(x), exponent - A(**values) + log_h(x), rtol=1e-12
    )
    # The table's A, written in the usual parameters, is SymPy's in the natural ones.
    expression, symbols = log_normaliser(name)
    at = dict(zip(symbols, natural(**values), strict=True))
    assert float(expression.subs(at)) == pytest.approx(A(**values), rel=1e-12)


@every
def test_eq_ch9_sample(name) -> None:
    family, values, natural, statistic, A, _ = NATURAL[name]
    x = np.array([0.0, 1.0, 1.0] if name == "Bernoulli" else [1.0, 2.0, 5.0])
    L = mle.Likelihood(family, x)

    def without_constant(values):
        sums = [np.sum(t) for t in statistic(x)]
        return np.dot(natural(**values), sums) - x.size * A(**values)

    other = {key: 0.8 * value for key, value in values.items()}
    ours = without_constant(values) - without_constant(other)
    assert L.log_likelihood(**values) - L.log_likelihood(**other) == pytest.approx(ours, rel=1e-10)


@every
def test_eq_ch9_mean(name) -> None:
    _, values, natural, _, _, _ = NATURAL[name]
    expression, symbols = log_normaliser(name)
    at = dict(zip(symbols, natural(**values), strict=True))
    gradient = [float(sp.diff(expression, s).subs(at)) for s in symbols]
    np.testing.assert_allclose(gradient, moments(name)[0], rtol=1e-7)


@every
def test_eq_ch9_variance(name) -> None:
    _, values, natural, _, _, _ = NATURAL[name]
    expression, symbols = log_normaliser(name)
    at = dict(zip(symbols, natural(**values), strict=True))
    hessian = sp.hessian(expression, symbols).subs(at).evalf()
    np.testing.assert_allclose(np.array(hessian, dtype=float), moments(name)[1], rtol=1e-6)


@pytest.mark.parametrize("name", ["Poisson", "Exponential", "Normal", "Gamma"])
def test_eq_ch9_mle(name) -> None:
    family, _, natural, statistic, _, _ = NATURAL[name]
    x = np.array([1.0, 2.0, 5.0, 4.0])
    expression, symbols = log_normaliser(name)
    at = dict(zip(symbols, natural(**family.fit(x).params), strict=True))
    gradient = [float(sp.diff(expression, s).subs(at)) for s in symbols]
    np.testing.assert_allclose(gradient, [np.mean(t) for t in statistic(x)], rtol=1e-9)


def test_eq_ch9_rao_blackwell() -> None:
    # U = [x1 = 0] of n Poisson counts, by a sum over the total.
    n, rate = 10, 2.0
    t = np.arange(200)
    mass = mle.Poisson(n * rate).pmf(t)
    better = (1 - 1 / n) ** t
    p = np.exp(-rate)
    assert mass @ better == pytest.approx(p, rel=1e-12)
    left_open = mass @ (better * (1 - better))  # given T, U is a toss with probability `better`
    assert p * (1 - p) == pytest.approx(mass @ better**2 - p**2 + left_open, rel=1e-12)
    # The closed form that the chapter's cell is compared with.
    assert mass @ better**2 - p**2 == pytest.approx(p**2 * (np.exp(rate / n) - 1), rel=1e-12)


@pytest.mark.parametrize(("n", "t"), [(10, 0), (10, 7), (3, 12), (1, 0), (1, 4)])
def test_eq_ch9_zero(n, t) -> None:
    rate = 1.7
    rest = mle.Poisson((n - 1) * rate).pmf(t) if n > 1 else float(t == 0)
    given = mle.Poisson(rate).pmf(0) * rest / mle.Poisson(n * rate).pmf(t)
    assert given == pytest.approx((1 - 1 / n) ** t, rel=1e-12)
