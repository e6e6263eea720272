"""What is given as data: read whole, or refused in words that say what to do."""

from __future__ import annotations

import copy
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlecore as mle
from mlecore import Gamma, Normal

sys.path.insert(0, str(Path(__file__).parent))
from families.members import FAMILIES, REGULAR, dataset, known, member

ERRORS = (mle.DataError, mle.NoMLEError, mle.RegularityError, mle.ConvergenceError)


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# -- one array, or none -----------------------------------------------------------------------------------------


MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: Normal.fit([MASKED, MASKED], axis=1), "mask would be lost"),
        (lambda: Normal.fit([[1.0, 2.0, 4.0], MASKED], axis=1), "mask would be lost"),
        (lambda: Normal.fit([1.0, np.ma.masked, 3.0]), "mask would be lost"),
        (lambda: Normal.fit(([1.0], (MASKED,)), axis=1), "mask would be lost"),
        (lambda: Normal(0, 1).cdf(MASKED), "mask would be lost"),
        (lambda: Normal(0, 1).ppf(MASKED), "mask would be lost"),
        (lambda: mle.mse([MASKED], [[1.0, 2.0, 3.0]]), "mask would be lost"),
        (lambda: mle.SoftmaxRegression.fit([1.0, 2.0, 3.0], [np.ma.masked, 1, 2]), "mask would be lost"),
        (lambda: Normal(0, 1).cdf("a"), "it holds text"),
        (lambda: Normal(0, 1).ppf([None]), "not numbers, the first None"),
        (lambda: Normal([0.0, 1.0], 1).cdf([1.0, 2.0, 3.0]), "broadcast"),
        (lambda: mle.MultivariateNormal([0, 0], np.eye(2)).cdf([1.0]), "2 coordinates"),
        (lambda: Normal.statistics([[1.0, 2.0]], axis=1) + Normal.statistics([1.0, 2.0]), "a single sample"),
        (lambda: mle.Likelihood(Gamma, [1.0, 2.0]).maximize(start=[1.0]), "shape, rate"),
        (lambda: mle.Likelihood(Gamma, [1.0, 2.0]).maximize(start="a"), "text"),
        (lambda: mle.Likelihood(Gamma(1, 1), [1.0, 2.0]), "not one member"),
        (lambda: mle.Likelihood(3, [1.0, 2.0]), "takes a family first"),
        (lambda: Normal.fit(np.array(["1", "2"], dtype=object)), "first '1' at index 0"),
        (lambda: Normal.fit(np.array([1, "2"], dtype=object)), "first '2' at index 1"),
        (lambda: Normal.fit(["1", "2"]), "holds text"),
        (lambda: Normal.fit([1j, 2.0]), "complex"),
        (lambda: Normal.fit(np.array([1 + 1j, 2], dtype=object)), "not numbers"),
        (lambda: Normal.fit(np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]")), "dates or times"),
        (lambda: Normal.fit(np.array([np.timedelta64(1, "s")] * 2, dtype=object)), "not numbers"),
        (lambda: Normal.fit({1.0, 2.0}), "got set"),
        (lambda: Normal.fit(v for v in [1.0, 2.0]), "got generator"),
        (lambda: Normal.fit(None), "got NoneType"),
        (lambda: Normal.fit([2**53 + 1, 1, 2]), "9007199254740993 at index 0"),
        (lambda: Normal.fit([1.5, 2**53 + 1, 2]), "9007199254740993 at index 1"),
        (lambda: Normal.fit(np.array([1, -(2**53) - 1])), "-9007199254740993 at index 1"),
        (lambda: Normal.fit(np.array([1, 2**64 - 1], dtype=np.uint64)), "18446744073709551615"),
        (lambda: Normal.fit(np.array([1, 2**70 + 1], dtype=object)), "1180591620717411303425"),
        (lambda: mle.bce_with_logits([0, 1], [2**60 + 1, 1]), "1152921504606846977"),
        (lambda: mle.Binomial.fit([5, 3], fixed={"n": [10, 20]}), "a single sample"),
        (lambda: mle.Binomial.fit([[5, 3]] * 3, axis=1, fixed={"n": [10, 20]}), "do not match|shape"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_whole_is_refused(action, words):
    with pytest.raises(mle.DataError, match=words):
        action()


def test_whole_numbers_that_a_double_holds_are_taken():
    big = 2**60
    assert Normal.fit([big, big + 1024, big + 2048]).params["mu"] == big + 1024
    assert Normal.fit(np.array([2**54, 2**54 + 8])).params["mu"] == 2**54 + 4
    assert (
        mle.Poisson.fit(np.array([1, 2, True, np.float32(0)], dtype=object)).params["rate"] == 1.0
    )


def test_a_class_that_a_categorical_has_not_is_impossible():
    np.testing.assert_array_equal(mle.Categorical([1.0]).log_prob([0, 1]), [0.0, -np.inf])
    assert mle.Categorical([1.0]).score([0, 1]).shape == (2, 0)


def test_the_probabilities_of_a_categorical_are_refused_shortly():
    with pytest.raises(mle.DataError, match="271 values that sum to 36856, more than 1") as error:
        mle.Categorical(np.arange(1, 272))
    assert len(str(error.value)) < 250
    with pytest.raises(mle.DataError, match=r"-0\.5 at index 0"):
        mle.Categorical([-0.5, 1.5])
    with pytest.raises(mle.DataError, match="nan at index 1"):
        mle.Categorical([0.5, np.nan])


@pytest.mark.parametrize(
    "again", [copy.deepcopy, copy.copy, lambda d: pickle.loads(pickle.dumps(d))]
)
def test_copies_of_a_batch_are_as_frozen_as_it_is(again):
    d = Gamma(shape=[1.0, 2.0], rate=3.0)
    f = Normal.fit([[1.0, 2.0], [3.0, 5.0]], axis=1)
    for array in (d.shape, f.dist.mu, f.theta, f.converged):
        assert not array.flags.writeable
    d, f = again(d), again(f)
    for array in (d.shape, f.dist.mu, f.theta, f.converged):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0
    assert d == Gamma(shape=[1.0, 2.0], rate=3.0)


# -- the labels of pandas ---------------------------------------------------------------------------------------


def test_rows_that_pandas_labels_differently_are_not_paired_by_place():
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]}, index=list("wxyz"))
    y = pd.Series([1.0, 2.9, 5.2, 7.0], index=list("wxyz"))
    right = mle.LinearRegression.fit(X, y)
    shuffled = y.loc[list("zyxw")]
    with pytest.raises(mle.DataError, match=r"another order: give y\.loc\[X\.index\]"):
        mle.LinearRegression.fit(X, shuffled)
    assert mle.LinearRegression.fit(X, shuffled.loc[X.index]).theta == pytest.approx(right.theta)
    with pytest.raises(mle.DataError, match="different labels"):
        mle.LinearRegression.fit(X, y.reset_index(drop=True))
    assert mle.LinearRegression.fit(X, y.to_numpy()).theta == pytest.approx(right.theta)
    w = pd.Series([1, 2, 1, 2], index=list("zyxw"))
    with pytest.raises(mle.DataError, match="weights and X"):
        mle.LinearRegression.fit(X, y, w)
    with pytest.raises(mle.DataError, match="weights and x"):
        Normal.fit(y, w)


