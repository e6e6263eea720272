"""What the shared suite cannot know of the Cauchy: closed forms, ties, and many modes with the scale known."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore import Cauchy, NoMLEError, RegularityError
from mlecore.families.ties import largest_share
from mlecore.statistics import Sample


@pytest.mark.parametrize("seed", range(5))
def test_three_observations_have_a_closed_form(seed):
    # Ferguson (1978), for a < b < c.
    a, b, c = np.sort(np.random.default_rng(seed).standard_cauchy(3))
    square = (c - b) ** 2 + (c - a) ** 2 + (b - a) ** 2
    loc = (a * (c - b) ** 2 + b * (c - a) ** 2 + c * (b - a) ** 2) / square
    scale = np.sqrt(3.0) * (c - b) * (c - a) * (b - a) / square
    f = Cauchy.fit([b, c, a])
    np.testing.assert_allclose(f.theta, [loc, scale], rtol=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_four_observations_have_a_closed_form(seed):
    # Ferguson (1978), for a < b < c < d.
    a, b, c, d = np.sort(np.random.default_rng(seed).standard_cauchy(4))
    width = b - a + d - c
    loc = (b * d - a * c) / width
    scale = np.sqrt((b - a) * (c - b) * (d - c) * (d - a)) / width
    f = Cauchy.fit([c, a, d, b])
    np.testing.assert_allclose(f.theta, [loc, scale], rtol=1e-11)


def test_half_the_values_equal_have_no_maximum_and_a_little_less_have():
    with pytest.raises(NoMLEError, match="half the values or more are equal"):
        Cauchy.fit([1.0, 1.0, 2.0, 5.0])
    with pytest.raises(NoMLEError, match="equal"):
        Cauchy.fit([1.0, 2.0, 5.0], weights=[2.0, 1.0, 1.0])
    f = Cauchy.fit([1.0, 2.0, 5.0], weights=[1.98, 1.0, 1.0])
    assert f.converged
    assert f.params["scale"] < 0.2
    assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-7 / f.params["scale"])


def test_values_of_weight_zero_are_no_observations():
    x, w = [0.0, 50.0, 1.0, 3.0, -2.0], [1.0, 0.0, 1.0, 1.0, 1.0]
    reference = Cauchy.fit([0.0, 1.0, 3.0, -2.0])
    np.testing.assert_allclose(Cauchy.fit(x, weights=w).theta, reference.theta, rtol=1e-12)


@pytest.mark.parametrize("scale", [0.02, 0.3, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_with_the_scale_known_the_highest_of_many_modes_is_found(scale, seed):
    x = 3.0 * np.random.default_rng(seed).standard_cauchy(25)
    f = Cauchy.fit(x, fixed={"scale": scale})
    fine = np.concatenate([v + scale * np.linspace(-2.0, 2.0, 401) for v in x])
    assert f.log_likelihood >= f.likelihood.log_likelihood(loc=fine).max() - 1e-12
    batch = Cauchy.fit(np.stack([x, x + 1.0]), axis=1, fixed={"scale": scale})
    np.testing.assert_allclose(
        batch.params["loc"], f.params["loc"] + np.array([0.0, 1.0]), rtol=1e-9
    )


def test_with_the_location_known_the_slope_in_the_scale_is_zero():
    x = np.random.default_rng(0).standard_cauchy(30)
    f = Cauchy.fit(x, fixed={"loc": 0.0})
    z = x / f.params["scale"]
    # The likelihood equation: half of the sum of 2 z^2 / (1 + z^2) is n / 2.
    assert np.mean(z**2 / (1.0 + z**2)) == pytest.approx(0.5, rel=1e-12)
    with pytest.raises(NoMLEError, match="equal to the fixed loc"):
        Cauchy.fit([0.0, 0.0, 1.0], fixed={"loc": 0.0})
    assert Cauchy.fit([0.0, 0.0, 1.0], fixed={"loc": 0.1}).converged


def test_there_are_no_moments():
    d = Cauchy(loc=[0.0, 1.0], scale=2.0)
    assert np.isnan(d.mean).all()
    assert np.isnan(d.var).all()
    with pytest.raises(RegularityError, match="no moments"):
        Cauchy.fit([1.0, 2.0, 4.0], method="moments")


def test_slopes_survive_where_squares_overflow():
    d = Cauchy(loc=0.0, scale=1e-200)
    np.testing.assert_allclose(d.score(1.0), [2.0, 1e200], rtol=1e-14)
    np.testing.assert_allclose(Cauchy(0.0, 1.0).score(1e200), [2e-200, 1.0], rtol=1e-14)


def test_the_sample_mean_is_useless_where_the_fit_is_not():
    x = Cauchy(loc=5.0, scale=1.0).sample((500, 200), rng=1)
    loc = Cauchy.fit(x, axis=1).params["loc"]
    # The information of one observation is 1 / (2 scale^2).
    assert loc.std() == pytest.approx(np.sqrt(2.0 / 200), rel=0.12)
    assert np.abs(x.mean(axis=1) - 5.0).max() > 50.0


def test_the_largest_share_counts_runs_of_equal_values():
    t = Sample.of(np.array([[1.0, 2.0, 1.0, 3.0], [4.0, 4.0, 4.0, 0.0]]))
    np.testing.assert_allclose(largest_share(t), [0.5, 0.75])
    weighted = Sample.of(np.array([1.0, 2.0, 1.0]), np.array([0.5, 3.0, 0.5]))
    assert largest_share(weighted) == 0.75


def test_a_hundred_thousand_values_take_a_handful_of_steps():
    x = Cauchy(loc=-3.0, scale=0.5).sample(100_000, rng=0)
    assert Cauchy.fit(x).iterations <= 6
    assert mle.Cauchy.fit(x).converged
