"""The network: its slopes by finite differences, its loss as a likelihood, its training on data no line separates."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore import MLP, DataError, LogisticRegression, SoftmaxRegression, check_gradient
from mlecore.errors import ConvergenceError


def half_moons(n: int, rng: np.random.Generator, noise: float = 0.2):
    """Return two interleaved half-circles and which of them each point is from."""
    angle, y = rng.uniform(0, np.pi, n), np.arange(n) % 2
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    return np.where(y[:, None] == 0, upper, lower) + rng.normal(0, noise, (n, 2)), y


X, Y = half_moons(300, np.random.default_rng(1))


@pytest.fixture(scope="module")
def net():
    return MLP([2, 16, 1], rng=2).fit(X, Y, loss="bce", epochs=300, learning_rate=0.5)


def loss_at(net: MLP, X, y, loss: str):
    """Return the average loss as a function of the weights."""

    def f(weights):
        net.weights = weights
        return net.average_loss(X, y, loss)

    return f


@pytest.mark.parametrize("sizes", [[2, 1], [2, 5, 1], [2, 7, 4, 1], [2, 3, 3, 3, 1]])
@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_backpropagation_agrees_with_finite_differences(sizes, loss):
    net = MLP(sizes, rng=3)
    y = Y if loss == "bce" else X[:, 0] ** 2
    check = check_gradient(
        loss_at(net, X, y, loss),
        lambda w: net.gradient(X, y, loss, w),
        net.weights + 0.1,
    )
    assert check, check


@pytest.mark.parametrize(("loss", "outputs"), [("softmax", 2), ("softmax", 4), ("mse", 3)])
def test_backpropagation_agrees_with_several_outputs(loss, outputs):
    net = MLP([2, 6, outputs], rng=3)
    rng = np.random.default_rng(4)
    y = rng.integers(0, outputs, 300) if loss == "softmax" else rng.normal(size=(300, outputs))
    check = check_gradient(
        loss_at(net, X, y, loss), lambda w: net.gradient(X, y, loss, w), net.weights
    )
    assert check, check


def test_a_network_learns_what_no_line_separates(net):
    line = LogisticRegression.fit(X, Y)
    assert np.mean(line.predict(X) == Y) < 0.9
    assert np.mean(net.predict(X) == Y) > 0.95
    fresh, truth = half_moons(2000, np.random.default_rng(9))
    assert np.mean(net.predict(fresh) == truth) > 0.94
    assert net.log_likelihood(X, Y) > line.log_likelihood + 50


def test_the_loss_is_the_bernoullis_negative_log_likelihood_to_the_last_digit(net):
    p = net.predict_proba(X)
    each = mle.bce(Y, p, reduction="none")
    np.testing.assert_array_equal(each, mle.nll(mle.Bernoulli(p), Y, reduction="none"))
    assert mle.bce(Y, p) == mle.nll(mle.Bernoulli(p), Y)
    # What the training minimised is computed from logits: the same number up to one rounding a term.
    assert net.trace.f[-1] == net.average_loss(X, Y) == pytest.approx(mle.bce(Y, p), rel=1e-14)
    assert net.log_likelihood(X, Y) == pytest.approx(
        -mle.nll(mle.Bernoulli(p), Y, reduction="sum"), rel=1e-14
    )


def test_the_trace_is_the_training_curve_once_an_epoch(net):
    assert net.trace.f.shape == (301,)
    assert net.trace.step[-1] == 300 * 10
    assert net.trace.f[-1] < 0.3 * net.trace.f[0]
    np.testing.assert_array_equal(net.trace.x[-1], net.weights)
    untrained = MLP([2, 16, 1], rng=2)
    np.testing.assert_array_equal(net.trace.x[0], untrained.weights)
    assert net.trace.f[0] == untrained.average_loss(X, Y, "bce")


def test_training_is_reproducible_and_goes_on_where_it_stopped():
    one = MLP([2, 4, 1], rng=5).fit(X, Y, epochs=6)
    again = MLP([2, 4, 1], rng=5).fit(X, Y, epochs=6)
    np.testing.assert_array_equal(one.weights, again.weights)
    halves = MLP([2, 4, 1], rng=5).fit(X, Y, epochs=3)
    halves.fit(X, Y, epochs=3)
    np.testing.assert_array_equal(one.weights, halves.weights)


def test_without_a_hidden_layer_it_is_logistic_regression():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 2))
    y = (rng.random(200) < 1 / (1 + np.exp(-x @ [1.0, -2.0] + 0.5))).astype(int)
    fit = LogisticRegression.fit(x, y)
    net = MLP([2, 1], rng=7).fit(x, y, epochs=3000, batch_size=200, learning_rate=2.0)
    assert net.trace.converged
    ((W, b),) = net.layers()
    np.testing.assert_allclose([b[0], *W[:, 0]], fit.theta, atol=5e-3)
    assert net.log_likelihood(x, y) == pytest.approx(fit.log_likelihood, abs=1e-3)
    np.testing.assert_allclose(net.predict_proba(x), fit.predict_proba(x), atol=2e-3)


def test_softmax_without_a_hidden_layer_is_softmax_regression():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(300, 2))
    y = (x @ [1.0, 0.5] + rng.logistic(size=300) > 0) + (
        x @ [0.3, 1.0] + rng.logistic(size=300) > 0.5
    ) * 1
    fit = SoftmaxRegression.fit(x, y)
    net = MLP([2, 3], rng=7).fit(x, y, "softmax", epochs=3000, batch_size=300, learning_rate=2.0)
    np.testing.assert_allclose(net.predict_proba(x), fit.predict_proba(x), atol=2e-3)
    assert net.log_likelihood(x, y) == pytest.approx(fit.log_likelihood, abs=1e-2)
    assert net.predict(x).tolist() == net.predict_proba(x).argmax(axis=1).tolist()


def test_squared_error_is_the_normals_log_likelihood():
    rng = np.random.default_rng(8)
    x = np.linspace(-2, 2, 200)[:, None]
    y = np.sin(2 * x[:, 0]) + rng.normal(0, 0.1, 200)
    net = MLP([1, 12, 1], rng=1).fit(x, y, "mse", epochs=400, batch_size=20)
    residual = y - net.predict(x)
    sigma = np.sqrt(np.mean(residual**2))
    assert sigma < 0.2
    normal = mle.Normal(net.predict(x), sigma).log_prob(y).sum()
    assert net.log_likelihood(x, y) == pytest.approx(normal, rel=1e-12)
    assert net.average_loss(x, y) == pytest.approx(sigma**2, rel=1e-12)


def test_the_forward_pass_is_the_formula():
    net = MLP([2, 3, 1], rng=0)
    (V, c), (W, b) = net.layers()
    assert V.shape == (2, 3)
    assert W.shape == (3, 1)
    np.testing.assert_allclose(net.eta(X), np.tanh(X @ V + c) @ W + b, rtol=1e-15)
    assert net.weights.size == 2 * 3 + 3 + 3 + 1


def test_a_training_that_runs_away_is_an_error_and_leaves_the_weights():
    net = MLP([1, 4, 1], rng=1)
    before = net.weights.copy()
    with pytest.raises(ConvergenceError, match="smaller learning_rate"):
        net.fit(
            np.linspace(-1, 1, 50)[:, None], np.linspace(-1e9, 1e9, 50), "mse", learning_rate=100.0
        )
    np.testing.assert_array_equal(net.weights, before)
    assert net.trace is None


@pytest.mark.parametrize("rate", [1e102, 10**102.5, 1e103, 1e160])
def test_whatever_overflows_in_training_is_a_convergence_error(rate):
    net = MLP([2, 1], rng=0)
    with pytest.raises(ConvergenceError, match=r"diverged.*smaller learning_rate"):
        net.fit(X, X[:, 0], "mse", learning_rate=rate, epochs=3, batch_size=300)
    assert net.trace is None


def test_a_network_of_inputs_too_large_is_an_error_and_no_warning():
    net, huge = MLP([2, 3, 1], rng=1), np.full((4, 2), 1e200)
    assert np.isfinite(net.eta(huge)).all()  # tanh is flat there
    assert np.isfinite(net.gradient(huge, [0, 1, 0, 1], "bce")).all()
    line = MLP([2, 1], rng=1)
    line.weights[:2] = 10.0
    for call in (
        line.eta,
        lambda X: line.average_loss(X, [0, 1, 0, 1], "bce"),
        lambda X: line.gradient(X, [0, 1, 0, 1], "mse"),
    ):
        with pytest.raises(DataError, match="unit size"):
            call(np.full((4, 2), 1e308))


def test_residuals_of_zero_have_an_infinite_density():
    x, y = np.zeros((5, 1)), np.zeros(5)
    assert MLP([1, 1], rng=1).fit(x, y, "mse", epochs=1).log_likelihood(x, y) == np.inf


def test_the_gradient_takes_weights_of_any_numbers():
    net = MLP([2, 3, 1], rng=1)
    expected = net.gradient(X, Y, "bce", np.ones(13))
    assert np.abs(expected).max() > 0.01
    np.testing.assert_array_equal(net.gradient(X, Y, "bce", np.ones(13, dtype=int)), expected)
    np.testing.assert_array_equal(net.gradient(X, Y, "bce", [1.0] * 13), expected)


def test_progress_counts_epochs():
    calls = []
    MLP([2, 1], rng=1).fit(X, Y, epochs=3, progress=lambda *a: calls.append(a))
    assert calls == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: MLP([2]), "two or more"),
        (lambda: MLP([2, 0, 1]), "at least 1"),
        (lambda: MLP([2, 1.5, 1]), "whole numbers"),
        (lambda: MLP([2, np.nan]), "whole numbers"),
        (lambda: MLP(3), "two or more"),
        (lambda: MLP(np.ones((2, 2))), "two or more"),
        (lambda: MLP([2, "a"]), "sizes must hold real numbers"),
        (lambda: MLP([3, 1]).fit(X, Y), r"shape \(n, 3\)"),
        (lambda: MLP([2, 1]).fit(X, Y[:-1]), "must match"),
        (lambda: MLP([2, 1]).gradient(X, Y[:1], "bce"), "300 rows and y 1 values"),
        (lambda: MLP([2, 2]).gradient(X, Y[:5], "softmax"), "300 rows and y 5 values"),
        (lambda: MLP([2, 1]).average_loss(X, Y[:5], "bce"), "300 rows and y 5 values"),
        (lambda: MLP([2, 1]).gradient(X, Y, "bce", np.ones(4)), r"shape \(3,\), got \(4,\)"),
        (lambda: MLP([2, 1]).gradient(X, Y, "bce", np.ones(2)), r"shape \(3,\), got \(2,\)"),
        (lambda: MLP([2, 1]).fit(X, Y[:, None]), "one-dimensional for loss='bce'"),
        (lambda: MLP([2, 1]).fit(X, X, "mse"), "one-dimensional for loss='mse'"),
        (lambda: MLP([2, 2]).fit(X, X[:, :1], "mse"), r"shape \(n, 2\), one column an output"),
        (lambda: MLP([2, 1]).fit(X, Y, batch_size=0), "batch_size must be a whole number"),
        (lambda: MLP([2, 1]).fit(X, Y + 1), r"0 and 1; y\[1\] is 2"),
        (lambda: MLP([2, 2]).fit(X, Y, "bce"), "one output, and sizes ends in 2"),
        (lambda: MLP([2, 2]).fit(X, Y + 1, "softmax"), r"classes 0 to 1; y\[1\] is 2"),
        (lambda: MLP([2, 2]).fit(X, Y, "mse"), r"shape \(n, 2\)"),
        (lambda: MLP([2, 1]).fit(X, Y, "hinge"), "'bce', 'softmax' or 'mse'"),
        (lambda: MLP([2, 1]).fit(X * np.nan, Y), "NaN"),
        (lambda: MLP([2, 1]).fit(X, Y * np.nan), "NaN"),
        (lambda: MLP([2, 1]).predict(X), "has not been trained"),
        (
            lambda: MLP([2, 1], rng=1).fit(X, X[:, 0], "mse", epochs=1).predict_proba(X),
            "use predict",
        ),
    ],
)
def test_bad_input_is_named(make, says):
    with pytest.raises(DataError, match=says):
        make()


def test_it_says_what_it_is(net):
    assert repr(MLP([2, 16, 1], rng=1)) == "MLP([2, 16, 1]): 65 weights, untrained"
    assert repr(net).startswith("MLP([2, 16, 1]): 65 weights, trained by bce: 0.")
