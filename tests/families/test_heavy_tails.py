"""The machinery beneath the Cauchy and Student's t."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore import Cauchy, Likelihood, StudentT
from mlecore.domains import Positive
from mlecore.families.heavy_tails import best_climb, grid_of_values, locate, restricted
from mlecore.families.rescaled import standardised
from mlecore.families.tail_sums import log1p_square, polar, sum_log1p_square
from mlecore.numerics import deviance
from mlecore.statistics import Sample


@pytest.fixture(autouse=True)
def as_inside_a_family():
    # Families call these with NumPy's warnings off, and look at what comes out.
    with np.errstate(all="ignore"):
        yield


def weighted(seed, n=41):
    """Return a sample with whole weights, and the same sample with its values repeated."""
    rng = np.random.default_rng(seed)
    x, w = rng.standard_t(3, size=n), rng.integers(0, 4, size=n)
    return Sample.of(x, w.astype(float)), Sample.of(np.repeat(x, w.astype(np.intp)))


@pytest.mark.parametrize("seed", range(5))
def test_medians_and_products_count_weights_as_repetitions(seed):
    t, repeated = weighted(seed)
    assert t.median(t.values) == repeated.median(repeated.values)
    np.testing.assert_allclose(
        t.dot(t.values, t.values**2), repeated.dot(repeated.values, repeated.values**2), rtol=1e-12
    )
    np.testing.assert_allclose(t.dot(t.values, t.values), t.sum(t.values**2), rtol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_location_and_scale_for_a_known_df_are_the_top_of_the_likelihood(seed):
    t, repeated = weighted(seed)
    df = np.array([1.0, 2.5, 30.0, 1e8])
    rows = Sample(np.full(4, t.n), np.stack([t.values] * 4), np.stack([t.weights] * 4))
    loc, scale, converged, iterations = locate(rows, df)
    assert converged.all()
    assert iterations.max() < 60
    for k, v in enumerate(df):
        top = Likelihood(StudentT, repeated, fixed={"df": v}).maximize(start=[v, 0.0, 1.0])
        np.testing.assert_allclose([loc[k], scale[k]], top.theta[1:], rtol=1e-7, atol=1e-9)


def test_a_far_start_of_the_location_is_no_harm():
    t = Sample.of(np.random.default_rng(0).standard_cauchy(21))
    near = locate(t, 1.0)
    for start in [(1e3, 1e-3), (-40.0, 1e3), (0.0, 1e-6)]:
        far = locate(t, 1.0, *start)
        assert far[2]
        np.testing.assert_allclose(far[:2], near[:2], rtol=1e-10)


def test_standardised_samples_have_median_zero_and_half_a_range_of_one():
    x = np.random.default_rng(0).standard_cauchy((3, 40)) * 1e5 + 1e9
    y, center, spread = standardised(Sample.of(x))
    np.testing.assert_allclose(np.median(y.values, axis=1), 0.0, atol=1e-9)
    np.testing.assert_allclose(center[:, None] + spread[:, None] * y.values, x, rtol=1e-14)
    for degenerate in ([2.0, 2.0, 2.0], [0.0, 1.0, 1.0, 1.0, 5.0]):
        y, _, spread = standardised(Sample.of(np.array(degenerate)))
        assert np.isfinite(y.values).all()
        assert spread > 0


def test_logarithms_of_huge_squares_are_finite():
    d = np.array([0.0, 1e-200, 3.0, 1e200, 1e300])
    np.testing.assert_allclose(
        log1p_square(d, np.array(1.0)),
        [0.0, 0.0, np.log(10.0), 400 * np.log(10.0), 600 * np.log(10.0)],
    )
    t = Sample.of(np.r_[np.linspace(-3, 3, 30), 1e250])
    exact = np.log1p(np.linspace(-3, 3, 30) ** 2).sum() + 500 * np.log(10.0)
    assert sum_log1p_square(t, 0.0, 1.0) == pytest.approx(exact, rel=1e-14)


def test_polar_coordinates_survive_both_ends_of_the_range():
    for s, d in [(3e-200, 4e-200), (3.0, 4.0), (3e200, 4e200)]:
        a, b, h = polar(Sample.of(np.array([d])), 0.0, s)
        np.testing.assert_allclose([a[0], b[0], h[0] / s], [0.8, 0.6, 5.0 / 3.0], rtol=1e-15)


def test_the_climbs_start_on_different_hills():
    x = np.array([0.0, 0.1, 5.0, 5.05, 5.1, 20.0])
    likelihood = Likelihood(Cauchy, x, fixed={"scale": 0.05})
    theta, value, converged, *_ = best_climb(likelihood, grid_of_values(Sample.of(x)), [0.05])
    assert converged
    assert theta[0] == pytest.approx(5.05, abs=0.01)
    fine = likelihood.log_likelihood(loc=np.linspace(-1, 21, 20_001))
    assert value >= fine.max() - 1e-12
    bounded, *_ = best_climb(
        likelihood,
        grid_of_values(Sample.of(x)),
        [0.05],
        bound=lambda _, theta, converged: (np.minimum(theta, [1.0, 1.0]), converged),
    )
    assert bounded[0] <= 1.0


def test_one_more_parameter_is_held_for_every_sample_of_a_batch():
    likelihood = Likelihood(StudentT, np.random.default_rng(0).normal(size=(3, 8)), axis=1)
    assert restricted(likelihood, "df", 2.0).names == ("loc", "scale")
    np.testing.assert_array_equal(restricted(likelihood, "df", 2.0).held[0], [2.0, 2.0, 2.0])


def test_an_estimate_is_stopped_only_at_the_least_value_of_its_domain():
    domain = Positive(least=1.0)
    assert domain.contains(np.array(0.5))
    np.testing.assert_array_equal(domain.at_edge(np.array([0.0, 0.5, 1.0])), [True, False, False])
    np.testing.assert_array_equal(domain.stopped(np.array([0.0, 0.5, 1.0])), [False, False, True])
    assert not Positive(zero=True).stopped(np.array([0.0, 1.0])).any()


def test_a_deviance_with_its_gap_known_keeps_what_the_subtraction_loses():
    # y = 1 + 1e-20 is 1 in doubles; the deviance is gap^2 / 2.
    assert deviance(1.0, 1.0, gap=1e-20) == pytest.approx(5e-41, rel=1e-15)
    assert deviance(3.0, 5.0, gap=2.0) == deviance(3.0, 5.0)
    assert deviance(2.0, 2.0, gap=0.0) == 0.0
