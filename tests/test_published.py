"""Published estimates, reached by `mlecore` from the data sets that come with it."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore.datasets import load

PUBLISHED = [
    ("alpha_particles", "Poisson", {"rate": "3.8715"}, None),
    ("horse_kicks", "Poisson", {"rate": "0.6100"}, None),
    ("accidents", "Poisson", {"rate": "0.4652"}, "-617.18"),
    ("earthquakes", "Poisson", {"rate": "19.364"}, "-391.92"),
    ("bearings", "Weibull", {"shape": "2.102", "scale": "81.88"}, None),
    ("michelson", "Normal", {"mu": "852.40"}, None),
]


def rounded(value: float, like: str) -> str:
    """The value with as many decimals as `like` is printed with."""
    return f"{value:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize(("name", "family", "estimates", "log_likelihood"), PUBLISHED)
def test_a_fit_reaches_the_published_estimates(
    name: str, family: str, estimates: dict[str, str], log_likelihood: str | None
) -> None:
    fit = getattr(mle, family).fit(load(name).sample)
    assert {k: rounded(fit.params[k], v) for k, v in estimates.items()} == estimates
    if log_likelihood is not None:
        assert rounded(fit.log_likelihood, log_likelihood) == log_likelihood


@pytest.mark.parametrize(
    ("name", "family"),
    [("alpha_particles", "Poisson"), ("horse_kicks", "Poisson"), ("blood_groups", "Categorical")],
)
def test_a_frequency_table_leads_where_its_raw_observations_lead(name: str, family: str) -> None:
    d, family = load(name), getattr(mle, family)
    table, raw = family.fit(d.values, weights=d.frequencies), family.fit(d)
    assert table.n == raw.n == d.n
    assert table.log_likelihood == pytest.approx(raw.log_likelihood, rel=1e-12)
    for parameter, estimate in table.params.items():
        np.testing.assert_allclose(estimate, raw.params[parameter], rtol=1e-12)


def test_the_rate_of_alpha_particles_has_the_standard_error_of_a_mean_of_counts() -> None:
    fit = mle.Poisson.fit(load("alpha_particles").sample)
    assert rounded(fit.se["rate"], "0.0385") == "0.0385"
    assert fit.se["rate"] == pytest.approx(np.sqrt(10097) / 2608, rel=1e-9)


def test_air_conditioners_fail_once_in_108_hours() -> None:
    fit = mle.Exponential.fit(load("air_conditioning").sample)
    assert rounded(1 / fit.params["rate"], "108.08") == "108.08"


def test_michelsons_sigma_divides_by_n() -> None:
    speed = load("michelson").sample
    fit = mle.Normal.fit(speed)
    assert rounded(fit.params["sigma"], "78.61") == "78.61"
    assert rounded(fit.params["sigma"] * np.sqrt(100 / 99), "79.01") == "79.01"


def test_blood_groups_as_a_categorical_are_the_shares_of_the_521() -> None:
    fit = mle.Categorical.fit(load("blood_groups").sample)
    np.testing.assert_allclose(fit.params["probs"], np.array([186, 38, 13, 284]) / 521, rtol=1e-12)


def test_mendels_g_statistic_is_twice_the_gap_in_log_likelihood() -> None:
    d = load("peas")
    L = mle.Likelihood(mle.Categorical, d.values, weights=d.frequencies)
    free = mle.Categorical.fit(d.values, weights=d.frequencies)
    gap = free.log_likelihood - L.log_likelihood(probs=d["ratio"] / 16)
    assert rounded(2 * float(gap), "0.4754") == "0.4754"


def test_precipitation_as_a_gamma_beats_scipys_fit_or_ties() -> None:
    from scipy import stats

    x = load("precipitation").sample
    fit = mle.Gamma.fit(x)
    shape, _, scale = stats.gamma.fit(x, floc=0)
    assert fit.log_likelihood >= stats.gamma.logpdf(x, shape, 0, scale).sum() - 1e-9
    assert fit.params["shape"] == pytest.approx(shape, rel=1e-4)
    assert fit.params["shape"] / fit.params["rate"] == pytest.approx(x.mean(), rel=1e-9)
