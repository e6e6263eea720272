"""Regressions whose rows come in chunks are those of all rows in memory, in a few passes."""

import re

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

import mlecore as mle
from mlecore.regression import drawn

RNG = np.random.default_rng(3)
# Columns far from 0, of very different sizes.
X = RNG.normal(size=(4000, 3)) * [1.0, 10.0, 1e-3] + [0.0, 1e5, 5.0]
ETA = (X - X.mean(axis=0)) @ [0.5, 0.05, 400.0]
W = RNG.integers(0, 3, 4000).astype(float)
RESPONSES = {
    mle.LogisticRegression: (RNG.random(4000) < 1 / (1 + np.exp(-ETA))).astype(float),
    mle.PoissonRegression: RNG.poisson(np.exp(0.5 * ETA)),
    mle.LinearRegression: ETA + RNG.normal(size=4000),
    mle.SoftmaxRegression: np.digitize(ETA + RNG.logistic(size=4000), [-1.0, 1.0]),
}


@pytest.fixture(autouse=True)
def small_pilot(monkeypatch):
    """Begin at the estimate of so few rows that all must be read several times."""
    monkeypatch.setattr(drawn, "_KEPT", 1800)


def same(f, g, rtol=1e-7):
    np.testing.assert_allclose(g.theta, f.theta, rtol=rtol)
    np.testing.assert_allclose(g.log_likelihood, f.log_likelihood, rtol=1e-13)
    np.testing.assert_allclose(list(g.se.values()), list(f.se.values()), rtol=1e-6)
    assert g.n == f.n
    assert g.names == f.names


def same_covariance(f, g, kind):
    """Compare in units of standard errors, as a covariance may be next to nothing."""
    own, size = f.covariance(kind), np.sqrt(np.diag(f.covariance(kind)))
    apart = (g.covariance(kind) - own) / np.outer(size, size)
    np.testing.assert_allclose(apart, 0.0, atol=5e-6)


