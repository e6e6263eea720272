"""A family of one's own, from its log-density alone, beside the families that know their formulas."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

import mlecore as mle
from mlecore import DataError, Parameter, Positive, Real, Support, parameter

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
    assert mine.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-12)
    for name in theirs.params:
        assert mine.params[name] == pytest.approx(theirs.params[name], rel=1e-6)
        assert mine.se[name] == pytest.approx(theirs.se[name], rel=1e-6)
        assert mine.ci(method="lr")[name] == pytest.approx(theirs.ci(method="lr")[name], rel=1e-6)
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


def test_the_example_for_contributors_runs():
    text = (ROOT / "book" / "contributing.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(import numpy as np\nimport mlecore as mle\n.*?)```", text, re.S)
    names: dict = {"__name__": "example"}
    exec(code.group(1), names)
    x = stats.maxwell(scale=2.0).rvs(100, random_state=np.random.default_rng(3))
    f = names["Maxwell"].fit(x)
    assert f.params["scale"] == pytest.approx(np.sqrt((x**2).mean() / 3), rel=1e-9)
    assert names["Maxwell"](scale=2.0).mean == pytest.approx(stats.maxwell(scale=2.0).mean())


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


@pytest.mark.parametrize(
    ("make", "words"),
    [
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
