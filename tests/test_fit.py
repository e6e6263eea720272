"""The fit: its criteria, its bootstrap, its display."""

import dataclasses
import pickle
import warnings

import numpy as np
import pytest
from families.members import REGULAR, UNIVARIATE, dataset, known

import mlecore as mle
from mlecore import DataError, RegularityError

ids = {"ids": lambda f: f.__name__}


# -- criteria ------------------------------------------------------------------------------------------


def test_criteria_are_their_formulas():
    f = mle.Gamma.fit([1.0, 2.0, 4.0, 3.5, 0.7])
    assert f.aic == pytest.approx(4 - 2 * f.log_likelihood)
    assert f.aicc == pytest.approx(f.aic + 2 * 2 * 3 / (5 - 3))
    assert f.bic == pytest.approx(2 * np.log(5) - 2 * f.log_likelihood)


def test_a_fixed_parameter_does_not_count():
    f = mle.Gamma.fit([1.0, 2.0, 4.0], fixed={"shape": 2.0})
    assert f.aic == pytest.approx(2 - 2 * f.log_likelihood)
    assert (f.names, list(f.params)) == (("rate",), ["shape", "rate"])
    assert list(f.se) == ["rate"]
    assert f.cov.shape == (1, 1)


def test_the_corrected_criterion_is_infinite_when_there_is_no_room():
    assert mle.Normal.fit([1.0, 2.0, 4.0]).aicc == np.inf
    assert np.isfinite(mle.Normal.fit([1.0, 2.0, 4.0, 5.0]).aicc)


def test_weights_count_as_observations():
    table = mle.Poisson.fit([0, 1, 2], weights=[3, 4, 2])
    raw = mle.Poisson.fit([0, 0, 0, 1, 1, 1, 1, 2, 2])
    assert (table.n, table.bic) == (raw.n, pytest.approx(raw.bic))
    assert table.ci(method="lr")["rate"] == pytest.approx(raw.ci(method="lr")["rate"])


def test_single_fits_give_floats_and_batches_arrays():
    f = mle.Gamma.fit([1.0, 2.0, 4.0])
    assert all(type(v) is float for v in f.se.values())
    assert all(type(v) is float for ends in f.ci(method="lr").values() for v in ends)
    b = mle.Gamma.fit([[1.0, 2.0, 4.0], [1.0, 2.0, 5.0]], axis=1)
    assert b.se["shape"].shape == b.ci()["rate"][0].shape == b.aic.shape == (2,)


# -- bootstrap -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", REGULAR, **ids)
@pytest.mark.parametrize("parametric", [False, True])
def test_bootstrap_spreads_like_the_standard_error(family, parametric):
    d, x = dataset(family, 6, 400)
    f = family.fit(x, fixed=known(d))
    again = f.bootstrap(200, rng=3, parametric=parametric)  # a spread of 200 has an error of 5%
    assert again.batch_shape == (200,)
    assert type(again.dist) is family
    spread = np.nanstd(again.theta, axis=0)
    se = np.array(list(f.se.values()))
    if family is mle.StudentT:  # df has a long tail to the right: look at the others
        spread, se = spread[1:], se[1:]
    if family is mle.SkewNormal:  # and so has its shape, away from 0
        spread, se = spread[:2], se[:2]
    if family is mle.Lomax:  # both have a long tail to the right: look at their logarithms
        spread, se = np.nanstd(np.log(again.theta), axis=0), se / f.theta
    assert spread / se == pytest.approx(np.ones(len(se)), abs=0.3)


def test_bootstrap_of_a_mean_has_the_moments_of_the_multinomial():
    x = np.array([1.0, 2.0, 4.0, 10.0])
    again = mle.Exponential.fit(x).bootstrap(20_000, rng=0)
    means = 1 / again.theta[:, 0]
    error = x.std() / 2 / np.sqrt(20_000)
    assert abs(means.mean() - x.mean()) < 5 * error
    assert means.var() == pytest.approx(x.var() / 4, rel=0.05)
    assert means.min() >= 1.0
    assert means.max() <= 10.0


def test_bootstrap_of_a_frequency_table_is_that_of_its_observations():
    values, counts = np.array([0.0, 1.0, 2.0, 5.0]), np.array([30, 40, 20, 10])
    table = mle.Poisson.fit(values, weights=counts).bootstrap(4000, rng=1).theta[:, 0]
    raw = mle.Poisson.fit(np.repeat(values, counts)).bootstrap(4000, rng=2).theta[:, 0]
    assert table.mean() == pytest.approx(raw.mean(), abs=5 * raw.std() * np.sqrt(2 / 4000))
    assert table.std() == pytest.approx(raw.std(), rel=0.08)
    # Every replicate has one hundred observations: its mean is a hundredth of a whole number.
    assert np.allclose(table * 100, np.round(table * 100))


