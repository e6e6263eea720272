"""`Family.regress` against statsmodels, SciPy's optimisers of the explicit likelihood, and the fast roads."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, sparse, special, stats
from statsmodels.discrete.count_model import ZeroInflatedPoisson
from statsmodels.tools import numdiff

import mlecore as mle
from mlecore import (
    DataError,
    Hurdle,
    NoMLEError,
    RegularityError,
    SeparationError,
    SupportError,
    Truncated,
    ZeroInflated,
    observed,
)

RNG = np.random.default_rng(3)
N = 250
X = RNG.normal(size=(N, 2))
Z = sm.add_constant(X)
ETA = 0.3 + X @ [0.5, -0.4]
E = np.exp(ETA)
START = RNG.bit_generator.state

# A member of each family whose second entry follows from X.
MEMBERS = {
    "Normal": ("mu", {"mu": ETA, "sigma": 1.0}),
    "LogNormal": ("mu", {"mu": ETA, "sigma": 1.0}),
    "Exponential": ("rate", {"rate": E}),
    "Gamma": ("shape", {"shape": E, "rate": 2.0}),
    "InverseGamma": ("scale", {"shape": 2.0, "scale": E}),
    "Weibull": ("scale", {"shape": 1.5, "scale": E}),
    "Gumbel": ("loc", {"loc": ETA, "scale": 1.0}),
    "Logistic": ("scale", {"loc": 2.0, "scale": E}),
    "Cauchy": ("loc", {"loc": ETA, "scale": 1.0}),
    "StudentT": ("loc", {"df": 4.0, "loc": ETA, "scale": 1.0}),
    "Beta": ("a", {"a": 2 * E, "b": 3.0}),
    "InverseGaussian": ("mu", {"mu": E, "shape": 2.0}),
    "Rayleigh": ("scale", {"scale": E}),
    "VonMises": ("kappa", {"mu": 0.5, "kappa": E}),
    "Bernoulli": ("p", {"p": special.expit(ETA)}),
    "Poisson": ("rate", {"rate": E}),
    "Geometric": ("p", {"p": special.expit(ETA)}),
    "NegativeBinomial": ("mu", {"mu": 2 * E, "size": 1.5}),
    "LogLogistic": ("scale", {"shape": 2.0, "scale": E}),
    "GeneralizedExtremeValue": ("loc", {"loc": ETA, "scale": 1.0, "shape": 0.1}),
    "GeneralizedPareto": ("scale", {"scale": E, "shape": 0.2}),
    "Lomax": ("scale", {"shape": 3.0, "scale": E}),
    "SkewNormal": ("loc", {"loc": ETA, "scale": 1.0, "shape": 2.0}),
    "HalfNormal": ("scale", {"scale": E}),
    "LogSeries": ("p", {"p": special.expit(ETA)}),
    "Zipf": ("exponent", {"exponent": 1.5 + E}),
}


@pytest.fixture(autouse=True)
def _same_numbers_whatever_was_run_before():
    RNG.bit_generator.state = START


def each(fit):
    return np.array(list(fit.se.values()))


@pytest.mark.parametrize("name", MEMBERS)
def test_every_family_is_fitted_at_a_maximum_of_the_sum_of_its_log_densities(name):
    family, (parameter, params) = getattr(mle, name), MEMBERS[name]
    y = family(**params).sample(rng=np.random.default_rng(5))
    m = family.regress(y, **{parameter: X})
    assert set(m.params) == {"intercept", "x1", "x2", *params} - {parameter}
    assert m.log_likelihood == pytest.approx(m.distribution().log_prob(y).sum(), rel=1e-12)
    L, se = m.likelihood, each(m)
    assert np.abs(L.score(m.theta) * se).max() < 1e-5
    step = 1e-4 * se
    slopes = [(L.score(m.theta + h) - L.score(m.theta - h)) / 2 for h in np.diag(step)]
    own = -L.hessian(m.theta) * step * se[:, None]
    np.testing.assert_allclose(-np.array(slopes).T * se[:, None], own, atol=2e-6 * own.max())
    for h in np.diag(3 * se):
        for sign in (-1, 1):
            assert not L.log_likelihood(m.theta + sign * h) > m.log_likelihood
    at = m.likelihood.layout.index("x1")
    assert m.params["x1"] == m.theta[list(L.free).index(at)]


GLM = sm.families
LINKS = [
    (mle.Bernoulli, "p", "logit", GLM.Binomial(), GLM.links.Logit()),
    (mle.Bernoulli, "p", "probit", GLM.Binomial(), GLM.links.Probit()),
    (mle.Bernoulli, "p", "cloglog", GLM.Binomial(), GLM.links.CLogLog()),
    (mle.Bernoulli, "p", "identity", GLM.Binomial(), GLM.links.Identity()),
    (mle.Poisson, "rate", "log", GLM.Poisson(), GLM.links.Log()),
    (mle.Poisson, "rate", "sqrt", GLM.Poisson(), GLM.links.Sqrt()),
    (mle.Poisson, "rate", "identity", GLM.Poisson(), GLM.links.Identity()),
]


def responses(family, n=N):
    rng = np.random.default_rng(8)
    columns = rng.uniform(0.2, 1.0, size=(n, 2))
    mean = 0.1 + columns @ [0.4, 0.3]
    if family is mle.Bernoulli:
        return columns, (rng.random(n) < mean).astype(float)
    return columns, rng.poisson(4 * mean).astype(float)


@pytest.mark.filterwarnings("ignore:The .* link function does not respect")
@pytest.mark.parametrize(("family", "parameter", "link", "peer", "its_link"), LINKS)
def test_each_link_agrees_with_statsmodels(family, parameter, link, peer, its_link):
    columns, y = responses(family)
    w = np.random.default_rng(1).integers(1, 4, N).astype(float)
    m = family.regress(y, weights=w, link=link, **{parameter: columns})
    peer.link = its_link
    r = sm.GLM(y, sm.add_constant(columns), family=peer, freq_weights=w).fit(tol=1e-13, maxiter=200)
    observed_cov = np.linalg.inv(-r.model.hessian(r.params, observed=True))
    assert m.log_likelihood == pytest.approx(r.llf, rel=1e-9)
    np.testing.assert_allclose(m.theta, r.params, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(each(m), np.sqrt(np.diag(observed_cov)), rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(m.covariance("expected"))), r.bse, rtol=1e-5)
    assert m.deviance == pytest.approx(r.deviance, rel=1e-9)
    bare = sm.GLM(y, sm.add_constant(columns), family=peer).fit(tol=1e-13, maxiter=200)
    m = family.regress(y, link=link, **{parameter: columns})
    for kind, its in (("pearson", bare.resid_pearson), ("deviance", bare.resid_deviance)):
        np.testing.assert_allclose(m.residuals(kind), its, rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore:The .* link function does not respect")
def test_the_log_link_of_a_probability_and_the_inverse_link_agree_with_statsmodels():
    columns, y = responses(mle.Bernoulli)
    D = sm.add_constant(columns)
    m = mle.Bernoulli.regress(y, p=columns, link="log")
    with np.errstate(all="ignore"):  # it overflows on its way
        r = sm.GLM(y, D, GLM.Binomial(GLM.links.Log())).fit(start_params=0.9 * m.theta, tol=1e-13)
    probability = (m, r, r.llf)
    t = RNG.exponential(1.0 + columns @ [2.0, 1.0])
    m = mle.Exponential.regress(t, rate=columns, link="inverse")  # the mean is the predictor
    r = sm.GLM(t, D, GLM.Gamma(GLM.links.Identity())).fit(scale=1.0, tol=1e-13)
    for fit, peer, height in (probability, (m, r, r.llf_scaled(1.0))):
        assert fit.log_likelihood == pytest.approx(height, rel=1e-9)
        np.testing.assert_allclose(fit.theta, peer.params, rtol=1e-5)
        curvature = -peer.model.hessian(peer.params, scale=1.0, observed=True)
        np.testing.assert_allclose(fit.cov, np.linalg.inv(curvature), rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose(
            np.sqrt(np.diag(fit.covariance("expected"))), peer.bse, rtol=1e-5
        )


def test_a_normal_with_a_log_link_for_its_mean_agrees_with_statsmodels():
    y = np.exp(ETA) + RNG.normal(size=N)
    m = mle.Normal.regress(y, mu=X, link="log")
    r = sm.GLM(y, Z, family=GLM.Gaussian(GLM.links.Log())).fit(tol=1e-14)
    np.testing.assert_allclose(m.theta[:3], r.params, rtol=1e-7)
    assert m.log_likelihood == pytest.approx(r.llf_scaled(m.params["sigma"] ** 2), rel=1e-9)


def test_a_gamma_agrees_with_statsmodels_whose_coefficients_are_of_the_mean():
    y = RNG.gamma(2.0, E / 2.0)
    m = mle.Gamma.regress(y, rate=X)
    r = sm.GLM(y, Z, family=GLM.Gamma(GLM.links.Log())).fit(tol=1e-14)
    np.testing.assert_allclose([m.params["x1"], m.params["x2"]], -r.params[1:], rtol=1e-7)
    assert m.log_likelihood == pytest.approx(r.llf_scaled(1 / m.params["shape"]), rel=1e-9)
    assert m.deviance == pytest.approx(r.deviance * m.params["shape"], rel=1e-9)


def test_a_negative_binomial_agrees_with_statsmodels():
    y = mle.NegativeBinomial(mu=2 * E, size=1.5).sample(rng=1)
    exposure = RNG.uniform(1, 2, N)
    m = mle.NegativeBinomial.regress(y, mu=X, offset={"mu": np.log(exposure)})
    r = sm.NegativeBinomial(y, Z, exposure=exposure).fit(disp=0, method="newton", maxiter=100)
    assert m.log_likelihood == pytest.approx(r.llf, rel=1e-9)
    np.testing.assert_allclose(m.theta[:3], r.params[:3], rtol=1e-6)
    np.testing.assert_allclose(each(m)[:3], r.bse[:3], rtol=1e-6)
    assert m.params["size"] == pytest.approx(1 / r.params[3], rel=1e-6)
    predicted = m.predict(X[:4], offset=np.log(exposure[:4]))
    np.testing.assert_allclose(predicted, r.predict(Z[:4], exposure=exposure[:4]), rtol=1e-6)


def test_zero_inflation_agrees_with_statsmodels():
    y = np.where(RNG.random(N) < special.expit(X[:, 0]), 0, RNG.poisson(2 * E))
    m = ZeroInflated(mle.Poisson).regress(y, rate=X, zero=X[:, 0])
    model = ZeroInflatedPoisson(y, Z, exog_infl=Z[:, :2])
    r = model.fit(disp=0, method="newton", start_params=m.theta, maxiter=50)
    assert m.names[0] == "zero_intercept"
    assert m.log_likelihood == pytest.approx(r.llf, rel=1e-9)
    np.testing.assert_allclose(m.theta, r.params, rtol=1e-5, atol=1e-8)
    # Its own standard errors are of another matrix than the curvature of its log-likelihood.
    curvature = numdiff.approx_hess(r.params, model.loglike)
    np.testing.assert_allclose(m.cov, np.linalg.inv(-curvature), rtol=1e-3, atol=1e-6)


def test_two_groups_of_proportions_agree_with_statsmodels_beta_model():
    from statsmodels.othermod.betareg import BetaModel

    group = (np.arange(N) % 2).astype(float)
    y = RNG.beta(2 + group, 3 - group)
    m = mle.Beta.regress(y, a=group, b=group)
    D = sm.add_constant(group)
    r = BetaModel(y, D, exog_precision=D).fit(disp=0, method="newton")
    assert m.log_likelihood == pytest.approx(r.llf, rel=1e-9)
    np.testing.assert_allclose(
        m.predict(a=[0.0, 1.0], b=[0.0, 1.0]), r.predict(D[:2], exog_precision=D[:2]), rtol=1e-6
    )


ROADS = [
    (mle.LogisticRegression, mle.Bernoulli, "p"),
    (mle.PoissonRegression, mle.Poisson, "rate"),
    (mle.LinearRegression, mle.Normal, "mu"),
]


@pytest.mark.parametrize(("model", "family", "parameter"), ROADS)
def test_the_fast_road_and_the_general_one_reach_the_same_numbers(model, family, parameter):
    rng = np.random.default_rng(2)
    offset, w = rng.normal(0, 0.3, N), rng.integers(1, 3, N)
    y = family(
        **{parameter: MEMBERS[family.__name__][1][parameter]},
        **({"sigma": 1.0} if family is mle.Normal else {}),
    ).sample(rng=rng)
    fast = model.fit(X, y, weights=w, offset=offset)
    slow = family.regress(y, weights=w, offset=offset, **{parameter: X})
    assert fast.names == slow.names
    np.testing.assert_allclose(fast.theta, slow.theta, rtol=1e-8, atol=1e-10)
    assert fast.log_likelihood == pytest.approx(slow.log_likelihood, rel=1e-12)
    for kind in ("observed", "expected", "sandwich"):
        np.testing.assert_allclose(
            fast.covariance(kind), slow.covariance(kind), rtol=1e-6, atol=1e-10
        )
    for method in ("lr", "wald", "score"):
        one, other = (m.test(x1=0.1, method=method).statistic for m in (fast, slow))
        assert one == pytest.approx(other, rel=1e-6)
    ends = [list(m.ci(method="lr").values()) for m in (fast, slow)]
    np.testing.assert_allclose(*ends, rtol=1e-6, atol=1e-8)
    for kind in ("quantile", "pearson", "deviance"):
        np.testing.assert_allclose(
            fast.residuals(kind, rng=0), slow.residuals(kind, rng=0), rtol=1e-6, atol=1e-8
        )
    assert fast.deviance == pytest.approx(slow.deviance, rel=1e-9)


def test_an_offset_is_a_column_whose_coefficient_is_one():
    y = RNG.poisson(E).astype(float)
    lead = RNG.normal(size=N)
    held = mle.PoissonRegression.fit(np.column_stack([X, lead]), y, fixed={"x3": 1})
    given = mle.PoissonRegression.fit(X, y, offset=lead)
    np.testing.assert_allclose(held.theta, given.theta, rtol=1e-9)
    with pytest.raises(DataError, match="give that of the new rows too"):
        given.predict(X)
    np.testing.assert_allclose(
        given.predict(X, offset=lead), np.exp(given.dist.eta()[0]), rtol=1e-12
    )
    classes = RNG.integers(0, 3, N)
    shift = np.column_stack([lead, -lead])
    m = mle.SoftmaxRegression.fit(X, classes, offset=shift)
    assert m.predict_proba(X, offset=shift).shape == (N, 3)
    with pytest.raises(DataError, match="one column for each class but the first"):
        mle.SoftmaxRegression.fit(X, classes, offset=lead)


def test_trials_may_differ_row_by_row():
    trials = RNG.integers(3, 9, N)
    k = RNG.binomial(trials, special.expit(ETA))
    m = mle.Binomial.regress(k, p=X, fixed={"n": trials})
    r = sm.GLM(np.column_stack([k, trials - k]), Z, family=GLM.Binomial()).fit(tol=1e-13)
    assert m.log_likelihood == pytest.approx(r.llf, rel=1e-9)
    np.testing.assert_allclose(each(m), r.bse, rtol=1e-6)
    assert m.deviance == pytest.approx(r.deviance, rel=1e-9)
    np.testing.assert_allclose(m.predict(X[:3], fixed={"n": 1}), r.predict(Z[:3]), rtol=1e-8)
    with pytest.raises(DataError, match="those of the new rows"):
        m.predict(X[:3])
    with pytest.raises(SupportError, match="n = 1 cannot produce"):
        mle.Binomial.regress([0, 2, 1], p=[1.0, 2.0, 4.0], fixed={"n": [1, 1, 1]})


def test_a_known_parameter_that_is_none_of_the_known_kind_may_differ_row_by_row():
    s = RNG.uniform(0.5, 2.0, N)
    y = RNG.normal(ETA, s)
    m = mle.Normal.regress(y, mu=X, fixed={"sigma": s})
    r = sm.WLS(y, Z, weights=1 / s**2).fit()
    np.testing.assert_allclose(m.theta, r.params, rtol=1e-9)
    np.testing.assert_allclose(m.cov, r.normalized_cov_params, rtol=1e-7, atol=1e-12)


def test_beetles_give_the_published_cloglog_fit():
    """Dobson (1990), table 8.4: intercept -39.57, slope 22.04, deviance 3.45."""
    beetles = mle.datasets.load("beetles")
    m = mle.Binomial.regress(
        beetles["killed"],
        p=beetles["log_dose"],
        link="cloglog",
        fixed={"n": beetles["exposed"]},
    )
    np.testing.assert_allclose(m.theta, [-39.57, 22.04], atol=0.005)
    assert m.deviance == pytest.approx(3.446, abs=5e-4)


def test_children_with_leukaemia_give_the_published_weibull_fit():
    """Venables and Ripley (2002), chapter 13: intercept 3.516 with the drug, -1.267 without, scale 0.732."""
    children = mle.datasets.load("leukaemia")
    t = observed(children["weeks"], right=children["relapsed"] == 0)
    m = mle.Weibull.regress(t, scale=1 - children["treated"])
    np.testing.assert_allclose([m.params["intercept"], m.params["x1"]], [3.516, -1.267], atol=5e-4)
    np.testing.assert_allclose([m.se["intercept"], m.se["x1"]], [0.252, 0.311], atol=5e-4)
    assert 1 / m.params["shape"] == pytest.approx(0.732, abs=5e-4)
    assert m.log_likelihood == pytest.approx(-106.6, abs=0.05)


# -- what was seen in part -------------------------------------------------------------------------


def accelerated(censored=True):
    rng = np.random.default_rng(11)
    time = np.exp(ETA) * rng.weibull(1.5, N)
    end = rng.uniform(0.5, 3.0, N) if censored else np.full(N, np.inf)
    return np.minimum(time, end), time > end


def test_censored_lifetimes_reach_the_maximum_of_the_written_out_likelihood():
    time, late = accelerated()
    m = mle.Weibull.regress(observed(time, right=late), scale=X)

    def minus(theta):
        k, scale = np.exp(theta[0]), np.exp(Z @ theta[1:])
        d = stats.weibull_min(k, scale=scale)
        return -np.where(late, d.logsf(time), d.logpdf(time)).sum()

    best = optimize.minimize(minus, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    assert m.log_likelihood == pytest.approx(-best.fun, rel=1e-9)
    np.testing.assert_allclose(m.theta[1:], best.x[1:], atol=1e-5)
    assert "right-censored" in m.notes[0]
    low, high = m.ci(method="lr")["x1"]
    for end in (low, high):
        drop = 2 * (m.log_likelihood - m.likelihood.profile("x1", end))
        assert drop == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-6)
    with pytest.raises(RegularityError, match="not known"):
        m.bootstrap(2, rng=0, parametric=True)
    assert m.bootstrap(2, rng=0).theta.shape == (2, 4)
    r = m.residuals("cox-snell")
    np.testing.assert_allclose(r, (time / m.distribution().scale) ** m.params["shape"], rtol=1e-9)


def test_intervals_of_a_normal_and_late_entry_are_their_formulas():
    y = RNG.normal(ETA, 1.0)
    low, high = np.floor(y), np.floor(y) + 1
    m = mle.Normal.regress(mle.interval(low, high), mu=X, sigma=X[:, 0])
    d = m.distribution()
    by_hand = np.log(
        stats.norm.cdf((high - d.mu) / d.sigma) - stats.norm.cdf((low - d.mu) / d.sigma)
    )
    assert m.log_likelihood == pytest.approx(by_hand.sum(), rel=1e-9)
    assert np.abs(m.likelihood.score(m.theta) * each(m)).max() < 1e-6
    assert "not known" not in m.summary()
    time, late = accelerated()
    entry = 0.2
    some = time > entry
    seen = observed(time[some], right=late[some], entry=entry)
    f = mle.Weibull.regress(seen, scale=X[some])
    d = f.distribution()
    by_hand = np.where(late[some], d.log_sf(time[some]), d.log_prob(time[some])) - d.log_sf(entry)
    assert f.log_likelihood == pytest.approx(by_hand.sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("family", "parameter"),
    [
        (Truncated(mle.Poisson, low=1), "rate"),
        (Truncated(mle.Normal, low=0), "mu"),
        (Hurdle(mle.Gamma), "rate"),
        (ZeroInflated(mle.NegativeBinomial), "mu"),
    ],
)
def test_families_made_of_families_are_fitted_at_a_maximum(family, parameter):
    rng = np.random.default_rng(4)
    y = {
        "rate": rng.poisson(2 * E).astype(float),
        "mu": rng.normal(1 + ETA, 1.0),
    }[parameter]
    if family is Hurdle(mle.Gamma):
        y = np.where(rng.random(N) < 0.3, 0.0, rng.gamma(2.0, 1 / E))
    if family is ZeroInflated(mle.NegativeBinomial):
        y = np.where(
            rng.random(N) < 0.3, 0.0, mle.NegativeBinomial(mu=6 * E, size=2.0).sample(rng=rng)
        )
    inside = family.support.contains(y)
    m = family.regress(y[inside], **{parameter: X[inside]})
    assert m.log_likelihood == pytest.approx(m.distribution().log_prob(y[inside]).sum(), rel=1e-10)
    assert np.abs(m.likelihood.score(m.theta) * each(m)).max() < 1e-5
    steps = each(m)[:, None] * rng.normal(0, 0.5, (len(m.theta), 30))
    heights = [m.likelihood.log_likelihood(m.theta + h) for h in steps.T]
    assert max(heights) < m.log_likelihood


# -- prediction, names ------------------------------------------------------------------------------


def test_names_follow_from_what_follows_from_columns():
    frame = pd.DataFrame(X, columns=["age", "dose"])
    y = RNG.gamma(2.0, E)
    assert mle.Gamma.regress(y, rate=frame).names == ("shape", "intercept", "age", "dose")
    both = mle.Gamma.regress(y, rate=frame, shape=X[:, 0])
    assert both.names == ("shape_intercept", "shape_x1", "rate_intercept", "rate_age", "rate_dose")
    turned = frame[["dose", "age"]]
    one = mle.Gamma.regress(y, rate=frame)
    np.testing.assert_allclose(one.predict(turned), one.predict(frame), rtol=1e-14)
    np.testing.assert_allclose(one.predict(frame), one.distribution(frame).mean, rtol=1e-14)
    lone = mle.Gamma.regress(y, link={"rate": "log"})
    assert lone.names == ("shape", "intercept")
    assert lone.log_likelihood == pytest.approx(mle.Gamma.fit(y).log_likelihood, rel=1e-12)
    without = mle.Gamma.regress(y, rate=frame, intercept=False, fixed={"shape": 2.0, "age": 0.1})
    assert without.names == ("dose",)
    assert without.params["shape"] == 2.0


def test_sparse_columns_are_laid_out_in_full():
    y, table = RNG.poisson(E).astype(float), sparse.csr_array(np.where(X > 0, X, 0.0))
    for fit in (mle.Poisson.regress(y, rate=table), mle.PoissonRegression.fit(table, y)):
        whole = mle.PoissonRegression.fit(table.toarray(), y)
        np.testing.assert_allclose(fit.theta, whole.theta, rtol=1e-9)
        np.testing.assert_allclose(fit.predict(table), whole.predict(table.toarray()), rtol=1e-9)
    with pytest.raises(DataError, match="do not fit in memory"):
        mle.Poisson.regress([1.0] * 10, rate=sparse.csr_array((10, 10**9)))


def test_predictions_have_the_intervals_of_statsmodels():
    y = RNG.poisson(E).astype(float)
    m = mle.Poisson.regress(y, rate=X)
    r = sm.GLM(y, Z, family=GLM.Poisson()).fit(tol=1e-14).get_prediction(Z[:5])
    estimate, se, (low, high) = m.predict(X[:5], level=0.95)
    np.testing.assert_allclose(estimate, r.predicted_mean, rtol=1e-8)
    np.testing.assert_allclose(se, r.se_mean, rtol=1e-6)
    np.testing.assert_allclose(np.column_stack([low, high]), r.conf_int(), rtol=1e-6)
    eta = m.predict(X[:5], "linear")
    np.testing.assert_allclose(np.exp(eta), estimate, rtol=1e-12)


def test_clusters_agree_with_statsmodels_and_singletons_are_the_sandwich():
    y = RNG.poisson(E).astype(float)
    groups = np.arange(N) % 20
    m = mle.Poisson.regress(y, rate=X)
    r = sm.GEE(y, Z, groups=groups, family=GLM.Poisson(), cov_struct=sm.cov_struct.Independence())
    fitted = r.fit(ctol=1e-12, maxiter=200)
    np.testing.assert_allclose(
        m.covariance("sandwich", clusters=groups), fitted.cov_robust, rtol=1e-5, atol=1e-9
    )
    fast = mle.PoissonRegression.fit(X, y).covariance("sandwich", clusters=groups)
    np.testing.assert_allclose(fast, fitted.cov_robust, rtol=1e-5, atol=1e-9)
    alone = m.covariance("sandwich", clusters=np.arange(N))
    np.testing.assert_allclose(alone, m.covariance("sandwich"), rtol=1e-12)
    with pytest.raises(DataError, match="clusters belong to the sandwich"):
        m.covariance("observed", clusters=groups)


def test_fits_pickle_and_show_what_they_are():
    y = RNG.poisson(E).astype(float)
    m = mle.NegativeBinomial.regress(y, mu=X, fixed={"size": 3})
    again = pickle.loads(pickle.dumps(m))
    assert again.summary() == m.summary()
    assert m.summary().startswith("NegativeBinomial regression fitted to n = 250")
    assert np.array_equal(again.predict(X), m.predict(X))
    assert m.bootstrap(4, rng=0, parametric=True).theta.shape == (4, 3)


def test_columns_far_from_zero_cost_no_digits():
    y = mle.NegativeBinomial(mu=2 * E, size=1.5).sample(rng=2)
    near = mle.NegativeBinomial.regress(y, mu=X)
    far = mle.NegativeBinomial.regress(y, mu=1e6 + X)
    for name in ("x1", "x2", "size"):
        assert far.params[name] == pytest.approx(near.params[name], rel=1e-7)
        assert far.se[name] == pytest.approx(near.se[name], rel=1e-6)
        one, two = (m.test({name: 0.5}).statistic for m in (near, far))
        assert one == pytest.approx(two, rel=1e-5)


# -- where there is no maximum ---------------------------------------------------------------------


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_separated_rows_are_refused_with_the_direction(link):
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    y = (x > 3.5) * 1.0
    with pytest.raises(SeparationError, match="along the direction") as refused:
        mle.Bernoulli.regress(y, p=x, link=link)
    margin = np.column_stack([np.ones(6), x]) @ refused.value.direction
    assert (margin * (2 * y - 1) >= 0).all()


def test_counts_that_are_zero_on_one_side_are_refused():
    group = np.repeat([0.0, 1.0], 20)
    y = np.where(group > 0, 0.0, np.repeat([0.0, 1.0, 2.0, 9.0], 10))
    for family, name in ((mle.Poisson, "rate"), (mle.NegativeBinomial, "mu")):
        with pytest.raises(SeparationError, match="x1"):
            family.regress(y, **{name: group})


def test_one_group_without_zeros_is_refused_whatever_else_follows_from_columns():
    group = np.repeat([0.0, 1.0], 16)
    y = np.tile([1.0, 2.0, 3.0, 5.0], 8)
    y[16::3] = 0.0
    with pytest.raises(SeparationError, match="zero_x1") as refused:
        Hurdle(mle.Poisson).regress(y, rate=RNG.normal(size=32), zero=group)
    assert sorted(refused.value.direction) == pytest.approx([-1.0, 0.0, 0.0, 1.0])


def test_a_parameter_that_grows_without_end_in_one_group_is_refused():
    # Group 1 varies less than a Poisson, so its size has no estimate.
    group = np.repeat([0.0, 1.0], 20)
    y = np.where(group == 1, np.tile([1.0, 3.0, 4.0, 6.0], 10), np.tile([0.0, 1.0, 4.0, 30.0], 10))
    with pytest.raises(NoMLEError, match=r"size grows in 20 of 40 rows.* size_x1"):
        mle.NegativeBinomial.regress(y, mu=group, size=group)
    # The other group alone has one.
    assert mle.NegativeBinomial.regress(y[:20], mu=None, size=None, link={"mu": "log"}).converged


def test_a_direction_names_only_the_coefficients_that_run():
    t, group = np.tile([0.3, 0.8, 1.7, 1.1], 5), np.repeat([0.0, 1.0], 10)
    y = observed(t, right=group == 1)
    with pytest.raises(SeparationError, match=r"the direction \+1 x1;") as refused:
        mle.Weibull.regress(y, scale=group)
    assert refused.value.direction == pytest.approx([0.0, 0.0, 1.0])
    with pytest.raises(SeparationError, match=r"the direction \+1 (scale|shape)_x1;"):
        mle.Weibull.regress(y, scale=group, shape=group)


@pytest.mark.parametrize(
    ("family", "name"),
    [("Weibull", "scale"), ("Gamma", "rate"), ("LogLogistic", "scale"), ("Logistic", "loc")],
)
def test_bounds_on_one_side_alone_hold_nothing(family, name):
    t, x = np.arange(1.0, 9.0), np.array([0.1, -1.0, 0.5, 2.0, 0.3, -0.7, 1.2, 0.4])
    with pytest.raises(NoMLEError, match="every value is right-censored"):
        getattr(mle, family).regress(observed(t, right=np.ones(8, bool)), **{name: x})


@pytest.mark.parametrize("seed", range(12))
def test_strong_effects_on_two_parameters_have_an_estimate(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=60)
    y = np.where(rng.random(60) < special.expit(4.0 * x), 0, 1 + rng.poisson(np.exp(x)))
    m = Hurdle(mle.Poisson).regress(y, rate=x, zero=x)
    assert m.params["zero_x1"] == pytest.approx(
        mle.Bernoulli.regress(y == 0, p=x).params["x1"], rel=1e-6
    )


def test_errors_beside_a_held_coefficient_are_those_beside_an_offset():
    x = 10.0 + X[:, 0]
    held = mle.Gamma.regress(GOOD, rate=np.column_stack([x, X[:, 1]]), fixed={"x1": -0.1})
    shifted = mle.Gamma.regress(GOOD, rate=X[:, 1], offset=-0.1 * x)
    np.testing.assert_allclose(held.covariance(), shifted.covariance(), rtol=1e-9, atol=1e-15)


def test_counts_that_vary_as_a_poissons_have_their_limit():
    y = RNG.binomial(10, special.expit(ETA)).astype(float)
    with pytest.raises(NoMLEError, match="becomes a Poisson") as refused:
        mle.NegativeBinomial.regress(y, mu=X)
    limit = refused.value.limit
    np.testing.assert_allclose(limit.theta, mle.Poisson.regress(y, rate=X).theta, rtol=1e-9)


def test_no_more_zeros_than_a_poisson_has_are_a_boundary():
    y = RNG.binomial(6, special.expit(ETA)).astype(float)
    m = ZeroInflated(mle.Poisson).regress(y, rate=X)
    assert m.params["zero"] == 0.0
    assert "boundary" in m.notes[0]
    assert m.log_likelihood == pytest.approx(
        mle.Poisson.regress(y, rate=X).log_likelihood, rel=1e-9
    )
    with pytest.raises(RegularityError, match="zero of ZeroInflated"):
        _ = m.se


def test_an_exact_fit_has_no_sigma():
    with pytest.raises(NoMLEError, match="sigma falls to 0"):
        mle.Normal.regress([0.0, 1.0, 2.0, 3.0], mu=[0.0, 1.0, 2.0, 3.0])


GOOD = RNG.gamma(2.0, E)
TRIALS = mle.Binomial.regress([1, 2] * 125, p=X, fixed={"n": 3})
WRONG = [
    (lambda: mle.Gamma.regress(GOOD), "say which parameter follows from what"),
    (lambda: mle.Gamma.regress(GOOD, X), "by its name"),
    (lambda: mle.Gamma.regress(GOOD, scale=X), "no parameter 'scale' to follow"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, link="lgo"), "link of rate must be one of"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, link={"scale": "log"}), "link is given for 'scale'"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, shape=X, offset=GOOD), "which parameter the offset"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, offset=GOOD[:3]), "offset of rate must have one"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, fixed={"rate": 1}), "leave out one of the two"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, fixed={"shape": -1}), "must be finite and > 0"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, fixed={"shape": [1.0, 2.0]}), "one for each of the 250"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, fixed={"x9": 1}), "no parameter 'x9'"),
    (lambda: mle.Gamma.regress(GOOD[:9], rate=X), "y must have one value for each of the 250"),
    (lambda: mle.Gamma.regress(np.where(GOOD > 1, 0, GOOD), rate=X), r"Hurdle\(Gamma\)"),
    (lambda: mle.Beta.regress(np.where(GOOD > 1, 1.0, 0.5), a=X), "perhaps rounded"),
    (lambda: mle.Gamma.regress(np.where(GOOD > 1, np.nan, GOOD), rate=X), "y holds"),
    (lambda: mle.Poisson.regress(GOOD, rate=X), r"Poisson needs whole numbers.*y\[0\]"),
    (lambda: mle.Gamma.regress(GOOD, rate=np.column_stack([X, X[:, 0]])), "collinear"),
    (lambda: mle.Gamma.regress(GOOD, rate=np.ones(N)), "drop it"),
    (lambda: mle.Binomial.regress([1] * N, p=X), "needs a known n"),
    (lambda: mle.Categorical.regress([0, 1], probs=[0.0, 1.0]), "SoftmaxRegression is for classes"),
    (lambda: mle.Gamma.regress(GOOD, rate=pd.DataFrame({"a": ["u", "v"] * 125})), "get_dummies"),
    (lambda: mle.Gamma.regress(GOOD, rate=pd.DataFrame({"shape": GOOD})), "called 'shape'"),
    (lambda: mle.Gamma.regress(pd.Series(GOOD), rate=pd.DataFrame(X, index=np.arange(N) + 1)), "labels"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, weights=-GOOD), "must not be negative"),
    (lambda: mle.Gamma.regress(GOOD, rate=X).predict(X[:, 0]), r"must have the 2 column\(s\)"),
    (lambda: mle.Gamma.regress(GOOD, rate=X).predict(shape=X), "shape follows from no columns"),
    (lambda: mle.Gamma.regress(GOOD, rate=X).predict(X, "mean"), "kind must be"),
    (lambda: mle.Poisson.regress(GOOD, rate=X, exposure=GOOD), r"offset=np\.log\(exposure\)"),
    (lambda: mle.Weibull.regress(GOOD, scale=X, right=GOOD > 1), r"no right=.*observed\(y, right=mask\)"),
    (lambda: mle.Binomial.regress([1] * N, p=X, n=20), r"n of Binomial is known.* fixed=\{'n': n\}"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, data=X), r"without a formula: rate=df\["),
    (lambda: mle.Gamma.regress(GOOD, X=X), "which parameter follows from them: rate=X"),
    (lambda: mle.Gamma.regress(GOOD, rate=["age", "dose"]), r"give the columns, df\[\['age', 'dose'\]\]"),
    (lambda: mle.Gamma.regress(GOOD, rate="age"), r"df\['age'\]"),
    (lambda: mle.Gamma.regress(GOOD, rate="y ~ age"), "formulas are"),
    (lambda: mle.Gamma.regress(GOOD, rate=X).predict(2.0), r"rate must have one row .* \[2\.0\]"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, offset=GOOD).predict(X, offset=0.0), "offset must have one row"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, link=["log"]), r"link of rate must be .* got \['log'\]"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, fixed={"x1": GOOD}), r"fixed x1 must be one number, got shape \(250,\)"),
    (lambda: mle.Gamma.regress(GOOD, rate=X, fixed=1), "fixed must be a dict"),
    (lambda: TRIALS.predict(X[:2], fixed={"n": 3, "m": 3}), "m is nothing that this fit was given"),
    (lambda: TRIALS.predict(X[0]), r"got 1, and 2 rows: a single row is a list in a list"),
    (lambda: TRIALS.predict(pd.DataFrame({"x2": [0.0], "z": 1.0, "x1": 2.0})), r"got x2, z, x1: give X\[\['x1', 'x2'\]\]"),
    (lambda: TRIALS.covariance("sandwich", clusters=[[1], [2, 3]] * 125), "clusters must hold numbers or words"),
    (lambda: mle.Gamma.regress(GOOD[:, None], rate=X), r"of one column give numpy\.ravel\(y\)"),
    (lambda: mle.Beta.regress(np.where(GOOD > 1, 1.0, np.where(GOOD > 0.5, 0.0, 0.5)), a=X), "0 and at 1 were perhaps rounded"),
    (lambda: TRIALS.predict(X[:2], fixed=20), "fixed must be a dict"),
    (lambda: TRIALS.predict(X[:2], fixed={"n": [1, 2, 3]}), "one for each of the 2 new rows"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "says"), WRONG)
def test_what_is_wrong_is_said(call, says):
    with pytest.raises(DataError, match=says):
        call()


def test_corners_are_refused():
    with pytest.raises(RegularityError, match="corner or an end in loc"):
        mle.Laplace.regress(GOOD, loc=X)
    m = mle.Laplace.regress(GOOD, scale=X, fixed={"loc": 0})
    assert m.names == ("intercept", "x1", "x2")


# -- priors ------------------------------------------------------------------------------------------


def test_normal_priors_are_the_ridge_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression, Ridge

    y = (RNG.random(N) < special.expit(ETA)).astype(float)
    prior = {"x1": mle.Normal(0, 0.5), "x2": mle.Normal(0, 0.5)}
    fast = mle.LogisticRegression.fit(X, y, prior=prior)
    r = LogisticRegression(C=0.25, tol=1e-12, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(fast.theta, [*r.intercept_, *r.coef_[0]], atol=1e-6)
    slow = mle.Bernoulli.regress(y, p=X, prior=prior)
    np.testing.assert_allclose(fast.theta, slow.theta, rtol=1e-10)
    np.testing.assert_allclose(fast.cov, slow.cov, rtol=1e-8)
    everything = mle.LogisticRegression.fit(X, y, prior={"intercept": mle.Normal(0, 0.5), **prior})
    r = LogisticRegression(C=0.25, tol=1e-12, max_iter=10_000, fit_intercept=False).fit(Z, y)
    np.testing.assert_allclose(everything.theta, r.coef_[0], atol=1e-6)
    line = mle.LinearRegression.fit(X, ETA + y, prior=prior, fixed={"sigma": 1.0})
    r = Ridge(alpha=4).fit(X, ETA + y)
    np.testing.assert_allclose(line.theta, [r.intercept_, *r.coef_], rtol=1e-9)


@pytest.mark.parametrize(
    "prior", [mle.Gamma(2.0, 4.0), mle.LogNormal(0.0, 1.0), mle.HalfNormal(1.0)]
)
def test_a_prior_that_leaves_out_zero_has_its_mode(prior):
    x = 5.0 + X[:, 0]
    y = (RNG.random(N) < special.expit(ETA)).astype(float)
    one = mle.Bernoulli.regress(y, p=x, prior={"x1": prior})
    two = mle.LogisticRegression.fit(x, y, prior={"x1": prior})

    def below(b):
        eta = b[0] + b[1] * X[:, 0]
        return np.logaddexp(0.0, eta).sum() - y @ eta - prior.log_prob(abs(b[1]))

    top = optimize.minimize(below, [0.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x  # fmt: skip
    np.testing.assert_allclose(one.theta, [top[0] - 5.0 * top[1], top[1]], rtol=1e-5)
    np.testing.assert_allclose(two.theta, one.theta, rtol=1e-7)


def test_a_mode_at_the_end_of_a_prior_is_told():
    y = (RNG.random(40) < special.expit(-X[:40, 0])).astype(float)
    with pytest.raises(mle.ConvergenceError, match="where the prior ends, x1 at 0"):
        mle.Bernoulli.regress(y, p=X[:40, 0], prior={"x1": mle.Exponential(1.0)})


def test_a_mode_says_so_and_its_intervals_follow_the_penalised_curve():
    y = RNG.poisson(3, N).astype(float)
    m = mle.NegativeBinomial.regress(y, mu=X, prior={"size": mle.Gamma(2, 0.1)})
    assert m.penalised
    assert "mode" in m.summary()
    assert m.log_likelihood == pytest.approx(m.distribution().log_prob(y).sum(), rel=1e-12)
    with pytest.raises(RegularityError, match="priors have moved"):
        _ = m.aic
    low, high = m.ci(method="lr")["size"]
    top = m.likelihood.log_likelihood(m.theta)
    for end in (low, high):
        drop = 2 * (top - m.likelihood.profile("size", end))
        assert drop == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-5)
    with pytest.raises(DataError, match="either known or estimated"):
        mle.NegativeBinomial.regress(y, mu=X, fixed={"size": 2}, prior={"size": mle.Gamma(2, 0.1)})
    with pytest.raises(DataError, match="no free parameter named 'x9'"):
        mle.Poisson.regress(y, rate=X, prior={"x9": mle.Normal(0, 1)})
    with pytest.raises(DataError, match="coefficients of one predictor"):
        mle.NegativeBinomial.regress(y, mu=X, prior="jeffreys")


def test_jeffreys_prior_cures_separation_as_firth_showed():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    y, D = (x > 3.5) * 1.0, np.column_stack([np.ones(6), x])

    def minus(b):
        p = special.expit(D @ b)
        half = 0.5 * np.linalg.slogdet(D.T @ (D * (p * (1 - p))[:, None]))[1]
        return -(special.xlogy(y, p) + special.xlog1py(1 - y, -p)).sum() - half

    best = optimize.minimize(minus, [-4.0, 1.0], method="BFGS", options={"gtol": 1e-8})
    fast = mle.LogisticRegression.fit(x, y, prior="jeffreys")
    slow = mle.Bernoulli.regress(y, p=x, prior="jeffreys")
    for m in (fast, slow):
        np.testing.assert_allclose(m.theta, best.x, atol=1e-5)
    probit = mle.Bernoulli.regress(y, p=x, link="probit", prior="jeffreys")
    assert np.isfinite(probit.theta).all()
    low, high = fast.ci(method="lr")["x1"]
    assert 0 < low < fast.params["x1"] < high


# -- what every fit offers -----------------------------------------------------------------------------


def test_regressions_are_compared_and_tested_under_their_names():
    y = mle.NegativeBinomial(mu=2 * E, size=1.5).sample(rng=3)
    large, small = (mle.NegativeBinomial.regress(y, mu=c) for c in (X, X[:, :1]))
    poisson = mle.Poisson.regress(y, rate=X)
    table = mle.compare([large, poisson])
    assert table.best is large
    assert [row.name for row in table] == [
        "NegativeBinomial regression of mu",
        "Poisson regression",
    ]
    r = mle.lr_test(small, large)
    assert r.statistic == pytest.approx(2 * (large.log_likelihood - small.log_likelihood))
    assert r.statistic == pytest.approx(large.test(x2=0).statistic, rel=1e-6)
    constant = mle.NegativeBinomial.regress(y, mu=X, size=X[:, 0])
    assert mle.lr_test(large, constant).df == 1
    for null in (poisson, mle.NegativeBinomial.regress(y, mu=X, link="sqrt")):
        with pytest.raises(DataError, match=r"not nested|is not known here"):
            mle.lr_test(null, constant)
    zeros = np.where(np.arange(N) % 3, y, 0.0)
    without = ZeroInflated(mle.Poisson).regress(zeros, rate=X, fixed={"zero": 0})
    with pytest.raises(RegularityError, match="boundary"):
        mle.lr_test(without, ZeroInflated(mle.Poisson).regress(zeros, rate=X))


def test_tables_say_which_parameter_follows_and_by_which_link():
    few = pd.DataFrame(X[:30], columns=["age", "dose"])
    y = RNG.poisson(E[:30]) + 1.0
    m = mle.Normal.regress(y, mu=few, sigma=few["age"], offset={"mu": y / 9})
    assert m.equations == ["mu = offset + intercept + age + dose", "log(sigma) = intercept + age"]
    assert m.summary().split("\n")[1:3] == m.equations
    assert "AIC" in m._repr_html_().split("<br>")[0]
    assert "<br>log(sigma) = intercept + age</caption>" in m._repr_html_()
    probit, logit = (mle.Bernoulli.regress(y > 2, p=few, link=g) for g in ("probit", None))
    names = {row.name for row in mle.compare([probit, logit])}
    assert names == {"Bernoulli regression of probit(p)", "Bernoulli regression"}
    assert mle.Zipf.regress(y, exponent=None).equations == ["log(exponent - 1) = intercept"]
    wide = mle.Poisson.regress(y, rate=RNG.normal(size=(30, 9)), intercept=False)
    assert wide.equations == ["log(rate) = x1 + ... + x9"]


def test_the_simulated_law_of_a_likelihood_ratio_is_near_the_chi_square():
    y = RNG.poisson(np.exp(0.2 + 0.4 * X[:60, 0])).astype(float)
    for m in (mle.PoissonRegression.fit(X[:60], y), mle.Poisson.regress(y, rate=X[:60])):
        simulated = m.test(x2=0, method="bootstrap", replicates=19, rng=1)
        assert simulated.replicates == 19
        assert abs(simulated.p_value - m.test(x2=0).p_value) < 4 * simulated.error


def test_a_picture_shows_the_residuals():
    y = mle.NegativeBinomial(mu=2 * E, size=1.5).sample(rng=3)
    for m in (mle.NegativeBinomial.regress(y, mu=X), mle.PoissonRegression.fit(X, y)):
        left, right = m.plot()
        assert "residuals" in mle.plotting.describe(left)
        assert "standard Normal quantile" in mle.plotting.describe(right)


# -- whether two fits have seen the same data ----------------------------------------------------------

FEW = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0]
SEEN, OTHER = [1, 3, 2, 5, 4, 6], [9, 1, 7, 0, 2, 8]


def test_fits_of_different_responses_are_not_compared():
    one, two = (mle.Poisson.regress(y, rate=FEW) for y in (OTHER, SEEN))
    level = mle.Poisson.regress(OTHER, rate=None)
    censored = [mle.Exponential.regress(observed(FEW, right=m), rate=SEEN) for m in CENSORED]
    for pair in ((one, two), censored):
        with pytest.raises(DataError, match="different data"):
            mle.compare(pair)
    with pytest.raises(DataError, match="different data"):
        mle.lr_test(level, two)


CENSORED = np.array([[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0]], dtype=bool)


def test_the_same_responses_are_known_again_in_other_models():
    general, fast = mle.Poisson.regress(SEEN, rate=FEW), mle.PoissonRegression.fit(FEW, SEEN)
    assert mle.compare([general, fast])[1].delta == pytest.approx(0.0, abs=1e-9)
    alike = mle.Poisson.fit(SEEN)
    result = mle.lr_test(alike, general)
    assert result.df == 1
    assert result.statistic == pytest.approx(general.test(x1=0).statistic, rel=1e-9)
    assert mle.lr_test(mle.Poisson.regress(SEEN, rate=None), general).p_value == result.p_value


def test_densities_are_not_set_beside_probabilities():
    fits = [mle.Normal.regress(SEEN, mu=FEW), mle.Poisson.regress(SEEN, rate=FEW)]
    fast = [mle.LinearRegression.fit(FEW, SEEN), mle.PoissonRegression.fit(FEW, SEEN)]
    for pair in (fits, fast, [mle.Normal.fit(SEEN), fast[1]]):
        with pytest.raises(DataError, match="densities and probabilities"):
            mle.compare(pair)


def test_a_fit_that_is_not_within_a_regression_is_told_what_to_test():
    y = np.asarray(SEEN, dtype=float)
    with pytest.raises(DataError, match="is not known here: fit the larger model"):
        mle.lr_test(mle.Exponential.regress(y, rate=None), mle.Weibull.regress(y, scale=FEW))
    with pytest.raises(DataError, match="not nested"):
        mle.lr_test(mle.Poisson.fit(SEEN), mle.PoissonRegression.fit(FEW, SEEN))
    with pytest.raises(DataError, match="not nested"):
        mle.lr_test(mle.Exponential.fit(y), mle.Gamma.regress(y, rate=FEW))
