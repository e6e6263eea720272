"""Truncated families against SciPy, statsmodels, mpmath and published figures."""

from __future__ import annotations

import pickle

import mpmath
import numpy as np
import pytest
from scipy import stats

import mlecore as mle
from mlecore import DataError, Likelihood, NoMLEError, Truncated, observed

SEED = 1928
POSITIVE = Truncated(mle.Poisson, low=1)


def test_the_groups_of_1_to_6_have_the_published_rate():
    f = POSITIVE.fit(np.arange(1, 7), weights=[1486, 694, 195, 37, 10, 1])
    assert f.params["rate"] == pytest.approx(0.8925, abs=5e-5)
    assert f.se["rate"] == pytest.approx(0.0239, abs=5e-5)


@pytest.mark.parametrize(("low", "high"), [(0.0, 4.0), (-np.inf, 1.0), (3.0, np.inf), (9.0, 9.5)])
def test_a_truncated_normal_is_that_of_scipy(low, high):
    d = Truncated(mle.Normal, low=low, high=high)(mu=1.0, sigma=1.5)
    reference = stats.truncnorm((low - 1.0) / 1.5, (high - 1.0) / 1.5, 1.0, 1.5)
    q = np.array([0.01, 0.3, 0.9])
    x = reference.ppf(q)
    np.testing.assert_allclose(d.log_prob(x), reference.logpdf(x), rtol=1e-10)
    np.testing.assert_allclose(d.ppf(q), x, rtol=1e-10)
    np.testing.assert_allclose(d.cdf(x), q, rtol=1e-8)
    np.testing.assert_allclose([d.mean, d.var], [reference.mean(), reference.var()], rtol=1e-6)
    assert stats.kstest(d.sample(2000, rng=1), reference.cdf).pvalue > 1e-3


def test_a_window_forty_deviations_out_agrees_with_mpmath():
    d = Truncated(mle.Normal, low=40, high=41)(mu=0.0, sigma=1.0)
    with mpmath.workdps(60):
        root = mpmath.sqrt(2)
        whole = (mpmath.erfc(40 / root) - mpmath.erfc(41 / root)) / 2
        mean = (mpmath.npdf(40) - mpmath.npdf(41)) / whole
        square = 1 + (40 * mpmath.npdf(40) - 41 * mpmath.npdf(41)) / whole
        density = float(mpmath.log(mpmath.npdf(mpmath.mpf(40.01)) / whole))
        spread = float(square - mean**2)
    assert d.log_prob(40.01) == pytest.approx(density, rel=1e-13)
    assert d.mean == pytest.approx(float(mean), rel=1e-13)
    # The information of mu at sigma 1 is the variance of x.
    assert d.information()[0, 0] == pytest.approx(spread, rel=1e-8)


def test_the_rate_of_ones_and_a_single_two_agrees_with_mpmath():
    f = POSITIVE.fit([1.0, 2.0], weights=[1e6, 1.0])
    with mpmath.workdps(40):
        mean = 1 + 1 / mpmath.mpf(1e6 + 1)
        rate = mpmath.findroot(lambda r: r / (1 - mpmath.exp(-r)) - mean, 2e-6)
    assert f.params["rate"] == pytest.approx(float(rate), rel=1e-9)


def test_the_fit_of_a_truncated_count_is_that_of_statsmodels():
    from statsmodels.discrete.truncated_model import (
        TruncatedLFNegativeBinomialP,
        TruncatedLFPoisson,
    )

    rng = np.random.default_rng(SEED)
    x = Truncated(mle.NegativeBinomial, low=1)(mu=3.0, size=2.0).sample(500, rng=rng)
    one = np.ones((500, 1))
    poisson = TruncatedLFPoisson(x, one, truncation=0).fit(disp=0)
    f = POSITIVE.fit(x)
    assert f.log_likelihood == pytest.approx(poisson.llf, rel=1e-9)
    assert f.params["rate"] == pytest.approx(np.exp(poisson.params[0]), rel=1e-5)
    assert f.se["rate"] == pytest.approx(np.exp(poisson.params[0]) * poisson.bse[0], rel=1e-4)
    other = TruncatedLFNegativeBinomialP(x, one, truncation=0, p=2).fit(disp=0, maxiter=500)
    g = Truncated(mle.NegativeBinomial, low=1).fit(x)
    assert g.log_likelihood >= other.llf - 1e-9 * abs(other.llf)
    assert g.params["mu"] == pytest.approx(np.exp(other.params[0]), rel=1e-3)


