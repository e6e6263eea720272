"""Entropy, cross-entropy and KL divergence, against 30 digits by mpmath and against each other."""

from dataclasses import dataclass

import mpmath as mp
import numpy as np
import pytest
from families.members import CONTINUOUS, DISCRETE, FAMILIES, REGULAR, at, member, theta
from hypothesis import given, settings
from hypothesis import strategies as st

import mlecore as mle
from mlecore.divergence import (
    Empirical,
    closed_forms,
    cross_entropy,
    entropies,
    entropy,
    kl_divergence,
)
from mlecore.divergence.closed_forms import DIVERGENCES
from mlecore.divergence.entropies import ENTROPIES
from mlecore.divergence.numerical import numerical_divergence, numerical_entropy
from mlecore.divergence.rules import Rules
from mlecore.domains import Positive, Real, parameter

# -- references ------------------------------------------------------------------------------------

# Log-densities in mpmath, and where each begins and ends.
LINE, HALF = (mp.ninf, mp.inf), (mp.mpf(0), mp.inf)
DENSITIES = {
    "Normal": (LINE, lambda x, m, s: -(((x - m) / s) ** 2) / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2),
    "LogNormal": (
        HALF,
        lambda x, m, s: -(((mp.log(x) - m) / s) ** 2) / 2 - mp.log(s * x) - mp.log(2 * mp.pi) / 2,
    ),
    "Exponential": (HALF, lambda x, b: mp.log(b) - b * x),
    "Gamma": (HALF, lambda x, a, b: a * mp.log(b) - mp.loggamma(a) + (a - 1) * mp.log(x) - b * x),
    "InverseGamma": (
        HALF,
        lambda x, a, b: a * mp.log(b) - mp.loggamma(a) - (a + 1) * mp.log(x) - b / x,
    ),
    "Weibull": (HALF, lambda x, k, s: mp.log(k / s) + (k - 1) * mp.log(x / s) - (x / s) ** k),
    "Gumbel": (LINE, lambda x, m, s: -(x - m) / s - mp.exp(-(x - m) / s) - mp.log(s)),
    "Logistic": (
        LINE,
        lambda x, m, s: -abs(x - m) / s - mp.log(s) - 2 * mp.log1p(mp.exp(-abs(x - m) / s)),
    ),
    "Laplace": (LINE, lambda x, m, s: -abs(x - m) / s - mp.log(2 * s)),
    "Cauchy": (LINE, lambda x, m, s: -mp.log(mp.pi * s) - mp.log1p(((x - m) / s) ** 2)),
    "StudentT": (
        LINE,
        lambda x, v, m, s: (
            mp.loggamma((v + 1) / 2)
            - mp.loggamma(v / 2)
            - mp.log(v * mp.pi) / 2
            - mp.log(s)
            - (v + 1) / 2 * mp.log1p(((x - m) / s) ** 2 / v)
        ),
    ),
    "Beta": (
        (mp.mpf(0), mp.mpf(1)),
        lambda x, a, b: (
            mp.loggamma(a + b)
            - mp.loggamma(a)
            - mp.loggamma(b)
            + (a - 1) * mp.log(x)
            + (b - 1) * mp.log1p(-x)
        ),
    ),
    "InverseGaussian": (
        HALF,
        lambda x, m, s: mp.log(s / (2 * mp.pi * x**3)) / 2 - s * (x - m) ** 2 / (2 * m**2 * x),
    ),
    "HalfNormal": (HALF, lambda x, s: mp.log(2 / mp.pi) / 2 - mp.log(s) - (x / s) ** 2 / 2),
    "Rayleigh": (HALF, lambda x, s: mp.log(x / s**2) - (x / s) ** 2 / 2),
    "VonMises": (
        (-mp.pi, mp.pi),
        lambda x, m, k: k * mp.cos(x - m) - mp.log(2 * mp.pi * mp.besseli(0, k)),
    ),
}
MASSES = {
    "Bernoulli": lambda k, p: mp.log(p) if k else mp.log1p(-p),
    "Binomial": lambda k, n, p: mp.log(mp.binomial(n, k)) + k * mp.log(p) + (n - k) * mp.log1p(-p),
    "Geometric": lambda k, p: mp.log(p) + (k - 1) * mp.log1p(-p),
    "Poisson": lambda k, r: k * mp.log(r) - r - mp.loggamma(k + 1),
    "NegativeBinomial": lambda k, m, s: (
        mp.loggamma(k + s)
        - mp.loggamma(s)
        - mp.loggamma(k + 1)
        + s * mp.log(s / (s + m))
        + k * mp.log(m / (s + m))
    ),
}


