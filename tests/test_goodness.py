"""Residuals and tests of fit: the statistics against SciPy, their law against published tables, refusals with reasons."""

from __future__ import annotations

import numpy as np
import pytest
from families.members import CONTINUOUS, IRREGULAR, dataset, known
from scipy import stats

import mlecore as mle
from mlecore import DataError, RegularityError, binned, interval, observed
from mlecore.goodness import goodness
from mlecore.goodness.distances import DISTANCES, Distances
from mlecore.mass import log_tails
from mlecore.residuals import rows_of

RNG = np.random.default_rng(14)
x = mle.Gamma(shape=2.0, rate=3.0).sample(200, rng=RNG)


def law(fit, statistic, replicates=4000):
    """Statistics of refitted samples."""
    test = Distances(fit, rows_of(fit, "a test"), statistic)
    return test.simulated(replicates, np.random.default_rng(0))


def test_the_statistics_are_scipys():
    f = mle.Gamma.fit(x)
    frozen = f.dist.scipy()
    ks, cvm = stats.kstest(x, frozen.cdf), stats.cramervonmises(x, frozen.cdf)
    assert f.goodness("ks", 9, rng=0).statistic == pytest.approx(ks.statistic, rel=1e-12)
    assert f.goodness("cvm", 9, rng=0).statistic == pytest.approx(cvm.statistic, rel=1e-12)
    u = np.sort(frozen.cdf(x))
    i = np.arange(1, 201)
    a2 = -200 - ((2 * i - 1) / 200 * (np.log(u) + np.log1p(-u[::-1]))).sum()
    assert f.goodness("ad", 9, rng=0).statistic == pytest.approx(a2, rel=1e-12)


def test_a_table_for_known_parameters_rejects_no_normal_sample_and_refitting_rejects_a_twentieth():
    rng = np.random.default_rng(4000)
    samples = rng.normal(5.0, 2.0, (4000, 50))
    d = mle.Normal.fit(samples, axis=1).dist
    u = np.sort(stats.norm.cdf(samples, d.mu[:, None], d.sigma[:, None]), axis=1)
    distance = DISTANCES["ks"](np.log(u), np.log1p(-u))
    assert (stats.kstwo.sf(distance, 50) <= 0.05).sum() == 0
    # Of a location and a scale the law does not depend on the parameters: one simulation serves all samples.
    critical = np.quantile(law(mle.Normal.fit(samples[0]), "ks"), 0.95)
    assert (distance >= critical).mean() == pytest.approx(0.05, abs=3 * np.sqrt(2 * 0.0475 / 4000))
    p = [mle.Normal.fit(s).goodness("ks", 59, rng=rng).p_value for s in samples[:150]]
    assert abs(np.mean(p) - 0.5) < 0.075


@pytest.mark.parametrize(
    ("family", "statistic", "n", "quantile", "critical"),
    [
        # Stephens (1986), tables 4.7 and 4.11, with his corrections for n; 5 % and 10 %.
        (mle.Normal, "ad", 50, 0.95, 0.752 / (1 + 0.75 / 50 + 2.25 / 2500)),
        (mle.Normal, "cvm", 50, 0.95, 0.126 / (1 + 0.5 / 50)),
        (mle.Normal, "ks", 50, 0.90, 0.819 / (np.sqrt(50) - 0.01 + 0.85 / np.sqrt(50))),
        (mle.Exponential, "ad", 40, 0.95, 1.321 / (1 + 0.6 / 40)),
        (mle.Gumbel, "ad", 60, 0.95, 0.757 / (1 + 0.2 / np.sqrt(60))),
        (mle.Logistic, "ad", 60, 0.95, 0.660 / (1 + 0.25 / 60)),
    ],
)
def test_the_simulated_law_has_stephens_critical_values(family, statistic, n, quantile, critical):
    d, sample = dataset(family, 5, n)
    values = law(family.fit(sample, fixed=known(d)), statistic)
    assert (values > critical).mean() == pytest.approx(1 - quantile, abs=0.011)


