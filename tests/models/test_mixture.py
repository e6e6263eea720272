"""Mixtures: against other implementations, against searches, and where they are hard."""

from __future__ import annotations

import copy
import functools
import pickle

import mpmath
import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.mixture import GaussianMixture

import mlecore as mle
from mlecore import DataError, Likelihood, Mixture, NoMLEError, RegularityError, SupportError
from mlecore.models import starts

NORMALS = Mixture(mle.Normal, 2)
POISSONS = Mixture(mle.Poisson, 2)
#: a member of each kind: equal and different families, counts, bounded supports, heavy tails, a truncated component
MEMBERS = [
    NORMALS(weight1=0.3, mu1=-1.0, sigma1=0.7, mu2=1.5, sigma2=1.2),
    Mixture(mle.Normal, 3)(0.2, 0.5, -2.0, 0.5, 0.0, 1.0, 3.0, 2.0),
    POISSONS(weight1=0.4, rate1=1.0, rate2=6.0),
    Mixture([mle.Gamma, mle.Normal])(0.6, 2.0, 1.5, -1.0, 0.5),
    Mixture(mle.Weibull, 2)(0.5, 1.5, 1.0, 4.0, 3.0),
    Mixture(mle.StudentT, 2)(0.5, 4.0, 0.0, 1.0, 8.0, 3.0, 0.5),
    Mixture(mle.Binomial, 2)(n=12, weight1=0.3, p1=0.2, p2=0.7),
    Mixture([mle.Truncated(mle.Poisson, low=1), mle.Geometric])(0.5, 4.0, 0.4),
    Mixture(mle.Truncated(mle.Normal, low=0.0), 2)(0.5, 1.0, 1.0, 4.0, 1.0),
]


def over(members):
    return pytest.mark.parametrize("d", members, ids=lambda d: type(d).__name__)


def humps(n=300, seed=0):
    rng = np.random.default_rng(seed)
    low = rng.random(n) < 0.6
    return np.where(low, rng.normal(0.0, 1.0, n), rng.normal(3.5, 0.8, n))


@functools.cache
def fit_of_humps():
    return NORMALS.fit(humps())


def point(d):
    return d._own_layout().flatten_all(d.params)


def known(d):
    return {name: d.params[name] for name, domain in d.domains.items() if domain.known}


def at(d, theta):
    return d._own_layout().distribution(theta, known(d))


def slopes(function, theta, step=1e-4):
    columns = []
    for i in range(theta.size):
        e = np.zeros(theta.size)
        e[i] = step
        f = [np.asarray(function(theta + k * e)) for k in (-2, -1, 1, 2)]
        columns.append((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * step))
    return np.stack(columns, axis=-1)


# -- the class -------------------------------------------------------------------------------------


def test_equal_calls_return_the_identical_family_which_prints_and_pickles_as_its_call():
    assert Mixture([mle.Normal, mle.Normal]) is NORMALS
    assert NORMALS.parameters == ("weight1", "mu1", "sigma1", "mu2", "sigma2")
    assert pickle.loads(pickle.dumps(NORMALS)) is NORMALS
    d = MEMBERS[0]
    assert pickle.loads(pickle.dumps(d)) == d == copy.deepcopy(d)
    assert eval(repr(d), {"Mixture": Mixture, "Normal": mle.Normal}) == d
    assert repr(Mixture([mle.Normal, mle.Uniform])) == "Mixture([Normal, Uniform])"


def test_known_parameters_are_shared_and_come_first():
    binomials = Mixture(mle.Binomial, 2)
    assert binomials.parameters == ("n", "weight1", "p1", "p2")
    assert binomials.irregular == ()
    assert Mixture([mle.Normal, mle.Uniform]).irregular == ("low2", "high2")


