"""Long samples are climbed in few passes over the data, and reach the same place."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import mlecore as mle
from mlecore.families.heavy_tails import largest_share
from mlecore.mass import mass_terms
from mlecore.statistics import LONG, Exposed, Sample

MEMBERS = [
    mle.StudentT(df=3.3, loc=0.8, scale=2.3),
    mle.Cauchy(loc=0.8, scale=2.3),
    mle.Weibull(shape=1.3, scale=2.3),
    mle.Gumbel(loc=0.8, scale=2.3),
    mle.Logistic(loc=0.8, scale=2.3),
    mle.LogLogistic(shape=1.3, scale=2.3),
]


@pytest.mark.parametrize("d", MEMBERS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("shape", [(5,), (40_000,), (3, 50)])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_one_pass_gives_is_what_the_formulas_give_one_by_one(d, shape, weighted):
    rng = np.random.default_rng(1)
    x = d.sample(shape, rng=rng)
    weights = rng.random(shape) if weighted else None
    t = type(d).statistics(x, weights, axis=None if len(shape) == 1 else 1)
    one_by_one = d._log_likelihood(t), d._score_vector(t), d._hessian_matrix(t)
    for together, alone in zip(d._together(t), one_by_one, strict=True):
        np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12 * np.abs(alone).max())


@pytest.mark.parametrize("family", [mle.StudentT, mle.Cauchy])
def test_where_a_square_is_no_double_the_formulas_serve_one_by_one(family):
    d = family(**{"loc": 0.0, "scale": 1.0} | ({"df": 2.0} if family is mle.StudentT else {}))
    t = family.statistics([1.0, -2.0, 1e200, 0.3])
    with np.errstate(over="ignore"):
        assert d._together(t) is None


@pytest.mark.parametrize("share", [0.3, 0.499, 0.5, 0.7])
def test_a_long_sample_has_a_majority_only_where_one_value_is_half_of_it(share):
    rng = np.random.default_rng(2)
    n = 5 * LONG
    x = rng.normal(size=n)
    x[rng.permutation(n)[: round(share * n)]] = 0.7
    found = largest_share(Sample.of(x), 0.5)
    assert found == pytest.approx(share, abs=2 / n) if share >= 0.5 else found < 0.5


def test_a_long_censored_sample_is_climbed_from_a_part_to_its_own_top():
    rng = np.random.default_rng(3)
    x, bound = 2 * rng.weibull(1.7, 40_000), rng.exponential(4.0, 40_000)
    seen = mle.observed(np.minimum(x, bound), right=x > bound)
    f = mle.Weibull.fit(seen)
    top = mle.Likelihood(mle.Weibull, seen).maximize(start=[1.0, 1.0])
    np.testing.assert_allclose(f.theta, top.theta, rtol=1e-9)
    k, s = f.params["shape"], f.params["scale"]
    # The equations by hand: at the top the events over s^k make up the total hazard.
    right, t = x > bound, np.minimum(x, bound)
    assert ((t / s) ** k).sum() == pytest.approx((~right).sum(), rel=1e-9)


# -- bounds beside the values of a Weibull -------------------------------------------------------------


def lifetimes(n=60, seed=4):
    rng = np.random.default_rng(seed)
    x, bound = 2 * rng.weibull(1.7, n), rng.exponential(4.0, n)
    return np.minimum(x, bound), x > bound, rng.integers(1, 4, n).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
def test_bounds_join_the_values_and_say_what_they_say_alone(weighted):
    x, right, w = lifetimes()
    d = mle.Weibull(shape=1.3, scale=2.3)
    t = mle.Weibull.statistics(mle.observed(x, right=right, weights=w if weighted else None))
    assert isinstance(t.exact, Exposed)
    assert t.seen.size == 0
    w = w if weighted else np.ones(x.size)
    by_hand = w @ np.where(right, d.log_sf(x), d.log_prob(x))
    L = mle.Likelihood(mle.Weibull, t)
    assert L.log_likelihood([1.3, 2.3]) == pytest.approx(by_hand, rel=1e-13)
    step = 1e-5
    for i, e in enumerate(step * np.eye(2)):
        here = np.array([1.3, 2.3])
        slope = (L.log_likelihood(here + e) - L.log_likelihood(here - e)) / (2 * step)
        bend = (L.score(here + e) - L.score(here - e)) / (2 * step)
        assert L.score(here)[i] == pytest.approx(slope, rel=1e-7)
        np.testing.assert_allclose(L.hessian(here)[i], bend, rtol=1e-7)


def test_bounds_and_values_add_up_in_any_order():
    x, right, _ = lifetimes()
    parts = [slice(0, 20), np.flatnonzero(~right), slice(20, 60)]
    t = [mle.Weibull.statistics(mle.observed(x[k], right=right[k])) for k in parts]
    together = np.concatenate([x[k] for k in parts]), np.concatenate([right[k] for k in parts])
    whole = mle.Weibull.fit(mle.observed(together[0], right=together[1]))
    for order in (t, t[::-1]):
        np.testing.assert_allclose(mle.Weibull.fit(sum(order)).theta, whole.theta, rtol=1e-10)


def test_a_batch_of_weights_of_censored_rows_is_fitted_row_by_row():
    x, right, _ = lifetimes()
    w = np.random.default_rng(5).integers(0, 3, (4, x.size)).astype(float)
    seen = mle.observed(x, right=right)
    batch = mle.Weibull.fit(mle.Weibull.statistics(seen, w))
    for row, theta in zip(w, batch.theta, strict=True):
        alone = mle.Weibull.fit(
            mle.observed(x[row > 0], right=right[row > 0], weights=row[row > 0])
        )
        np.testing.assert_allclose(theta, alone.theta, rtol=1e-9)


def test_late_entries_and_held_parameters_find_the_same_top_as_a_climb_from_elsewhere():
    x, right, _ = lifetimes()
    seen = mle.observed(x, right=right, entry=0.5 * x)
    L = mle.Likelihood(mle.Weibull, seen)
    np.testing.assert_allclose(
        mle.Weibull.fit(seen).theta, L.maximize(start=[1.0, 1.0]).theta, rtol=1e-7
    )
    plain = mle.Likelihood(mle.Weibull, mle.observed(x, right=right), fixed={"shape": 1.5})
    scale = (np.sum(x**1.5) / np.sum(~right)) ** (1 / 1.5)
    assert plain.maximize().params["scale"] == pytest.approx(scale, rel=1e-12)


def test_equal_deaths_with_later_bounds_keep_their_maximum():
    seen = mle.observed([3.0, 3.0, 5.0], right=[False, False, True])
    f = mle.Weibull.fit(seen)
    assert np.all(np.isfinite(f.theta))
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-6
    with pytest.raises(mle.NoMLEError):
        mle.Weibull.fit(mle.observed([3.0, 3.0, 2.0], right=[False, False, True]))


# -- many bounds of one member share their nodes ---------------------------------------------------------


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    "d",
    [
        mle.Gamma(shape=2.5, rate=1.5),
        mle.InverseGamma(shape=2.0, scale=3.0),
        mle.InverseGaussian(mu=2.0, shape=3.0),
        mle.Beta(a=2.0, b=1.5),
        mle.StudentT(df=3.0, loc=1.0, scale=2.0),
    ],
    ids=lambda d: type(d).__name__ if isinstance(d, mle.Family) else str(d),
)
def test_many_bounds_together_have_the_derivatives_of_a_few_at_a_time(d, above):
    x = d.sample(60, rng=np.random.default_rng(6))
    x = np.concatenate([x, x[:1] * (1 + 1e-15), d.ppf([1e-9, 1 - 1e-9])])
    a, b = (x, np.full(x.size, np.inf)) if above else (np.full(x.size, -np.inf), x)
    together = mass_terms(d, a, b)
    few = np.array_split(np.arange(x.size), 3)  # too few to share
    alone = [mass_terms(d, a[i], b[i]) for i in few]
    for term, one in zip(together, zip(*alone, strict=True), strict=True):
        one = np.concatenate(one)
        np.testing.assert_allclose(term, one, rtol=2e-8, atol=1e-9 * np.abs(one).max())


def test_many_bounds_of_a_gamma_have_their_slopes_to_the_last_digits():
    d = mle.Gamma(shape=0.05, rate=3.0)
    x = np.geomspace(1e-30, 0.5, 40)
    slope = mass_terms(d, x, np.full(x.size, np.inf)).slope[:, 0]
    with mpmath.workdps(40):
        for i in (0, 20, 39):
            exact = mpmath.diff(
                lambda a, i=i: mpmath.log(
                    mpmath.gammainc(a, 3 * mpmath.mpf(x[i]), mpmath.inf, regularized=True)
                ),
                mpmath.mpf(0.05),
            )
            assert slope[i] == pytest.approx(float(exact), rel=1e-13)


def test_bounds_all_out_of_sight_are_left_to_their_own_nodes():
    d, x = mle.Gamma(shape=2.0, rate=1.0), np.linspace(200.0, 300.0, 40)
    slope = mass_terms(d, x, np.full(x.size, np.inf)).slope
    # Q(2, x) is (1 + x) e^-x at rate 1: its logarithm falls with the rate by x - x / (1 + x).
    np.testing.assert_allclose(slope[:, 1], x / (1 + x) - x, rtol=1e-10)