# -- weights of zero, and rows of a batch that cannot be read ---------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_what_has_weight_zero_may_be_anything(family):
    d, x = dataset(family, 3)
    gaps = [np.nan, np.inf] if np.isinf(family.support.low) else [np.nan, family.support.low - 1.0]
    more = np.concatenate(
        [x, np.full((2, *x.shape[1:]), 1.0) * np.reshape(gaps, (2,) + (1,) * (x.ndim - 1))]
    )
    w = np.r_[np.ones(len(x)), 0.0, 0.0]
    plain, masked = family.fit(x, fixed=known(d)), family.fit(more, w, fixed=known(d))
    np.testing.assert_allclose(masked.theta, plain.theta, rtol=1e-7)
    assert masked.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-10)
    if not family.irregular and not family.information_only_expected:
        np.testing.assert_allclose(
            masked.covariance("sandwich"), plain.covariance("sandwich"), rtol=1e-5, atol=1e-12
        )


def test_samples_of_different_lengths_make_one_batch_by_weights_of_zero():
    X = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, np.nan]])
    f = Gamma.fit(X, np.isfinite(X), axis=1)
    assert not f.problems
    for k, row in enumerate(([1.0, 2.0, 4.0], [3.0, 5.0])):
        np.testing.assert_allclose(f.theta[k], Gamma.fit(row).theta, rtol=1e-10)


