"""Likelihood-ratio tests of fits against fits, and tests whose p-value is simulated."""

import numpy as np
import pytest
from scipy import stats

import mlecore as mle
from mlecore.errors import DataError, RegularityError

RNG = np.random.default_rng(0)
X = RNG.gamma(2.0, 3.0, 60)
COUNTS = RNG.negative_binomial(3, 0.4, 50).astype(float)
RATES = RNG.poisson(3.0, 50).astype(float)


# -- one fit against another -----------------------------------------------------------------------


def test_holding_a_parameter_is_the_test_of_its_value():
    held, free = mle.Gamma.fit(X, fixed={"shape": 1.0}), mle.Gamma.fit(X)
    one, other = mle.lr_test(held, free), free.test(shape=1.0)
    assert (one.statistic, one.df) == (pytest.approx(other.statistic), other.df)
    assert one.p_value == pytest.approx(other.p_value)


@pytest.mark.parametrize(
    ("null", "alternative", "x"),
    [
        (mle.Exponential, mle.Gamma, X),
        (mle.Exponential, mle.Weibull, X),
        (mle.Rayleigh, mle.Weibull, X),
        (mle.Cauchy, mle.StudentT, stats.t(3).rvs(60, random_state=3)),
    ],
)
def test_a_family_within_another_is_tested_by_their_log_likelihoods(null, alternative, x):
    small, large = null.fit(x), alternative.fit(x)
    test = mle.lr_test(small, large)
    drop = 2 * (large.log_likelihood - small.log_likelihood)
    assert (test.statistic, test.df) == (pytest.approx(drop), 1)
    assert test.p_value == pytest.approx(stats.chi2(1).sf(drop))
    assert f"{null.__name__} within {alternative.__name__}" in repr(test)


def test_two_parts_with_one_rate_are_tested_against_a_rate_each():
    a, b = RATES[:20], RATES[20:]
    test = mle.lr_test(mle.Poisson.fit(RATES), [mle.Poisson.fit(a), mle.Poisson.fit(b)])
    m = RATES.mean()
    drop = 2 * (a.sum() * np.log(a.mean() / m) + b.sum() * np.log(b.mean() / m))
    assert (test.statistic, test.df) == (pytest.approx(drop), 1)
    by_statistics = mle.lr_test(
        mle.Poisson.fit(mle.Poisson.statistics(RATES)),
        [mle.Poisson.fit(mle.Poisson.statistics(part)) for part in (a, b)],
    )
    assert by_statistics.statistic == pytest.approx(drop)


def test_columns_of_a_regression_are_tested_as_its_coefficients_are():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(80, 3))
    y = rows[:, 0] + rng.logistic(size=80) > 0
    small, large = (mle.LogisticRegression.fit(rows[:, :k], y) for k in (1, 3))
    test = mle.lr_test(small, large)
    assert test.statistic == pytest.approx(large.test(x2=0, x3=0).statistic)
    with pytest.raises(DataError, match="not nested"):
        mle.lr_test(mle.LogisticRegression.fit(rows[:, :1] ** 2, y), large)


def test_partly_seen_data_are_known_again():
    def seen():
        return mle.observed(X, right=X > 8)

    test = mle.lr_test(mle.Exponential.fit(seen()), mle.Weibull.fit(seen()))
    assert test.statistic == pytest.approx(mle.Weibull.fit(seen()).test(shape=1).statistic)
    with pytest.raises(DataError, match="different data"):
        mle.lr_test(mle.Exponential.fit(mle.observed(X, right=X > 9)), mle.Weibull.fit(seen()))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: mle.lr_test(mle.Exponential.fit(X[1:]), mle.Gamma.fit(X)), "different data"),
        (lambda: mle.lr_test(mle.Gamma.fit(X), mle.Exponential.fit(X)), "smaller model first"),
        (lambda: mle.lr_test(mle.HalfNormal.fit(X), mle.Normal.fit(X)), "is not within Normal"),
        (lambda: mle.lr_test(mle.Gamma.fit(X), 3), "takes two fits"),
        (lambda: mle.lr_test(mle.Gamma.fit(X), []), "takes two fits"),
        (
            lambda: mle.lr_test(mle.Exponential.fit(X), mle.Gamma.fit(X), method="wald"),
            "'lr' or 'bootstrap'",
        ),
        (
            lambda: mle.lr_test(
                mle.Exponential.fit(X),
                mle.Gamma.fit(mle.Gamma.statistics(X), fixed={"shape": 2.0}),
            ),
            "more free parameters",
        ),
    ],
)
def test_fits_that_are_not_nested_or_of_other_data_are_refused(ask, words):
    with pytest.raises(DataError, match=words):
        ask()


