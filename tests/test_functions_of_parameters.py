"""Intervals of functions of the parameters and of quantiles: by likelihood and by bootstrap."""

import numpy as np
import pytest
from scipy import optimize, special, stats

import mlecore as mle
from mlecore.errors import ConvergenceError, DataError, RegularityError

Z = 1.959963984540054
DRAWN = np.random.default_rng(5).gamma(2.0, 3.0, 30)


def by_rays(fit, g):
    """Return the least and greatest g over the likelihood region of two parameters, by a search round its rim."""
    likelihood, top = fit.likelihood, float(fit.log_likelihood)
    centre = likelihood.layout.to_real(fit.theta, likelihood.free)

    def on_rim(angles):
        ways = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        near, far = np.zeros(angles.size), np.full(angles.size, 20.0)
        for _ in range(45):
            middle = 0.5 * (near + far)
            theta = likelihood.layout.from_real(centre + middle[:, None] * ways, likelihood.free)[0]
            inside = likelihood.log_likelihood(theta) > top - Z**2 / 2
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        return np.array([g(**likelihood.distribution(t).params) for t in theta])

    ends = []
    for sign in (-1.0, 1.0):
        angles = np.linspace(0.0, 2 * np.pi, 90)
        for _ in range(4):
            best = int(np.argmax(sign * on_rim(angles)))
            angles = np.linspace(angles[max(best - 1, 0)], angles[min(best + 1, angles.size - 1)], 20)  # fmt: skip
        ends.append(sign * np.max(sign * on_rim(angles)))
    return tuple(ends)


# -- by likelihood -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "x", "g"),
    [
        (mle.Gamma, DRAWN, lambda shape, rate: special.gammaincinv(shape, 0.9) / rate),
        (mle.LogNormal, DRAWN, lambda mu, sigma: np.exp(mu + sigma**2 / 2)),
        (mle.Normal, DRAWN, lambda mu, sigma: mu / sigma),
        (mle.Gumbel, DRAWN, lambda loc, scale: loc - scale * np.log(-np.log(0.99))),
        (mle.Logistic, DRAWN, lambda loc, scale: loc * scale),
        (mle.Cauchy, DRAWN, lambda loc, scale: loc + 3.0 * scale),
    ],
    ids=["Gamma", "LogNormal", "Normal", "Gumbel", "Logistic", "Cauchy"],
)
def test_the_ends_are_the_extremes_over_the_likelihood_region_that_a_search_round_its_rim_finds(
    family, x, g
):
    fit = family.fit(x)
    assert fit.delta(g, method="lr").ci == pytest.approx(by_rays(fit, g), rel=1e-6)


@pytest.mark.parametrize("family", [mle.Gamma, mle.Weibull, mle.Cauchy, mle.NegativeBinomial])
def test_of_a_parameter_itself_it_is_the_profile_interval(family):
    x = np.round(DRAWN) if family.support.whole else DRAWN
    fit = family.fit(x)
    for name, interval in fit.ci(method="lr").items():
        d = fit.delta(lambda name=name, **params: params[name], method="lr")
        assert d.ci == pytest.approx(interval, rel=1e-8)


def test_of_a_regression_coefficient_it_is_the_profile_interval():
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    y = x + rng.logistic(size=60) > 0
    fit = mle.LogisticRegression.fit(x, y)
    assert fit.delta(lambda x1: x1, method="lr").ci == pytest.approx(fit.ci(method="lr")["x1"])
    place = fit.delta(lambda intercept, x1: 2.0 * x1 + intercept, method="lr")
    moved = mle.LogisticRegression.fit(x - 2.0, y)
    assert place.ci == pytest.approx(moved.ci(method="lr")["intercept"], rel=1e-7)


def test_it_is_the_same_however_the_function_is_written():
    fit = mle.Gamma.fit(DRAWN)
    mean = fit.delta(lambda shape, rate: shape / rate, method="lr")
    logarithm = fit.delta(lambda shape, rate: np.log(shape) - np.log(rate), method="lr")
    inverse = fit.delta(lambda shape, rate: rate / shape, method="lr")
    assert np.exp(logarithm.ci) == pytest.approx(mean.ci, rel=1e-8)
    assert 1 / np.array(inverse.ci)[::-1] == pytest.approx(mean.ci, rel=1e-8)
    for unit in (1e-120, 1e120):
        scaled = mle.Gamma.fit(unit * DRAWN).delta(lambda shape, rate: shape / rate, method="lr")
        assert np.array(scaled.ci) / unit == pytest.approx(mean.ci, rel=1e-8)