def test_a_row_of_weight_zero_of_a_regression_may_be_anything():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [np.nan]])
    y = np.array([0.0, 1.0, 0.0, 1.0, 7.0])
    f = mle.LogisticRegression.fit(X, y, [1, 1, 1, 1, 0])
    assert f.theta == pytest.approx(mle.LogisticRegression.fit(X[:4], y[:4]).theta)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [9, 300])
def test_a_value_that_is_none_fails_its_row_alone(family, n):
    rng = np.random.default_rng(5)
    d = member(family, rng)
    X = np.stack([d.sample(n, rng=rng) for _ in range(4)])
    good = family.fit(X[[0, 2]], axis=1, fixed=known(d))
    X[1, 4] = np.nan
    X[3, 2] = family.support.low - 1.0 if np.isfinite(family.support.low) else np.inf
    f = family.fit(X, axis=1, fixed=known(d))
    assert "NaN" in f.problems[1] and "4" in f.problems[1]  # noqa: PT018
    assert "index" in f.problems[3] or "[2" in f.problems[3]
    assert np.isnan(f.theta[[1, 3]]).all()
    assert not np.asarray(f.converged)[[1, 3]].any()
    np.testing.assert_allclose(f.theta[[0, 2]], good.theta, rtol=1e-8, equal_nan=True)
    assert np.isnan(f.log_likelihood[[1, 3]]).all()
    np.testing.assert_allclose(f.log_likelihood[[0, 2]], good.log_likelihood, rtol=1e-10)
    point = np.broadcast_to(np.asarray(good.theta[0]), f.theta.shape)
    if not family.irregular:
        assert np.isnan(f.likelihood.log_likelihood(point)[[1, 3]]).all()
    if family in REGULAR:
        for low, high in f.ci().values():
            assert np.isnan(low[1]) and np.isnan(high[3])  # noqa: PT018
    assert f.summary()


def test_a_batch_of_several_axes_names_its_rows_and_moments_fail_alike():
    X = np.arange(1.0, 25.0).reshape(2, 3, 4) ** 1.5
    X[1, 0, 2] = -1.0
    f = Gamma.fit(X, axis=2)
    assert list(f.problems) == [(1, 0)]
    assert "x[2] = -1 is outside" in f.problems[1, 0]
    m = Gamma.fit(X, axis=2, method="moments")
    assert list(m.problems) == [(1, 0)]
    assert np.isnan(m.theta[1, 0]).all()
    assert np.isfinite(m.theta[0]).all()
    t = Gamma.fit(np.moveaxis(X, 2, 0), axis=0)
    np.testing.assert_allclose(t.theta, f.theta)


def test_a_batch_without_a_single_usable_row_is_refused():
    with pytest.raises(mle.SupportError, match="x > 0"):
        Gamma.fit([[1.0, -1.0], [0.0, 2.0]], axis=1)


def test_a_count_above_its_n_fails_its_row_alone():
    f = mle.Binomial.fit([[3, 4], [5, 30]], axis=1, fixed={"n": [10, 20]})
    assert list(f.problems) == [1]
    assert "more than the known n" in f.problems[1]
    assert f.params["p"][0] == pytest.approx(0.35)
