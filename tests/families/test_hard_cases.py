"""Cases on which fitting programs are known to have failed, and samples at the ends of the range of doubles.

The reported cases quote the numbers that were posted with the reports; the references are computed by mpmath.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import mlecore as mle
from mlecore import Likelihood, NoMLEError

from .members import CONTINUOUS, SCALING, SHIFTING, member

log, gamma = mpmath.log, mpmath.loggamma


@pytest.fixture(autouse=True)
def forty_digits():
    with mpmath.workdps(40):
        yield


def polished(density, x, start, weights=None):
    """Return the maximum of a log-likelihood in 40 digits, by Newton's method from a start in doubles.

    The step of the derivatives is relative to `start`, so every parameter needs its own size there.
    """
    x = [mpf(float(v)) for v in x]
    w = [mpf(1)] * len(x) if weights is None else [mpf(float(v)) for v in weights]
    size = [abs(mpf(float(v))) or mpf(1) for v in start]

    def total(*u):
        theta = [c * s for c, s in zip(u, size, strict=True)]
        return mpmath.fsum(b * density(a, *theta) for a, b in zip(x, w, strict=True))

    def slope(*u):
        unit = np.eye(len(u), dtype=int)
        return [mpmath.diff(total, u, tuple(int(k) for k in row)) for row in unit]

    with mpmath.workdps(60):
        u = [mpf(float(v)) / s for v, s in zip(start, size, strict=True)]
        root = mpmath.findroot(slope, u if len(u) > 1 else u[0], tol=1e-40, verify=False)
        return np.array([float(c * s) for c, s in zip(list(root), size, strict=True)])


def weibull(x, k, s):
    return log(k / s) + (k - 1) * log(x / s) - (x / s) ** k


def gamma_density(x, shape, rate):
    return shape * log(rate) + (shape - 1) * log(x) - rate * x - gamma(shape)


def beta_density(x, a, b):
    return (a - 1) * log(x) + (b - 1) * log(1 - x) - gamma(a) - gamma(b) + gamma(a + b)


def negative_binomial(k, mu, r):
    rising = gamma(k + r) - gamma(k + 1) - gamma(r)
    return rising - r * mpmath.log1p(mu / r) + (k * log(mu / (r + mu)) if k else 0)


# -- reported cases --------------------------------------------------------------------------------

#: github.com/scipy/scipy/issues/11806: with a free location the fit ran away
LIFETIMES = np.array(
    [4836.6, 823.6, 3131.7, 1343.4, 709.7, 610.6, 3034.2, 1973, 7358.5, 265, 4590.5, 5440.4, 4613.7,
     4763.1, 115.3, 5385.1, 6398.1, 8444.6, 2397.1, 3259.7, 307.5, 4607.4, 6523.7, 600.3, 2813.5,
     6119.8, 6438.8, 2799.1, 2849.8, 5309.6, 3182.4, 705.5, 5673.3, 2939.9, 2631.8, 5002.1, 1967.3,
     2810.4, 2948, 6904.8]
)  # fmt: skip


def test_weibull_on_forty_lifetimes_where_a_free_location_runs_away():
    f = mle.Weibull.fit(LIFETIMES)
    np.testing.assert_allclose(f.theta, polished(weibull, LIFETIMES, f.theta), rtol=1e-13)
    assert f.params["shape"] == pytest.approx(1.5, abs=0.2)


#: github.com/scipy/scipy/issues/20659: a table of values and how often each occurred
VALUES = np.r_[15.25, 13.75, np.arange(12.75, 0.7, -0.5)]
TIMES = np.array(
    [1, 1, 1, 2, 5, 20, 17, 18, 37, 66, 112, 151, 215, 352, 525, 750, 1130, 1731, 2649, 4002, 6083,
     9610, 14990, 21362, 26898, 26783, 13482]
)  # fmt: skip


def test_weibull_on_a_frequency_table_with_counts_up_to_27_000():
    assert VALUES.shape == TIMES.shape
    f = mle.Weibull.fit(VALUES - 0.7, weights=TIMES)
    np.testing.assert_allclose(f.theta, polished(weibull, VALUES - 0.7, f.theta, TIMES), rtol=1e-12)
    assert f.n == TIMES.sum()
    np.testing.assert_allclose(mle.Weibull.fit(np.repeat(VALUES - 0.7, TIMES)).theta, f.theta)


def test_beta_on_ten_points_where_an_iteration_makes_no_good_progress():
    # github.com/scipy/scipy/issues/22328
    x = [0.7122827, 0.04830956, 0.54410219, 0.04173127, 0.54462469, 0.54565197, 0.05497849,
         0.07792652, 0.6817948, 0.19735519]  # fmt: skip
    f = mle.Beta.fit(x)
    np.testing.assert_allclose(f.theta, polished(beta_density, x, f.theta), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("shift", [0.0, 40.0, -1e4])
def test_t_on_the_same_data_at_five_scales_and_three_places(scale, shift):
    x = mle.datasets.load("newcomb").sample
    f = mle.StudentT.fit(scale * (x + shift))
    reference = mle.StudentT.fit(x)
    assert f.params["df"] == pytest.approx(reference.params["df"], rel=1e-9)
    assert f.params["scale"] == pytest.approx(scale * reference.params["scale"], rel=1e-9)
    loc = scale * (reference.params["loc"] + shift)
    assert f.params["loc"] == pytest.approx(loc, rel=1e-11)


def test_a_maximum_at_infinity_is_never_reported_as_converged():
    # Where other programs stop at a shape, a df or a size of 1e6 to 1e13 and call it converged.
    even = np.linspace(-1.0, 1.0, 100)
    with pytest.raises(NoMLEError, match="rises as df grows") as caught:
        mle.StudentT.fit(even)
    np.testing.assert_allclose(
        caught.value.limit.theta, mle.Normal.fit(even).theta, rtol=1e-12, atol=1e-15
    )
    calm = [3, 4, 4, 5, 4, 3, 5, 4]
    with pytest.raises(NoMLEError, match="variance does not exceed the mean") as caught:
        mle.NegativeBinomial.fit(calm)
    assert caught.value.limit.params["rate"] == pytest.approx(4.0, rel=1e-15)
    for family in (mle.Gamma, mle.InverseGamma, mle.Weibull, mle.LogNormal, mle.InverseGaussian):
        with pytest.raises(NoMLEError, match="equal"):
            family.fit([2.5] * 10)
    with pytest.raises(NoMLEError, match="equal"):
        mle.Beta.fit([0.3] * 10)


def test_gamma_with_a_coefficient_of_variation_of_1e_8():
    x = 1.0 + 1e-8 * np.array([-1.3, -0.7, -0.2, 0.1, 0.4, 0.5, 1.2])
    f = mle.Gamma.fit(x)
    assert f.converged
    np.testing.assert_allclose(f.theta, polished(gamma_density, x, f.theta), rtol=1e-7)
    assert f.params["shape"] == pytest.approx(1.0 / np.var(x), rel=1e-6)


def test_poisson_log_probability_at_counts_of_1e15():
    k, rate = 1e15 + 3e7, 1e15
    exact = mpf(k) * log(mpf(rate)) - mpf(rate) - gamma(mpf(k) + 1)
    assert mle.Poisson(rate).log_prob(k) == pytest.approx(float(exact), rel=1e-14)


def test_negative_binomial_of_size_1e15_is_a_poisson_to_the_last_digits():
    k = np.arange(40.0)
    d = mle.NegativeBinomial(mu=12.5, size=1e15)
    np.testing.assert_allclose(d.log_prob(k), mle.Poisson(12.5).log_prob(k), rtol=1e-12)
    exact = [float(negative_binomial(mpf(v), mpf(12.5), mpf(1e15))) for v in k]
    np.testing.assert_allclose(d.log_prob(k), exact, rtol=1e-14)


def test_a_size_that_is_not_whole_beats_every_whole_one():
    a = mle.datasets.load("accidents")
    f = mle.NegativeBinomial.fit(a.values, weights=a.frequencies)
    exact = polished(negative_binomial, a.values, f.theta, a.frequencies)
    np.testing.assert_allclose(f.theta, exact, rtol=1e-12)
    assert 0.8 < f.params["size"] < 0.9
    whole = f.likelihood.profile("size", np.arange(1.0, 200.0))
    assert np.all(whole < f.log_likelihood - 0.2)


# -- the ends of the range -------------------------------------------------------------------------


def dataset_with_a_maximum(family, n=12):
    """Return a small sample for which the family has a maximum inside its domain."""
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = member(family, rng).sample(n, rng=rng)
        f = family.fit(x[None], axis=1)
        if not f.problems and not f.notes:
            return x
    raise AssertionError(f"no sample for {family.__name__}")


@pytest.mark.parametrize("power", [-970, 970])
@pytest.mark.parametrize("family", SCALING, ids=lambda f: f.__name__)
def test_fits_reach_scales_of_1e_300_and_1e300(family, power):
    # A power of two changes no digit of the data, so the fit must be the same distribution.
    x = dataset_with_a_maximum(family)
    factor = 2.0**power
    near, far = family.fit(x), family.fit(factor * x)
    z = np.quantile(x, [0.2, 0.5, 0.8])
    expected = near.dist.log_prob(z) - power * np.log(2.0)
    np.testing.assert_allclose(far.dist.log_prob(factor * z), expected, rtol=1e-9)
    shift = -power * np.log(2.0) * len(x)
    assert far.log_likelihood == pytest.approx(near.log_likelihood + shift, rel=1e-11)


@pytest.mark.parametrize("family", SHIFTING, ids=lambda f: f.__name__)
def test_fits_keep_their_digits_at_an_offset_of_1e9(family):
    # Rounded to a multiple of 2^-20 the data are the same numbers at both places.
    x = np.round(dataset_with_a_maximum(family) * 2.0**20) / 2.0**20
    near, far = family.fit(x), family.fit(x + 2.0**30)
    z = np.round(np.quantile(x, [0.2, 0.5, 0.8]) * 2.0**20) / 2.0**20
    np.testing.assert_allclose(
        far.dist.log_prob(z + 2.0**30), near.dist.log_prob(z), rtol=0, atol=2e-6
    )
    assert far.log_likelihood == pytest.approx(near.log_likelihood, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("family", CONTINUOUS, ids=lambda f: f.__name__)
def test_one_observation_gives_a_fit_or_a_reason(family):
    if len(family.parameters) == 1:  # a scale alone, which one value tells
        f = family.fit([0.5])
        assert f.likelihood.score(f.theta) == pytest.approx(0.0, abs=1e-12)
        return
    with pytest.raises(NoMLEError, match="equal"):
        family.fit([0.5])


TWO = {
    "Gamma": gamma_density,
    "Weibull": weibull,
    "Beta": beta_density,
    "Gumbel": lambda x, m, s: -(x - m) / s - mpmath.exp(-(x - m) / s) - log(s),
    "Logistic": lambda x, m, s: -(x - m) / s - log(s) - 2 * log(1 + mpmath.exp(-(x - m) / s)),
    "InverseGamma": lambda x, a, b: gamma_density(1 / x, a, b),
    "InverseGaussian": lambda x, mu, b: log(b) / 2 - b * (x - mu) ** 2 / (2 * mu**2 * x),
}


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("x", [(0.2, 0.7), (0.3, 0.300001), (1e-5, 0.9)])
def test_two_observations_are_fitted_to_rounding(name, x):
    f = getattr(mle, name).fit(x)
    # For nearly equal data the parameters are as uncertain as the difference that they rest on.
    tolerance = 1e-9 if np.ptp(x) < 1e-3 else 1e-11
    np.testing.assert_allclose(f.theta, polished(TWO[name], x, f.theta), rtol=tolerance)


@pytest.mark.parametrize("family", [mle.Cauchy, mle.StudentT])
def test_two_observations_do_not_make_a_heavy_tail(family):
    with pytest.raises(NoMLEError, match="equal"):
        family.fit([0.2, 0.7])


NEARLY_CONSTANT = np.array([-1.7, -0.9, -0.3, 0.0, 0.2, 0.6, 0.8, 1.5])


@pytest.mark.parametrize("name", ["Gamma", "Weibull", "Beta", "InverseGamma", "InverseGaussian"])
@pytest.mark.parametrize("spread", [1e-3, 1e-6])
def test_nearly_constant_samples_keep_their_digits(name, spread):
    x = 0.4 * (1.0 + spread * NEARLY_CONSTANT)
    f = getattr(mle, name).fit(x)
    assert f.converged
    np.testing.assert_allclose(
        f.theta, polished(TWO[name], x, f.theta), rtol=max(1e-11, 1e-15 / spread)
    )


@pytest.mark.parametrize("shape", [1e-6, 1e-3, 1e3, 1e12])
def test_gamma_shapes_from_1e_6_to_1e12_are_recovered(shape):
    # Two values whose Gamma fit has this shape: found in 40 digits, then rounded to doubles.
    gap = log(mpf(shape)) - mpmath.digamma(mpf(shape))
    # For x = m(1 -+ d) the gap is -log(1 - d^2)/2.
    d = mpmath.sqrt(-mpmath.expm1(-2 * gap))
    x = np.array([float(1 - d), float(1 + d)]) if shape > 0.1 else None
    if x is None:
        t = mle.statistics.LogMoments(np.float64(10.0), np.float64(1.0), np.float64(gap))
        f = mle.Gamma.fit(t)
    else:
        f = mle.Gamma.fit(x)
    assert f.params["shape"] == pytest.approx(shape, rel=1e-12 + 1e-15 * np.sqrt(shape))


# -- the t: no better mode -------------------------------------------------------------------------


def small_samples(rng, count, n):
    """Return samples that make trouble: heavy, light, two-humped, nearly tied, skewed."""
    makers = [
        lambda: rng.standard_t(2, n),
        lambda: rng.normal(size=n),
        lambda: np.r_[rng.normal(size=n // 2), rng.normal(8.0, 1.0, size=n - n // 2)],
        lambda: np.round(rng.standard_t(1.5, n)) + 1e-3 * rng.normal(size=n),
        lambda: rng.uniform(size=n) ** 3,
        lambda: rng.standard_cauchy(n),
    ]
    return np.array([makers[i % len(makers)]() for i in range(count)])


@pytest.mark.parametrize(("n", "seed"), [(5, 1), (8, 2), (12, 3)])
def test_no_start_leads_to_a_better_t_than_the_fit(n, seed):
    # 180 samples, three climbs from random starts for each: how often is one better, over df >= 1? Never.
    rng = np.random.default_rng(seed)
    x = small_samples(rng, 60, n)
    f = mle.StudentT.fit(x, axis=1)
    normal = mle.Normal.fit(x, axis=1).log_likelihood
    refused = np.isnan(f.log_likelihood)
    assert all("rises as df" in reason for reason in f.problems.values())
    assert 10 < refused.sum() < 50
    best = np.where(refused, normal, f.log_likelihood)
    likelihood = Likelihood(mle.StudentT, x, axis=1)
    rows = np.arange(len(x))
    for _ in range(3):
        start = np.stack(
            [
                1.0 + np.exp(rng.uniform(-4.0, 5.0, len(x))),
                x[rows, rng.integers(n, size=len(x))] + 0.1 * rng.normal(size=len(x)),
                x.std(axis=1) * np.exp(rng.uniform(-3.0, 1.0, len(x))),
            ],
            axis=-1,
        )
        top = likelihood.maximize(start=start, max_iterations=50)
        allowed = top.theta[:, 0] >= 1.0
        assert not np.any(allowed & (top.log_likelihood > best + 1e-8))


def test_the_slope_of_a_gamma_keeps_its_digits_far_below_the_mean():
    x = np.exp(np.array([-700.0, -40.0, -37.0, -0.7, 0.0]))
    slopes = mle.Gamma(shape=2.0, rate=3.0).score(x)[:, 0]
    with mpmath.workdps(30):
        exact = [float(mpmath.log(mpf(v)) + mpmath.log(3) - mpmath.digamma(2)) for v in x]
    np.testing.assert_allclose(slopes, exact, rtol=1e-14, atol=1e-15)