def test_a_null_on_the_boundary_is_not_compared_with_a_chi_square():
    small, large = mle.Poisson.fit(COUNTS), mle.NegativeBinomial.fit(COUNTS)
    with pytest.raises(RegularityError, match=r"limit of NegativeBinomial.*method='bootstrap'"):
        mle.lr_test(small, large)
    test = mle.lr_test(small, large, method="bootstrap", replicates=199, rng=1)
    assert test.p_value == 1 / 200
    with pytest.raises(RegularityError, match="move the support"):
        mle.lr_test(mle.Exponential.fit(X), mle.Uniform.fit(X))


@pytest.mark.parametrize("fewer", [mle.Normal, mle.Mixture(mle.Normal, 2)], ids=repr)
def test_fewer_components_within_a_mixture_leave_some_undetermined(fewer):
    more = mle.Mixture(mle.Normal, 3 if hasattr(fewer, "components") else 2)
    x = mle.datasets.load("old_faithful")["waiting"]
    with pytest.raises(RegularityError, match=r"fewer components.*undetermined.*'bootstrap'"):
        mle.lr_test(fewer.fit(x), more.fit(x))


def test_components_alike_or_not_are_told_from_held_ones():
    x = mle.datasets.load("old_faithful")["waiting"]
    pair = mle.Mixture(mle.Normal, 2)
    held, free = pair.fit(x, fixed={"sigma1": 6.0, "sigma2": 6.0}), pair.fit(x)
    assert mle.lr_test(held, free).df == 2


def test_a_hypothesis_on_the_boundary_is_left_to_simulation_where_data_are_in_doubt():
    x = np.repeat([0, 1, 2, 3, 4], [36, 25, 22, 10, 5])
    fit = mle.ZeroInflated(mle.Poisson).fit(x)
    for method in ("lr", "wald"):
        with pytest.raises(RegularityError, match=r"zero = 0 lies on the boundary.*'bootstrap'"):
            fit.test(zero=0.0, method=method)
    test = fit.test(zero=0.0, method="bootstrap", replicates=199, rng=1)
    # Self and Liang (1987): half a point at zero, half a chi-square.
    assert test.p_value == pytest.approx(0.5 * stats.chi2(1).sf(test.statistic), abs=0.1)
    both = mle.ZeroInflated(mle.Poisson).fit([x, x], axis=1).test(zero=0.0)
    assert np.isnan(both.p_value).all()
    # At an estimate on the boundary nothing speaks against it.
    none = mle.ZeroInflated(mle.Poisson).fit([1, 2, 3, 2, 1, 2])
    assert none.test(zero=0.0).p_value == 1.0


def test_the_simulated_law_at_a_boundary_is_half_a_point_at_zero():
    # Self and Liang (1987): under a Poisson half of the statistics are about zero, the others chi-square on one degree.
    x = np.random.default_rng(8).poisson(3.0, 200)
    while x.var() <= x.mean():
        x = np.append(x, x.max() + 1)
    test = mle.lr_test(
        mle.Poisson.fit(x), mle.NegativeBinomial.fit(x), method="bootstrap", replicates=999, rng=2
    )
    assert test.p_value == pytest.approx(0.5 * stats.chi2(1).sf(test.statistic), abs=0.06)


def test_fits_by_moments_and_batches_have_no_likelihood_ratio():
    with pytest.raises(RegularityError, match="by moments"):
        mle.lr_test(mle.Exponential.fit(X), mle.Gamma.fit(X, method="moments"))
    with pytest.raises(DataError, match="a batch"):
        mle.lr_test(mle.Exponential.fit(X.reshape(2, 30), axis=1), mle.Gamma.fit(X))


# -- a hypothesis by simulation --------------------------------------------------------------------


def test_a_simulated_p_value_is_the_exact_one_of_a_normal_mean():
    x = np.array([0.3, 1.4, -0.2, 2.1, 0.9])
    exact = stats.ttest_1samp(x, 0.0).pvalue
    test = mle.Normal.fit(x).test(mu=0.0, method="bootstrap", replicates=4999, rng=1)
    assert test.error == pytest.approx(np.sqrt(exact * (1 - exact) / 4999), rel=0.2)
    assert abs(test.p_value - exact) < 4 * test.error
    assert "by 4999 simulated samples" in repr(test)


