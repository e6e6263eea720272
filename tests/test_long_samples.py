"""Long samples are read in parts that fit the cache: the same numbers, the same errors, no copies."""

from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from families.members import known

import mlecore as mle
from mlecore.family import fitting
from mlecore.family import reading as machinery
from mlecore.statistics import Sample, order_statistics
from mlecore.statistics.pieces import PIECE, counted

SMALL = [
    mle.Normal(1e6, 2.0),
    mle.LogNormal(0.5, 0.8),
    mle.Exponential(0.5),
    mle.Gamma(2.5, 1.5),
    mle.InverseGamma(3.0, 2.0),
    mle.Beta(2.0, 3.5),
    mle.Pareto(2.0, 1.0),
    mle.InverseGaussian(1.0, 2.0),
    mle.Rayleigh(2.0),
    mle.VonMises(1.0, 2.0),
    mle.Uniform(0.0, 2.0),
    mle.Bernoulli(0.3),
    mle.Poisson(3.0),
    mle.Geometric(0.3),
    mle.Categorical([0.2, 0.5, 0.3]),
]
N = 40_000  # four rows of 8,192 and a part of one


@pytest.fixture
def in_rows(monkeypatch):
    """Summarise in rows from 16,384 values on."""
    monkeypatch.setattr(machinery, "_WORTH_ROWS", 2**14)


@pytest.mark.parametrize("d", SMALL, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_give_the_statistic_of_the_whole(d, weighted, in_rows):
    family = type(d)
    x = np.asarray(d.sample(N, rng=1), dtype=float)
    w = np.random.default_rng(2).integers(0, 3, N).astype(float) if weighted else None
    assert family._in_parts(x)
    rows = family.statistics(x, w)
    whole = family._checked(x, w)
    assert rows.close_to(whole, tolerance=1e-11)
    one, other = family.fit(rows), family.fit(whole)
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-9)


def test_a_row_without_any_weight_is_no_obstacle(in_rows):
    x = np.random.default_rng(1).gamma(2.0, 1.0, N)
    w = np.ones(N)
    w[8192:16384] = 0
    direct = mle.Gamma.fit(np.delete(x, np.arange(8192, 16384)))
    np.testing.assert_allclose(mle.Gamma.fit(x, w).theta, direct.theta, rtol=1e-9)


@pytest.mark.parametrize("position", [0, 9000, N - 1])
def test_a_bad_value_is_named_by_its_place_in_the_whole(position, in_rows):
    x = np.random.default_rng(1).gamma(2.0, 1.0, N)
    x[position] = np.nan
    with pytest.raises(mle.DataError, match=rf"index {position}\b"):
        mle.Gamma.fit(x)
    x[position] = -1.0
    with pytest.raises(mle.SupportError, match=rf"x\[{position}\] = -1"):
        mle.Gamma.fit(x)


def test_very_long_samples_go_by_rows_and_short_ones_do_not():
    assert machinery._WORTH_ROWS <= 2**20
    assert mle.Normal._in_parts(np.zeros(machinery._WORTH_ROWS + 1))
    assert not mle.Normal._in_parts(np.zeros(machinery._WORTH_ROWS))
    assert not mle.Weibull._in_parts(np.zeros(machinery._WORTH_ROWS + 1))


# -- counts ----------------------------------------------------------------------------------------------------

COUNTS = [
    mle.Bernoulli(0.3),
    mle.Binomial(10, 0.3),
    mle.Categorical([0.2, 0.5, 0.3]),
    mle.Geometric(0.3),
    mle.NegativeBinomial(3.0, 1.5),
    mle.Poisson(3.0),
]


