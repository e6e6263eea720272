"""Regressions whose rows come in chunks are those of all rows in memory, in a few passes."""

import dask.array as da
import numpy as np
import pandas as pd
import pytest

import mlecore as mle
from mlecore.regression import streamed

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
    monkeypatch.setattr(streamed, "_PILOT", 1800)


def same(f, g, rtol=1e-7):
    np.testing.assert_allclose(g.theta, f.theta, rtol=rtol)
    np.testing.assert_allclose(g.log_likelihood, f.log_likelihood, rtol=1e-13)
    np.testing.assert_allclose(list(g.se.values()), list(f.se.values()), rtol=1e-6)
    assert g.n == f.n
    assert g.names == f.names


@pytest.mark.parametrize("weights", [None, W], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("model", RESPONSES, ids=lambda m: m.__name__)
def test_a_regression_from_chunks_is_that_of_all_rows(model, weights):
    y = RESPONSES[model]
    f = model.fit(X, y, weights)
    g = model.fit(mle.chunks(X, y=y, weights=weights, size=3000))
    same(f, g)
    assert 3 <= g.passes <= 6
    np.testing.assert_allclose(g.covariance("sandwich"), f.covariance("sandwich"), rtol=1e-5)
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
            lambda: mle.LogisticRegression.fit(mle.chunks([(X, W), (X[:, :2], W)])),
            "different columns",
        ),
        (
            lambda: mle.LogisticRegression.fit(
                mle.chunks([(X, W > 1)]), prior={"x1": mle.Normal(0, 1)}
            ),
            "no offset and no prior",
        ),
        (
            lambda: mle.LogisticRegression.fit(mle.chunks([(X, W > 1)])).residuals(),
            "needs the rows in memory",
        ),
        (
            lambda: mle.LogisticRegression.fit(mle.chunks([(X[:, [0, 0]], W > 1)])),
            "follow from each other",
        ),
    ],
)
def test_what_a_source_cannot_give_is_said(wrong, said):
    with pytest.raises(mle.DataError, match=said):
        wrong()