def test_a_parameter_that_moves_the_support_is_tested_by_simulation():
    x = np.array([0.11, 0.4, 0.7, 0.9])
    # Of Uniform(0, high) the chance that min / max is at least what was seen.
    exact = (1 - x.min() / x.max()) ** 3
    test = mle.Uniform.fit(x).test(low=0.0, method="bootstrap", replicates=4999, rng=1)
    assert abs(test.p_value - exact) < 4 * test.error


def test_a_simulated_test_holds_its_level_in_a_small_sample():
    # 250 samples of n = 5: the Monte Carlo error of a level of 0.05 is 0.014; the chi-square would reject 0.10 of them.
    rng, rejected = np.random.default_rng(5), 0
    for x in rng.normal(1.0, 2.0, size=(250, 5)):
        test = mle.Normal.fit(x).test(mu=1.0, method="bootstrap", replicates=199, rng=rng)
        rejected += test.p_value <= 0.05
    assert rejected / 250 == pytest.approx(0.05, abs=3 * 0.014)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda f: f.test(mu=[0.0, 1.0], method="bootstrap"), "one value for each"),
        (lambda f: f.test(mu=0.0, method="bootstrap", replicates=0), "replicates"),
        (lambda f: f.test(mu=0.0, method="boot"), "'bootstrap'"),
        (lambda f: f.test(nu=0.0, method="bootstrap"), "no parameter 'nu'"),
    ],
)
def test_a_simulated_test_that_is_none_is_refused(ask, words):
    with pytest.raises(DataError, match=words):
        ask(mle.Normal.fit([1.0, 2.0, 4.0]))
    with pytest.raises(DataError, match="whole observations"):
        mle.Normal.fit([1.0, 2.0], weights=[0.5, 1.2]).test(mu=0.0, method="bootstrap")
    with pytest.raises(DataError, match="single fit"):
        mle.Normal.fit([[1.0, 2.0]], axis=1).test(mu=0.0, method="bootstrap")


# -- as much is seen as was ------------------------------------------------------------------------


def spread(fit, replicates=300):
    """Return mean and standard deviation of the estimates of a parametric bootstrap."""
    theta = fit.bootstrap(replicates, rng=4, parametric=True).theta
    assert not np.isnan(theta).any()
    return theta.mean(axis=0), theta.std(axis=0)


@pytest.mark.parametrize(
    "seen",
    [
        mle.observed(X[(X > 2) & (X < 30)], window=(2.0, 30.0)),
        mle.observed(X + 1.0, entry=np.linspace(0.0, 1.0, 60)),
        mle.binned(*np.histogram(X, bins=6)),
        mle.binned(*np.histogram(X[X > 2], bins=[2.0, 4.0, 6.0, 10.0, 40.0]), window=(2.0, np.inf)),
    ],
    ids=["window", "entry", "bins", "bins in a window"],
)
def test_a_parametric_bootstrap_sees_as_much_as_was_seen(seen):
    fit = mle.Exponential.fit(seen)
    mean, deviation = spread(fit)
    se = fit.se["rate"]
    assert mean == pytest.approx(fit.theta, abs=0.5 * se)
    assert deviation == pytest.approx([se], rel=0.25)


def test_counts_are_drawn_into_their_bins_and_windows():
    bins = mle.Poisson.fit(mle.binned([30, 50, 40], [0, 1, 3, 6]))
    window = mle.Poisson.fit(mle.observed(RATES[RATES > 1], window=(2, np.inf)))
    for fit in (bins, window):
        mean, deviation = spread(fit)
        assert mean == pytest.approx(fit.theta, abs=0.5 * fit.se["rate"])
        assert deviation == pytest.approx([fit.se["rate"]], rel=0.25)


def test_what_would_be_censored_is_not_known():
    fit = mle.Exponential.fit(mle.observed(X, right=X > 8))
    for ask in (
        lambda: fit.bootstrap(9, parametric=True),
        lambda: fit.test(rate=1.0, method="bootstrap"),
    ):
        with pytest.raises(RegularityError, match="would be censored"):
            ask()
    overlapping = mle.interval([0.0, 0.5, 3.0], [1.0, 2.0, 5.0])
    with pytest.raises(RegularityError, match="would be censored"):
        mle.Exponential.fit(overlapping).bootstrap(9, parametric=True)


def test_a_hypothesis_about_bins_is_tested_by_simulation():
    fit = mle.Exponential.fit(mle.binned([9, 4, 2], [0.0, 1.0, 2.0, 4.0]))
    test = fit.test(rate=0.5, method="bootstrap", replicates=499, rng=1)
    assert test.p_value == pytest.approx(fit.test(rate=0.5).p_value, abs=0.08)


