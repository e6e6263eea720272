"""The suite that every family inherits: each test runs over all registered families."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

import mlecore as mle
from mlecore import DataError, Likelihood, NoMLEError, RegularityError, SupportError
from mlecore.likelihood import curve

from .members import (
    CONTINUOUS,
    DISCRETE,
    FAMILIES,
    IRREGULAR,
    REGULAR,
    SCALING,
    SHIFTING,
    SMOOTH,
    UNIVARIATE,
    at,
    dataset,
    known,
    member,
    theta,
)

SEED = 1922


def over(families):
    return pytest.mark.parametrize("family", families, ids=lambda f: f.__name__)


def fit(family, x, d, **options):
    return family.fit(x, fixed=known(d) or None, **options)


def differences(function, point, step=1e-4):
    """Return the derivative of a function of a vector by five-point central differences, on the last axis."""
    columns = []
    for i in range(point.size):
        e = np.zeros(point.size)
        e[i] = step * max(1.0, abs(point[i]))
        f = [np.asarray(function(point + k * e)) for k in (-2, -1, 1, 2)]
        columns.append((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * e[i]))
    return np.stack(columns, axis=-1)


# -- densities -------------------------------------------------------------------------------------


@over(FAMILIES)
def test_log_prob_agrees_with_scipy(family):
    for seed in range(3):
        d, x = dataset(family, seed, n=60)
        reference = d.scipy()
        there = x.T if family is mle.Dirichlet else x  # SciPy's has its shares along the first axis
        expected = reference.logpmf(x) if family.support.whole else reference.logpdf(there)
        np.testing.assert_allclose(d.log_prob(x), expected, rtol=1e-9, atol=1e-9)


@over(UNIVARIATE)
def test_log_prob_is_minus_infinity_outside_and_nan_for_nan(family):
    d, x = dataset(family, SEED, n=3)
    outside = [v for v in (-1.5, 0.5, 1e9) if not d._inside(np.array(v))]
    values = d.log_prob([*outside, np.inf, -np.inf, np.nan, x[0]])
    assert np.all(values[: len(outside) + 2] == -np.inf)
    assert np.isnan(values[-2])
    assert np.isfinite(values[-1])


@over(DISCRETE)
def test_the_masses_sum_to_one(family):
    d = member(family, np.random.default_rng(SEED))
    total = d.pmf(np.arange(0, 2000)).sum() + d.sf(1999)
    assert total == pytest.approx(1.0, abs=1e-10)
    with pytest.raises(AttributeError, match="discrete"):
        d.pdf(1)


@over(CONTINUOUS)
def test_the_density_integrates_to_one(family):
    from scipy.integrate import quad

    d = member(family, np.random.default_rng(SEED))
    cuts = d.ppf([0.001, 0.25, 0.5, 0.75, 0.999])
    inner = sum(quad(d.pdf, a, b, limit=200)[0] for a, b in pairwise(cuts))
    assert inner == pytest.approx(0.998, abs=1e-6)
    with pytest.raises(AttributeError, match="continuous"):
        d.pmf(1)


@over(FAMILIES)
def test_parameters_broadcast_against_observations(family):
    rng = np.random.default_rng(SEED)
    members = [member(family, rng) for _ in range(3)]
    batch = family(
        **{name: np.stack([m.params[name] for m in members]) for name in family.parameters}
    )
    assert batch.batch_shape == (3,)
    x = members[0].sample(5, rng=rng)
    table = batch.log_prob(x[:, None])
    for j, m in enumerate(members):
        np.testing.assert_allclose(table[:, j], m.log_prob(x), rtol=1e-12)
    assert batch.score(x[:, None]).shape == (5, 3, len(members[0].parameter_names))


# -- slopes ----------------------------------------------------------------------------------------


@over(FAMILIES)
def test_score_is_the_slope_of_log_prob(family):
    for seed in range(3):
        d, x = dataset(family, seed, n=20)
        point = theta(d)
        x = x[_far_from_kinks(d, x)]
        numerical = differences(lambda p, d=d, x=x: at(d, p).log_prob(x), point)
        np.testing.assert_allclose(d.score(x), numerical, rtol=1e-6, atol=1e-7)


def _far_from_kinks(d, x):
    """Leave out the observations beside a corner of the density, where differences mean nothing."""
    margin = 0.02
    if d.information_only_expected:
        return np.abs(x - d.params["loc"]) > margin
    if d.irregular and not d.event_ndim:
        low = d.log_prob(x - margin) > -np.inf
        return low & (d.log_prob(x + margin) > -np.inf)
    return np.ones(len(x), dtype=bool)


@over(SMOOTH)
def test_hessian_is_the_slope_of_the_score(family):
    d, x = dataset(family, SEED, n=30)
    likelihood = Likelihood(family, x, fixed=known(d))
    numerical = differences(likelihood.score, theta(d))
    scale = np.abs(numerical).max()
    np.testing.assert_allclose(
        likelihood.hessian(theta(d)), numerical, rtol=1e-6, atol=1e-7 * scale
    )


@over(FAMILIES)
def test_sums_over_the_sample_are_sums_of_single_observations(family):
    d, x = dataset(family, SEED)
    likelihood = Likelihood(family, x, fixed=known(d))
    value = d.log_prob(x).sum()
    assert likelihood.log_likelihood(theta(d)) == pytest.approx(value, rel=1e-11, abs=1e-9)
    np.testing.assert_allclose(
        likelihood.score(theta(d)), d.score(x).sum(axis=0), rtol=1e-9, atol=1e-8
    )


@over(REGULAR)
def test_information_is_the_variance_of_the_score(family):
    d = member(family, np.random.default_rng(SEED))
    n = 40_000
    u = d.score(d.sample(n, rng=np.random.default_rng(SEED)))
    products = u[:, :, None] * u[:, None, :]
    error = products.std(axis=0) / np.sqrt(n)
    assert np.all(np.abs(products.mean(axis=0) - d.information()) < 5 * error + 1e-12)
    assert np.all(np.abs(u.mean(axis=0)) < 5 * u.std(axis=0) / np.sqrt(n))


@over(SMOOTH)
def test_information_is_minus_the_expected_hessian(family):
    d = member(family, np.random.default_rng(SEED))
    n = 20_000
    x = d.sample(n, rng=np.random.default_rng(SEED))
    parts = x.reshape(100, 200, *x.shape[1:])
    each = Likelihood(family, parts, axis=1, fixed=known(d)).observed_information(theta(d)) / 200
    error = each.std(axis=0) / 10
    assert np.all(np.abs(each.mean(axis=0) - d.information()) < 5 * error + 1e-10)


# -- fits ------------------------------------------------------------------------------------------


@over(REGULAR)
def test_the_score_is_zero_at_the_fit(family):
    for seed in range(3):
        d, x = dataset(family, seed)
        f = fit(family, x, d)
        if family.information_only_expected:
            f = mle.Laplace.fit(x, fixed={"loc": f.params["loc"]})
        scale = np.sqrt(np.diagonal(f.likelihood.expected_information(f.theta)))
        assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-6 * scale)


@over(FAMILIES)
def test_the_fit_beats_a_cloud_around_itself(family):
    d, x = dataset(family, SEED)
    f = fit(family, x, d)
    rng = np.random.default_rng(SEED)
    width = 0.2 * np.maximum(np.abs(f.theta), 0.05)
    cloud = f.theta + width * rng.normal(size=(500, f.theta.size)) * rng.choice(
        [1.0, 0.1, 0.01], size=(500, 1)
    )
    values = f.likelihood.log_likelihood(cloud)
    assert np.nanmax(values) <= f.log_likelihood + 1e-9 * abs(f.log_likelihood)


@over([f for f in UNIVARIATE if f.__name__ != "Categorical"])
def test_the_fit_beats_or_ties_a_search_over_scipys_density(family):
    from scipy.optimize import minimize

    d, x = dataset(family, SEED)
    f = fit(family, x, d)
    layout = d._own_layout()

    def objective(vector):
        if not layout.contains(np.asarray(vector)):
            return np.inf
        reference = at(d, vector).scipy()
        return -np.sum(reference.logpmf(x) if family.support.whole else reference.logpdf(x))

    # At the top a step of 1e-5 changes the log-likelihood by 1e-10 of the number of observations.
    options = {"xatol": 1e-5, "fatol": 1e-8, "maxiter": 4000, "maxfev": 4000}
    found = minimize(objective, theta(d) + 1e-3, method="Nelder-Mead", options=options)
    assert f.log_likelihood >= -found.fun - 1e-8 * abs(found.fun)
    if family not in IRREGULAR:
        assert f.log_likelihood == pytest.approx(-found.fun, rel=1e-8)


@over(FAMILIES)
def test_the_fit_is_near_the_truth_in_a_large_sample(family):
    rng = np.random.default_rng(SEED)
    d = member(family, rng)
    x = d.sample(20_000, rng=rng)
    f = fit(family, x, d)
    if family in IRREGULAR:
        np.testing.assert_allclose(f.theta, theta(d), atol=0.05)
        return
    se = np.sqrt(np.diagonal(np.linalg.inv(20_000 * d.information())))
    assert np.all(np.abs(f.theta - theta(d)) < 5 * se)


@over(FAMILIES)
def test_the_generic_climb_finds_the_same_maximum(family):
    if family in IRREGULAR:
        return  # the maximum is on an edge, which no slope leads to
    d, x = dataset(family, SEED)
    f = fit(family, x, d)
    if family.information_only_expected:
        return  # a corner, which Newton's steps do not find
    top = f.likelihood.maximize(start=theta(d))
    assert top.converged
    assert top.log_likelihood == pytest.approx(f.log_likelihood, rel=1e-11)
    np.testing.assert_allclose(top.theta, f.theta, rtol=1e-5, atol=1e-7)


@over(FAMILIES)
def test_order_does_not_matter(family):
    d, x = dataset(family, SEED)
    shuffled = np.random.default_rng(0).permutation(x)
    np.testing.assert_allclose(fit(family, shuffled, d).theta, fit(family, x, d).theta, rtol=1e-8)


@over(FAMILIES)
def test_a_weight_of_three_is_three_observations(family):
    d, x = dataset(family, SEED, n=60)
    w = np.random.default_rng(0).integers(0, 4, size=60)
    weighted, repeated = (
        fit(family, x, d, weights=w),
        fit(family, np.repeat(x, w.astype(np.intp), axis=0), d),
    )
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-7, atol=1e-9)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-11)
    assert weighted.n == w.sum()


@over(FAMILIES)
def test_fractional_weights_scale_the_log_likelihood(family):
    d, x = dataset(family, SEED, n=60)
    half, whole = fit(family, x, d, weights=np.full(60, 0.5)), fit(family, x, d)
    np.testing.assert_allclose(half.theta, whole.theta, rtol=1e-7, atol=1e-9)
    assert half.log_likelihood == pytest.approx(whole.log_likelihood / 2, rel=1e-11)


@over(FAMILIES)
def test_a_batch_is_a_loop(family):
    rng = np.random.default_rng(SEED)
    d = member(family, rng)
    x = d.sample((3, 80), rng=rng)
    batch = fit(family, x, d, axis=1)
    assert batch.batch_shape == (3,)
    for i in range(3):
        single = fit(family, x[i], d)
        np.testing.assert_allclose(batch.theta[i], single.theta, rtol=1e-7, atol=1e-9)
        assert batch.log_likelihood[i] == pytest.approx(single.log_likelihood, rel=1e-10)
    across = fit(family, np.moveaxis(x[:2], 1, 0), d, axis=0)
    np.testing.assert_allclose(across.theta, batch.theta[:2], rtol=1e-9)


@over(FAMILIES)
def test_statistics_of_parts_add(family):
    d, x = dataset(family, SEED)
    t = family.statistics(x[:50]) + family.statistics(x[50:120]) + family.statistics(x[120:])
    whole = family.statistics(x)
    assert t.n == whole.n == 200
    merged, direct = fit(family, t, d), fit(family, x, d)
    np.testing.assert_allclose(merged.theta, direct.theta, rtol=1e-7, atol=1e-9)
    assert merged.log_likelihood == pytest.approx(direct.log_likelihood, rel=1e-10)


@over(FAMILIES)
def test_long_samples_take_the_same_path(family):
    rng = np.random.default_rng(SEED)
    d = member(family, rng)
    x = d.sample(3 * 8192 + 17, rng=rng)
    long, short = (
        family.statistics(x),
        family.statistics(x[:10_000]) + family.statistics(x[10_000:]),
    )
    a, b = (Likelihood(family, t, fixed=known(d)).log_likelihood(theta(d)) for t in (long, short))
    assert a == pytest.approx(b, rel=1e-11)
    assert a == pytest.approx(d.log_prob(x).sum(), rel=1e-10)


@over(SCALING)
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_fits_are_equivariant_under_scaling(family, factor):
    d, x = dataset(family, SEED)
    a, b = fit(family, x, d), fit(family, factor * x, d)
    expected = a.dist.log_prob(x) - np.log(factor)
    np.testing.assert_allclose(b.dist.log_prob(factor * x), expected, rtol=1e-6, atol=1e-6)


@over(SHIFTING)
@pytest.mark.parametrize("shift", [-1e3, 1e5])
def test_fits_are_equivariant_under_shifting(family, shift):
    d, x = dataset(family, SEED)
    a, b = fit(family, x, d), fit(family, x + shift, d)
    np.testing.assert_allclose(b.dist.log_prob(x + shift), a.dist.log_prob(x), rtol=1e-5, atol=1e-5)


@over(REGULAR)
def test_a_fixed_parameter_stays_and_the_rest_is_at_its_top(family):
    d, x = dataset(family, SEED)
    free = fit(family, x, d)
    for name in (p for p in family.parameters if not family.domains[p].known):
        f = family.fit(x, fixed={**known(d), name: d.params[name]})
        np.testing.assert_allclose(f.params[name], d.params[name], rtol=1e-14)
        assert f.log_likelihood <= free.log_likelihood + 1e-9
        assert not any(n == name for n in f.names)
        if f.names and not (family.information_only_expected and "loc" in f.names):
            scale = np.sqrt(np.diagonal(f.likelihood.expected_information(f.theta)))
            assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-6 * scale)


@over(FAMILIES)
def test_a_grid_is_evaluated_point_by_point_and_nan_outside_the_domain(family):
    d, x = dataset(family, SEED, n=40)
    likelihood = Likelihood(family, x, fixed=known(d))
    grid = theta(d) + 0.01 * np.random.default_rng(0).normal(size=(4, 5, theta(d).size))
    table = likelihood.log_likelihood(grid)
    assert table.shape == (4, 5)
    assert table[1, 2] == pytest.approx(likelihood.log_likelihood(grid[1, 2]), nan_ok=True)
    assert np.isnan(likelihood.log_likelihood(np.full(theta(d).size, np.nan)))


@over(FAMILIES)
def test_a_large_grid_needs_bounded_memory(family, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(curve, "TERMS_AT_ONCE", curve.TERMS_AT_ONCE // 8)
    d, x = dataset(family, SEED, n=1000)
    likelihood = Likelihood(family, x, fixed=known(d))
    grid = np.broadcast_to(theta(d), (2500, theta(d).size))
    tracemalloc.start()
    likelihood.log_likelihood(grid)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6  # all terms at once would be several times 20 MB


# -- moments, sampling -----------------------------------------------------------------------------


@over(UNIVARIATE)
def test_mean_and_variance_agree_with_scipy(family):
    d = member(family, np.random.default_rng(SEED))
    reference = d.scipy()
    for ours, theirs in ((d.mean, reference.mean()), (d.var, reference.var())):
        if np.isnan(theirs):  # SciPy's word for an infinite one too
            assert not np.isfinite(ours)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@over(UNIVARIATE)
def test_samples_follow_the_distribution(family):
    d = member(family, np.random.default_rng(SEED))
    x = d.sample(4000, rng=np.random.default_rng(7))
    assert np.all(d._inside(x))
    if family.support.whole:
        values = np.arange(0, 400)
        seen = np.bincount(x.astype(int), minlength=400)[:400] / 4000
        p = d.pmf(values)
        assert np.all(np.abs(seen - p) < 5 * np.sqrt(p * (1 - p) / 4000) + 1e-3)
    else:
        assert stats.kstest(x, d.cdf).pvalue > 1e-3


@over(FAMILIES)
def test_sampling_is_seeded_and_shaped(family):
    d = member(family, np.random.default_rng(SEED))
    event = d.sample(rng=0).shape
    assert d.sample(3, rng=0).shape == (3, *event)
    assert d.sample((2, 3), rng=0).shape == (2, 3, *event)
    np.testing.assert_array_equal(d.sample(5, rng=4), d.sample(5, rng=np.random.default_rng(4)))


WITHOUT_MOMENTS = ("Cauchy", "Categorical", "GeneralizedExtremeValue")


@over(UNIVARIATE)
def test_the_method_of_moments_matches_the_moments(family):
    d, x = dataset(family, SEED, n=2000)
    free = len(d.parameter_names)
    if family.__name__ in WITHOUT_MOMENTS:
        with pytest.raises(RegularityError, match="moments"):
            fit(family, x, d, method="moments")
        return
    f = fit(family, x, d, method="moments")
    if family.__name__ != "VonMises":  # its moments are those of the direction
        np.testing.assert_allclose(f.dist.mean, x.mean(), rtol=1e-7)
        if free > 1:
            np.testing.assert_allclose(f.dist.var, x.var(), rtol=1e-6)
    assert f.method == "moments"
    for refused in ("se", "cov", "aic", "bic"):
        with pytest.raises(RegularityError):
            getattr(f, refused)


# -- objects ---------------------------------------------------------------------------------------


@over(FAMILIES)
def test_nothing_is_mutated_and_frozen_means_frozen(family):
    d, x = dataset(family, SEED)
    before, w = x.copy(), np.ones(len(x))
    f = fit(family, x, d, weights=w)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(w, 1.0)
    name = family.parameters[0]
    with pytest.raises(AttributeError):
        setattr(d, name, 1.0)
    value = np.stack([d.params[name]] * 2)
    batch = family(**{**d.params, name: value})
    with pytest.raises(ValueError, match="read-only"):
        getattr(batch, name)[0] = 0.5
    value[...] = 0.0
    assert not np.any(getattr(batch, name) == 0.0)
    with pytest.raises(AttributeError):
        f.n = 3


@over(FAMILIES)
def test_a_fit_keeps_its_likelihood_when_the_data_change_later(family):
    d, x = dataset(family, SEED)
    w = np.ones(len(x))
    f = fit(family, x, d, weights=w)
    before = f.likelihood.log_likelihood(f.theta)
    x *= 0.5
    w *= 2.0
    assert f.likelihood.log_likelihood(f.theta) == before


@over(FAMILIES)
def test_pickles_come_back_equal(family):
    d, x = dataset(family, SEED)
    again = pickle.loads(pickle.dumps(d))
    assert again == d
    assert repr(again) == repr(d)
    f = fit(family, x, d)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(f)).theta, f.theta)


@over(FAMILIES)
def test_equality_compares_values_and_distributions_do_not_hash(family):
    d = member(family, np.random.default_rng(SEED))
    other = member(family, np.random.default_rng(SEED + 1))
    assert d == family(**d.params)
    assert d != other
    assert d != 3
    with pytest.raises(TypeError):
        hash(d)


@over(FAMILIES)
def test_names_are_declared_and_flat(family):
    d = member(family, np.random.default_rng(SEED))
    assert tuple(d.params) == family.parameters
    assert len(d.parameter_names) == theta(d).size == d.information().shape[-1]


@over(FAMILIES)
def test_a_fit_displays_itself(family):
    d, x = dataset(family, SEED)
    f = fit(family, x, d)
    text, markup = f.summary(), f._repr_html_()
    for name in f.names:
        assert name in text
        assert name in markup
    assert family.__name__ in text
    assert "id=" not in markup
    assert "nan" not in text


# -- bad input -------------------------------------------------------------------------------------


@over(FAMILIES)
def test_bad_parameters_are_refused(family):
    d = member(family, np.random.default_rng(SEED))
    for name in family.parameters:
        for bad in (np.nan, np.inf, "a", 1j):
            value = np.full(np.shape(d.params[name]), bad) if np.ndim(d.params[name]) else bad
            with pytest.raises(DataError, match=name):
                family(**{**d.params, name: value})


@over(FAMILIES)
def test_bad_data_are_refused_with_words(family):
    d, x = dataset(family, SEED, n=10)
    holed = x.copy()
    holed[3] = np.nan
    cases = [
        (holed, "NaN value.*first at index"),
        (x[:0], "empty"),
        (x[None], "axis"),
        (np.asarray(x, dtype=complex), "real numbers"),
        (np.full(x.shape, "a"), "real numbers"),
        (np.ma.masked_array(x, np.zeros(x.shape)), "masked"),
        (np.where(np.isnan(holed), np.inf, x), "infinite value"),
        (3.0, "dimensional"),
    ]
    for data, words in cases:
        with pytest.raises(DataError, match=words):
            fit(family, data, d)


@over(FAMILIES)
def test_bad_weights_are_refused_with_words(family):
    d, x = dataset(family, SEED, n=10)
    ones = np.ones(10)
    negative, holed = ones.copy(), ones.copy()
    negative[2], holed[4] = -1.0, np.nan
    for w, words in [
        (negative, r"negative; weights\[2\]"),
        (0 * ones, "all zero"),
        (ones[:9], "shape"),
        (holed, "NaN"),
    ]:
        with pytest.raises(DataError, match=words):
            fit(family, x, d, weights=w)


@over([f for f in UNIVARIATE if f.support.whole or np.isfinite(f.support.low)])
def test_a_value_outside_the_support_is_named(family):
    d, x = dataset(family, SEED, n=10)
    x[7] = -3.5
    with pytest.raises(SupportError, match=r"x\[7\] = -3.5") as caught:
        fit(family, x, d)
    assert family.support.text in str(caught.value)
    assert family.__name__ in str(caught.value)


@over(FAMILIES)
def test_wrong_calls_are_refused_with_words(family):
    d, x = dataset(family, SEED, n=10)
    with pytest.raises(DataError, match="method"):
        fit(family, x, d, method="guess")
    with pytest.raises(DataError, match="no parameter 'nonsense'"):
        family.fit(x, fixed={"nonsense": 1.0})
    with pytest.raises(DataError, match="not an axis"):
        fit(family, x, d, axis=5)
    likelihood = Likelihood(family, x, fixed=known(d))
    with pytest.raises(DataError, match="free parameter"):
        likelihood.log_likelihood(nonsense=1.0)
    with pytest.raises(DataError, match="last axis"):
        likelihood.log_likelihood(np.ones(17))
    with pytest.raises(DataError):
        likelihood.log_likelihood(theta(d), nonsense=1.0)


@over(
    [f for f in CONTINUOUS if len(f.parameters) > 1]
)  # one scale alone is content with equal values
def test_equal_values_have_no_maximum(family):
    x = np.full(40, 0.5)
    with pytest.raises(NoMLEError, match="equal") as caught:
        family.fit(x)
    assert caught.value.reason
    rng = np.random.default_rng(SEED)
    good = member(family, rng).sample(40, rng=rng)
    batch = family.fit(np.stack([good, x, good]), axis=1)
    assert list(batch.problems) == [1]
    assert "equal" in batch.problems[1]
    assert np.all(np.isnan(batch.theta[1]))
    np.testing.assert_allclose(batch.theta[0], family.fit(good).theta, rtol=1e-7)


@over(IRREGULAR)
def test_irregular_parameters_refuse_large_sample_inference(family):
    d, x = dataset(family, SEED)
    f = fit(family, x, d)
    for ask in (lambda: f.se, lambda: f.cov, lambda: f.ci(), lambda: f.covariance("sandwich")):
        with pytest.raises(RegularityError, match="support"):
            ask()
