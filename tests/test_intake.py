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
        (lambda: mle.Likelihood(Gamma, [1.0, 2.0]).maximize(start=[1.0]), "scalars .*shape.*rate"),
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


LABELS = [f"r{i}" for i in range(12)]
U = pd.DataFrame({"u": np.sin(np.arange(12.0))}, index=LABELS)
T = pd.Series(np.arange(12.0) + 1.0, index=LABELS)
OFTEN = pd.Series([2, 0, 1, 4, 3, 1, 2, 6, 3, 2, 1, 4], index=LABELS)
LATE = pd.Series([True, False] * 6, index=LABELS)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: mle.Poisson.regress(OFTEN, rate=U, offset=T[::-1]), r"offset and rate .*offset\.loc\[rate\.index\]"),
        (lambda: mle.Poisson.regress(OFTEN, rate=U.to_numpy(), offset=T[::-1]), "offset and y"),
        (lambda: mle.Poisson.regress(OFTEN.to_numpy(), rate=None, offset={"rate": T}, weights=T[::-1]), "offset and weights"),
        (lambda: mle.Binomial.regress(OFTEN, p=U, fixed={"n": T[::-1] + 9}), r"fixed\['n'\] and p"),
        (lambda: mle.Normal.regress(T.to_numpy(), mu=U, sigma=U[::-1]), "sigma and mu"),
        (lambda: mle.Weibull.regress(mle.observed(T[::-1], right=LATE[::-1]), scale=U), "y and scale"),
        (lambda: mle.observed(T, right=LATE[::-1]), r"right and x .*right\.loc\[x\.index\]"),
        (lambda: mle.observed(T, left=LATE[::-1]), "left and x"),
        (lambda: mle.observed(T, entry=T[::-1] - 20), "entry and x"),
        (lambda: mle.observed(T, window=(T[::-1] - 20, 20.0)), r"window\[0\] and x"),
        (lambda: mle.observed(T, weights=OFTEN[::-1]), "weights and x"),
        (lambda: mle.interval(T, T[::-1] + 20), "upper and lower"),
        (lambda: mle.Weibull.fit(mle.observed(T), weights=OFTEN[::-1]), "weights and x"),
        (lambda: mle.PoissonRegression.fit(U.to_numpy(), OFTEN, offset=T[::-1]), "offset and y"),
        (lambda: mle.mse(T, T[::-1]), "m and y"),
        (lambda: mle.mae(T, T[::-1]), "m and y"),
        (lambda: mle.bce(LATE, T[::-1] / 20), "p and y"),
        (lambda: mle.bce_with_logits(LATE, T[::-1]), "z and y"),
        (lambda: mle.softmax_cross_entropy(LATE * 1, U.assign(v=T)[::-1]), "z and y"),
    ],
)  # fmt: skip
def test_whatever_belongs_to_rows_goes_by_their_labels(action, words):
    with pytest.raises(mle.DataError, match=words):
        action()


@pytest.mark.parametrize(
    "fit",
    [
        mle.Poisson.regress(OFTEN, rate=U, offset=np.log(T)),
        mle.PoissonRegression.fit(U, OFTEN, offset=np.log(T)),
    ],
)
def test_new_rows_and_clusters_go_by_labels_too(fit):
    np.testing.assert_allclose(
        fit.predict(U[:3], offset=np.log(T)[:3]),
        fit.predict(U[:3].to_numpy(), offset=np.log(T)[:3]),
    )
    with pytest.raises(mle.DataError, match="offset and"):
        fit.predict(U[:3], offset=np.log(T)[:3][::-1])
    families = pd.Series(["a", "b", "c"] * 4, index=LABELS)
    V = fit.covariance("sandwich", clusters=families)
    np.testing.assert_allclose(V, fit.covariance("sandwich", clusters=families.tolist()))
    with pytest.raises(mle.DataError, match=r"clusters and the rows of the fit .*another order"):
        fit.covariance("sandwich", clusters=families[::-1])
    again = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(again.covariance("sandwich", clusters=families), V)
    for nothing in (np.nan, None, pd.NA):
        with pytest.raises(
            mle.DataError, match=r"4 of the clusters' labels are missing, .* index 2"
        ):
            fit.covariance("sandwich", clusters=["a", "b", nothing] * 4)


