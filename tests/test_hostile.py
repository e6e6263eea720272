"""What a hostile user tries: data that change later, other people's statistics, weights of zero, outliers beyond belief."""

from __future__ import annotations

import math
import pickle
import warnings

import mpmath
import numpy as np
import pytest

import mlecore as mle
from mlecore.statistics import Sample

HALVES = np.r_[[0.3] * 7, np.arange(7) + 1.0]  # half of them equal


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# -- a fit is a frozen fact -------------------------------------------------------------------------------------


def test_a_fixed_value_that_is_changed_later_does_not_reach_the_fit():
    X = np.random.default_rng(0).normal(size=(2, 10))
    mu = np.array([1.0, 2.0])
    f, before = (mle.Normal.fit(X, axis=1, fixed={"mu": m}) for m in (mu, mu.copy()))
    mu[:] = 100.0
    np.testing.assert_array_equal(f.log_likelihood, before.log_likelihood)
    n = np.array(20.0)
    g = mle.Binomial.fit([3, 4], fixed={"n": n})
    n[...] = 4
    assert g.log_likelihood == mle.Binomial.fit([3, 4], fixed={"n": 20}).log_likelihood


def test_a_bootstrap_of_data_that_were_changed_says_so():
    x = np.array([1.0, 2.0, 4.0])
    f = mle.Normal.fit(x)
    x[:] = [100.0, 200.0, 300.0]
    with pytest.raises(mle.DataError, match="changed after the fit"):
        f.bootstrap(3, rng=0)
    assert f.bootstrap(3, rng=0, parametric=True).theta.shape == (3, 2)


def test_the_estimates_of_a_fit_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        mle.Poisson.fit([1, 2]).theta[0] = 7.0


def test_a_statistic_of_one_angle_a_row_is_a_copy():
    X = np.array([[0.5], [1.0]])
    t = mle.VonMises.statistics(X, axis=1)
    X[:] = 0.0
    np.testing.assert_array_equal(t.direction, [0.5, 1.0])


# -- a statistic is its family's own ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "x"),
    [
        (mle.Weibull, mle.Cauchy, [1.0, 2.0, 5.0]),
        (mle.InverseGamma, mle.Gamma, [1.0, 2.0, 5.0]),
        (mle.LogNormal, mle.Normal, [1.0, 2.0, 5.0]),
        (mle.Geometric, mle.Exponential, [1.0, 2.0, 5.0]),
    ],
)
def test_the_statistic_of_another_family_is_refused(one, other, x):
    with pytest.raises(mle.DataError, match=other.__name__):
        one.fit(other.statistics(x))
    with pytest.raises(mle.DataError, match="do not add up"):
        one.statistics(x) + other.statistics(x)


def test_a_statistic_keeps_its_family_through_sums_and_pickles():
    t = pickle.loads(pickle.dumps(mle.Gamma.statistics([1.0, 2.0]))) + mle.Gamma.statistics([5.0])
    assert t.family is mle.Gamma
    assert mle.Gamma.fit(t).theta == pytest.approx(mle.Gamma.fit([1.0, 2.0, 5.0]).theta)


# -- weights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [0.0, 1000.0])
@pytest.mark.parametrize(
    "family", [mle.Cauchy, mle.Gumbel, mle.Logistic, mle.Laplace], ids=lambda f: f.__name__
)
def test_the_last_value_of_a_long_sample_keeps_its_weight_where_it_is_a_piece_alone(family, last):
    x = np.random.default_rng(0).normal(size=2 * 16384 + 1)
    x[-1], w = 3.0, np.ones(x.size)
    w[-1] = last
    d = family(0.0, 1.0)
    L = mle.Likelihood(family, x, weights=w)
    assert L.log_likelihood([0.0, 1.0]) == pytest.approx(w @ d.log_prob(x), rel=1e-12)


def test_weights_may_be_a_view_of_one_number():
    x = [3, 3, 5, 5]
    for view in (np.broadcast_to(7.0, 4), np.broadcast_to(np.float64(7.0), (4,))):
        assert mle.Binomial.fit(x, view, fixed={"n": 9}).params["p"] == pytest.approx(4 / 9)
    seven = mle.NegativeBinomial.fit([0, 0, 0, 9, 9, 9, 1], np.broadcast_to(2.0, 7))
    assert seven.params["mu"] == pytest.approx(4.0)
    assert Sample.of(np.ones(1), np.array([3.0])).weighted


