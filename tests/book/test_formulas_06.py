"""The formulas of chapter 6, *Climbing the likelihood*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.special import digamma

import mlecore as mle
from formulas import unchecked

CHALLENGER = mle.datasets.load("challenger")
T = (CHALLENGER["temperature"] - CHALLENGER["temperature"].mean()) / CHALLENGER["temperature"].std()
Y = CHALLENGER["distress"]
X = np.column_stack([np.ones(T.size), T])

H = np.array([[3.0, 1.0], [1.0, 2.0]])
CENTRE = np.array([1.0, -2.0])


def bowl(theta: np.ndarray) -> float:
    return 0.5 + 0.5 * (theta - CENTRE) @ H @ (theta - CENTRE)


def bowl_slope(theta: np.ndarray) -> np.ndarray:
    return H @ (theta - CENTRE)


def loss(theta: np.ndarray) -> float:
    return mle.bce_with_logits(Y, X @ theta)


def slope(theta: np.ndarray) -> np.ndarray:
    return X.T @ (1 / (1 + np.exp(-(X @ theta))) - Y) / Y.size


def curvature(theta: np.ndarray) -> np.ndarray:
    p = 1 / (1 + np.exp(-(X @ theta)))
    return X.T @ (X * (p * (1 - p))[:, None]) / Y.size


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("06_climbing", globals()) == []


def test_eq_ch6_descent() -> None:
    trace = mle.gradient_descent(loss, slope, [0.3, -0.2], learning_rate=0.7, steps=5)
    for before, after in zip(trace.x[:-1], trace.x[1:], strict=True):
        np.testing.assert_allclose(after, before - 0.7 * slope(before), rtol=1e-13)


def test_eq_ch6_quadratic() -> None:
    top = mle.newton(loss, slope, curvature, [0.0, 0.0]).minimizer
    h = curvature(top)
    for size in (1e-2, 1e-3):
        e = size * np.array([1.0, -0.5])
        assert loss(top + e) == pytest.approx(loss(top) + 0.5 * e @ h @ e, abs=0.1 * size**3)
        np.testing.assert_allclose(slope(top + e), h @ e, atol=0.1 * size**2)


def test_eq_ch6_contraction() -> None:
    kappa, vectors = np.linalg.eigh(H)
    trace = mle.gradient_descent(bowl, bowl_slope, [4.0, 3.0], learning_rate=0.4, steps=6)
    errors = (trace.x - CENTRE) @ vectors
    np.testing.assert_allclose(errors[1:], (1 - 0.4 * kappa) * errors[:-1], rtol=1e-10)
    limit = 2 / kappa.max()
    for rate, grows in ((0.99 * limit, False), (1.01 * limit, True)):
        walk = mle.gradient_descent(bowl, bowl_slope, [4.0, 3.0], learning_rate=rate, steps=400)
        assert (walk.f[-1] > walk.f[0]) is np.bool_(grows)


def test_eq_ch6_condition() -> None:
    steep, flat, eta = sp.symbols("steep flat eta", positive=True)
    best = 2 / (steep + flat)
    c = steep / flat
    assert sp.simplify((best * steep - 1) - (c - 1) / (c + 1)) == 0
    assert sp.simplify((1 - best * flat) - (c - 1) / (c + 1)) == 0
    rates = np.linspace(0.01, 0.6, 5901)
    kappa = np.linalg.eigvalsh(H)
    slowest = np.abs(1 - rates[:, None] * kappa).max(axis=1)
    assert rates[slowest.argmin()] == pytest.approx(2 / kappa.sum(), abs=1e-4)
    digit = sp.log(10) / sp.log((eta + 1) / (eta - 1))  # steps for a digit, eta = c
    assert float(sp.limit(digit / eta, eta, sp.oo)) == pytest.approx(1.15, abs=0.005)


def test_eq_ch6_newton() -> None:
    start = np.array([0.2, -0.3])
    trace = mle.newton(loss, slope, curvature, start)
    step = np.linalg.solve(curvature(start), slope(start))
    np.testing.assert_allclose(trace.x[1], start - step, rtol=1e-12)
    one = mle.newton(bowl, bowl_slope, lambda theta: H, [4.0, 3.0])
    np.testing.assert_allclose(one.x[1], CENTRE, rtol=1e-14)


def test_eq_ch6_squares() -> None:
    e, a2, a3, a4 = sp.symbols("e a2 a3 a4")
    f = a2 * e**2 / 2 + a3 * e**3 / 6 + a4 * e**4 / 24
    after = e - sp.diff(f, e) / sp.diff(f, e, 2)
    assert sp.simplify(sp.series(after, e, 0, 3).removeO() - a3 / (2 * a2) * e**2) == 0
    # f(x) = x - log x has its minimum at 1, with f'' = 1 and f''' = -2.
    trace = mle.newton(lambda x: x - np.log(x), lambda x: 1 - 1 / x, lambda x: 1 / x**2, 0.9)
    errors = trace.x[:3, 0] - 1
    np.testing.assert_allclose(errors[1:], -(errors[:-1] ** 2), rtol=1e-8)


def test_eq_ch6_normal() -> None:
    sigma, S, n = sp.symbols("sigma S n", positive=True)
    log_likelihood = -n * sp.log(sigma) - S / (2 * sigma**2)
    assert sp.simplify(sp.diff(log_likelihood, sigma) - (-n / sigma + S / sigma**3)) == 0
    observed = -sp.diff(log_likelihood, sigma, 2)
    assert sp.simplify(observed - (-n / sigma**2 + 3 * S / sigma**4)) == 0
    assert sp.simplify(observed.subs(S, n * sigma**2) - 2 * n / sigma**2) == 0
    light = mle.datasets.load("michelson").sample
    L, about = mle.Likelihood(mle.Normal, light), np.sum((light - 850.0) ** 2)
    here = {sigma: 130, S: about, n: light.size}
    at = {"mu": 850.0, "sigma": 130.0}
    assert L.observed_information(**at)[1, 1] == pytest.approx(float(observed.subs(here)), rel=1e-9)
    assert L.expected_information(**at)[1, 1] == pytest.approx(2 * light.size / 130**2, rel=1e-12)


def test_eq_ch6_scoring_speed() -> None:
    L = mle.Likelihood(mle.Cauchy, [-3.0, -1.0, 0.0, 2.0, 3.0, 9.0], fixed={"scale": 1.0})
    trace = mle.fisher_scoring(L, [0.0])
    top = trace.minimizer[0]
    ratio = L.observed_information(loc=top).item() / L.expected_information(loc=top).item()
    for size in (1e-3, 1e-4):
        at = top + size
        step = L.score(loc=at).item() / L.expected_information(loc=at).item()
        assert (size + step) / size == pytest.approx(1 - ratio, abs=10 * size)
    # Where the curvatures agree at the top, the factor is zero.
    for family, x in ((mle.Gamma, [1.0, 2.0, 6.0]), (mle.Normal, [1.0, 2.0, 6.0])):
        fit = family.fit(x)
        np.testing.assert_allclose(
            fit.likelihood.observed_information(fit.theta),
            fit.likelihood.expected_information(fit.theta),
            rtol=1e-9,
            atol=1e-12,
        )


def test_eq_ch6_scoring() -> None:
    L = mle.Likelihood(mle.Normal, mle.datasets.load("michelson").sample)
    start = np.array([840.0, 100.0])
    step = np.linalg.solve(L.expected_information(start), L.score(start))
    np.testing.assert_allclose(mle.fisher_scoring(L, start).x[1], start + step, rtol=1e-12)


def test_eq_ch6_logistic() -> None:
    theta = np.array([0.4, -0.9])
    L = mle.Likelihood(mle.LogisticRegression, (T, Y))
    np.testing.assert_allclose(Y.size * curvature(theta), -L.hessian(theta), rtol=1e-12)
    np.testing.assert_allclose(L.observed_information(theta), L.expected_information(theta))


def test_eq_ch6_batch() -> None:
    theta = np.array([0.5, -0.3])

    def batch(rows: tuple[int, ...]) -> np.ndarray:
        p = 1 / (1 + np.exp(-(X[list(rows)] @ theta)))
        return X[list(rows)].T @ (p - Y[list(rows)]) / len(rows)

    pairs = [(i, j) for i in range(23) for j in range(i)]
    for draws in ([(i,) for i in range(23)], pairs):
        np.testing.assert_allclose(np.mean([batch(d) for d in draws], axis=0), slope(theta))


def test_eq_ch6_gamma() -> None:
    alpha, beta, total, logs = sp.symbols("alpha beta total logs", positive=True)
    n = sp.symbols("n", positive=True)
    ell = n * alpha * sp.log(beta) - n * sp.loggamma(alpha) + (alpha - 1) * logs - beta * total
    rate = sp.solve(sp.diff(ell, beta), beta)[0]
    assert sp.simplify(rate - alpha / (total / n)) == 0
    left = sp.diff(ell, alpha).subs(beta, rate) / n
    equation = sp.log(alpha) - sp.digamma(alpha) - (sp.log(total / n) - logs / n)
    assert sp.simplify(sp.expand_log(left - equation, force=True)) == 0
    rain = mle.datasets.load("precipitation").sample
    fit = mle.Gamma.fit(rain).params
    gap = np.log(rain.mean()) - np.log(rain).mean()
    assert np.log(fit["shape"]) - digamma(fit["shape"]) == pytest.approx(gap, rel=1e-12)
    assert fit["rate"] == pytest.approx(fit["shape"] / rain.mean(), rel=1e-12)


def test_eq_ch6_decrement() -> None:
    start = np.array([4.0, 3.0])
    g, n = bowl_slope(start), 10
    squared = (n * g) @ np.linalg.solve(n * H, n * g)
    assert n * (bowl(start) - bowl(CENTRE)) == pytest.approx(squared / 2, rel=1e-13)
    M = np.array([[2.0, 5.0], [0.0, 0.01]])  # other units: theta = M w
    again = (M.T @ (n * g)) @ np.linalg.solve(M.T @ (n * H) @ M, M.T @ (n * g))
    assert again == pytest.approx(squared, rel=1e-9)
    top = mle.newton(loss, slope, curvature, [0.0, 0.0])
    near = top.minimizer + 1e-3
    delta = Y.size * slope(near) @ np.linalg.solve(curvature(near), slope(near))
    assert Y.size * (loss(near) - top.minimum) == pytest.approx(delta / 2, rel=1e-2)