def test_labels_of_what_was_seen_in_part_stay_with_its_rows():
    seen = mle.observed(T, right=LATE)
    assert list(seen[LATE.to_numpy()].labels) == LABELS[::2]
    bare = mle.Exponential.fit(mle.observed(T.to_numpy(), right=LATE.to_numpy()))
    assert len(mle.compare([mle.Exponential.fit(seen), bare])) == 2
    weighted = mle.Weibull.regress(seen, scale=U, weights=LATE * 1.0 + (T > 3))
    assert weighted.covariance("sandwich", clusters=T[T.index != "r1"]).shape == (3, 3)


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


# -- the same data ----------------------------------------------------------------------------------------------


def other_data_with_the_same_range_and_mean():
    x = np.array([1.0, 2.0, 4.0, 5.0, 9.0])
    y = np.array([1.0, 3.0, 3.0, 5.0, 9.0])
    assert (x.min(), x.mean(), x.max()) == (y.min(), y.mean(), y.max())
    return x, y


def test_different_data_of_the_same_size_range_and_mean_are_not_compared():
    x, y = other_data_with_the_same_range_and_mean()
    with pytest.raises(mle.DataError, match="different data"):
        mle.compare([Gamma.fit(x), Normal.fit(y)])
    with pytest.raises(mle.DataError, match="different data"):
        mle.compare(
            [mle.MultivariateNormal.fit(np.c_[x, y]), mle.MultivariateNormal.fit(np.c_[x, y[::-1]])]
        )
    assert (
        len(mle.compare([Gamma.fit(x), Normal.fit(x[::-1]), mle.Weibull.fit([1.0, 9, 5, 4, 2])]))
        == 3
    )
    counted = Normal.fit([1.0, 3.0, 5.0, 9.0], [1, 2, 1, 1])
    assert (
        len(mle.compare([counted, Gamma.fit(y), mle.Weibull.fit(np.r_[y, np.nan], [1] * 5 + [0])]))
        == 3
    )
    fractions = np.array([0.1, 0.2, 0.3])
    split = Normal.fit([1.0, 2.0, 4.0, 4.0], [0.1, 0.2, 0.1, 0.2])
    assert len(mle.compare([Normal.fit([1.0, 2.0, 4.0], fractions), split])) == 2


def test_one_value_of_a_million_tells_two_data_sets_apart():
    x = np.random.default_rng(0).normal(size=1_000_000)
    y = x.copy()
    y[7] = np.nextafter(y[7], 9.0)
    a, b, c = (mle.Likelihood(Normal, v) for v in (x, y, x[::-1].copy()))
    assert mle.fingerprint.same_data(a, c)
    assert not mle.fingerprint.same_data(a, b)


def test_statistics_are_compared_where_they_can_be():
    x, y = other_data_with_the_same_range_and_mean()
    bare = Gamma.fit(Gamma.statistics(x))
    assert len(mle.compare([bare, Gamma.fit(Gamma.statistics(x), fixed={"shape": 1})])) == 2
    assert len(mle.compare([bare, Normal.fit(x)])) == 2
    for other in (Gamma.fit(Gamma.statistics(y)), Normal.fit(y), Normal.fit(x - 5.0)):
        with pytest.raises(mle.DataError, match="different data"):
            mle.compare([bare, other])
    with pytest.raises(mle.DataError, match="statistics"):
        mle.compare([bare, Normal.fit(Normal.statistics(x))])


def test_regressions_are_compared_when_their_rows_are_the_same():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    order = rng.permutation(30)
    full = mle.LinearRegression.fit(X, y)
    assert (
        len(mle.compare([full, mle.LinearRegression.fit(X[:, :1], y)])) == 2
    )  # other columns, same rows
    assert len(mle.compare([full, mle.LinearRegression.fit(X[order], y[order])])) == 2
    assert len(mle.compare([full, Normal.fit(y)])) == 2
    for others in ((X, y[order]), (X[order], y), (X, y + 1.0), (X[:, :1], y[order])):
        with pytest.raises(mle.DataError, match="different data"):
            mle.compare([full, mle.LinearRegression.fit(*others)])
    labels = (y > 0).astype(int)
    assert (
        len(
            mle.compare(
                [mle.LogisticRegression.fit(X, labels), mle.SoftmaxRegression.fit(X, labels)]
            )
        )
        == 2
    )


