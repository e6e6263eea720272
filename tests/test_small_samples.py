"""Intervals that hold in small samples: exact ones from pivots, and those of third order by r*."""

import re

import numpy as np
import pytest
from scipy import stats

import mlecore as mle
from mlecore.errors import DataError, RegularityError
from mlecore.family import Family
from mlecore.inference import exact, higher_order

X = np.random.default_rng(0).gamma(2.0, 3.0, 8)


# -- exact -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "n"), [(0, 7), (2, 7), (7, 7)])
def test_of_a_proportion_it_is_clopper_and_pearsons(k, n):
    expected = stats.binomtest(k, n).proportion_ci(0.9, method="exact")
    one = mle.Bernoulli.fit([1] * k + [0] * (n - k)).ci(0.9, method="exact")["p"]
    assert one == pytest.approx((expected.low, expected.high))
    trials = mle.Binomial.fit([k], fixed={"n": n}).ci(0.9, method="exact")["p"]
    assert trials == pytest.approx(one)


@pytest.mark.parametrize("x", [[0, 0], [3, 1, 4]])
def test_of_a_poisson_mean_it_is_garwoods(x):
    total, n = sum(x), len(x)
    low = stats.chi2(2 * total).ppf(0.025) / 2 / n if total else 0.0
    high = stats.chi2(2 * total + 2).ppf(0.975) / 2 / n
    assert mle.Poisson.fit(x).ci(method="exact")["rate"] == pytest.approx((low, high))


def test_of_a_normal_mean_it_is_students_and_of_its_spread_by_chi_square():
    ci = mle.Normal.fit(X).ci(method="exact")
    assert ci["mu"] == pytest.approx(tuple(stats.ttest_1samp(X, 0).confidence_interval()))
    squares = ((X - X.mean()) ** 2).sum()
    ends = np.sqrt(squares / stats.chi2(X.size - 1).ppf([0.975, 0.025]))
    assert ci["sigma"] == pytest.approx(tuple(ends))
    log = mle.LogNormal.fit(np.exp(X)).ci(method="exact")
    assert log["mu"] == pytest.approx(ci["mu"])
    known = mle.Normal.fit(X, fixed={"sigma": 2.0})
    assert known.ci(method="exact")["mu"] == pytest.approx(known.ci()["mu"])


PIVOTS = [
    (mle.Exponential(1.5), {}),
    (mle.Rayleigh(1.5), {}),
    (mle.HalfNormal(1.5), {}),
    (mle.Normal(1.0, 1.5), {}),
    (mle.Normal(1.0, 1.5), {"mu": 1.0}),
    (mle.LogNormal(0.5, 1.5), {"mu": 0.5}),
    (mle.Gamma(2.0, 1.5), {"shape": 2.0}),
    (mle.InverseGamma(2.0, 1.5), {"shape": 2.0}),
    (mle.Laplace(1.0, 1.5), {"loc": 1.0}),
    (mle.Pareto(2.0, 1.5), {"scale": 1.5}),
    (mle.Weibull(2.0, 1.5), {"shape": 2.0}),
    (mle.Uniform(1.0, 2.5), {"low": 1.0}),
    (mle.Uniform(1.0, 2.5), {"high": 2.5}),
]


@pytest.mark.parametrize(
    ("dist", "fixed"), PIVOTS, ids=[f"{type(d).__name__} {''.join(f)}" for d, f in PIVOTS]
)
def test_each_side_of_a_continuous_one_misses_as_often_as_it_should(dist, fixed):
    # 20,000 samples of n = 4, as one batch: the Monte Carlo error of a tail of 0.05 is 0.0015.
    x = dist.sample((20_000, 4), rng=1)
    for name, (low, high) in type(dist).fit(x, axis=1, fixed=fixed).ci(0.9, method="exact").items():
        truth = getattr(dist, name)
        assert np.mean(low > truth) == pytest.approx(0.05, abs=4 * 0.0015)
        assert np.mean(high < truth) == pytest.approx(0.05, abs=4 * 0.0015)


@pytest.mark.parametrize(
    ("dist", "counts", "fixed"),
    [
        (mle.Poisson(1.3), np.arange(60), {}),
        (mle.Binomial(12, 0.2), np.arange(13), {"n": 12}),
        (mle.Geometric(0.3), np.arange(1, 150), {}),
    ],
)
def test_neither_side_of_a_discrete_one_misses_more_often(dist, counts, fixed):
    # One count a sample, so that the chance of each interval is that of its count: no simulation is needed.
    fit = type(dist).fit(counts[:, None].astype(float), axis=1, fixed=fixed)
    ((name, (low, high)),) = fit.ci(0.9, method="exact").items()
    chance, truth = dist.pmf(counts), getattr(dist, name)
    sides = chance[low > truth].sum(), chance[high < truth].sum()
    assert max(sides) <= 0.05 + 1e-12
    assert sum(sides) > 0.0


def test_weights_of_an_exact_interval_count_observations():
    weighted = mle.Exponential.fit([1.0, 2.0], weights=[3, 1]).ci(method="exact")["rate"]
    repeated = mle.Exponential.fit([1.0, 1.0, 1.0, 2.0]).ci(method="exact")["rate"]
    assert weighted == pytest.approx(repeated)
    with pytest.raises(DataError, match="whole numbers"):
        mle.Exponential.fit([1.0, 2.0], weights=[0.5, 1.5]).ci(method="exact")


