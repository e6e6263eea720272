"""Values at the ends of the range of doubles: right, or refused in words."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import DataError

BULK = np.array([-1.0, -0.5, 0.0, 0.3, 0.8, 1.2])


def test_an_outlier_counts_however_far_out_it_lies():
    for fit in (mle.Cauchy.fit, lambda x: mle.StudentT.fit(x, fixed={"df": 2.0})):
        near, far = fit(np.append(BULK, 1e100)), fit(np.append(BULK, 1e160))
        assert far.params["scale"] == pytest.approx(near.params["scale"], rel=1e-9)
        assert far.params["loc"] == pytest.approx(near.params["loc"], rel=1e-7)


def test_differences_that_are_no_doubles_are_not_taken():
    assert mle.Uniform(-1e308, 1e308).log_prob(0.0) == pytest.approx(-np.log(2) - 308 * np.log(10))
    with mp.workdps(40):
        gumbel = float(20 - mp.exp(20) - 307 * mp.log(10))
    assert mle.Gumbel(1e308, 1e307).log_prob(-1e308) == pytest.approx(gumbel, rel=1e-13)
    for family in (mle.Normal, mle.Logistic, mle.Laplace, mle.Cauchy):
        shifted = family(1e308, 1e307).log_prob(-1e308) + 307 * np.log(10)
        assert shifted == pytest.approx(family(0.0, 1.0).log_prob(-20.0), rel=1e-12)


def test_an_angle_of_many_turns_is_the_angle_that_its_sine_says():
    with mp.workdps(400):
        for x in (1e16, 1e300, -1.9e283):
            exact = float(3 * mp.cos(mp.mpf(x) - 0.5) - mp.log(2 * mp.pi * mp.besseli(0, 3)))
            assert mle.VonMises(0.5, 3.0).log_prob(x) == pytest.approx(exact, rel=1e-12)
        vectors = [mp.expj(mp.mpf(x)) for x in (1e16, 2e16, 3e16, 2.5e16)]
        mean = float(mp.arg(sum(vectors)))
    assert mle.VonMises.fit([1e16, 2e16, 3e16, 2.5e16]).params["mu"] == pytest.approx(
        mean, rel=1e-12
    )


@pytest.mark.parametrize("unit", [1e-320, 1e307])
@pytest.mark.parametrize(
    "family",
    [
        mle.Normal, mle.Gumbel, mle.Logistic, mle.Laplace, mle.Cauchy, mle.Exponential, mle.Gamma, mle.Weibull,
        mle.InverseGamma, mle.InverseGaussian, mle.Rayleigh, mle.Pareto, mle.Uniform,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_data_at_an_end_of_the_range_are_fitted_or_refused_in_words(family, unit):
    x = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 4.4])
    plain = family.fit(x)
    refused = None
    try:
        f = family.fit(unit * x)
    except DataError as error:
        refused = str(error)
    if refused is not None:
        assert "units" in refused or "rescale" in refused
        return
    assert np.isfinite(f.log_likelihood)
    for name, value in f.params.items():
        power = family.units.get(name, 0)
        # A subnormal number has three digits.
        assert value / unit**power == pytest.approx(plain.params[name], rel=2e-3)


def test_weights_without_digits_are_refused():
    with pytest.raises(DataError, match="multiply them all"):
        mle.Normal.fit([1.0, 2.0, 5.0], weights=np.array([1.0, 2.0, 3.0]) * 1e-320)


@pytest.mark.parametrize("off", [0.0, 1e-10, 1e-9, 3e-10])
def test_a_huge_shape_of_an_inverse_gamma_keeps_its_digits(off):
    with mp.workdps(50):
        a = x = s = mp.mpf(3e19)
        x = mp.mpf(1.0 + off)
        exact = float(a * mp.log(s) - mp.loggamma(a) - (a + 1) * mp.log(x) - s / x)
    assert mle.InverseGamma(3e19, 3e19).log_prob(1.0 + off) == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("x", [2.0, 2.00001, 1.99999, 2.000003])
def test_a_large_shape_of_a_weibull_keeps_its_digits(x):
    with mp.workdps(50):
        k, s = mp.mpf(1e6), mp.mpf(2.000001)
        exact = float(mp.log(k / s) + (k - 1) * mp.log(x / s) - (mp.mpf(x) / s) ** k)
    assert mle.Weibull(1e6, 2.000001).log_prob(x) == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("spread", [1e-3, 1e-5, 3e-7])
def test_nearly_dependent_columns_keep_the_digits_of_their_likelihood(spread):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    x = np.column_stack([x, x.sum(axis=1) + spread * rng.normal(size=30)])
    with mp.workdps(50):
        rows = mp.matrix(x.tolist())
        mean = [sum(rows[i, j] for i in range(30)) / 30 for j in range(3)]
        cov = mp.matrix(3, 3)
        for j in range(3):
            for k in range(3):
                cov[j, k] = (
                    sum((rows[i, j] - mean[j]) * (rows[i, k] - mean[k]) for i in range(30)) / 30
                )
        exact = float(-15 * (3 * mp.log(2 * mp.pi) + mp.log(mp.det(cov)) + 3))
    assert mle.MultivariateNormal.fit(x).log_likelihood == pytest.approx(exact, rel=1e-9)