def test_what_cannot_be_mixed_is_refused():
    for wrong in (
        lambda: Mixture(mle.Normal, 1),
        lambda: Mixture(mle.Normal),
        lambda: Mixture([mle.Normal], 2),
        lambda: Mixture([mle.Normal]),
        lambda: Mixture([mle.Normal, mle.Poisson]),
        lambda: Mixture(mle.Categorical, 2),
        lambda: Mixture(mle.MultivariateNormal, 2),
        lambda: Mixture([NORMALS, mle.Normal]),
        lambda: Mixture(5),
        lambda: Mixture([mle.Normal, 3]),
        lambda: NORMALS(1.2, 0.0, 1.0, 1.0, 1.0),
        lambda: Mixture(mle.Normal, 3)(0.7, 0.7, 0.0, 1.0, 1.0, 1.0, 2.0, 1.0),
        lambda: NORMALS.fit(humps(), starts=0),
        lambda: NORMALS.fit(humps(), rng="x"),
    ):
        with pytest.raises(DataError):
            wrong()
    with pytest.raises(DataError, match=r"one list: Mixture\(\[Normal, Gamma\]\)"):
        Mixture(mle.Normal, mle.Gamma)
    with pytest.raises(SupportError):
        Mixture(mle.Gamma, 2).fit([1.0, -1.0, 2.0])


# -- what a member says ----------------------------------------------------------------------------


@over(MEMBERS)
def test_score_and_hessian_are_the_slopes_of_the_log_density(d):
    x = d.sample(25, rng=1)
    theta = point(d)
    np.testing.assert_allclose(
        d.score(x), slopes(lambda p: at(d, p).log_prob(x), theta), rtol=1e-7, atol=1e-7
    )
    likelihood = Likelihood(type(d), x, fixed=known(d))
    numerical = slopes(likelihood.score, theta)
    np.testing.assert_allclose(
        likelihood.hessian(theta), numerical, rtol=1e-7, atol=1e-7 * np.abs(numerical).max()
    )


@over(MEMBERS)
def test_the_whole_has_probability_one_and_moments_by_summation(d):
    if d.support.whole:
        x = np.arange(0.0, 400.0)
        f = d.pmf(x)
    else:
        edges = (
            np.linspace(-60.0, 60.0, 6001) if d.support.low < 0 else np.geomspace(1e-9, 80, 3001)
        )
        node, w = np.polynomial.legendre.leggauss(6)
        half = 0.5 * np.diff(edges)[:, None]
        x = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * node).ravel()
        f = d.pdf(x) * (half * w).ravel()
    if "df" in d.parameters[1]:
        return  # tails too heavy for a finite grid
    assert f.sum() == pytest.approx(1.0, abs=1e-9)
    assert (f * x).sum() == pytest.approx(d.mean, abs=1e-8)
    assert (f * (x - d.mean) ** 2).sum() == pytest.approx(d.var, rel=1e-8)


@over(MEMBERS)
def test_the_expected_information_is_the_variance_of_the_score(d):
    u = d.score(d.sample(40_000, rng=2))
    products = u[:, :, None] * u[:, None, :]
    error = products.std(axis=0) / np.sqrt(len(u))
    assert np.all(np.abs(products.mean(axis=0) - d.information()) < 5 * error + 1e-9)


@over(MEMBERS)
def test_samples_quantiles_and_tails_are_those_of_one_distribution(d):
    x = d.sample(4000, rng=3)
    q = np.array([0.02, 0.3, 0.5, 0.8, 0.99])
    at_q = d.ppf(q)
    assert np.all(d.cdf(at_q) >= q - 1e-9)
    share = (x[:, None] <= at_q).mean(axis=0)
    assert np.all(np.abs(share - d.cdf(at_q)) < 5 * np.sqrt(0.25 / 4000))
    whole = [w * m.cdf(at_q) for w, m in zip(d.weights, d.members, strict=True)]
    np.testing.assert_allclose(d.cdf(at_q), np.sum(whole, axis=0), rtol=1e-9)
    np.testing.assert_allclose(d.cdf(at_q) + d.sf(at_q), 1.0, rtol=1e-12)


