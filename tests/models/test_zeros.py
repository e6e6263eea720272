"""Zero inflation and hurdles against statsmodels, brute force and what they are made of."""

from __future__ import annotations

import pickle

import mpmath
import numpy as np
import pytest

import mlecore as mle
from mlecore import (
    DataError,
    Hurdle,
    Likelihood,
    NoMLEError,
    RegularityError,
    SupportError,
    Truncated,
    ZeroInflated,
)

SEED = 1986
ZIP = ZeroInflated(mle.Poisson)


def test_inflated_poissons_and_negative_binomials_are_fitted_as_by_statsmodels():
    import statsmodels.api as sm
    from statsmodels.tools.numdiff import approx_hess

    one = np.ones((600, 1))
    x = ZIP(zero=0.3, rate=2.5).sample(600, rng=SEED)
    reference = sm.ZeroInflatedPoisson(x, one, exog_infl=one).fit(disp=0, maxiter=500)
    f = ZIP.fit(x)
    assert f.log_likelihood == pytest.approx(reference.llf, rel=1e-9)
    inflate, rate = reference.params
    assert f.params["rate"] == pytest.approx(np.exp(rate), rel=1e-4)
    assert f.params["zero"] == pytest.approx(1.0 / (1.0 + np.exp(-inflate)), rel=1e-4)
    # Its own Hessian is three per cent off; that of its log-likelihood, by differences, is not.
    bse = np.sqrt(
        np.diagonal(np.linalg.inv(-approx_hess(reference.params, reference.model.loglike)))
    )
    assert f.se["rate"] == pytest.approx(np.exp(rate) * bse[1], rel=1e-3)
    family = ZeroInflated(mle.NegativeBinomial)
    x = family(zero=0.4, mu=4.0, size=3.0).sample(600, rng=SEED)
    start = [0.0, 1.0, 0.5]
    reference = sm.ZeroInflatedNegativeBinomialP(x, one, exog_infl=one).fit(
        start, disp=0, maxiter=500
    )
    assert family.fit(x).log_likelihood >= reference.llf - 1e-8 * abs(reference.llf)


def test_a_zero_of_a_large_rate_agrees_with_mpmath():
    d = ZIP(zero=1e-9, rate=30.0)
    with mpmath.workdps(40):
        z, f = mpmath.mpf("1e-9"), mpmath.exp(-30)
        p = z + (1 - z) * f
        score = [(1 - f) / p, -(1 - z) * f / p]
        expected = float(mpmath.log(p))
    assert d.log_prob(0) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(d.score(0), [float(s) for s in score], rtol=1e-7)
    assert ZIP(zero=0.25, rate=5000.0).log_prob(0) == pytest.approx(np.log(0.25), rel=1e-14)
    assert ZIP(zero=0.0, rate=5000.0).log_prob(0) == pytest.approx(-5000.0, rel=1e-14)


def test_fewer_zeros_than_the_family_has_are_a_boundary_fit():
    x = np.repeat([0, 1, 2, 3, 4], [5, 30, 40, 20, 5])
    f, plain = ZIP.fit(x), mle.Poisson.fit(x)
    assert f.params == {"zero": 0.0, "rate": plain.params["rate"]}
    assert f.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-13)
    assert "boundary" in f.notes[0]
    with pytest.raises(RegularityError, match="boundary"):
        f.ci()
    low, high = f.ci(method="lr")["zero"]
    assert low == 0.0
    assert 0.0 < high < 0.2
    assert f.test(zero=0.1).p_value < 0.05


def test_no_zeros_at_all_leave_the_family_alone():
    assert ZIP.fit([1, 2, 3]).params == {"zero": 0.0, "rate": 2.0}
    f = Hurdle(mle.Poisson).fit([1, 2, 3])
    assert f.params["zero"] == 0.0
    assert f.params["rate"] == Truncated(mle.Poisson, low=1).fit([1, 2, 3]).params["rate"]
    assert "boundary" in f.notes[0]


def test_zeros_alone_say_nothing_of_the_rest():
    for family in (ZIP, Hurdle(mle.Poisson), Hurdle(mle.Gamma)):
        with pytest.raises(NoMLEError, match="all values are 0"):
            family.fit([0, 0, 0])
    batch = ZIP.fit([[0, 0, 0, 0], [0, 0, 3, 4]], axis=1)
    assert "all values are 0" in batch.problems[0]
    np.testing.assert_allclose(batch.theta[1], ZIP.fit([0, 0, 3, 4]).theta, rtol=1e-10)
    assert Hurdle(mle.Poisson).fit([0, 0], fixed={"rate": 2.0}).params["zero"] == 1.0


