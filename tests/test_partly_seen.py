"""Fits to what was partly seen, against published values, SciPy and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from families.members import UNIVARIATE, at, dataset, known, theta
from scipy import stats

import mlecore as mle
from mlecore import DataError, NoMLEError, RegularityError, SupportError

inf = np.inf

# Weeks of remission of 21 patients on 6-MP, Freireich et al. (1963).
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
CENSORED = np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1], dtype=bool)
REMISSION = mle.observed(WEEKS, right=CENSORED)


def over(families):
    return pytest.mark.parametrize("family", families, ids=lambda f: f.__name__)


# -- published values --------------------------------------------------------------------------------


def test_the_exponential_of_censored_times_is_events_over_time():
    f = mle.Exponential.fit(REMISSION)
    assert f.params["rate"] == pytest.approx(9 / 359, rel=1e-14)
    assert f.se["rate"] == pytest.approx(9 / 359 / 3, rel=1e-12)
    assert f.n == 21
    assert "of 21 rows 9 were seen exactly, 12 right-censored" in f.notes


def test_what_was_seen_is_told_in_rows_or_observations():
    seen = mle.binned([3, 18, 9], [0.0, 1.0, 2.0, 3.0]), mle.observed([1.0, 3.0], window=(0.0, 4.0))
    binned, window = (mle.Normal.fit(t).notes[0] for t in seen)
    assert binned == "of 30 observations none was seen exactly, 30 known to an interval"
    assert window.startswith("of 2 rows all were seen exactly, and none outside")


def test_counts_of_bins_are_refused_as_counts():
    with pytest.raises(DataError, match=r"counts must not be negative; counts\[1\] is -5"):
        mle.binned([10, -5], [0, 1, 2])
    with pytest.raises(DataError, match="counts first"):
        mle.binned([0, 1, 2], [10, 5])


def test_the_weibull_of_censored_times_is_the_known_one():
    f = mle.Weibull.fit(REMISSION)
    assert f.params["shape"] == pytest.approx(1.3537, abs=5e-5)
    assert f.params["scale"] == pytest.approx(33.765, abs=5e-4)


def test_the_binned_girths_of_militiamen_have_the_known_spread():
    counts = [3, 18, 81, 185, 420, 749, 1073, 1079, 934, 658, 370, 92, 50, 21, 4, 1]
    f = mle.Normal.fit(mle.binned(counts, np.arange(32.5, 49.5)))
    assert f.params["mu"] == pytest.approx(39.832, abs=5e-4)
    assert f.params["sigma"] == pytest.approx(2.029, abs=5e-4)


def test_the_sizes_of_groups_are_a_truncated_poisson():
    sizes = mle.observed(np.arange(1.0, 7.0), window=(1, inf), weights=[1486, 694, 195, 37, 10, 1])
    f = mle.Poisson.fit(sizes)
    assert f.params["rate"] == pytest.approx(0.8925, abs=5e-5)
    assert f.se["rate"] == pytest.approx(0.0239, abs=5e-5)
    # The mean of what can be seen is that of the data.
    rate = f.params["rate"]
    assert rate / -np.expm1(-rate) == pytest.approx(3663 / 2423, rel=1e-10)


def test_a_bound_from_each_side_has_a_maximum_where_the_family_cannot_shrink():
    f = mle.Exponential.fit(mle.interval([0.0, 1.0], [2.0, inf]))
    assert f.params["rate"] == pytest.approx(np.log(3) / 2, rel=1e-9)


def test_an_outlying_interval_is_not_ignored():
    lower = [0.0, 0.2, 0.1, 0.3, 0.5, 60.0]
    upper = [0.5, 0.9, 0.4, 0.8, 1.0, 61.0]
    f = mle.Exponential.fit(mle.interval(lower, upper))
    scale = np.linspace(5.0, 20.0, 100_001)
    height = sum(
        np.log(np.exp(-a / scale) - np.exp(-b / scale)) for a, b in zip(lower, upper, strict=True)
    )
    assert 1 / f.params["rate"] == pytest.approx(scale[np.argmax(height)], abs=2e-4)
    assert f.log_likelihood == pytest.approx(height.max(), abs=1e-8)


# -- every family ------------------------------------------------------------------------------------


NO_INTERIOR = {"Uniform", "Pareto", "Laplace", "Categorical", "VonMises", "Bernoulli", "Binomial"}
INTERIOR = [f for f in UNIVARIATE if f.__name__ not in NO_INTERIOR]


@over(INTERIOR)
def test_a_censored_fit_solves_its_equations_and_follows_its_slopes(family):
    d, x = dataset(family, 1923 if family is mle.NegativeBinomial else 1922, n=120)
    bound = np.quantile(x, 0.7)
    seen = mle.observed(np.minimum(x, bound), right=x > bound)
    f = family.fit(seen, fixed=known(d) or None)
    at_top = f.likelihood.score(f.theta)
    assert np.all(
        np.abs(at_top) * f.theta.size
        < 1e-5 * np.sqrt(np.diag(f.likelihood.observed_information(f.theta)))
    )
    assert np.all(np.linalg.eigvalsh(f.likelihood.observed_information(f.theta)) > 0)
    # By hand: exact values by the density, the others by the upper tail.
    dist = f.dist
    by_hand = dist.log_prob(x[x <= bound]).sum() + (x > bound).sum() * dist.log_sf(bound)
    assert f.log_likelihood == pytest.approx(by_hand, rel=1e-10)


@over([mle.Normal, mle.Gamma, mle.Weibull, mle.LogNormal, mle.Gumbel, mle.Logistic])
def test_right_censored_fits_are_no_lower_than_scipys(family):
    rng = np.random.default_rng(5)
    x = family(
        **{"mu": 1.0, "sigma": 0.5}
        if "mu" in family.parameters
        else dict.fromkeys(family.parameters, 2.0)
    ).sample(80, rng=rng)
    bound = np.quantile(x, 0.6) * rng.uniform(0.8, 1.5, x.size)
    seen, right = np.minimum(x, bound), x > bound
    f = family.fit(mle.observed(seen, right=right))
    scipy_family = f.dist.scipy().dist
    free = {"floc": 0} if family in (mle.Gamma, mle.Weibull, mle.LogNormal) else {}
    theirs = scipy_family(*scipy_family.fit(stats.CensoredData.right_censored(seen, right), **free))
    height = theirs.logpdf(seen[~right]).sum() + theirs.logsf(seen[right]).sum()
    assert f.log_likelihood >= height - 1e-6
    assert f.log_likelihood == pytest.approx(height, abs=1e-3)


@over(UNIVARIATE)
def test_rows_that_are_all_exact_give_the_plain_fit(family):
    d, x = dataset(family, 7, n=40)
    fixed = known(d) or None
    plain, seen = family.fit(x, fixed=fixed), family.fit(mle.observed(x), fixed=fixed)
    assert seen.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    if (
        family is not mle.Laplace
    ):  # of an even sample every loc between the middle values does as well
        np.testing.assert_allclose(seen.theta, plain.theta, rtol=1e-4, atol=1e-6)


def test_truncation_is_undone():
    rng = np.random.default_rng(11)
    x = rng.normal(3.0, 2.0, 20_000)
    x = x[(x > 2.0) & (x < 6.0)]
    f = mle.Normal.fit(mle.observed(x, window=(2.0, 6.0)))
    for name, truth in {"mu": 3.0, "sigma": 2.0}.items():
        assert abs(f.params[name] - truth) < 4 * f.se[name]
    assert abs(mle.Normal.fit(x).params["sigma"] - 2.0) > 0.5


def test_delayed_entry_conditions_each_row_on_its_own_start():
    times, late = np.array([3.0, 5.0, 8.0, 9.0]), np.array([1.0, 2.0, 0.0, 4.0])
    f = mle.Exponential.fit(mle.observed(times, right=[False, True, False, False], entry=late))
    assert f.params["rate"] == pytest.approx(3 / (times - late).sum(), rel=1e-12)


def test_the_last_bin_of_counts_holds_its_edge_and_the_others_do_not():
    counts, edges = np.histogram([0, 1, 1, 2, 3, 3, 4], bins=[0, 2, 4])
    f = mle.Poisson.fit(mle.binned(counts, edges))
    by_hand = mle.Likelihood(mle.Poisson, mle.interval([-1, 1], [1, 4], weights=counts))
    assert f.log_likelihood == pytest.approx(by_hand.maximize().log_likelihood, rel=1e-12)


# -- inference -----------------------------------------------------------------------------------------


def test_the_profile_interval_of_censored_times_ends_where_the_likelihood_has_dropped():
    f = mle.Weibull.fit(REMISSION)
    for name, (low, high) in f.ci(method="lr").items():
        for end in (low, high):
            drop = 2 * (f.log_likelihood - f.likelihood.profile(name, end))
            assert drop == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-6)


def test_the_sandwich_sums_the_rows():
    f = mle.Weibull.fit(REMISSION)
    inverse = np.linalg.inv(f.likelihood.observed_information(f.theta))
    u = []
    for x, right in zip(WEEKS, CENSORED, strict=True):
        one = mle.Likelihood(mle.Weibull, mle.observed([float(x)], right=[right]))
        u.append(one.score(f.theta))
    middle = np.transpose(u) @ np.array(u)
    np.testing.assert_allclose(f.covariance("sandwich"), inverse @ middle @ inverse, rtol=1e-8)


def test_what_needs_the_way_of_seeing_is_refused():
    f = mle.Weibull.fit(REMISSION)
    for ask in (
        lambda: f.covariance("expected"),
        lambda: f.test(shape=1.0, method="score"),
        lambda: f.bootstrap(10, parametric=True),
    ):
        with pytest.raises(RegularityError):
            ask()
    assert f.bootstrap(20, rng=0).batch_shape == (20,)


def test_weights_count_rows():
    rows = mle.observed([1.0, 2.0, 2.0, 3.0, 3.0, 3.0], right=[0 > 1] * 3 + [1 > 0] * 3)
    table = mle.observed([1.0, 2.0, 3.0], right=[False, False, True], weights=[1, 2, 3])
    assert mle.Weibull.fit(table).log_likelihood == pytest.approx(
        mle.Weibull.fit(rows).log_likelihood
    )
    batch = mle.Weibull.fit(
        mle.observed([1.0, 2.0, 3.0], right=[False, False, True]), weights=[[1, 2, 3], [1, 1, 1]]
    )
    assert batch.theta[0] == pytest.approx(mle.Weibull.fit(table).theta, rel=1e-7)


def test_events_add():
    halves = [mle.observed(WEEKS[k], right=CENSORED[k]) for k in (slice(0, 9), slice(9, None))]
    total = mle.Weibull.statistics(halves[0]) + mle.Weibull.statistics(halves[1])
    assert mle.Weibull.fit(total).theta == pytest.approx(mle.Weibull.fit(REMISSION).theta, rel=1e-9)


# -- no maximum, and what is no observation ------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "seen", "words"),
    [
        (mle.Weibull, mle.observed([1.0, 2.0], right=[True, True]), "right-censored"),
        (mle.Normal, mle.observed([1.0, 2.0], left=[True, True]), "left-censored"),
        (mle.Normal, mle.interval([0.0, 1.0], [2.0, 3.0]), "share a point"),
        (mle.Gamma, mle.interval([0.5, 1.0, 1.5], [2.0, 3.0, 1.5]), "lie in every interval"),
        (mle.Exponential, mle.observed([6.0, 8.0, 9.0], window=(0, 10)), "rate falls to 0"),
        (mle.Poisson, mle.observed([1.0, 1.0], window=(1, inf)), "rate falls to 0"),
        (mle.Normal, mle.observed([-1.0, -0.9, 0.95, 1.0], window=(-1, 1)), "moves away|grows"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_where_there_is_no_maximum_the_reason_is_named(family, seen, words):
    with pytest.raises(NoMLEError, match=words):
        family.fit(seen)


def test_one_free_parameter_has_a_maximum_where_two_have_none():
    f = mle.Normal.fit(mle.interval([0.0, 1.0], [2.0, 3.0]), fixed={"sigma": 1.0})
    assert f.params["mu"] == pytest.approx(1.5, abs=1e-9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mle.observed([1.0, 2.0], right=[0, 1]), "boolean mask"),
        (lambda: mle.observed([1.0], right=[True], left=[True]), "right- and left-censored"),
        (lambda: mle.observed([1.0, np.nan]), "NaN"),
        (lambda: mle.observed([1.0, 2.0], right=[True]), "one truth value"),
        (lambda: mle.observed([1.0, 3.0], entry=[2.0, 0.0]), "row 0 could not have been seen"),
        (lambda: mle.observed([1.0], window=(3.0, 2.0)), "empty"),
        (lambda: mle.observed([1.0], window=5.0), "pair"),
        (lambda: mle.interval([2.0], [1.0]), "wrong order"),
        (lambda: mle.interval([inf], [inf]), "infinity"),
        (lambda: mle.binned([1, 2], [0, 1]), "3 edges"),
        (lambda: mle.binned([1, 2], [0, 2, 1]), "ascend"),
        (lambda: mle.Normal(0, 1).log_prob(REMISSION), "partly seen"),
        (lambda: mle.Normal.fit(REMISSION, weights=[1.0]), "21 rows"),
        (lambda: mle.Normal.fit(REMISSION, method="moments"), "partly seen"),
        (lambda: mle.MultivariateNormal.fit(REMISSION), "vectors"),
    ],
)
def test_what_is_no_observation_is_refused_in_words(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_a_row_outside_the_support_is_named():
    with pytest.raises(SupportError, match="row 1 lies at -2"):
        mle.Weibull.fit(mle.observed([1.0, -2.0, 3.0]))


def test_a_record_says_what_it_holds_and_can_be_cut():
    assert repr(REMISSION) == "<21 rows: 9 seen exactly, 12 right-censored>"
    assert len(REMISSION[:5]) == 5
    assert at(mle.Normal(0.0, 1.0), [0.0, 1.0]) == mle.Normal(0.0, 1.0)
    assert theta(mle.Normal(0.0, 1.0)).tolist() == [0.0, 1.0]