def test_bootstrap_keeps_what_is_fixed_known_or_empty():
    f = mle.Gamma.fit([1.0, 2.0, 4.0, 3.0], fixed={"shape": 2.0})
    assert np.all(f.bootstrap(20, rng=0).params["shape"] == 2.0)
    b = mle.Binomial.fit([3, 4, 7], fixed={"n": 10})
    assert b.bootstrap(20, rng=0).theta.shape == (20, 1)
    c = mle.Categorical.fit([0, 1, 2, 3], weights=[5, 3, 2, 0])
    for parametric in (False, True):
        probs = c.bootstrap(50, rng=0, parametric=parametric).params["probs"]
        assert probs.shape == (50, 4)
        assert np.all(probs[:, 3] == 0)


def test_bootstrap_is_repeatable_and_the_rows_differ():
    f = mle.Normal.fit([1.0, 2.0, 4.0, 8.0])
    a, b, c = f.bootstrap(50, rng=7), f.bootstrap(50, rng=7), f.bootstrap(50, rng=8)
    assert np.array_equal(a.theta, b.theta, equal_nan=True)
    assert not np.array_equal(a.theta, c.theta, equal_nan=True)
    assert len(np.unique(a.theta[:, 0])) > 10


def test_a_replicate_without_an_estimate_is_a_problem_of_its_own_row():
    again = mle.Normal.fit([1.0, 2.0]).bootstrap(200, rng=0)
    lost = np.isnan(again.theta[:, 0])
    assert 60 < lost.sum() < 140  # half of the samples of two are two equal values
    assert set(again.problems) == set(np.flatnonzero(lost))


def test_bootstrap_from_a_statistic_is_parametric_only():
    f = mle.Normal.fit(mle.Normal.statistics([1.0, 2.0, 4.0]))
    with pytest.raises(DataError, match="parametric=True"):
        f.bootstrap(10, rng=0)
    assert f.bootstrap(10, rng=0, parametric=True).batch_shape == (10,)