def exact(d):
    return [mp.mpf(float(d.params[name])) for name in d.parameters]


def reference(p, q, digits):
    """Return KL(p || q), a difference of terms of size one: 15 digits of 1e-13 need 34 of theirs."""
    name = type(p).__name__
    a, b = exact(p), exact(q)
    with mp.workdps(digits):
        if name in MASSES:
            log_mass = MASSES[name]
            first = 1 if name == "Geometric" else 0
            last = {"Bernoulli": 1, "Binomial": int(p.params.get("n", 0))}.get(name, 500)
            total = mp.mpf(0)
            for k in range(first, last + 1):
                lp = log_mass(mp.mpf(k), *a)
                total += mp.exp(lp) * (lp - log_mass(mp.mpf(k), *b))
            return total
        (low, high), log_density = DENSITIES[name]
        quarters = [mp.mpf(float(v)) for v in p.ppf([0.01, 0.25, 0.5, 0.75, 0.99])]
        if name == "VonMises":
            quarters = [mp.mpf(float(p.mu)), mp.mpf(float(q.mu))]
        cuts = sorted(
            {*quarters, *(mp.mpf(float(v)) for v in q.params.values() if name == "Laplace")}
        )
        if name == "Gumbel":
            low = (
                a[0] - 6 * a[1]
            )  # the mass below is exp(-exp(6)), and its logarithm is slow to evaluate
        points = [low, *(c for c in cuts if low < c < high), high]

        def term(x):
            lp = log_density(x, *a)
            return mp.exp(lp) * (lp - log_density(x, *b))

        return mp.quad(term, points)


UNIVARIATE = [f for f in CONTINUOUS + DISCRETE if f.__name__ in {**DENSITIES, **MASSES}]


def relative(value, truth):
    return float(abs(mp.mpf(float(value)) - truth) / truth)


def neighbour(p, factor):
    """Return the member whose parameters are all a little larger, each by its own part of `factor`."""
    steps = factor * (1.0 + 0.3 * np.arange(theta(p).size))
    return at(p, theta(p) * (1.0 + steps))


# -- against references ------------------------------------------------------------------------------