def test_the_log_density_has_its_digits_far_out():
    mpmath.mp.dps = 40
    d = MEMBERS[0]
    for x in (-80.0, -3.0, 0.1, 60.0):
        terms = [
            mpmath.mpf(w) * mpmath.npdf(x, m.params["mu"], m.params["sigma"])
            for w, m in zip(d.weights, d.members, strict=True)
        ]
        assert float(d.log_prob(x)) == pytest.approx(float(mpmath.log(sum(terms))), rel=1e-13)


def test_far_tails_are_not_lost():
    d = MEMBERS[0]
    expected = np.log(0.3) + stats.norm.logcdf(-60.0, -1.0, 0.7)
    other = np.log(0.7) + stats.norm.logcdf(-60.0, 1.5, 1.2)
    assert d.log_cdf(-60.0) == pytest.approx(np.logaddexp(expected, other), rel=1e-12)


def test_values_outside_one_support_or_all_have_minus_infinity_and_no_nan():
    d = Mixture([mle.Gamma, mle.Uniform])(0.5, 2.0, 1.0, -3.0, -1.0)
    np.testing.assert_allclose(
        d.log_prob([-2.0, -0.5, 1.0]), [np.log(0.25), -np.inf, np.log(0.5) - 1.0]
    )
    assert np.isnan(d.log_prob(np.nan))
    np.testing.assert_allclose(d.responsibilities([-2.0, 1.0]), [[0, 1], [1, 0]])
    assert np.isnan(d.responsibilities(-0.5)).all()
    np.testing.assert_allclose(d.score(-2.0), [-2.0, 0.0, 0.0, 0.5, -0.5])


def test_responsibilities_are_bayes_rule():
    d, x = MEMBERS[1], np.linspace(-4.0, 6.0, 9)
    parts = np.stack([w * m.pdf(x) for w, m in zip(d.weights, d.members, strict=True)], axis=-1)
    np.testing.assert_allclose(
        d.responsibilities(x), parts / parts.sum(axis=-1, keepdims=True), rtol=1e-12
    )


def test_a_batch_of_members_is_each_of_them():
    one, two = (NORMALS(w, -1.0, 0.5, 1.0, 1.0) for w in (0.2, 0.9))
    both = NORMALS(np.array([0.2, 0.9]), -1.0, 0.5, 1.0, 1.0)
    x = np.linspace(-2.0, 2.0, 5)
    for name in ("log_prob", "cdf", "score"):
        table = getattr(both, name)(x[:, None])
        np.testing.assert_allclose(table[:, 0], getattr(one, name)(x), rtol=1e-12)
        np.testing.assert_allclose(table[:, 1], getattr(two, name)(x), rtol=1e-12)
    assert both.sample(7, rng=0).shape == (7, 2)
    assert both.responsibilities(x[:, None]).shape == (5, 2, 2)


# -- fits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3])
def test_normal_mixtures_are_those_of_scikit_learn(count):
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(6.0 * k, 1.0 + 0.3 * k, 150 + 50 * k) for k in range(count)])
    f = Mixture(mle.Normal, count).fit(x)
    other = GaussianMixture(count, tol=1e-13, max_iter=10_000, reg_covar=0, random_state=0)
    other.fit(x[:, None])
    assert f.log_likelihood == pytest.approx(other.score(x[:, None]) * x.size, rel=1e-10)
    order = np.argsort(other.means_.ravel())
    np.testing.assert_allclose(f.dist.weights, other.weights_[order], rtol=1e-5)
    np.testing.assert_allclose(
        [m.params["mu"] for m in f.dist.members], other.means_.ravel()[order], atol=1e-5
    )
    grid = np.linspace(x.min(), x.max(), 30)
    np.testing.assert_allclose(
        f.dist.responsibilities(grid), other.predict_proba(grid[:, None])[:, order], atol=1e-5
    )


