"""The data sets: the numbers, what is said about them, and the published estimates they lead to.

The golden values are the published ones, or were recomputed from independent copies of the data.
The estimates here use NumPy and SciPy alone, so they test the data and not `mlecore`.
"""

from __future__ import annotations

import copy
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special, stats

import mlecore
from mlecore import datasets
from mlecore.datasets import Dataset, load
from mlecore.errors import DataError

ROOT = Path(__file__).parents[1]
NAMES = datasets.list()


# ------------------------------------------------------------------------ the numbers, added up

SAMPLES = {  # name: n, sum, mean to the digits that are published or printed
    "accidents": (647, 301, 0.4652),
    "air_conditioning": (12, 1297, 108.08),
    "alpha_particles": (2608, 10097, 3.8715),
    "bearings": (23, 1661.16, 72.22),
    "earthquakes": (107, 2072, 19.36),
    "horse_kicks": (200, 122, 0.61),
    "michelson": (100, 85240, 852.4),
    "newcomb": (66, 1730, 26.21),
    "nile": (100, 91935, 919.35),
    "port_pirie": (65, 258.74, 3.9806),
    "precipitation": (70, 2442.0, 34.89),
}


@pytest.mark.parametrize(("name", "n", "total", "mean"), [(k, *v) for k, v in SAMPLES.items()])
def test_a_sample_has_the_published_size_sum_and_mean(
    name: str, n: int, total: float, mean: float
) -> None:
    d = load(name)
    assert d.n == d.sample.size == n
    assert d.sample.sum() == pytest.approx(total, rel=1e-12)
    digits = len(str(mean).partition(".")[2])
    assert round(float(d.sample.mean()), digits) == mean


def test_the_tables_that_are_no_sample_have_the_published_totals() -> None:
    challenger, beetles, faithful = load("challenger"), load("beetles"), load("old_faithful")
    assert (len(challenger), challenger["distress"].sum()) == (23, 7)
    assert challenger["temperature"].min() == 53
    assert (beetles["exposed"].sum(), beetles["killed"].sum()) == (481, 291)
    assert (beetles["killed"] <= beetles["exposed"]).all()
    assert len(faithful) == 272
    assert round(faithful["eruptions"].mean(), 4) == 3.4878
    assert round(faithful["waiting"].mean(), 4) == 70.8971


def test_the_leukaemia_patients_are_21_pairs_with_the_published_relapse_rates() -> None:
    d = load("leukaemia")
    for treated, weeks, relapses in ((1, 359, 9), (0, 182, 21)):
        group = d["treated"] == treated
        assert group.sum() == 21
        assert (d["weeks"][group].sum(), d["relapsed"][group].sum()) == (weeks, relapses)
    for pair in range(1, 22):
        inside = d["pair"] == pair
        assert sorted(d["treated"][inside]) == [0, 1]
        assert np.ptp(d["complete"][inside]) == 0, "matched by the state of remission"