@pytest.mark.parametrize("d", COUNTS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("kind", [np.int64, np.float32, "strided", "pandas"])
def test_whole_numbers_are_counted_as_they_are_and_never_copied(d, kind):
    drawn = np.asarray(d.sample(2**17, rng=9))
    if kind == "pandas":
        x = pytest.importorskip("pandas").Series(drawn.astype(int), index=np.arange(drawn.size) + 7)
    else:
        x = np.repeat(drawn, 2)[::2] if kind == "strided" else drawn.astype(kind)
    family, given = type(d), known(d)
    family.fit(x[:2000], fixed=given)  # whatever is imported on the way is no copy
    tracemalloc.start()
    try:
        fit = family.fit(x, fixed=given)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held < 0.7 * 8 * drawn.size
    values, times = np.unique(drawn, return_counts=True)
    few = family.fit(values, times, fixed=given)
    np.testing.assert_allclose(fit.theta, few.theta, rtol=1e-12)
    assert fit.n == drawn.size
    assert float(fit.log_likelihood) == pytest.approx(float(few.log_likelihood), rel=1e-13)


@pytest.mark.parametrize("bad", [-1, 0.5, np.nan, np.inf, 2.0**60])
def test_among_many_counts_what_is_no_small_count_is_left_to_the_reading_of_all(bad):
    x = np.random.default_rng(1).poisson(3.0, 50_000).astype(float)
    x[40_000] = bad
    if bad == 2.0**60:  # large, and a count
        assert float(mle.Poisson.fit(x).params["rate"]) == pytest.approx(x.mean(), rel=1e-15)
    else:
        with pytest.raises(mle.DataError, match=r"40000"):
            mle.Poisson.fit(x)
    if bad == -1:
        with pytest.raises(mle.SupportError, match=r"x\[40000\] = -1"):
            mle.Poisson.fit(x.astype(np.int16))


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint64, float])
def test_counted_says_how_often_each_value_occurs(kind):
    x = np.random.default_rng(3).integers(0, 2, 50_000).astype(kind)
    values, times = counted(x)
    assert values.tolist() == [0, 1]
    assert times.tolist() == [np.count_nonzero(x == 0), np.count_nonzero(x)]
    if kind is not bool:
        x = np.append(np.tile(x, 2), x)[:-1]
        x[130_000:] = 70  # of which the first pieces know nothing
        values, times = counted(x)
        assert np.array_equal(values, [0, 1, 70])
        assert times[-1] == 19_999
    if kind is np.uint64:
        x[-1] = 2**64 - 1
        assert counted(x) is None


@pytest.mark.parametrize("kind", ["i1", "i2", ">i2", "i4", "i8", ">i8", "f4"])
def test_a_negative_number_is_no_count_and_the_largest_of_its_kind_may_be_one(kind):
    x = np.zeros(2**17, dtype=kind)
    for value, small in ((100, True), (-1, False), (-128, False), (127, True)):
        x[70_000] = value
        found = counted(x)
        assert (found is not None) == small
        if small:
            assert found[0].tolist() == [0, value]


@pytest.mark.parametrize("high", [2, 30, 126, 127, 255, 256, 20_000])
@pytest.mark.parametrize("n", [2**16, 2**17 + 3])
def test_counting_two_at_a_time_counts_every_one(high, n):
    x = np.random.default_rng(high).integers(0, high + 1, n)
    kinds = [
        k for k in (np.uint8, np.int32, float) if high <= np.iinfo(np.uint8).max or k != np.uint8
    ]
    for given in (x, x[::-3], *(x.astype(kind) for kind in kinds)):
        values, times = counted(given)
        expected = np.bincount(given.astype(int))
        assert np.array_equal(values, np.flatnonzero(expected))
        assert np.array_equal(times, expected[expected > 0])


# -- order statistics ------------------------------------------------------------------------------------------

