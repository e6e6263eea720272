"""The arithmetic against 30 digits of mpmath, and the root finder against problems that break Newton's method."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import linalg, sparse

import mlecore as mle
from mlecore import numerics, products
from mlecore.regression import columns, irls, observations
from mlecore.roots import newton_1d

WIDE = [10.0**k for k in range(-300, 301, 25)] + [0.3, 1.0, 1.5, 11.999, 12.0, 12.001, 20.0, 1e15]
MODERATE = [10.0**k for k in range(-12, 16)] + [0.3, 1.5, 11.999, 12.0, 12.001, 20.0]


def relative(value, reference):
    return abs(mpmath.mpf(float(value)) - reference) / max(abs(reference), mpmath.mpf(10) ** -300)


@pytest.mark.parametrize(
    "d", [-0.9999, -0.5, -0.2, -0.1, -1e-8, -1e-300, 1e-300, 1e-16, 1e-5, 0.199, 0.2, 0.5, 1e10]
)
def test_log1p_excess_has_full_precision(d):
    assert relative(numerics.log1p_excess(d), mpmath.mpf(d) - mpmath.log1p(mpmath.mpf(d))) < 2e-15


@pytest.mark.parametrize("x", WIDE)
def test_deviance_has_full_precision_near_and_far(x):
    for factor in (1 + 1e-12, 1 + 1e-6, 1.1, 0.5, 3.0, 1e6, 1e-6):
        y = x * factor
        if not 1e-307 < y < 1e307:
            continue
        exact = (
            mpmath.mpf(x) * mpmath.log(mpmath.mpf(x) / mpmath.mpf(y))
            + mpmath.mpf(y)
            - mpmath.mpf(x)
        )
        assert relative(numerics.deviance(x, y), exact) < 1e-14


def test_deviance_at_its_corners():
    assert numerics.deviance(0.0, 2.5) == 2.5
    assert numerics.deviance(0.0, 0.0) == 0.0
    assert numerics.deviance(2.0, 0.0) == np.inf
    assert numerics.deviance(1e-300, 1e300) == pytest.approx(1e300)


@pytest.mark.parametrize("x", MODERATE)
def test_stirling_error_digamma_and_trigamma_have_full_precision(x):
    m = mpmath.mpf(x)
    error = mpmath.loggamma(m + 1) - (m + 0.5) * mpmath.log(m) + m - mpmath.log(2 * mpmath.pi) / 2
    # Below the series' range a difference of numbers near 20 is taken: its absolute error is what matters.
    assert abs(mpmath.mpf(float(numerics.stirling_error(x))) - error) < 1e-14 * max(1, abs(error))
    if x >= 12:
        assert relative(numerics.stirling_error(x), error) < 1e-14
    assert relative(numerics.digamma_gap(x), mpmath.log(m) - mpmath.digamma(m)) < 2e-14
    assert relative(numerics.trigamma(x), mpmath.polygamma(1, m)) < 2e-14
    assert relative(numerics.trigamma_excess(x), mpmath.polygamma(1, m) - 1 / m) < 5e-13


def test_log1pexp_survives_both_ends():
    z = np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0])
    exact = [float(mpmath.log1p(mpmath.exp(v))) for v in z]
    np.testing.assert_allclose(numerics.log1pexp(z), exact, rtol=1e-15)


@pytest.mark.parametrize("n", [1, 7, 16, 17, 100, 1003])
def test_mean_log_of_eight_at_a_time_is_the_mean_log(n):
    x = np.random.default_rng(n).lognormal(sigma=20, size=n)
    exact = mpmath.fsum(mpmath.log(mpmath.mpf(v)) for v in x) / n
    assert abs(mpmath.mpf(float(numerics.mean_log(x))) - exact) < 1e-14 * max(1, abs(exact))


@pytest.mark.parametrize("reach", [60, 64, 126, 130])
def test_mean_log_of_a_long_sample_takes_as_many_at_a_time_as_its_values_allow(reach):
    x = np.random.default_rng(reach).choice([2.0**-reach, 1.5, 2.0**reach], (2, 4099))
    x[0, :64] = 2.0**reach
    exact = [mpmath.fsum(map(mpmath.log, row)) / 4099 for row in x]
    np.testing.assert_allclose(
        numerics.mean_log(x), np.array(exact, dtype=float), atol=1e-16 * reach
    )
    assert abs(numerics.mean_log(np.full(4099, 2.0**reach)) / (reach * np.log(2.0)) - 1) < 1e-15


def test_mean_log_goes_one_by_one_where_products_would_overflow():
    x = np.full(64, 1e300)
    assert numerics.mean_log(x) == pytest.approx(np.log(1e300), rel=1e-15)
    assert numerics.mean_log(np.full(64, 1e-300)) == pytest.approx(np.log(1e-300), rel=1e-15)


@pytest.mark.parametrize("spread", [1e-12, 1e-8, 1e-4, 0.1, 1.0])
def test_jensen_gap_does_not_cancel(spread):
    x = 1e5 * (1 + spread * np.random.default_rng(1).normal(size=50) / 5)
    exact = (
        mpmath.log(mpmath.fsum(map(mpmath.mpf, x)) / 50)
        - mpmath.fsum(mpmath.log(mpmath.mpf(v)) for v in x) / 50
    )
    assert relative(numerics.jensen_gap(x), exact) < 1e-3 * min(1, 1e-8 / spread) + 1e-11
    w = np.random.default_rng(2).integers(1, 4, size=50).astype(float)
    assert numerics.jensen_gap(x, w) == pytest.approx(
        numerics.jensen_gap(np.repeat(x, w.astype(int))), rel=1e-3 if spread < 1e-8 else 1e-8
    )


def test_each_problem_may_have_a_bracket_of_its_own():
    # From there Newton's steps lead far away, to other roots of the sine.
    low, high = np.array([2.0, 8.0]), np.array([4.5, 10.5])
    root, converged, _ = newton_1d(
        lambda x, i: (np.sin(x), np.cos(x)), np.array([4.4, 8.05]), low=low, high=high
    )
    assert converged.all()
    np.testing.assert_allclose(root, [np.pi, 3 * np.pi], rtol=1e-13)


def test_newton_solves_a_batch_of_problems_at_once():
    targets = np.logspace(-8, 8, 33)
    root, converged, iterations = newton_1d(
        lambda x, i: (targets[i] - x**3, -3 * x**2), np.ones(33)
    )
    assert converged.all()
    np.testing.assert_allclose(root, np.cbrt(targets), rtol=1e-12)
    assert iterations.max() < 40


def test_newton_keeps_its_bracket_where_plain_newton_diverges():
    # arctan: from 2 the plain iteration runs away.
    root, converged, _ = newton_1d(
        lambda x, i: (-np.arctan(x - 1), -1 / (1 + (x - 1) ** 2)), 30.0, low=-np.inf, high=np.inf
    )
    assert converged
    assert root == pytest.approx(1.0, abs=1e-12)


def test_newton_says_when_there_is_no_root():
    _, converged, _ = newton_1d(
        lambda x, i: (np.ones_like(x), -np.ones_like(x)), np.ones(2), max_iterations=50
    )
    assert not converged.any()


def test_blocks_cover_the_range_once():
    assert np.concatenate([np.arange(10)[s] for s in products.blocks(10, 3)]).tolist() == list(
        range(10)
    )


@pytest.mark.parametrize("y", [1e-300, 1e-5, 1.0, 1e12, 1e300])
def test_log_ratio_has_full_precision_near_one_and_beyond_the_range(y):
    for factor in (1 + 2.0**-50, 1 - 1e-9, 1.4, 1.6, 2.0, 1e-3, 1e5):
        x = y * factor
        exact = mpmath.log(mpmath.mpf(x) / mpmath.mpf(y))
        assert relative(numerics.log_ratio(x, y), exact) < 1e-15
    assert numerics.log_ratio(1e300, 1e-300) == pytest.approx(600 * np.log(10), rel=1e-15)


def test_the_product_gap_is_rounded_once():
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(-300, 300, size=(2, 500)))
    c = a * b * (1 + 1e-13 * rng.normal(size=500))
    for u, v, w in zip(a, b, c, strict=True):
        exact = mpmath.mpf(u) * mpmath.mpf(v) - mpmath.mpf(w)
        assert relative(numerics.product_gap(u, v, w), exact) < 3e-16
    assert numerics.product_gap(1e305, 1e-305, 0.5) == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize("a", [1e-6, 0.4, 1.0, 1 + 1e-9, 3.0, 1e12])
def test_the_shape_deviance_keeps_its_digits_far_below_the_peak(a):
    for b, m in [(2.5, 1e-300), (1e300, 1e-300), (1.0, 1e-5), (a, 1 + 1e-7), (a, 2.0), (1e-9, a)]:
        big = [mpmath.mpf(v) for v in (a, b, m)]
        product = big[1] * big[2]
        exact = big[0] * mpmath.log(big[0] / product) + product - big[0] + mpmath.log(big[2])
        value = numerics.shape_deviance(a, b, m, numerics.product_gap(b, m, a))
        assert abs(mpmath.mpf(float(value)) - exact) < 2e-15 * max(abs(exact), 1)


# -- threads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["Gumbel", "Logistic", "Weibull", "Normal"])
def test_no_dot_product_is_long_enough_for_several_threads(family, monkeypatch):
    lengths = []

    def counting(a, b):
        lengths.append(np.shape(a)[-1])
        return (a * b).sum(axis=-1)

    monkeypatch.setattr(np, "vecdot", counting)
    x = np.random.default_rng(0).gamma(2.0, size=40_000)
    getattr(mle, family).fit(x, weights=np.ones(x.size) if family == "Gumbel" else None)
    assert lengths
    assert max(lengths) <= 8192


def test_dot_and_gram_are_what_they_replace():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 3, 20_001))
    np.testing.assert_allclose(products.dot(a, b), (a * b).sum(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(products.gram(a.T, b.T), a @ b.T, rtol=1e-10)


def regression_data():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(3_000, 20))
    return X, (rng.random(3_000) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)


@pytest.mark.parametrize(
    "use",
    [
        lambda fit, X: fit.likelihood.hessian(fit.theta),
        lambda fit, X: fit.likelihood.score(fit.theta),
        lambda fit, X: fit.likelihood.profile("x1", [0.5]),
        lambda fit, X: fit.test(x1=0),
        lambda fit, X: fit.test(x1=0, method="score"),
        lambda fit, X: fit.covariance("sandwich"),
        lambda fit, X: fit.predict(X),
    ],
    ids=["hessian", "score", "profile", "lr", "score test", "sandwich", "predict"],
)
@pytest.mark.parametrize("intercept", [True, False])
def test_no_product_of_a_narrow_regression_gets_several_threads(use, intercept, monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    pools, seen = threadpoolctl.ThreadpoolController(), []

    def watching(owner, name):
        formula = getattr(owner, name)

        def watched(*args, **options):
            seen.extend(p["num_threads"] for p in pools.info() if p["user_api"] == "blas")
            return formula(*args, **options)

        monkeypatch.setattr(owner, name, watched)

    X, y = regression_data()
    fit = mle.LogisticRegression.fit(X, y, intercept=intercept)
    # Where the rows are multiplied: in the climb, in the linear predictors, in the sums of the derivatives.
    watching(irls, "_products")
    watching(observations.Design, "linear")
    watching(observations.Design, "linear_at")
    watching(mle.LogisticRegression, "_information_sum")
    watching(mle.LogisticRegression, "_score_sum")
    with pools.limit(limits=2, user_api="blas"):
        use(fit, X)
        mle.LogisticRegression.fit(X, y, intercept=intercept)
    assert set(seen) == {1}


def test_the_columns_of_a_narrow_regression_are_averaged_by_one_thread(monkeypatch):
    asked = []
    monkeypatch.setattr(columns, "one_thread", lambda p: asked.append(p) or products.one_thread(p))
    mle.LogisticRegression.fit(*regression_data())
    assert asked == [20]


def test_a_matrix_of_many_columns_is_factored_by_one_thread(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    pools, seen = threadpoolctl.ThreadpoolController(), []
    for name in ("dpotrf", "dpotri", "dpstrf"):
        formula = getattr(linalg.lapack, name)

        def watched(*args, formula=formula, **options):
            seen.extend(p["num_threads"] for p in pools.info() if p["user_api"] == "blas")
            return formula(*args, **options)

        monkeypatch.setattr(linalg.lapack, name, watched)
    rng = np.random.default_rng(0)
    level, y = np.arange(4000) % 400, rng.poisson(2.0, 4000)
    X = sparse.csr_array((np.ones(4000), (np.arange(4000), level)), shape=(4000, 400))[:, 1:]
    with pools.limit(limits=2, user_api="blas"):
        assert np.isfinite(list(mle.PoissonRegression.fit(X, y).se.values())).all()
    assert set(seen) == {1}


def test_threads_are_left_alone_where_nothing_can_set_them(monkeypatch):
    monkeypatch.setattr(products, "_thread_pools", lambda: None)
    X, y = regression_data()
    assert mle.LogisticRegression.fit(X, y).converged