@pytest.mark.parametrize(
    ("family", "density", "make"),
    [
        (
            mle.Gamma,
            lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b),
            lambda rng: np.concatenate([rng.gamma(2.0, 0.5, 150), rng.gamma(30.0, 0.2, 150)]),
        ),
        (
            mle.Weibull,
            lambda x, a, b: stats.weibull_min.logpdf(x, a, scale=b),
            lambda rng: np.concatenate([rng.weibull(1.5, 60), 4.0 * rng.weibull(6.0, 60)]),
        ),
        (
            mle.NegativeBinomial,
            lambda x, m, s: stats.nbinom.logpmf(x, s, s / (s + m)),
            lambda rng: np.concatenate(
                [rng.negative_binomial(3, 0.5, 150), rng.negative_binomial(20, 0.3, 150)]
            ),
        ),
        (
            mle.Poisson,
            lambda x, r: stats.poisson.logpmf(x, r),
            lambda rng: np.concatenate([rng.poisson(2.0, 150), rng.poisson(8.0, 150)]),
        ),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_no_search_over_scipys_densities_finds_a_higher_place_nearby(family, density, make):
    x = np.asarray(make(np.random.default_rng(5)), dtype=float)
    f = Mixture(family, 2).fit(x, starts=4)
    p = len(family.parameters)

    def objective(u):
        w, rest = 1 / (1 + np.exp(-u[0])), np.exp(u[1:])
        parts = [density(x, *rest[:p]), density(x, *rest[p:])]
        return -np.logaddexp(np.log(w) + parts[0], np.log1p(-w) + parts[1]).sum()

    start = np.concatenate([[np.log(f.theta[0] / (1 - f.theta[0]))], np.log(f.theta[1:])])
    assert objective(start) == pytest.approx(-f.log_likelihood, rel=1e-9)
    found = optimize.minimize(objective, start + 0.1, method="BFGS", options={"gtol": 1e-6})
    assert f.log_likelihood == pytest.approx(-found.fun, rel=1e-8)


def test_earthquake_counts_have_the_published_mixtures():
    # Zucchini and MacDonald (2009), table 1.2: minus log-likelihoods 360.369 and 356.849.
    x = mle.datasets.load("earthquakes")["count"]
    two, three = POISSONS.fit(x), Mixture(mle.Poisson, 3).fit(x)
    assert -two.log_likelihood == pytest.approx(360.369, abs=5e-4)
    assert -three.log_likelihood == pytest.approx(356.849, abs=5e-4)
    np.testing.assert_allclose(two.theta, [0.676, 15.777, 26.840], atol=5e-4)


def test_components_of_one_family_are_ordered_by_their_means():
    x = humps()
    f, g = NORMALS.fit(x), NORMALS.fit(-x)
    assert f.params["mu1"] < f.params["mu2"]
    np.testing.assert_allclose(
        [f.params[k] for k in ("mu1", "sigma1", "mu2", "sigma2")],
        [-g.params["mu2"], g.params["sigma2"], -g.params["mu1"], g.params["sigma1"]],
        rtol=1e-6,
    )
    heavy = Mixture(mle.Cauchy, 2).fit(np.concatenate([x, x + 30.0]), starts=4)
    assert heavy.params["loc1"] < heavy.params["loc2"]


def test_the_fit_does_not_care_for_order_weights_or_units():
    x = np.round(humps(), 1)
    f = NORMALS.fit(x)
    values, counts = np.unique(x, return_counts=True)
    np.testing.assert_allclose(NORMALS.fit(values, counts).theta, f.theta, rtol=1e-6)
    np.testing.assert_allclose(NORMALS.fit(x[::-1]).theta, f.theta, rtol=1e-6)
    scaled = NORMALS.fit(1e-6 * x)
    np.testing.assert_allclose(scaled.theta[1:], 1e-6 * f.theta[1:], rtol=1e-6)
    assert NORMALS.fit(values, 0.5 * counts).log_likelihood == pytest.approx(f.log_likelihood / 2)


def test_a_batch_is_a_loop_and_a_sample_without_a_maximum_stops_no_other():
    x = np.stack([humps(120, 1), humps(120, 2), np.full(120, 3.0)])
    batch = NORMALS.fit(x, axis=1)
    for k in range(2):
        np.testing.assert_allclose(batch.theta[k], NORMALS.fit(x[k]).theta, rtol=1e-6)
    assert np.isnan(batch.theta[2]).all()
    assert "all values are equal" in batch.problems[2]


def test_a_long_sample_is_searched_in_a_part_and_climbed_whole():
    x = humps(30_000, 7)
    f = NORMALS.fit(x, starts=5)
    scale = np.sqrt(np.diagonal(f.likelihood.observed_information(f.theta)))
    assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-6 * scale)
    assert np.all(np.abs(f.theta - [0.6, 0.0, 1.0, 3.5, 0.8]) < 5 / scale + 0.02)
    assert "5 of 5 starts" in f.notes[0]


