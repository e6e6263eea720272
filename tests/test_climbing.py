"""Every conditional maximum is the highest one, in any unit; nothing else is called converged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlecore as mle
from mlecore import (
    Cauchy,
    ConvergenceError,
    DataError,
    Gamma,
    Gumbel,
    Laplace,
    Likelihood,
    Logistic,
    NegativeBinomial,
    NoMLEError,
    StudentT,
    Weibull,
)

SEVEN = np.array([-1.0, -0.2, 0.1, 0.4, 0.9, 1.7, 3.0])
TWO_PAIRS = [0.0, 1.0, 10.0, 11.0]


def best_of_grid(family, x, held, name, places):
    """Return the highest log-likelihood over a fine grid of one parameter, refined about its best place."""
    likelihood = Likelihood(family, x, fixed=held)
    for _ in range(6):
        values = likelihood.log_likelihood(**{name: places})
        k = int(np.nanargmax(values))
        places = np.linspace(places[max(k - 1, 0)], places[min(k + 1, places.size - 1)], 2001)
    return float(np.nanmax(values))


# -- several modes ---------------------------------------------------------------------------------


def test_the_test_of_a_small_scale_compares_with_the_highest_of_the_hills():
    f = Cauchy.fit(TWO_PAIRS)
    restricted = best_of_grid(
        Cauchy, TWO_PAIRS, {"scale": 0.1}, "loc", np.linspace(-1.0, 12.0, 20001)
    )
    assert f.test(scale=0.1).statistic == pytest.approx(2 * (f.log_likelihood - restricted))
    assert f.test(scale=0.1).statistic == pytest.approx(8.797, abs=5e-4)
    assert f.ci(method="lr")["scale"][0] == pytest.approx(0.354, abs=5e-4)


@pytest.mark.parametrize(("scale", "height"), [(0.1, -18.19), (0.05, -19.57)])
def test_a_profile_reaches_the_highest_of_the_hills(scale, height):
    grid = best_of_grid(Cauchy, TWO_PAIRS, {"scale": scale}, "loc", np.linspace(-1, 12, 20001))
    likelihood = Likelihood(Cauchy, TWO_PAIRS)
    assert likelihood.profile("scale", scale) == pytest.approx(grid, abs=1e-9)
    assert likelihood.maximize(fixed={"scale": scale}).log_likelihood == pytest.approx(
        height, abs=5e-3
    )


def test_the_test_of_a_small_scale_of_a_t_does_too():
    x = [-10.0, -9.0, 9.0, 10.0]
    f = StudentT.fit(x, fixed={"df": 3.0})
    restricted = best_of_grid(
        StudentT, x, {"df": 3.0, "scale": 0.2}, "loc", np.linspace(-11.0, 11.0, 20001)
    )
    assert f.test(scale=0.2).statistic == pytest.approx(2 * (f.log_likelihood - restricted))
    assert f.test(scale=0.2).statistic == pytest.approx(36.74, abs=5e-3)


def test_equally_high_maxima_are_named():
    f = Cauchy.fit([-3.0, 3.0], fixed={"scale": 1.0})
    assert abs(f.params["loc"]) == pytest.approx(np.sqrt(8.0))
    assert any("2 equally high maxima, at -2.82843 and 2.82843" in note for note in f.notes)
    assert StudentT.fit([-3.0, 3.0], fixed={"df": 1.0, "scale": 1.0}).notes[-1] == f.notes[-1]
    assert not Cauchy.fit([-3.0, 0.5, 3.0]).notes


# -- outliers, and values held far from the data ---------------------------------------------------


def test_a_location_is_found_far_below_an_outlier():
    profile = Likelihood(Logistic, [0.0, 1.0, 2.0, 1000.0]).profile("scale", [1.0])
    grid = best_of_grid(
        Logistic, [0.0, 1.0, 2.0, 1000.0], {"scale": 1.0}, "loc", np.linspace(-5, 50, 20001)
    )
    assert profile[0] == pytest.approx(grid, abs=1e-8)
    assert profile[0] == pytest.approx(-1003, abs=0.5)
    f = Logistic.fit([0.0, 1.0, 2.0, 300.0], fixed={"scale": 1.0})
    assert f.params["loc"] == pytest.approx(1.8029, abs=5e-5)
    assert f.likelihood.score(f.theta)[0] == pytest.approx(0.0, abs=1e-9)


def test_a_shape_is_found_beside_an_absurd_scale():
    f = Weibull.fit([10.0, 11.0, 12.0], fixed={"scale": 1e-10})
    assert f.likelihood.score(f.theta)[0] == pytest.approx(0.0, abs=1e-7)
    grid = best_of_grid(
        Weibull, [10.0, 11.0, 12.0], {"scale": 1e-10}, "shape", np.geomspace(1e-4, 10, 20001)
    )
    assert f.log_likelihood >= grid - 1e-10


# -- no maximum is not converged -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "x"),
    [
        (Laplace, [1.0, 1.0]),
        (Weibull, [1.0, 1.0]),
        (Gumbel, [1.0, 1.0]),
        (Logistic, [1.0, 1.0]),
        (NegativeBinomial, [3, 3, 4]),
        (StudentT, [-1.0, -0.5, 0.0, 0.5, 1.0]),
        (Cauchy, [1.0, 1.0, 2.0, 3.0]),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_where_there_is_no_maximum_maximize_says_so(family, x):
    with pytest.raises(NoMLEError, match="no maximum likelihood estimate"):
        Likelihood(family, x).maximize()
    batch = Likelihood(family, np.array([x, np.asarray(x) ** 2 + np.arange(len(x))]), axis=1)
    top = batch.maximize()
    assert np.isnan(top.log_likelihood[0])
    assert not top.converged[0]


def test_held_values_that_cannot_have_made_the_data_leave_no_maximum():
    x = [2, 0, 0, 0, 1, 1, 0, 0]
    for action in (
        lambda: NegativeBinomial.fit(x, fixed={"mu": 0.0}),
        lambda: Likelihood(NegativeBinomial, x).maximize(fixed={"mu": 0.0}),
        lambda: mle.Categorical.fit([0, 1, 2, 2], fixed={"p1": 0.0}),
    ):
        with pytest.raises(NoMLEError, match="no such member could have made the data"):
            action()
    # A test and a profile have an answer there.
    assert NegativeBinomial.fit([2, 0, 0, 0, 1, 9, 0, 0]).test(mu=0.0).statistic == np.inf
    assert mle.Categorical.fit([0, 1, 2, 2]).likelihood.profile("p1", 0.0) == -np.inf
    two = [[1, 2, 5, 9], [1, 2, 5, 19]]
    batch = NegativeBinomial.fit(two, axis=1, fixed={"mu": np.array([0.0, 3.0])})
    assert "no such member" in batch.problems[0]
    assert np.isfinite(batch.params["size"]).tolist() == [False, True]
    top = Likelihood(NegativeBinomial, two, axis=1).maximize(fixed={"mu": np.array([0.0, 3.0])})
    assert top.converged.tolist() == [False, True]
    assert np.isnan(top.log_likelihood[0])


def test_counts_of_nothing_do_not_say_the_size():
    with pytest.raises(NoMLEError, match="every size is equally likely") as caught:
        NegativeBinomial.fit([0, 0, 0])
    assert caught.value.limit.params == {"rate": 0.0}


def test_an_absurd_start_ends_at_the_maximum_or_says_that_it_did_not():
    likelihood = Likelihood(Gamma, [1.0, 2.0, 4.0])
    best = likelihood.maximize().log_likelihood
    assert likelihood.maximize(start=[1e30, 1e-30]).log_likelihood == pytest.approx(best)
    with pytest.raises(ConvergenceError, match="start elsewhere"):
        likelihood.maximize(start=[1e300, 1e-300])
    for start in ([1.0], [-1.0, 1.0], 1.0):
        with pytest.raises(DataError, match="start"):
            likelihood.maximize(start=start)


def test_a_climb_leaves_a_minimum_that_it_starts_on():
    likelihood = Likelihood(Cauchy, [-5.0, 5.0], fixed={"scale": 1.0})
    top = likelihood.maximize(start=[0.0, 1.0])
    assert top.converged
    assert abs(top.params["loc"]) == pytest.approx(np.sqrt(24.0))
    saddle = Likelihood(Cauchy, [-5.0, 5.0, -5.0, 5.0, 0.0]).maximize(start=[0.0, 0.05])
    assert saddle.log_likelihood == pytest.approx(Cauchy.fit([-5.0, 5, -5, 5, 0]).log_likelihood)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_climb_that_has_arrived_takes_no_more_steps(offset):
    # Newton's last step may be shorter than the rounding of where it starts; halving the bracket then took 20 more.
    for seed in range(20):
        x = offset + np.random.default_rng(seed).standard_normal(1000)
        f = Logistic.fit(x)
        top = f.likelihood.maximize(fixed={"scale": 0.57}, start=[f.params["loc"], 0.57])
        assert top.converged
        assert top.iterations <= 6


# -- units -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-155, 1e155])
@pytest.mark.parametrize("family", [Gumbel, Logistic, Cauchy, Laplace], ids=lambda f: f.__name__)
def test_tests_know_no_units(family, unit):
    plain, scaled = family.fit(SEVEN), family.fit(unit * SEVEN)
    methods = ("lr",) if family is Laplace else ("lr", "score")
    for method in methods:
        for null in ({"loc": 1.2}, {"scale": 1.2}):
            there = {name: unit * value for name, value in null.items()}
            expected = plain.test(**null, method=method)
            assert scaled.test(**there, method=method).statistic == pytest.approx(
                expected.statistic, rel=1e-8
            )


def test_a_test_in_a_tiny_unit_has_the_right_value():
    tiny = Gumbel.fit(1e-155 * SEVEN).test(loc=1.2e-155).statistic
    assert tiny == pytest.approx(4.7153, abs=5e-5)


@pytest.mark.parametrize("family", [Weibull, Gumbel, Laplace, Logistic], ids=lambda f: f.__name__)
def test_maximize_is_no_lower_than_the_fit_in_a_tiny_unit(family):
    x = 1e-156 * np.abs(SEVEN)
    assert Likelihood(family, x).maximize().log_likelihood == pytest.approx(
        family.fit(x).log_likelihood, rel=1e-13
    )


# -- properties ------------------------------------------------------------------------------------

values = st.lists(
    st.floats(0.05, 50.0, allow_subnormal=False), min_size=5, max_size=12, unique=True
)
families = st.sampled_from([mle.Normal, Gamma, Weibull, Gumbel, Logistic, Cauchy, mle.LogNormal])


def _fit(family, x):
    try:
        return family.fit(x)
    except NoMLEError:
        return None


@settings(max_examples=25, deadline=None)
@given(families, values, st.floats(-120.0, 120.0), st.floats(0.5, 2.0))
def test_likelihood_ratios_do_not_change_with_the_unit(family, x, power, factor):
    x, unit = np.array(x), 10.0**power
    f = _fit(family, x)
    name = family.parameters[1]
    if f is None or name not in family.units:
        return
    scaled = family.fit(unit * x)
    value = f.params[name] * factor
    there = value * unit ** family.units[name]
    expected = f.test(**{name: value}).statistic
    assert scaled.test(**{name: there}).statistic == pytest.approx(expected, rel=1e-6, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([mle.Normal, Gumbel, Logistic, Cauchy, Laplace]), values, st.floats(-1e3, 1e3)
)
def test_likelihood_ratios_do_not_change_with_a_shift(family, x, shift):
    x = np.array(x)
    f = _fit(family, x)
    name = family.parameters[0]
    value = f.params[name] + 0.7 * float(np.std(x))
    expected = f.test(**{name: value}).statistic
    moved = family.fit(x + shift).test(**{name: value + shift}).statistic
    assert moved == pytest.approx(expected, rel=1e-5, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(values, st.floats(0.3, 3.0))
def test_likelihood_ratios_do_not_change_with_the_parameters_chosen(x, factor):
    # The logarithm of a LogNormal is a Normal, and the reciprocal of a Gamma an InverseGamma.
    x = np.array(x)
    mu = float(np.log(x).mean()) + np.log(factor)
    first, second = mle.LogNormal.fit(x).test(mu=mu), mle.Normal.fit(np.log(x)).test(mu=mu)
    assert first.statistic == pytest.approx(second.statistic, rel=1e-9, abs=1e-10)
    shape = factor * Gamma.fit(x).params["shape"]
    first, second = Gamma.fit(x).test(shape=shape), mle.InverseGamma.fit(1 / x).test(shape=shape)
    assert first.statistic == pytest.approx(second.statistic, rel=1e-6, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(families, values, st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_a_profile_is_no_lower_than_any_point_of_it(family, x, one, other):
    f = _fit(family, x)
    first, second = family.parameters
    held, free = f.params[first] * one, f.params[second] * other
    point = f.likelihood.log_likelihood(**{first: held, second: free})
    profile = f.likelihood.profile(first, held)
    assert profile >= point - 1e-9 * (1.0 + abs(point))
    assert profile <= f.log_likelihood + 1e-9 * (1.0 + abs(f.log_likelihood))


@settings(max_examples=25, deadline=None)
@given(families, values)
def test_maximize_is_as_high_as_the_fit(family, x):
    f = _fit(family, x)
    top = f.likelihood.maximize()
    assert top.log_likelihood >= f.log_likelihood - 1e-12 * (1.0 + abs(f.log_likelihood))
    climbed = f.likelihood.climbed()
    assert climbed.log_likelihood <= top.log_likelihood + 1e-9 * (1.0 + abs(top.log_likelihood))