def test_a_comparison_says_that_a_moving_support_escapes_the_penalty():
    x = np.random.default_rng(0).pareto(3.0, 40) + 1.0
    c = mle.compare([mle.Pareto, Gamma, mle.Uniform], x)
    assert "Pareto and Uniform" in repr(c) or "Uniform and Pareto" in repr(c)
    assert "stays put" in repr(c)
    assert "stays put" in c._repr_html_()
    assert "stays put" not in repr(mle.compare([Gamma, Normal], x))
    held = mle.Pareto.fit(x, fixed={"scale": x.min()})
    assert "stays put" not in repr(mle.compare([held, Gamma.fit(x)]))


# -- weights, errors and ends that must be explained --------------------------------------------------------------


def test_weights_that_tell_what_was_seen_are_noticed():
    t, seen = np.arange(1.0, 13.0), np.arange(12) % 3 > 0
    for mask in (seen, seen.astype(int)):
        f = mle.Weibull.fit(t, mask)
        # To rounding: where an array lies in memory decides in which order its values are added up.
        assert f.params == pytest.approx(mle.Weibull.fit(t[seen]).params, rel=1e-13)
        assert "8 of the 12 weights are 1 and the others 0" in f.notes[0]
        assert "observed(x, right=(weights == 0))" in f.notes[0]
        with pytest.raises(mle.DataError, match=r"observed\(t, right=\(seen == 0\)\)"):
            mle.kaplan_meier(t, mask)
    assert not mle.Poisson.fit([0, 1, 2, 3], [1, 0, 1, 1]).notes  # a table of frequencies
    known = mle.observed(t, right=~seen, weights=np.where(t > 2, 1, 0))
    assert "weights are 1" not in mle.Weibull.fit(known).summary()
    mle.kaplan_meier(t, np.arange(12))


def test_weights_that_are_shares_are_noticed():
    x, w = [1.0, 2.0, 4.0, 8.0], [0.1, 0.2, 0.3, 0.4]
    assert "sum to about 1" in Normal.fit(x, w).notes[0]
    assert "sum to about 1" in Normal.fit(x, w).summary()
    assert not Normal.fit(x, [1, 2, 3, 4]).notes
    assert not Normal.fit(x).notes
    assert not mle.Poisson.fit([3, 4], [1, 0]).notes
    assert "in 1 of 2 samples" in Normal.fit([x, x], [w, [1.0] * 4], axis=1).notes[0]
    assert "sum to about 1" in mle.LinearRegression.fit([1.0, 2.0, 3.0, 7.0], x, w).notes[0]


def test_a_wald_limit_outside_the_domain_is_named_with_the_way_out():
    f = mle.Poisson.fit([0, 0, 1])
    assert f.ci()["rate"][0] < 0
    assert "rate lies below 0" in f.summary()
    assert "scale='natural'" in f._repr_html_().replace("&#x27;", "'")
    assert f.ci(scale="natural")["rate"][0] > 0
    assert "natural" in mle.Bernoulli.fit([0, 0, 0, 1]).summary()
    assert "natural" not in mle.Poisson.fit([30, 40]).summary()


def test_a_batch_says_which_rows_have_no_standard_error():
    f = mle.Poisson.fit([[1, 2], [0, 0], [3, 4], [0, 0]], axis=1)
    assert np.isnan(f.se["rate"]).tolist() == [False, True, False, True]
    assert "no standard errors in 2 row(s), 1, 3" in f.summary()
    assert "boundary" in f.summary()
    assert "no standard errors in 2 row(s)" in f._repr_html_()
    assert "no standard" not in mle.Poisson.fit([[1, 2], [3, 0]], axis=1).summary()