@pytest.mark.parametrize("weights", [None, W], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("model", RESPONSES, ids=lambda m: m.__name__)
def test_a_regression_from_chunks_is_that_of_all_rows(model, weights):
    y = RESPONSES[model]
    f = model.fit(X, y, weights)
    g = model.fit(mle.chunks(X, y=y, weights=weights, size=3000))
    same(f, g)
    assert 3 <= g.passes <= 6
    same_covariance(f, g, "sandwich")
    np.testing.assert_allclose(g.predict(X[:9]), f.predict(X[:9]), rtol=1e-7)


def test_tests_and_held_coefficients_are_those_of_all_rows():
    y = RESPONSES[mle.PoissonRegression]
    f = mle.PoissonRegression.fit(X, y)
    g = mle.PoissonRegression.fit(mle.chunks(X, y=y, size=3000))
    assert g.test(x1=0.45).statistic == pytest.approx(f.test(x1=0.45).statistic, rel=1e-6)
    np.testing.assert_allclose(g.ci()["x2"], f.ci()["x2"], rtol=1e-6)
    held = {"x2": 0.02, "intercept": -2000.0}
    rows = mle.chunks(X, y=y, size=3000)
    same(
        mle.PoissonRegression.fit(X, y, fixed=held),
        mle.PoissonRegression.fit(rows, fixed=held),
        rtol=1e-6,
    )


def test_rows_of_parquet_tables_and_dask_keep_their_names(tmp_path):
    y = RESPONSES[mle.LogisticRegression]
    table = pd.DataFrame(X, columns=["age", "height", "dose"]).assign(ill=y, times=W)
    table.to_parquet(tmp_path / "x.parquet", row_group_size=900)
    f = mle.LogisticRegression.fit(table[["age", "height", "dose"]], y, W)
    lazy, lazy_y = da.from_array(X, chunks=(1500, 3)), da.from_array(y, chunks=1500)
    for source in (
        mle.chunks(tmp_path / "x.parquet", y="ill", weights="times"),
        mle.chunks(
            lambda: (table[k : k + 999] for k in range(0, 4000, 999)), y="ill", weights="times"
        ),
    ):
        same(f, mle.LogisticRegression.fit(source))
    g = mle.LogisticRegression.fit(lazy, lazy_y)
    np.testing.assert_allclose(g.theta, mle.LogisticRegression.fit(X, y).theta, rtol=1e-7)


NAMED = pd.DataFrame(X[:3000], columns=["age", "height", "dose"]).assign(
    lead=RNG.normal(size=3000), n=RNG.integers(1, 9, 3000), w=W[:3000]
)
MEAN = np.exp(0.3 * ETA[:3000] + NAMED.lead)
TIME = RNG.weibull(1.5, 3000) * MEAN
COLUMNS = ["age", "height", "dose"]
MODELS = {
    "offset": (mle.NegativeBinomial, RNG.poisson(MEAN * RNG.gamma(2.0, 0.5, 3000)), "mu", {}),
    "scale": (mle.Normal, ETA[:3000] + MEAN * RNG.normal(size=3000), "mu", {"sigma": ["dose"]}),
    "known": (mle.Binomial, RNG.binomial(NAMED.n, 1 / (1 + np.exp(-ETA[:3000]))), "p", {}),
    "shape": (mle.Gamma, RNG.gamma(2.0, MEAN), "rate", {"shape": None}),
    "censored": (mle.Weibull, mle.observed(np.minimum(TIME, 3.0), right=TIME > 3.0), "scale", {}),
}


@pytest.mark.parametrize("model", MODELS)
def test_any_parameter_of_any_family_follows_from_columns_of_a_source(model):
    family, y, name, others = MODELS[model]
    how = {"link": {"shape": "identity"}} if model == "shape" else {}
    lead = "lead" if model in ("offset", "shape") else None
    known = "n" if model == "known" else None
    own = {k: c and NAMED[c] for k, c in others.items()} | {name: NAMED[COLUMNS]}
    offset, fixed = ({k: NAMED[c]} if c else None for k, c in ((name, lead), (known, known)))
    f = family.regress(y, **own, weights=NAMED.w, offset=offset, fixed=fixed, **how)
    cuts = [slice(i, i + 999) for i in range(0, 3000, 999)]
    rows = mle.chunks([(NAMED[cut], y[cut], NAMED.w[cut]) for cut in cuts])
    names = {**others, name: COLUMNS}
    offset, fixed = ({k: c} if c else None for k, c in ((name, lead), (known, known)))
    g = family.regress(rows, **names, offset=offset, fixed=fixed, **how)
    same(f, g)
    assert 3 <= g.passes <= 6
    same_covariance(f, g, "sandwich")


def test_a_general_regression_from_dask_answers_as_one_in_memory():
    table = NAMED[["age", "height"]].assign(y=MODELS["shape"][1])
    frame = dd.from_pandas(table, npartitions=3)
    f = mle.Gamma.regress(table.y, rate=table[["age", "height"]])
    g = mle.Gamma.regress(frame.y, rate=frame[["age", "height"]])
    rows = mle.chunks(frame, y="y")
    same(f, g)
    same(f, mle.Gamma.regress(rows, rate=rows))
    assert g.deviance == pytest.approx(f.deviance, rel=1e-7)
    for method in ("lr", "score"):
        asked = [fit.test(shape=2, method=method).statistic for fit in (f, g)]
        assert asked[1] == pytest.approx(asked[0], rel=1e-6)
    same_covariance(f, g, "expected")
    for ask in (g.predict, g.distribution, g.residuals):
        with pytest.raises(mle.DataError, match="needs the rows in memory"):
            ask()


ROAD = mle.chunks([NAMED.assign(y=1.0)], y="y")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: mle.Gamma.regress(ROAD, rate=["mass"]), "no column 'mass'; its columns are age"),
        (lambda: mle.Gamma.regress(ROAD, rate=NAMED), "a list of names"),
        (lambda: mle.Gamma.regress(NAMED.w, rate=ROAD), "come from one source"),
        (lambda: mle.Gamma.regress(ROAD, rate=ROAD, offset=W), "offset={'rate': 'log_exposure'}"),
        (lambda: mle.Gamma.regress(ROAD, rate=ROAD, weights=W), "come with the rows"),
        (
            lambda: mle.Gamma.regress(ROAD, rate=ROAD, prior={"age": mle.Normal(0, 1)}),
            "takes no prior",
        ),
        (
            lambda: mle.Poisson.regress(mle.chunks([(X, W), (X, W + 0.5)]), rate=["x1"]),
            "whole source",
        ),
    ],
)
def test_what_a_general_regression_cannot_take_from_a_source_is_said(wrong, said):
    with pytest.raises(mle.DataError, match=said):
        wrong()


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (mle.LinearRegression, X @ [1.0, 2.0, 0.0]),
        (mle.LinearRegression, np.ones(4000)),
        (mle.LogisticRegression, np.ones(4000)),
        (mle.PoissonRegression, np.zeros(4000)),
        (mle.SoftmaxRegression, np.zeros(4000, dtype=int)),
    ],
)
def test_what_has_no_estimate_is_refused_from_chunks_in_the_words_of_memory(model, y):
    with pytest.raises(mle.NoMLEError) as told:
        model.fit(X, y)
    rows = mle.chunks(X, y=y, size=3000)
    with pytest.raises(type(told.value), match=re.escape(str(told.value))):
        model.fit(rows)
    assert rows.passes <= 2


