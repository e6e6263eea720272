"""Simulated sampling distributions and coverage: against exact answers, within their Monte Carlo error."""

import functools

import numpy as np
import pytest
from families.members import FAMILIES, REGULAR, member, theta
from scipy import stats

import mlecore as mle
from mlecore import DataError, RegularityError

ids = {"ids": lambda f: f.__name__}


# -- simulate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, **ids)
def test_every_family_estimates_itself_from_many_samples(family):
    d = member(family, np.random.default_rng(1))
    estimates = mle.simulate(d, family, n=300, replicates=200, rng=2)
    assert estimates.shape == (200, len(d.parameter_names))
    middle = np.nanmedian(estimates, axis=0)
    spread = np.nanstd(estimates, axis=0)
    assert np.all(np.abs(middle - theta(d)) < 0.6 * spread + 0.02 * np.abs(theta(d)) + 1e-3)


def test_the_estimates_are_those_of_the_samples():
    d = mle.Gamma(shape=2.0, rate=3.0)
    estimates = mle.simulate(d, mle.Gamma, n=20, replicates=5, rng=3)
    x = d.sample((5, 20), rng=3)
    for row, sample in zip(estimates, x, strict=True):
        assert row == pytest.approx(list(mle.Gamma.fit(sample).params.values()), rel=1e-10)


def test_the_mean_of_normals_has_its_exact_distribution():
    means = mle.simulate(mle.Normal(1.0, 2.0), np.mean, n=16, replicates=20_000, rng=0)
    assert means.shape == (20_000, 1)
    assert abs(means.mean() - 1.0) < 5 * 0.5 / np.sqrt(20_000)
    assert means.std() == pytest.approx(0.5, rel=5 / np.sqrt(40_000))


def test_the_bias_of_the_variance_is_the_known_one():
    sigma = mle.simulate(mle.Normal(0.0, 1.0), mle.Normal, n=5, replicates=20_000, rng=1)[:, 1]
    error = np.sqrt(2 * 4 / 25 / 20_000)
    assert abs((sigma**2).mean() - 0.8) < 5 * error


def test_any_way_of_writing_an_estimator_gives_the_same_numbers():
    d = mle.Gamma(shape=2.0, rate=3.0)
    answer = mle.simulate(d, mle.Gamma, n=15, replicates=30, rng=4)
    for estimator in (
        mle.Gamma.fit,
        lambda x: mle.Gamma.fit(x),
        lambda x: list(mle.Gamma.fit(x).params.values()),
        lambda x, axis: mle.Gamma.fit(x, axis=axis).theta,
        functools.partial(mle.Gamma.fit, fixed={}),
    ):
        assert mle.simulate(d, estimator, n=15, replicates=30, rng=4) == pytest.approx(answer)
    plain = mle.simulate(d, np.max, n=15, replicates=30, rng=4)
    assert np.array_equal(plain, mle.simulate(d, lambda x: x.max(), n=15, replicates=30, rng=4))
    moments = functools.partial(mle.Gamma.fit, method="moments")
    one_by_one = mle.simulate(d, lambda x: mle.Gamma.fit(x, method="moments"), 15, 30, 4)
    assert mle.simulate(d, moments, 15, 30, 4) == pytest.approx(one_by_one)


def test_another_family_may_be_fitted():
    estimates = mle.simulate(mle.Weibull(2.0, 1.0), mle.Gamma, n=50, replicates=20, rng=0)
    assert estimates.shape == (20, 2)
    with pytest.raises(DataError, match="known n"):
        mle.simulate(mle.Poisson(2.0), mle.Binomial, n=50, replicates=20, rng=0)


def test_a_sample_without_an_estimate_is_a_row_of_nan():
    d = mle.Poisson(0.5)
    estimates = mle.simulate(d, mle.NegativeBinomial, n=4, replicates=50, rng=0)
    lost = np.isnan(estimates).any(axis=1)
    assert 0 < lost.sum() < 50
    alone = mle.simulate(d, lambda x: mle.NegativeBinomial.fit(x), n=4, replicates=50, rng=0)
    assert np.array_equal(np.isnan(alone).any(axis=1), lost)


def test_data_can_be_sampled_from_as_well():
    x = np.array([1.0, 2.0, 7.0])
    means = mle.simulate(mle.Empirical(x), np.mean, n=3, replicates=20_000, rng=0)
    assert abs(means.mean() - x.mean()) < 5 * x.std() / np.sqrt(60_000)