def direction_in(message):
    """Read a direction back from an error: {name: coefficient}."""
    words = message.split("along the direction ")[1].split(";")[0].split()
    return dict(zip(words[1::2], map(float, words[::2]), strict=True))


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e5])
def test_the_printed_direction_of_a_separation_separates(scale):
    datasets = pytest.importorskip("sklearn.datasets")
    iris = datasets.load_iris()
    X, species = iris.data * [scale, 1.0, 1.0, 1.0 / scale], iris.target_names[iris.target]
    with pytest.raises(mle.SeparationError) as caught:
        mle.SoftmaxRegression.fit(X, species)
    part = direction_in(str(caught.value))
    M = np.column_stack([np.ones(150), X])
    eta = np.zeros((150, 3))
    for k, label in enumerate(("versicolor", "virginica"), 1):
        names = ["intercept", "x1", "x2", "x3", "x4"]
        eta[:, k] = M @ [part.get(f"{name}_{label}", 0.0) for name in names]
    own = eta[np.arange(150), iris.target]
    margins = own[:, None] - eta
    assert margins.min() >= -1e-9 * np.abs(margins).max()
    assert margins.max() > 1e-6 * np.abs(eta).max()
    with pytest.raises(mle.SeparationError, match=" completely ") as caught:
        mle.LogisticRegression.fit(X, iris.target == 0)
    part = direction_in(str(caught.value))
    eta = M @ [part.get(name, 0.0) for name in names]
    assert eta[:50].min() > 0 > eta[50:].max()


def test_coefficients_are_named_by_what_they_do_over_the_spread_of_their_column():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2)) * [1e6, 1.0]  # the first column needs small coefficients to matter
    y = X[:, 0] > 0
    with pytest.raises(mle.SeparationError) as caught:
        mle.LogisticRegression.fit(X, y)
    assert "x1" in direction_in(str(caught.value))


def test_grouped_proportions_say_that_binomial_coefficients_are_left_out():
    killed, exposed = np.array([6, 13, 18, 28]), np.array([59, 60, 62, 56])
    f = mle.LogisticRegression.fit([1.69, 1.72, 1.75, 1.78], killed / exposed, exposed)
    assert "binomial coefficients" in f.notes[0]
    assert "binomial coefficients" in f.summary()
    assert not mle.LogisticRegression.fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1]).notes


@pytest.mark.parametrize("n", [50, 25_000])
def test_a_regression_does_not_change_with_the_callers_arrays(n):
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(n, 2)), np.ones(n)
    y = (rng.random(n) < 0.5).astype(float)
    f = mle.LogisticRegression.fit(X, y, w)
    before, statistic = (f.se, f.likelihood.log_likelihood(f.theta)), f.test(x1=0).statistic
    X[:], y[:], w[:] = 7.0, 1.0, 3.0
    assert (f.se, f.likelihood.log_likelihood(f.theta)) == before
    assert f.test(x1=0).statistic == pytest.approx(statistic, rel=1e-6)


# -- habits -------------------------------------------------------------------------------------------------------


