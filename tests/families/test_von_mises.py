"""What the VonMises alone must do: live on a circle."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mlecore import NoMLEError, RegularityError, VonMises
from mlecore.families.von_mises import _concentration, _ratio_shortfall, _ratio_slope


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
