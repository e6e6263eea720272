"""What the shared suite cannot know of the negative binomial: its limit, its edge, and many digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from mlecore import Likelihood, NegativeBinomial, NoMLEError, Poisson, SupportError, datasets
from mlecore.families.negative_binomial import _in_one_size


@pytest.fixture(autouse=True)
def sixty_digits():
    with mpmath.workdps(60):
        yield


def mass(k, mu, r):
    rising = mpmath.loggamma(k + r) - mpmath.loggamma(k + 1) - mpmath.loggamma(r)
    return rising - r * mpmath.log1p(mu / r) + k * mpmath.log(mu / (r + mu))


@pytest.mark.parametrize("size", [1e-4, 0.8, 11.9, 12.1, 1e3, 1e7, 1e12])
@pytest.mark.parametrize(("mu", "k"), [(2.5, 0.0), (2.5, 7.0), (400.0, 350.0), (1e6, 1000500.0)])
def test_slopes_keep_their_digits_for_nearly_poisson_counts(size, mu, k):
    at = (mpf(mu), mpf(size))
    r, m, x = mpf(size), mpf(mu), mpf(k)
    slope = (
        mpmath.digamma(x + r) - mpmath.digamma(r) + mpmath.log(r / (r + m)) + 1 - (r + x) / (r + m)
    )
    curve = (
        mpmath.polygamma(1, x + r)
        - mpmath.polygamma(1, r)
        + 1 / r
        - 1 / (r + m)
        - (m - x) / (r + m) ** 2
    )
    likelihood = Likelihood(NegativeBinomial, [k])
    score, hessian = likelihood.score([mu, size]), likelihood.hessian([mu, size])
    # What is left when the parts nearly cancel is measured by the parts.
    parts = float(abs((x - m) / (r + m)) + 1) * float(x + m + 1) / size**2 * 1e-13
    assert score[1] == pytest.approx(float(slope), rel=1e-10, abs=parts)
    assert hessian[1, 1] == pytest.approx(float(curve), rel=1e-10, abs=parts / size)
    exact = mpmath.diff(lambda a, b: mass(x, a, b), at, (1, 0))
    assert score[0] == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    ("mu", "size"), [(2.0, 3.0), (3.0, 2.0), (1e-3, 5.0), (5.0, 1e3), (30.0, 0.5), (50.0, 40.0), (3.0, 0.03), (1e-2, 1e6), (300.0, 20.0)]
)  # fmt: skip
def test_information_of_the_size_is_the_sum_over_all_counts(mu, size):
    m, r = mpf(mu), mpf(size)
    # E[psi'(size) - psi'(size + K)] is the sum of P(K > j) / (size + j)^2.
    total, mass_at, above, j = mpf(0), (r / (r + m)) ** r, mpf(1), 0
    while above > mpf(10) ** -40:
        above -= mass_at
        total += above / (r + j) ** 2
        mass_at *= (j + r) / (j + 1) * m / (r + m)
        j += 1
    exact = total - m / (r * (r + m))
    i = NegativeBinomial(mu=mu, size=size).information()
    assert i[1, 1] == pytest.approx(float(exact), rel=1e-12)
    assert i[0, 0] == pytest.approx(float(r / (m * (r + m))), rel=1e-14)
    assert i[0, 1] == 0.0


@pytest.mark.parametrize("counts", [[0.0, 1e15], [0.0, 3e15, 5.0], [0.0, 0.0, 0.0, 1e9]])
def test_counts_as_far_apart_as_can_be_are_fitted(counts):
    f = NegativeBinomial.fit(counts)
    mean, r = mpmath.fsum(map(mpf, counts)) / len(counts), mpf(f.params["size"])
    slope = [
        mpmath.digamma(mpf(k) + r) - mpmath.digamma(r) + mpmath.log(r / (r + mean)) for k in counts
    ]
    parts = [abs(mpmath.digamma(mpf(k) + r) - mpmath.digamma(r)) for k in counts]
    assert abs(mpmath.fsum(slope)) < 1e-13 * mpmath.fsum(parts)


def test_accidents_vary_more_than_a_poisson_lets_them():
    a = datasets.load("accidents")
    f = NegativeBinomial.fit(a.values, weights=a.frequencies)
    assert f.log_likelihood == pytest.approx(-592.27, abs=0.005)
    assert Poisson.fit(a.sample).log_likelihood == pytest.approx(-617.18, abs=0.005)
    assert f.params["mu"] == pytest.approx(a.sample.mean(), rel=1e-14)


def test_no_more_variance_than_the_mean_has_the_poisson_as_its_limit():
    for x in ([2, 2, 2], [0, 1, 0, 1], [1, 2, 3, 2, 2], [4]):
        with pytest.raises(NoMLEError, match="rises as size grows") as caught:
            NegativeBinomial.fit(x)
        assert caught.value.limit.params["rate"] == pytest.approx(np.mean(x))
    with pytest.raises(NoMLEError) as caught:
        NegativeBinomial.fit([1, 2, 3, 2, 2], fixed={"mu": 2.5})
    assert caught.value.limit.params["rate"] == 2.5
    batch = NegativeBinomial.fit([[0, 1, 9], [2, 2, 2]], axis=1)
    assert list(batch.problems) == [1]


@pytest.mark.parametrize("excess", [1e-3, 1e-6, 1e-9])
def test_a_little_more_variance_than_the_mean_has_a_large_finite_size(excess):
    # A table of counts whose variance exceeds its mean by this share.
    k = np.arange(0.0, 60.0)
    w = Poisson(9.0).pmf(k) * (1.0 + 0.5 * excess * (((k - 9.0) ** 2 - k) / 9.0))
    f = NegativeBinomial.fit(k, weights=w / w.sum() * 1e4)
    mean, square = (
        np.average(k, weights=w),
        np.average((k - np.average(k, weights=w)) ** 2, weights=w),
    )
    assert f.converged
    # To first order the size is that of the moments.
    assert f.params["size"] == pytest.approx(mean**2 / (square - mean), rel=0.01)


def test_all_zero_counts_with_the_size_known_are_a_boundary_fit():
    f = NegativeBinomial.fit([0, 0, 0], fixed={"size": 2.0})
    assert f.params["mu"] == 0.0
    assert f.log_likelihood == 0.0
    assert f.likelihood.score(f.theta) == -3.0
    with pytest.raises(NoMLEError, match="all counts are zero"):
        NegativeBinomial.fit([0, 0, 0], fixed={"mu": 1.0})


def test_with_one_parameter_known_the_other_is_at_its_top():
    x = NegativeBinomial(mu=4.0, size=0.7).sample(300, rng=0)
    assert NegativeBinomial.fit(x, fixed={"size": 2.0}).params["mu"] == pytest.approx(x.mean())
    f = NegativeBinomial.fit(x, fixed={"mu": 5.0})
    grid = np.exp(np.linspace(-3, 3, 2001))
    assert f.log_likelihood >= f.likelihood.log_likelihood(size=grid).max()
    many = NegativeBinomial.fit(x, fixed={"mu": np.array([3.0, 5.0])})
    assert many.params["size"][1] == pytest.approx(f.params["size"], rel=1e-12)


def test_counts_are_compressed_once():
    x = NegativeBinomial(mu=4.0, size=0.7).sample(20_000, rng=0)
    t = NegativeBinomial.statistics(x)
    assert t.width == len(np.unique(x))
    assert t.n == 20_000


def test_samples_of_a_huge_size_are_those_of_a_poisson():
    x = NegativeBinomial(mu=50.0, size=1e15).sample(50_000, rng=0)
    assert x.mean() == pytest.approx(50.0, abs=0.15)
    assert x.var() == pytest.approx(50.0, abs=1.5)


def test_fractions_and_negative_counts_are_named():
    with pytest.raises(SupportError, match=r"x\[1\] = 2.5"):
        NegativeBinomial.fit([1, 2.5, 3])


def test_moments_match_mean_and_variance():
    x = NegativeBinomial(mu=4.0, size=0.7).sample(300, rng=0)
    d = NegativeBinomial.fit(x, method="moments").dist
    assert d.mean == pytest.approx(x.mean(), rel=1e-14)
    assert d.var == pytest.approx(x.var(), rel=1e-12)
    with pytest.raises(NoMLEError, match="moments"):
        NegativeBinomial.fit([2, 2, 3], method="moments")


@pytest.mark.parametrize("mu", [0.0, 2.0, 3.25])
def test_the_equation_of_one_sample_of_small_counts_is_the_slope_in_the_size(mu):
    counts = [0, 0, 1, 2, 2, 7, 9, 5]
    equation = _in_one_size(NegativeBinomial.statistics(counts), mu)
    for size in (1e-3, 3.0, 1e9):
        r, m = mpf(size), mpf(mu)
        slope = mpmath.fsum(
            mpmath.digamma(k + r) - mpmath.digamma(r) + mpmath.log(r / (r + m)) + (m - k) / (r + m)
            for k in counts
        )
        curvature = mpmath.fsum(
            mpmath.psi(1, k + r) - mpmath.psi(1, r) + 1 / r - 1 / (r + m) - (m - k) / (r + m) ** 2
            for k in counts
        )
        found = np.concatenate(equation(np.array([size]), np.array([0])))
        np.testing.assert_allclose(found, [float(slope), float(curvature)], rtol=1e-13)


def test_a_sample_alone_and_among_others_has_the_same_fit():
    x = np.random.default_rng(3).negative_binomial(2, 0.3, (2, 50))
    alone = [NegativeBinomial.fit(row).theta for row in x]
    np.testing.assert_allclose(NegativeBinomial.fit(x, axis=1).theta, alone, rtol=1e-12)
