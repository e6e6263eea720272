"""The HalfNormal: one half of a Normal about zero."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import NoMLEError

X = np.array([0.0, 0.3, 0.3, 1.1, 2.4])


@pytest.mark.parametrize("unit", [1e-150, 1.0, 1e150])
def test_the_fit_is_that_of_a_normal_about_zero(unit):
    f, normal = mle.HalfNormal.fit(unit * X), mle.Normal.fit(unit * X, fixed={"mu": 0.0})
    assert f.params["scale"] == pytest.approx(normal.params["sigma"], rel=1e-15)
    assert f.log_likelihood == pytest.approx(normal.log_likelihood + 5 * np.log(2.0), rel=1e-14)
    assert f.se["scale"] == pytest.approx(f.params["scale"] / np.sqrt(10), rel=1e-12)


def test_values_that_are_all_zero_have_no_fit_and_stop_no_other():
    with pytest.raises(NoMLEError, match="all values are zero"):
        mle.HalfNormal.fit([0.0, 0.0])
    batch = mle.HalfNormal.fit([[0.0, 0.0], [3.0, 4.0], [1.0, np.nan]], axis=1)
    assert list(batch.problems) == [0, 2]
    assert batch.params["scale"][1] == pytest.approx(np.sqrt(12.5))


@pytest.mark.parametrize("z", [1e-300, 1e-8, 0.5, 0.999, 1.001, 6.0, 40.0])
def test_both_tails_keep_their_digits(z):
    d = mle.HalfNormal(2.0)
    with mp.workdps(400):
        half = mp.erf(mp.mpf(z) / mp.sqrt(2))
        lower, upper = float(mp.log(half)), float(mp.log(1 - half))
    assert d.log_cdf(2.0 * z) == pytest.approx(lower, rel=1e-14, abs=1e-300)
    assert d.log_sf(2.0 * z) == pytest.approx(upper, rel=1e-14)


def test_censored_sizes_are_those_of_a_normal_seen_from_both_sides():
    t = mle.observed([0.5, 1.0, 2.0], right=[False, False, True])
    f = mle.HalfNormal.fit(t)
    sizes = np.array([0.5, 1.0, 2.0])
    normal = mle.Normal(0.0, f.params["scale"])
    by_hand = normal.log_prob(sizes[:2]).sum() + normal.log_sf(2.0) + 3 * np.log(2.0)
    assert f.log_likelihood == pytest.approx(by_hand, rel=1e-14)
    near = [mle.HalfNormal(f.params["scale"] * k) for k in (0.99, 1.01)]
    for d in near:
        assert d.log_prob(sizes[:2]).sum() + d.log_sf(2.0) < f.log_likelihood
