"""The Lomax: a likelihood with several maxima, and a limit that may be higher than all of them."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import NoMLEError
from mlecore.mass import mass_terms

HEAVY = np.array([0.1, 0.2, 0.3, 0.7, 5.0])


def profile(x, u):
    """Return the mean log-likelihood at log(scale) = u and the best shape there, and its slope, up to a factor."""
    s, x = mp.exp(u), [mp.mpf(v) for v in x]
    m = mp.fsum(mp.log1p(v / s) for v in x) / len(x)
    r = mp.fsum(v / (v + s) for v in x) / len(x)
    return -mp.log(m) - u - m - 1, r - m * (1 - r)


def highest(x):
    """Return the highest point of the profile, and its height."""
    grid = np.arange(np.log(min(x)) - 12.0, np.log(max(x)) + 12.0, 0.05)
    best = grid[int(np.argmax([float(profile(x, u)[0]) for u in grid]))]
    with mp.workdps(40):
        u = mp.findroot(lambda u: profile(x, u)[1], best)
        return float(mp.exp(u)), float(len(x) * profile(x, u)[0])


@pytest.mark.parametrize(
    "x",
    [HEAVY, [0.001, 0.002, 0.9, 1.0, 1.1], [1.0, 1.0, 1.0, 9.0], [0.2, 0.2, 0.2, 3.0, 700.0], [1e-12, 1e-5, 1.0, 3.0]],
    ids=["heavy", "less spread than the limit", "ties", "more ties", "over twelve decades"],
)  # fmt: skip
def test_the_fit_is_the_highest_point_of_the_profile(x):
    f, (scale, height) = mle.Lomax.fit(x), highest(x)
    assert f.params["scale"] == pytest.approx(scale, rel=1e-9)
    assert f.log_likelihood == pytest.approx(height, rel=1e-13)
    assert f.log_likelihood > mle.Exponential.fit(x).log_likelihood


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_the_unit_changes_nothing_but_the_scale(unit):
    near, far = mle.Lomax.fit(HEAVY), mle.Lomax.fit(unit * HEAVY)
    assert far.params["shape"] == pytest.approx(near.params["shape"], rel=1e-12)
    assert far.params["scale"] / unit == pytest.approx(near.params["scale"], rel=1e-12)
    assert far.se["scale"] / unit == pytest.approx(near.se["scale"], rel=1e-10)


def test_where_the_profile_rises_to_its_end_the_exponential_is_the_limit():
    x = np.array([1.0, 2.0, 3.0, 10.0])
    with pytest.raises(NoMLEError, match="highest as shape and scale grow") as caught:
        mle.Lomax.fit(x, weights=[1, 2, 1, 1])
    assert caught.value.limit.params["rate"] == pytest.approx(5 / 18)
    with pytest.raises(NoMLEError, match=r"equal.*Exponential") as caught:
        mle.Lomax.fit([2.0, 2.0])
    assert caught.value.limit.params["rate"] == pytest.approx(0.5)


def test_a_spread_just_above_that_of_the_exponential_has_a_maximum_far_out():
    # Of two values weighed so that the coefficient of variation is 1 + 1e-6.
    x, share = np.array([1.0, 8.0]), 0.9
    mean, square = share + 8 * (1 - share), share + 64 * (1 - share)
    assert square > 2 * mean**2
    f = mle.Lomax.fit(np.r_[x, mean], weights=np.r_[share, 1 - share, 0.9 * (square / mean**2 - 2)])
    assert f.params["scale"] > 20.0
    assert np.all(np.abs(f.likelihood.score(f.theta)) * f.theta < 1e-9)
    assert f.log_likelihood > mle.Exponential.fit(*f.likelihood.observations()).log_likelihood


def test_an_exact_zero_has_no_maximum_unless_a_parameter_holds_it():
    x = [0.0, 0.5, 1.0, 30.0]
    with pytest.raises(NoMLEError, match="a value is zero"):
        mle.Lomax.fit(x)
    batch = mle.Lomax.fit([x, [0.1, 0.5, 1.0, 30.0], [0.0, 0.0, 0.0, 0.0]], axis=1)
    assert list(batch.problems) == [0, 2]
    assert mle.Lomax.fit(x, weights=[0, 1, 1, 1]).n == 3
    held = mle.Lomax.fit(x, fixed={"shape": 1.0})
    assert held.likelihood.score(held.theta) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(NoMLEError, match="scale shrinks to 0"):
        mle.Lomax.fit(x, fixed={"shape": 0.3})
    seen = mle.Lomax.fit(mle.interval([0.0, 0.5, 1.0, 30.0], [0.05, 0.5, 1.0, 30.0]))
    assert np.isfinite(seen.log_likelihood)


def test_a_long_sample_is_climbed_from_a_part_to_the_same_top():
    x = mle.Lomax(1.5, 2.0).sample(9000, rng=3)
    f = mle.Lomax.fit(x)
    t = mle.Lomax.statistics(x[:1000]) + mle.Lomax.statistics(x[1000:])
    np.testing.assert_allclose(mle.Lomax.fit(t).theta, f.theta, rtol=1e-10)
    assert np.all(np.abs(f.likelihood.score(f.theta) * f.theta) < 1e-7)


@pytest.mark.parametrize("x", [1e-300, 1e-3, 2.0, 1e200])
def test_both_tails_keep_their_digits(x):
    d = mle.Lomax(1.5, 2.0)
    with mp.workdps(400):
        upper = -mp.mpf(1.5) * mp.log1p(mp.mpf(x) / 2)
        lower = float(mp.log(1 - mp.exp(upper)))
    assert d.log_sf(x) == pytest.approx(float(upper), rel=1e-14)
    assert d.log_cdf(x) == pytest.approx(lower, rel=1e-14)


def test_what_is_seen_in_part_is_fitted_as_well():
    x = mle.Lomax(1.5, 2.0).sample(300, rng=1)
    bound = np.quantile(x, 0.8)
    whole = mle.Lomax.fit(x)
    censored = mle.Lomax.fit(mle.observed(np.minimum(x, bound), right=x > bound))
    window = mle.Lomax.fit(mle.observed(x[x <= bound], window=(0.0, bound)))
    for f in (censored, window):
        assert np.all(np.abs(f.likelihood.score(f.theta)) * f.theta < 1e-5)
        assert abs(np.log(f.params["shape"] / whole.params["shape"])) < 1.0
    terms = mass_terms(whole.dist, np.array([0.1]), np.array([0.1 + 1e-9]))
    assert np.isfinite(terms.curvature).all()


def test_a_long_sample_hardly_more_spread_than_an_exponential_has_its_maximum():
    x = np.random.default_rng(22).exponential(size=5000)
    f = mle.Lomax.fit(x)
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-6
    assert f.log_likelihood > mle.Exponential.fit(x).log_likelihood


def test_a_maximum_whose_last_digits_are_lost_in_rounding_is_found():
    rng = np.random.default_rng(21)
    rng.uniform(size=310)
    f = mle.Lomax.fit(rng.exponential(size=310))
    assert f.params["shape"] == pytest.approx(4001, rel=1e-4)
