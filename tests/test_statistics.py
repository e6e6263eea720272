"""Statistics add: the algebra by Hypothesis, the digits by mpmath."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlecore as mle
from mlecore.statistics import (
    AboveLeast,
    CountMoments,
    Directions,
    Extremes,
    Frequencies,
    LogMoments,
    Means,
    MeanSquare,
    Moments,
    MultivariateMoments,
    ReciprocalMoments,
    Sample,
    ShareMoments,
    total,
)

counts = st.lists(st.integers(0, 30), min_size=1, max_size=20).map(
    lambda v: np.array(v, dtype=float)
)
positives = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20).map(np.array)
ONE_COLUMN = [Moments, CountMoments, Frequencies, Extremes, Sample, Means]


def agree(a, b):
    """Say whether two statistics agree to rounding, measured by the largest number in either."""
    pairs = list(zip(a._arrays().values(), b._arrays().values(), strict=True))
    size = max(np.max(np.abs(v), initial=0.0) for pair in pairs for v in pair)
    return all(
        np.shape(u) == np.shape(v) and np.allclose(u, v, rtol=1e-10, atol=1e-13 * size)
        for u, v in pairs
    )


def test_agreement_notices_a_difference():
    assert not agree(Moments.of(np.array([1.0, 2.0])), Moments.of(np.array([1.0, 2.0 + 1e-8])))


@pytest.mark.parametrize("kind", ONE_COLUMN, ids=lambda k: k.__name__)
@settings(max_examples=30, deadline=None)
@given(a=counts, b=counts, c=counts)
def test_adding_is_concatenating_and_associative(kind, a, b, c):
    s, t, u = kind.of(a), kind.of(b), kind.of(c)
    whole = kind.of(np.concatenate([a, b, c]))
    assert agree((s + t) + u, whole)
    assert agree(s + (t + u), whole)
    assert agree(total([s, t, u]), whole)
    assert agree(sum([s, t, u]), whole)


@settings(max_examples=30, deadline=None)
@given(a=positives, b=positives)
def test_log_moments_add(a, b):
    merged, whole = LogMoments.of(a) + LogMoments.of(b), LogMoments.of(np.concatenate([a, b]))
    assert merged.n == whole.n
    assert merged.mean == pytest.approx(whole.mean, rel=1e-12)
    assert merged.gap == pytest.approx(whole.gap, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    "kind", [Moments, CountMoments, Frequencies, Extremes], ids=lambda k: k.__name__
)
@settings(max_examples=30, deadline=None)
@given(x=counts, data=st.data())
def test_a_weight_is_a_repetition(kind, x, data):
    w = np.array(
        data.draw(st.lists(st.integers(0, 3), min_size=x.size, max_size=x.size)), dtype=float
    )
    if w.sum() == 0:
        w[0] = 1.0
    weighted, repeated = kind.of(x, w), kind.of(np.repeat(x, w.astype(int)))
    if kind is Frequencies:
        weighted, repeated = (t.with_classes(40) for t in (weighted, repeated))
    assert agree(weighted, repeated)


def test_a_sample_is_finite_where_all_its_values_are():
    large = np.full((2, 3), 1.7e308)
    assert Sample.of(large).isfinite()
    for bad in (np.nan, np.inf, -np.inf):
        one = np.ones((2, 3))
        one[1, 2] = bad
        assert not Sample.of(one).isfinite()
    assert not Sample.of(np.array([np.inf, -np.inf])).isfinite()


def test_statistics_of_different_kinds_do_not_add():
    with pytest.raises(TypeError):
        Moments.of(np.ones(2)) + Extremes.of(np.ones(2))


def test_moments_keep_their_digits_at_a_large_offset():
    x = 1e9 + np.random.default_rng(0).normal(size=1000)
    exact_mean = mpmath.fsum(map(mpmath.mpf, x)) / 1000
    exact = mpmath.sqrt(mpmath.fsum((mpmath.mpf(v) - exact_mean) ** 2 for v in x) / 1000)
    for t in (Moments.of(x), Moments.of(x, np.ones(1000))):
        assert abs(t.sd / float(exact) - 1) < 1e-12
        assert abs(t.mean - float(exact_mean)) <= 2 * np.spacing(1e9)
    # Of a part only its rounded mean is known, to 1e-7 at this offset; that bounds what merging can keep.
    merged = Moments.of(x[:300]) + Moments.of(x[300:])
    assert abs(merged.sd / float(exact) - 1) < np.spacing(1e9)


@pytest.mark.parametrize("offset", [0.0, 1.9, -2.1, 1e6])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_moments_of_a_long_sample_are_exact_wherever_it_lies(offset, scale):
    x = scale * (offset + np.random.default_rng(0).normal(size=3000))
    exact_mean = mpmath.fsum(map(mpmath.mpf, x)) / 3000
    exact = mpmath.sqrt(mpmath.fsum((mpmath.mpf(v) - exact_mean) ** 2 for v in x) / 3000)
    t = Moments.of(x)
    assert abs(t.sd / float(exact) - 1) < 1e-15
    assert abs(t.mean - float(exact_mean)) <= 1e-15 * np.abs(x).max()
    assert (Moments.of(np.full(3000, scale)).sd) == 0


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_the_standard_deviation_neither_over_nor_underflows(scale):
    x = scale * np.array([1.0, 2.0, 4.0])
    sd = scale * np.array([1.0, 2.0, 4.0]).std()
    assert Moments.of(x).sd == pytest.approx(sd, rel=1e-14)
    assert (Moments.of(x[:1]) + Moments.of(x[1:])).sd == pytest.approx(sd, rel=1e-14)
    assert Moments.of(np.stack([x, x / scale])).sd[0] == pytest.approx(sd, rel=1e-14)


def test_nearly_constant_data_keep_their_gap_through_merging():
    x = 1e5 * (1 + 1e-7 * np.random.default_rng(0).normal(size=200))
    exact = (
        mpmath.log(mpmath.fsum(map(mpmath.mpf, x)) / 200)
        - mpmath.fsum(mpmath.log(mpmath.mpf(v)) for v in x) / 200
    )
    merged = LogMoments.of(x[:70]) + LogMoments.of(x[70:])
    assert abs(LogMoments.of(x).gap / float(exact) - 1) < 1e-8
    assert abs(merged.gap / float(exact) - 1) < 1e-6


def test_a_batch_of_statistics_pools_along_its_last_axis():
    x = np.random.default_rng(0).gamma(2.0, size=(3, 4, 50))
    for kind in (Moments, LogMoments, Extremes):
        pooled = kind.of(x).pool()
        assert pooled.batch_shape == (3,)
        assert agree(pooled, kind.of(x.reshape(3, 200)))
        assert agree(kind.of(x)[1], kind.of(x[1]))


def test_rows_of_vectors_add():
    x = np.random.default_rng(0).normal(size=(60, 3))
    merged = MultivariateMoments.of(x[:20]) + MultivariateMoments.of(x[20:])
    assert agree(merged, MultivariateMoments.of(x))
    np.testing.assert_allclose(merged.cov, np.cov(x.T, bias=True), rtol=1e-12)
    w = np.arange(60) % 3
    np.testing.assert_allclose(
        MultivariateMoments.of(x, w * 1.0).cov, np.cov(x.T, bias=True, fweights=w), rtol=1e-12
    )


def test_frequencies_grow_with_new_classes():
    merged = Frequencies.of(np.array([0.0, 1.0])) + Frequencies.of(np.array([3.0, 3.0]))
    np.testing.assert_allclose(merged.shares, [0.25, 0.25, 0.0, 0.5])


def test_a_long_sample_of_counts_is_tallied_in_pieces_and_one_with_a_half_sorted():
    x = np.random.default_rng(7).poisson(3.0, 50_000).astype(float)
    for last in (3.0, 49_000.0, 0.5):
        x[-1] = last
        values, counts = np.unique(x, return_counts=True)
        t = Sample.of(x).compressed()
        assert np.array_equal(t.values, values)
        assert np.array_equal(t.weights, counts)


def test_a_compressed_sample_holds_each_value_once():
    x = np.array([[3.0, 1.0, 3.0, 3.0], [1.0, 1.0, 0.0, 3.0]])
    t = Sample.of(x).compressed()
    assert t.width == 3
    np.testing.assert_array_equal(t.values, [[0, 1, 3], [0, 1, 3]])
    np.testing.assert_array_equal(t.weights, [[0, 1, 3], [1, 2, 1]])
    assert agree(Sample.of(np.array([1.0, 2.0])).compressed(), Sample.of(np.array([1.0, 2.0])))


POSITIVE = {
    "ReciprocalMoments": ReciprocalMoments.of,
    "MeanSquare": MeanSquare.of,
    "AboveLeast": AboveLeast.of,
    "LogMoments of reciprocals": LogMoments.of_reciprocals,
    "ShareMoments": lambda x, w=None: ShareMoments.of(x / (1 + x), w),
}


@pytest.mark.parametrize("of", POSITIVE.values(), ids=POSITIVE)
@settings(max_examples=30, deadline=None)
@given(a=positives, b=positives, c=positives)
def test_statistics_of_positive_values_add(of, a, b, c):
    whole = of(np.concatenate([a, b, c]))
    for merged in (of(a) + of(b) + of(c), of(a) + (of(b) + of(c)), total([of(a), of(b), of(c)])):
        for field, value in merged._arrays().items():
            exact = whole._arrays()[field]
            assert value == pytest.approx(exact, rel=1e-8, abs=1e-13), field


@pytest.mark.parametrize("of", POSITIVE.values(), ids=POSITIVE)
@settings(max_examples=30, deadline=None)
@given(x=positives, data=st.data())
def test_a_weight_is_a_repetition_of_a_positive_value(of, x, data):
    w = data.draw(st.lists(st.integers(0, 3), min_size=x.size, max_size=x.size))
    w = np.array(w, dtype=float) if sum(w) else np.ones(x.size)
    weighted, repeated = of(x, w), of(np.repeat(x, w.astype(int)))
    for field, value in weighted._arrays().items():
        assert value == pytest.approx(repeated._arrays()[field], rel=1e-9, abs=1e-13), field


angles = st.lists(st.floats(-10, 10), min_size=1, max_size=20).map(np.array)


@settings(max_examples=30, deadline=None)
@given(a=angles, b=angles)
def test_directions_add_as_vectors(a, b):
    merged, whole = Directions.of(a) + Directions.of(b), Directions.of(np.concatenate([a, b]))
    assert merged.deficit == pytest.approx(whole.deficit, rel=1e-9, abs=1e-14)
    length = 1 - whole.deficit
    # Of vectors that cancel no direction is left.
    turn = np.sin(0.5 * (merged.direction - whole.direction))
    assert abs(length * turn) < 1e-12


NEAR = 2.5 + 1e-9 * np.random.default_rng(0).normal(size=50)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize(
    ("kind", "field", "exact"),
    [
        (ReciprocalMoments.of, "gap", lambda x, mean: mean(x) * mean([1 / v for v in x]) - 1),
        (
            LogMoments.of_reciprocals,
            "gap",
            lambda x, mean: mpmath.log(mean([1 / v for v in x])) + mean([mpmath.log(v) for v in x]),
        ),
        (AboveLeast.of, "gap", lambda x, mean: mean([mpmath.log(v / min(x)) for v in x])),
        (
            lambda x: ShareMoments.of(x / 4),
            "rest_gap",
            lambda x, mean: mpmath.log(1 - mean(x) / 4) - mean([mpmath.log(1 - v / 4) for v in x]),
        ),
    ],
    ids=["ReciprocalMoments", "LogMoments of reciprocals", "AboveLeast", "ShareMoments"],
)
def test_nearly_constant_values_keep_the_digits_of_their_gaps(kind, field, exact, merge):
    t = kind(NEAR[:20]) + kind(NEAR[20:]) if merge else kind(NEAR)
    big = [mpmath.mpf(float(v)) for v in NEAR]
    reference = float(exact(big, lambda v: mpmath.fsum(v) / len(v)))
    # Merging knows the parts' means only to their last place, 4e-16 of spreads of 1e-9.
    assert getattr(t, field) == pytest.approx(reference, rel=1e-6 if merge else 1e-8)


def test_nearly_equal_angles_keep_the_digits_of_their_deficit():
    t = Directions.of(NEAR)
    big = [mpmath.mpf(float(v)) for v in NEAR]
    length = abs(mpmath.fsum(mpmath.expj(v) for v in big)) / 50
    assert t.deficit == pytest.approx(float(1 - length), rel=1e-6)


@pytest.mark.parametrize("n", [2, 3, 7, 10, 1000])
@pytest.mark.parametrize("value", [0.1, 0.7, 1 / 3, 0.123456])
def test_equal_values_have_gaps_of_exactly_zero(n, value):
    x = np.full(n, value)
    assert LogMoments.of(x).gap == 0
    assert LogMoments.of_reciprocals(x).gap == 0
    assert ReciprocalMoments.of(x).gap == 0
    assert AboveLeast.of(x).gap == 0
    assert ShareMoments.of(x).gap == ShareMoments.of(x).rest_gap == 0
    assert Directions.of(x).deficit == 0


def test_what_a_family_keeps_with_a_statistic_is_no_part_of_it():
    x = mle.GeneralizedPareto(scale=1.0, shape=0.2).sample(50, rng=0)
    f = mle.GeneralizedPareto.fit(x)
    assert f.likelihood.statistic.close_to(mle.GeneralizedPareto.statistics(x))
    assert f.covariance("sandwich").shape == (2, 2)


@pytest.mark.parametrize("family", [mle.Normal, mle.Gamma, mle.InverseGaussian])
def test_thousands_of_single_values_add_up_with_all_digits_far_from_zero(family):
    x = np.random.default_rng(11).normal(1e12, 3.0, 1500)
    whole = sum(family.statistics(x[i : i + 1]) for i in range(x.size))
    rest = [Fraction(v) - Fraction(10**12) for v in x]
    mean = sum(rest) / x.size
    variance = float(sum((v - mean) ** 2 for v in rest) / x.size)
    spread = {
        "Normal": lambda t: t.sd**2,
        "Gamma": lambda t: 2.0 * t.gap * t.mean**2,  # of nearly constant values
        "InverseGaussian": lambda t: t.gap * t.mean**2,
    }[family.__name__](whole)
    assert spread == pytest.approx(variance, rel=1e-10)
    assert float(Fraction(float(whole.mean)) + Fraction(float(whole.left)) - 10**12) == (
        pytest.approx(float(mean), rel=1e-10)
    )
