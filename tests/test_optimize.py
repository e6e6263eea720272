"""Optimisers: they arrive where the minimum is, and say so when they do not."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore.errors import DataError
from mlecore.optimize import check_gradient, fisher_scoring, gradient_descent, newton, sgd
from mlecore.progress import ticker

A = np.array([[3.0, 1.0], [1.0, 2.0]])
B = np.array([1.0, -2.0])
BOTTOM = np.linalg.solve(A, B)


def bowl(x):
    return 0.5 * x @ A @ x - B @ x


def bowl_slope(x):
    return A @ x - B


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_slope(x):
    return np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])


def rosenbrock_curvature(x):
    return np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200.0]])


# -- gradient descent ------------------------------------------------------------------------------


def test_gradient_descent_takes_the_steps_of_its_formula():
    trace = gradient_descent(bowl, bowl_slope, [4.0, 4.0], learning_rate=0.1, steps=7)
    x = np.array([4.0, 4.0])
    for k in range(8):
        np.testing.assert_allclose(trace.x[k], x, rtol=1e-14)
        assert trace.f[k] == pytest.approx(bowl(x), rel=1e-13)
        assert trace.grad_norm[k] == pytest.approx(np.linalg.norm(bowl_slope(x)), rel=1e-13)
        x = x - 0.1 * bowl_slope(x)
    assert trace.x.shape == (8, 2)
    assert trace.f.shape == trace.grad_norm.shape == trace.step.shape == (8,)
    assert trace.steps == 7
    assert not trace.converged
    assert "norm" in trace.message


def test_gradient_descent_takes_every_step_unless_a_tolerance_is_given():
    full = gradient_descent(bowl, bowl_slope, [4.0, 4.0], steps=500)
    assert full.x.shape == (501, 2)
    assert full.converged
    np.testing.assert_allclose(full.minimizer, BOTTOM, atol=1e-12)
    early = gradient_descent(bowl, bowl_slope, [4.0, 4.0], steps=500, tolerance=1e-4)
    assert early.converged
    assert early.steps < 150
    assert early.grad_norm[-1] <= 1e-4 < early.grad_norm[-2]
    np.testing.assert_array_equal(early.x, full.x[: early.steps + 1])


def test_a_learning_rate_beyond_two_over_the_curvature_diverges_and_says_so():
    steep = np.linalg.eigvalsh(A).max()
    calm = gradient_descent(bowl, bowl_slope, [4.0, 4.0], 1.99 / steep, steps=5000)
    assert calm.converged
    wild = gradient_descent(bowl, bowl_slope, [4.0, 4.0], 2.05 / steep, steps=20_000)
    assert not wild.converged
    assert "diverged at step" in wild.message
    assert "smaller learning_rate" in wild.message
    assert np.isfinite(wild.x).all()
    assert np.isfinite(wild.f).all()
    np.testing.assert_array_equal(wild.minimizer, wild.x[np.argmin(wild.f)])
    assert wild.minimum == wild.f.min()


def test_a_step_too_long_for_a_double_is_a_divergence_and_no_warning():
    trace = gradient_descent(lambda x: 1e150 * x @ x, lambda x: 2e150 * x, [1.0, 1.0], 1e200)
    assert "diverged at step 1" in trace.message


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, None, "a", np.array([0.1, 0.2])])
def test_a_learning_rate_that_is_no_positive_number_is_refused_at_the_step_where_it_is(value):
    with pytest.raises(DataError, match="learning_rate must be a positive number"):
        gradient_descent(bowl, bowl_slope, [4.0, 4.0], value)
    with pytest.raises(DataError, match=r"learning_rate must be .* at step 2"):
        gradient_descent(bowl, bowl_slope, [4.0, 4.0], lambda k: 0.1 if k < 2 else value)
    with pytest.raises(DataError, match=r"learning_rate must be .* at step 2"):
        sgd(lambda x, rows: x, 1.0, 10, 5, lambda k: 0.1 if k < 2 else value, rng=1)


def test_a_schedule_may_end_at_zero():
    trace = gradient_descent(bowl, bowl_slope, [4.0, 4.0], lambda k: 0.1 * (1 - k), steps=2)
    np.testing.assert_array_equal(trace.x[1], trace.x[2])


def test_a_learning_rate_may_be_a_function_of_the_step():
    trace = gradient_descent(bowl, bowl_slope, [4.0, 4.0], lambda k: 0.3 / (k + 1), steps=2)
    first = trace.x[0] - 0.3 * bowl_slope(trace.x[0])
    np.testing.assert_allclose(trace.x[1], first)
    np.testing.assert_allclose(trace.x[2], first - 0.15 * bowl_slope(first))


def test_a_scalar_start_is_a_point_of_one_coordinate():
    seen = []

    def f(x):
        seen.append(np.ndim(x))
        return (x - 3) ** 2

    trace = gradient_descent(f, lambda x: 2 * (x - 3), 0.0)
    assert set(seen) == {0}
    assert trace.x.shape == (101, 1)
    assert trace.minimizer.shape == (1,)
    assert trace.minimizer[0] == pytest.approx(3, abs=1e-8)


def test_a_run_that_leaves_the_domain_stops_there():
    trace = gradient_descent(lambda x: x - np.log(x), lambda x: 1 - 1 / x, 0.01, learning_rate=1.0)
    assert (
        not trace.converged
    )  # the first step lands at 99.01, and the next ones walk down from there
    far = gradient_descent(lambda x: -np.log(x), lambda x: -1 / x + 5, 1.0, learning_rate=1.0)
    assert "diverged at step 1" in far.message
    assert far.steps == 0


# -- Newton ----------------------------------------------------------------------------------------


def test_newton_solves_a_quadratic_in_one_step():
    trace = newton(bowl, bowl_slope, lambda x: A, [40.0, -7.0])
    assert trace.converged
    assert trace.steps <= 2
    np.testing.assert_allclose(trace.minimizer, BOTTOM, rtol=1e-14)


def test_newton_descends_the_banana_valley_and_never_rises():
    trace = newton(rosenbrock, rosenbrock_slope, rosenbrock_curvature, [-1.2, 1.0])
    assert trace.converged
    np.testing.assert_allclose(trace.minimizer, [1.0, 1.0], atol=1e-12)
    assert np.all(np.diff(trace.f) <= 0)
    assert trace.steps < 40


def test_newton_doubles_its_digits():
    trace = newton(lambda x: x - np.log(x), lambda x: 1 - 1 / x, lambda x: 1 / x**2, 0.3)
    error = np.abs(trace.x[:, 0] - 1)
    late = error[(error < 0.2) & (error > 1e-7)]
    assert len(late) >= 2
    np.testing.assert_allclose(late[1:], late[:-1] ** 2, rtol=1e-4)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_newton_does_not_care_about_the_units_of_the_parameter(scale):
    trace = newton(
        lambda x: rosenbrock(x / scale),
        lambda x: rosenbrock_slope(x / scale) / scale,
        lambda x: rosenbrock_curvature(x / scale) / scale**2,
        [-1.2 * scale, scale],
    )
    assert trace.converged
    np.testing.assert_allclose(trace.minimizer, [scale, scale], rtol=1e-12)


def test_newton_is_damped_where_the_plain_step_would_run_away():
    def f(x):
        return np.sqrt(1 + x**2)

    trace = newton(f, lambda x: x / f(x), lambda x: 1 / f(x) ** 3, 3.0)  # plain: x <- -x^3
    assert trace.converged
    assert trace.minimizer[0] == pytest.approx(0, abs=1e-9)


def test_newton_turns_downhill_where_the_curvature_is_negative():
    trace = newton(
        lambda x: -np.exp(-(x**2)),
        lambda x: 2 * x * np.exp(-(x**2)),
        lambda x: (2 - 4 * x**2) * np.exp(-(x**2)),
        1.2,
    )
    assert trace.converged
    assert trace.minimizer[0] == pytest.approx(0, abs=1e-9)


def test_a_saddle_and_a_maximum_are_not_minima():
    saddle = newton(
        lambda x: x[0] ** 2 - x[1] ** 2,
        lambda x: np.array([2 * x[0], -2 * x[1]]),
        lambda x: np.diag([2.0, -2.0]),
        [1.0, 0.0],
    )
    assert not saddle.converged
    assert "saddle" in saddle.message
    top = newton(lambda x: -(x**2), lambda x: -2 * x, lambda x: -2.0, 0.0)
    assert not top.converged
    assert "not a minimum" in top.message


def test_newton_leaves_a_saddle_that_it_starts_beside():
    trace = newton(
        lambda x: 1e6 + x[0] ** 2 - x[1] ** 2 + x[1] ** 4,
        lambda x: np.array([2 * x[0], -2 * x[1] + 4 * x[1] ** 3]),
        lambda x: np.diag([2.0, -2 + 12 * x[1] ** 2]),
        [1.0, 1e-6],
    )
    assert trace.converged
    np.testing.assert_allclose(trace.minimizer, [0, np.sqrt(0.5)], atol=1e-8)


@pytest.mark.parametrize(("n", "offset"), [(100_000, 1e8), (10_000, 1e10)])
def test_newton_ends_where_the_rest_is_rounding(n, offset):
    x = offset + np.random.default_rng(0).normal(size=n)  # the mean has no more than eight decimals
    trace = newton(
        lambda m: 0.5 * np.sum((x - m) ** 2), lambda m: np.sum(m - x), lambda m: n, offset + 3
    )
    assert trace.converged
    assert trace.steps < 10
    assert abs(trace.minimizer[0] - x.mean()) < 1e-3 / np.sqrt(n)  # a thousandth of its error


def test_newton_may_be_given_more_steps_than_memory_holds():
    trace = newton(
        lambda x: x @ x, lambda x: 2 * x, lambda x: 2 * np.eye(50), np.ones(50), steps=10**9
    )
    assert trace.converged
    assert trace.x.shape == (2, 50)


def test_newton_survives_a_direction_too_long_for_a_double():
    trace = newton(
        lambda x: 1e150 * x @ x, lambda x: 2e150 * x, lambda x: 1e-200 * np.eye(2), [1.0, 1.0]
    )
    assert not trace.converged


def test_an_objective_without_a_minimum_does_not_converge():
    trace = newton(lambda x: np.exp(-x), lambda x: -np.exp(-x), lambda x: np.exp(-x), 0.0, steps=20)
    assert not trace.converged
    assert "stopped after 20 steps" in trace.message
    assert trace.x.shape == (21, 1)


def test_a_wrong_gradient_is_suspected():
    trace = newton(bowl, lambda x: -bowl_slope(x), lambda x: A, [4.0, 4.0])
    assert not trace.converged
    assert "check_gradient" in trace.message


def test_newton_stays_in_the_domain_by_halving():
    trace = newton(lambda x: x - np.log(x), lambda x: 1 - 1 / x, lambda x: 1 / x**2, 50.0)
    assert trace.converged
    assert (trace.x > 0).all()
    assert trace.minimizer[0] == pytest.approx(1, rel=1e-12)


# -- stochastic gradients --------------------------------------------------------------------------


def test_newton_follows_the_slope_where_there_is_no_curvature_at_all():
    trace = newton(
        lambda x: ((x - 1) ** 2).sum(), lambda x: 2 * (x - 1), lambda x: 0 * np.eye(2), [3, 4]
    )
    np.testing.assert_allclose(trace.minimizer, [1, 1], atol=1e-6)


def test_a_trace_without_values_of_f_does_not_show_them():
    trace = sgd(lambda x, rows: 2 * (x - 1), [0.0], 10, rng=0)
    assert "nan" not in repr(trace)


def test_sgd_visits_every_row_once_an_epoch():
    seen = []

    def g(x, rows):
        seen.append(rows.copy())
        return np.zeros(2)

    trace = sgd(g, [0.0, 0.0], n_rows=10, batch_size=4, epochs=3, rng=1)
    *batches, everything = seen
    assert [len(b) for b in batches] == [4, 4, 2] * 3
    for epoch in range(3):
        assert sorted(np.concatenate(batches[3 * epoch : 3 * epoch + 3])) == list(range(10))
    assert not np.array_equal(np.concatenate(batches[:3]), np.concatenate(batches[3:6]))
    assert sorted(everything) == list(range(10))
    assert trace.steps == 9
    assert trace.x.shape == (10, 2)


def test_sgd_is_reproducible_and_a_generator_serves_as_well_as_its_seed():
    x = np.random.default_rng(0).normal(2, 1, 100)

    def run(rng):
        return sgd(lambda m, rows: m - x[rows].mean(), 0.0, 100, rng=rng)

    np.testing.assert_array_equal(run(5).x, run(5).x)
    np.testing.assert_array_equal(run(5).x, run(np.random.default_rng(5)).x)
    assert not np.array_equal(run(5).x, run(6).x)


def test_a_falling_rate_settles_and_a_constant_one_hovers():
    x = np.random.default_rng(0).normal(2, 1, 400)

    def g(m, rows):
        return m - x[rows].mean()

    settled = sgd(g, 0.0, 400, 10, lambda k: 1 / (k + 1), epochs=20, rng=1)
    assert settled.converged
    assert settled.minimizer[0] == pytest.approx(x.mean(), abs=1e-12)
    hovering = sgd(g, 0.0, 400, 10, 0.5, epochs=20, rng=1)
    assert not hovering.converged
    assert "not flat" in hovering.message
    cloud = hovering.x[100:, 0] - x.mean()
    expected = np.sqrt(0.5 / (2 - 0.5) * x.var() / 10)  # of an AR(1) with independent batches
    assert cloud.std() == pytest.approx(expected, rel=0.25)


def test_full_batches_are_gradient_descent():
    x = np.random.default_rng(0).normal(2, 1, 50)
    one = sgd(lambda m, rows: m - x[rows].mean(), 0.0, 50, 50, 0.2, 8, rng=1)
    other = gradient_descent(
        lambda m: 0.5 * m**2 - m * x.mean(), lambda m: m - x.mean(), 0.0, 0.2, 8
    )
    np.testing.assert_allclose(one.x, other.x, rtol=1e-12)


def test_sgd_records_f_and_keeps_as_many_points_as_asked():
    x = np.random.default_rng(0).normal(2, 1, 100)

    def f(m):
        return 0.5 * np.mean((m - x) ** 2)

    def g(m, rows):
        return m - x[rows].mean()

    trace = sgd(g, 0.0, 100, 10, 0.1, 6, rng=1, f=f, record_every=25)
    np.testing.assert_array_equal(trace.step, [0, 25, 50, 60])
    assert trace.x.shape == (4, 1)
    np.testing.assert_allclose(trace.f, [f(m) for m in trace.x[:, 0]])
    assert np.isnan(sgd(g, 0.0, 100, 10, 0.1, 2, rng=1).f).all()
    assert np.isnan(sgd(g, 0.0, 100, 10, 0.1, 2, rng=1).minimum)


def test_sgd_that_overflows_stops_and_says_so():
    trace = sgd(lambda m, rows: m, 1.0, 100, 10, 1e6, 20, rng=1)
    assert not trace.converged
    assert "diverged at step" in trace.message
    assert np.isfinite(trace.x).all()


@pytest.mark.parametrize("end", [np.inf, np.nan])
def test_sgd_whose_objective_is_no_number_has_not_converged_however_flat_its_slope(end):
    trace = sgd(lambda m, rows: 0.0 * m, 1.0, 100, f=lambda m: end, rng=1)
    assert not trace.converged
    assert f"diverged: f is {end} at the end" in trace.message


# -- Fisher scoring --------------------------------------------------------------------------------


def test_fisher_scoring_reaches_the_familys_own_maximum():
    from mlecore import Gamma, Likelihood

    x = np.random.default_rng(4).gamma(2.5, 1.7, 300)
    L = Likelihood(Gamma, x)
    own = Gamma.fit(x)
    trace = fisher_scoring(L, {"shape": 1.0, "rate": 1.0})
    assert trace.converged
    np.testing.assert_allclose(trace.minimizer, list(own.params.values()), rtol=1e-8)
    assert trace.minimum == pytest.approx(-own.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(trace.f, -L.log_likelihood(trace.x), rtol=1e-12)
    same = fisher_scoring(L, [1.0, 1.0])
    np.testing.assert_array_equal(trace.x, same.x)


def test_fisher_scoring_stays_in_the_domain():
    from mlecore import Gamma, Likelihood

    x = np.random.default_rng(4).gamma(0.2, 1.0, 100)
    trace = fisher_scoring(Likelihood(Gamma, x), [9.0, 0.01])
    assert trace.converged
    assert (trace.x > 0).all()


def test_fisher_scoring_names_the_parameters_that_it_wants():
    from mlecore import Gamma, Likelihood

    L = Likelihood(Gamma, [1.0, 2.0, 3.0])
    with pytest.raises(DataError, match="shape, rate"):
        fisher_scoring(L, {"shape": 1.0})
    with pytest.raises(DataError, match="start where it is finite"):
        fisher_scoring(L, [-1.0, 1.0])


# -- check_gradient --------------------------------------------------------------------------------


def test_a_right_gradient_agrees_to_many_digits():
    check = check_gradient(rosenbrock, rosenbrock_slope, [-1.2, 1.0])
    assert check
    assert check.agrees
    assert check.error < 1e-10
    assert "agrees" in repr(check)
    assert check_gradient(np.exp, np.exp, 0.0)
    assert check_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2, np.ones((2, 3)))


def test_a_wrong_component_is_named():
    check = check_gradient(rosenbrock, lambda x: rosenbrock_slope(x) * [1, 1.001], [-1.2, 1.0])
    assert not check
    assert check.worst == 1
    assert "component 1 is -88.088" in repr(check)
    assert "give -88" in repr(check)


def test_a_right_gradient_is_not_accused_at_a_minimum():
    assert check_gradient(bowl, bowl_slope, BOTTOM)
    assert not check_gradient(bowl, lambda x: bowl_slope(x) + np.array([0, 1e-9]), BOTTOM)


@pytest.mark.parametrize("tiny", [1e-12, 1e-9, -1e-7])
def test_a_right_gradient_is_not_accused_where_a_component_is_nearly_zero(tiny):
    x = [tiny, 1.5]
    check = check_gradient(lambda x: np.sum((x - 1) ** 2), lambda x: 2 * (x - 1), x)
    assert check
    assert check.error < 1e-9
    wrong = check_gradient(lambda x: np.sum((x - 1) ** 2), lambda x: 2.00001 * (x - 1), x)
    assert not wrong
    assert wrong.error == pytest.approx(5e-6, rel=1e-3)


def test_a_parameter_measured_in_small_units_keeps_its_short_step():
    def f(x):
        return np.cos(1e9 * x[0]) + np.log(x[1])

    assert check_gradient(f, lambda x: [-1e9 * np.sin(1e9 * x[0]), 1 / x[1]], [1e-9, 5.0])


def test_a_flat_function_has_a_zero_gradient():
    assert check_gradient(lambda x: 1.0, lambda x: np.zeros(2), [1.0, 2.0])
    assert not check_gradient(lambda x: 1.0, lambda x: np.full(2, 1e-9), [1.0, 2.0])


# -- traces, errors, progress ----------------------------------------------------------------------


def test_a_trace_is_frozen_and_displays_itself():
    trace = gradient_descent(bowl, bowl_slope, [4.0, 4.0], steps=30)
    with pytest.raises(ValueError, match="read-only"):
        trace.x[0] = 0
    with pytest.raises(AttributeError):
        trace.converged = True
    assert repr(trace).startswith("Trace of gradient_descent: 30 steps, not converged")
    page = trace._repr_html_()
    assert page.count("<tr>") == 1 + 7 + 1
    assert "&#8942;" in page
    assert gradient_descent(bowl, bowl_slope, [4.0, 4.0], steps=2)._repr_html_().count("<tr>") == 4


def test_no_step_is_a_trace_of_one_point():
    trace = gradient_descent(bowl, bowl_slope, BOTTOM, steps=0)
    assert trace.x.shape == (1, 2)
    assert trace.converged


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"x0": [np.nan, 1.0]}, "x0 must be finite"),
        ({"x0": "a"}, "x0 must be numbers"),
        ({"x0": []}, "x0 must be finite"),
        ({"x0": [1.0, 2.0, 3.0], "f": lambda x: 0.0}, "grad returned shape"),
        ({"x0": [1.0, 2.0], "f": lambda x: x}, "f must return one number"),
        ({"x0": [1.0, 2.0], "f": lambda x: np.inf}, "f is inf at x0"),
        ({"x0": [1.0, 2.0], "grad": lambda x: x * np.nan}, "gradient is .* at x0"),
        ({"x0": [1.0, 2.0], "learning_rate": -1}, "learning_rate must be a positive number"),
        ({"x0": [1.0, 2.0], "f": lambda x: None}, "f must return one number, and returned None"),
        ({"x0": [1.0, 2.0], "f": lambda x: 1j}, "f must return one number"),
        (
            {
                "x0": np.ones((2, 3)),
                "f": lambda x: np.sum(x**2),
                "grad": lambda x: 2 * x.T,
            },
            r"grad returned shape \(3, 2\), and x has shape \(2, 3\)",
        ),
        ({"x0": [1.0, 2.0], "learning_rate": "a"}, "learning_rate must be a positive number"),
        ({"x0": [1.0, 2.0], "steps": "a"}, "steps must be a whole number"),
        ({"x0": [1.0, 2.0], "steps": np.nan}, "steps must be a whole number"),
        ({"x0": [1.0, 2.0], "steps": np.inf}, "steps must be a whole number"),
        ({"x0": [1.0, 2.0], "steps": -1}, "steps must be a whole number"),
        ({"x0": [1.0, 2.0], "steps": 1.5}, "steps must be a whole number"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    given = {"f": bowl, "grad": lambda x: A @ x[:2] - B, **arguments}
    with pytest.raises(DataError, match=says):
        gradient_descent(**given)


def test_bad_hessians_and_sizes_are_named():
    with pytest.raises(DataError, match="Hessian has shape"):
        newton(bowl, bowl_slope, lambda x: np.ones(3), [1.0, 1.0])
    with pytest.raises(DataError, match="Hessian is not finite"):
        newton(bowl, bowl_slope, lambda x: A * np.nan, [1.0, 1.0])
    with pytest.raises(DataError, match="batch_size must be a whole number of at least 1"):
        sgd(lambda x, rows: x, 0.0, 10, 0)
    with pytest.raises(DataError, match="grad_on_rows returned shape"):
        sgd(lambda x, rows: np.ones(3), 0.0, 10)
    with pytest.raises(DataError, match="not finite near x"):
        check_gradient(np.log, lambda x: 1 / x, 1e-300) and check_gradient(
            lambda x: np.inf if x != 1 else 0.0, lambda x: 0.0, 1.0
        )


def test_whole_numbers_may_be_floats():
    assert gradient_descent(bowl, bowl_slope, [4.0, 4.0], steps=10.0).steps == 10
    assert newton(bowl, bowl_slope, lambda x: A, [4.0, 4.0], steps=10.0).converged
    assert sgd(lambda x, rows: x, 1.0, 10.0, 5.0, epochs=2.0, rng=1).steps == 4


def test_the_start_is_never_modified():
    start = np.array([4.0, 4.0])
    gradient_descent(bowl, bowl_slope, start)
    newton(bowl, bowl_slope, lambda x: A, start)
    sgd(lambda x, rows: x, start, 10, rng=1)
    np.testing.assert_array_equal(start, [4.0, 4.0])


def test_progress_calls_back_with_what_is_done():
    calls = []
    gradient_descent(bowl, bowl_slope, [4.0, 4.0], steps=3, progress=lambda *a: calls.append(a))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    calls.clear()
    sgd(lambda x, rows: x, 0.5, 10, epochs=2, rng=1, progress=lambda *a: calls.append(a))
    assert calls == [(1, 2), (2, 2)]


def test_progress_is_silent_on_short_runs_and_one_line_on_long_ones(capsys, monkeypatch):
    clock = iter(np.arange(0, 100, 0.5))
    tick = ticker(True, 3, "quick")
    for k in range(3):
        tick(k + 1)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    tick = ticker(True, 10, "fits")
    for k in range(10):
        tick(k + 1)
    said = capsys.readouterr().err
    assert said.endswith("\n")
    assert said.count("\n") == 1
    assert "fits: 10 of 10 (100%), 5 s" in said
    assert "about" in said
    with pytest.raises(TypeError, match="progress must be"):
        ticker("yes", 3, "x")


@pytest.mark.parametrize(
    "run",
    [
        lambda show: gradient_descent(bowl, bowl_slope, [4.0, 4.0], 9.0, 900, progress=show),
        lambda show: gradient_descent(
            bowl, bowl_slope, [4.0, 4.0], 0.1, 900, tolerance=1e-3, progress=show
        ),
        lambda show: newton(
            lambda x: np.exp(-x) - x, lambda x: -np.exp(-x) - 1, np.exp, 0.0, steps=9, progress=show
        ),
        lambda show: newton(
            lambda x: x[0] ** 4 - x[1] ** 2,
            lambda x: np.array([4 * x[0] ** 3, -2 * x[1]]),
            lambda x: np.diag([12 * x[0] ** 2, -2.0]),
            [1.0, 0.0],
            progress=show,
        ),
        lambda show: sgd(lambda x, rows: x, 1.0, 100, 100, 1e6, 900, rng=1, progress=show),
    ],
    ids=[
        "a divergence",
        "an early end",
        "an endless descent",
        "a saddle",
        "a stochastic divergence",
    ],
)
def test_however_a_run_ends_its_progress_line_ends_with_it(run, capsys, monkeypatch):
    clock = iter(np.arange(0, 10_000, 0.7))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    run(True)
    said = capsys.readouterr().err
    assert said.startswith("\r")
    assert said.endswith("\n")
    assert said.count("\n") == 1


# -- what is no minimum is not converged, in any unit ----------------------------------------------


def separated():
    """A logistic loss of separated labels, its gradient and Hessian."""
    design = np.column_stack([np.ones(6), np.arange(1.0, 7.0)])
    y = np.array([0, 0, 0, 1, 1, 1])

    def p(b):
        return 1.0 / (1.0 + np.exp(-design @ b))

    return (
        lambda b: np.logaddexp(0.0, design @ b).sum() - y @ (design @ b),
        lambda b: design.T @ (p(b) - y),
        lambda b: design.T @ (design * (p(b) * (1.0 - p(b)))[:, None]),
    )


def test_newton_does_not_converge_where_f_falls_for_ever():
    falls = newton(lambda x: np.exp(-x), lambda x: -np.exp(-x), lambda x: np.exp(-x), 0.0)
    assert not falls.converged
    assert "fall for ever" in falls.message
    trace = newton(*separated(), [0.0, 0.0])
    assert not trace.converged
    assert "separated data" in trace.message


def test_fisher_scoring_does_not_converge_on_separated_data():
    f, slope, curvature = separated()

    class Separated:
        names = ("a", "b")
        log_likelihood = staticmethod(lambda b: -f(b))
        score = staticmethod(lambda b: -slope(b))
        expected_information = staticmethod(curvature)

    trace = fisher_scoring(Separated, [0.0, 0.0])
    assert not trace.converged
    assert "separated data" in trace.message


def test_newton_does_not_converge_at_an_inflection():
    assert not newton(lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x, 1.0).converged


@pytest.mark.parametrize("unit", [1e-10, 1.0, 1e10])
def test_gradient_descent_stops_on_grounds_that_know_no_units(unit):
    def descend(rate):
        return gradient_descent(
            lambda x: unit * (x - 3) ** 2, lambda x: 2 * unit * (x - 3), 0.0, rate, 200
        )

    arrives = descend(0.1 / unit)
    assert arrives.converged
    assert arrives.minimizer[0] == pytest.approx(3.0, abs=1e-5)
    assert not descend(1e-6 / unit).converged


def test_gradient_descent_does_not_converge_at_a_saddle():
    trace = gradient_descent(
        lambda x: x[0] ** 2 - x[1] ** 2, lambda x: np.array([2 * x[0], -2 * x[1]]), [1.0, 0.0]
    )
    assert not trace.converged
    assert "saddle" in trace.message