FIT = Gamma.fit([1.0, 2.0, 4.0])
OTHER = Gamma.fit([1.0, 3.0, 4.0])
X4, Y4 = [0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1]
TABLE = pd.DataFrame({"minutes": [1.0, 2.0, 4.0], "place": ["south", "north", "south"]})


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: mle.Binomial.fit([1, 2], n=20), r"Binomial\.fit\(x, fixed=\{'n': n\}\)"),
        (lambda: mle.LogisticRegression.fit(X4, Y4, n=20), r"Binomial\.regress\(y, p=X, fixed="),
        (lambda: FIT.pdf([1.0]), r"fit\.dist\.pdf"),
        (lambda: FIT.logpdf([1.0]), r"fit\.dist\.log_prob"),
        (lambda: FIT.responsibilities([1.0]), r"fit\.dist\.responsibilities"),
        (lambda: FIT.profile("mu"), r"fit\.likelihood\.profile"),
        (lambda: FIT.predict(), r"nothing was regressed.*fit\.dist\.mean"),
        (lambda: FIT.pvalues, r"fit\.test\(name=value\)"),
        (lambda: FIT.median, r"fit\.quantile\(0\.5\)"),
        (lambda: FIT.lr_test(OTHER), "takes both: mlecore.lr_test"),
        (lambda: FIT.log_likelihood(), "is a number"),
        (lambda: FIT.ci("lr"), "method='lr'"),
        (lambda: FIT.ci(method="profile"), "called 'lr' here"),
        (lambda: FIT.test(OTHER), "mlecore.compare"),
        (lambda: FIT.test(3.0), r"f\.test\(shape=1\)"),
        (lambda: mle.nll(FIT, [1.0, 2.0]), r"nll\(fit\.dist, x\)"),
        (lambda: mle.nll(Gamma, [1.0, 2.0]), r"a class.*nll\(Gamma\.fit\(x\)\.dist, x\)"),
        (lambda: FIT.delta("mean"), r"a function of the parameters.*f\.dist\.mean"),
        (lambda: FIT.delta(3.0), "a function of the parameters"),
        (lambda: Gamma.fit([[1.0], [2.0], [4.0]]), r"one column; give x\.ravel\(\)"),
        (lambda: Gamma.fit(TABLE[["minutes"]]), r"give df\['minutes'\]"),
        (lambda: Gamma.fit(TABLE.assign(place=1.0)), "columns minutes, place; give one of them"),
        (lambda: Gamma.fit([1.0, 2.0], censored=[True, False]), r"mlecore\.observed\(x, right=mask\)"),
        (lambda: Gamma.fit([1.0, 2.0], window=(0, 3)), r"mlecore\.observed\(x.*window="),
        (lambda: mle.LogisticRegression.fit(X4, [1, 2, 1, 2]), "two labels 1 and 2 as 0 and 1, such as y == 2"),
        (lambda: mle.LogisticRegression.fit(X4, ["no", "yes", "no", "yes"]), "SoftmaxRegression takes words"),
        (lambda: mle.LogisticRegression.fit(X4, [12.5, 40.0, 99.0, 3.0]), "divide them by 100"),
        (lambda: mle.Bernoulli.fit([1, 2, 2]), "x == 2"),
        (lambda: mle.Beta.fit([12.0, 55.0, 3.0]), "divide them by 100"),
        (lambda: mle.LinearRegression.fit(TABLE, [1.0, 2.0, 5.0]), "'place'.*'south'.*get_dummies.*drop_first=True"),
        (lambda: mle.LinearRegression.fit([[1.0, "south"], [2.0, "north"], [3.0, "south"]], [1.0, 2.0, 5.0]), "'x2'.*'south'"),
        (lambda: Gamma.fit(["south", 1.0]), "holds text, the first 'south'"),
    ],
)  # fmt: skip
def test_what_people_type_by_habit_is_answered(action, words):
    with pytest.raises((mle.DataError, AttributeError), match=words):
        action()


def test_an_unknown_keyword_or_attribute_is_what_python_calls_it():
    with pytest.raises(TypeError, match="unexpected keyword"):
        Gamma.fit([1.0, 2.0], colour=3)
    with pytest.raises(AttributeError, match="has no attribute 'colour'"):
        _ = FIT.colour
    assert not hasattr(FIT, "pdf")


def test_an_offset_is_a_column_whose_coefficient_is_held_at_one_as_the_answer_says():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(0)
    x, exposure = rng.normal(size=60), rng.uniform(1.0, 9.0, 60)
    y = rng.poisson(exposure * np.exp(0.3 + 0.5 * x))
    held = mle.PoissonRegression.fit(np.c_[x, np.log(exposure)], y, fixed={"x2": 1})
    theirs = sm.GLM(
        y, sm.add_constant(x), family=sm.families.Poisson(), offset=np.log(exposure)
    ).fit()
    np.testing.assert_allclose(held.theta, theirs.params, rtol=1e-7)


def test_a_hypothesis_may_be_a_mapping():
    assert FIT.test({"shape": 1.0}) == FIT.test(shape=1.0)
    assert FIT.test({"shape": 1.0}, rate=2.0) == FIT.test(shape=1.0, rate=2.0)


def test_the_log_likelihood_of_a_fit_is_a_float_like_any_other():
    value = FIT.log_likelihood
    assert isinstance(value, float)
    assert repr(value) == repr(np.float64(value))
    assert type(value + 1.0) is np.float64
    assert pickle.loads(pickle.dumps(value)) == value


def test_a_tables_columns_go_by_their_names():
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0, 4.0], "b": [5.0, 1.0, 7.0, 2.0, 9.0]})
    f = mle.LinearRegression.fit(X, [1.0, 2.0, 2.0, 5.0, 3.0])
    np.testing.assert_array_equal(f.predict(X[["b", "a"]]), f.predict(X))
    with pytest.raises(mle.DataError, match="must have the columns a, b; got a, c"):
        f.predict(X.rename(columns={"b": "c"}))