def test_bootstrap_refits_by_the_method_of_the_fit():
    f = mle.Gamma.fit(mle.Gamma(2.0, 3.0).sample(80, rng=0), method="moments")
    again = f.bootstrap(50, rng=0)
    assert again.method == "moments"
    low, high = f.ci(method="bootstrap", rng=0)["shape"]
    assert low < f.params["shape"] < high


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mle.Normal.fit([[1.0, 2.0], [3.0, 5.0]], axis=1).bootstrap(), "single fit"),
        (lambda: mle.Normal.fit([1.0, 2.0]).bootstrap(0), "whole number"),
        (lambda: mle.Normal.fit([1.0, 2.0]).bootstrap(10.5), "whole number"),
        (lambda: mle.Normal.fit([1.0, 2.0], weights=[0.5, 1.0]).bootstrap(10), "add up to 1.5"),
    ],
)
def test_a_bootstrap_that_is_none_is_refused_in_words(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_bootstrap_interval_comes_near_walds_in_a_large_sample():
    f = mle.Gamma.fit(mle.Gamma(2.0, 3.0).sample(2000, rng=0))
    wald, boot = f.ci(), f.ci(method="bootstrap", replicates=4000, rng=1)
    for name, se in f.se.items():
        assert np.subtract(wald[name], boot[name]) / se == pytest.approx([0, 0], abs=0.2)


def test_bootstrap_interval_is_made_of_quantiles_of_the_replicates():
    f = mle.Exponential.fit([1.0, 2.0, 4.0, 8.0])
    rates = f.bootstrap(500, rng=5).theta[:, 0]
    assert f.ci(0.8, "bootstrap", replicates=500, rng=5)["rate"] == pytest.approx(
        tuple(np.quantile(rates, [0.1, 0.9]))
    )


def test_bootstrap_interval_is_refused_where_it_would_mislead():
    with pytest.raises(RegularityError, match="same rate"):
        mle.Poisson.fit([0, 0, 0]).ci(method="bootstrap", rng=0)
    with pytest.raises(RegularityError, match="no estimate"):
        mle.Normal.fit([1.0, 2.0]).ci(method="bootstrap", rng=0)
    with pytest.warns(UserWarning, match="left out"):
        mle.Normal.fit([1.0, 2.0, 3.0, 4.0]).ci(method="bootstrap", rng=0)


# -- display -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", UNIVARIATE, **ids)
def test_summary_and_html_show_every_parameter(family):
    d, x = dataset(family, 2, 50)
    try:
        f = family.fit(x, fixed=known(d))
    except mle.NoMLEError as error:
        f = error.limit
    for shown in (f.summary(), repr(f), f._repr_html_()):
        for name in (*f.names, *(n for n in f.params if n in f.likelihood.layout.known_domains)):
            assert name in shown
        assert "id=" not in shown
        assert "0x" not in shown
    assert f._repr_html_().count("<tr>") >= 1 + len(f.names)


def test_a_boundary_fit_says_why_it_has_no_standard_errors():
    f = mle.Bernoulli.fit([0, 0, 0])
    assert "boundary" in f.summary()
    assert "boundary" in f._repr_html_()


def test_a_batch_summary_counts_its_problems():
    f = mle.Normal.fit([[1.0, 1.0], [1.0, 2.0]], axis=1)
    assert "2 fits, 1 with problems" in f.summary()
    assert "2 fits, 1 with problems" in f._repr_html_()


def test_a_fit_is_frozen_and_pickles():
    f = mle.Gamma.fit([1.0, 2.0, 4.0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        f.theta = np.zeros(2)
    g = pickle.loads(pickle.dumps(f))
    assert (g.dist, g.log_likelihood) == (f.dist, f.log_likelihood)
    assert g.ci(method="lr") == f.ci(method="lr")


# -- comparison ----------------------------------------------------------------------------------------------


def test_comparison_ranks_by_the_criterion_and_weighs():
    x = mle.datasets.load("bearings").sample
    c = mle.compare([mle.Exponential, mle.Weibull, mle.Gamma, mle.LogNormal], x)
    assert [row.name for row in c] == ["Gamma", "LogNormal", "Weibull", "Exponential"]
    aic = np.array([row.aic for row in c])
    assert np.all(np.diff(aic) > 0)
    assert [row.delta for row in c] == pytest.approx(aic - aic[0])
    raw = np.exp(-(aic - aic[0]) / 2)
    assert [row.weight for row in c] == pytest.approx(raw / raw.sum())
    assert c.best.dist == mle.Gamma.fit(x).dist
    row = c["Weibull"]
    assert (row.k, row.aicc, row.bic) == (2, row.fit.aicc, row.fit.bic)
    # Lieblein and Zelen's bearings under a Weibull: the log-likelihood that many programs print.
    assert round(row.log_likelihood, 2) == -113.69
    assert len(c) == 4
    assert c[0].name == "Gamma"


def test_comparison_lists_what_could_not_be_fitted_last():
    c = mle.compare([mle.Gamma, mle.Normal, mle.Beta], [-1.0, 2.0, 3.0])
    assert [row.fit is None for row in c] == [False, True, True]
    assert "Gamma needs x > 0" in c["Gamma"].problem
    assert c["Normal"].weight == 1.0
    assert "note: Gamma has no fit" in repr(c)
    assert "Gamma has no fit" in c._repr_html_()
    c = mle.compare([mle.Poisson, mle.NegativeBinomial], [2, 3, 3, 4])
    assert "note: NegativeBinomial has no fit: the variance does not exceed" in repr(c)


def test_comparison_takes_fits_and_weights():
    x, w = [0.0, 1.0, 2.0], [10.0, 5.0, 2.0]
    fixed = mle.Gamma.fit([1.0, 2.0, 4.0], fixed={"shape": 1.0})
    c = mle.compare([fixed, mle.Gamma.fit([1.0, 2.0, 4.0])])
    assert {row.name: row.k for row in c} == {"Gamma": 2, "Gamma (shape fixed)": 1}
    weighted = mle.compare([mle.Poisson, mle.Bernoulli], x, w)
    assert weighted["Poisson"].aic == mle.Poisson.fit(x, w).aic
    assert weighted.n == 17


def test_comparison_shows_a_table_in_text_and_html():
    c = mle.compare([mle.Gamma, mle.Weibull], [1.0, 2.0, 4.0, 3.0, 2.5])
    assert repr(c).splitlines()[1].split() == [
        "k", "log-likelihood", "AIC", "delta", "weight", "AICc", "BIC",
    ]  # fmt: skip
    assert c._repr_html_().count("<tr>") == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mle.compare([], [1.0]), "nothing"),
        (lambda: mle.compare([mle.Gamma]), "data"),
        (lambda: mle.compare(mle.Gamma, [1.0, 2.0]), "a list of models"),
        (lambda: mle.compare(["Gamma"], [1.0]), "families"),
        (lambda: mle.compare([mle.Poisson, mle.Normal], [1.0, 2.0, 4.0]), "units"),
        (
            lambda: mle.compare([mle.Normal.fit([1.0, 2.0]), mle.Normal.fit([1.0, 2.0, 3.0])]),
            "different data",
        ),
        (lambda: mle.compare([mle.Normal.fit([[1.0, 2.0], [2.0, 5.0]], axis=1)]), "batch"),
    ],
)
def test_a_comparison_that_is_none_is_refused_in_words(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_a_comparison_without_any_fit_raises():
    with pytest.raises(mle.NoMLEError, match="no model has an estimate"):
        mle.compare([mle.Normal, mle.Gamma], [2.0, 2.0])
    with pytest.raises(KeyError, match="Gamma"):
        mle.compare([mle.Gamma], [1.0, 2.0])["Weibull"]


def test_inference_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = mle.Gamma.fit([1.0, 2.0, 4.0])
        f.summary()
        f.ci(method="lr")
        f.test(shape=100.0)