def test_blocks_do_not_change_the_count_and_progress_is_told():
    seen = []
    n = 50_000  # two samples a block
    out = mle.simulate(
        mle.Normal(0.0, 1.0),
        np.mean,
        n,
        5,
        0,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert out.shape == (5, 1)
    assert seen == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: mle.simulate(mle.Normal(0.0, 1.0), mle.Normal, n=0), "whole number"),
        (
            lambda: mle.simulate(mle.Normal(0.0, 1.0), mle.Normal, n=5, replicates=2.5),
            "whole number",
        ),
        (lambda: mle.simulate(mle.Normal(0.0, [1.0, 2.0]), mle.Normal, n=5), "batch"),
        (lambda: mle.simulate(mle.Normal, mle.Normal, n=5), "distribution"),
        (lambda: mle.simulate(mle.Normal(0.0, 1.0), "mean", n=5), "estimator"),
        (lambda: mle.simulate(mle.Normal(0.0, 1.0), lambda x, axis: 1.0, n=5), "one number"),
        (lambda: mle.simulate(mle.Normal(0.0, 1.0), lambda x: np.eye(2), n=5), "vector"),
        (lambda: mle.simulate(mle.Normal(0.0, 1.0), lambda x: x[x > 0], n=5, rng=0), "as many"),
    ],
)
def test_a_simulation_that_is_none_is_refused_in_words(ask, words):
    with pytest.raises(DataError, match=words):
        ask()


# -- coverage ------------------------------------------------------------------------------------------


def exact_coverage(d, n, level, method):
    """Return the coverage of a proportion or a rate, and the probability of a refusal, by enumeration."""
    if type(d) is mle.Bernoulli:
        totals, law = np.arange(n + 1), stats.binom(n, d.p)
        samples = [np.repeat([1.0, 0.0], [k, n - k]) for k in totals]
        truth = d.p
    else:
        law = stats.poisson(n * d.rate)
        totals = np.arange(law.ppf(1 - 1e-13) + 1)
        samples = [np.r_[k, np.zeros(n - 1)] for k in totals]
        truth = d.rate
    covered = refused = 0.0
    for k, x in zip(totals, samples, strict=True):
        try:
            ((low, high),) = type(d).fit(x).ci(level, method).values()
            covered += law.pmf(k) * (low <= truth <= high)
        except RegularityError:
            refused += law.pmf(k)
    return covered, refused


@pytest.mark.parametrize("d", [mle.Bernoulli(0.1), mle.Poisson(0.12)], ids=repr)
@pytest.mark.parametrize(
    ("method", "level"), [("wald", 0.8), ("wald", 0.95), ("lr", 0.8), ("score", 0.8)]
)
def test_coverage_agrees_with_exact_enumeration(d, method, level):
    truth, refused = exact_coverage(d, 20, level, method)
    c = mle.coverage(d, 20, level, method, replicates=20_000, rng=5)
    (name,) = c.coverage
    assert abs(c.coverage[name] - truth) < 5 * np.sqrt(truth * (1 - truth) / 20_000)
    assert abs(c.refused[name] / 20_000 - refused) < 5 * np.sqrt(refused / 20_000) + 1e-12
    assert c.error[name] == pytest.approx(np.sqrt(truth * (1 - truth) / 20_000), rel=0.1)


@pytest.mark.parametrize("family", REGULAR, **ids)
def test_coverage_comes_near_the_level_where_n_is_large(family):
    d = member(family, np.random.default_rng(3))
    replicates = 400
    c = mle.coverage(d, n=600, replicates=replicates, rng=7)
    assert list(c.coverage) == list(d.parameter_names)
    for name, share in c.coverage.items():
        # Five Monte Carlo errors, and a little for n that is large and not infinite.
        assert abs(share - 0.95) < 5 * np.sqrt(0.95 * 0.05 / replicates) + 0.015, name


@pytest.mark.parametrize("method", ["lr", "score"])
def test_coverage_by_other_methods_comes_near_the_level(method):
    for d in (mle.Exponential(2.0), mle.Rayleigh(1.0), mle.Geometric(0.3)):
        c = mle.coverage(d, n=100, method=method, replicates=4000, rng=1)
        assert next(iter(c.coverage.values())) == pytest.approx(0.95, abs=0.02)


def test_coverage_by_profile_with_a_nuisance_is_the_exact_one():
    # For a Normal mean: |t| < sqrt((n - 1) (exp(z^2 / n) - 1)).
    n = 6
    bound = np.sqrt((n - 1) * np.expm1(stats.chi2.ppf(0.95, 1) / n))
    truth = stats.t(n - 1).cdf(bound) - stats.t(n - 1).cdf(-bound)
    c = mle.coverage(mle.Normal(3.0, 2.0), n, method="lr", replicates=20_000, rng=2)
    assert abs(c.coverage["mu"] - truth) < 5 * c.error["mu"]


def test_coverage_by_bootstrap():
    c = mle.coverage(
        mle.Exponential(2.0), 40, method="bootstrap", replicates=150, resamples=200, rng=0
    )
    assert 0.85 < c.coverage["rate"] < 0.99
    lost = mle.coverage(
        mle.Poisson(0.02), 10, method="bootstrap", replicates=30, resamples=20, rng=0
    )
    assert lost.refused["rate"] > 10