@pytest.mark.parametrize("family", UNIVARIATE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("factor", [1e-6, 0.4], ids=["close", "far"])
def test_divergence_within_a_family_agrees_with_mpmath(family, factor):
    p = member(family, np.random.default_rng(5))
    q = neighbour(p, factor)
    if family.__name__ in ("Bernoulli", "Binomial", "Geometric") and factor > 0.1:
        q = neighbour(p, -factor)
    tolerance, digits = (1e-8, 34) if factor < 1e-3 else (1e-11, 20)
    assert relative(kl_divergence(p, q), reference(p, q, digits)) < tolerance


@pytest.mark.parametrize(
    "family",
    [f for f in UNIVARIATE if f in DIVERGENCES],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("factor", [1e-6, 0.2])
def test_closed_form_and_numerical_divergence_agree(family, factor):
    p = member(family, np.random.default_rng(7))
    q = neighbour(p, factor if family.__name__ not in ("Bernoulli", "Geometric") else -factor)
    assert numerical_divergence(p, q) == pytest.approx(
        kl_divergence(p, q), rel=1e-8 if factor < 1e-3 else 1e-11
    )


# The sum of a Zipf's is too slow, which is said: tests/families/test_zipf.py has one that is not.
@pytest.mark.parametrize(
    "family",
    [f for f in ENTROPIES if not f.event_ndim and f is not mle.Zipf],
    ids=lambda f: f.__name__,
)
def test_closed_form_entropy_agrees_with_the_sum_or_integral(family):
    p = member(family, np.random.default_rng(11))
    assert numerical_entropy(p) == pytest.approx(entropy(p), rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("shape", [1e-3, 0.5, 40.0, 1e6, 1e12])
def test_gamma_divergence_keeps_its_digits_at_extreme_shapes(shape):
    p = mle.Gamma(shape=shape, rate=2.0)
    q = mle.Gamma(shape=shape * 1.25, rate=2.5)
    a, b = (tuple(map(mp.mpf, map(float, d.params.values()))) for d in (p, q))
    with mp.workdps(60):
        truth = (
            (a[0] - b[0]) * mp.digamma(a[0])
            - mp.loggamma(a[0])
            + mp.loggamma(b[0])
            + b[0] * mp.log(a[1] / b[1])
            + a[0] * (b[1] - a[1]) / a[1]
        )
    assert relative(kl_divergence(p, q), truth) < 1e-11


@pytest.mark.parametrize(("a", "b"), [(1e-3, 2.0), (0.3, 0.4), (50.0, 2e6), (1e10, 3e10)])
@pytest.mark.parametrize("factor", [1e-6, 0.3])
def test_beta_divergence_keeps_its_digits_at_extreme_shapes(a, b, factor):
    p = mle.Beta(a=a, b=b)
    q = mle.Beta(a=a * (1 + factor), b=b * (1 + 2 * factor))
    (a1, b1), (a2, b2) = exact(p), exact(q)
    with mp.workdps(60):

        def log_beta(u, v):
            return mp.loggamma(u) + mp.loggamma(v) - mp.loggamma(u + v)

        truth = (
            log_beta(a2, b2)
            - log_beta(a1, b1)
            + (a1 - a2) * mp.digamma(a1)
            + (b1 - b2) * mp.digamma(b1)
            + (a2 - a1 + b2 - b1) * mp.digamma(a1 + b1)
        )
    assert relative(kl_divergence(p, q), truth) < 1e-8


@pytest.mark.parametrize("kappa", [1e-3, 0.7, 30.0, 290.0, 310.0, 1e5])
@pytest.mark.parametrize("factor", [1e-6, 0.3, 4.0])
def test_von_mises_divergence_keeps_its_digits_at_any_concentration(kappa, factor):
    p = mle.VonMises(mu=0.5, kappa=kappa)
    q = mle.VonMises(mu=0.5 + factor / 10, kappa=kappa * (1 + factor))
    (m1, k1), (m2, k2) = exact(p), exact(q)
    with mp.workdps(60):
        length = mp.besseli(1, k1) / mp.besseli(0, k1)
        truth = (
            k1 * length
            - k2 * length * mp.cos(m1 - m2)
            + mp.log(mp.besseli(0, k2))
            - mp.log(mp.besseli(0, k1))
        )
    assert relative(kl_divergence(p, q), truth) < 1e-8


def test_multivariate_entropy_and_divergence():
    from scipy import stats

    rng = np.random.default_rng(3)
    p, q = member(mle.MultivariateNormal, rng), member(mle.MultivariateNormal, rng)
    assert entropy(p) == pytest.approx(stats.multivariate_normal(p.mu, p.cov).entropy(), rel=1e-12)
    inverse = np.linalg.inv(q.cov)
    d = q.mu - p.mu
    direct = 0.5 * (
        np.trace(inverse @ p.cov)
        - 3
        + d @ inverse @ d
        + np.log(np.linalg.det(q.cov) / np.linalg.det(p.cov))
    )
    assert kl_divergence(p, q) == pytest.approx(direct, rel=1e-12)
    one = mle.MultivariateNormal(mu=[1.0], cov=[[4.0]])
    two = mle.MultivariateNormal(mu=[1.0 + 1e-6], cov=[[4.0 * (1 + 1e-6) ** 2]])
    same = kl_divergence(mle.Normal(1.0, 2.0), mle.Normal(1.0 + 1e-6, 2.0 * (1 + 1e-6)))
    assert kl_divergence(one, two) == pytest.approx(same, rel=1e-8)


PAIRS = [
    (mle.Normal(0.0, 1.0), mle.Laplace(0.0, 1.0)),
    (mle.Laplace(0.3, 1.0), mle.Normal(0.0, 2.0)),
    (mle.Normal(0.0, 1.0), mle.Cauchy(0.4, 0.5)),
    (mle.Gamma(2.0, 1.0), mle.Weibull(1.5, 2.0)),
    (mle.Weibull(1.5, 2.0), mle.Gamma(2.0, 1.0)),
    (mle.LogNormal(0.0, 0.5), mle.InverseGaussian(1.0, 4.0)),
    (mle.Exponential(2.0), mle.LogNormal(0.0, 1.0)),
    (mle.Beta(2.0, 3.0), mle.LogNormal(0.0, 1.0)),
    (mle.StudentT(5.0, 0.0, 1.0), mle.Normal(0.0, 1.0)),
    (mle.Gumbel(0.0, 1.0), mle.Logistic(0.5, 1.0)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda d: type(d).__name__)
def test_divergence_between_families_agrees_with_mpmath(p, q):
    (low, high), f = DENSITIES[type(p).__name__]
    g = DENSITIES[type(q).__name__][1]
    a, b = exact(p), exact(q)
    # Cut at the corner of a Laplace and along the bulk.
    cuts = sorted(
        mp.mpf(float(v)) for v in [*p.ppf([1e-6, 0.01, 0.3, 0.5, 0.99, 0.999999]), q.ppf(0.5)]
    )
    points = [low, *(c for c in cuts if low < c < high), high]
    if type(p) is mle.Gumbel:
        points[0] = a[0] - 6 * a[1]
    with mp.workdps(16):
        own = mp.quad(lambda x: mp.exp(f(x, *a)) * f(x, *a), points)
        cross = -mp.quad(lambda x: mp.exp(f(x, *a)) * g(x, *b), points)
        truth = own + cross
    assert relative(kl_divergence(p, q), truth) < 1e-9
    assert float(abs(cross_entropy(p, q) - cross)) < 1e-9 * float(abs(cross)) + 1e-12


def test_divergence_from_a_density_with_a_pole_has_all_its_digits():
    a = mp.mpf(0.2)
    mean, var = mp.digamma(a), mp.psi(1, a)  # of the logarithm of a Gamma
    own = -mp.loggamma(a) + (a - 1) * mean - a
    truth = own + mean + mp.log(3) + mp.log(2 * mp.pi) / 2 + (var + mean**2) / 18
    p, q = mle.Gamma(shape=0.2, rate=1.0), mle.LogNormal(mu=0.0, sigma=3.0)
    assert relative(kl_divergence(p, q), truth) < 1e-13


def test_a_family_seen_as_a_member_of_another_has_the_same_divergence():
    for narrow, wide in [
        (mle.Exponential(2.0), mle.Gamma(3.0, 1.0)),
        (mle.Exponential(2.0), mle.Weibull(0.7, 1.0)),
        (mle.Rayleigh(2.0), mle.Weibull(3.0, 1.0)),
        (mle.Uniform(0.0, 1.0), mle.Beta(3.0, 2.0)),
        (mle.Bernoulli(0.3), mle.Binomial(1, 0.6)),
        (mle.Bernoulli(0.3), mle.Categorical([0.2, 0.8])),
    ]:
        assert kl_divergence(narrow, wide) == pytest.approx(
            numerical_divergence(narrow, wide), rel=1e-10
        )
        if type(narrow) is not mle.Uniform:
            assert kl_divergence(wide, narrow) == pytest.approx(
                numerical_divergence(wide, narrow), rel=1e-10
            )


# -- what must hold for all --------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_divergence_from_itself_is_zero_and_from_another_positive(family):
    rng = np.random.default_rng(2)
    p, q = member(family, rng), member(family, rng)
    assert kl_divergence(p, p) == pytest.approx(0.0, abs=1e-13)
    assert kl_divergence(p, q) > 0


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_cross_entropy_is_entropy_plus_divergence(family):
    p = member(family, np.random.default_rng(4))
    q = neighbour(p, 0.05 if family.__name__ != "Pareto" else -0.05)
    if family is mle.Uniform:
        q = mle.Uniform(p.low - 1.0, p.high + 2.0)
    total = entropy(p) + kl_divergence(p, q)
    assert cross_entropy(p, q) == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("family", REGULAR, ids=lambda f: f.__name__)
def test_small_divergence_is_half_the_information_times_the_square(family):
    p = member(family, np.random.default_rng(6))
    q = neighbour(p, 1e-6)
    step = theta(q) - theta(p)
    quadratic = 0.5 * step @ p.information() @ step
    # For a Laplace the remainder is of third order in |step|, with a larger constant.
    assert kl_divergence(p, q) == pytest.approx(quadratic, rel=2e-5)


def test_closed_forms_broadcast():
    p = mle.Normal(mu=np.zeros((3, 1)), sigma=1.0)
    q = mle.Normal(mu=[1.0, 2.0], sigma=2.0)
    table = kl_divergence(p, q)
    assert table.shape == (3, 2)
    assert table[1, 1] == kl_divergence(mle.Normal(0.0, 1.0), mle.Normal(2.0, 2.0))
    assert cross_entropy(p, q).shape == (3, 2)
    assert entropy(p).shape == (3, 1)


def test_numerical_forms_broadcast():
    p = mle.Logistic(loc=0.0, scale=[1.0, 2.0])
    q = mle.Logistic(loc=[[0.0], [1.0], [2.0]], scale=1.5)
    table = kl_divergence(p, q)
    assert table.shape == (3, 2)
    assert table[2, 1] == kl_divergence(mle.Logistic(0.0, 2.0), mle.Logistic(2.0, 1.5))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.floats(0.1, 10.0), st.floats(-3.0, 3.0))
def test_divergence_does_not_depend_on_units(shift, unit, scale, loc):
    def pair(a, b):
        return (
            mle.Normal(mu=a, sigma=b),
            mle.Logistic(loc=a + b * loc, scale=b * scale),
        )

    plain = kl_divergence(*pair(0.0, 1.0))
    assert kl_divergence(*pair(shift, unit)) == pytest.approx(plain, rel=1e-4, abs=1e-9)


# -- infinite where it is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (mle.Normal(0.0, 1.0), mle.Exponential(1.0)),
        (mle.Cauchy(0.0, 1.0), mle.Normal(0.0, 1.0)),
        (mle.StudentT(1.5, 0.0, 1.0), mle.Normal(0.0, 1.0)),
        (mle.StudentT(2.0, 0.0, 1.0), mle.Normal(0.0, 1.0)),
        (mle.Pareto(1.0, 2.0), mle.Exponential(1.0)),
        (mle.Pareto(3.0, 1.0), mle.Pareto(3.0, 1.1)),
        (mle.Uniform(0.0, 1.0), mle.Uniform(0.5, 2.0)),
        (mle.Gamma(9.0, 1.0), mle.Pareto(1.0, 1e-6)),
        (mle.Poisson(3.0), mle.Binomial(100, 0.03)),
        (mle.Poisson(3.0), mle.Geometric(0.3)),
        (mle.Poisson(1e6), mle.Geometric(0.3)),
        (mle.Binomial(12, 0.5), mle.Binomial(10, 0.5)),
        (mle.Bernoulli(0.5), mle.Bernoulli(1.0)),
        (mle.Categorical([0.5, 0.25, 0.25]), mle.Categorical([0.5, 0.5])),
    ],
    ids=lambda d: repr(d),
)
def test_divergence_is_infinite_where_it_is(p, q):
    assert kl_divergence(p, q) == np.inf
    assert cross_entropy(p, q) == np.inf


def test_what_is_on_the_boundary_needs_only_what_it_has():
    assert kl_divergence(mle.Bernoulli(0.0), mle.Bernoulli(0.25)) == pytest.approx(-np.log(0.75))
    assert kl_divergence(mle.Poisson(0.0), mle.Poisson(2.0)) == 2.0
    assert kl_divergence(mle.Poisson(0.0), mle.Binomial(5, 0.5)) == pytest.approx(5 * np.log(2))
    assert kl_divergence(mle.Geometric(1.0), mle.Geometric(0.25)) == pytest.approx(np.log(4))
    assert entropy(mle.Poisson(0.0)) == 0.0
    assert entropy(mle.Bernoulli(1.0)) == 0.0


def test_a_density_and_a_mass_are_infinitely_far_apart():
    assert kl_divergence(mle.Poisson(3.0), mle.Normal(3.0, 2.0)) == np.inf
    assert kl_divergence(mle.Normal(3.0, 2.0), mle.Poisson(3.0)) == np.inf
    assert cross_entropy(mle.Normal(3.0, 2.0), mle.Poisson(3.0)) == np.inf
    # A density has a value at every count, so this one is a finite average.
    k = np.arange(60)
    average = -(mle.Poisson(3.0).pmf(k) * mle.Normal(3.0, 2.0).log_prob(k)).sum()
    assert cross_entropy(mle.Poisson(3.0), mle.Normal(3.0, 2.0)) == pytest.approx(
        average, rel=1e-12
    )


def test_what_cannot_be_had_to_ten_digits_is_refused():
    # E x^2 exists, and all but 3e-8 of it lies within what a double can hold; the rest is not guessed.
    with pytest.raises(mle.ConvergenceError, match="heavy"):
        kl_divergence(mle.StudentT(2.05, 0.0, 1.0), mle.Normal(0.0, 1.0))


def test_a_narrow_peak_far_from_the_bulk_is_not_missed():
    p, q = mle.Normal(0.0, 1.0), mle.Cauchy(5.0, 1e-3)
    x = np.linspace(-12, 12, 400_001)
    log_p, log_q = p.log_prob(x), q.log_prob(x)
    sum_ = (np.exp(log_p) * (log_p - log_q)).sum() * (x[1] - x[0])
    assert kl_divergence(p, q) == pytest.approx(sum_, rel=1e-8)


def test_entropy_of_huge_counts_is_that_of_the_normal_they_approach():
    # The correction is -1/(12 rate) for a Poisson (Evans, Boersma, Blachman and Jagers 1988).
    rate = 1e8
    normal = 0.5 * np.log(2 * np.pi * np.e * rate)
    assert entropy(mle.Poisson(rate)) == pytest.approx(normal - 1 / (12 * rate), rel=1e-12)
    assert entropy(mle.Binomial(1000, 0.3)) == pytest.approx(
        mle.Binomial(1000, 0.3).scipy().entropy()
    )


# -- from data -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_cross_entropy_from_data_is_the_loss_to_the_last_bit(family):
    rng = np.random.default_rng(9)
    p = member(family, rng)
    x = p.sample(31, rng=rng)
    assert cross_entropy(Empirical(x), p) == mle.nll(p, x)


def test_weights_count_observations():
    x, w = [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]
    d = mle.Poisson(1.5)
    assert cross_entropy(Empirical(x, w), d) == pytest.approx(
        mle.nll(d, [0.0, 0.0, 3.0]), rel=1e-15
    )
    assert entropy(Empirical(x, w)) == pytest.approx(entropy(mle.Bernoulli(1 / 3)))
    assert Empirical(x, w).mean == 1.0
    assert Empirical(x, w).var == pytest.approx(2.0)
    # A value of weight zero was not seen: it may even lie outside the support.
    assert cross_entropy(Empirical([1.0, -1.0], [1.0, 0.0]), d) == mle.nll(d, [1.0])


def test_divergence_from_data_splits_the_loss_for_counts_and_is_infinite_for_densities():
    x = mle.datasets.load("alpha_particles").sample
    p, d = Empirical(x), mle.Poisson.fit(x).dist
    divergence_ = kl_divergence(p, d)
    assert 0 < divergence_ < np.inf
    assert cross_entropy(p, d) == pytest.approx(entropy(p) + divergence_, rel=1e-13)
    assert kl_divergence(p, mle.Normal(4.0, 2.0)) == np.inf


def test_the_maximum_of_the_likelihood_is_the_nearest_member():
    x = mle.datasets.load("alpha_particles").sample
    p = Empirical(x)
    rates = np.linspace(3.5, 4.2, 71)
    distances = kl_divergence(p, mle.Poisson(rates))
    assert abs(rates[np.argmin(distances)] - x.mean()) <= 0.005


def test_data_as_the_second_distribution():
    p = Empirical([0.0, 1.0, 1.0])
    assert kl_divergence(mle.Bernoulli(0.5), p) == pytest.approx(
        kl_divergence(mle.Bernoulli(0.5), mle.Bernoulli(2 / 3))
    )
    assert kl_divergence(mle.Poisson(1.0), p) == np.inf
    assert kl_divergence(mle.Normal(0.0, 1.0), p) == np.inf
    assert kl_divergence(p, p) == 0.0


def test_data_can_be_drawn_from_again():
    p = Empirical([1.0, 2.0, 5.0], [1.0, 1.0, 8.0])
    again = p.sample((4, 2000), rng=0)
    assert again.shape == (4, 2000)
    assert abs((again == 5.0).mean() - 0.8) < 5 * np.sqrt(0.16 / 8000)
    rows = Empirical(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]))
    assert rows.log_prob([1.0, 2.0]) == pytest.approx(np.log(2 / 3))
    assert rows.log_prob([1.0, 4.0]) == -np.inf


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (lambda: entropy(mle.Normal), "distribution"),
        (lambda: kl_divergence([0.5, 0.5], mle.Bernoulli(0.5)), "distribution"),
        (lambda: kl_divergence(mle.VonMises(0.0, 1.0), mle.Normal(0.0, 1.0)), "angles"),
        (
            lambda: kl_divergence(mle.Normal(0.0, 1.0), mle.MultivariateNormal([0.0], [[1.0]])),
            "spaces",
        ),
        (lambda: Empirical([]), "observations"),
        (lambda: Empirical([1.0, np.nan]), "NaN"),
        (lambda: Empirical([1.0], [-1.0]), "negative"),
        (lambda: Empirical([1.0], [1.0, 2.0]), "shape"),
    ],
)
def test_bad_input_is_refused_in_words(bad, words):
    with pytest.raises(mle.DataError, match=words):
        bad()


