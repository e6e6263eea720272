"""A family of one's own, from its log-density alone, beside the families that know their formulas."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

import mlecore as mle
from mlecore import (
    ConvergenceError,
    DataError,
    NoMLEError,
    Parameter,
    Positive,
    Real,
    Support,
    SupportError,
    Unit,
    parameter,
)

ROOT = Path(__file__).resolve().parent.parent


class OwnNormal(mle.Family):
    mu: Parameter = parameter(Real())
    sigma: Parameter = parameter(Positive())

    def log_density(self, x):
        z = (x - self.mu) / self.sigma
        return -0.5 * z * z - np.log(self.sigma) - 0.5 * np.log(2 * np.pi)


class OwnGamma(mle.Family):
    shape: Parameter = parameter(Positive())
    rate: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True)

    def log_density(self, x):
        a, b = self.shape, self.rate
        return (
            a * np.log(b) - special.gammaln(a) + (a - 1) * np.log(x) - b * x
        )  # no complex gammaln


class OwnPoisson(mle.Family):
    rate: Parameter = parameter(Positive())
    support = Support(low=0.0, whole=True)

    def log_density(self, x):
        return x * np.log(self.rate) - self.rate - special.gammaln(x + 1)


class OwnCauchy(mle.Family):
    loc: Parameter = parameter(Real())
    scale: Parameter = parameter(Positive())

    def log_density(self, x):
        return -np.log(np.pi * self.scale) - np.log1p(((x - self.loc) / self.scale) ** 2)


class OwnT(mle.Family):
    df: Parameter = parameter(Positive())

    def log_density(self, x):
        half = 0.5 * (self.df + 1)
        constant = special.gammaln(half) - special.gammaln(0.5 * self.df)
        return constant - 0.5 * np.log(np.pi * self.df) - half * np.log1p(x * x / self.df)


class OwnMaxwell(mle.Family):
    scale: Parameter = parameter(Positive())
    support = Support(low=0.0)

    def log_density(self, x):
        z = x / self.scale
        return 0.5 * np.log(2 / np.pi) + 2 * np.log(z) - np.log(self.scale) - 0.5 * z * z


class Cornered(mle.Family):
    loc: Parameter = parameter(Real())
    scale: Parameter = parameter(Positive())

    def log_density(self, x):
        return -np.log(2 * self.scale) - np.abs(x - self.loc) / self.scale


class OwnLaplace(Cornered):
    corners = ("loc",)


class Shifted(mle.Family):
    loc: Parameter = parameter(Real())
    rate: Parameter = parameter(Positive())
    corners = ("loc",)

    def _ends(self):
        return self.loc, np.inf

    def log_density(self, x):
        inside = np.log(self.rate) - self.rate * (x - self.loc)
        return np.where(x >= self.loc, inside, -np.inf)


class Zeta(mle.Family):
    s: Parameter = parameter(Positive())
    support = Support(low=1.0, whole=True)

    def log_density(self, x):
        return -(1 + self.s) * np.log(x) - np.log(special.zeta(1 + self.s))


RNG = np.random.default_rng(8)
PAIRS = [
    (OwnNormal, mle.Normal, RNG.normal(3.0, 2.0, 60), {"mu": 3.4}),
    (OwnGamma, mle.Gamma, RNG.gamma(2.5, 1.5, 60), {"shape": 2.0}),
    (OwnPoisson, mle.Poisson, RNG.poisson(3.0, 60).astype(float), {"rate": 3.4}),
]


def over(pairs):
    return pytest.mark.parametrize(
        ("own", "known", "x", "null"), pairs, ids=[pair[1].__name__ for pair in pairs]
    )


@over(PAIRS)
def test_a_density_alone_gives_the_fit_and_its_inference(own, known, x, null):
    mine, theirs = own.fit(x), known.fit(x)
    ends, their_ends = mine.ci(method="lr"), theirs.ci(method="lr")
    assert mine.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-12)
    for name in theirs.params:
        assert mine.params[name] == pytest.approx(theirs.params[name], rel=1e-6)
        assert mine.se[name] == pytest.approx(theirs.se[name], rel=1e-6)
        assert ends[name] == pytest.approx(their_ends[name], rel=1e-6)
    for kind in ("expected", "sandwich"):
        np.testing.assert_allclose(
            mine.covariance(kind), theirs.covariance(kind), rtol=1e-5, atol=1e-8
        )
    for method in ("lr", "wald", "score"):
        expected = theirs.test(**null, method=method).statistic
        assert mine.test(**null, method=method).statistic == pytest.approx(expected, rel=1e-5)


@over(PAIRS)
def test_a_density_alone_gives_probabilities_moments_and_quantiles(own, known, x, null):
    theirs = known.fit(x).dist
    mine = own(**theirs.params)
    np.testing.assert_allclose(mine.cdf(x), theirs.cdf(x), rtol=1e-11)
    far = theirs.ppf(0.9999) + 30.0
    assert mine.log_sf(far) == pytest.approx(theirs.log_sf(far), rel=1e-10)
    assert mine.mean == pytest.approx(theirs.mean, rel=1e-9)
    assert mine.var == pytest.approx(theirs.var, rel=1e-9)
    q = np.array([1e-4, 0.2, 0.5, 0.9, 0.9999])
    np.testing.assert_allclose(mine.ppf(q), theirs.ppf(q), rtol=1e-9)
    assert mle.entropy(mine) == pytest.approx(mle.entropy(theirs), rel=1e-9)


@over(PAIRS)
def test_a_density_alone_gives_samples(own, known, x, null):
    d = known.fit(x).dist
    draws = own(**d.params).sample(4000, rng=1)
    assert abs(draws.mean() - d.mean) < 4 * np.sqrt(d.var / 4000)
    if not own.support.whole:
        assert stats.kstest(draws, d.scipy().cdf).pvalue > 1e-3
    batch = own(**{name: np.full(3, value) for name, value in d.params.items()})
    assert batch.sample((5, 2), rng=0).shape == (5, 2, 3)


@over(PAIRS)
def test_a_density_alone_takes_partly_seen_data_weights_and_batches(own, known, x, null):
    bound = np.quantile(x, 0.7)
    seen = mle.observed(np.minimum(x, bound), right=x > bound)
    np.testing.assert_allclose(own.fit(seen).theta, known.fit(seen).theta, rtol=1e-5)
    w = np.arange(x.size) % 3 + 1.0
    np.testing.assert_allclose(own.fit(x, w).theta, known.fit(x, w).theta, rtol=1e-6)
    rows = x.reshape(2, -1)
    np.testing.assert_allclose(
        own.fit(rows, axis=1).theta, known.fit(rows, axis=1).theta, rtol=1e-6
    )


def test_a_small_spread_far_from_zero_is_no_obstacle():
    x = 1e6 + 1e-2 * np.random.default_rng(0).normal(size=100)
    mine, theirs = OwnNormal.fit(x), mle.Normal.fit(x)
    assert mine.params["sigma"] == pytest.approx(theirs.params["sigma"], rel=1e-6)
    assert mine.se["sigma"] == pytest.approx(theirs.se["sigma"], rel=1e-4)


class ByScipy(mle.Family):
    """A density that SciPy computes, which drops imaginary parts and warns of it."""

    mu: mle.Parameter = mle.parameter(mle.Real())
    sigma: mle.Parameter = mle.parameter(mle.Positive())

    def log_density(self, x):
        return stats.norm.logpdf(x, self.mu, self.sigma)


def test_a_density_by_scipy_has_its_slopes_without_a_warning():
    x = np.random.default_rng(0).normal(2.0, 0.5, 60)
    mine, theirs = ByScipy.fit(x), mle.Normal.fit(x)  # a warning would be an error here
    np.testing.assert_allclose(mine.theta, theirs.theta, rtol=1e-6)
    np.testing.assert_allclose(mine.cov, theirs.cov, rtol=1e-5, atol=1e-9)


def test_the_example_for_contributors_runs():
    text = (ROOT / "book" / "contributing.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(import numpy as np\nimport mlecore as mle\n.*?)```", text, re.S)
    names: dict = {"__name__": "example"}
    exec(code.group(1), names)
    x = stats.maxwell(scale=2.0).rvs(100, random_state=np.random.default_rng(3))
    f = names["Maxwell"].fit(x)
    assert f.params["scale"] == pytest.approx(np.sqrt((x**2).mean() / 3), rel=1e-9)
    assert names["Maxwell"](scale=2.0).mean == pytest.approx(stats.maxwell(scale=2.0).mean())


# -- what is hard ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-100, 1e-8, 1e100])
def test_units_do_not_matter(unit):
    law = stats.maxwell()
    x = unit * law.rvs(50, random_state=np.random.default_rng(3))
    fit, d = OwnMaxwell.fit(x), OwnMaxwell(scale=unit)
    assert fit.params["scale"] == pytest.approx(
        unit * np.sqrt(np.mean((x / unit) ** 2) / 3), rel=1e-9
    )
    assert fit.se["scale"] == pytest.approx(fit.params["scale"] / np.sqrt(6 * 50), rel=1e-6)
    assert d.information()[0, 0] * unit * unit == pytest.approx(6.0, rel=1e-9)
    assert d.mean == pytest.approx(unit * law.mean(), rel=1e-9)
    for q in (0.01, 1 - 1e-9):
        assert d.ppf(q) == pytest.approx(unit * law.ppf(q), rel=1e-9)


def test_a_quantile_of_one_number_is_one_number():
    assert OwnMaxwell(scale=2.0).ppf(0.9) == pytest.approx(
        stats.maxwell(scale=2.0).ppf(0.9), rel=1e-9
    )
    assert np.ndim(OwnMaxwell(scale=2.0).ppf(0.9)) == 0
    np.testing.assert_allclose(Shifted(1.0, 2.0).ppf([0.0, 1.0]), [1.0, np.inf])


def test_every_hill_is_climbed_also_with_parameters_held():
    fit = OwnCauchy.fit([0, 1, 10, 11])
    assert fit.test(scale=0.1).statistic == pytest.approx(8.797, abs=1e-3)
    assert mle.Likelihood(OwnCauchy, [0, 1, 10, 11]).profile("scale", [0.1])[0] == pytest.approx(
        mle.Likelihood(mle.Cauchy, [0, 1, 10, 11]).profile("scale", [0.1])[0], rel=1e-9
    )


def test_moments_are_infinite_or_missing_where_they_are():
    assert np.isnan(OwnCauchy(0.0, 1.0).mean)
    assert OwnCauchy(0.0, 1.0).var == np.inf
    assert OwnT(1.5).mean == 0.0
    assert [OwnT(df).var for df in (0.5, 1.5, 2.0)] == [np.inf] * 3
    for df in (2.1, 3.0, 30.0):
        assert OwnT(df).var == pytest.approx(df / (df - 2), rel=1e-9)


def test_what_quadrature_does_not_reach_is_refused():
    with pytest.raises(ConvergenceError, match="the variance of OwnT"):
        _ = OwnT(2.02).var
    with pytest.raises(ConvergenceError, match="the mean of Zeta"):
        _ = Zeta(2.5).mean  # no sum of 2^18 terms holds the tail
    assert Zeta(1.0).cdf(3) == pytest.approx(stats.zipf(2.0).cdf(3), rel=1e-12)
    assert Zeta(1.0).sf(3) == pytest.approx(stats.zipf(2.0).sf(3), rel=1e-12)


def test_a_corner_is_said_and_then_searched():
    x = np.random.default_rng(1).laplace(3.0, 2.0, 21)
    with pytest.raises(ConvergenceError, match=r'corners = \("loc",\)'):
        Cornered.fit(x)
    mine, theirs = OwnLaplace.fit(x), mle.Laplace.fit(x)
    for name in ("loc", "scale"):
        assert mine.params[name] == pytest.approx(theirs.params[name], rel=1e-8)
        assert mine.se[name] == pytest.approx(theirs.se[name], rel=1e-3)
    for d in (OwnLaplace(2.83, 2.08), OwnLaplace(-1e3, 0.1)):
        np.testing.assert_allclose(d.information() * d.scale**2, np.eye(2), atol=1e-3)
        assert d.var == pytest.approx(2 * d.scale**2, rel=1e-9)
    np.testing.assert_allclose(
        OwnLaplace(0.0, 1.0).score([-1.0, 2.0]), [[-1, 0], [1, 1]], atol=1e-8
    )


def test_an_end_that_moves_is_found_among_the_values():
    fit = Shifted.fit([1.0, 2.0, 3.5])
    assert fit.params["loc"] == pytest.approx(1.0, abs=1e-9)
    assert fit.params["rate"] == pytest.approx(3 / 3.5, rel=1e-6)
    assert Shifted(1.0, 2.0).mean == pytest.approx(1.5, rel=1e-9)


@pytest.mark.parametrize(
    ("family", "x"),
    [(OwnPoisson, [0, 0, 0]), (OwnNormal, [1.0, 1.0, 1.0])],
    ids=["all zero", "all equal"],
)
def test_a_parameter_that_runs_away_is_no_maximum(family, x):
    with pytest.raises(NoMLEError, match="keeps rising as"):
        family.fit(x)


def test_a_support_says_itself_in_words():
    with pytest.raises(SupportError, match=r"needs x >= 0; x\[1\] = -2 is outside"):
        OwnMaxwell.fit([1.0, -2.0])
    with pytest.raises(DataError, match="none gives any to the value 0"):
        OwnMaxwell.fit([0.0, 1.0])
    assert Support(low=0, high=1, open_low=True).text == "0 < x <= 1"


def test_a_log_likelihood_by_hand_gives_the_rest_too():
    class OwnExponential(mle.Family):
        rate: Parameter = parameter(Positive())
        support = Support(low=0.0)

        def _log_likelihood(self, t):
            return t.n * np.log(self.rate) - self.rate * t.sum(t.values)

    x = [1.0, 2.0, 3.0]
    mine, theirs = OwnExponential.fit(x), mle.Exponential.fit(x)
    assert mine.ci(method="lr")["rate"] == pytest.approx(theirs.ci(method="lr")["rate"], rel=1e-8)
    np.testing.assert_allclose(
        mine.covariance("expected"), theirs.covariance("expected"), rtol=1e-8
    )
    assert OwnExponential(2.0).cdf(1.0) == pytest.approx(-np.expm1(-2.0), rel=1e-10)


def test_a_law_has_no_divergence_from_its_other_formula():
    for own, known in (
        (OwnGamma(2.0, 3.0), mle.Gamma(2.0, 3.0)),
        (OwnPoisson(2.0), mle.Poisson(2.0)),
    ):
        assert mle.kl_divergence(own, known) == 0.0
        assert mle.kl_divergence(known, own) == 0.0


# -- what is half written says what is missing ---------------------------------------------------------


def half():
    class Half(mle.Family):
        scale: Parameter = parameter(Positive())

    return Half.fit([1.0, 2.0])


def wrong_support():
    class Bounded(mle.Family):
        scale: Parameter = parameter(Positive())
        support = (0, np.inf)


def summed():
    class Summed(mle.Family):
        scale: Parameter = parameter(Positive())

        def log_density(self, x):
            return (-((x / self.scale) ** 2) - np.log(self.scale)).sum()

    return Summed.fit([1.0, 2.0])


def mass_alone():
    class Alone(mle.Family):
        scale: Parameter = parameter(Positive())
        support = Support(low=0.0)

        def log_density(self, x):
            return -x / self.scale

    Alone(2.0).cdf(1.0)


def not_annotated():
    class NotAnnotated(mle.Family):
        scale = parameter(Positive())

        def log_density(self, x):
            return -x / self.scale


def no_domain():
    class Bare(mle.Family):
        scale: Parameter

        def log_density(self, x):
            return 0 * x


def taken():
    class Taken(mle.Family):
        mean: Parameter = parameter(Real())


def no_parameter():
    class Empty(mle.Family):
        def log_density(self, x):
            return 0 * x

    return Empty.fit([1.0, 2.0])


class ByHand(mle.Family):
    scale: Parameter = parameter(Positive())
    support = Support(low=0.0)

    def _slope(self, t):
        return (0 * t.n,)

    def _curvature(self, t):
        return np.asarray(-t.n)[..., None, None]


def sums_over_everything():
    class Everything(ByHand):
        def _log_likelihood(self, t):
            return (-t.values / self.scale - np.log(self.scale)).sum()

    return Everything.fit([1.0, 2.0])


def forgets_weights():
    class Forgets(ByHand):
        def _log_likelihood(self, t):
            scale = np.asarray(self.scale)[..., None]
            return (-t.values / scale - np.log(scale)).sum(axis=-1)

    return Forgets.fit([1.0, 2.0])


def unnormalised():
    class Unnormalised(mle.Family):
        scale: Parameter = parameter(Positive())
        support = Support(low=0.0)

        def log_density(self, x):
            return -x / self.scale

    return Unnormalised.fit([1.0, 2.0])


def with_math():
    class WithMath(mle.Family):
        scale: Parameter = parameter(Positive())
        support = Support(low=0.0)

        def log_density(self, x):
            return -math.log(self.scale) - x / self.scale

    return WithMath.fit([1.0, 2.0])


def with_if():
    class WithIf(mle.Family):
        p: Parameter = parameter(Unit())
        support = Support(low=0.0, high=1.0, whole=True)

        def log_density(self, x):
            return np.log(self.p) if x == 1 else np.log1p(-self.p)

    return WithIf.fit([0, 1])


def too_many():
    class TooMany(mle.Family):
        scale: Parameter = parameter(Positive())

        def log_density(self, x):
            return np.stack([x, x]) / self.scale

    return TooMany.fit([1.0, 2.0])


def overruled():
    class Overruled(mle.Gamma):
        def log_density(self, x):
            return -x


def nowhere_to_begin():
    class Nowhere(mle.Family):
        rate: Parameter = parameter(Positive())
        support = Support(low=0.0)

        @classmethod
        def _statistics(cls, x, w):
            return mle.Exponential._statistics(x, w)

        def _log_likelihood(self, t):
            return t.n * (np.log(self.rate) - self.rate * t.means[..., 0])

    return Nowhere.fit([1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (unnormalised, r"integrates to 0\.8 and not to 1"),
        (mass_alone, r"integrates to 0\.8 and not to 1"),
        (not_annotated, "write scale: Parameter = parameter"),
        (with_math, "np.log for math.log"),
        (with_if, "np.where for if"),
        (too_many, "one value for each observation"),
        (overruled, "derive it from Family"),
        (nowhere_to_begin, "write _start"),
        (half, "write log_density"),
        (wrong_support, r"must be a Support"),
        (summed, "leave out the sum"),
        (no_domain, "has no domain"),
        (taken, "Choose another"),
        (no_parameter, "declares no parameter"),
        (sums_over_everything, "one value for each sample"),
        (forgets_weights, "forgets the weights"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_what_is_half_written_says_what_is_missing(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_a_distribution_of_ones_own_does_not_change_either():
    with pytest.raises(AttributeError, match="make another"):
        OwnNormal(0.0, 1.0).mu = 3.0