@pytest.mark.parametrize("method", ["wald", "lr"])
def test_coverage_of_a_direction_does_not_depend_on_where_the_circle_is_cut(method):
    # Near pi half of the estimates are near minus pi, which is the same direction.
    for mu in (3.1, 103.1):
        c = mle.coverage(mle.VonMises(mu, 5.0), 50, method=method, replicates=1000, rng=0)
        assert abs(c.coverage["mu"] - 0.95) < 5 * c.error["mu"] + 0.01


def test_coverage_by_bootstrap_counts_an_unseen_class_as_refused():
    d = mle.Categorical([0.5, 0.48, 0.02])
    c = mle.coverage(d, 10, method="bootstrap", replicates=20, resamples=50, rng=0)
    unseen = (d.sample((20, 10), rng=np.random.default_rng(0)) < 2).all(axis=1).sum()
    assert unseen > 10
    assert c.refused["p2"] == c.refused["p1"] > 10
    alone = mle.coverage(mle.Categorical([1.0, 0.0]), 10, method="bootstrap", replicates=3, rng=0)
    assert alone.refused["p1"] == 3


def test_coverage_by_bootstrap_is_silent_about_single_samples():
    c = mle.coverage(  # NumPy's and the package's warnings are errors here
        mle.NegativeBinomial(2.0, 1.0), 10, method="bootstrap", replicates=20, resamples=50, rng=0
    )
    assert 0 < c.refused["mu"] < 20


def test_coverage_on_the_natural_scale():
    c = mle.coverage(mle.Exponential(2.0), 10, scale="natural", replicates=20_000, rng=0)
    z = stats.norm.ppf(0.975)
    # log(rate-hat) - log(rate) is minus the logarithm of the mean of ten exponentials.
    mean = stats.gamma(10, scale=0.1)
    half = z / np.sqrt(10)
    truth = mean.cdf(np.exp(half)) - mean.cdf(np.exp(-half))
    assert abs(c.coverage["rate"] - truth) < 5 * c.error["rate"]


def test_certainty_is_not_claimed_from_a_few_samples():
    c = mle.coverage(mle.Normal(0.0, 1.0), 30, level=1 - 1e-12, replicates=50, rng=0)
    assert c.coverage["mu"] == 1.0
    assert c.error["mu"] > 0


def test_coverage_is_refused_where_intervals_are():
    with pytest.raises(RegularityError, match="support"):
        mle.coverage(mle.Uniform(0.0, 1.0), 20, replicates=10, rng=0)
    with pytest.raises(RegularityError, match="one free parameter"):
        mle.coverage(mle.Normal(0.0, 1.0), 20, method="score", replicates=10, rng=0)
    with pytest.raises(DataError, match="method"):
        mle.coverage(mle.Normal(0.0, 1.0), 20, method="normal", replicates=10, rng=0)
    with pytest.raises(DataError, match="every scale"):
        mle.coverage(mle.Poisson(3.0), 20, method="bootstrap", scale="natural", replicates=2, rng=0)
    with pytest.raises(DataError, match="has none"):
        mle.coverage(mle.Empirical([1.0, 2.0]), 20, replicates=10, rng=0)


def test_coverage_shows_itself_and_tells_its_progress():
    seen = []
    c = mle.coverage(
        mle.Poisson(3.0), 20, replicates=100, rng=0, progress=lambda done, total: seen.append(done)
    )
    assert seen[-1] == 100
    assert (
        repr(c).splitlines()[0] == "Coverage of 0.95 intervals by 'wald' in 100 samples of n = 20"
    )
    assert "rate" in repr(c)
    assert c._repr_html_().count("<tr>") == 2
    again = mle.coverage(mle.Poisson(3.0), 20, replicates=100, rng=0)
    assert again == c


# -- comparison ----------------------------------------------------------------------------------------


def test_fits_of_different_data_of_the_same_size_are_not_compared():
    x = np.random.default_rng(0).gamma(2.0, 3.0, 50)
    w = np.random.default_rng(1).integers(0, 4, 50)
    for other in (
        mle.Normal.fit(x + 1.0),
        mle.Normal.fit(np.log(x)),  # its density is that of the logarithm
        mle.LinearRegression.fit(x, np.log(x)),
        mle.MultivariateNormal.fit(np.random.default_rng(2).normal(size=(50, 2))),
    ):
        with pytest.raises(DataError, match="different data"):
            mle.compare([mle.Gamma.fit(x), other])
    for first, second in (
        (mle.Gamma.fit(x), mle.Normal.fit(x[::-1])),
        (mle.Gamma.fit(x, w), mle.Normal.fit(np.repeat(x, w))),
        (mle.Gamma.fit(x), mle.LinearRegression.fit(np.sqrt(x), x)),
        (mle.Gamma.fit(mle.Gamma.statistics(x)), mle.Normal.fit(x)),  # a statistic keeps no values
    ):
        assert len(mle.compare([first, second])) == 2
