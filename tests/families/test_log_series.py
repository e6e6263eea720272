"""The LogSeries, from the boundary where all values are one to means in the millions."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import RegularityError
from mlecore.series import log_series_tail


@pytest.mark.parametrize("x", [[1, 1, 1, 2], [1, 2, 3], [5, 1e6], [1] * 999_999 + [2]])
def test_the_mean_of_the_fit_is_that_of_the_sample(x):
    f = mle.LogSeries.fit(x)
    with mp.workdps(40):
        mean = mp.mpf(sum(x)) / len(x)  # the sum is exact
        rest = mp.findroot(lambda u: mp.log(mp.expm1(u) / u) - mp.log(mean), 2 * mp.log(mean))
        exact = float(-mp.expm1(-rest))
    assert f.params["p"] == pytest.approx(exact, rel=1e-13)
    assert f.dist.mean == pytest.approx(float(mean), rel=1e-9)


def test_values_that_are_all_one_are_a_boundary_fit():
    f = mle.LogSeries.fit([1, 1, 1])
    assert f.params["p"] == 0.0
    assert f.log_likelihood == 0.0
    with pytest.raises(RegularityError, match="boundary"):
        f.ci()
    low, high = f.ci(method="lr")["p"]
    assert low == 0.0
    # Three ones have the probability (p / L)^3.
    assert 3 * np.log(high / -np.log1p(-high)) == pytest.approx(-1.920729, abs=1e-6)
    point = f.dist
    assert point.pmf([1, 2]).tolist() == [1.0, 0.0]
    assert (point.mean, point.var, point.cdf(1)) == (1.0, 0.0, 1.0)
    batch = mle.LogSeries.fit([[1, 1, 1], [1, 2, 3]], axis=1)
    assert not batch.problems
    assert batch.params["p"][0] == 0.0


@pytest.mark.parametrize("p", [0.0, 1e-300, 1e-9, 1e-5, 0.3, 0.9, 1 - 1e-9])
def test_mean_variance_and_curvature_keep_their_digits(p):
    d = mle.LogSeries(p)
    with mp.workdps(700):
        q = mp.mpf(p) if p else mp.mpf(10) ** -30
        rest = -mp.log1p(-q)
        mean = q / ((1 - q) * rest)
        slope = (rest - q) / ((1 - q) * rest) ** 2
        bent = float((mean - 1 - q * slope) / q**2)
        mean, var = float(mean), float(q * slope) if p else 0.0
    assert d.mean == pytest.approx(mean, rel=1e-14)
    assert d.var == pytest.approx(var, rel=1e-13)
    # Of a sample of ones the curvature is that of log(p / L) alone.
    hessian = mle.Likelihood(mle.LogSeries, [1.0]).hessian(p=p)
    assert float(hessian[0, 0]) == pytest.approx(bent, rel=1e-8)


@pytest.mark.parametrize("p", [1e-300, 0.3, 0.49, 0.51, 0.99, 1 - 1e-6, 1 - 1e-9])
@pytest.mark.parametrize("first", [1.0, 3.0, 1000.0])
def test_what_is_beyond_a_count_keeps_its_digits(p, first):
    with mp.workdps(40):
        q = mp.mpf(p)
        exact = first * mp.log(q) - mp.log(first) + mp.log(mp.hyp2f1(1, first, first + 1, q))
    assert log_series_tail(p, first) == pytest.approx(float(exact), rel=1e-13, abs=1e-13)


def test_counts_seen_in_part_are_fitted():
    x = mle.LogSeries(0.8).sample(400, rng=2)
    f = mle.LogSeries.fit(mle.observed(np.minimum(x, 5.0), right=x > 5))
    assert f.likelihood.score(f.theta) == pytest.approx(0.0, abs=1e-6)
    grid = f.params["p"] + np.array([-0.02, 0.02])
    assert np.all(f.likelihood.log_likelihood(grid[:, None]) < f.log_likelihood)
    assert f.params["p"] == pytest.approx(mle.LogSeries.fit(x).params["p"], abs=0.05)
