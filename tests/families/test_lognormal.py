"""What the LogNormal alone must do: be the Normal of the logarithms."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore import LogNormal, Normal


def test_it_is_the_normal_of_the_logarithms():
    x = np.random.default_rng(0).lognormal(1.0, 0.5, size=50)
    f, g = LogNormal.fit(x), Normal.fit(np.log(x))
    assert f.params == pytest.approx(g.params, rel=1e-14)
    assert f.log_likelihood == pytest.approx(g.log_likelihood - np.log(x).sum(), rel=1e-14)
    np.testing.assert_allclose(f.cov, g.cov, rtol=1e-12)


def test_the_median_is_equivariant_over_six_hundred_orders_of_magnitude():
    x = np.array([1.0, 2.0, 4.0, 3.0])
    sigma = LogNormal.fit(x).params["sigma"]
    for factor in (1e-300, 1e-9, 1e9, 1e300):
        f = LogNormal.fit(factor * x)
        assert f.params["sigma"] == pytest.approx(sigma, rel=1e-13)
        assert f.params["mu"] == pytest.approx(np.log(factor) + np.log(24) / 4, rel=1e-15)


def test_the_mean_lies_above_the_median():
    d = LogNormal(mu=1.0, sigma=0.8)
    assert d.mean == pytest.approx(np.exp(1 + 0.32))
    assert d.ppf(0.5) == pytest.approx(np.e)
