"""Formulas that live in both languages: JavaScript in a real browser against mlecore."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser
from scipy import special, stats

import mlecore as mle
from mlecore.numerics import log1pexp

N = 300
RNG = np.random.default_rng(20)


@pytest.fixture(scope="module")
def run(browser: Browser):
    """Call a function of formulas.js on rows of arguments; the answers as an array."""
    page = browser.new_page()
    source = (resources.files("mlecore.explore") / "formulas.js").read_text(encoding="utf-8")
    page.evaluate(
        """async source => { window.formulas = await import(URL.createObjectURL(
        new Blob([source], {type: 'text/javascript'}))); }""",
        source,
    )

    def run(name: str, *arguments: Any) -> np.ndarray:
        rows = [list(row) for row in zip(*[_plain(a) for a in arguments], strict=True)]
        answers = page.evaluate(
            """([name, rows]) => JSON.stringify(JSON.parse(rows).map(row => {
                const answer = window.formulas[name](...row);
                const spell = v => Number.isFinite(v) ? v : String(v);
                return typeof answer === 'number' ? spell(answer) : Object.values(answer).map(spell);
            }))""",
            [name, json.dumps(rows)],
        )
        return np.array(json.loads(answers), dtype=float)

    yield run
    page.close()


def _plain(a: Any) -> list:
    return a.tolist() if isinstance(a, np.ndarray) else list(a)


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Equal to 1e-10, relative to the value or to one, whichever is larger; infinities alike."""
    theirs = np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    ours, theirs = ours[finite], theirs[finite]
    assert np.all(np.abs(ours - theirs) < 1e-10 * np.maximum(1.0, np.abs(theirs)))


def positive(low: float = 1e-3, high: float = 1e3) -> np.ndarray:
    return np.exp(RNG.uniform(np.log(low), np.log(high), N))


