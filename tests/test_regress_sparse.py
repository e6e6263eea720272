"""Sparse columns stay sparse, and give what the same columns laid out give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import mlecore as mle
from mlecore.regression.sparse import Sparse, inverted

ROWS, LEVELS = 6_000, (300, 60)
RNG = np.random.default_rng(11)


def factor(levels: int) -> tuple[sparse.csr_array, np.ndarray]:
    level = np.concatenate([np.arange(levels), RNG.integers(0, levels, ROWS - levels)])
    ones = sparse.csr_array((np.ones(ROWS), (np.arange(ROWS), level)), shape=(ROWS, levels))
    return ones[:, 1:], RNG.normal(0.0, 0.3, levels)[level]


PARTS = [factor(levels) for levels in LEVELS]
X = sparse.hstack([part for part, _ in PARTS], format="csr")
ETA = 1.5 + sum(effect for _, effect in PARTS)
COUNTS = RNG.poisson(np.exp(ETA)).astype(float)
CLASSES = (RNG.random(ROWS) < 1 / (1 + np.exp(1.5 - ETA))).astype(float)
WEIGHTS, LEAD = RNG.integers(0, 4, ROWS).astype(float) + (np.arange(ROWS) < 300), 0.1 * ETA


@pytest.fixture(scope="module")
def dense() -> np.ndarray:
    return X.toarray()


@pytest.mark.parametrize(
    "how", [{}, {"weights": WEIGHTS, "offset": LEAD, "fixed": {"x5": 0.1}}], ids=["", "weighted"]
)
def test_a_poisson_regression_of_sparse_columns_is_that_of_dense_ones(how, dense):
    one, other = (mle.PoissonRegression.fit(table, COUNTS, **how) for table in (X, dense))
    agree(one, other)
    few = X[:50], dense[:50]
    lead = {"offset": LEAD[:50]} if how else {}
    np.testing.assert_allclose(
        one.predict(few[0], **lead), other.predict(few[1], **lead), rtol=1e-10
    )


def agree(one: mle.Fit, other: mle.Fit) -> None:
    assert isinstance(one.dist.rows.X, Sparse)
    assert not isinstance(other.dist.rows.X, Sparse)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)
    errors = np.array(list(other.se.values()))
    assert (np.abs(one.theta - other.theta) <= 1e-10 * (np.abs(other.theta) + errors)).all()
    np.testing.assert_allclose(list(one.se.values()), errors, rtol=1e-10)


def test_the_general_road_takes_them_too(dense):
    one, other = mle.Bernoulli.regress(CLASSES, p=X), mle.LogisticRegression.fit(dense, CLASSES)
    agree(one, other)
    np.testing.assert_array_equal(one.theta, mle.LogisticRegression.fit(X, CLASSES).theta)
    assert one.test(x7=0).p_value == pytest.approx(other.test(x7=0).p_value, rel=1e-8)
    tests = [m.test(x7=0, method="score").p_value for m in (one, other)]
    assert tests[0] == pytest.approx(tests[1], rel=1e-8)
    robust = [np.diag(m.covariance("sandwich")) for m in (one, other)]
    np.testing.assert_allclose(*robust, rtol=1e-8)


def test_other_families_and_priors_lay_them_out(dense):
    prior = {"x3": mle.Normal(0.0, 1.0)}
    few = sparse.csr_array(X[:, 300:330])
    m = mle.PoissonRegression.fit(few, COUNTS, prior=prior)
    assert m.params["x3"] == pytest.approx(
        mle.PoissonRegression.fit(few.toarray(), COUNTS, prior=prior).params["x3"], rel=1e-9
    )
    assert not isinstance(mle.LinearRegression.fit(X, COUNTS).dist.rows.X, Sparse)


def test_categories_without_an_event_are_named():
    for column in (8, 309):
        empty = np.where(X[:, [column]].toarray()[:, 0] > 0, 0.0, COUNTS)
        for fit in (
            lambda y=empty: mle.PoissonRegression.fit(X, y),
            lambda y=empty: mle.Poisson.regress(y, rate=X),
        ):
            with pytest.raises(
                mle.SeparationError, match=rf"y is 0 wherever x{column + 1} is not 0"
            ) as caught:
                fit()
            direction = np.zeros(X.shape[1] + 1)
            direction[column + 1] = -1.0
            np.testing.assert_array_equal(caught.value.direction, direction)
    always = np.where(X[:, [3]].toarray()[:, 0] > 0, 1.0, CLASSES)
    with pytest.raises(mle.SeparationError, match="y is 1 wherever x4 is not 0"):
        mle.LogisticRegression.fit(X, always)


def test_a_reference_level_without_an_event_is_proved_by_the_programme():
    reference = np.asarray(X[:, :299].sum(axis=1)).ravel() == 0
    with pytest.raises(mle.SeparationError, match="direction of 300 coefficients") as caught:
        mle.PoissonRegression.fit(X, np.where(reference, 0.0, COUNTS))
    d = caught.value.direction
    assert d[0] == -1.0
    np.testing.assert_allclose(d[1:300], 1.0, rtol=1e-9)


def test_columns_that_no_fit_can_use_are_named():
    everything = sparse.hstack(
        [X, np.asarray(1.0 - X[:, :299].sum(axis=1)).reshape(-1, 1)], format="csr"
    )
    with pytest.raises(mle.DataError, match=r"collinear to eight digits: .* follows from"):
        mle.PoissonRegression.fit(everything, COUNTS)
    nothing = X.tolil()
    nothing[:, 4] = 0.0
    with pytest.raises(mle.DataError, match="'x5' is 0 in every row"):
        mle.PoissonRegression.fit(nothing.tocsr(), COUNTS)
    missing = X.copy()
    missing.data[0] = np.nan
    place = (int(X.nonzero()[0][0]), int(X.nonzero()[1][0]))
    with pytest.raises(
        mle.DataError, match=rf"NaN or infinite, the first at index \({place[0]}, {place[1]}\)"
    ):
        mle.PoissonRegression.fit(missing, COUNTS)


def test_a_sparse_fit_keeps_the_data_of_the_caller_apart():
    mine = X.copy()
    m = mle.PoissonRegression.fit(mine, COUNTS)
    before = dict(m.se)
    mine.data[:] = 7.0
    assert mle.PoissonRegression.fit(X, COUNTS).se == pytest.approx(before, rel=1e-12)
    assert (m.dist.rows.X.matrix.data == 1.0).all()


def test_an_inverse_by_cholesky_is_the_inverse():
    A = np.random.default_rng(2).normal(size=(600, 300))
    products = A.T @ A
    np.testing.assert_allclose(inverted(products.copy(), 1e-6) @ products, np.eye(300), atol=1e-12)
    assert inverted(np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]]), 1e-6) is None
    assert inverted(np.array([[1.0, 2.0], [2.0, 1.0]]), 1e-6) is None


@pytest.mark.parametrize("model", [mle.PoissonRegression, mle.LogisticRegression])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_grid_of_coefficients_is_evaluated_place_by_place(model, intercept, dense):
    y = COUNTS if model is mle.PoissonRegression else CLASSES
    some = RNG.normal(0.0, 0.1, (3, 2, X.shape[1] + intercept))
    for table in (X, dense[:, :40]):
        rows = model.statistics((table, y), intercept=intercept)
        likelihood = mle.Likelihood(model, rows)
        grid = some[..., : table.shape[1] + intercept]
        for ask in (likelihood.log_likelihood, likelihood.score):
            at_once = ask(grid)
            one_by_one = np.array([[ask(theta) for theta in row] for row in grid])
            np.testing.assert_allclose(at_once, one_by_one, rtol=1e-10, atol=1e-8)