def test_a_statistic_of_parts_gives_the_same_fit():
    x = humps()
    t = NORMALS.statistics(x[:100]) + NORMALS.statistics(x[100:])
    np.testing.assert_allclose(NORMALS.fit(t).theta, NORMALS.fit(x).theta, rtol=1e-7)


def test_held_parameters_keep_their_component():
    x = humps()
    free = NORMALS.fit(x)
    f = NORMALS.fit(x, fixed={"mu1": 3.5})
    assert f.params["mu1"] == 3.5
    assert f.params["mu2"] < 1.0
    assert f.log_likelihood < free.log_likelihood
    half = NORMALS.fit(x, fixed={"weight1": 0.5})
    assert half.params["weight1"] == 0.5
    assert np.all(np.abs(half.likelihood.score(half.theta)) < 1e-5)
    equal = Mixture(mle.Normal, 3).fit(x, fixed={"weight1": 0.2, "weight2": 0.3}, starts=5)
    assert equal.dist.weights == pytest.approx((0.2, 0.3, 0.5))


def test_an_inflated_zero_is_a_component_held_at_zero():
    rng = np.random.default_rng(8)
    x = np.where(rng.random(400) < 0.3, 0, rng.poisson(3.0, 400))
    f = POISSONS.fit(x, fixed={"rate1": 0.0})
    # The zero-inflated Poisson in closed form: the mean of what is not zero is rate / (1 - exp(-rate)).
    positive = x[x > 0]
    rate = optimize.brentq(lambda r: r / -np.expm1(-r) - positive.mean(), 0.1, 20.0)
    assert f.params["rate2"] == pytest.approx(rate, rel=1e-8)
    assert 1 - f.params["weight1"] == pytest.approx(
        (positive.size / x.size) / -np.expm1(-rate), rel=1e-8
    )


def test_a_rate_that_falls_to_zero_is_found_on_the_boundary():
    x = [0] * 40 + [9, 10, 11, 10, 9, 12, 8, 10]
    f = POISSONS.fit(x)
    assert f.params["rate1"] == 0.0
    assert f.params["rate2"] == pytest.approx(np.mean(x[40:]), rel=1e-3)
    with pytest.raises(RegularityError, match="boundary"):
        f.covariance()
    assert f.ci(method="lr")["rate1"][0] == 0.0


def test_a_uniform_component_ends_at_values_of_the_sample():
    rng = np.random.default_rng(9)
    x = np.concatenate([rng.normal(0.0, 0.5, 120), rng.uniform(-4.0, 6.0, 80)])
    f = Mixture([mle.Normal, mle.Uniform]).fit(x, starts=4)
    assert {f.params["low2"], f.params["high2"]} <= set(x)
    truth = f.likelihood.log_likelihood([0.6, 0.0, 0.5, x.min(), x.max()])
    assert f.log_likelihood > truth
    with pytest.raises(RegularityError, match="low2, high2"):
        f.covariance()
    held = Mixture([mle.Normal, mle.Uniform]).fit(x, fixed={"low2": -4, "high2": 6}, starts=4)
    assert held.se["mu1"] == pytest.approx(0.05, abs=0.03)


