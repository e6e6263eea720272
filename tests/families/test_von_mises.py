"""What the VonMises alone must do: live on a circle."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import integrate

import mlecore as mle
from mlecore import DataError, NoMLEError, RegularityError, VonMises
from mlecore.families.von_mises import _concentration, _ratio_shortfall, _ratio_slope
from mlecore.mass import mass_terms


def ratio(k):
    return mpmath.besseli(1, k) / mpmath.besseli(0, k)


@pytest.mark.parametrize("k", [1e-8, 0.1, 1.0, 10.0, 49.0, 50.0, 51.0, 1e3, 1e6])
def test_the_bessel_ratio_and_its_slope_keep_their_digits(k):
    a = ratio(mpmath.mpf(k))
    slope = 1 - a / k - a * a
    assert abs(float(_ratio_shortfall(k)) / float(1 - a) - 1) < 5e-14
    assert abs(float(_ratio_slope(k)) / float(slope) - 1) < 5e-12
    # At k = 0 the slope is 1/2, the variance of a cosine.
    assert _ratio_slope(0.0) == 0.5


@pytest.mark.parametrize("k", [1e-6, 0.01, 0.5, 1.0, 2.0, 10.0, 60.0, 1e4, 1e9])
def test_the_concentration_inverts_the_bessel_ratio(k):
    shortfall = 1 - ratio(mpmath.mpf(k))
    found, converged, _ = _concentration(float(shortfall))
    assert converged
    # Near 1 the shortfall itself holds k only to 1e-16 of 1.
    assert found == pytest.approx(k, rel=1e-12 + 4e-16 / k)


@pytest.mark.parametrize("turn", [-20.0, 1.0, 3.0, 2 * np.pi])
def test_turning_the_circle_turns_the_direction_alone(turn):
    x = np.random.default_rng(0).vonmises(0.5, 2.0, size=40)
    f, g = VonMises.fit(x), VonMises.fit(x + turn)
    difference = g.params["mu"] - f.params["mu"] - turn
    assert np.cos(difference) == pytest.approx(1.0, abs=1e-12)
    assert np.abs(g.params["mu"]) <= np.pi
    assert g.params["kappa"] == pytest.approx(f.params["kappa"], rel=1e-11)
    assert g.log_likelihood == pytest.approx(f.log_likelihood, rel=1e-11)


def test_angles_around_pi_have_their_mean_there_and_not_at_zero():
    mu = VonMises.fit([np.pi - 0.1, -np.pi + 0.1, np.pi - 0.2]).params["mu"]
    assert np.cos(mu) < -0.99


@pytest.mark.parametrize("x", [[0.0, np.pi], [0.0, np.pi / 2, np.pi, -np.pi / 2]])
def test_angles_that_cancel_have_no_direction(x):
    f = VonMises.fit(x)
    assert f.params["kappa"] == 0.0
    assert "every mu does equally well" in f.notes[0]
    assert f.log_likelihood == pytest.approx(-len(x) * np.log(2 * np.pi))
    with pytest.raises(RegularityError, match="boundary"):
        _ = f.se


@pytest.mark.parametrize("x", [[0.5], [1.0, 1.0], [0.0, 2 * np.pi]])
def test_equal_directions_have_no_maximum(x):
    with pytest.raises(NoMLEError, match="all angles are equal"):
        VonMises.fit(x)


def test_a_known_direction_is_used():
    x = [0.5, 1.5]
    assert VonMises.fit(x, fixed={"mu": 3.0}).params["kappa"] == 0.0  # they point away from it
    f = VonMises.fit(x, fixed={"mu": 0.7})
    shortfall = 1 - np.cos(np.array(x) - 0.7).mean()
    assert _ratio_shortfall(f.params["kappa"]) == pytest.approx(shortfall, rel=1e-12)
    assert VonMises.fit([1.0, 1.0], fixed={"kappa": 2.0}).params["mu"] == 1.0


def test_large_concentrations_are_nearly_normal():
    x = 0.3 + 1e-4 * np.random.default_rng(0).normal(size=500)
    f = VonMises.fit(x)
    assert f.params["kappa"] == pytest.approx(1 / x.var(), rel=1e-6)
    assert f.dist.var == pytest.approx(1 / f.params["kappa"], rel=1e-6)


def test_the_variance_runs_from_the_uniforms_to_the_normals():
    var = VonMises(mu=0.0, kappa=np.array([0.0, 1e8])).var
    np.testing.assert_allclose(var, [np.pi**2 / 3, 1e-8], rtol=1e-7)


# -- arcs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0.0, 2.0, 3.0, -9.0])
@pytest.mark.parametrize("width", [1e-6, 0.5, 3.0, 6.0, 7.0])
def test_two_limits_are_the_ends_of_an_arc_wherever_it_lies(turn, width):
    d = VonMises(mu=2.0, kappa=1.4)
    seen = min(width, 2 * np.pi)
    p = integrate.quad(d.pdf, turn, turn + seen, epsabs=0.0, epsrel=1e-12)[0]
    assert d.log_mass(turn, turn + width) == pytest.approx(np.log(p), abs=1e-10)


@pytest.mark.parametrize(("low", "high"), [(1.0, 2.0), (4.5, 6.5), (-2.0, 3.5), (5.0, 5.2)])
def test_slope_and_curvature_of_an_arc_are_the_derivatives_of_its_mass(low, high):
    theta = np.array([2.0, 1.4])

    def terms(t):
        return mass_terms(VonMises(*t), np.array(low), np.array(high))

    for found, of in (("slope", "value"), ("curvature", "slope")):
        expected = [
            (getattr(terms(theta + e), of) - getattr(terms(theta - e), of)) / 2e-4
            for e in 1e-4 * np.eye(2)
        ]
        np.testing.assert_allclose(getattr(terms(theta), found), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_a_fit_of_arcs_turns_with_them(seed):
    rng = np.random.default_rng(seed)
    x = VonMises(mu=rng.uniform(-3, 3), kappa=1.4).sample(60, rng=rng)
    exact = rng.random(60) < 0.5
    low = np.where(exact, x, np.floor(2 * x) / 2 - 0.5)
    high = np.where(exact, x, low + 1.0)
    f = VonMises.fit(mle.interval(low, high))
    by_hand = f.dist.log_prob(x[exact]).sum() + sum(
        np.log(integrate.quad(f.dist.pdf, a, a + 1.0)[0]) for a in low[~exact]
    )
    assert f.log_likelihood == pytest.approx(by_hand, rel=1e-9)
    np.testing.assert_allclose(f.likelihood.score(f.theta), 0.0, atol=1e-6)
    turned = VonMises.fit(mle.interval(low + 2.5, high + 2.5))
    away = turned.params["mu"] - f.params["mu"] - 2.5
    assert np.cos(away) == pytest.approx(1.0, abs=1e-12)
    assert turned.params["kappa"] == pytest.approx(f.params["kappa"], rel=1e-7)


def test_angles_in_bins_and_windows_have_their_estimate():
    x = np.mod(VonMises(mu=2.5, kappa=2.0).sample(200, rng=0), 2 * np.pi)
    whole = VonMises.fit(x)
    f = VonMises.fit(mle.binned(*np.histogram(x, bins=12, range=(0, 2 * np.pi))))
    assert f.params["mu"] == pytest.approx(whole.params["mu"], abs=0.02)
    assert f.params["kappa"] == pytest.approx(whole.params["kappa"], abs=0.1)
    half = VonMises.fit(mle.observed(x[x < np.pi], window=(0.0, np.pi)))
    grid = VonMises(half.params["mu"] + np.array([-0.1, 0.0, 0.1]), half.params["kappa"])
    seen = grid.log_prob(x[x < np.pi, None]).sum(axis=0) - (x < np.pi).sum() * np.log(
        [integrate.quad(VonMises(m, half.params["kappa"]).pdf, 0, np.pi)[0] for m in grid.mu]
    )
    assert seen.argmax() == 1
    assert half.log_likelihood == pytest.approx(seen[1], rel=1e-9)


def test_the_distribution_function_of_an_angle_is_a_probability():
    d = VonMises(mu=2.0, kappa=1.4)
    np.testing.assert_array_equal(d.cdf([-2.0, 2.0, 6.0]), [0.0, 0.5, 1.0])
    np.testing.assert_allclose(d.cdf([-2.0, 0.0, 6.0]) + d.sf([-2.0, 0.0, 6.0]), 1.0, atol=1e-14)


@pytest.mark.parametrize(
    "seen",
    [
        mle.observed([1.0, 2.0], right=[False, True]),
        mle.observed([1.0, 2.0], entry=[-np.inf, 0.5]),
        mle.interval([0.0, 1.0], [0.5, np.inf]),
    ],
)
def test_no_angle_lies_beyond_another(seen):
    with pytest.raises(DataError, match=r"row 1 has one limit only.*both ends of the arc"):
        VonMises.fit(seen)


def test_arcs_have_no_order_to_look_at():
    f = VonMises.fit(mle.binned([1, 4, 6, 2], [0, 1, 2, 3, 6.2]))
    for order in (f.goodness, f.residuals, f.plot):
        with pytest.raises(DataError, match="angles come round again"):
            order()
    with pytest.raises(RegularityError, match="lies before them too"):
        f.bootstrap(9, parametric=True, rng=0)
