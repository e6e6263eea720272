"""What the Laplace alone must do: a median at a corner, which no slope leads to."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore import Laplace, Likelihood, NoMLEError, RegularityError


@pytest.mark.parametrize("n", [3, 4, 51, 200])
def test_the_estimates_are_the_median_and_the_mean_deviation_from_it(n):
    x = np.random.default_rng(n).normal(size=n)
    f = Laplace.fit(x)
    assert f.params["loc"] == np.median(x)
    assert f.params["scale"] == pytest.approx(np.abs(x - np.median(x)).mean(), rel=1e-14)


def test_weighted_medians_are_medians_of_repetitions():
    rng = np.random.default_rng(0)
    for _ in range(200):
        x, w = rng.normal(size=7), rng.integers(0, 4, size=7)
        w[0] = 1
        repeated = np.repeat(x, w.astype(np.intp))
        assert Laplace.fit(repeated + 0.0, fixed={"scale": 1}).params["loc"] == np.median(repeated)
        weighted = Laplace.fit(x, weights=w, fixed={"scale": 1}).params["loc"]
        assert weighted == pytest.approx(np.median(repeated), rel=1e-15)


def test_every_point_between_the_middle_values_does_equally_well():
    f = Laplace.fit([1.0, 2.0, 6.0, 9.0])
    values = f.likelihood.log_likelihood(loc=np.array([2.0, 3.1, 4.0, 6.0]), scale=3.0)
    np.testing.assert_allclose(values, values[0], rtol=1e-15)
    assert f.params["loc"] == 4.0


def test_at_a_corner_the_slope_nearest_to_zero_is_given():
    likelihood = Likelihood(Laplace, [1, 2, 2, 2, 3, 3, 3])
    # To the left of 2 the slope is 6 - 1, to its right 3 - 4: zero lies between.
    assert likelihood.score(loc=2.0, scale=1.0)[0] == 0.0
    assert likelihood.score(loc=1.9, scale=1.0)[0] == 5.0
    assert likelihood.score(loc=2.1, scale=1.0)[0] == -1.0
    assert likelihood.score(loc=3.0, scale=1.0)[0] == -1.0
    top = likelihood.maximize()
    assert top.converged
    assert top.params["loc"] == 2.0


def test_the_information_is_the_expected_one_and_the_sandwich_is_refused():
    f = Laplace.fit([1.0, 2.0, 6.0, 9.0])
    np.testing.assert_allclose(f.cov, np.eye(2) * f.params["scale"] ** 2 / 4)
    with pytest.raises(RegularityError, match="corner"):
        f.covariance("sandwich")


def test_held_parameters_leave_the_other_at_its_own_formula():
    x = np.array([1.0, 2.0, 6.0])
    assert Laplace.fit(x, fixed={"loc": 0}).params["scale"] == 3.0
    assert Laplace.fit(x, fixed={"scale": 9}).params["loc"] == 2.0
    assert Laplace.fit([2.0, 2.0], fixed={"loc": 1.5}).params["scale"] == 0.5
    with pytest.raises(NoMLEError, match="equal"):
        Laplace.fit([2.0, 2.0], fixed={"loc": 2.0})
    profile = Likelihood(Laplace, x).profile("loc", [1.0, 2.0, 3.0])
    assert profile[1] == Laplace.fit(x).log_likelihood
    assert profile[1] > max(profile[0], profile[2])


def test_two_equal_values_of_three_still_have_a_maximum():
    # Half the values or more at one point defeat a Cauchy, not a Laplace.
    assert Laplace.fit([1.0, 1.0, 1.0, 5.0]).params == {"loc": 1.0, "scale": 1.0}