def test_an_impossible_count_of_weight_zero_is_no_observation():
    X = np.array([[0] * 10, [1, 0, 5, 2, 0, 3, 1, 0, 0, 7]])
    f = mle.NegativeBinomial.fit(X, axis=1, fixed={"size": 2})
    assert not f.problems
    np.testing.assert_array_equal(f.params["mu"], [0.0, 1.9])
    assert f.log_likelihood[0] == 0.0
    assert mle.NegativeBinomial.fit([0, 0, 5], [1, 1, 0], fixed={"size": 2}).params["mu"] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("n", [1000, 2**18 + 5])
@pytest.mark.parametrize(
    "family", [mle.Normal, mle.Gamma, mle.Poisson, mle.Uniform], ids=lambda f: f.__name__
)
def test_a_value_that_is_no_number_counts_only_with_its_weight(family, n, bad):
    x, w = np.ones(n), np.ones(n)
    x[::2] = 2.0
    w[-5:], x[-3] = 0.0, bad
    np.testing.assert_allclose(family.fit(x, w).theta, family.fit(x[:-5]).theta, rtol=1e-9)
    w[-3] = 1e-9
    with pytest.raises(mle.DataError, match=rf"index {n - 3}\b"):
        family.fit(x, w)


def test_a_class_of_weight_zero_is_a_class_in_long_samples_too():
    x, w = np.tile([0.0, 1.0], 2**17), np.ones(2**18)
    f = mle.Categorical.fit(np.r_[x, 5.0], np.r_[w, 0.0])
    np.testing.assert_allclose(f.params["probs"], [0.5, 0.5, 0, 0, 0, 0], rtol=1e-12)


@pytest.mark.parametrize("weight", [0.1, 0.3, 1.0, 7.0])
def test_a_half_is_a_half_in_any_weights(weight):
    with pytest.raises(mle.NoMLEError, match="equal"):
        mle.Cauchy.fit(HALVES, np.full(14, weight))
    with pytest.raises(mle.NoMLEError, match="equal"):
        mle.StudentT.fit(HALVES, np.full(14, weight))
    assert mle.Laplace.fit(np.arange(6.0), [weight] * 6).params["loc"] == 2.5


# -- outliers beyond belief -------------------------------------------------------------------------------------


def plain_gap(x):
    """log(mean) - mean(log) by sums without rounding: what is left is an error of 1e-16."""
    return math.log(math.fsum(x) / len(x)) - math.fsum(np.log(x)) / len(x)


@pytest.mark.parametrize("outlier", [1e-12, 1e-16, 1e-20, 1e-100])
def test_one_value_near_zero_among_nearly_equal_ones_costs_no_digits(outlier):
    x = 1.0 + 0.001 * np.random.default_rng(0).standard_normal(100_000)
    x[7] = outlier
    exact = plain_gap(x)
    assert mle.Gamma.statistics(x).gap == pytest.approx(exact, rel=1e-9)
    assert mle.InverseGamma.statistics(1.0 / x).gap == pytest.approx(exact, rel=1e-9)
    shares = 0.5 * x
    f = mle.Beta.fit(shares)
    assert f.likelihood.statistic.gap == pytest.approx(plain_gap(shares), rel=1e-9)
    assert f.log_likelihood == pytest.approx(f.dist.log_prob(shares).sum(), rel=1e-9)