def test_laplace_components_lie_at_values_of_the_sample():
    rng = np.random.default_rng(10)
    x = np.concatenate([rng.laplace(0.0, 1.0, 101), rng.laplace(9.0, 1.0, 101)])
    f = Mixture(mle.Laplace, 2).fit(x, starts=4)
    assert {f.params["loc1"], f.params["loc2"]} <= set(x)
    cloud = f.theta + 0.05 * np.random.default_rng(0).normal(size=(300, 5))
    assert np.nanmax(f.likelihood.log_likelihood(cloud)) < f.log_likelihood


def test_your_own_density_mixes():
    class Own(mle.Family):
        scale: mle.Parameter = mle.parameter(mle.Positive())
        support = mle.Support(low=0.0)

        def log_density(self, x):
            return -x / self.scale - np.log(self.scale)

    rng = np.random.default_rng(11)
    x = np.concatenate([rng.exponential(1.0, 150), rng.exponential(15.0, 150)])
    f, g = Mixture(Own, 2).fit(x, starts=3), Mixture(mle.Exponential, 2).fit(x)
    assert f.log_likelihood == pytest.approx(g.log_likelihood, rel=1e-8)
    assert f.params["scale1"] == pytest.approx(1.0 / g.params["rate2"], rel=1e-4) or f.params[
        "scale1"
    ] == pytest.approx(1.0 / g.params["rate1"], rel=1e-4)


# -- where it is hard ------------------------------------------------------------------------------


def test_notes_say_how_many_starts_agreed_and_name_the_spike():
    f = fit_of_humps()
    agreed = int(f.notes[0].split()[0])
    assert 15 <= agreed <= 20
    assert f.notes[0].startswith(f"{agreed} of 20 starts agreed on this maximum")
    assert any("spike" in note and "Normal" in note for note in f.notes)
    assert not any("spike" in note for note in POISSONS.fit([0, 1, 2, 9, 9, 8, 1, 0]).notes)
    held = NORMALS.fit(humps(), fixed={"sigma1": 1.0, "sigma2": 1.0})
    assert not any("spike" in note for note in held.notes)


def test_components_that_merge_have_no_estimate_and_the_limit_is_the_one_family():
    x = np.random.default_rng(12).binomial(10, 0.5, 200)  # less spread than a Poisson
    with pytest.raises(NoMLEError, match="merge") as caught:
        POISSONS.fit(x)
    assert caught.value.limit.params == mle.Poisson.fit(x).params
    with pytest.raises(NoMLEError, match="merge"):
        Mixture(mle.Bernoulli, 2).fit([0, 1, 1, 0, 1])


def test_equal_values_and_spikes_alone_have_no_estimate():
    with pytest.raises(NoMLEError, match="all values are equal"):
        NORMALS.fit([3.0] * 10)
    with pytest.raises(NoMLEError, match="starts none ended"):
        NORMALS.fit([1.0, 2.0])


def test_five_values_in_two_clumps_have_an_estimate_by_hand():
    f = NORMALS.fit([1.0, 2.0, 3.0, 30.0, 31.0])
    np.testing.assert_allclose(f.theta, [0.6, 2.0, np.sqrt(2 / 3), 30.5, 0.5], rtol=1e-9)


def test_starts_depend_neither_on_the_order_of_values_nor_on_how_they_are_repeated():
    rng = np.random.default_rng(7)
    x, w = rng.normal(size=30).round(1), rng.integers(1, 4, 30).astype(float)
    plan, order = starts.Search(starts=7), rng.permutation(30)
    own, shuffled, repeated = (
        starts.guesses(Likelihood(NORMALS, values, weights=weights), plan)
        for values, weights in (
            (x, w),
            (x[order], w[order]),
            (np.repeat(x, w.astype(int)), None),
        )
    )
    np.testing.assert_allclose(shuffled, own[..., order], atol=1e-12)
    np.testing.assert_allclose(repeated, np.repeat(own, w.astype(int), axis=-1), atol=1e-12)


