"""Regressions against statsmodels and scikit-learn, and where neither says anything useful."""

from __future__ import annotations

import pickle

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats

import mlecore as mle
from mlecore import (
    ConvergenceError,
    DataError,
    LinearRegression,
    LogisticRegression,
    NoMLEError,
    PoissonRegression,
    RegularityError,
    SeparationError,
    SoftmaxRegression,
    SupportError,
)
from mlecore.regression import RegressionLikelihood

MODELS = [LogisticRegression, PoissonRegression, SoftmaxRegression, LinearRegression]


def data(model, n=200, p=3, seed=0):
    """Return rows on which every model has an estimate."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    eta = 0.4 + X @ np.linspace(0.8, -0.5, p)
    y = {
        LogisticRegression: lambda: (rng.random(n) < special.expit(eta)).astype(float),
        PoissonRegression: lambda: rng.poisson(np.exp(eta)).astype(float),
        SoftmaxRegression: lambda: (
            (eta + rng.logistic(size=n) > 0) * 1 + (X[:, 0] + rng.logistic(size=n) > 1) * 1
        ),
        LinearRegression: lambda: eta + rng.normal(0, 0.7, n),
    }[model]()
    return X, y


def peer(model, X, y, **how):
    """Return the statsmodels fit of the same model."""
    Z = sm.add_constant(X)
    if model is LogisticRegression:
        return sm.GLM(y, Z, family=sm.families.Binomial()).fit(tol=1e-14, **how)
    if model is PoissonRegression:
        return sm.GLM(y, Z, family=sm.families.Poisson()).fit(tol=1e-14, **how)
    if model is SoftmaxRegression:
        return sm.MNLogit(y, Z).fit(disp=0, method="newton", tol=1e-14, **how)
    return sm.OLS(y, Z).fit(**how)


def each(fit):
    return np.array(list(fit.se.values()))


# -- agreement -------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_estimates_and_standard_errors_agree_with_statsmodels(model):
    X, y = data(model)
    fit, other = model.fit(X, y), peer(model, X, y)
    params, bse = np.asarray(other.params).T.ravel(), np.asarray(other.bse).T.ravel()
    k = params.size
    np.testing.assert_allclose(fit.theta[:k], params, rtol=1e-9, atol=1e-10)
    if model is LinearRegression:  # statsmodels divides by n - k
        bse = bse * np.sqrt((len(y) - 4) / len(y))
        assert fit.params["sigma"] == pytest.approx(np.sqrt(np.mean(other.resid**2)), rel=1e-13)
    np.testing.assert_allclose(each(fit)[:k], bse, rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert fit.aic == pytest.approx(2 * fit.theta.size - 2 * other.llf, rel=1e-12)
    assert fit.n == 200
    assert fit.converged


@pytest.mark.parametrize("model", [LogisticRegression, PoissonRegression, LinearRegression])
def test_the_sandwich_agrees_with_statsmodels(model):
    X, y = data(model)
    robust = peer(model, X, y, cov_type="HC0")
    np.testing.assert_allclose(
        model.fit(X, y).covariance("sandwich")[:4, :4], robust.cov_params(), rtol=1e-7, atol=1e-12
    )


@pytest.mark.parametrize("model", MODELS)
def test_the_sandwich_is_bread_meat_bread(model):
    X, y = data(model)
    w = np.random.default_rng(3).integers(1, 4, len(y))
    fit = model.fit(X, y, w)
    bread = np.linalg.inv(fit.likelihood.observed_information(fit.theta))
    meat = np.zeros_like(bread)
    for i in range(len(y)):
        one = type(fit.dist)(fit.dist.rows.take(slice(i, i + 1)), fit.theta)
        one = type(fit.dist)(
            one.rows.__class__(**{**one.rows.__dict__, "weights": None, "n": 1.0}), fit.theta
        )
        u = one._score_vector(one.rows)
        meat += w[i] * np.outer(u, u)
    np.testing.assert_allclose(fit.covariance("sandwich"), bread @ meat @ bread, rtol=1e-8)
    np.testing.assert_allclose(fit.likelihood.score_products(fit.theta), meat, rtol=1e-9, atol=1e-9)


def test_logistic_and_softmax_agree_with_scikit_learn():
    from sklearn.linear_model import LogisticRegression as Peer

    for model in (LogisticRegression, SoftmaxRegression):
        X, y = data(model)
        fit = model.fit(X, y)
        other = Peer(C=np.inf, solver="newton-cg", tol=1e-12, max_iter=10_000).fit(X, y)
        proba = fit.predict_proba(X)
        expected = other.predict_proba(X)
        np.testing.assert_allclose(
            proba, expected[:, 1] if model is LogisticRegression else expected, atol=1e-7
        )
        np.testing.assert_array_equal(fit.predict(X), other.predict(X))


def test_challenger_gives_the_published_estimates():
    d = mle.datasets.load("challenger")
    fit = LogisticRegression.fit(d["temperature"], d["distress"])
    assert round(fit.params["intercept"], 4) == 15.0429
    assert round(fit.params["x1"], 5) == -0.23216
    assert fit.predict_proba([31.0])[0] == pytest.approx(0.9996, abs=5e-5)
    eta, _, (low, high) = fit.delta(lambda intercept, x1: intercept + 31 * x1)
    assert special.expit([low, high]).round(2).tolist() == [0.48, 1.0]
    assert special.expit(eta) == pytest.approx(fit.predict_proba([31.0])[0], rel=1e-14)


def test_beetles_as_proportions_give_the_published_deviance_and_equal_single_beetles():
    d = mle.datasets.load("beetles")
    x, n, killed = d["log_dose"], d["exposed"], d["killed"]
    fit = LogisticRegression.fit(x, killed / n, weights=n)
    saturated = -float(mle.bce(killed / n, killed / n, reduction="none") @ n)
    assert round(2 * (saturated - fit.log_likelihood), 2) == 11.23
    one_by_one = LogisticRegression.fit(
        np.repeat(x, n),
        np.concatenate([np.repeat([1, 0], [k, m - k]) for k, m in zip(killed, n, strict=True)]),
    )
    np.testing.assert_allclose(fit.theta, one_by_one.theta, rtol=1e-10)
    assert fit.log_likelihood == pytest.approx(one_by_one.log_likelihood, rel=1e-13)
    for kind in ("observed", "expected", "sandwich"):
        np.testing.assert_allclose(fit.covariance(kind), one_by_one.covariance(kind), rtol=1e-9)


def test_logistic_regression_agrees_with_thirty_digits():
    d = mle.datasets.load("challenger")
    x, y = d["temperature"], d["distress"]

    def slope(b0, b1):
        r = [int(v) - 1 / (1 + mpmath.exp(-b0 - b1 * int(t))) for t, v in zip(x, y, strict=True)]
        return [mpmath.fsum(r), mpmath.fsum(ri * int(t) for ri, t in zip(r, x, strict=True))]

    exact = mpmath.findroot(slope, (15, -0.23))
    fit = LogisticRegression.fit(x, y)
    for got, want in zip(fit.theta, exact, strict=True):
        assert abs(float((mpmath.mpf(float(got)) - want) / want)) < 1e-12


# -- the likelihood and its inference ----------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_score_is_zero_at_the_fit_and_the_formulas_agree_with_differences(model):
    X, y = data(model, n=60)
    fit = model.fit(X, y, np.random.default_rng(2).integers(1, 4, 60))
    L = fit.likelihood
    np.testing.assert_allclose(L.score(fit.theta), 0, atol=1e-7)
    theta = fit.theta + 0.1
    assert mle.check_gradient(L.log_likelihood, L.score, theta, tolerance=1e-8)
    for i in range(theta.size):
        assert mle.check_gradient(
            lambda t, i=i: L.score(t)[i], lambda t, i=i: L.hessian(t)[i], theta, tolerance=1e-7
        )
    np.testing.assert_allclose(
        np.linalg.inv(L.observed_information(fit.theta)), fit.cov, rtol=1e-8, atol=1e-12
    )
    np.testing.assert_allclose(
        np.linalg.inv(L.expected_information(fit.theta)),
        fit.covariance("expected"),
        rtol=1e-8,
        atol=1e-12,
    )


@pytest.mark.parametrize("model", MODELS)
def test_the_likelihood_is_that_of_the_family(model):
    X, y = data(model, n=50)
    fit = model.fit(X, y)
    if model is LogisticRegression:
        other = stats.bernoulli(fit.predict_proba(X)).logpmf(y)
    elif model is PoissonRegression:
        other = stats.poisson(fit.predict(X)).logpmf(y)
    elif model is SoftmaxRegression:
        other = np.log(fit.predict_proba(X)[np.arange(50), y])
    else:
        other = stats.norm(fit.predict(X), fit.params["sigma"]).logpdf(y)
    assert fit.log_likelihood == pytest.approx(other.sum(), rel=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_no_point_nearby_is_higher(model):
    X, y = data(model)
    fit = model.fit(X, y)
    cloud = fit.theta + np.random.default_rng(5).normal(size=(300, fit.theta.size)) * 0.3 * each(
        fit
    )
    heights = fit.likelihood.log_likelihood(cloud)
    assert heights.shape == (300,)
    assert (heights < fit.log_likelihood).all()


@pytest.mark.parametrize("model", MODELS)
def test_likelihood_ratio_tests_compare_with_the_smaller_fit(model):
    X, y = data(model)
    fit, smaller = model.fit(X, y), model.fit(X[:, :2], y)
    null = {name: 0.0 for name in fit.names if name.startswith("x3")}
    test = fit.test(**null)
    assert test.statistic == pytest.approx(
        2 * (fit.log_likelihood - smaller.log_likelihood), abs=1e-8
    )
    assert test.df == len(null)
    held = model.fit(X, y, fixed=null)
    assert held.log_likelihood == pytest.approx(smaller.log_likelihood, rel=1e-12)
    assert held.aic == pytest.approx(smaller.aic, rel=1e-12)
    assert set(held.names) == set(fit.names) - set(null)
    assert all(held.params[name] == 0.0 for name in null)


def test_score_and_wald_tests_are_their_formulas():
    X, y = data(LogisticRegression)
    fit = LogisticRegression.fit(X, y)
    assert fit.test(x1=0, method="wald").statistic == pytest.approx(
        (fit.params["x1"] / fit.se["x1"]) ** 2
    )
    null = LogisticRegression.fit(X, y, fixed={"x1": 0, "x2": 0})
    p = null.predict_proba(X)
    Z = sm.add_constant(X)
    u = Z.T @ (y - p)
    expected = u @ np.linalg.solve(Z.T @ (Z * (p * (1 - p))[:, None]), u)
    assert fit.test(x1=0, x2=0, method="score").statistic == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_profile_intervals_end_where_the_profile_has_dropped(model):
    X, y = data(model, n=80, p=2)
    fit = model.fit(X, y)
    drop = stats.chi2.ppf(0.9, 1) / 2
    for name, ends in fit.ci(0.9, method="lr").items():
        low, high = map(float, ends)
        heights = fit.likelihood.profile(name, [low, high])
        np.testing.assert_allclose(fit.log_likelihood - heights, drop, rtol=1e-6)
        assert low < fit.params[name] < high


def test_the_interval_of_the_linear_slope_is_gosset_in_large_samples():
    X, y = data(LinearRegression, n=2000, p=1)
    fit = LinearRegression.fit(X, y)
    np.testing.assert_allclose(
        [float(v) for v in fit.ci()["x1"]], peer(LinearRegression, X, y).conf_int()[1], atol=2e-4
    )


def test_fisher_scoring_and_the_generic_climb_reach_the_same_maximum():
    X, y = data(PoissonRegression)
    fit = PoissonRegression.fit(X, y)
    trace = mle.fisher_scoring(fit.likelihood, np.zeros(4))
    assert trace.converged
    np.testing.assert_allclose(trace.minimizer, fit.theta, rtol=1e-8, atol=1e-9)
    generic = mle.Likelihood(PoissonRegression, (X, y)).maximize()
    assert generic.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-13)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("parametric", [False, True])
def test_the_bootstrap_spreads_like_the_standard_errors(model, parametric):
    X, y = data(model, n=400, p=1)
    fit = model.fit(X, y)
    again = fit.bootstrap(150, rng=1, parametric=parametric)
    spread = np.nanstd(again.theta, axis=0)
    np.testing.assert_allclose(spread, each(fit), rtol=0.3)  # Monte Carlo error 6%, n finite
    assert again.batch_shape == (150,)
    assert not again.problems
    few, same = (fit.bootstrap(5, rng=1, parametric=parametric).theta for _ in range(2))
    np.testing.assert_array_equal(few, same)
    with pytest.raises(RegularityError):
        again.se  # noqa: B018


def test_resampled_data_that_are_separated_become_problems_not_estimates():
    d = mle.datasets.load("challenger")
    again = LogisticRegression.fit(d["temperature"], d["distress"]).bootstrap(60, rng=1)
    assert again.problems
    for row, reason in again.problems.items():
        assert np.isnan(again.theta[row]).all()
        assert "separate" in reason or "every row" in reason


# -- weights, columns, equivariance ------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_weights_are_repeated_rows(model):
    X, y = data(model)
    w = np.random.default_rng(1).integers(0, 4, len(y))
    one, other = model.fit(X, y, w), model.fit(np.repeat(X, w, axis=0), np.repeat(y, w))
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(one.cov, other.cov, rtol=1e-8, atol=1e-12)
    assert one.n == other.n == w.sum()
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_rows_and_columns_does_not_matter(model):
    X, y = data(model)
    fit = model.fit(X, y)
    rows = np.random.default_rng(1).permutation(len(y))
    np.testing.assert_allclose(model.fit(X[rows], y[rows]).theta, fit.theta, rtol=1e-8, atol=1e-10)
    swapped = model.fit(X[:, [1, 0, 2]], y)
    if model is not SoftmaxRegression:
        assert swapped.params["x1"] == pytest.approx(fit.params["x2"], rel=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_units_of_the_columns_do_not_matter(model):
    X, y = data(model)
    units = np.array([1e6, 1e-6, 1e3])
    fit, scaled = model.fit(X, y), model.fit(X * units, y)
    for name in fit.names:
        unit = units[int(name[1]) - 1] if name.startswith("x") else 1.0
        assert scaled.params[name] * unit == pytest.approx(fit.params[name], rel=1e-8, abs=1e-10)
        assert scaled.se[name] * unit == pytest.approx(fit.se[name], rel=1e-8)
    assert scaled.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-13)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("offset", [1e6, -1e7])
def test_an_offset_of_a_million_costs_no_inference(model, offset):
    X, y = data(model)
    X = np.round(X * 1024) / 1024  # exact after the shift
    fit, moved = model.fit(X, y), model.fit(X + offset, y)
    slopes = [k for k, name in enumerate(fit.names) if not name.startswith("intercept")]
    np.testing.assert_allclose(moved.theta[slopes], fit.theta[slopes], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(each(moved)[slopes], each(fit)[slopes], rtol=1e-7)
    square = np.ix_(slopes, slopes)
    np.testing.assert_allclose(
        moved.covariance("sandwich")[square],
        fit.covariance("sandwich")[square],
        rtol=1e-5,
        atol=1e-9,
    )
    name = fit.names[slopes[0]]
    assert moved.test(**{name: 0.3}).statistic == pytest.approx(
        fit.test(**{name: 0.3}).statistic, abs=1e-6
    )
    np.testing.assert_allclose(moved.predict(X + offset), fit.predict(X), rtol=1e-7)


def test_the_profile_interval_survives_an_offset():
    X, y = data(LogisticRegression, n=80, p=2)
    X = np.round(X * 1024) / 1024
    here, there = (LogisticRegression.fit(X + c, y).ci(method="lr") for c in (0.0, 1e6))
    for name in ("x1", "x2"):
        np.testing.assert_allclose(
            list(map(float, there[name])), list(map(float, here[name])), rtol=1e-6
        )


@pytest.mark.parametrize("model", MODELS)
def test_every_test_and_interval_survives_an_offset(model):
    X, y = data(model, n=80, p=2)
    X, offset = np.round(X * 1024) / 1024, -1e9
    here, there = model.fit(X, y), model.fit(X + offset, y)
    slopes = [name for name in here.names if not name.startswith("intercept")]
    for method in ("lr", "wald", "score"):
        null = {slopes[0]: 0.3}
        assert there.test(method=method, **null).statistic == pytest.approx(
            here.test(method=method, **null).statistic, abs=1e-4
        )
    one, other = here.ci(method="lr"), there.ci(method="lr")
    for name in slopes:
        np.testing.assert_allclose(other[name], one[name], rtol=1e-6)
    drop = stats.chi2.ppf(0.95, 1) / 2
    for name in set(here.names) - set(slopes):
        heights = there.likelihood.profile(name, list(map(float, other[name])))
        np.testing.assert_allclose(there.log_likelihood - heights, drop, rtol=1e-5)


def test_weights_that_leave_nothing_of_most_rows_are_named():
    X, y = data(LinearRegression)
    with pytest.raises(DataError, match=r"the weights lie between 1 and 1e\+20"):
        LinearRegression.fit(X, y, np.r_[1e20, 1e20, np.ones(198)])


@pytest.mark.parametrize("model", MODELS)
def test_rows_of_no_weight_do_not_matter_wherever_they_lie(model):
    X, y = data(model)
    fit = model.fit(X, y)
    far = model.fit(
        np.vstack([X, np.full((2, 3), 1e12)]), np.r_[y, y[:2]], np.r_[np.ones(200), 0, 0]
    )
    np.testing.assert_allclose(far.theta, fit.theta, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(far.cov, fit.cov, rtol=1e-10, atol=1e-12)


def test_many_rows_give_what_few_give_when_repeated():
    """25 000 rows take the short cuts, 2 500 weighted ones do not."""
    for model in (LogisticRegression, PoissonRegression, SoftmaxRegression, LinearRegression):
        X, y = data(model, n=2500)
        rows = np.random.default_rng(1).permutation(np.tile(np.arange(2500), 10))
        few, many = model.fit(X, y, np.full(2500, 10.0)), model.fit(X[rows], y[rows])
        np.testing.assert_allclose(many.theta, few.theta, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(many.cov, few.cov, rtol=1e-6, atol=1e-10)
        assert many.log_likelihood == pytest.approx(few.log_likelihood, rel=1e-12)
        shifted = model.fit(X[rows] + 1e5, y[rows])
        assert shifted.log_likelihood == pytest.approx(few.log_likelihood, rel=1e-10)


def test_nearly_dependent_columns_are_told_apart():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    X = np.column_stack([x, x + 1e-7 * rng.normal(size=500)])
    y = x + rng.normal(size=500)
    fit = LinearRegression.fit(X, y)
    q, r = np.linalg.qr(sm.add_constant(X - X.mean(axis=0)))
    exact = np.linalg.solve(r, q.T @ y)[1:]
    np.testing.assert_allclose(fit.theta[1:3], exact, rtol=1e-6)


@pytest.mark.parametrize("apart", [1e-7, 1e-9])
def test_profile_intervals_of_nearly_dependent_columns_arrive(apart):
    """The interval of a difference that is scaled by 1 / apart is scaled by as much."""
    rng = np.random.default_rng(0)
    x, noise = np.round(rng.normal(size=60) * 1024) / 1024, rng.normal(size=60)
    y = (rng.random(60) < special.expit(x)).astype(float)
    far = LogisticRegression.fit(np.column_stack([x, noise]), y).ci(method="lr")["x2"]
    near = LogisticRegression.fit(np.column_stack([x, x + apart * noise]), y).ci(method="lr")
    np.testing.assert_allclose(np.array(near["x2"]) * apart, far, rtol=1e-5)


def test_a_distant_row_of_little_weight_does_not_stop_a_poisson_fit():
    rng = np.random.default_rng(3)
    x = np.r_[rng.normal(size=200), 1000.0]
    y, w = np.r_[rng.poisson(np.exp(0.7 * x[:-1] + 0.4)), 5], np.r_[np.ones(200), 1e-12]
    fit = PoissonRegression.fit(x, y, w)
    slope = sm.add_constant(x).T @ (w * (y - fit.predict(x)))
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_data_frames_give_their_names():
    pandas = pytest.importorskip("pandas")
    X, y = data(LogisticRegression, p=2)
    frame = pandas.DataFrame(X, columns=["dose", "age in years"])
    fit = LogisticRegression.fit(frame, pandas.Series(y))
    assert fit.names == ("intercept", "dose", "age in years")
    assert fit.test(**{"age in years": 0}).df == 1
    np.testing.assert_array_equal(fit.predict_proba(frame), fit.predict_proba(X))
    turned = frame[["age in years", "dose"]]
    np.testing.assert_array_equal(fit.predict_proba(turned), fit.predict_proba(X))
    assert LogisticRegression.fit(frame["dose"], y).names == ("intercept", "dose")
    for bad in (["dose", "dose"], ["intercept", "dose"]):
        with pytest.raises(DataError, match="rename"):
            LogisticRegression.fit(pandas.DataFrame(X, columns=bad), y)
    with pytest.raises(DataError, match="'sigma'"):
        LinearRegression.fit(pandas.DataFrame(X, columns=["sigma", "b"]), y)


def test_without_an_intercept():
    X, y = data(LogisticRegression)
    fit = LogisticRegression.fit(X + 0.5, y, intercept=False)
    other = sm.Logit(y, X + 0.5).fit(disp=0)
    assert fit.names == ("x1", "x2", "x3")
    np.testing.assert_allclose(fit.theta, other.params, rtol=1e-6)
    np.testing.assert_allclose(each(fit), other.bse, rtol=1e-6)


def test_an_intercept_alone_is_the_family():
    y = data(PoissonRegression)[1]
    fit = PoissonRegression.fit(np.zeros((200, 0)), y)
    assert np.exp(fit.params["intercept"]) == pytest.approx(y.mean(), rel=1e-12)
    assert fit.log_likelihood == pytest.approx(mle.Poisson.fit(y).log_likelihood, rel=1e-12)


def test_everything_fixed_is_an_evaluation():
    X, y = data(LinearRegression, p=1)
    fit = LinearRegression.fit(X, y, fixed={"intercept": 0.0, "x1": 1.0, "sigma": 2.0})
    assert fit.names == ()
    assert fit.log_likelihood == pytest.approx(stats.norm(X[:, 0], 2.0).logpdf(y).sum(), rel=1e-13)
    half = LinearRegression.fit(X, y, fixed={"sigma": 2.0})
    assert half.se["x1"] == pytest.approx(
        LinearRegression.fit(X, y).se["x1"] * 2.0 / LinearRegression.fit(X, y).params["sigma"]
    )


def test_words_are_classes():
    X, y = data(SoftmaxRegression, p=1)
    words = np.array(["adelie", "chinstrap", "gentoo"])[y]
    fit = SoftmaxRegression.fit(X, words)
    assert fit.names == ("intercept_chinstrap", "x1_chinstrap", "intercept_gentoo", "x1_gentoo")
    assert set(fit.predict(X)) <= set(words)
    np.testing.assert_allclose(fit.theta, SoftmaxRegression.fit(X, y).theta)
    proba = fit.predict_proba(X)
    assert proba.shape == (200, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-14)


def test_two_classes_of_softmax_are_logistic_regression():
    X, y = data(LogisticRegression)
    one, other = LogisticRegression.fit(X, y), SoftmaxRegression.fit(X, y)
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-10)
    np.testing.assert_allclose(one.cov, other.cov, rtol=1e-10)


def test_poisson_keeps_its_digits_at_counts_of_1e15():
    y = np.array([1e15, 2e15, 4.1e15])
    fit = PoissonRegression.fit([0.0, 1.0, 2.0], y)
    exact = mpmath.fsum(
        int(k) * mpmath.log(mpmath.mpf(float(r)))
        - mpmath.mpf(float(r))
        - mpmath.loggamma(int(k) + 1)
        for k, r in zip(y, fit.predict([0.0, 1.0, 2.0]), strict=True)
    )
    assert fit.log_likelihood == pytest.approx(float(exact), rel=1e-9)


def test_a_poisson_over_thirteen_powers_of_ten_is_fitted():
    x = np.linspace(-15, 15, 40)
    y = np.round(np.exp(x))
    fit = PoissonRegression.fit(x, y)
    assert fit.params["x1"] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(fit.likelihood.score(fit.theta), 0, atol=1e-6 * y.max() ** 0.5)


# -- separation ------------------------------------------------------------------------------------

LINE = np.arange(10.0)


def proves(direction, X, y, *, classes=None):
    """Say whether moving along the direction never lowers, and somewhere raises, a probability."""
    Z = sm.add_constant(np.asarray(X, dtype=float).reshape(len(y), -1), has_constant="add")
    if classes is None:
        margin = np.where(np.asarray(y) > 0, 1, -1) * (Z @ direction)
    else:
        eta = np.column_stack(
            [np.zeros(len(y)), *(Z @ b for b in direction.reshape(classes - 1, -1))]
        )
        own = eta[np.arange(len(y)), y]
        margin = (
            np.delete(own[:, None] - eta, 0, axis=1)
            if classes == 2
            else (own[:, None] - eta).ravel()
        )
    return margin.min() >= -1e-8 and margin.max() > 1e-6


@pytest.mark.parametrize(
    ("X", "y", "kind"),
    [
        (LINE, LINE > 4, "completely"),
        (LINE * 1e6 + 1e9, LINE > 4, "completely"),
        (np.r_[LINE, 4.0], np.r_[LINE > 4, True], "quasi-completely"),
        (np.r_[LINE, 4.5, 4.5], np.r_[LINE > 4, True, False], "quasi-completely"),
    ],
)
def test_separation_is_refused_with_its_direction(X, y, kind):
    with pytest.raises(
        SeparationError, match=rf"columns {kind} separate .* along the direction"
    ) as caught:
        LogisticRegression.fit(X, y)
    assert proves(caught.value.direction, X, y)
    assert caught.value.limit is None
    assert isinstance(caught.value, NoMLEError)
    again = pickle.loads(pickle.dumps(caught.value))
    np.testing.assert_array_equal(again.direction, caught.value.direction)


def test_one_misplaced_point_makes_an_estimate():
    X, y = np.r_[LINE, 3.9], np.r_[LINE > 4, True]
    fit = LogisticRegression.fit(X, y)
    np.testing.assert_allclose(
        fit.theta, sm.Logit(y, sm.add_constant(X)).fit(disp=0).params, rtol=1e-6
    )


def test_partial_separation_names_the_one_column():
    X, y = data(LogisticRegression)
    rare = (np.arange(200) % 50 == 0).astype(float)
    y = np.where(rare == 1, 1.0, y)
    with pytest.raises(SeparationError, match=r"direction \+1 x4;") as caught:
        LogisticRegression.fit(np.column_stack([X, rare]), y)
    np.testing.assert_array_equal(caught.value.direction, [0, 0, 0, 0, 1])
    held = LogisticRegression.fit(np.column_stack([X, rare]), y, fixed={"x4": 2.0})
    assert held.converged


@pytest.mark.parametrize("model", [LogisticRegression, PoissonRegression, SoftmaxRegression])
@pytest.mark.parametrize("rare", [1, 30, 300])
def test_a_rare_category_of_one_class_among_many_rows_is_never_converged(model, rare):
    rng = np.random.default_rng(rare)
    X, y = data(model, n=25_000, p=2)
    category = np.zeros(25_000)
    category[rng.choice(25_000, rare, replace=False)] = 1.0
    y = np.where(category == 1, 0 if model is PoissonRegression else 1, y)
    with pytest.raises(SeparationError, match="quasi-completely") as caught:
        model.fit(np.column_stack([X, category]), y)
    direction = caught.value.direction.reshape(-1, 4)
    assert (direction[:, :3] == 0).all()
    assert direction[:, 3].any()


def test_residuals_keep_their_digits_where_a_class_is_certain():
    """From a logit of 37 on, y - p taken as a difference is zero."""
    eta = np.array([40.0, -40.0, 700.0, -0.0])
    for model, z in (
        (LogisticRegression, eta[None]),
        (SoftmaxRegression, np.vstack([eta, np.full(4, -800.0)])),
    ):
        for y in (0, 1):
            rows = model.statistics(([[0.0]] * 4, np.array([0, 1, 0, 1])))
            member = model(rows, np.zeros(2))
            slope = member._derivatives(z, np.full(4, y))[1][0]
            exact = special.expit(-eta) if y else -special.expit(eta)
            np.testing.assert_allclose(slope, exact, rtol=1e-14)


def test_a_direction_holds_no_rounding():
    rng = np.random.default_rng(1)
    category, x = rng.integers(0, 4, 300), rng.normal(size=300)
    X = np.column_stack([np.eye(4)[category][:, 1:], x * 1e-9])
    y = (category >= 2) * 1
    with pytest.raises(SeparationError, match=r"direction -0.5 intercept \+1 x2 \+1 x3;") as caught:
        LogisticRegression.fit(X, y)
    assert proves(caught.value.direction, X, y)


def test_separation_in_many_columns_and_rows_is_found():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 8))
    y = (X @ np.arange(1.0, 9) > 0.3) * 1
    with pytest.raises(SeparationError) as caught:
        LogisticRegression.fit(X, y)
    assert proves(caught.value.direction, X, y)
    grouped = np.column_stack([rng.integers(0, 2, (3000, 5)), rng.normal(size=3000)]).astype(float)
    y = np.where(grouped[:, 0] + grouped[:, 1] == 2, 1, rng.integers(0, 2, 3000))
    X = np.column_stack([grouped, grouped[:, 0] * grouped[:, 1]])
    with pytest.raises(SeparationError, match="quasi-completely") as caught:
        LogisticRegression.fit(X, y)
    assert proves(caught.value.direction, X, y)


def test_strong_effects_without_separation_are_estimated():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 5))
    y = (X @ np.ones(5) + 0.05 * rng.normal(size=4000) > 0) * 1
    fit = LogisticRegression.fit(X, y)
    assert fit.params["x1"] > 20
    np.testing.assert_allclose(fit.likelihood.score(fit.theta), 0, atol=1e-6)


def test_small_samples_have_an_estimate_exactly_when_no_direction_separates():
    """Every 0-1 labelling of six points on a line: separated ones are those that a threshold can make."""
    x = np.array([0.0, 1.0, 1.0, 2.0, 3.0, 4.0])
    for code in range(64):
        y = np.array([code >> i & 1 for i in range(6)])
        overlap = False
        if 0 < y.sum() < 6:
            zeros, ones = x[y == 0], x[y == 1]
            overlap = zeros.max() > ones.min() and ones.max() > zeros.min()
        if overlap:
            assert LogisticRegression.fit(x, y).converged
        else:
            with pytest.raises(SeparationError):
                LogisticRegression.fit(x, y)


@pytest.mark.parametrize("y", [0, 1])
def test_a_single_class_has_no_estimate(y):
    with pytest.raises(SeparationError, match=f"y is {y} in every row") as caught:
        LogisticRegression.fit(LINE, np.full(10, y))
    np.testing.assert_array_equal(caught.value.direction, [1 if y else -1, 0])
    with pytest.raises(NoMLEError, match="every row"):
        SoftmaxRegression.fit(LINE, np.full(10, y))
    if y == 0:
        with pytest.raises(NoMLEError, match="0 in every row"):
            PoissonRegression.fit(LINE, np.zeros(10))


def test_counts_that_are_zero_on_one_side_are_separated():
    x, y = np.array([0.0, 0, 0, 1, 1]), [1, 2, 3, 0, 0]
    with pytest.raises(SeparationError, match="whose y is 0") as caught:
        PoissonRegression.fit(x, y)
    eta = sm.add_constant(x) @ caught.value.direction
    assert np.abs(eta[:3]).max() < 1e-9
    assert eta[3:].max() < 0


def test_classes_apart_are_separated_and_partly_apart_too():
    y = np.repeat([0, 1, 2], [3, 3, 4])
    with pytest.raises(SeparationError, match="completely separate some classes") as caught:
        SoftmaxRegression.fit(LINE, y)
    assert proves(caught.value.direction, LINE, y, classes=3)
    X, labels = np.r_[LINE, 1.0], np.r_[y, 1]
    with pytest.raises(SeparationError, match="quasi-completely") as caught:
        SoftmaxRegression.fit(X, labels)
    assert proves(caught.value.direction, X, labels, classes=3)


def test_what_the_peers_say_of_separated_data():
    """They return numbers; the point of refusing is that these are no estimates."""
    from sklearn.linear_model import LogisticRegression as Peer

    y = (LINE > 4).astype(int)
    loose, tight = (
        Peer(C=np.inf, solver="newton-cg", tol=tol, max_iter=10_000)
        .fit(LINE[:, None], y)
        .coef_[0, 0]
        for tol in (1e-2, 1e-6)
    )
    assert tight > 2 * loose  # the answer depends on when it stopped


# -- what cannot be estimated ------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_bad_columns_are_named(model):
    X, y = data(model)
    with pytest.raises(DataError, match="'x4' is 7 in every row"):
        model.fit(np.column_stack([X, np.full(200, 7.0)]), y)
    with pytest.raises(DataError, match="'x1' is 0 in every row"):
        model.fit(X * [0, 1, 1], y, intercept=False)
    with pytest.raises(DataError, match=r"collinear: x\d follows from x\d, x\d, the intercept"):
        model.fit(np.column_stack([X, X[:, 0] - 2 * X[:, 2]]), y)
    with pytest.raises(DataError, match="collinear"):
        model.fit(np.column_stack([X, X[:, 0] - 2 * X[:, 2]]) + 1e6, y)
    with pytest.raises(DataError, match=r"collinear: .* the intercept"):
        model.fit(np.eye(3)[np.arange(200) % 3], y)
    with pytest.raises(DataError, match="9 column"):
        model.fit(np.random.default_rng(0).normal(size=(9, 9)), y[:9])
    with pytest.raises(DataError, match="another unit"):
        model.fit(X * [1, 1e200, 1], y)


def test_collinear_columns_of_many_rows_are_named():
    X = np.random.default_rng(0).normal(size=(25_000, 3))
    with pytest.raises(DataError, match="collinear"):
        LinearRegression.fit(np.column_stack([X, X.sum(axis=1)]), X[:, 0])
    with pytest.raises(DataError, match="'x4' is 1 in every row"):
        LinearRegression.fit(np.column_stack([X, np.ones(25_000)]), X[:, 0])


def test_an_exact_fit_has_no_sigma():
    with pytest.raises(NoMLEError, match="fit y exactly"):
        LinearRegression.fit(LINE, 3 * LINE + 1)
    held = LinearRegression.fit(LINE, 3 * LINE + 1, fixed={"sigma": 1.0})
    np.testing.assert_allclose(held.theta, [1, 3], rtol=1e-12)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda X, y: (np.where(X[3, 1] == X, np.nan, X), y), r"X holds 1 NaN.*\(3, 1\)"),
        (lambda X, y: (np.where(X[3, 1] == X, np.inf, X), y), r"X holds 1 infinite"),
        (lambda X, y: (X[:-1], y), "one value for each of the 199 rows"),
        (lambda X, y: (X, y[:, None]), "one-dimensional"),
        (lambda X, y: (X[None], y), r"shape \(n, p\)"),
        (lambda X, y: (X[:0], y[:0]), "no rows"),
        (lambda X, y: (X.astype(str), y), "numbers"),
        (lambda X, y: (X + 1j, y), "real numbers"),
        (lambda X, y: (X, np.where(np.arange(200) == 5, np.nan, y)), "y holds 1 NaN"),
    ],
)
def test_bad_data_are_named(model, change, says):
    with pytest.raises(DataError, match=says):
        model.fit(*change(*data(model)))


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (np.ones(199), "shape"),
        (-np.ones(200), "negative"),
        (np.zeros(200), "all zero"),
        (np.full(200, np.nan), "NaN"),
        (np.full(200, 1e308), "more than a double can hold"),
    ],
)
def test_bad_weights_are_named(weights, says):
    with pytest.raises(DataError, match=says):
        LogisticRegression.fit(*data(LogisticRegression), weights)


def test_columns_of_a_table_go_by_their_names_whatever_their_order():
    pandas = pytest.importorskip("pandas")
    X, y = data(LogisticRegression)
    frame = pandas.DataFrame(X, columns=["x1", "x2", "x3"])
    fit = LogisticRegression.fit(frame, y)
    turned = frame[["x2", "x1", "x3"]]
    np.testing.assert_array_equal(fit.predict_proba(turned), fit.predict_proba(X))
    other = frame.rename(columns={"x1": "a", "x2": "b", "x3": "c"})
    np.testing.assert_array_equal(fit.predict_proba(other), fit.predict_proba(X))


def test_a_rate_that_no_double_holds_is_infinite_or_known_by_its_logarithm():
    fit = PoissonRegression.fit([0.0, 0.0, 1.0], [1, 3, 6])
    assert fit.predict([[1e4]]) == np.inf
    assert fit.likelihood.log_likelihood([1e4, 0.0]) == -np.inf
    counts = 10 * -800.0 - np.log([1.0, 6.0, 720.0]).sum()
    np.testing.assert_allclose(fit.likelihood.log_likelihood([-800.0, 0.0]), counts, rtol=1e-14)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_a_y_whose_square_no_float_holds_is_named(unit):
    with pytest.raises(DataError, match="give y in another unit"):
        LinearRegression.fit(LINE, unit * np.sin(LINE))


def test_a_y_outside_the_support_is_named():
    with pytest.raises(SupportError, match=r"0 or 1.*y\[2\] = 2.*3 of 10"):
        LogisticRegression.fit(LINE, np.arange(10) % 3)
    with pytest.raises(SupportError, match=r"count.*y\[0\] = -1"):
        PoissonRegression.fit(LINE, LINE - 1)
    with pytest.raises(SupportError, match="count"):
        PoissonRegression.fit(LINE, LINE + 0.5)
    with pytest.raises(DataError, match="measurements, not classes"):
        SoftmaxRegression.fit(np.arange(60.0), np.random.default_rng(0).normal(size=60))


def test_unknown_names_and_wrong_shapes_of_prediction_are_named():
    X, y = data(LogisticRegression)
    fit = LogisticRegression.fit(X, y)
    with pytest.raises(DataError, match="x9"):
        LogisticRegression.fit(X, y, fixed={"x9": 1})
    with pytest.raises(DataError, match="3 column"):
        fit.predict(X[:, :2])
    with pytest.raises(DataError, match="x9"):
        fit.test(x9=0)
    with pytest.raises(DataError, match="has no classes"):
        LinearRegression.fit(X, y).predict_proba(X)
    with pytest.raises(DataError, match=r"pair \(X, y\)"):
        mle.Likelihood(LogisticRegression, X)


def test_a_profile_says_where_the_climb_did_not_arrive():
    X, y = data(PoissonRegression)
    fit = PoissonRegression.fit(X, y)
    values = fit.likelihood.profile("x1", [0.5, 1e3, np.nan])
    held = PoissonRegression.fit(X, y, fixed={"x1": 0.5})
    assert values[0] == pytest.approx(held.log_likelihood, rel=1e-13)
    assert np.isnan(values[1:]).all()
    assert fit.likelihood.profile("x1", 0.5) == pytest.approx(values[0], rel=1e-13)
    spread = LinearRegression.fit(*data(LinearRegression)).likelihood.profile("sigma", [-1.0, 0.7])
    assert np.isnan(spread).tolist() == [True, False]
    with pytest.raises(DataError, match="x9"):
        fit.likelihood.profile("x9", [0.0])


@pytest.mark.parametrize("model", MODELS)
def test_a_fit_holds_one_value_and_a_bootstrap_starts_from_one_fit(model):
    X, y = data(model)
    fit = model.fit(X, y)
    with pytest.raises(DataError, match=r"fixed x1\w* must be one number, got shape \(2,\)"):
        model.fit(X, y, fixed={fit.names[1]: [0.0, 1.0]})
    with pytest.raises(DataError, match="takes a single fit"):
        fit.bootstrap(3, rng=0).bootstrap(3, rng=0)


def test_two_coefficients_of_one_name_are_refused():
    pandas = pytest.importorskip("pandas")
    X, y = data(SoftmaxRegression, p=2)
    frame = pandas.DataFrame(X, columns=["a", "a_b"])
    with pytest.raises(DataError, match="two coefficients would be called 'a_b_c'"):
        SoftmaxRegression.fit(frame, np.array(["0", "b_c", "c"])[y])


def test_labels_behind_a_mask_are_refused():
    X, y = data(SoftmaxRegression)
    with pytest.raises(DataError, match="masked"):
        SoftmaxRegression.fit(X, np.ma.array(y, mask=y == 2))


def test_a_climb_cut_short_is_never_called_converged():
    X, y = data(LogisticRegression)
    top = RegressionLikelihood(LogisticRegression, (X, y)).maximize(max_iterations=1)
    assert not top.converged
    assert issubclass(ConvergenceError, RuntimeError)


# -- the object ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_inputs_are_never_modified_and_fits_pickle(model):
    X, y = data(model)
    before = X.copy(), y.copy()
    fit = model.fit(X, y)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])
    again = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(again.theta, fit.theta)
    np.testing.assert_array_equal(again.predict(X), fit.predict(X))
    with pytest.raises(AttributeError):
        fit.theta = 0


def test_a_fit_outlives_a_change_of_its_data():
    X, y = data(LogisticRegression)
    w = np.ones(200)
    fit = LogisticRegression.fit(X, y, w)
    se, sandwich = fit.se["x1"], fit.covariance("sandwich")
    X[:], y[:], w[:] = 0, 0, 7
    assert fit.se["x1"] == se
    np.testing.assert_array_equal(fit.covariance("sandwich"), sandwich)


@pytest.mark.parametrize("model", MODELS)
def test_a_fit_displays_itself(model):
    fit = model.fit(*data(model))
    text, page = repr(fit), fit._repr_html_()
    assert text.startswith(f"{model.__name__} fitted to n = 200")
    for name in fit.names:
        assert name in text
        assert name in page
    assert model.__name__ in repr(fit.dist)


def test_rows_of_parts_add():
    X, y = data(PoissonRegression)
    a = PoissonRegression.statistics((X[:120], y[:120]))
    b = PoissonRegression.statistics((X[120:], y[120:]), np.ones(80))
    whole = RegressionLikelihood(PoissonRegression, a + b).maximize()
    np.testing.assert_allclose(
        whole.theta, PoissonRegression.fit(X, y).theta, rtol=1e-9, atol=1e-10
    )
    with pytest.raises(DataError, match="cannot be merged"):
        a + PoissonRegression.statistics((X[:, :2], y))
