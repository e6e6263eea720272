"""The probability of an interval, in both tails and of any width, with its derivatives."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from families.members import UNIVARIATE, at, member, theta

import mlecore as mle
from mlecore.mass import mass_terms
from mlecore.tails import log_beta_tails, log_gamma_tails

inf = np.inf


def over(families):
    return pytest.mark.parametrize("family", families, ids=lambda f: f.__name__)


def intervals(d):
    """Return limits in the middle, in both tails, and narrow ones."""
    if isinstance(d, mle.VonMises):
        q = d.mu + np.array([-3.0, -1.0, -0.5, 0.02, 0.1, 1.0, 3.0])
    elif isinstance(d, mle.Categorical):
        q = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0])
    else:
        q = np.asarray(d.ppf([0.001, 0.1, 0.3, 0.51, 0.53, 0.9, 0.997]), dtype=float)
    low = [-inf, q[2], q[1], q[3], q[3], q[6], q[5]]
    high = [q[2], inf, q[5], q[4], q[3] + 1e-7 * max(1.0, abs(q[3])), inf, q[6]]
    return np.array(low), np.array(high)


def by_differences(function, point, step=1e-4):
    columns = []
    for i in range(point.size):
        e = np.zeros(point.size)
        e[i] = step * max(1.0, abs(point[i]))
        f = [np.asarray(function(point + k * e)) for k in (-2, -1, 1, 2)]
        columns.append((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * e[i]))
    return np.stack(columns, axis=-1)


@over(UNIVARIATE)
def test_the_mass_is_what_the_distribution_function_gains(family):
    d = member(family, np.random.default_rng(3))
    a, b = intervals(d)
    with np.errstate(all="raise"):
        found = d.log_mass(a, b)
    if family is mle.Categorical:
        return  # SciPy has no classes; the sums below serve it
    gain = d.cdf(b) - d.cdf(a)
    np.testing.assert_allclose(np.exp(found), gain, rtol=1e-9, atol=2e-15)


@over(UNIVARIATE)
def test_the_two_tails_and_what_is_between_make_one(family):
    d = member(family, np.random.default_rng(4))
    a, b = intervals(d)
    a, b = a[2], b[2]
    total = np.exp(d.log_cdf(a)) + np.exp(d.log_mass(a, b)) + d.sf(b)
    assert total == pytest.approx(1.0, abs=1e-13)
    assert d.log_mass(b, a) == -inf
    assert d.log_mass(-inf, inf) == pytest.approx(0.0, abs=1e-15)
    assert np.isnan(d.log_cdf(np.nan))


@over([f for f in UNIVARIATE if f is not mle.VonMises])
def test_slope_and_curvature_are_the_derivatives_of_the_mass(family):
    d = member(family, np.random.default_rng(3))
    a, b = intervals(d)
    if family is mle.Uniform:  # no limit near an end, where the derivative jumps
        a, b = a[[2, 3]], b[[2, 3]]
    possible = np.isfinite(d.log_mass(a, b))
    a, b = a[possible], b[possible]
    terms = mass_terms(d, a, b)
    slope = by_differences(lambda u: at(d, u).log_mass(a, b), theta(d))
    hessian = by_differences(lambda u: mass_terms(at(d, u), a, b).slope, theta(d))
    for found, expected in ((terms.slope, slope), (terms.curvature, hessian)):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        terms.curvature, np.swapaxes(terms.curvature, -1, -2), rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize(
    ("d", "x", "right"),
    [
        (mle.Normal(0.0, 1.0), 40.0, lambda: mp.log(mp.erfc(40 / mp.sqrt(2)) / 2)),
        (mle.Gamma(0.3, 2.0), 900.0, lambda: mp.log(mp.gammainc(0.3, 1800, regularized=True))),
        (
            mle.StudentT(3.0, 0.0, 1.0),
            1e30,
            lambda: mp.log(
                mp.betainc(1.5, 0.5, 0, 3 / (3 + mp.mpf(10) ** 60), regularized=True) / 2
            ),
        ),
        (mle.Cauchy(0.0, 1.0), 1e200, lambda: -mp.log(mp.pi * mp.mpf(10) ** 200)),
        (mle.Poisson(2.0), 300.0, lambda: mp.log(mp.gammainc(301, 0, 2, regularized=True))),
        (
            mle.Beta(2.0, 400.0),
            0.99,
            lambda: mp.log(mp.betainc(400, 2, 0, 1 - mp.mpf(0.99), regularized=True)),
        ),
        (mle.Weibull(3.0, 1.0), 20.0, lambda: mp.mpf(-8000)),
        (mle.Logistic(0.0, 1.0), 800.0, lambda: mp.mpf(-800)),
    ],
    ids=lambda v: str(v) if isinstance(v, mle.Family) else "",
)
def test_the_far_tail_is_as_accurate_as_the_middle(d, x, right):
    with mp.workdps(60):
        expected = float(right())
    assert d.log_sf(x) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("width", [1e-12, 1e-8, 1e-4, 1.0])
def test_a_narrow_interval_keeps_its_digits(width):
    b = 3.0 + width
    with mp.workdps(50):
        expected = float(mp.log(mp.ncdf(mp.mpf(b)) - mp.ncdf(3)))
    assert mle.Normal(0.0, 1.0).log_mass(3.0, b) == pytest.approx(expected, rel=1e-13)
    assert mle.LogNormal(0.0, 1.0).log_mass(np.exp(3.0), np.exp(b)) == pytest.approx(
        expected, rel=1e-4 if width < 1e-8 else 1e-8
    )


def test_the_identity_fails_where_the_support_moves_and_is_not_used_there():
    # d/dlow and d/dhigh of log P(X > 1/2) for Uniform(0, 2): the identity would give 1/2 and -1/2.
    terms = mass_terms(mle.Uniform(0.0, 2.0), np.array([0.5]), np.array([inf]))
    np.testing.assert_allclose(terms.slope[0], [0.5, 1 / 6], rtol=1e-14)


def test_the_identity_fails_at_a_corner_and_is_not_used_there():
    laplace = mle.Laplace(0.1, 1.3)
    a, b = np.array([-0.7]), np.array([0.9])
    hessian = by_differences(lambda u: mass_terms(at(laplace, u), a, b).slope, theta(laplace))
    np.testing.assert_allclose(mass_terms(laplace, a, b).curvature, hessian, rtol=1e-8, atol=1e-9)


def test_incomplete_integrals_have_logarithms_where_they_have_no_values():
    with mp.workdps(60):
        for a, x in ((0.5, 1e4), (40.0, 1e-12), (1e3, 10.0), (3.0, 1e5)):
            lower, upper = log_gamma_tails(np.array(a), np.array(x))
            small = min(lower, upper)
            exact = min(
                mp.log(mp.gammainc(a, 0, x, regularized=True)),
                mp.log(mp.gammainc(a, x, mp.inf, regularized=True)),
            )
            assert float(small) == pytest.approx(float(exact), rel=1e-12)
        for a, b, x in ((300.0, 2.0, 1e-4), (2.0, 500.0, 0.98), (80.0, 90.0, 1e-9)):
            lower, upper = log_beta_tails(np.array(a), np.array(b), np.array(x), np.array(1 - x))
            exact = min(
                mp.log(mp.betainc(a, b, 0, x, regularized=True)),
                mp.log(mp.betainc(b, a, 0, 1 - mp.mpf(x), regularized=True)),
            )
            assert float(min(lower, upper)) == pytest.approx(float(exact), rel=1e-11)


def test_all_but_the_first_counts_follow_from_those():
    """log P(X > a) of a NegativeBinomial against sums over all values above, and differences of them."""
    k = np.arange(0, 3000)

    def log_upper(a, mu, size):
        return np.log(mle.NegativeBinomial(mu=mu, size=size).pmf(k)[a + 1 :].sum())

    for a, mu, size in ((0, 3.0, 0.7), (2, 5.0, 4.0), (40, 60.0, 1.5), (0, 0.02, 2.0)):
        terms = mass_terms(
            mle.NegativeBinomial(mu=mu, size=size), np.asarray(a), np.asarray(np.inf)
        )
        point, step = np.array([mu, size]), 1e-4
        assert terms.value == pytest.approx(log_upper(a, mu, size), rel=1e-9)
        sides = [
            [log_upper(a, *(point + s * step * point * e)) for s in (-1, 1)] for e in np.eye(2)
        ]
        slope = [(up - down) / (2 * step * p) for (down, up), p in zip(sides, point, strict=True)]
        np.testing.assert_allclose(terms.slope, slope, rtol=1e-5)
        second = [
            (up - 2 * terms.value + down) / (step * p) ** 2
            for (down, up), p in zip(sides, point, strict=True)
        ]
        np.testing.assert_allclose(np.diagonal(terms.curvature), second, rtol=1e-2, atol=1e-4)
