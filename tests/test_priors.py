"""Priors on parameters of families: conjugate modes, the curve that inference takes, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy

import mlecore as mle
from mlecore import ConvergenceError, DataError, RegularityError, observed
from mlecore.priors import _log_density

x = mle.Normal(3.0, 2.0).sample(20, rng=1)
k = np.array([2, 0, 3, 1, 5, 2, 2])


def test_conjugate_modes_are_those_of_the_book_of_formulas():
    # Gelman et al. (2013), chapter 2: Beta(a + k, b + n - k), Gamma(a + sum, b + n), precisions that add.
    bernoulli = mle.Bernoulli.fit([0, 0, 1, 1, 1, 0, 1], prior={"p": mle.Beta(2, 3)})
    assert bernoulli.params["p"] == pytest.approx(5 / 10, abs=1e-10)
    assert bernoulli.penalised
    poisson = mle.Poisson.fit(k, prior={"rate": mle.Gamma(3.0, 2.0)})
    assert poisson.params["rate"] == pytest.approx((k.sum() + 2) / (7 + 2), rel=1e-10)
    normal = mle.Normal.fit(x, fixed={"sigma": 2.0}, prior={"mu": mle.Normal(0.0, 1.0)})
    assert normal.params["mu"] == pytest.approx(x.sum() / 4 / (20 / 4 + 1), rel=1e-10)
    assert normal.se["mu"] == pytest.approx((20 / 4 + 1) ** -0.5, rel=1e-7)
    rate = mle.Exponential.fit(
        observed([1.0, 2.0, 4.0], right=[False, True, False]), prior={"rate": mle.Gamma(3.0, 2.0)}
    )
    assert rate.params["rate"] == pytest.approx((2 + 2) / (7 + 2), rel=1e-10)


def test_a_mode_of_two_parameters_is_the_top_of_the_product_by_another_search():
    prior = {"shape": mle.LogNormal(0.0, 0.5), "rate": mle.Gamma(2.0, 1.0)}
    y = np.abs(x)
    f = mle.Gamma.fit(y, prior=prior)

    def minus(u):
        d = mle.Gamma(*np.exp(u))
        return -d.log_prob(y).sum() - sum(p.log_prob(d.params[n]) for n, p in prior.items())

    peer = scipy.optimize.minimize(minus, [0.0, 0.0], method="Nelder-Mead", tol=1e-12)
    np.testing.assert_allclose(f.theta, np.exp(peer.x), rtol=1e-6)
    assert f.log_likelihood == pytest.approx(f.dist.log_prob(y).sum())
    assert f.log_likelihood < mle.Gamma.fit(y).log_likelihood


@pytest.mark.parametrize(
    ("dist", "prior"),
    [
        (mle.StudentT(4.0, 0.0, 1.0), {"loc": mle.Normal(1.0, 0.05)}),
        (mle.Cauchy(0.0, 1.0), {"loc": mle.Normal(1.0, 0.05)}),
        (mle.SkewNormal(1.0, 2.0, 3.0), {"shape": mle.Normal(0.0, 4.0)}),
    ],
)
def test_the_prior_moves_families_that_tell_all_in_one_pass(dist, prior):
    y = dist.sample(100, rng=4)
    plain, f = type(dist).fit(y), type(dist).fit(y, prior=prior)
    ((name, d),) = prior.items()
    mode, before, middle = f.params[name], plain.params[name], float(d.mean)
    assert min(before, middle) < mode < max(before, middle)
    i = f.names.index(name)
    slope = plain.likelihood.score(f.theta)
    slope[i] += (middle - mode) / float(d.var)
    assert np.abs(slope).max() < 1e-6


def test_intervals_and_tests_take_the_curve_of_the_product():
    f = mle.Poisson.fit(k, prior={"rate": mle.Gamma(3.0, 2.0)})
    top, scale = f.params["rate"], 9.0
    # The product is proportional to rate^17 exp(-9 rate).
    drop = {r: 17 * np.log(r / top) - scale * (r - top) for r in f.ci(method="lr")["rate"]}
    assert list(drop.values()) == pytest.approx([-1.920729] * 2, abs=1e-5)
    assert f.se["rate"] == pytest.approx(np.sqrt(17) / 9, rel=1e-7)
    t = f.test(rate=1.0)
    assert t.statistic == pytest.approx(2 * (17 * np.log(top) - scale * (top - 1)), rel=1e-8)
    slope = 17 / 1.0 - scale
    assert f.test(rate=1.0, method="score").statistic == pytest.approx(
        slope**2 / (7 / 1.0 + 2 / 1.0**2), rel=1e-6
    )


def test_a_prior_may_give_a_mode_where_the_likelihood_has_none():
    f = mle.Normal.fit([2.0, 2.0, 2.0], prior={"sigma": mle.InverseGamma(2.0, 1.0)})
    # -3 log s of the data, -3 log s - 1 / s of the prior.
    assert f.params["sigma"] == pytest.approx(1 / 6, rel=1e-9)
    zeros = mle.Bernoulli.fit([0] * 7, prior={"p": mle.Beta(2, 2)})
    assert zeros.params["p"] == pytest.approx(1 / 9, rel=1e-9)
    assert zeros.ci()["p"][1] > 1 / 9
    with pytest.raises(ConvergenceError):
        mle.Bernoulli.fit([0, 0], prior={"p": mle.Beta(0.5, 0.5)})


def test_a_batch_and_its_bootstrap_and_its_test_of_fit_keep_the_prior():
    prior = {"rate": mle.Gamma(3.0, 2.0)}
    X = np.stack([k, k + 1])
    f = mle.Poisson.fit(X, axis=1, prior=prior)
    np.testing.assert_allclose(f.params["rate"], (X.sum(axis=1) + 2) / 9, rtol=1e-10)
    again = mle.Poisson.fit([0, 0], prior=prior).bootstrap(20, rng=0)
    np.testing.assert_allclose(again.params["rate"], 2 / 4, rtol=1e-9)
    many = mle.Poisson(3.0).sample(80, rng=2)
    g = mle.Poisson.fit(many, prior=prior).goodness(replicates=19, rng=0)
    assert g.lost == 0
    copy = pickle.loads(pickle.dumps(mle.Poisson.fit(k, prior=prior)))
    assert copy.penalised
    assert "mode" in copy.summary()
    assert "AIC" not in copy.summary()


@pytest.mark.parametrize(
    ("d", "at"),
    [
        (mle.Beta(2.0, 3.0), np.array([1e-6, 0.2, 0.999])),
        (mle.Gamma(3.0, 2.0), np.array([1e-8, 1.0, 40.0])),
        (mle.Normal(1.0, 1e-3), np.array([0.9, 1.0, 1.002])),
    ],
)
def test_differences_of_a_log_density_are_its_derivatives(d, at):
    first, second = {
        "Beta": lambda: (1 / at - 2 / (1 - at), -1 / at**2 - 2 / (1 - at) ** 2),
        "Gamma": lambda: (2 / at - 2.0, -2 / at**2),
        "Normal": lambda: (-(at - 1.0) / 1e-6, np.full(3, -1e6)),
    }[type(d).__name__]()
    width = d.ppf(0.75) - d.ppf(0.25)
    np.testing.assert_allclose(_log_density(d, at, 1, width), first, rtol=1e-8, atol=1e-6)
    np.testing.assert_allclose(_log_density(d, at, 2, width), second, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mle.Poisson.fit(k, prior={"rate": mle.Gamma(2, 1)}).aic, RegularityError, "AIC"),
        (lambda: mle.Poisson.fit(k, prior={"rate": mle.Gamma(2, 1)}).bic, RegularityError, "BIC"),
        *(
            (
                lambda m=m: mle.Poisson.fit(k, prior={"rate": mle.Gamma(2, 1)}).ci(method=m),
                RegularityError,
                f"an interval by {m!r}",
            )
            for m in ("exact", "rstar")
        ),
        (
            lambda: mle.Poisson.fit(k, prior={"rate": mle.Gamma(2, 1)}).test(
                rate=1, method="bootstrap", replicates=9
            ),
            RegularityError,
            "does not know of priors",
        ),
        (
            lambda: mle.lr_test(
                mle.Exponential.fit(abs(x)), mle.Gamma.fit(abs(x), prior={"rate": mle.Gamma(2, 1)})
            ),
            RegularityError,
            "priors have moved",
        ),
        (lambda: mle.Poisson.fit(k, prior={"rate": 3}), DataError, "must be a distribution"),
        (lambda: mle.Poisson.fit(k, prior=mle.Gamma(2, 1)), DataError, "by the names"),
        (lambda: mle.Poisson.fit(k, prior={"mu": mle.Gamma(2, 1)}), DataError, "there are rate"),
        (lambda: mle.Poisson.fit(k, prior={"rate": mle.Poisson(2)}), DataError, "continuous"),
        (
            lambda: mle.Normal.fit(x, fixed={"mu": 0}, prior={"mu": mle.Normal(0, 1)}),
            DataError,
            "mu is fixed, and has a prior",
        ),
        (
            lambda: mle.Uniform.fit(x, prior={"high": mle.Normal(0, 1)}),
            RegularityError,
            "hold such parameters fixed",
        ),
        (
            lambda: mle.Gamma.fit(abs(x), method="moments", prior={"rate": mle.Gamma(1, 1)}),
            DataError,
            "method must be 'mle'",
        ),
        (
            lambda: mle.PoissonRegression.fit(k, k, prior={"x9": mle.Normal(0, 1)}),
            DataError,
            "no free parameter named 'x9'",
        ),
        (
            lambda: mle.Mixture(mle.Normal, 2).fit(x, prior={"mu1": mle.Normal(0, 1)}),
            DataError,
            "a mixture takes no priors",
        ),
    ],
)
def test_what_a_prior_cannot_do_is_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("family", "prior"),
    [
        (mle.Truncated(mle.Poisson, low=1), {"rate": mle.Gamma(3, 1)}),
        (mle.ZeroInflated(mle.Poisson), {"zero": mle.Beta(2, 2), "rate": mle.Gamma(20, 4)}),
        (mle.ZeroInflated(mle.Poisson), {"rate": mle.Gamma(20, 4)}),
        (mle.Hurdle(mle.Poisson), {"zero": mle.Beta(2, 8)}),
        (mle.Hurdle(mle.Gamma), {"zero": mle.Beta(2, 2), "shape": mle.Gamma(20, 4)}),
    ],
    ids=repr,
)
def test_families_made_of_families_go_to_the_top_of_likelihood_times_priors(family, prior):
    rng = np.random.default_rng(8)
    x = np.where(rng.random(60) < 0.3, 0.0, rng.poisson(2.0, 60) + 1.0)
    x = x[x > 0] if family.support.low == 1 else x
    f, likelihood = family.fit(x, prior=prior), mle.Likelihood(family, x)

    def height(theta):
        own = [d.log_prob(theta[f.names.index(name)]) for name, d in prior.items()]
        value = likelihood.log_likelihood(theta) + np.sum(own)
        return value if np.isfinite(value) else -1e9

    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2000}
    found = scipy.optimize.minimize(
        lambda theta: -height(theta), f.theta + 0.01, method="Nelder-Mead", options=options
    )
    assert height(f.theta) == pytest.approx(-found.fun, abs=1e-8)
    assert f.log_likelihood == pytest.approx(float(likelihood.log_likelihood(f.theta)))
    assert f.penalised


def test_no_zeros_more_than_without_inflation_leave_the_mode_on_its_boundary():
    x = np.repeat([0.0, 1.0, 2.0, 3.0], [1, 5, 6, 4])
    family, prior = mle.ZeroInflated(mle.Poisson), {"rate": mle.Gamma(20, 4)}
    f = family.fit(x, prior=prior)
    assert f.params["zero"] == 0.0
    assert f.params["rate"] == pytest.approx(mle.Poisson.fit(x, prior=prior).params["rate"])