def test_a_component_beside_a_heavy_tail_is_no_spike():
    # A few huge values make the standard deviation of the sample thousands of times that of the other component.
    rng = np.random.default_rng(5)
    x = np.exp(np.concatenate([rng.normal(1.0, 0.3, 150), rng.normal(3.0, 3.0, 150)]))
    f = Mixture(mle.LogNormal, 2).fit(x, starts=3)
    assert x.std() > 1e3 * f.dist.members[0].var ** 0.5
    assert f.params["mu1"] == pytest.approx(1.0, abs=0.2)
    assert f.params["sigma2"] == pytest.approx(3.0, rel=0.2)


def test_equal_starts_give_equal_fits():
    x = humps(80)
    assert NORMALS.fit(x, rng=3).params == NORMALS.fit(x, rng=3).params
    rng = np.random.default_rng(0)
    assert NORMALS.fit(x, starts=3, rng=rng).converged


# -- partly seen -----------------------------------------------------------------------------------


def test_masses_and_their_derivatives_are_those_of_the_components():
    d = MEMBERS[0]
    seen = mle.interval([-9.0, -1.0, 1.0, 2.0, -np.inf], [-8.5, -0.9, 3.0, np.inf, -2.0])
    likelihood = Likelihood(NORMALS, seen)
    theta = point(d)
    parts = sum(
        w
        * (
            stats.norm.cdf(seen.upper, m.params["mu"], m.params["sigma"])
            - stats.norm.cdf(seen.lower, m.params["mu"], m.params["sigma"])
        )
        for w, m in zip(d.weights, d.members, strict=True)
    )
    assert likelihood.log_likelihood(theta) == pytest.approx(np.log(parts).sum(), rel=1e-9)
    np.testing.assert_allclose(
        likelihood.score(theta), slopes(likelihood.log_likelihood, theta), rtol=1e-7, atol=1e-7
    )
    np.testing.assert_allclose(
        likelihood.hessian(theta), slopes(likelihood.score, theta), rtol=1e-6, atol=1e-6
    )


def test_censored_and_binned_values_are_fitted():
    x = humps(400, 3)
    f = NORMALS.fit(mle.observed(np.minimum(x, 4.0), right=x > 4.0), starts=3)
    near = NORMALS.fit(x, starts=3)
    assert np.all(np.abs(f.theta - near.theta) < 3 * np.array(list(f.se.values())))
    assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-4)
    assert any("right-censored" in note for note in f.notes)
    g = NORMALS.fit(mle.binned(*np.histogram(x, bins=40)), starts=3)
    assert np.all(np.abs(g.theta - near.theta) < np.array(list(g.se.values())))


# -- inference -------------------------------------------------------------------------------------


def test_standard_errors_are_those_of_the_numerical_hessian():
    f = fit_of_humps()
    numerical = slopes(lambda p: slopes(f.likelihood.log_likelihood, p, 1e-3), f.theta, 1e-3)
    errors = np.sqrt(np.diagonal(np.linalg.inv(-numerical)))
    np.testing.assert_allclose(list(f.se.values()), errors, rtol=1e-5)