def test_the_sorted_times_of_the_leukaemia_patients_are_freireichs() -> None:
    d = load("leukaemia")
    weeks = {
        (treated, relapsed): sorted(
            d["weeks"][(d["treated"] == treated) & (d["relapsed"] == relapsed)].tolist()
        )
        for treated in (0, 1)
        for relapsed in (0, 1)
    }
    assert weeks == {
        (0, 0): [],
        (0, 1): [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23],
        (1, 0): [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
        (1, 1): [6, 6, 6, 7, 10, 13, 16, 22, 23],
    }


def test_every_bearing_ran_a_multiple_of_0_12_million_revolutions() -> None:
    multiples = load("bearings").sample / 0.12
    np.testing.assert_allclose(multiples, np.round(multiples), rtol=0, atol=1e-9)


def test_horse_kicks_with_the_four_corps_left_out_come_to_the_rate_in_the_note() -> None:
    deaths, corps_years = np.arange(5), np.array([144, 91, 32, 11, 2])
    assert corps_years.sum() == 14 * 20
    assert deaths @ corps_years / corps_years.sum() == 0.70
    assert "0.70" in load("horse_kicks").note


def test_neighbouring_years_of_earthquakes_are_correlated_as_the_note_says() -> None:
    z = load("earthquakes").sample - load("earthquakes").sample.mean()
    assert round(float(z[1:] @ z[:-1] / (z @ z)), 2) == 0.57
    assert "0.57" in load("earthquakes").note
    np.testing.assert_array_equal(load("earthquakes")["year"], np.arange(1900, 2007))


def test_accidents_vary_more_than_a_poisson_allows_as_the_note_says() -> None:
    x = load("accidents").sample
    assert (round(x.mean(), 2), round(x.var(ddof=1), 2)) == (0.47, 0.69)
    assert "variance 0.69, mean 0.47" in load("accidents").note


# ------------------------------------------------------------------------ the published estimates


def test_mendels_peas_are_as_close_to_9_3_3_1_as_is_published() -> None:
    d = load("peas")
    expected = d.n * d["ratio"] / 16
    assert round(stats.chisquare(d.frequencies, expected).statistic, 4) == 0.4700
    assert round(stats.chisquare(d.frequencies, expected).pvalue, 3) == 0.925
    assert (
        round(2 * float(special.xlogy(d.frequencies, d.frequencies / expected).sum()), 4) == 0.4754
    )


def test_challengers_logistic_regression_is_dalals() -> None:
    t, y = load("challenger")["temperature"], load("challenger")["distress"]
    X = np.column_stack([np.ones_like(t), t]).astype(float)
    beta = np.zeros(2)
    for _ in range(30):
        p = special.expit(X @ beta)
        beta += np.linalg.solve(X.T * (p * (1 - p)) @ X, X.T @ (y - p))
    assert round(beta[0], 4) == 15.0429
    assert round(beta[1], 5) == -0.23216
    covariance = np.linalg.inv(X.T * (p * (1 - p)) @ X)
    at_31 = np.array([1.0, 31.0])
    spread = 1.959964 * math.sqrt(at_31 @ covariance @ at_31)
    low, high = special.expit(at_31 @ beta + np.array([-spread, spread]))
    assert (round(low, 2), round(high, 2)) == (0.48, 1.00)


def test_bearings_lead_to_the_published_weibull() -> None:
    x = load("bearings").sample

    def slope(k: float) -> float:
        return 1 / k + np.log(x).mean() - (x**k @ np.log(x)) / (x**k).sum()

    shape = optimize.brentq(slope, 0.5, 10)
    assert round(shape, 3) == 2.102
    assert round(np.mean(x**shape) ** (1 / shape), 2) == 81.88


def test_newcombs_times_lead_to_the_published_t() -> None:
    x = load("newcomb").sample
    best = optimize.minimize(
        lambda v: -stats.t.logpdf(x, math.exp(v[0]), v[1], math.exp(v[2])).sum(),
        [1.0, 27.0, 1.0],
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10},
    ).x
    assert (round(best[1], 2), round(math.exp(best[2]), 2), round(math.exp(best[0]), 2)) == (
        27.40,
        3.81,
        2.13,
    )


def test_accidents_reach_the_published_log_likelihoods() -> None:
    x = load("accidents").sample
    assert round(stats.poisson.logpmf(x, x.mean()).sum(), 2) == -617.18
    best = optimize.minimize_scalar(
        lambda size: -stats.nbinom.logpmf(x, size, size / (size + x.mean())).sum(),
        bounds=(0.1, 10),
        method="bounded",
    )
    assert round(-best.fun, 2) == -592.27


@pytest.mark.parametrize(
    ("link", "deviance"), [("Logit", 11.23), ("Probit", 10.12), ("CLogLog", 3.45)]
)
def test_beetles_reach_the_published_deviances(link: str, deviance: float) -> None:
    import statsmodels.api as sm

    d = load("beetles")
    family = sm.families.Binomial(getattr(sm.families.links, link)())
    outcomes = np.column_stack([d["killed"], d["exposed"] - d["killed"]])
    fit = sm.GLM(outcomes, sm.add_constant(d["log_dose"]), family=family).fit()
    assert round(fit.deviance, 2) == deviance


def test_blood_groups_lead_to_the_published_allele_frequencies() -> None:
    a, b, ab, o = load("blood_groups").frequencies
    p, q, r = 0.3, 0.3, 0.4
    for _ in range(200):  # gene counting: share out A among AA and AO, B among BB and BO
        aa, bb = a * p / (p + 2 * r), b * q / (q + 2 * r)
        p, q = (a + aa + ab) / (2 * 521), (b + bb + ab) / (2 * 521)
        r = 1 - p - q
    assert (round(p, 4), round(q, 4), round(r, 4)) == (0.2136, 0.0501, 0.7363)
    assert a + b + ab + o == 521