def test_a_function_with_its_extreme_inside_the_region_ends_there():
    fit = mle.Normal.fit(DRAWN - DRAWN.mean() + 0.1)
    low, high = fit.delta(lambda mu: mu**2, method="lr").ci
    assert low == pytest.approx(0.0, abs=1e-12)
    assert high == pytest.approx(fit.ci(method="lr")["mu"][1] ** 2)
    spread = mle.Bernoulli.fit([1] * 9 + [0] * 11).delta(lambda p: p * (1 - p), method="lr")
    assert spread.ci[1] == pytest.approx(0.25, rel=1e-12)


def test_an_estimate_on_the_boundary_has_the_interval_of_its_function():
    fit = mle.Bernoulli.fit([0] * 20)
    d = fit.delta(lambda p: p / (1 - p), method="lr")
    high = -np.expm1(-(Z**2) / 40)
    assert d.ci == pytest.approx((0.0, high / (1 - high)))
    assert np.isnan(d.se)


def test_several_values_and_batches_have_the_intervals_of_each():
    fit = mle.Gamma.fit(DRAWN)
    both = fit.delta(lambda shape, rate: np.array([shape, shape / rate]), method="lr")
    assert both.ci[0] == pytest.approx(
        [fit.ci(method="lr")["shape"][0], fit.delta(np.divide, method="lr").ci[0]]
    )
    x = DRAWN.reshape(3, 10)
    batch = mle.Exponential.fit(x, axis=1).delta(lambda rate: 1 / rate, method="lr")
    for k in range(3):
        one = mle.Exponential.fit(x[k]).delta(lambda rate: 1 / rate, method="lr")
        assert (batch.ci[0][k], batch.ci[1][k]) == pytest.approx(one.ci)


def test_a_function_for_numbers_alone_has_the_same_interval():
    fit = mle.Gamma.fit(DRAWN)
    plain = fit.delta(lambda shape, rate: float(shape) / float(rate), method="lr")
    assert plain.ci == fit.delta(lambda shape, rate: shape / rate, method="lr").ci


def test_partly_seen_values_have_the_interval_of_their_function():
    t = mle.observed([1.0, 2.0, 3.0, 4.0, 5.0], right=np.array([0, 0, 0, 1, 1], dtype=bool))
    fit = mle.Weibull.fit(t)

    def median(shape, scale):
        return scale * np.log(2) ** (1 / shape)

    assert fit.delta(median, method="lr").ci == pytest.approx(by_rays(fit, median), rel=1e-6)
    assert fit.quantile(0.5, method="lr").ci == pytest.approx(fit.delta(median, method="lr").ci)


def test_what_cannot_be_followed_is_refused_in_words():
    fit = mle.Normal.fit([-1.0, 0.0, 1.0, 3.0])
    with pytest.raises(RegularityError, match="flat at the estimate"):
        fit.delta(lambda mu, sigma: 3.0 + 0.0 * mu, method="lr")
    with pytest.raises(DataError, match="not finite"):
        fit.delta(lambda mu, sigma: np.log(mu - 2.0), method="lr")
    with pytest.raises(RegularityError, match="move the support"):
        mle.Uniform.fit([1.0, 2.0]).delta(lambda low, high: high - low, method="lr")
    with pytest.raises(ConvergenceError, match="have a corner"):
        mle.Laplace.fit(DRAWN).quantile(0.9, method="lr")
    with pytest.raises(DataError, match="'lr' here"):
        fit.delta(lambda mu: mu, method="profile")


# -- quantiles ---------------------------------------------------------------------------------------


def test_a_quantile_of_an_exponential_is_a_multiple_of_its_mean():
    fit = mle.Exponential.fit(DRAWN)
    for method in ("wald", "lr", "bootstrap"):
        mean = fit.delta(lambda rate: 1 / rate, method=method, rng=1)
        q = fit.quantile(0.9, method=method, rng=1)
        assert q.estimate == pytest.approx(np.log(10) * mean.estimate)
        assert q.ci == pytest.approx(np.log(10) * np.array(mean.ci), rel=1e-7)
        assert q.se == pytest.approx(np.log(10) * mean.se, rel=1e-7)


def test_several_quantiles_at_once_are_each_its_own():
    fit = mle.Gumbel.fit(DRAWN)
    several = fit.quantile([0.5, 0.99], method="lr")
    one = fit.quantile(0.99, method="lr")
    assert several.estimate[1] == one.estimate
    assert (several.ci[0][1], several.ci[1][1]) == pytest.approx(one.ci)


def test_a_quantile_of_counts_goes_in_steps():
    fit = mle.Poisson.fit([3, 2, 5, 1, 0, 2])
    low, high = fit.ci(method="lr")["rate"]
    ends = stats.poisson(low).ppf(0.9), stats.poisson(high).ppf(0.9)
    assert fit.quantile(0.9, method="lr").ci == ends
    assert "std. error –, interval" in repr(fit.quantile(0.9, method="lr"))
    with pytest.raises(RegularityError, match="'bootstrap' or 'lr'"):
        fit.quantile(0.9)
    with pytest.raises(RegularityError, match=r"use method='bootstrap'$"):
        mle.NegativeBinomial.fit([3, 2, 5, 1, 0, 22]).quantile(0.9, method="lr")