@pytest.mark.parametrize(
    ("name", "reference", "arguments"),
    [
        ("lgamma", special.gammaln, [positive()]),
        ("digamma", special.digamma, [positive()]),
        ("trigamma", lambda x: special.polygamma(1, x), [positive()]),
        ("normalCdf", special.ndtr, [RNG.uniform(-8, 8, N)]),
        ("normalQuantile", special.ndtri, [RNG.uniform(1e-4, 1 - 1e-4, N)]),
        ("log1pexp", log1pexp, [RNG.uniform(-800, 800, N)]),
        ("sigmoid", special.expit, [RNG.uniform(-50, 50, N)]),
        ("xlogy", special.xlogy, [RNG.integers(0, 3, N), positive()]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_special_functions_agree_with_scipy(run, name, reference, arguments) -> None:
    agree(run(name, *arguments), reference(*arguments))


COUNTS = RNG.integers(0, 60, N)
BITS = RNG.integers(0, 2, N)
UNIT = RNG.uniform(0.001, 0.999, N)
REAL = RNG.normal(0, 30, N)
SPREAD = positive(0.01, 100)
LOW = RNG.normal(size=N)
HIGH = LOW + positive(0.1, 10)


@pytest.mark.parametrize(
    ("name", "dist", "x", "parameters"),
    [
        ("poissonLogPmf", mle.Poisson, COUNTS, [positive(0.01, 60)]),
        ("bernoulliLogPmf", mle.Bernoulli, BITS, [UNIT]),
        ("normalLogPdf", mle.Normal, REAL, [RNG.normal(size=N), SPREAD]),
        ("exponentialLogPdf", mle.Exponential, REAL, [SPREAD]),
        ("uniformLogPdf", mle.Uniform, RNG.normal(0, 3, N), [LOW, HIGH]),
        ("laplaceLogPdf", mle.Laplace, REAL, [RNG.normal(size=N), SPREAD]),
        ("cauchyLogPdf", mle.Cauchy, REAL, [RNG.normal(size=N), SPREAD]),
        ("gammaLogPdf", mle.Gamma, positive(), [positive(0.01, 100), SPREAD]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_families_agree_with_mlecore(run, name, dist, x, parameters) -> None:
    agree(run(name, x, *parameters), dist(*parameters).log_prob(x))


def test_three_tests_of_a_proportion_agree_with_mlecore(run) -> None:
    n = RNG.integers(5, 200, 12)
    x = 1 + np.floor(RNG.uniform(size=12) * (n - 1))
    p = RNG.uniform(0.05, 0.95, 12)
    fits = [mle.Bernoulli.fit([1, 0], weights=[k, m - k]) for k, m in zip(x, n, strict=True)]
    tests = [
        [fit.test(p=null, method=method) for method in ("wald", "lr", "score")]
        for fit, null in zip(fits, p, strict=True)
    ]
    agree(run("binomialTests", x, n, p), [[t.statistic for t in row] for row in tests])
    statistics = np.array([t.statistic for row in tests for t in row])
    agree(run("chiSquareTail", statistics), [t.p_value for row in tests for t in row])


def test_the_binomial_agrees_with_mlecore(run) -> None:
    n = RNG.integers(1, 101, N)
    x = np.floor(RNG.uniform(size=N) * (n + 1))
    agree(run("binomialLogPmf", x, n, UNIT), mle.Binomial(n=n, p=UNIT).log_prob(x))


def test_log_likelihoods_from_statistics_agree_with_mlecore(run) -> None:
    x = RNG.gamma(2.0, 3.0, size=40)
    t = {"n": x.size, "mean": x.mean(), "variance": x.var(), "meanLog": np.log(x).mean()}
    a, b = positive(0.1, 20), positive(0.1, 20)
    agree(
        run("normalLogLikelihood", [t] * N, a, b),
        mle.Likelihood(mle.Normal, x).log_likelihood(mu=a, sigma=b),
    )
    agree(
        run("gammaLogLikelihood", [t] * N, a, b),
        mle.Likelihood(mle.Gamma, x).log_likelihood(shape=a, rate=b),
    )


def test_the_gamma_fit_agrees_with_mlecore(run) -> None:
    shapes = positive(0.2, 50)[:60]
    samples = [RNG.gamma(shape, 2.0, size=30) for shape in shapes]
    statistics = [{"n": 30, "mean": x.mean(), "meanLog": np.log(x).mean()} for x in samples]
    fits = [mle.Gamma.fit(x).params for x in samples]
    ours = run("gammaMle", statistics)
    theirs = np.array([[f["shape"], f["rate"]] for f in fits])
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("n", [3, 10, 50, 400])
def test_the_cauchy_location_is_the_best_on_a_fine_grid(run, n) -> None:
    samples = RNG.standard_cauchy(size=(20, n))
    found = run("cauchyLocationMle", samples)
    for x, location in zip(samples, found, strict=True):
        L = mle.Likelihood(mle.Cauchy, x)
        grid = np.append(np.linspace(np.median(x) - 6, np.median(x) + 6, 4001), x)
        values = L.log_likelihood(loc=grid, scale=np.ones(grid.size))
        best = L.log_likelihood(loc=location, scale=1.0)
        assert best >= values.max() - 1e-9


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_proportion_intervals_agree_with_their_definitions(run, level) -> None:
    z = special.ndtri(0.5 + level / 2)
    n = RNG.integers(5, 101, 60)
    x = np.floor(RNG.uniform(size=60) * (n + 1))
    p = x / n
    wald = z * np.sqrt(p * (1 - p) / n)
    agree(run("proportionInterval", ["wald"] * 60, x, n, [z] * 60), np.c_[p - wald, p + wald])
    wilson = [
        tuple(stats.binomtest(int(k), int(m)).proportion_ci(level, method="wilson"))
        for k, m in zip(x, n, strict=True)
    ]
    agree(run("proportionInterval", ["score"] * 60, x, n, [z] * 60), np.array(wilson))
    # At an end inside (0, 1) twice the fall of the log-likelihood is the chi-square quantile.
    ends = run("proportionInterval", ["lr"] * 60, x, n, [z] * 60)
    for end in ends.T:
        inside = (end > 0) & (end < 1)
        fall = mle.Binomial(n=n, p=np.clip(p, 1e-300, 1)).log_prob(x) - mle.Binomial(
            n=n, p=np.where(inside, end, 0.5)
        ).log_prob(x)
        np.testing.assert_allclose(2 * fall[inside], z**2, rtol=1e-9)
    np.testing.assert_array_equal(ends[x == 0, 0], 0.0)
    np.testing.assert_array_equal(ends[x == n, 1], 1.0)


@pytest.mark.parametrize(("method", "exact"), [("wald", 0.8760), ("score", 0.9568), ("lr", 0.8672)])
def test_coverage_of_twenty_tosses_is_the_published_one(run, method, exact) -> None:
    z = special.ndtri(0.975)
    table = run("proportionInterval", [method] * 21, range(21), [20] * 21, [z] * 21)
    coverage = run("proportionCoverage", [table.tolist()], [0.1])[0]
    holds = (table[:, 0] < 0.1) & (table[:, 1] > 0.1)
    assert coverage == pytest.approx(
        stats.binom.pmf(np.arange(21), 20, 0.1)[holds].sum(), abs=1e-12
    )
    assert coverage == pytest.approx(exact, abs=5e-5)


def test_the_gamma_variances_agree_with_the_information_matrix(run) -> None:
    shapes = positive(0.1, 30)
    information = np.array([mle.Gamma(shape=s, rate=2.0).information() for s in shapes])
    agree(run("gammaShapeVarianceMle", shapes), np.linalg.inv(information)[:, 0, 0])
    # By the delta method on the first two moments of a Gamma with rate one: shape = m1^2 / (m2 - m1^2).
    k = shapes
    moments = [np.exp(special.gammaln(k + r) - special.gammaln(k)) for r in range(5)]
    gradient = np.array([(2 * k * k + 2 * k) / k, -np.ones(N)])
    cov = np.array(
        [
            [moments[2] - moments[1] ** 2, moments[3] - moments[1] * moments[2]],
            [moments[3] - moments[1] * moments[2], moments[4] - moments[2] ** 2],
        ]
    )
    agree(
        run("gammaShapeVarianceMoments", shapes), np.einsum("in,ijn,jn->n", gradient, cov, gradient)
    )


def test_halves_are_rounded_as_numpy_rounds_them(run) -> None:
    x = np.concatenate(
        [
            RNG.normal(size=N) * positive(1e-8, 1e6),
            np.arange(2000) * 2.0**-26,  # ties and subnormals
            2048 + np.arange(64) * 0.5,  # ties above 2^11
            [0.0, 65504.0, 65519.99, 65520.0, -70000.0],
        ]
    )
    with np.errstate(over="ignore"):
        theirs = x.astype(np.float16).astype(float)
    np.testing.assert_array_equal(run("f16round", x), theirs)


@pytest.mark.parametrize("precision", ["float64", "float32", "float16"])
def test_running_products_are_those_of_numpy(run, precision) -> None:
    factors = np.exp(RNG.normal(-1.0, 1.0, size=(3, 900)))
    with np.errstate(all="ignore"):
        theirs = np.cumprod(factors.astype(precision), axis=1, dtype=precision).astype(float)
    np.testing.assert_array_equal(run("runningProduct", factors, [precision] * 3), theirs)
    assert (theirs[:, -1] == 0).all()


def test_a_network_its_loss_and_its_slope_agree_with_mlecore(run) -> None:
    for m, inputs in ((2, 2), (5, 3)):
        X, y = RNG.normal(size=(7, inputs)), RNG.integers(0, 2, 7)
        network = mle.MLP([inputs, m, 1], rng=RNG)
        theta = RNG.normal(size=(3, network.weights.size))
        ours = [
            run(name, theta, [m] * 3, [X.tolist()] * 3, [y.tolist()] * 3)
            for name in ("networkLoss", "networkGradient")
        ]
        for k, weights in enumerate(theta):
            network.weights = weights
            agree(ours[0][k], network.average_loss(X, y, "bce"))
            agree(ours[1][k], network.gradient(X, y, "bce"))
        logits = run("networkLogit", [weights.tolist()] * 7, [m] * 7, X)
        agree(logits, network.eta(X)[:, 0])