def test_the_p_value_counts_the_data_and_what_has_no_estimate():
    f = mle.NegativeBinomial.fit([0, 1, 1, 2, 3, 2, 4, 0, 5, 2, 1, 2, 2, 3, 1, 6] * 5)
    g = f.goodness(replicates=199, rng=3)
    assert g.lost > 0
    assert g.p_value >= (1 + g.lost) / 200
    assert g.p_value * 200 == pytest.approx(round(g.p_value * 200))
    assert g.error == pytest.approx(np.sqrt(g.p_value * (1 - g.p_value) / 200))
    assert "without an estimate" in repr(g)
    assert g._repr_html_().startswith("<p")
    far = mle.Exponential.fit(np.linspace(5.0, 6.0, 50)).goodness(replicates=99, rng=0)
    assert far.p_value == 0.01
    again = [f.goodness(replicates=99, rng=7).p_value for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize("family", CONTINUOUS, ids=lambda f: f.__name__)
def test_every_continuous_family_fits_its_own_samples(family):
    d, sample = dataset(family, 3, 60)
    f = family.fit(sample, fixed=known(d))
    g = f.goodness("cvm" if family in IRREGULAR else "ad", 99, rng=1)
    assert g.p_value > 0.01
    assert g.lost <= 10
    # What is drawn and what is seen are measured with one ruler.
    lower, upper = log_tails(f.dist, np.sort(f.dist._turned(sample)))
    assert g.statistic == pytest.approx(
        float(DISTANCES[g.name](np.sort(lower), np.sort(upper))), rel=1e-9
    )


@pytest.mark.parametrize("family", [mle.VonMises, mle.InverseGaussian], ids=lambda f: f.__name__)
def test_many_distribution_functions_from_value_to_value_are_those_of_each(family):
    from mlecore.goodness.distances import _tails
    from mlecore.members import lifted

    d, _ = dataset(family, 3)
    samples = np.sort(d._turned(d.sample((3, 40), rng=2)), axis=1)
    many = family.fit(samples, axis=1).dist
    samples = np.sort(lifted(many)._turned(samples), axis=1)
    for k, tails in enumerate(zip(*_tails(lifted(many), samples), strict=True)):
        one = family(**{name: v[k] for name, v in many.params.items()})
        for mine, exact in zip(tails, log_tails(one, samples[k]), strict=True):
            np.testing.assert_allclose(np.sort(mine), np.sort(exact), rtol=1e-9, atol=1e-12)


def test_where_a_circle_is_cut_makes_no_difference():
    angles = mle.VonMises(mu=3.0, kappa=1.5).sample(80, rng=1)
    one, other = (
        mle.VonMises.fit(a).goodness("ks", 19, rng=0)
        for a in (angles, np.mod(angles + 1.0, 2 * np.pi))
    )
    assert one.statistic == pytest.approx(other.statistic, rel=1e-9)


def test_pearsons_statistic_is_that_of_the_table_it_shows():
    counts = mle.datasets.load("alpha_particles")
    f = mle.Poisson.fit(counts.values, counts.frequencies)
    g = f.goodness(replicates=99, rng=0)
    assert (np.diff(g.edges[1:-1]) == 1).all()
    assert g.counts.sum() == counts.frequencies.sum()
    assert g.expected.sum() == pytest.approx(g.counts.sum())
    assert (g.expected >= 5).all()
    frozen = stats.poisson(f.params["rate"])
    np.testing.assert_allclose(g.expected, f.n * np.diff(frozen.cdf(g.edges)))
    assert g.statistic == pytest.approx(((g.counts - g.expected) ** 2 / g.expected).sum())
    # Few parameters and full cells: the chi-square with cells - 2 degrees of freedom is close.
    assert g.p_value == pytest.approx(stats.chi2.sf(g.statistic, g.counts.size - 2), abs=0.13)


def test_bins_and_windows_are_simulated_as_they_came():
    rng = np.random.default_rng(8)
    p = {"bins": [], "entry": [], "counts": []}
    for _ in range(24):
        z = rng.normal(3.0, 1.0, 100)
        f = mle.Normal.fit(binned(*np.histogram(z, [-np.inf, 1.5, 2, 2.5, 3, 3.5, 4, 5, np.inf])))
        p["bins"].append(f.goodness(replicates=19, rng=rng).p_value)
        k = rng.poisson(2.0, 100)
        f = mle.Poisson.fit(observed(k[k > 0], window=(1, np.inf)))
        p["counts"].append(f.goodness(replicates=19, rng=rng).p_value)
    for _ in range(6):
        z = rng.normal(3.0, 1.0, 60)
        f = mle.Normal.fit(observed(z[z > 2.5], entry=2.5))
        p["entry"].append(f.goodness("cvm", replicates=19, rng=rng).p_value)
    for values in p.values():
        assert abs(np.mean(values) - 0.525) < 4 * np.sqrt(1 / 12 / len(values))
    skew = rng.exponential(1.0, 400)
    f = mle.Normal.fit(binned(*np.histogram(skew, 12)))
    g = f.goodness(replicates=99, rng=0)
    assert g.p_value == 0.01
    assert g.counts.sum() == 400


def test_residuals_are_standard_normal_where_the_family_holds():
    rng = np.random.default_rng(2)
    k = mle.Poisson(rate=3.0).sample(2000, rng=rng)
    late = rng.exponential(1.0, 4000)
    entry = rng.exponential(0.5, 4000)
    seen = late > entry
    end = entry + rng.exponential(1.0, 4000)
    t = observed(np.minimum(late, end)[seen], right=(late > end)[seen], entry=entry[seen])
    edges = [0.0, 0.3, 0.7, 1.2, 2.0, np.inf]
    place = np.searchsorted(edges, late, side="left")
    fits = [
        mle.Poisson.fit(k),
        mle.Exponential.fit(t),
        mle.Exponential.fit(interval(np.take(edges, place - 1), np.take(edges, place))),
        mle.Gamma.fit(x),
    ]
    for f in fits:
        r = f.residuals(rng=rng)
        assert r.shape == rows_of(f, "").x.shape
        assert stats.kstest(r, "norm").pvalue > 0.01
    assert np.array_equal(fits[0].residuals(rng=1), fits[0].residuals(rng=1))
    np.testing.assert_allclose(fits[3].residuals(), stats.norm.ppf(fits[3].dist.cdf(x)))


def test_a_quantile_residual_keeps_its_digits_far_out():
    f = mle.Normal.fit([0.0, 1.0], fixed={"mu": 0.0, "sigma": 0.01})
    np.testing.assert_allclose(f.residuals(), [0.0, 100.0], rtol=1e-12, atol=1e-15)


def test_cox_snell_and_pearson_residuals_are_their_formulas():
    right = np.array([False, True, False])
    f = mle.Exponential.fit(observed([1.0, 2.0, 3.0], right=right, entry=0.5))
    rate = f.params["rate"]
    np.testing.assert_allclose(f.residuals("cox-snell"), rate * np.array([0.5, 1.5, 2.5]))
    # Their sum is the number of failures, which is the equation of the estimate.
    assert f.residuals("cox-snell").sum() == pytest.approx(2.0)
    g = mle.Poisson.fit([2, 4])
    np.testing.assert_allclose(g.residuals("pearson"), np.array([-1.0, 1.0]) / np.sqrt(3))
    np.testing.assert_allclose(g.residuals("cox-snell"), -np.log(stats.poisson(3).sf([2, 4])))


t = observed([1.0, 2.0, 3.0, 2.5], right=[False, True, False, False])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mle.Weibull.fit(t).goodness(), RegularityError, "row 1 .* came to be censored"),
        (lambda: mle.Uniform.fit(x).goodness(), RegularityError, "ends at a datum.*'cvm' or 'ks'"),
        (lambda: mle.Bernoulli.fit([0, 1] * 9).goodness(), RegularityError, "nothing is left"),
        (lambda: mle.Poisson.fit([1, 2]).goodness("ks"), DataError, "use 'chi2'"),
        (lambda: mle.Gamma.fit(x).goodness("chi2"), DataError, "use 'ad'"),
        (lambda: mle.Gamma.fit(x).goodness("kolmogorov"), DataError, "statistic must be"),
        (lambda: mle.Gamma.fit(x).goodness(replicates=0), DataError, "replicates"),
        (lambda: mle.Gamma.fit(x, x).goodness(), DataError, "not whole numbers"),
        (lambda: mle.Gamma.fit(mle.Gamma.statistics(x)).goodness(), DataError, "statistic"),
        (lambda: mle.Gamma.fit([x, x], axis=1).goodness(), DataError, "single fit"),
        (
            lambda: mle.MultivariateNormal.fit(x.reshape(-1, 2)).goodness(),
            DataError,
            "one coordinate",
        ),
        (lambda: mle.LinearRegression.fit(x, x**2).goodness(), DataError, "LinearRegression"),
        (lambda: mle.Weibull.fit(t).residuals("pearson"), DataError, "row 1 was seen in part"),
        (lambda: mle.Gamma.fit(x).residuals("deviance"), DataError, "kind must be"),
        (lambda: mle.Cauchy.fit(x).residuals("pearson"), RegularityError, "no mean"),
        (
            lambda: mle.Normal.fit(interval([0.0, 1, 3], [1, 2.0, 4])).residuals("cox-snell"),
            DataError,
            "row 0 is known between",
        ),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_weights_are_rows():
    values, counts = np.unique(np.round(x, 1) + 0.05, return_counts=True)
    one = mle.Gamma.fit(values, counts).goodness(replicates=19, rng=0)
    many = mle.Gamma.fit(np.repeat(values, counts)).goodness(replicates=19, rng=0)
    assert one.statistic == pytest.approx(many.statistic)
    assert goodness(mle.Gamma.fit(values, counts), "ks", 9, 0).name == "ks"


def test_the_method_of_moments_is_refitted_by_moments():
    g = mle.Gamma.fit(x, method="moments").goodness(replicates=39, rng=0)
    assert g.p_value > 0.025


def test_samples_seen_from_an_entry_on_are_refitted_as_they_came():
    # The Exponential takes its windows into its own statistic; the refits must not lose them.
    rng = np.random.default_rng(0)
    x, entry = rng.exponential(2.0, 90), rng.uniform(0.0, 2.0, 90)
    seen = mle.observed(x[x > entry], entry=entry[x > entry])
    own = mle.Exponential.fit(seen).goodness("cvm", replicates=99, rng=1)
    weibull = mle.Weibull.fit(seen, fixed={"shape": 1.0}).goodness("cvm", replicates=99, rng=1)
    assert own.p_value == weibull.p_value < 1.0