@pytest.mark.parametrize("shape", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(
    ("rate", "x"), [(1e-200, 1e-150), (1e200, 1e-290), (1e-250, 1e240), (1e-160, 1e-160)]
)
def test_a_gamma_has_its_density_where_rate_times_x_leaves_the_range_of_doubles(shape, rate, x):
    a, b, v = (mpmath.mpf(float(k)) for k in (shape, rate, x))
    exact = float(a * mpmath.log(b) + (a - 1) * mpmath.log(v) - b * v - mpmath.loggamma(a))
    assert mle.Gamma(shape, rate).log_prob(x) == pytest.approx(exact, rel=1e-13)
    other = exact - 2 * float(mpmath.log(1 / v))  # of 1/x, in y = 1/x
    assert mle.InverseGamma(shape, rate).log_prob(1.0 / x) == pytest.approx(other, rel=1e-12)


def test_a_gamma_has_no_density_where_rate_times_x_is_beyond_all_doubles():
    assert mle.Gamma(0.3, 1e200).log_prob(1e150) == -np.inf


# -- long samples, in orders that mislead -----------------------------------------------------------------------


def test_a_t_with_tails_heavier_than_cauchys_is_held_at_df_1_in_long_samples_too():
    x = 10.0 + 3.0 * np.random.default_rng(0).standard_t(0.7, size=70_000)
    t, cauchy = mle.StudentT.fit(x), mle.Cauchy.fit(x)
    assert t.params["df"] == 1.0
    assert t.theta[1:] == pytest.approx(cauchy.theta, rel=1e-8)
    assert t.log_likelihood == pytest.approx(cauchy.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("n", [60_000, 70_000])
def test_nearly_half_equal_and_the_rest_within_bounds_is_still_a_t(n):
    rng = np.random.default_rng(0)
    x, k = np.zeros(n), int(0.4999 * n)
    x[k:] = np.where(rng.random(n - k) < 0.5, -1, 1) * rng.uniform(0.3, 1.0, n - k)
    rng.shuffle(x)
    f = mle.StudentT.fit(x + 100.0)
    assert f.params["df"] == 1.0
    assert f.params["loc"] == pytest.approx(100.0, abs=1e-4)
    assert (
        f.iterations < 100
    )  # no climb has run up the spikes below df = 1, which takes all its steps


@pytest.mark.parametrize(
    "family", [mle.StudentT, mle.Logistic, mle.Gumbel], ids=lambda f: f.__name__
)
def test_the_order_of_a_long_sample_does_not_matter(family):
    x = np.random.default_rng(1).standard_t(4.0, size=70_000)
    x[::4] = 0.0
    shuffled = np.random.default_rng(2).permutation(x)
    one, other = family.fit(x), family.fit(shuffled)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-6)


# -- words instead of other people's errors ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: mle.Exponential.fit([1.0], fixed={"rate": []}), "empty"),
        (lambda: mle.Normal.fit([10**400, 1, 2]), "no double can hold"),
        (lambda: mle.Normal.fit(np.array([np.longdouble("1e400"), 1, 2])), "1 infinite"),
        (lambda: mle.Likelihood(mle.Gamma, [1.0, 2.0]).log_likelihood(shape=[1, 2], rate=[1, 2, 3]), "broadcast"),
        (lambda: mle.Likelihood(mle.Gamma, [1.0, 2.0]).log_likelihood(["a", "b"]), "real numbers"),
        (lambda: mle.Likelihood(mle.Gamma, np.ones((3, 4)), axis=1).log_likelihood(np.ones((2, 2))), "broadcast"),
        (lambda: mle.Gamma(shape=[1, 2], rate=1).log_prob([1, 2, 3]), "broadcast"),
        (lambda: mle.Normal(0, 1).sample(-1), "whole number"),
        (lambda: mle.Normal(0, 1).sample(2.5), "whole number"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_the_packages_own_words(action, words):
    with pytest.raises(mle.DataError, match=words):
        action()


def test_nan_among_labels_is_no_class():
    y = np.array([0.0, 1.0, 0.0] * 4, dtype=object)
    y[5] = np.nan
    with pytest.raises(mle.DataError, match=r"1 NaN.*index 5"):
        mle.SoftmaxRegression.fit(np.arange(12.0) % 5, y)
    words = np.array(["a", "b", "a", "b", np.nan, "a"], dtype=object)
    with pytest.raises(mle.DataError, match=r"1 NaN.*index 4"):
        mle.SoftmaxRegression.fit(np.arange(6.0) % 4, words)


def test_the_distribution_function_far_out_is_said_without_a_warning():
    assert mle.Gamma(2.0, 3.0).cdf(1.7e308) == 1.0
    assert mle.Normal(0.0, 1e-3).cdf([-1.7e308, 1.7e308]).tolist() == [0.0, 1.0]