def test_likelihood_ratio_intervals_end_where_an_independent_profile_does():
    f = fit_of_humps()
    x = f.likelihood.statistic.values
    others = {"mu1": f.params["mu2"], "mu2": f.params["mu1"]}

    def profile(i, value):
        def objective(rest):
            w, m1, s1, m2, s2 = np.insert(rest, i, value)
            if not (0 < w < 1 and s1 > 0 and s2 > 0):
                return np.inf
            one = np.log(w / s1) - 0.5 * ((x - m1) / s1) ** 2
            two = np.log((1 - w) / s2) - 0.5 * ((x - m2) / s2) ** 2
            return x.size * np.log(2 * np.pi) / 2 - np.logaddexp(one, two).sum()

        start = np.delete(f.theta, i)
        options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 4000, "maxfev": 4000}
        return -optimize.minimize(objective, start, method="Nelder-Mead", options=options).fun

    half = 0.5 * stats.chi2.ppf(0.95, 1)
    for i, (name, (low, high)) in enumerate(f.ci(method="lr").items()):
        assert low < f.theta[i] < high
        for end in (low, high):
            assert f.log_likelihood - profile(i, end) == pytest.approx(half, abs=1e-4)
        # ... which is before the other label.
        assert not low < others.get(name, high) < high


def test_a_test_does_not_jump_to_the_other_label():
    f = fit_of_humps()
    assert f.test(mu1=f.params["mu1"]).statistic == pytest.approx(0.0, abs=1e-8)
    assert f.test(mu1=0.0).p_value > 0.01


def test_weights_of_three_components_have_profiles_that_keep_the_others_proportions():
    rng = np.random.default_rng(13)
    x = np.concatenate([rng.normal(8.0 * k, 1.0, 10 + 60 * (k == 1)) for k in range(3)])
    f = Mixture(mle.Normal, 3).fit(x, starts=6)
    ends = f.ci(method="lr")
    # Well apart, the labels are seen: the interval is the binomial one.
    count = Likelihood(mle.Bernoulli, np.repeat([1.0, 0.0], [70, 20]))
    low, high = mle.Bernoulli.fit(count.statistic).ci(method="lr")["p"]
    assert ends["weight2"] == pytest.approx((low, high), abs=1e-3)


def test_a_weight_is_tested_at_values_that_leave_too_little_for_the_others_as_they_are():
    rng = np.random.default_rng(13)
    x = np.concatenate([rng.normal(9.0 * k, 1.0, m) for k, m in enumerate((45, 45, 6))])
    f = Mixture(mle.Normal, 3).fit(x, starts=6)
    labels = mle.Bernoulli.fit(np.repeat([1.0, 0.0], [45, 51]))
    test, other = f.test(weight1=0.6), labels.test(p=0.6)
    assert test.statistic == pytest.approx(other.statistic, rel=1e-3)
    profile = f.likelihood.profile("weight1", [0.6])[0]
    assert f.log_likelihood - profile == pytest.approx(0.5 * test.statistic, rel=1e-6)


def test_a_bootstrap_begins_at_the_estimate_and_keeps_its_labels():
    f = fit_of_humps()
    again = f.bootstrap(60, rng=0)
    assert not again.problems
    spread = again.theta.std(axis=0) / np.array(list(f.se.values()))
    assert np.all((spread > 0.6) & (spread < 1.6))


def test_mixtures_compare_with_single_families():
    assert repr(mle.compare([mle.Normal, NORMALS], humps())).splitlines()[2].startswith("Mixture")


def test_a_component_held_at_a_value_may_be_any_of_them():
    # The drop to the hypothesis is that to the fit under it, in which the other component may take the name.
    x = mle.datasets.load("earthquakes").sample
    family = mle.Mixture(mle.Poisson, 2)
    fit = family.fit(x, starts=3)
    for rate in (20.0, 22.0):
        drop = 2.0 * (
            fit.log_likelihood - family.fit(x, starts=3, fixed={"rate1": rate}).log_likelihood
        )
        assert fit.test(rate1=rate).statistic == pytest.approx(drop, rel=1e-9)


def test_values_with_too_few_digits_for_a_climb_are_said_to_be_so():
    x = 1e12 + np.random.default_rng(0).normal(size=60) + 6.0 * (np.arange(60) % 2)
    for family in (mle.Mixture, mle.HiddenMarkov):
        with pytest.raises(mle.NoMLEError, match=r"too few digits. Subtract 1e\+12"):
            family(mle.Normal, 2).fit(x, starts=2)