# -- a family of one's own -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Delayed(mle.Family):
    """An exponential waiting time that begins at `start`: a family that the package does not know."""

    start: np.ndarray = parameter(Real())  # noqa: RUF009
    rate: np.ndarray = parameter(Positive())  # noqa: RUF009
    irregular = ("start",)

    def log_prob(self, x):
        x = np.asarray(x, dtype=float)
        return np.where(x >= self.start, np.log(self.rate) - self.rate * (x - self.start), -np.inf)

    def scipy(self):
        from scipy import stats

        return stats.expon(loc=self.start, scale=1.0 / self.rate)


def test_a_new_family_needs_nothing_even_where_its_parameters_move_its_support():
    p, q = Delayed(start=1.5, rate=2.0), Delayed(start=0.25, rate=0.5)
    divergence = np.log(2.0 / 0.5) - 1.0 + 0.5 / 2.0 + 0.5 * 1.25
    assert entropy(p) == pytest.approx(1.0 - np.log(2.0), rel=1e-10)
    assert kl_divergence(p, q) == pytest.approx(divergence, rel=1e-10)
    assert cross_entropy(p, q) == pytest.approx(1.0 - np.log(2.0) + divergence, rel=1e-10)
    assert kl_divergence(q, p) == cross_entropy(q, p) == np.inf