def test_a_fit_from_chunks_takes_an_offset_by_name_and_says_its_deviance():
    y = RESPONSES[mle.PoissonRegression][:3000]
    f = mle.PoissonRegression.fit(NAMED[COLUMNS], y, offset=NAMED.lead)
    rows = NAMED[[*COLUMNS, "lead"]].assign(y=y)
    g = mle.PoissonRegression.fit(mle.chunks([rows[:999], rows[999:]], y="y"), offset="lead")
    same(f, g)
    assert g.deviance == pytest.approx(f.deviance, rel=1e-9)


def test_fits_of_one_source_or_of_the_same_rows_elsewhere_are_compared():
    model = mle.LogisticRegression
    y, source = RESPONSES[model], mle.chunks(X, y=RESPONSES[model], size=3000)
    large, held = model.fit(source), model.fit(source, fixed={"x2": 0.05})
    small = model.fit(mle.chunks(X[:, :2], y=y, size=2000))
    whole, few = model.fit(X, y), model.fit(X[:, :2], y)
    expected = mle.lr_test(few, whole).statistic
    assert mle.lr_test(small, large).statistic == pytest.approx(expected, rel=1e-6)
    with pytest.raises(mle.DataError, match="cut both sources alike"):
        mle.lr_test(few, large)
    assert mle.lr_test(held, large).df == 1
    assert mle.lr_test(held, large).df == 1
    ranks = [[row.aic for row in mle.compare(fits)] for fits in ([small, large], [few, whole])]
    np.testing.assert_allclose(*ranks, rtol=1e-9)
    other = model.fit(mle.chunks(X, y=y[::-1], size=3000))
    with pytest.raises(mle.DataError, match="different data"):
        mle.lr_test(small, other)


def test_an_interrupted_climb_has_the_estimate_of_the_rows_drawn():
    passes = []

    def read():
        passes.append(None)
        if len(passes) > 1:
            raise KeyboardInterrupt
        return [(X, RESPONSES[mle.PoissonRegression])]

    with pytest.raises(mle.Interrupted, match="pass 2") as stop:
        mle.PoissonRegression.fit(mle.chunks(read))
    assert stop.value.params["x1"] == pytest.approx(0.25, abs=0.1)


def test_an_interrupted_first_pass_says_that_there_is_nothing_yet():
    def read():
        yield X[:10], RESPONSES[mle.PoissonRegression][:10]
        raise KeyboardInterrupt

    with pytest.raises(mle.Interrupted, match=r"first pass.*nothing to keep"):
        mle.PoissonRegression.fit(mle.chunks(read))


def test_labels_of_the_rows_and_the_response_are_no_columns_of_x(tmp_path):
    y = RESPONSES[mle.LogisticRegression][:400]
    table = pd.DataFrame(X[:400, :2], columns=["a", "b"]).assign(y=y, w=W[:400] + 1.0)
    shuffled = table.sample(frac=1.0, random_state=0)
    frame = dd.from_pandas(table, npartitions=2)
    f = mle.LogisticRegression.fit(table[["a", "b"]], y, W[:400] + 1.0)
    for k, kept in enumerate((shuffled, shuffled.set_index(shuffled.index.rename("patient")))):
        kept.to_parquet(tmp_path / f"{k}.parquet")
        same(
            f, mle.LogisticRegression.fit(mle.chunks(tmp_path / f"{k}.parquet", y="y", weights="w"))
        )
    arrow = [pa.Table.from_pandas(shuffled)]
    numbered = [table.rename(columns={"a": 1, "b": 2})]
    same(f, mle.LogisticRegression.fit(mle.chunks(arrow, y="y", weights="w")))
    same(f, mle.LogisticRegression.fit(mle.chunks(frame, y=frame.y, weights=frame.w)))
    g = mle.LogisticRegression.fit(mle.chunks(numbered, y="y", weights="w"))
    assert g.names == ("intercept", "1", "2")
    halved = mle.LogisticRegression.fit(mle.chunks([(table.a, table.y)]))
    assert halved.names == ("intercept", "a")


