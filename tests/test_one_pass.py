"""Long samples are climbed in few passes over the data, and reach the same place."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mp

import mlecore as mle
from mlecore import mass
from mlecore.families import location_scale, rescaled
from mlecore.families.ties import largest_share
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


def z_of(x, m, s):
    return (x - m) / s


# Log-densities written anew, to be differentiated by mpmath.
LOG_DENSITY = {
    mle.StudentT: lambda x, v, m, s: (
        mp.loggamma((v + 1) / 2)
        - mp.loggamma(v / 2)
        - mp.log(v * mp.pi * s * s) / 2
        - (v + 1) / 2 * mp.log1p(z_of(x, m, s) ** 2 / v)
    ),
    mle.Cauchy: lambda x, m, s: -mp.log(mp.pi * s * (1 + z_of(x, m, s) ** 2)),
    mle.Weibull: lambda x, k, s: mp.log(k / s) + (k - 1) * mp.log(x / s) - (x / s) ** k,
    mle.Gumbel: lambda x, m, s: -z_of(x, m, s) - mp.exp(-z_of(x, m, s)) - mp.log(s),
    mle.Logistic: lambda x, m, s: -z_of(x, m, s) - mp.log(s) - 2 * mp.log1p(mp.exp(-z_of(x, m, s))),
    mle.LogLogistic: lambda x, k, s: (
        mp.log(k / s) + (k - 1) * mp.log(x / s) - 2 * mp.log1p((x / s) ** k)
    ),
}


def derivatives(f, point):
    """Return f with its slope and Hessian at a point, to the last digit of a double."""
    point = [mp.mpf(v) for v in point]
    units = np.eye(len(point), dtype=int)
    with mp.workdps(40):
        slope = [float(mp.diff(f, point, tuple(e))) for e in units.tolist()]
        bend = [[float(mp.diff(f, point, tuple((e + k).tolist()))) for k in units] for e in units]
        return float(f(*point)), np.array(slope), np.array(bend)


@pytest.mark.parametrize("d", MEMBERS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("weighted", [False, True])
def test_what_one_pass_gives_are_the_derivatives_of_the_density(d, weighted):
    rng = np.random.default_rng(1)
    x = d.sample(5, rng=rng)
    w = rng.random(5) if weighted else np.ones(5)
    density = LOG_DENSITY[type(d)]

    def height(*theta):
        return mp.fsum(mp.mpf(k) * density(mp.mpf(v), *theta) for k, v in zip(w, x, strict=True))

    t = type(d).statistics(x, w if weighted else None)
    by_mpmath = derivatives(height, d.params.values())
    alone = d._log_likelihood(t), d._score_vector(t), d._hessian_matrix(t)
    for terms in (d._together(t), alone):
        for term, exact in zip(terms, by_mpmath, strict=True):
            np.testing.assert_allclose(term, exact, rtol=1e-12, atol=1e-13 * np.abs(exact).max())


@pytest.mark.parametrize("d", MEMBERS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("shape", [(40_000,), (3, 50)])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_one_pass_gives_of_many_values_are_the_sums_of_what_it_gives_of_few(
    d, shape, weighted
):
    rng = np.random.default_rng(1)
    x = d.sample(shape, rng=rng)
    w = rng.random(shape) if weighted else np.ones(shape)
    axis = None if len(shape) == 1 else 1
    whole = d._together(type(d).statistics(x, w if weighted else None, axis=axis))
    parts = [
        d._together(type(d).statistics(*few, axis=axis))
        for few in zip(np.split(x, 10, axis=-1), np.split(w, 10, axis=-1), strict=True)
    ]
    for term, few in zip(whole, zip(*parts, strict=True), strict=True):
        added = np.sum(few, axis=0)
        np.testing.assert_allclose(term, added, rtol=1e-12, atol=1e-12 * np.abs(added).max())


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


@pytest.mark.parametrize("far", [0.0, -1e15, 1e15, -1e45, 1e45])
@pytest.mark.parametrize("d", MEMBERS[2:], ids=lambda d: type(d).__name__)
def test_from_a_part_and_single_precision_a_climb_reaches_what_doubles_reach_alone(
    d, far, monkeypatch
):
    x = d.sample(20_000, rng=np.random.default_rng(3))
    x[7] += far if type(d) in (mle.Gumbel, mle.Logistic) else abs(far)
    f = type(d).fit(x)
    assert f.iterations == 1 or far  # one pass in doubles is left, where nothing lies far out
    monkeypatch.setattr(location_scale, "_PART", x.size)
    alone = type(d).fit(x)
    assert alone.iterations > 1
    unit = f.theta[1] if far else 0.0  # of a location, which a value far out leaves undetermined
    np.testing.assert_allclose(f.theta, alone.theta, rtol=1e-12, atol=1e-12 * unit)


@pytest.mark.parametrize("far", [0.0, 1e15, 1e45, 1e200])
def test_the_centre_of_a_long_sample_with_heavy_tails_is_what_doubles_alone_find(far, monkeypatch):
    x = MEMBERS[1].sample(40_000, rng=np.random.default_rng(3))
    x[7] += far
    fixed = [{"df": 3.0}, {"df": 1.0}]
    found = [mle.Cauchy.fit(x).theta, *(mle.StudentT.fit(x, fixed=f).theta for f in fixed)]
    monkeypatch.setattr(rescaled, "PART", x.size)
    alone = [mle.Cauchy.fit(x).theta, *(mle.StudentT.fit(x, fixed=f).theta for f in fixed)]
    np.testing.assert_allclose(found, alone, rtol=1e-12)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-12)


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


@pytest.mark.parametrize(
    "d",
    [
        mle.Gamma(shape=2.5, rate=1.5),
        mle.Gamma(shape=0.3, rate=1.5),
        mle.InverseGaussian(mu=2.0, shape=3.0),
        mle.Beta(a=2.0, b=1.5),
        mle.StudentT(df=3.0, loc=1.0, scale=2.0),
    ],
    ids=str,
)
def test_many_intervals_together_have_the_derivatives_of_a_few_at_a_time(d):
    rng = np.random.default_rng(7)
    a, b = np.sort(d.sample((2, 60), rng=rng), axis=0)
    ends = d.ppf([1e-7, 1e-5, 1e-3, 0.5, 0.999, 1 - 1e-5])
    a, b = np.concatenate([a, ends[:-1]]), np.concatenate([b, ends[1:]])
    together = mass_terms(d, a, b)
    few = np.array_split(np.arange(a.size), 3)  # too few to share
    alone = [mass_terms(d, a[i], b[i]) for i in few]
    for term, one in zip(together, zip(*alone, strict=True), strict=True):
        one = np.concatenate(one)
        np.testing.assert_allclose(term, one, rtol=1e-9, atol=1e-10 * np.abs(one).max())


def test_few_of_many_wide_intervals_need_nodes_of_their_own(monkeypatch):
    alone = []
    own = mass._by_expectation
    monkeypatch.setattr(
        mass, "_by_expectation", lambda d, a, b, wide: alone.append(a.size) or own(d, a, b, wide)
    )
    d, rng = mle.Gamma(shape=2.5, rate=1.0), np.random.default_rng(9)
    a = d.sample(300, rng=rng)
    mass_terms(d, a, a + 0.3 + rng.random(300))
    assert sum(alone) < 30


@pytest.mark.parametrize("k", [0, 30, 59])
def test_many_intervals_of_a_gamma_have_their_slopes_to_the_last_digits(k):
    d, rng = mle.Gamma(shape=2.5, rate=1.0), np.random.default_rng(8)
    a = np.geomspace(1e-4, 12.0, 60)
    b = a * (1.5 + rng.random(60))
    slope = mass_terms(d, a, b).slope[k, 0]
    with mpmath.workdps(30):
        exact = mpmath.diff(
            lambda s: mpmath.log(
                mpmath.gammainc(s, mpmath.mpf(a[k]), mpmath.mpf(b[k]), regularized=True)
            ),
            mpmath.mpf(2.5),
        )
    assert slope == pytest.approx(float(exact), rel=1e-12)


def test_many_tails_of_an_inverse_gaussian_are_those_of_its_closed_form():
    d, x = mle.InverseGaussian(mu=2.0, shape=3.0), np.geomspace(0.05, 60.0, 50)
    low, high = d.log_cdf(x), d.log_sf(x)
    with mpmath.workdps(40):
        for k in (0, 10, 25, 40, 49):
            y, mu, shape = mpmath.mpf(x[k]), mpmath.mpf(2), mpmath.mpf(3)
            root = mpmath.sqrt(shape / y)
            below = mpmath.ncdf(root * (y / mu - 1))
            below += mpmath.exp(2 * shape / mu) * mpmath.ncdf(-root * (y / mu + 1))
            assert low[k] == pytest.approx(float(mpmath.log(below)), rel=1e-13)
            assert high[k] == pytest.approx(float(mpmath.log(1 - below)), rel=1e-13)


@pytest.mark.parametrize(
    "d", [mle.VonMises(mu=1.0, kappa=2.0), mle.InverseGaussian(mu=2.0, shape=3.0)], ids=str
)
def test_many_tails_are_those_of_one_value_at_a_time(d):
    x = np.sort(d.sample(50, rng=np.random.default_rng(10)))
    for tail in (d.log_cdf, d.log_sf):
        np.testing.assert_allclose(tail(x), [tail(v) for v in x], rtol=1e-12)
    few = [mass_terms(d, part, np.full(part.size, np.inf)).slope for part in np.split(x, 2)]
    together = mass_terms(d, x, np.full(x.size, np.inf)).slope
    np.testing.assert_allclose(together, np.concatenate(few), rtol=1e-9, atol=1e-10)


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