@pytest.mark.parametrize("q", [0.0, 1.0, 2.0, np.nan, [0.5, -1.0]])
def test_what_is_no_probability_has_no_quantile(q):
    with pytest.raises(DataError, match="between 0 and 1"):
        mle.Exponential.fit(DRAWN).quantile(q)


def test_a_family_of_vectors_or_a_regression_has_no_quantile():
    with pytest.raises(DataError, match=r"each row: fit\.dist\.distribution"):
        mle.LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).quantile(0.5)
    with pytest.raises(DataError, match="no quantiles"):
        mle.MultivariateNormal.fit(np.random.default_rng(0).normal(size=(9, 2))).quantile(0.5)


# -- by bootstrap --------------------------------------------------------------------------------------


def test_a_bootstrap_interval_of_a_function_is_made_of_its_values_at_the_replicates():
    fit = mle.Gamma.fit(DRAWN)
    d = fit.delta(lambda shape, rate: shape / rate, method="bootstrap", replicates=200, rng=3)
    again = fit.bootstrap(200, rng=3).dist
    values = again.shape / again.rate
    assert d.ci == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert d.se == pytest.approx(values.std(ddof=1))
    assert mle.Gamma.fit(DRAWN, method="moments").delta(
        lambda shape, rate: shape / rate, method="bootstrap", rng=3
    ).estimate == pytest.approx(DRAWN.mean())


# -- coverage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "least"), [("lr", 0.93), ("bootstrap", 0.86)])
def test_intervals_of_a_gamma_mean_cover_as_often_as_they_should(method, least):
    # 150 samples of n = 25: the Monte Carlo error of a coverage of 0.95 is 0.018. The bootstrap's quantiles are known
    # to cover less in small samples.
    rng, hits = np.random.default_rng(11), 0
    for x in rng.gamma(2.0, 1.5, size=(150, 25)):
        d = mle.Gamma.fit(x).delta(
            lambda shape, rate: shape / rate, method=method, replicates=200, rng=rng
        )
        hits += d.ci[0] <= 3.0 <= d.ci[1]
    assert least - 3 * 0.018 <= hits / 150 <= 0.95 + 3 * 0.018


@pytest.mark.parametrize(
    "member",
    [
        mle.GeneralizedExtremeValue(0.0, 1.0, -0.2),
        mle.GeneralizedExtremeValue(0.0, 1.0, 0.2),
        mle.GeneralizedPareto(1.0, -0.2),
        mle.GeneralizedPareto(1.0, 0.0),
        mle.GeneralizedPareto(1.0, 0.2),
    ],
    ids=repr,
)
def test_intervals_of_extremes_cover_by_likelihood_and_not_so_by_standard_errors(member):
    # 400 samples of n = 200: the Monte Carlo error of a coverage of 0.95 is 0.011.
    x, shape, family = member.sample((400, 200), rng=7), member.shape, type(member)
    fits = family.fit(x, axis=1)
    held = fits.test(shape=shape).statistic <= stats.chi2(1).ppf(0.95)
    assert abs(held.mean() - 0.95) < 3 * 0.011
    low, high = family.fit(x[0]).ci(method="lr")["shape"]  # an interval holds what its test does
    assert (low <= shape <= high) == held[0]
    # Wald's interval of a far quantile does not reach up far enough: it misses on one side.
    far, (low, high) = member.ppf(0.99), fits.quantile(0.99).ci
    assert 0.86 < np.mean((low <= far) & (far <= high)) < 0.94
    assert np.mean(high < far) > 10 * np.mean(low > far)


@pytest.mark.parametrize("shape", [-0.2, 0.2])
def test_the_ends_of_a_far_quantile_by_likelihood_lie_on_its_own_profile(shape):
    x = mle.GeneralizedPareto(1.0, shape).sample(50, rng=3)
    fit = mle.GeneralizedPareto.fit(x)
    d = fit.quantile(0.99, method="lr")

    def profile(q):
        def minus(xi):
            scale = q * xi / np.expm1(-xi * np.log(0.01))
            return -stats.genpareto.logpdf(x, xi, scale=scale).sum()

        grid = np.linspace(-0.83, 1.51, 60)  # without 0
        k = int(np.argmin([minus(xi) for xi in grid]))
        found = optimize.minimize_scalar(minus, bounds=(grid[k - 1], grid[k + 1]), method="bounded")
        return -found.fun

    drops = [2 * (fit.log_likelihood - profile(end)) for end in d.ci]
    assert drops == pytest.approx([stats.chi2(1).ppf(0.95)] * 2, rel=1e-4)