def test_a_truncated_fit_is_that_of_the_family_seen_through_a_window():
    d = Truncated(mle.Gamma, low=0.5, high=3)(shape=2.0, rate=1.0)
    x = d.sample(300, rng=SEED)
    f, g = type(d).fit(x), mle.Gamma.fit(observed(x, window=(0.5, 3.0)))
    np.testing.assert_allclose(f.theta, g.theta, rtol=1e-10)
    np.testing.assert_allclose(f.cov, g.cov, rtol=1e-8)
    assert f.log_likelihood == pytest.approx(g.log_likelihood, rel=1e-12)


def test_partly_seen_data_of_a_truncated_family_are_those_of_the_family_in_both_windows():
    d = Truncated(mle.Gamma, low=0.5)(shape=2.0, rate=1.0)
    x = d.sample(200, rng=SEED)
    right = x > 2.5
    x = np.minimum(x, 2.5)
    f = type(d).fit(observed(x, right=right, window=(0.1, 9.0)))
    g = mle.Gamma.fit(observed(x, right=right, window=(0.5, 9.0)))
    np.testing.assert_allclose(f.theta, g.theta, rtol=1e-8)
    np.testing.assert_allclose(f.cov, g.cov, rtol=1e-6)
    np.testing.assert_allclose(f.covariance("sandwich"), g.covariance("sandwich"), rtol=1e-6)


def test_corners_and_moving_ends_are_found_inside_a_window():
    x = Truncated(mle.Laplace, low=-1, high=3)(loc=0.7, scale=1.0).sample(101, rng=SEED)
    for family, fixed in ((mle.Laplace, {}), (mle.Uniform, {"low": -2.0}), (mle.Pareto, {})):
        y = x if family is not mle.Pareto else 1.5 + np.abs(x)
        f = Truncated(family, low=-1, high=9).fit(y, fixed=fixed)
        cloud = f.theta + 0.05 * np.random.default_rng(0).normal(size=(300, f.theta.size))
        values = f.likelihood.log_likelihood(cloud)
        assert np.nanmax(values) <= f.log_likelihood + 1e-9 * abs(f.log_likelihood)


def test_a_mean_that_no_member_has_is_no_maximum_and_says_so():
    with pytest.raises(NoMLEError, match=r"Truncated\(Poisson, low=1\).*rate falls to 0"):
        POSITIVE.fit([1, 1, 1])
    # Above the middle of a window the exponential would have to rise.
    with pytest.raises(NoMLEError, match="rate falls to 0"):
        Truncated(mle.Exponential, high=10).fit([6.0, 8.0, 9.0])
    with pytest.raises(NoMLEError, match="equal"):
        Truncated(mle.Normal, low=0).fit([2.0, 2.0])
    with pytest.raises(NoMLEError, match=r"size grows.*the NegativeBinomial becomes a Poisson"):
        Truncated(mle.NegativeBinomial, low=1).fit([1, 2, 2, 2, 3])
    batch = POSITIVE.fit([[1, 1, 1], [1, 2, 2]], axis=1)
    assert list(batch.problems) == [0]
    assert np.isnan(batch.theta[0]).all()


def test_equal_calls_give_the_identical_class_and_pickle_as_the_call():
    assert Truncated(mle.Poisson, low=1) is Truncated(mle.Poisson, 0.5)
    assert Truncated(mle.Normal, low=0) is not Truncated(mle.Normal, low=0, high=1)
    assert Truncated(Truncated(mle.Normal, low=0), high=1) is Truncated(mle.Normal, 0, 1)
    assert pickle.loads(pickle.dumps(POSITIVE)) is POSITIVE
    assert repr(POSITIVE) == "Truncated(Poisson, low=1)"
    assert repr(POSITIVE(rate=2.0)) == "Truncated(Poisson, low=1)(rate=2)"


class Maxwell(mle.Family):
    scale: mle.Parameter = mle.parameter(mle.Positive())
    support = mle.Support(low=0.0)

    def log_density(self, x):
        return (
            0.5 * np.log(2 / np.pi)
            + 2 * np.log(x)
            - 3 * np.log(self.scale)
            - x**2 / (2 * self.scale**2)
        )


def test_a_density_of_ones_own_can_be_truncated():
    family = Truncated(Maxwell, low=1, high=5)
    d = family(scale=1.5)
    x = d.sample(300, rng=SEED)
    reference = stats.maxwell(scale=1.5)
    whole = np.log(reference.cdf(5) - reference.cdf(1))
    np.testing.assert_allclose(d.log_prob(x), reference.logpdf(x) - whole, rtol=1e-8)
    f = family.fit(x)
    assert abs(f.params["scale"] - 1.5) < 4 * f.se["scale"]
    assert pickle.loads(pickle.dumps(family)) is family