def test_the_inflated_maximum_beats_a_grid():
    rng = np.random.default_rng(SEED)
    grid = np.stack(np.meshgrid(np.linspace(0, 0.95, 60), np.linspace(0.05, 6, 120)), axis=-1)
    for _ in range(20):
        x = rng.poisson(rng.uniform(0.3, 4.0), 12) * (rng.random(12) > rng.choice([0.0, 0.4]))
        if not x.any():
            continue
        f = ZIP.fit(x)
        assert np.nanmax(f.likelihood.log_likelihood(grid)) <= f.log_likelihood + 1e-9


def test_a_hurdle_is_two_questions():
    d = Hurdle(mle.Gamma)(zero=0.3, shape=2.0, rate=1.5)
    x = d.sample(400, rng=SEED)
    f, zeros, rest = Hurdle(mle.Gamma).fit(x), mle.Bernoulli.fit(x == 0), mle.Gamma.fit(x[x > 0])
    np.testing.assert_allclose(f.theta, [*zeros.theta, *rest.theta], rtol=1e-12)
    assert f.log_likelihood == pytest.approx(zeros.log_likelihood + rest.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(f.cov[0], [zeros.cov[0, 0], 0.0, 0.0], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(f.cov[1:, 1:], rest.cov, rtol=1e-9)


def test_a_hurdle_and_inflation_of_the_same_counts_are_the_same_model():
    x = ZIP(zero=0.3, rate=2.5).sample(300, rng=SEED)
    a, b = ZIP.fit(x), Hurdle(mle.Poisson).fit(x)
    assert a.log_likelihood == pytest.approx(b.log_likelihood, rel=1e-12)
    assert a.params["rate"] == pytest.approx(b.params["rate"], rel=1e-9)
    np.testing.assert_allclose(a.dist.pmf(np.arange(9)), b.dist.pmf(np.arange(9)), rtol=1e-9)


@pytest.mark.parametrize(
    "d",
    [
        ZIP(zero=0.3, rate=2.5),
        ZeroInflated(mle.NegativeBinomial)(zero=0.2, mu=3.0, size=2.0),
        Hurdle(mle.Gamma)(zero=0.3, shape=2.0, rate=1.0),
        Hurdle(mle.Normal)(zero=0.3, mu=0.5, sigma=2.0),
        Hurdle(mle.NegativeBinomial)(zero=0.3, mu=3.0, size=2.0),
    ],
    ids=repr,
)
def test_what_lies_between_limits_follows_with_its_slopes(d):
    low, high = np.array([-1.0, 0.0, 0.0, 1.0, -np.inf]), np.array([0.0, 1.0, np.inf, 3.0, 2.0])
    x = d.sample(100_000, rng=SEED)
    share = ((x > low[:, None]) & (x <= high[:, None])).mean(axis=1)
    np.testing.assert_allclose(np.exp(d.log_mass(low, high)), share, atol=0.01)
    assert d.cdf(d.ppf([0.2, 0.6]))[1] >= 0.6 - 1e-9
    assert d.ppf(0.5 * float(np.exp(d.log_prob(0)))) <= 0.0
    np.testing.assert_allclose([d.mean, d.var], [x.mean(), x.var()], rtol=0.05)
    seen = mle.interval(np.where(x > 1, 1.0, x)[:200], np.where(x > 1, 4.0, x)[:200])
    L = Likelihood(type(d), seen)
    point = d._own_layout().flatten_all(d.params)
    numerical = [
        (L.log_likelihood(point + h) - L.log_likelihood(point - h)) / 2e-6
        for h in 1e-6 * np.eye(point.size)
    ]
    np.testing.assert_allclose(L.score(point), numerical, rtol=1e-5, atol=1e-4)
    numerical = [
        (L.score(point + h) - L.score(point - h)) / 2e-6 for h in 1e-6 * np.eye(point.size)
    ]
    np.testing.assert_allclose(L.hessian(point), numerical, rtol=1e-4, atol=1e-2)


def test_a_bin_that_begins_at_zero_holds_the_zeros():
    x = Hurdle(mle.Gamma)(zero=0.4, shape=2.0, rate=1.0).sample(500, rng=SEED)
    counts, edges = np.histogram(x, bins=[0, 0.5, 1, 2, 4, 20])
    d = Hurdle(mle.Gamma)(zero=0.4, shape=2.0, rate=1.0)
    L = Likelihood(Hurdle(mle.Gamma), mle.binned(counts, edges))
    p = np.diff([0.0, *d.cdf(edges[1:])])
    expected = (counts * np.log(p)).sum()
    assert L.log_likelihood(zero=0.4, shape=2.0, rate=1.0) == pytest.approx(expected, rel=1e-10)


def test_bins_of_counts_hold_their_lower_edges():
    d = Hurdle(mle.Poisson)(zero=0.4, rate=2.5)
    x = d.sample(500, rng=SEED)
    counts, edges = np.histogram(x, bins=[0, 1, 3, 6, 30])
    L = Likelihood(type(d), mle.binned(counts, edges))
    p = [d.pmf(np.arange(a, b)).sum() for a, b in ((0, 1), (1, 3), (3, 6), (6, 31))]
    expected = (counts * np.log(p)).sum()
    assert L.log_likelihood(zero=0.4, rate=2.5) == pytest.approx(expected, rel=1e-9)


def test_censored_zeros_are_fitted_by_the_same_engine():
    d = ZIP(zero=0.3, rate=2.5)
    x = d.sample(500, rng=SEED)
    f = ZIP.fit(mle.observed(np.minimum(x, 4), right=x > 4))
    assert np.all(np.abs(f.theta - [0.3, 2.5]) < 4 * np.sqrt(np.diagonal(f.cov)))
    few = np.repeat([0, 1, 2, 3, 4], [5, 30, 40, 20, 5])
    assert ZIP.fit(mle.observed(few, right=few == 4)).params["zero"] == 0.0


def test_a_positive_part_without_a_maximum_says_so_in_the_name_of_the_whole():
    with pytest.raises(NoMLEError, match=r"Hurdle\(Poisson\).*rate falls to 0"):
        Hurdle(mle.Poisson).fit([0, 0, 1, 1])
    with pytest.raises(NoMLEError, match=r"Hurdle\(Gamma\).*values that are not 0.*equal"):
        Hurdle(mle.Gamma).fit([0.0, 1.0, 1.0])
    with pytest.raises(
        NoMLEError, match=r"ZeroInflated\(NegativeBinomial\).*size grows.*becomes a Poisson"
    ):
        ZeroInflated(mle.NegativeBinomial).fit([0] * 50 + [3, 4, 4, 5, 4, 3] * 9)


def test_classes_are_the_same_again_and_nest():
    family = ZeroInflated(Truncated(mle.Poisson, high=9))
    assert family is ZeroInflated(Truncated(mle.Poisson, high=9))
    assert pickle.loads(pickle.dumps(family)) is family
    assert repr(family(zero=0.5, rate=2.0)) == (
        "ZeroInflated(Truncated(Poisson, high=9))(zero=0.5, rate=2)"
    )
    assert family.parameters == ("zero", "rate")
    f = family.fit([0, 0, 0, 3, 4, 5])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(f)).theta, f.theta)