def test_a_closed_form_is_one_function(monkeypatch):
    p, q = Delayed(start=1.5, rate=2.0), Delayed(start=0.25, rate=0.5)
    monkeypatch.setattr(closed_forms, "DIVERGENCES", Rules())
    monkeypatch.setattr(entropies, "ENTROPIES", Rules())

    @closed_forms.DIVERGENCES.of(Delayed)
    def _divergence(p, q):
        return np.where(p.start < q.start, np.inf, 7.0)

    @entropies.ENTROPIES.of(Delayed)
    def _entropy(p):
        return 1.0 - np.log(p.rate)

    assert kl_divergence(p, q) == 7.0
    assert kl_divergence(q, p) == np.inf
    assert cross_entropy(p, q) == 8.0 - np.log(2.0)


# -- what lies outside, far apart, or far out --------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "q", "right"),
    [
        (
            mle.Bernoulli(0.1),
            mle.Poisson(0.105),
            0.9 * np.log(0.9) + 0.105 + 0.1 * np.log(0.1 / 0.105),
        ),
        (mle.Uniform(0.0, 0.9), mle.Beta(1.0, 1.0), -np.log(0.9)),
        (mle.Beta(1.0, 1.0), mle.Uniform(-0.05, 1.05), np.log(1.1)),
        (mle.Bernoulli(0.0), mle.Poisson(0.2), 0.2),
        (
            mle.Bernoulli(0.1),
            mle.Binomial(2, 0.05),
            0.9 * np.log(0.9 / 0.95**2) + 0.1 * np.log(0.1 / (2 * 0.05 * 0.95)),
        ),
        (mle.Bernoulli(0.5), mle.Empirical([0] * 10 + [1] * 10 + [2]), np.log(21 / 20)),
        (mle.Normal(0.0, 1e-9), mle.Normal(0.0, 1.0), 9 * np.log(10) - 0.5 + 0.5e-18),
        (mle.Exponential(1e15), mle.Exponential(1.0), 15 * np.log(10) - 1.0 + 1e-15),
        (mle.Beta(0.5, 1.0), mle.InverseGamma(1.0, 1.0), np.inf),
        (mle.Cauchy(0.0, 1.0), mle.Normal(0.0, 1.0), np.inf),
        (mle.StudentT(2.5, 0.0, 1.0), mle.Gumbel(0.0, 1.0), np.inf),
        (mle.Laplace(0.0, 1.0), mle.Gumbel(0.0, 1.0), np.inf),
        (mle.Pareto(1.5, 1.0), mle.Rayleigh(1.0), np.inf),
    ],
    ids=str,
)
def test_a_divergence_counts_what_the_second_has_where_the_first_has_nothing(p, q, right):
    assert kl_divergence(p, q) == pytest.approx(right, rel=1e-9)