TABLE = pd.DataFrame(X[:9], columns=["a", "b", "c"]).assign(y=W[:9])
BACK = TABLE[::-1]
ROWS = TABLE[["a", "b"]]
LAZY = dd.from_pandas(TABLE, npartitions=2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: mle.Normal.fit(mle.chunks([(TABLE.a, BACK.y)])), "weights.loc.*of chunk 0"),
        (lambda: fit_poisson([(ROWS, TABLE.y), (ROWS, BACK.y)]), "y.loc.X.index.*of chunk 1"),
        (lambda: fit_poisson([(ROWS, TABLE.y, BACK.y)]), "weights.loc.X.index.*of chunk 0"),
        (lambda: fit_poisson([TABLE], y="y", column=["a", "y"]), "y='y' is the response"),
        (lambda: fit_poisson(LAZY, y="y", column="y"), "y='y' is the response"),
        (lambda: fit_poisson(LAZY[["a"]], y=LAZY.y, weights="a"), "not one of each"),
        (lambda: fit_poisson([(TABLE, TABLE.y)]), "column 'y' of X is y itself"),
        (lambda: mle.PoissonRegression.fit(TABLE, TABLE.y), "column 'y' of X is y itself"),
        (lambda: mle.Poisson.regress(TABLE.y, rate=TABLE), "column 'y' of X is y itself"),
        (lambda: mle.PoissonRegression.fit(csr_array(X + 1j), W), "X must hold real numbers"),
        (lambda: fit_poisson([(csr_array(X), W)]), "chunk 0 .* sparse X.*toarray"),
        (lambda: fit_poisson(csr_array(X), y=W), "this is sparse.*toarray"),
        (lambda: fit_poisson([(ROWS, W[:9]), (X[:9], W[:9])]), "chunk 1 has 3 .*chunk 0 a, b"),
        (lambda: fit_poisson([(X, W), (X[:, :2], W)]), "chunk 1 has 2 .*chunk 0 3"),
    ],
)
def test_rows_that_do_not_belong_together_are_refused_with_their_chunk(wrong, said):
    with pytest.raises(mle.DataError, match=said):
        wrong()


def fit_poisson(source, **how):
    return mle.PoissonRegression.fit(mle.chunks(source, **how))


def test_classes_that_the_climb_separates_are_refused_with_the_direction():
    y = (X[:, 0] > 0.1).astype(float)
    with pytest.raises(mle.SeparationError, match="in every row of the source") as error:
        mle.LogisticRegression.fit(mle.chunks(X[:, :1], y=y, size=900))
    eta = np.column_stack([np.ones(4000), X[:, 0]]) @ error.value.direction
    assert (np.where(y > 0, eta, -eta) > 0).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: mle.LogisticRegression.fit(mle.chunks(iter([(X, W > 1)]))), "makes it anew"),
        (lambda: mle.LogisticRegression.fit(mle.chunks([(X, W)])), "index 0 of chunk 0|index"),
        (lambda: mle.LogisticRegression.fit(mle.chunks([(X, W)]), W), "come with the rows"),
        (lambda: mle.LogisticRegression.fit(X), "y is missing"),
        (
            lambda: mle.LogisticRegression.fit(
                mle.chunks([(X, W > 1)]), prior={"x1": mle.Normal(0, 1)}
            ),
            "takes no prior",
        ),
        (
            lambda: mle.LogisticRegression.fit(mle.chunks([(X, W > 1)])).residuals(),
            "needs the rows in memory",
        ),
        (
            lambda: mle.LogisticRegression.fit(mle.chunks([(X[:, [0, 0]], W > 1)])),
            "collinear: x2 follows from x1",
        ),
    ],
)
def test_what_a_source_cannot_give_is_said(wrong, said):
    with pytest.raises(mle.DataError, match=said):
        wrong()