def test_where_there_is_no_exact_interval_those_that_exist_are_listed():
    with pytest.raises(RegularityError, match=r"shape, rate of Gamma.*Gamma \(rate\)"):
        mle.Gamma.fit(X).ci(method="exact")
    with pytest.raises(RegularityError, match="partly seen"):
        mle.Exponential.fit(mle.observed(X, right=X > 5)).ci(method="exact")
    with pytest.raises(RegularityError, match="no exact interval"):
        mle.LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).ci(method="exact")


@pytest.mark.parametrize(
    ("hook", "words"), [("_exact", exact._KNOWN), ("_canonical", higher_order._KNOWN)]
)
def test_the_list_in_an_error_is_that_of_the_families_which_have_one(hook, words):
    families = [getattr(mle, name) for name in mle.families.__all__]
    known = {f.__name__ for f in families if getattr(f, hook) is not getattr(Family, hook)}
    assert set(re.findall(r"\b[A-Z]\w+", words)) == known


# -- third order -----------------------------------------------------------------------------------


def test_the_tails_of_five_exponential_values_are_right_to_the_second_digit():
    x = np.array([0.2, 1.4, 0.7, 2.2, 0.1])
    total, fit = stats.gamma(x.size), mle.Exponential.fit(x)
    low, high = np.array(fit.ci(method="rstar")["rate"]) * x.sum()
    assert (total.cdf(low), total.sf(high)) == pytest.approx((0.0250, 0.0250), abs=6e-5)
    low, high = np.array(fit.ci(method="lr")["rate"]) * x.sum()
    assert (total.cdf(low), total.sf(high)) == pytest.approx((0.0359, 0.0179), abs=6e-5)


@pytest.mark.parametrize(
    ("family", "fixed"),
    [
        (mle.Rayleigh, {}),
        (mle.HalfNormal, {}),
        (mle.Normal, {"mu": 5.0}),
        (mle.Normal, {"sigma": 3.0}),
        (mle.Gamma, {"shape": 2.0}),
        (mle.InverseGamma, {"shape": 2.0}),
    ],
)
def test_it_is_the_exact_interval_to_three_digits_where_there_is_one(family, fixed):
    fit = family.fit(X, fixed=fixed)
    ((name, interval),) = fit.ci(method="exact").items()
    assert fit.ci(method="rstar")[name] == pytest.approx(interval, rel=5e-4)


def test_of_two_canonical_parameters_each_covers_as_it_should():
    # 1,000 samples of n = 8 as one batch: the Monte Carlo error of a tail of 0.025 is 0.005. The likelihood ratio's upper
    # tail is 0.049 here.
    x = mle.Gamma(2.0, 1.5).sample((1000, 8), rng=3)
    fit = mle.Gamma.fit(x, axis=1)
    for name, (low, high) in fit.ci(method="rstar").items():
        truth = {"shape": 2.0, "rate": 1.5}[name]
        assert np.mean(low > truth) == pytest.approx(0.025, abs=3 * 0.005)
        assert np.mean(high < truth) == pytest.approx(0.025, abs=3 * 0.005)


def test_the_root_of_a_beta_solves_its_definition():
    x = X / 30.0
    fit = mle.Beta.fit(x)
    likelihood, (a, b) = fit.likelihood, fit.theta
    for end in fit.ci(method="rstar")["a"]:
        held = likelihood.maximize(fixed={"a": end})
        r = np.sqrt(2 * (fit.log_likelihood - held.log_likelihood))
        whole = np.linalg.det(likelihood.observed_information(a=a, b=b))
        part = likelihood.observed_information(a=end, b=held.params["b"])[1, 1]
        q = abs(a - end) * np.sqrt(whole / part)
        assert r + np.log(q / r) / r == pytest.approx(1.959964, abs=1e-5)


def test_where_parameters_are_not_canonical_or_on_the_boundary_r_star_is_refused():
    for refused in (
        lambda: mle.Normal.fit(X).ci(method="rstar"),
        lambda: mle.Cauchy.fit(X).ci(method="rstar"),
        lambda: mle.Exponential.fit(mle.observed(X, right=X > 5)).ci(method="rstar"),
        lambda: mle.PoissonRegression.fit([0.0, 0.0, 1.0], [1, 3, 6]).ci(method="rstar"),
    ):
        with pytest.raises(RegularityError, match="canonical"):
            refused()
    with pytest.raises(RegularityError, match="method='exact'"):
        mle.Poisson.fit([0, 0]).ci(method="rstar")


def test_a_sample_on_the_boundary_has_no_r_star_and_stops_no_other_of_its_batch():
    x = np.array([[0, 0, 0, 0], [0, 1, 0, 1]])
    low, high = mle.Bernoulli.fit(x, axis=1).ci(method="rstar")["p"]
    assert np.isnan([low[0], high[0]]).all()
    assert (low[1], high[1]) == pytest.approx(mle.Bernoulli.fit(x[1]).ci(method="rstar")["p"])
    # A refused interval is a miss, and counted.
    assert (
        mle.coverage(mle.Bernoulli(0.1), 8, method="rstar", replicates=50, rng=0).refused["p"] > 5
    )