def test_what_cannot_be_truncated_is_refused_with_words():
    cases = [
        (lambda: Truncated(mle.Poisson), "low=, high="),
        (lambda: Truncated(mle.Poisson, low=3, high=2), "below"),
        (lambda: Truncated(mle.Poisson, low=3, high=3), "one value alone is left, 3"),
        (lambda: Truncated(mle.Beta, low=2), "nothing of Beta"),
        (lambda: Truncated(mle.Poisson, low=0), "nothing off Poisson.*low=1 leaves out"),
        (lambda: Truncated(mle.Gamma, low=0), "nothing off Gamma"),
        (lambda: Truncated(mle.Normal, low="a"), "number"),
        (lambda: Truncated(mle.Normal(mu=0.0, sigma=1.0), low=0), "takes a family"),
        (lambda: Truncated(mle.MultivariateNormal, low=0), "vectors"),
        (lambda: Truncated(mle.Categorical, low=1), "vector"),
        (lambda: Truncated(mle.VonMises, low=0, high=1), "angles"),
        (lambda: POSITIVE(rate=0.0), "nothing lies in its window"),
        (lambda: POSITIVE.fit([0, 1, 2]), "not below 1"),
    ]
    for call, words in cases:
        with pytest.raises(DataError, match=words):
            call()


def test_a_bootstrap_a_profile_and_a_coverage_run_on_a_truncated_family():
    d = POSITIVE(rate=1.5)
    f = POSITIVE.fit(d.sample(200, rng=SEED))
    low, high = f.ci(method="lr")["rate"]
    assert low < f.params["rate"] < high
    again = f.bootstrap(200, rng=0)
    assert again.theta.std() == pytest.approx(f.se["rate"], rel=0.2)
    L = Likelihood(POSITIVE, f.likelihood.data)
    drop = f.log_likelihood - L.profile("rate", [low, high])
    np.testing.assert_allclose(drop, 0.5 * stats.chi2.ppf(0.95, 1), rtol=1e-6)
    covered = mle.coverage(d, n=50, replicates=400, rng=0)
    assert abs(covered.coverage["rate"] - 0.95) < 4 * covered.error["rate"]


def test_a_mixture_can_be_truncated_and_truncated_families_mixed():
    rng = np.random.default_rng(SEED)
    x = np.concatenate([rng.normal(2.0, 0.5, 60), rng.normal(6.0, 0.5, 60)])
    mixture = mle.Mixture(mle.Normal, 2)
    f = Truncated(mixture, low=0).fit(x)
    # The window cuts nothing off, so the maximum is that of the mixture.
    np.testing.assert_allclose(f.theta, mixture.fit(x).theta, rtol=1e-3)
    g = mle.Mixture(POSITIVE, 2).fit(1 + np.concatenate([rng.poisson(1, 80), rng.poisson(15, 80)]))
    assert g.params["rate1"] < 4.0 < g.params["rate2"]


def test_counts_that_vary_less_than_their_mean_may_do_so_because_they_are_truncated():
    x, w = np.arange(1, 8), [48, 21, 9, 7, 1, 1, 1]
    mean = np.average(x, weights=w)
    assert np.average((x - mean) ** 2, weights=w) < mean  # untruncated, the size runs away
    f = Truncated(mle.NegativeBinomial, low=1).fit(x, weights=w)
    grid = np.stack(np.meshgrid(np.linspace(0.05, 3, 60), np.geomspace(0.05, 50, 60)), axis=-1)
    assert np.nanmax(f.likelihood.log_likelihood(grid)) <= f.log_likelihood
    assert 0.1 < f.params["size"] < 10.0


def test_counts_all_at_the_lowest_have_no_maximum():
    family = Truncated(mle.Zipf, low=2)
    with pytest.raises(NoMLEError, match="keeps rising as exponent grows"):
        family.fit([2.0, 2.0, 2.0])
    batch = family.fit([[2, 2, 2, 2], [2, 2, 3, 4]], axis=1)
    assert list(batch.problems) == [0]
    np.testing.assert_allclose(batch.theta[1], family.fit([2, 2, 3, 4]).theta, rtol=1e-13)


def test_counts_with_a_heavy_tail_are_drawn_from_all_of_it():
    # No table reaches the end of this tail: once every value was the first one.
    d = Truncated(mle.Zipf, low=2)(exponent=1.5)
    x = d.sample(20_000, rng=1)
    for value in (2, 3, 10, 100, 10_000, 10_000_000):
        p = d.cdf(value)
        assert (x <= value).mean() == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / x.size))
