"""What the generalised Pareto alone must do: a shape that passes through 0, an end that moves, and often no maximum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

import mlecore as mle
from mlecore import GeneralizedPareto, Likelihood, NoMLEError, RegularityError
from mlecore.mass import mass_terms

inf = np.inf


@pytest.mark.parametrize("shape", [-0.6, -0.45, -1e-9, 0.0, 1e-9, 0.3, 1.5])
def test_the_fit_is_no_lower_than_scipys(shape):
    x = GeneralizedPareto(2.0, shape).sample(80, rng=5)
    f = GeneralizedPareto.fit(x)
    c, _, s = stats.genpareto.fit(x, floc=0)
    other = stats.genpareto(c, 0, s).logpdf(x).sum()
    assert f.params["shape"] > -1
    assert f.log_likelihood >= other - 1e-9 or c < -1
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-8 * 80


def test_a_sample_whose_likelihood_rises_to_shape_minus_one_has_no_estimate():
    with pytest.raises(NoMLEError, match="rises to shape -1, the Uniform"):
        GeneralizedPareto.fit([1.0, 1.1, 1.2])
    likelihood = Likelihood(GeneralizedPareto, [1.0, 1.1, 1.2])
    shapes = np.linspace(-0.999, 3.0, 200)
    heights = likelihood.given({"shape": shapes}).highest().log_likelihood
    assert (np.diff(heights) < 0).all()
    with pytest.raises(NoMLEError):
        likelihood.maximize()


def test_a_row_without_an_estimate_stops_no_other():
    rows = np.array([[1.0, 1.1, 1.2], [0.1, 0.2, 4.0], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]])
    f = GeneralizedPareto.fit(rows, axis=1)
    assert list(f.problems) == [0, 2, 3]
    single = GeneralizedPareto.fit(rows[1])
    np.testing.assert_allclose(f.theta[1], single.theta, rtol=1e-12)


def test_the_exponential_is_an_interior_member():
    x = mle.Exponential(0.5).sample(400, rng=2)
    held = GeneralizedPareto.fit(x, fixed={"shape": 0.0})
    plain = mle.Exponential.fit(x)
    assert held.params["scale"] == pytest.approx(1 / plain.params["rate"], rel=1e-13)
    assert held.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-13)
    test = GeneralizedPareto.fit(x).test(shape=0)
    assert 0.01 < test.p_value < 1


@pytest.mark.parametrize("small", [1e-14, 1e-9, 1e-5, 1e-3])
def test_all_formulas_pass_smoothly_through_shape_zero(small):
    likelihood = Likelihood(GeneralizedPareto, [0.1, 0.5, 2.0, 7.0])
    around = [np.array([1.3, k * small]) for k in (-1.0, 0.0, 1.0)]
    for formula in (likelihood.log_likelihood, likelihood.score, likelihood.hessian):
        left, middle, right = (np.asarray(formula(v)) for v in around)
        # Halfway between the two sides, up to the third derivative, which is of order 1,000 here.
        np.testing.assert_allclose(middle, 0.5 * (left + right), rtol=1e-12, atol=3e4 * small**2)
    d = GeneralizedPareto(1.3, np.array([-small, 0.0, small]))
    left, middle, right = d.log_sf(2.0)
    assert middle == pytest.approx(0.5 * (left + right), rel=1e-12, abs=10 * small**2)


def test_an_exact_series_holds_up_to_where_the_plain_quotient_takes_over():
    import mpmath as mp

    from mlecore.families.tail_shape import bent

    with mp.workdps(40):
        for shape in (-0.0499, 0.0499, 0.0501, -0.0501, 0.2):
            b = bent(np.array([2.0]), 1.0, shape)
            exact = [mp.diff(lambda k: mp.log1p(2 * k) / k, mp.mpf(shape), n) for n in (0, 1, 2)]
            for found, right in zip((b.h, b.first, b.second), exact, strict=True):
                assert found[0] == pytest.approx(float(right), rel=1e-13)


@pytest.mark.parametrize("shape", [-0.49, -0.2, 0.0, 0.7])
def test_information_is_the_quadrature_of_the_squared_score(shape):
    d = GeneralizedPareto(2.0, shape)
    # In t, with P(X > x) = exp(-exp(t)), the integrand falls off exponentially on both sides.
    t = np.arange(-60.0, np.log(745.0) if shape >= -0.3 else 7.2, 0.02)
    e = np.exp(t)
    x = d.scale * (e if shape == 0 else np.expm1(shape * e) / shape)
    inside = x < d._ends()[1]
    u = np.where(inside[:, None], d.score(np.where(inside, x, 0.0)), 0.0)
    found = np.einsum("i,ij,ik->jk", 0.02 * e * np.exp(-e), u, u)
    if shape > -0.4:
        np.testing.assert_allclose(d.information(), found, rtol=1e-6)
    expected = np.array([[1 / 4, 1 / (2 * (1 + shape))], [1 / (2 * (1 + shape)), 2 / (1 + shape)]])
    np.testing.assert_allclose(d.information(), expected / (1 + 2 * shape), rtol=1e-14)


def test_a_shape_of_minus_a_half_or_less_refuses_information_with_the_reason():
    with pytest.raises(RegularityError, match="-1/2 or less"):
        GeneralizedPareto(1.0, -0.5).information()
    batch = GeneralizedPareto(1.0, [-0.7, 0.1]).information()
    assert np.isnan(batch[0]).all()
    assert np.isfinite(batch[1]).all()
    f = GeneralizedPareto.fit(GeneralizedPareto(1.0, -0.75).sample(300, rng=3))
    assert f.params["shape"] < -0.5
    for ask in (lambda: f.se, lambda: f.ci(), lambda: f.ci(method="lr"), lambda: f.test(shape=0)):
        with pytest.raises(RegularityError, match="-1/2 or less"):
            ask()
    assert "no standard errors" in f.summary()


def test_a_likelihood_ratio_interval_holds_heights_that_a_search_confirms():
    x = GeneralizedPareto(1.0, 0.2).sample(60, rng=8)
    f = GeneralizedPareto.fit(x)
    low, high = f.ci(method="lr")["shape"]
    target = f.log_likelihood - stats.chi2(1).ppf(0.95) / 2
    for end in (low, high):
        top = optimize.minimize_scalar(
            lambda s, end=end: -stats.genpareto(end, 0, s).logpdf(x).sum(),
            bounds=(0.05, 5.0),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert -top.fun == pytest.approx(target, abs=1e-6)


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_units_do_not_matter(factor):
    x = GeneralizedPareto(1.0, 0.2).sample(60, rng=8)
    a, b = GeneralizedPareto.fit(x), GeneralizedPareto.fit(factor * x)
    assert b.params["shape"] == pytest.approx(a.params["shape"], rel=1e-11)
    assert b.params["scale"] == pytest.approx(factor * a.params["scale"], rel=1e-12)
    assert b.se["shape"] == pytest.approx(a.se["shape"], rel=1e-9)


def test_three_values_may_suffice_and_exact_zeros_are_values():
    f = GeneralizedPareto.fit([0.1, 0.5, 4.0])
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-10
    f = GeneralizedPareto.fit([0.0, 0.2, 0.4, 1.0, 2.5, 0.9])
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-10


def test_what_is_held_is_held_or_refused_with_the_reason():
    x = GeneralizedPareto(1.0, 0.2).sample(60, rng=8)
    for held in ({"scale": 1.5}, {"shape": -0.1}, {"shape": 2.0}):
        f = GeneralizedPareto.fit(x, fixed=held)
        free = f.likelihood.free[0]
        assert f.likelihood.score(f.theta)[0] == pytest.approx(0.0, abs=1e-9)
        step = np.array([[-1e-3], [1e-3]])
        assert (f.likelihood.log_likelihood(f.theta + step) < f.log_likelihood).all()
        assert f.names == (GeneralizedPareto.parameters[free],)
    with pytest.raises(NoMLEError, match="-1 or less"):
        GeneralizedPareto.fit(x, fixed={"shape": -1.0})
    with pytest.raises(NoMLEError, match="zero"):
        GeneralizedPareto.fit([0.0, 0.0, 1.0], fixed={"shape": 2.0})
    with pytest.raises(NoMLEError, match="shape above -1"):
        GeneralizedPareto.fit([1.0, 1.1, 1.2], fixed={"scale": 5.0})


def test_a_long_sample_is_climbed_from_a_part():
    x = GeneralizedPareto(1.0, -0.2).sample(60_000, rng=8)
    f = GeneralizedPareto.fit(x)
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-6
    assert f.params["shape"] == pytest.approx(-0.2, abs=5 * f.se["shape"])


@pytest.mark.parametrize(("seed", "shape"), [(4, -0.99770), (3, None)])
def test_the_few_values_next_to_the_largest_decide_in_a_long_sample_too(seed, shape):
    x = np.random.default_rng(seed).uniform(size=20_000)
    if shape is None:  # the profile at 12,000 places has no top
        with pytest.raises(NoMLEError, match="shape above -1"):
            GeneralizedPareto.fit(x)
    else:
        assert GeneralizedPareto.fit(x).params["shape"] == pytest.approx(shape, abs=1e-5)


# -- partly seen -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4])
def test_censored_binned_and_truncated_fits_are_those_of_their_likelihoods_by_hand(shape):
    d = GeneralizedPareto(2.0, shape)
    x = d.sample(300, rng=4)
    bound = np.quantile(x, 0.8)
    edges = np.append(np.quantile(x, [0, 0.2, 0.5, 0.7, 0.9]), x.max() + 0.1)
    edges[0] = 0.0
    counts = np.histogram(x, edges)[0]
    kept = x[x > 0.5]
    s = stats.genpareto
    cases = [
        (
            mle.observed(np.minimum(x, bound), right=x > bound),
            lambda c, b: (
                s.logpdf(x[x <= bound], c, 0, b).sum() + (x > bound).sum() * s.logsf(bound, c, 0, b)
            ),
        ),
        (
            mle.binned(counts, edges),
            lambda c, b: counts @ np.log(np.diff(s.cdf(edges, c, 0, b))),
        ),
        (
            mle.observed(kept, window=(0.5, inf)),
            lambda c, b: s.logpdf(kept, c, 0, b).sum() - kept.size * s.logsf(0.5, c, 0, b),
        ),
    ]
    for seen, by_hand in cases:
        f = GeneralizedPareto.fit(seen)
        assert f.log_likelihood == pytest.approx(
            by_hand(f.params["shape"], f.params["scale"]), rel=1e-9
        )
        found = optimize.minimize(
            lambda v, h=by_hand: -np.nan_to_num(h(v[0], np.exp(v[1])), nan=-1e9, neginf=-1e9),
            [0.05, np.log(2.0)],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 2000},
        )
        assert f.log_likelihood == pytest.approx(-found.fun, abs=1e-7)


def test_mass_that_reaches_beyond_the_moving_end_keeps_its_slopes():
    d = GeneralizedPareto(2.0, -0.4)  # ends at 5
    terms = mass_terms(d, np.array([4.0, -inf, 4.9]), np.array([9.0, 4.0, inf]))
    upper = 2.5 * np.log1p(-0.4 * 4.0 / 2.0)
    assert terms.value[0] == pytest.approx(upper, rel=1e-12)
    e = 1e-6
    moved = [GeneralizedPareto(2.0, -0.4 + k * e).log_mass(4.0, 9.0) for k in (-1, 1)]
    assert terms.slope[0, 1] == pytest.approx((moved[1] - moved[0]) / (2 * e), rel=1e-7)
    assert np.isfinite(terms.slope).all()


def test_moments_are_infinite_where_they_are():
    d = GeneralizedPareto(2.0, [-0.5, 0.25, 0.5, 1.0])
    np.testing.assert_allclose(d.mean, [4 / 3, 8 / 3, 4.0, inf])
    np.testing.assert_allclose(d.var, [8 / 9, 128 / 9, inf, inf])