def test_earthquakes_reach_the_published_log_likelihoods() -> None:
    x = load("earthquakes").sample
    assert round(stats.poisson.logpmf(x, x.mean()).sum(), 2) == -391.92
    rates, share = np.array([15.0, 25.0]), np.array([0.5, 0.5])
    for _ in range(2000):
        joint = share * stats.poisson.pmf(x[:, None], rates)
        weight = joint / joint.sum(axis=1, keepdims=True)
        share, rates = weight.mean(axis=0), x @ weight / weight.sum(axis=0)
    assert round(float(np.log(joint.sum(axis=1)).sum()), 2) == -360.37
    assert np.round(rates, 2).tolist() == [15.78, 26.84]


def test_the_nile_reaches_the_published_log_likelihood_of_a_local_level() -> None:
    d = load("nile")
    step, m = np.diff(d.sample), 99
    cov = (1469.1 + 2 * 15099.0) * np.eye(m) - 15099.0 * (np.eye(m, k=1) + np.eye(m, k=-1))
    assert round(float(stats.multivariate_normal(np.zeros(m), cov).logpdf(step)), 2) == -632.55
    early = d["year"] < 1899
    assert [round(float(d.sample[part].mean())) for part in (early, ~early)] == [1098, 850]
    assert all(text in d.note for text in ("1,098", "850", "-632.55"))


def test_old_faithful_and_michelson_are_r_s_versions() -> None:
    eruptions = load("old_faithful")["eruptions"]
    assert eruptions[:3].tolist() == [3.6, 1.8, 3.333]
    # What the note says of one eruption after the other: long to long, and short to long.
    long = eruptions > 3
    followed = [(int(now.sum()), int((long[1:] & now).sum())) for now in (long[:-1], ~long[:-1])]
    assert followed == [(174, 83), (97, 91)]
    speed, experiment = load("michelson")["speed"], load("michelson")["experiment"]
    means = [speed[experiment == k].mean() for k in range(1, 6)]
    assert means == [909.0, 856.0, 845.0, 820.5, 831.5]
    assert round(speed.std(ddof=1), 2) == 79.01


# ------------------------------------------------------------------------ what is said about them


def test_the_digits_are_the_first_of_scikit_learn_s() -> None:
    d = load("digits")
    assert np.unique(d["digit"][::8], return_counts=True)[1].tolist() == [120, 118, 122]
    squares = np.column_stack([d[f"x{k}"] for k in range(8)])
    assert squares.sum() == 115774
    assert d["line"].tolist() == 360 * list(range(8))
    sklearn = pytest.importorskip("sklearn.datasets")
    theirs = sklearn.load_digits()
    kept = np.flatnonzero(np.isin(theirs.target, [1, 8, 9]))[:360]
    np.testing.assert_array_equal(squares.reshape(360, 8, 8), theirs.images[kept])
    np.testing.assert_array_equal(d["digit"][::8], theirs.target[kept])