def test_a_divergence_through_a_tail_that_no_double_holds_is_found_by_expectations():
    with mp.workdps(30):
        b = mp.mpf("0.97")
        right = float(-1 - mp.log(2 * b) + 1 / (1 - b * b))
    found = kl_divergence(mle.Laplace(0.0, 0.97), mle.Gumbel(0.0, 1.0))
    assert found == pytest.approx(right, rel=1e-12)
    assert found == pytest.approx(15.2578, abs=5e-5)


@pytest.mark.parametrize(
    ("family", "narrow", "wide"),
    [
        (mle.Normal, (0.0, 1e-20), (0.0, 1.0)),
        (mle.LogNormal, (0.0, 1e-20), (0.0, 1.0)),
        (mle.Laplace, (0.0, 1e-20), (0.0, 1.0)),
        (mle.Rayleigh, (1e-20,), (1.0,)),
        (mle.Exponential, (1e20,), (1.0,)),
        (mle.Gamma, (2.0, 1e20), (2.0, 1.0)),
        (mle.Weibull, (1e20, 1.0), (1.0, 1.0)),
        (mle.Gumbel, (0.0, 1e-20), (0.0, 1.0)),
        (mle.Pareto, (1e20, 1.0), (1.0, 1.0)),
        (mle.InverseGaussian, (1.0, 1.0), (1.0, 1e-20)),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_a_far_narrower_distribution_has_a_finite_divergence(family, narrow, wide):
    # Far apart a divergence is cross-entropy less entropy, and nothing cancels.
    p, q = family(*narrow), family(*wide)
    found = kl_divergence(p, q)
    assert 20.0 < found < 100.0
    assert found == pytest.approx(cross_entropy(p, q) - entropy(p), rel=1e-9)


def test_entropies_keep_what_a_small_probability_leaves():
    assert entropy(mle.Geometric(1e-18)) == pytest.approx(1.0 + 18 * np.log(10), rel=1e-12)
    assert entropy(mle.Bernoulli(1e-18)) == pytest.approx(1e-18 * (1 + 18 * np.log(10)), rel=1e-12)


@pytest.mark.parametrize("df", [0.005, 0.5, 3.0, 1e3, 1e12])
def test_the_entropy_of_a_t_has_a_closed_form(df):
    with mp.workdps(40):
        v = mp.mpf(df)
        right = (v + 1) / 2 * (mp.digamma((v + 1) / 2) - mp.digamma(v / 2)) + mp.log(
            mp.sqrt(v) * mp.beta(v / 2, mp.mpf(1) / 2)
        )
    assert entropy(mle.StudentT(df, 0.0, 2.0)) == pytest.approx(float(right) + np.log(2), rel=1e-12)


def test_rows_of_numbers_and_numbers_are_different_spaces():
    rows = mle.Empirical([[1.0, 2.0], [3.0, 4.0]], weights=[1.0, 2.0])
    for ask in (kl_divergence, cross_entropy):
        for pair in ((rows, mle.Normal(0.0, 1.0)), (mle.Empirical([1.0, 2.0]), rows)):
            with pytest.raises(mle.DataError, match="rows of numbers"):
                ask(*pair)


def test_what_is_no_distribution_is_told_how_to_become_one():
    good = mle.Normal(0.0, 1.0)
    for bad, words in (
        (mle.Normal, "give its parameters"),
        (mle.Normal.fit([1.0, 2.0]), "fit.dist"),
        (object(), "subclass of Family"),
    ):
        with pytest.raises(mle.DataError, match=words):
            kl_divergence(bad, good)


masses = st.lists(st.floats(0.01, 1.0), min_size=3, max_size=6)


@settings(max_examples=100, deadline=None)
@given(masses, st.randoms(use_true_random=False))
def test_a_divergence_is_that_of_a_partition_and_those_within_its_parts(weights, random):
    # The chain rule: KL(p, q) = KL of which part + sum over parts p(part) KL(p | part, q | part).
    p = np.array(weights) / sum(weights)
    q = np.array([w * random.uniform(0.5, 2.0) for w in weights])
    q /= q.sum()
    whole = kl_divergence(mle.Categorical(p), mle.Categorical(q))
    cut = random.randint(1, p.size - 1)
    parts = (slice(0, cut), slice(cut, None))
    outer = kl_divergence(
        mle.Categorical([p[k].sum() for k in parts]), mle.Categorical([q[k].sum() for k in parts])
    )
    inner = sum(
        p[k].sum()
        * kl_divergence(mle.Categorical(p[k] / p[k].sum()), mle.Categorical(q[k] / q[k].sum()))
        for k in parts
    )
    assert whole >= outer - 1e-12 >= -1e-12
    assert whole == pytest.approx(outer + inner, rel=1e-8, abs=1e-13)


counts = st.sampled_from(
    [
        lambda u: mle.Bernoulli(u),
        lambda u: mle.Binomial(3, u),
        lambda u: mle.Poisson(4 * u),
        lambda u: mle.Geometric(u),
        lambda u: mle.NegativeBinomial(5 * u, 2.0),
        lambda u: mle.Categorical([1 - u, u / 3, 2 * u / 3]),
    ]
)


@settings(max_examples=60, deadline=None)
@given(counts, counts, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_a_divergence_between_counts_is_the_sum_over_them(one, other, u, v):
    p, q = one(u), other(v)
    found = kl_divergence(p, q)
    k = np.arange(0.0, 2000.0)
    log_a, log_b = p.log_prob(k), q.log_prob(k)
    assert found >= 0.0
    with np.errstate(all="ignore"):
        terms = np.where(np.isneginf(log_a), 0.0, np.exp(log_a) * (log_a - log_b))
    if np.isinf(terms).any():
        assert found == np.inf
    else:
        assert found == pytest.approx(terms.sum(), rel=1e-7, abs=1e-12)