ORDERS = {
    "random": lambda n: np.random.default_rng(0).standard_cauchy(n),
    "sorted": lambda n: np.arange(float(n)),
    "backwards": lambda n: -np.arange(float(n)),
    "all equal": lambda n: np.full(n, 3.0),
    "mostly equal": lambda n: np.where(np.arange(n) % 10 < 7, 2.0, np.arange(n)),
    # What the evenly spaced part sees of it is all large, though few are.
    "periodic": lambda n: np.where(np.arange(n) % (n // PIECE) == 0, 9.0, np.arange(n) / n),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", [7, 2000, 2**16, 2**17 + 1])
def test_ranks_are_those_of_the_sorted_sample(order, n):
    x = ORDERS[order](n) if n > 2**13 else np.random.default_rng(1).normal(size=n)
    ordered = np.sort(x)
    ranks = (0, n // 4, (n - 1) // 2, n // 2, n - 1 - n // 4, n - 1)
    np.testing.assert_array_equal(order_statistics(x, *ranks), ordered[list(ranks)])


def test_ranks_of_a_batch_are_those_of_its_rows():
    x = np.random.default_rng(1).normal(size=(3, 40))
    low, high = order_statistics(x, 4, 30)
    np.testing.assert_array_equal(np.stack([low, high]), np.sort(x, axis=1)[:, [4, 30]].T)


# -- the sample as its own statistic ---------------------------------------------------------------------------

LONG = [
    mle.Weibull(1.7, 2.0),
    mle.Gumbel(1.0, 2.0),
    mle.Logistic(1.0, 2.0),
    mle.Laplace(1.0, 2.0),
    mle.Cauchy(1.0, 2.0),
    mle.StudentT(4.0, 1.0, 2.0),
]
LONG_N = 80_000  # above the length from which pieces are read, and no multiple of a piece


@pytest.mark.parametrize("d", LONG, ids=lambda d: type(d).__name__)
def test_a_long_sample_has_the_likelihood_that_scipy_says_and_its_slope_is_zero_at_the_fit(d):
    family, x = type(d), np.asarray(d.sample(LONG_N, rng=3))
    f = family.fit(x)
    assert f.log_likelihood == pytest.approx(f.dist.scipy().logpdf(x).sum(), rel=1e-11)
    assert f.log_likelihood >= d.scipy().logpdf(x).sum()
    slope, information = f.likelihood.score(f.theta), f.likelihood.expected_information(f.theta)
    # The slope in standard errors: what is left of it moves the estimate by less than 1e-6 of one. Laplace's jumps
    # at every observation, by one in units of the scale.
    allowed = 2.0 / np.sqrt(LONG_N) if isinstance(d, mle.Laplace) else 1e-6
    assert np.all(np.abs(slope) / np.sqrt(np.diag(information)) < allowed)


@pytest.mark.parametrize("d", LONG, ids=lambda d: type(d).__name__)
def test_a_long_sample_is_fitted_the_same_in_every_unit_and_place(d):
    family, x = type(d), np.asarray(d.sample(LONG_N, rng=4))
    shift = 0.0 if family is mle.Weibull else 2.0**30
    one, other = family.fit(x).params, family.fit(4.0 * x + shift).params
    for name, value in one.items():
        moved = 4.0 * value if name in ("loc", "scale") else value
        moved += shift if name == "loc" else 0.0
        assert other[name] == pytest.approx(moved, rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("d", LONG, ids=lambda d: type(d).__name__)
def test_a_long_sample_with_weights_is_the_sample_with_its_values_repeated(d):
    x = np.asarray(d.sample(LONG_N // 2, rng=5))
    w = np.random.default_rng(6).integers(0, 3, x.size)
    one, other = type(d).fit(x, w), type(d).fit(np.repeat(x, w))
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-8)


NEAR_AND_FAR = {
    "normal": lambda r: r.normal(3.0, 1.0, LONG_N),  # a step away from its moments
    "cauchy": lambda r: r.standard_cauchy(LONG_N),  # led astray by them, and by those of a part
    "one far": lambda r: np.append(r.normal(size=LONG_N - 1), 1e7),  # which a part misses
    "sorted, at an offset": lambda r: 1e9 + np.sort(r.gumbel(size=LONG_N)),
    "tiny": lambda r: (
        1e-200 * r.normal(size=LONG_N)
    ),  # no double holds their squares: begun at a part
}


@pytest.mark.parametrize("kind", NEAR_AND_FAR)
@pytest.mark.parametrize("family", [mle.Gumbel, mle.Logistic, mle.Weibull])
def test_plain_steps_lead_a_long_sample_to_where_safe_ones_in_doubles_do(family, kind):
    x = NEAR_AND_FAR[kind](np.random.default_rng(10))
    if family is mle.Weibull:
        x = np.exp(20.0 * x / abs(x).max()) if kind != "tiny" else np.exp(x * 1e200)
    # Weights, even of one, are for doubles alone.
    one, other = family.fit(x), family.fit(x, np.ones(LONG_N))
    unit = 1.0 if family is mle.Weibull else other.params["scale"]
    np.testing.assert_allclose(one.theta / unit, other.theta / unit, rtol=1e-10, atol=1e-10)


def test_fits_in_several_threads_at_once_do_not_disturb_each_other():
    X = np.random.default_rng(11).logistic(size=(8, LONG_N))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: mle.Logistic.fit(x).theta, X))
    np.testing.assert_array_equal(found, [mle.Logistic.fit(x).theta for x in X])


def test_half_of_a_long_sample_equal_is_no_cauchy_and_one_less_is():
    x = np.random.default_rng(7).standard_cauchy(LONG_N)
    x[1::2] = 0.5
    with pytest.raises(mle.NoMLEError, match="half the values or more are equal"):
        mle.Cauchy.fit(x)
    x[1] = 0.7
    f = mle.Cauchy.fit(x)
    # The scale is tiny: the top is far higher than a fifth of it or five times as much.
    assert f.params["loc"] == pytest.approx(0.5, abs=f.params["scale"])
    for factor in (0.2, 5.0):
        beside = {**f.params, "scale": factor * f.params["scale"]}
        assert f.log_likelihood > f.likelihood.log_likelihood(**beside) + 0.5


def test_a_part_of_a_sample_comes_from_all_along_it_and_keeps_its_weights():
    t = Sample.of(np.arange(10.0), np.arange(10.0))
    assert t.thinned(6) is t
    np.testing.assert_array_equal(t.thinned(5).values // 2, np.arange(5))
    np.testing.assert_array_equal(t.thinned(5).weights, t.thinned(5).values)


@pytest.mark.parametrize(
    "d", [*SMALL, *LONG, mle.NegativeBinomial(3.0, 1.5)], ids=lambda d: type(d).__name__
)
def test_no_fit_holds_more_than_two_copies_of_the_data(d):
    x = np.asarray(d.sample(2**20, rng=8), dtype=float)
    type(d).fit(x[:1000])  # whatever is imported on the way is no copy
    tracemalloc.start()
    try:
        type(d).fit(x)
        held = tracemalloc.get_traced_memory()[1] / x.nbytes
    finally:
        tracemalloc.stop()
    assert held < 1.5  # its own copy, where the sample is the statistic, and what it works with


@pytest.mark.parametrize(
    "d",
    [*SMALL, mle.NegativeBinomial(3.0, 1.5), mle.Binomial(10, 0.3)],
    ids=lambda d: type(d).__name__,
)
@pytest.mark.parametrize("order", ["rows", "columns"])
def test_no_fit_of_a_batch_holds_more_than_two_copies_of_the_data(d, order):
    X, axis = np.asarray(d.sample((1000, 1000), rng=8), dtype=float), 1
    if order == "columns":
        X, axis = np.asfortranarray(X).T, 0
    fixed = known(d)
    type(d).fit(X[:40, :40], axis=axis, fixed=fixed)
    tracemalloc.start()
    try:
        type(d).fit(X, axis=axis, fixed=fixed)
        held = tracemalloc.get_traced_memory()[1] / X.nbytes
    finally:
        tracemalloc.stop()
    assert held < 2.1


# -- batches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [mle.Gamma(2.5, 1.5), *LONG], ids=lambda d: type(d).__name__)
def test_a_batch_fitted_a_few_samples_at_a_time_is_fitted_the_same(d, monkeypatch):
    family, X = type(d), np.array(d.sample((7, 30), rng=9))
    X[3] = X[3, 0]  # all equal: no estimate
    whole = family.fit(X, axis=1)
    monkeypatch.setattr(
        fitting, "_VALUES_AT_ONCE", 60
    )  # two samples, where the sample is the statistic
    few = family.fit(X, axis=1)
    assert few.problems == whole.problems
    assert 3 in few.problems
    np.testing.assert_array_equal(few.theta, whole.theta)
    np.testing.assert_array_equal(few.iterations, whole.iterations)
    np.testing.assert_array_equal(few.converged, [row not in few.problems for row in range(7)])