def test_the_list_holds_every_set_and_every_set_has_both_files() -> None:
    folder = Path(datasets.__file__).parent
    assert len(NAMES) == 18
    assert sorted(p.stem for p in folder.glob("*.csv")) == NAMES
    assert sorted(p.stem for p in folder.glob("*.toml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_set_says_where_it_comes_from(name: str) -> None:
    d = load(name)
    assert d.name == name
    assert len(d.title) > 20
    assert not d.title.endswith(".")
    assert d.source.endswith(".")
    assert 1850 < d.year < 2020
    assert len(d.note) > 150
    assert set(d.units) == set(d.columns)
    assert all(d.units.values())
    for column, words in d.labels.items():
        assert d[column].tolist() == list(range(len(words)))


@pytest.mark.parametrize("name", NAMES)
def test_the_bibliography_holds_the_source(name: str) -> None:
    keys = re.findall(
        r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.M
    )
    assert keys.count(load(name).citation_key) == 1


def test_the_page_on_data_is_what_the_metadata_say() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "data_page.py", "--check"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


# ------------------------------------------------------------------------ the object


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_read_only_numbers_of_one_length(name: str) -> None:
    d = load(name)
    for column in d.columns:
        assert d[column].dtype in (np.float64, np.intp)
        assert d[column].shape == (len(d),)
        assert np.isfinite(d[column]).all()
        with pytest.raises(ValueError, match="read-only"):
            d[column][0] = 0


@pytest.mark.parametrize("name", NAMES)
def test_whole_columns_can_index_on_a_machine_whose_addresses_have_32_bits(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = load(name)
    monkeypatch.setattr(np, "intp", np.int32)  # as it is in a browser
    for column in d.columns:
        if d[column].dtype.kind == "i":
            texts = tuple(map(str, d[column]))
            narrow = mlecore.datasets.dataset._numbers(texts)
            assert narrow.dtype == np.int32
            assert tuple(map(str, narrow)) == texts, "a value is too large for 32 bits"


def test_predicted_classes_can_index_on_a_machine_whose_addresses_have_32_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logistic = mlecore.LogisticRegression.fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1])
    net = mlecore.MLP([1, 1], rng=1).fit([[0.0], [1.0]], [0, 1], "bce", epochs=1)
    monkeypatch.setattr(np, "intp", np.int32)
    assert logistic.predict([0.0, 3.0]).dtype == np.int32
    assert net.predict([[0.0]]).dtype == np.int32


FREQUENCIES = ("accidents", "alpha_particles", "blood_groups", "horse_kicks", "peas")
NO_SAMPLE = ("beetles", "challenger", "digits", "leukaemia", "old_faithful")


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_had_both_ways_or_refused_with_the_columns(name: str) -> None:
    d = load(name)
    if name in NO_SAMPLE:
        with pytest.raises(DataError, match=f"{name}.*not one sample.*{d.columns[0]}"):
            _ = d.sample
        with pytest.raises(DataError, match="not one sample"):
            np.asarray(d)
    else:
        assert d.sample.shape == (d.n,)
        assert not d.sample.flags.writeable
        assert np.asarray(d) is d.sample
        np.testing.assert_array_equal(np.asarray(d, dtype=float), d.sample.astype(float))
        assert np.array(d).flags.writeable
    if name in FREQUENCIES:
        np.testing.assert_array_equal(np.repeat(d.values, d.frequencies), d.sample)
        assert (d.values.size, d.frequencies.sum()) == (len(d), d.n)
    else:
        with pytest.raises(DataError, match="not a frequency table"):
            _ = d.values
        with pytest.raises(DataError, match="not a frequency table"):
            _ = d.frequencies


def test_loading_twice_gives_the_same_object_and_pickling_gives_it_back() -> None:
    d = load("peas")
    assert load("peas") is d
    assert pickle.loads(pickle.dumps(d)) is d
    assert copy.deepcopy(d) is d


def test_a_set_is_frozen() -> None:
    with pytest.raises(AttributeError):
        load("peas").year = 1900  # type: ignore[misc]
    with pytest.raises(TypeError):
        load("peas").units["kind"] = "none"  # type: ignore[index]


def test_a_set_cannot_be_iterated_for_nobody_could_say_over_what() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        iter(load("peas"))


@pytest.mark.parametrize("name", ["alpha", "horse-kicks", "", None, 3])
def test_an_unknown_name_is_refused_with_the_names_that_exist(name: object) -> None:
    with pytest.raises(DataError, match="no data set called") as refusal:
        load(name)  # type: ignore[arg-type]
    assert "alpha_particles" in str(refusal.value)


def test_a_near_miss_is_guessed() -> None:
    with pytest.raises(DataError, match="Did you mean 'horse_kicks'"):
        load("horse-kicks")
    with pytest.raises(DataError, match=r"no column 'death'.*'deaths', 'frequency'.*mean 'deaths'"):
        load("horse_kicks")["death"]
    with pytest.raises(DataError, match="no column 0"):
        load("horse_kicks")[0]  # type: ignore[index]


@pytest.mark.parametrize("name", NAMES)
def test_the_reprs_name_the_source_and_fit_a_page(name: str) -> None:
    d = load(name)
    text, page = repr(d), d._repr_html_()
    assert text.startswith(f"{name}: {d.title}")
    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(text.split()).endswith(d.source)
    assert page.count("<tr>") <= 17
    assert page.count("<table") == page.count("</table>") == 1
    assert all(f">{c}<br>" in page for c in d.columns)


def test_the_html_of_a_coded_column_gives_the_words() -> None:
    assert "0 (round yellow)" in load("peas")._repr_html_()
    assert "…" in load("newcomb")._repr_html_()
    assert "…" not in load("alpha_particles")._repr_html_()


def test_importing_the_package_reads_no_data_and_pandas_is_not_asked_for() -> None:
    code = "import sys, mlecore.datasets as d; d.list(); assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_gives_the_data_sets() -> None:
    assert mlecore.datasets.load is load
    assert isinstance(load("newcomb"), Dataset)