SWINGS = mle.AutoRegression(mu=5.0, phi1=0.3, sigma=1.0).sample(40, rng=1)
STATES = mle.HiddenMarkov(mle.Poisson, 2)
SPELLS = STATES(transition12=0.1, transition21=0.2, rate1=1.0, rate2=7.0).sample(80, rng=1)


def test_independent_values_lie_within_an_autoregression():
    small, large = mle.Normal.fit(SWINGS), mle.AutoRegression.fit(SWINGS)
    test = mle.lr_test(small, large)
    # The same hypothesis, held within the larger model.
    assert test.statistic == pytest.approx(large.test(phi1=0.0).statistic, rel=1e-8)
    assert test.df == 1
    two = mle.AutoRegression.fit([SWINGS[:15], SWINGS[15:]], order=2)
    assert mle.lr_test(small, two).df == 2
    given = mle.AutoRegression.fit(SWINGS, start="given")
    assert mle.lr_test(mle.Normal.fit(SWINGS[1:]), given).statistic == pytest.approx(
        given.test(phi1=0.0).statistic, rel=1e-8
    )
    drawn = mle.lr_test(small, large, method="bootstrap", replicates=19, rng=0)
    assert abs(drawn.p_value - test.p_value) < 0.25
    held = mle.Normal.fit(SWINGS, fixed={"mu": 5.0})
    assert mle.lr_test(held, large).df == 2


def test_a_mixture_lies_within_a_hidden_chain_of_as_many_states():
    mixture, chain = mle.Mixture(mle.Poisson, 2).fit(SPELLS), STATES.fit(SPELLS, starts=3)
    # Where the rows of the transition matrix are equal the states are independent.
    weight = mixture.params["weight1"]
    theta = [1.0 - weight, weight, mixture.params["rate1"], mixture.params["rate2"]]
    assert chain.likelihood.log_likelihood(theta) == pytest.approx(mixture.log_likelihood)
    test = mle.lr_test(mixture, chain)
    assert test.df == 1
    assert test.statistic == pytest.approx(
        2.0 * (chain.log_likelihood - mixture.log_likelihood), rel=1e-9
    )
    one = mle.Poisson.fit(SPELLS)
    with pytest.raises(RegularityError, match=r"fewer states.*undetermined.*'bootstrap'"):
        mle.lr_test(one, chain)
    # A sample drawn from one Poisson in which no second state is found has the height of that Poisson.
    alone = np.random.default_rng(1).poisson(3.0, 30)
    with pytest.raises(mle.NoMLEError, match="components merge") as error:
        STATES.fit(alone, starts=2)
    assert error.value.limit.dist == mle.Poisson.fit(alone).dist
    drawn = mle.lr_test(one, chain, method="bootstrap", replicates=2, rng=0)
    assert drawn.p_value == 1 / 3
    assert mle.compare([one, chain])[0].name == "HiddenMarkov(Poisson, 2)"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda: (mle.Normal.fit(SWINGS), mle.AutoRegression.fit(SWINGS, start="given")),
            r"give Normal the others alone, as in fit\(x\[1:\]\)",
        ),
        (
            lambda: (mle.Gumbel.fit(SWINGS), mle.AutoRegression.fit(SWINGS)),
            "Gumbel does not lie within .*, whose values without a pull are Normal",
        ),
        (
            lambda: (mle.Normal.fit(SWINGS), mle.AutoRegression.fit(SWINGS, 2, fixed={"phi1": 1})),
            "the alternative holds phi1 at 1",
        ),
        (
            lambda: (
                mle.AutoRegression.fit(SWINGS),
                mle.AutoRegression.fit(SWINGS, 3, fixed={"mu": 5}),
            ),
            "the alternative holds mu at 5",
        ),
        (
            lambda: (mle.Normal.fit(SWINGS[1:], fixed={"mu": 5}), mle.LocalLevel.fit(SWINGS)),
            "no mean to estimate",
        ),
        (
            lambda: (mle.Bernoulli.fit([1, 0, 1]), mle.MarkovChain.fit([0, 1, 0, 1])),
            r"MarkovChain.fit\(states, order=0, given=1\) as the null",
        ),
        (
            lambda: (mle.Poisson.fit(SPELLS), STATES.fit(SPELLS, starts=1, start="free")),
            "start='stationary'",
        ),
        (
            lambda: (mle.AutoRegression.fit(SWINGS), mle.Mixture(mle.Normal, 2).fit(SWINGS)),
            "values depend on those before them",
        ),
    ],
)
def test_what_does_not_lie_within_a_sequence_model_is_refused_in_words(ask, words):
    with pytest.raises(DataError, match=words):
        mle.lr_test(*ask())
