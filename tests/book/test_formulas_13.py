"""The formulas of chapter 13, *Three tests on one curve*, by SymPy, by enumeration and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

PEAS = [(423, 556, 0.75), (26, 32, 0.65), (43, 45, 0.75)]


def bernoulli(k: int, n: int) -> mle.Bernoulli:
    return mle.Bernoulli.fit([0, 1], weights=[n - k, k])


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("13_tests", globals()) == []


def test_eq_ch13_np() -> None:
    """At every count, for every test of six tosses; so none of its size has more power."""
    k = np.arange(7)
    f0, f1 = (mle.Binomial(n=6, p=p).pmf(k) for p in (0.75, 0.4))
    every = np.indices((2,) * 7).reshape(7, -1).T
    for c in (0.0, 0.5, 1.0, 3.0):
        best = (f1 > c * f0).astype(int)
        assert np.all((best - every) * (f1 - c * f0) >= 0)
        allowed = every @ f0 <= best @ f0 + 1e-12
        assert (every @ f1)[allowed].max() <= best @ f1 + 1e-12


@pytest.mark.parametrize(("k", "n", "null"), PEAS)
def test_eq_ch13_score(k, n, null) -> None:
    fit = bernoulli(k, n)
    slope = fit.likelihood.score(p=null)[0]
    statistic = slope**2 / (n * mle.Bernoulli(null).information()[0, 0])
    assert statistic == pytest.approx(n * (k / n - null) ** 2 / (null * (1 - null)), rel=1e-12)
    assert fit.test(p=null, method="score").statistic == pytest.approx(statistic, rel=1e-12)


@pytest.mark.parametrize(("k", "n", "null"), PEAS)
def test_eq_ch13_wald(k, n, null) -> None:
    fit = bernoulli(k, n)
    curvature = fit.likelihood.observed_information(p=k / n)[0, 0]
    statistic = (k / n - null) ** 2 * curvature
    assert fit.test(p=null, method="wald").statistic == pytest.approx(statistic, rel=1e-12)


@pytest.mark.parametrize(("k", "n", "null"), PEAS)
def test_eq_ch13_lr(k, n, null) -> None:
    """Between the null and the estimate there is a place whose curvature makes the drop."""
    fit, p = bernoulli(k, n), k / n
    statistic = 2 * (fit.log_likelihood - fit.likelihood.log_likelihood(p=null))
    assert fit.test(p=null).statistic == pytest.approx(statistic, rel=1e-9)
    between = np.linspace(min(p, null), max(p, null), 2001)
    curvature = fit.likelihood.observed_information(p=between)[:, 0, 0]
    wanted = statistic / (p - null) ** 2
    assert curvature.min() < wanted < curvature.max()


def test_the_three_statistics_of_a_true_null_have_the_chi_square_for_their_limit() -> None:
    x = mle.Exponential(2.0).sample((4000, 400), rng=np.random.default_rng(13))
    fits = mle.Exponential.fit(x, axis=1)
    for method in ("wald", "lr", "score"):
        below = np.mean(fits.test(rate=2.0, method=method).statistic[:, None] < [0.455, 3.841], 0)
        assert below == pytest.approx([0.5, 0.95], abs=0.03)


def test_eq_ch13_profile() -> None:
    """For a Normal with both parameters free, r = 1 and r = 2, from the maxima themselves."""
    x = np.array([3.0, 5.0, 10.0, 4.0])
    fit = mle.Normal.fit(x)
    one = 2 * (fit.log_likelihood - mle.Normal.fit(x, fixed={"mu": 4.0}).log_likelihood)
    two = 2 * (fit.log_likelihood - np.sum(mle.Normal(4.0, 2.0).log_prob(x)))
    assert fit.test(mu=4.0).statistic == pytest.approx(one, rel=1e-9)
    assert (fit.test(mu=4.0).df, fit.test(mu=4.0, sigma=2.0).df) == (1, 2)
    assert fit.test(mu=4.0, sigma=2.0).statistic == pytest.approx(two, rel=1e-9)
    many = mle.Normal.fit(
        mle.Normal(0, 1).sample((4000, 200), rng=np.random.default_rng(2)), axis=1
    )
    for null, line in (({"mu": 0.0}, 3.841), ({"mu": 0.0, "sigma": 1.0}, 5.991)):
        assert np.mean(many.test(null).statistic > line) == pytest.approx(0.05, abs=0.015)


def symbols() -> tuple[sp.Matrix, list, list]:
    p1, p2, *m = sp.symbols("p1 p2 m1:4", positive=True)
    p = [p1, p2, 1 - p1 - p2]
    u = sp.Matrix([m[0] / p1 - m[2] / p[2], m[1] / p2 - m[2] / p[2]])
    return u, p, m


def test_eq_ch13_variance() -> None:
    u, p, m = symbols()
    n = sum(m)
    ell = sum(mj * sp.log(pj) for mj, pj in zip(m, p, strict=True))
    assert sp.simplify(u - sp.Matrix([sp.diff(ell, q) for q in p[:2]])) == sp.zeros(2, 1)
    expected = (
        -sp.hessian(ell, p[:2]).subs(
            {mj: n * pj for mj, pj in zip(m, p, strict=True)}, simultaneous=True
        )
        / n
    )
    inverse = sp.diag(*p[:2]) - sp.Matrix(p[:2]) * sp.Matrix(p[:2]).T
    assert sp.simplify(expected * inverse) == sp.eye(2)
    bracket = p[0] * u[0] ** 2 + p[1] * u[1] ** 2 - (p[0] * u[0] + p[1] * u[1]) ** 2
    assert sp.simplify((u.T * inverse * u)[0] - bracket) == 0


def test_eq_ch13_pearson() -> None:
    u, p, m = symbols()
    n = sum(m)
    bracket = p[0] * u[0] ** 2 + p[1] * u[1] ** 2 - (p[0] * u[0] + p[1] * u[1]) ** 2
    pearson = sum((mj - n * pj) ** 2 / (n * pj) for mj, pj in zip(m, p, strict=True))
    assert sp.simplify(bracket / n - pearson) == 0
    peas = mle.datasets.load("peas")
    theory = np.array([9, 3, 3, 1]) / 16
    fit = mle.Categorical.fit(peas["kind"], weights=peas["frequency"])
    expected = theory * peas["frequency"].sum()
    by_hand = np.sum((peas["frequency"] - expected) ** 2 / expected)
    test = fit.test(probs=theory, method="score")
    assert (test.df, test.statistic) == (3, pytest.approx(by_hand, rel=1e-9))
    assert round(float(by_hand), 4) == 0.4700
