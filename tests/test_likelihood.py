"""The likelihood as an object: evaluation, holding parameters, climbing, profiling."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore import (
    Categorical,
    DataError,
    Gamma,
    Likelihood,
    MultivariateNormal,
    Normal,
    Poisson,
    Weibull,
)

x = np.random.default_rng(3).gamma(2.0, 1 / 3.0, size=80)


def test_the_data_may_be_a_statistic():
    a, b = Likelihood(Gamma, x), Likelihood(Gamma, Gamma.statistics(x))
    assert a.log_likelihood(shape=2, rate=3) == b.log_likelihood([2, 3])
    with pytest.raises(DataError, match="Moments"):
        Likelihood(Gamma, Normal.statistics(x))
    with pytest.raises(DataError, match="weights"):
        Likelihood(Gamma, Gamma.statistics(x), weights=x)


def test_parameters_by_name_broadcast_as_numpy_does():
    likelihood = Likelihood(Gamma, x)
    shape, rate = np.linspace(1, 3, 4)[:, None], np.linspace(2, 4, 5)
    table = likelihood.log_likelihood(shape=shape, rate=rate)
    assert table.shape == (4, 5)
    assert table[2, 3] == pytest.approx(Gamma(shape[2, 0], rate[3]).log_prob(x).sum(), rel=1e-12)
    assert likelihood.score(shape=shape, rate=rate).shape == (4, 5, 2)
    assert likelihood.hessian(shape=shape, rate=rate).shape == (4, 5, 2, 2)


def test_outside_the_domain_it_is_nan_without_a_warning():
    values = Likelihood(Gamma, x).log_likelihood(shape=[-1.0, 0.0, 2.0], rate=3.0)
    assert np.isnan(values[:2]).all()
    assert np.isfinite(values[2])
    assert np.isnan(Likelihood(Gamma, x).score([-1.0, 2.0])).all()
    uniform = Likelihood(mle.Uniform, x)
    assert np.isnan(uniform.log_likelihood(low=3.0, high=1.0))
    assert uniform.log_likelihood(low=x.min() + 0.01, high=9.0) == -np.inf


def test_the_product_dies_where_float64_does_and_the_sum_does_not():
    likelihood = Likelihood(Poisson, np.full(10_000, 4))
    assert likelihood.likelihood(rate=4.0) == 0.0
    assert np.isfinite(likelihood.log_likelihood(rate=4.0))
    assert likelihood.nll(rate=4.0) == -likelihood.log_likelihood(rate=4.0)
    assert (
        Likelihood(mle.Uniform, np.linspace(0, 1e-3, 200)).likelihood(low=0.0, high=1e-3) == np.inf
    )


def test_holding_a_parameter_takes_it_out_of_the_vector():
    likelihood = Likelihood(Gamma, x, fixed={"shape": 2.0})
    assert likelihood.names == ("rate",)
    assert likelihood.log_likelihood(rate=3.0) == Likelihood(Gamma, x).log_likelihood([2.0, 3.0])
    assert likelihood.maximize().params == pytest.approx({"shape": 2.0, "rate": 2.0 / x.mean()})
    assert likelihood.score([3.0]).shape == (1,)
    assert likelihood.score(3.0).shape == (1,)
    assert Likelihood(Gamma, x).given(
        {"shape": 2, "rate": 3}
    ).maximize().log_likelihood == likelihood.log_likelihood(rate=3)
    with pytest.raises(DataError, match="fixed shape must be"):
        Likelihood(Gamma, x, fixed={"shape": -2.0})


@pytest.mark.parametrize("family", [Gamma, Weibull, Normal], ids=lambda f: f.__name__)
def test_a_profile_is_the_best_of_the_others_at_each_value(family):
    likelihood = Likelihood(family, x)
    name, other = family.parameters
    top = likelihood.maximize()
    grid = top.params[name] * np.array([0.7, 1.0, 1.4])
    profile = likelihood.profile(name, grid)
    fine = top.params[other] * np.linspace(0.2, 4, 4001)
    for value, height in zip(grid, profile, strict=True):
        searched = likelihood.log_likelihood(**{name: value, other: fine}).max()
        assert searched <= height + 1e-10
        assert height == pytest.approx(searched, abs=2e-3)
    assert profile[1] == pytest.approx(top.log_likelihood, rel=1e-12)
    if name == "shape":
        assert np.isnan(likelihood.profile("shape", -1.0))
    with pytest.raises(DataError, match="no free scalar"):
        likelihood.profile("nonsense", grid)


def test_a_climb_from_far_away_arrives():
    likelihood = Likelihood(Gamma, x)
    best = Gamma.fit(x)
    for start in ([1e-3, 1e3], [1e4, 1e-4], [50.0, 50.0]):
        top = likelihood.maximize(start=start)
        assert top.converged
        np.testing.assert_allclose(top.theta, best.theta, rtol=1e-8)


def test_one_sample_of_a_batch_can_be_taken_out():
    batch = Likelihood(Gamma, np.stack([x, 2 * x]), axis=1)
    assert batch.at(1).log_likelihood([2, 3]) == Likelihood(Gamma, 2 * x).log_likelihood([2, 3])
    with pytest.raises(DataError, match="one sample"):
        batch.profile("shape", [1.0])


def test_the_sandwich_needs_the_observations_and_notices_when_they_change():
    data = x.copy()
    likelihood = Likelihood(Gamma, data)
    theta = likelihood.maximize().theta
    u = Gamma(*theta).score(x)
    np.testing.assert_allclose(likelihood.score_products(theta), u.T @ u, rtol=1e-10)
    data[0] += 1.0
    with pytest.raises(DataError, match="changed"):
        likelihood.score_products(theta)
    with pytest.raises(DataError, match="statistic"):
        Likelihood(Gamma, Gamma.statistics(x)).score_products(theta)


def test_it_says_what_it_is():
    assert repr(Likelihood(Gamma, x)) == "Likelihood(Gamma, n = 80; free: shape, rate)"
    assert "batch of (2,)" in repr(Likelihood(Gamma, np.stack([x, x]), axis=1))


@pytest.mark.parametrize(
    ("family", "data", "given"),
    [
        (Categorical, [0, 1], {"probs": [0.3, 0.3, 0.4]}),
        (Categorical, [0, 1, 2], {"probs": [0.5, 0.5]}),
        (MultivariateNormal, [[1, 2], [2, 3], [5, 1]], {"mu": [1, 2, 3]}),
        (MultivariateNormal, [[1, 2], [2, 3], [5, 1]], {"mu": 1}),
        (MultivariateNormal, [[1, 2], [2, 3], [5, 1]], {"cov": np.eye(3)}),
        (MultivariateNormal, [[1, 2], [2, 3], [5, 1]], {"cov": 2}),
        (MultivariateNormal, [[1, 2], [2, 3], [5, 1]], {"cov": np.ones((2, 3))}),
    ],
)
def test_a_vector_of_another_length_is_refused_not_cut(family, data, given):
    with pytest.raises(DataError, match=r"shape .* for these data"):
        family.fit(data, fixed=given)
    fit = family.fit(data)
    for method in ("lr", "wald"):
        with pytest.raises(DataError, match=r"shape .* for these data"):
            fit.test(method=method, **given)
    with pytest.raises(DataError, match=r"shape .* for these data"):
        fit.likelihood.log_likelihood(**{**fit.params, **given})


def test_what_is_fixed_comes_by_name():
    for fixed in (2, {"shape"}, [2.0]):
        with pytest.raises(DataError, match=r"fixed must be a dict such as \{'shape': ...\}"):
            Gamma.fit(x, fixed=fixed)


def test_weights_that_no_double_can_add_are_refused():
    with pytest.raises(DataError, match="more than a double can hold"):
        Gamma.fit(x, weights=np.full(x.size, 1e308))
    with pytest.raises(DataError, match=r"weights\[1\] is -1"):
        Gamma.fit([1.0, 2.0, 3.0], weights=[1.0, -1.0, -5.0])


def test_given_values_must_match_the_batch():
    with pytest.raises(
        DataError, match=r"\(3,\), do not match the batch of samples, of shape \(2,\)"
    ):
        Gamma.fit([x, 2 * x], axis=1, fixed={"shape": [1, 2, 3]})


def test_an_estimate_beyond_the_doubles_is_not_called_one():
    counts, weights = [1e10, 2e10], [1e300, 1e300]
    with pytest.raises(mle.ConvergenceError, match="NegativeBinomial"):
        mle.NegativeBinomial.fit(counts, weights=weights)
    batch = mle.NegativeBinomial.fit([counts, [1.0, 9.0]], weights=[weights, [1, 1]], axis=1)
    assert list(batch.converged) == [False, True]
    assert list(batch.problems) == [0]
