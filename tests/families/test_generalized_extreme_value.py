"""What the generalised extreme value alone must do: Coles' maxima, a shape that passes through 0, often no maximum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mlecore as mle
from mlecore import GeneralizedExtremeValue, Likelihood, NoMLEError, RegularityError

inf = np.inf

# Yearly maxima of the sea level at Port Pirie, 1923 to 1987, in metres (Coles 2001, example 1.1). Four public copies,
# one of them beside the fit that the R package ismev made of its own, agree in every value.
PORT_PIRIE = mle.datasets.load("port_pirie").sample


def test_the_maxima_of_port_pirie_give_the_published_fit():
    # Coles (2001), section 3.4.1: estimates, log-likelihood and covariance.
    f = GeneralizedExtremeValue.fit(PORT_PIRIE)
    published = [(3.87, 0.005), (0.198, 0.0005), (-0.050, 0.0005)]
    for value, (right, rounding) in zip(f.theta, published, strict=True):
        assert value == pytest.approx(right, abs=rounding)
    assert f.log_likelihood == pytest.approx(4.34, abs=0.005)
    covariance = [
        [0.000780, 0.000197, -0.00107],
        [0.000197, 0.000410, -0.000778],
        [-0.00107, -0.000778, 0.00965],
    ]
    np.testing.assert_allclose(f.cov, covariance, rtol=6e-3)
    # ismev's search for the same maximum stopped a little short of it.
    np.testing.assert_allclose(f.theta, [3.87474692, 0.19804120, -0.05008773], rtol=5e-4)
    assert f.log_likelihood == pytest.approx(4.339058, abs=5e-7)
    assert f.log_likelihood >= Likelihood(GeneralizedExtremeValue, PORT_PIRIE).log_likelihood(
        [3.87474692, 0.19804120, -0.05008773]
    )


def test_the_levels_of_port_pirie_once_in_ten_and_in_a_hundred_years_are_the_published_ones():
    # Coles (2001), section 3.4.1: 4.30 with variance 0.00303, and 4.69 with the interval 4.377 to 5.000.
    f = GeneralizedExtremeValue.fit(PORT_PIRIE)
    ten, hundred = f.quantile(0.9), f.quantile(0.99)
    assert ten.estimate == pytest.approx(4.30, abs=0.005)
    assert ten.se**2 == pytest.approx(0.00303, abs=1e-5)
    assert hundred.estimate == pytest.approx(4.69, abs=0.005)
    assert hundred.ci == pytest.approx((4.377, 5.000), abs=2e-3)
    # By likelihood the upper end, of which less is known, lies farther away.
    low, high = f.quantile(0.99, method="lr").ci
    assert high - hundred.estimate > 2.5 * (hundred.estimate - low)


@pytest.mark.parametrize("shape", [-0.45, -1e-9, 0.0, 1e-9, 0.3, 1.2])
def test_the_fit_is_no_lower_than_scipys(shape):
    x = GeneralizedExtremeValue(1.0, 2.0, shape).sample(80, rng=5)
    f = GeneralizedExtremeValue.fit(x)
    other = stats.genextreme.logpdf(x, *stats.genextreme.fit(x)).sum()
    assert f.log_likelihood >= other - 1e-9
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-7


def test_at_shape_zero_it_is_the_gumbel():
    x = mle.Gumbel(1.0, 2.0).sample(100, rng=1)
    held, plain = GeneralizedExtremeValue.fit(x, fixed={"shape": 0.0}), mle.Gumbel.fit(x)
    np.testing.assert_allclose(held.theta, plain.theta, rtol=1e-8)
    assert held.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-13)


@pytest.mark.parametrize("shape", [-0.45, -0.11, -0.09, 0.0, 1e-6, 0.09, 0.11, 0.8])
def test_information_is_the_quadrature_of_the_squared_score(shape):
    d = GeneralizedExtremeValue(1.0, 2.0, shape)
    # -log P(X <= x) is Exponential: in its logarithm the integrand falls off exponentially on both sides.
    log_a = np.arange(-60.0 / min(1.0, 1.0 + 2.0 * shape), 4.5, 0.05)
    w = -shape * log_a
    x = d.loc + d.scale * (-log_a if shape == 0 else np.expm1(w) / shape)
    inside = d._inside(x)
    u = np.where(inside[:, None], d.score(np.where(inside, x, d.loc)), 0.0)
    found = np.einsum("i,ij,ik->jk", 0.05 * np.exp(log_a - np.exp(log_a)), u, u)
    # Near the moving end the places themselves have lost digits.
    rtol = 1e-8 if shape > -0.3 else 0.2
    np.testing.assert_allclose(d.information(), found, rtol=rtol, atol=1e-9)


def test_mean_and_variance_pass_through_shape_zero():
    d = GeneralizedExtremeValue(1.0, 2.0, [-0.3, 0.0, 1e-9, 0.2, 0.5, 1.0])
    g = mle.Gumbel(1.0, 2.0)
    np.testing.assert_allclose(d.mean[1:3], g.mean, rtol=1e-8)
    np.testing.assert_allclose(d.var[1:3], g.var, rtol=1e-8)
    for k in (0, 3):
        c = stats.genextreme(-d.shape[k], 1.0, 2.0)
        assert (d.mean[k], d.var[k]) == pytest.approx((c.mean(), c.var()), rel=1e-10)
    assert d.var[4] == d.mean[5] == inf


def test_a_sample_without_an_interior_top_is_refused_and_stops_no_other_row():
    for x in ([1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]):
        with pytest.raises(NoMLEError):
            GeneralizedExtremeValue.fit(x)
    good = np.array(PORT_PIRIE[:20])
    rows = np.stack([good, np.full(20, 2.0)])
    f = GeneralizedExtremeValue.fit(rows, axis=1)
    assert list(f.problems) == [1]
    np.testing.assert_allclose(f.theta[0], GeneralizedExtremeValue.fit(good).theta, rtol=1e-7)


def test_the_likelihood_has_a_spike_at_the_smallest_value_for_shapes_above_n_minus_one():
    likelihood = Likelihood(GeneralizedExtremeValue, [1.0, 2.0, 4.0])
    heights = likelihood.log_likelihood(loc=1.0, scale=np.exp([-10.0, -100.0, -400.0]), shape=4.0)
    assert (np.diff(heights) > 10).all()


def test_what_is_held_is_held():
    x = GeneralizedExtremeValue(1.0, 2.0, 0.2).sample(60, rng=3)
    cases = [{"shape": 0.4}, {"loc": 1.0}, {"scale": 2.0}, {"loc": 1.0, "shape": 1.2}]
    for held in (*cases, {"scale": 2.0, "shape": -0.3}, {"loc": 1.0, "scale": 2.0}):
        f = GeneralizedExtremeValue.fit(x, fixed=held)
        assert np.abs(f.likelihood.score(f.theta)).max() < 1e-6
    with pytest.raises(NoMLEError, match="-1 or less"):
        GeneralizedExtremeValue.fit(x, fixed={"shape": -1.0})


def test_a_shape_of_minus_a_half_or_less_refuses_inference_with_the_reason():
    with pytest.raises(RegularityError, match="-1/2 or less"):
        GeneralizedExtremeValue(0.0, 1.0, -0.5).information()
    f = GeneralizedExtremeValue.fit(GeneralizedExtremeValue(0.0, 1.0, -0.75).sample(300, rng=3))
    assert f.params["shape"] < -0.5
    for ask in (lambda: f.se, lambda: f.ci(method="lr"), lambda: f.test(shape=0)):
        with pytest.raises(RegularityError, match="-1/2 or less"):
            ask()


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_units_do_not_matter(factor):
    a, b = (GeneralizedExtremeValue.fit(k * np.array(PORT_PIRIE)) for k in (1.0, factor))
    np.testing.assert_allclose(b.theta, a.theta * [factor, factor, 1.0], rtol=1e-6)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4])
def test_censored_and_binned_fits_are_those_of_their_likelihoods_by_hand(shape):
    x = GeneralizedExtremeValue(1.0, 2.0, shape).sample(300, rng=4)
    bound = np.quantile(x, 0.8)
    f = GeneralizedExtremeValue.fit(mle.observed(np.minimum(x, bound), right=x > bound))
    c = f.dist.scipy()
    by_hand = c.logpdf(x[x <= bound]).sum() + (x > bound).sum() * c.logsf(bound)
    assert f.log_likelihood == pytest.approx(by_hand, rel=1e-10)
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-5
    edges = np.concatenate([[-inf], np.quantile(x, [0.1, 0.3, 0.6, 0.9]), [inf]])
    counts = np.histogram(x, edges)[0]
    f = GeneralizedExtremeValue.fit(mle.binned(counts, edges))
    by_hand = counts @ np.log(np.diff(f.dist.scipy().cdf(edges)))
    assert f.log_likelihood == pytest.approx(by_hand, rel=1e-9)
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-5


@pytest.mark.parametrize("seed", [0, 13])
def test_a_tail_so_heavy_that_no_mean_tells_where_the_values_lie_has_its_top(seed):
    x = np.random.default_rng(seed).pareto(0.3, size=310)
    f = GeneralizedExtremeValue.fit(x)
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-6
    loc, scale, shape = f.theta
    assert f.log_likelihood == pytest.approx(stats.genextreme.logpdf(x, -shape, loc, scale).sum())