def test_what_has_no_zeros_to_inflate_is_refused_with_words():
    cases = [
        (lambda: ZeroInflated(mle.Gamma), r"use Hurdle\(Gamma\)"),
        (lambda: ZeroInflated(mle.Geometric), "Hurdle"),
        (lambda: ZeroInflated(mle.Bernoulli), "0 and 1"),
        (lambda: Hurdle(mle.Bernoulli), "0 and 1"),
        (lambda: ZeroInflated(ZIP), "zero already"),
        (lambda: Hurdle(ZIP), "zero already"),
        (lambda: Hurdle(mle.MultivariateNormal), "vectors"),
        (lambda: ZIP.fit([0, 1, -2]), "whole numbers"),
        (lambda: Hurdle(mle.Gamma).fit([0.0, 1.0, -2.0]), "0, or x > 0"),
        (lambda: ZIP(zero=1.5, rate=1.0), "between 0 and 1"),
    ]
    for call, words in cases:
        with pytest.raises(DataError, match=words):
            call()


def test_a_probability_beside_a_density_has_no_entropy_of_one_kind():
    d = Hurdle(mle.Gamma)(zero=0.3, shape=2.0, rate=1.0)
    for ask in (lambda: mle.entropy(d), lambda: mle.kl_divergence(d, d)):
        with pytest.raises(RegularityError, match="beside a density"):
            ask()
    counts = ZIP(zero=0.3, rate=1000.0)
    k = np.arange(2000)
    p = counts.pmf(k)
    expected = -(p[p > 0] * counts.log_prob(k)[p > 0]).sum()
    assert mle.entropy(counts) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("make", [ZeroInflated, Hurdle])
def test_a_known_n_is_checked_in_bare_statistics_too(make):
    x, n = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0]), {"n": 6}
    family = make(mle.Binomial)
    assert family.fit(family.statistics(x), fixed=n).params == family.fit(x, fixed=n).params
    with pytest.raises(SupportError, match="more than n"):
        family.fit(family.statistics(x), fixed={"n": 3})
    with pytest.raises(SupportError, match=r"x\[6\] = 4 is more than n"):
        family.fit(x, fixed={"n": 3})
