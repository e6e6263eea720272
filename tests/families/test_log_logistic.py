"""The LogLogistic: the Logistic of the logarithm, with odds that are a power."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import NoMLEError

X = np.array([0.3, 0.8, 0.8, 1.3, 2.0, 9.0])


@pytest.mark.parametrize("unit", [1e-150, 1.0, 1e150])
def test_the_fit_is_that_of_a_logistic_to_the_logarithm(unit):
    f, log = mle.LogLogistic.fit(unit * X), mle.Logistic.fit(np.log(X))
    assert f.params["shape"] == pytest.approx(1.0 / log.params["scale"], rel=1e-12)
    assert f.params["scale"] / unit == pytest.approx(np.exp(log.params["loc"]), rel=1e-12)
    assert f.log_likelihood == pytest.approx(log.log_likelihood - np.log(unit * X).sum(), rel=1e-13)
    assert f.se["shape"] == pytest.approx(log.se["scale"] * f.params["shape"] ** 2, rel=1e-9)


def test_two_values_and_nearly_equal_ones_are_fitted_and_equal_ones_refused():
    two = mle.LogLogistic.fit([1.0, np.e**2])
    # By symmetry the scale is e; the shape solves k tanh(k/2) = 1.
    assert two.params["scale"] == pytest.approx(np.e, rel=1e-12)
    k = float(mp.findroot(lambda k: k * mp.tanh(k / 2) - 1, 1.5))
    assert two.params["shape"] == pytest.approx(k, rel=1e-12)
    close = 0.4 * (1.0 + 1e-6 * np.array([-1.7, -0.9, 0.2, 0.8, 1.5]))
    f = mle.LogLogistic.fit(close)
    assert np.all(np.abs(f.likelihood.score(f.theta) * f.theta) < 1e-3)
    assert 0.399999 < f.params["scale"] < 0.400001
    batch = mle.LogLogistic.fit([[2.0, 2.0], [1.0, np.e**2]], axis=1)
    assert list(batch.problems) == [0]
    with pytest.raises(NoMLEError, match="equal"):
        mle.LogLogistic.fit([2.0, 2.0, 2.0])


@pytest.mark.parametrize("x", [1e-200, 1e-3, 3.0, 3.0001, 50.0, 1e200])
def test_both_tails_keep_their_digits(x):
    d = mle.LogLogistic(2.5, 3.0)
    with mp.workdps(50):
        odds = (mp.mpf(x) / 3) ** mp.mpf(2.5)
        lower, upper = float(-mp.log1p(1 / odds)), float(-mp.log1p(odds))
    assert d.log_cdf(x) == pytest.approx(lower, rel=1e-14)
    assert d.log_sf(x) == pytest.approx(upper, rel=1e-14)


@pytest.mark.parametrize("shape", [2.05, 40.0, 1e5, 1e9])
def test_the_variance_keeps_its_digits_as_the_shape_grows(shape):
    with mp.workdps(50):
        b = mp.pi / mp.mpf(shape)
        exact = float(2 * b / mp.sin(2 * b) - (b / mp.sin(b)) ** 2)
    d = mle.LogLogistic(shape, 1.0)
    assert d.var == pytest.approx(exact, rel=1e-12)
    x = d.sample(400, rng=1)
    f = mle.LogLogistic.fit(x, method="moments")
    assert f.dist.mean == pytest.approx(x.mean(), rel=1e-12)
    assert f.dist.var == pytest.approx(x.var(), rel=1e-6)


def test_the_mean_and_the_variance_are_infinite_for_small_shapes():
    d = mle.LogLogistic([0.5, 1.5, 2.5], 1.0)
    assert np.isinf(d.mean).tolist() == [True, False, False]
    assert np.isinf(d.var).tolist() == [True, True, False]
