"""What the Pareto alone must do: a scale on the edge of the data, and a regular shape once the scale is known."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore import Likelihood, NoMLEError, Pareto, RegularityError


def test_the_estimates_are_the_least_value_and_one_over_the_mean_log_ratio():
    x = np.array([2.0, 3.0, 7.0, 5.0])
    f = Pareto.fit(x)
    assert f.params["scale"] == 2.0
    assert f.params["shape"] == pytest.approx(4 / np.log(x / 2).sum(), rel=1e-14)


def test_with_a_known_scale_the_family_is_regular():
    x = np.array([2.0, 3.0, 7.0, 5.0])
    f = Pareto.fit(x, fixed={"scale": 1.0})
    assert f.params["shape"] == pytest.approx(4 / np.log(x).sum(), rel=1e-14)
    assert f.se["shape"] == pytest.approx(f.params["shape"] / 2, rel=1e-12)
    with pytest.raises(RegularityError, match="scale of Pareto moves the support"):
        _ = Pareto.fit(x).se


def test_with_a_known_scale_log_ratios_are_exponential():
    x = np.array([2.0, 3.0, 7.0, 5.0])
    f = Pareto.fit(x, fixed={"scale": 2.0})
    g = mle.Exponential.fit(np.log(x / 2.0))
    assert f.params["shape"] == pytest.approx(g.params["rate"], rel=1e-14)
    assert f.log_likelihood == pytest.approx(g.log_likelihood - np.log(x).sum(), rel=1e-13)


def test_a_fixed_scale_above_a_value_is_refused():
    with pytest.raises(NoMLEError, match="below the fixed scale"):
        Pareto.fit([1.0, 2.0], fixed={"scale": 1.5})
    batch = Pareto.fit([[1.0, 2.0], [2.0, 3.0]], axis=1, fixed={"scale": 1.5})
    assert list(batch.problems) == [0]
    assert np.isfinite(batch.theta[1]).all()


def test_a_known_shape_leaves_the_scale_at_the_least_value():
    f = Pareto.fit([2.0, 2.0], fixed={"shape": 3.0})
    assert f.params == {"shape": 3.0, "scale": 2.0}


def test_the_profile_of_the_scale_ends_at_the_least_value():
    likelihood = Likelihood(Pareto, [1.0, 2.0, 3.0])
    low, top, beyond, outside = likelihood.profile("scale", [0.5, 1.0, 1.5, -1.0])
    assert low < top == likelihood.maximize().log_likelihood
    assert beyond == -np.inf
    assert np.isnan(outside)


def test_the_scale_errs_upwards_by_about_its_size_over_n():
    x = Pareto(shape=2.0, scale=1.0).sample((4000, 50), rng=0)
    scale = Pareto.fit(x, axis=1).params["scale"]
    assert (scale >= 1.0).all()
    # The smallest of n is Pareto(n a, s), whose mean is n a s / (n a - 1).
    assert scale.mean() == pytest.approx(100 / 99, abs=5 * scale.std() / np.sqrt(4000))


def test_moments_are_infinite_where_they_are():
    assert Pareto(shape=1.0, scale=2.0).mean == np.inf
    assert Pareto(shape=2.0, scale=2.0).var == np.inf
    assert Pareto(shape=3.0, scale=2.0).mean == 3.0
