"""Losses against fifty digits, against PyTorch's recorded values, and at the edges."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from mlecore import Normal
from mlecore.errors import DataError
from mlecore.linked import LINKED, targets
from mlecore.losses import bce, bce_with_logits, mae, mse, nll, softmax_cross_entropy
from mlecore.optimize import check_gradient

LOGITS = [
    0.0,
    1e-300,
    1e-9,
    0.3,
    -0.3,
    2.5,
    -17.0,
    36.5,
    -36.5,
    40.0,
    700.0,
    -745.0,
    1000.0,
    -1000.0,
    1e308,
]
TRUTHS = [0.0, 0.25, 0.5, 1 - 2**-40, 1.0]


def exact_bce_with_logits(y: float, z: float) -> mpmath.mpf:
    y, z = mpmath.mpf(y), mpmath.mpf(z)
    if abs(z) > 1e6:  # e^-|z| is far below the smallest double
        return max(z, 0) - y * z
    return y * mpmath.log1p(mpmath.exp(-z)) + (1 - y) * mpmath.log1p(mpmath.exp(z))


def exact_softmax(y: int, z: list[float]) -> mpmath.mpf:
    others = mpmath.fsum(
        mpmath.exp(mpmath.mpf(v) - mpmath.mpf(z[y])) for k, v in enumerate(z) if k != y
    )
    return mpmath.log1p(others)


def relative(value: float, exact: mpmath.mpf) -> float:
    if exact < 1e-320:  # below the doubles: zero is right
        return float(value)
    return float(abs(mpmath.mpf(float(value)) - exact) / exact)


class Coin:
    """A distribution of one's own: all that nll asks for is log_prob."""

    def __init__(self, p: float) -> None:
        self.p = p

    def log_prob(self, x):
        return np.where(np.asarray(x) == 1, np.log(self.p), np.log1p(-self.p))


# -- exact values ------------------------------------------------------------------------------


@pytest.mark.parametrize("y", TRUTHS)
@pytest.mark.parametrize("z", LOGITS)
def test_bce_with_logits_keeps_its_digits_at_every_logit(y, z):
    assert relative(bce_with_logits(y, z), exact_bce_with_logits(y, z)) < 4e-16


def test_bce_with_logits_at_a_thousand_is_zero_or_a_thousand():
    assert bce_with_logits(1, 1000.0) == 0.0
    assert bce_with_logits(0, 1000.0) == 1000.0
    assert bce_with_logits(1, -1000.0) == 1000.0
    assert bce_with_logits(0, -1000.0) == 0.0


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses_of_huge_logits_have_a_finite_mean_and_a_sum_that_may_not_be(reduction):
    y, z = [0.0, 0.0, 1.0], [1e308, 1.5e308, -1e308]
    rows = np.column_stack([np.zeros(3), z])
    expected = {"mean": 1e308 * (3.5 / 3), "sum": np.inf}[reduction]
    assert bce_with_logits(y, z, reduction=reduction) == pytest.approx(expected, rel=1e-15)
    assert softmax_cross_entropy([0, 0, 1], rows, reduction=reduction) == pytest.approx(
        expected, rel=1e-15
    )
    assert mae([1e308, 1.5e308, -1e308], 0.0, reduction=reduction) == pytest.approx(
        expected, rel=1e-15
    )


def test_logits_further_apart_than_any_double_cost_what_the_mixture_of_them_costs():
    z = [-1e308, 1e308]
    assert softmax_cross_entropy(1, z) == 0.0
    assert softmax_cross_entropy(0, z) == np.inf  # 2e308 rounds to it
    assert softmax_cross_entropy([0.25, 0.75], z) == pytest.approx(5e307, rel=1e-15)


def test_bce_with_logits_at_infinite_logits_is_bce_at_certainty():
    z, p = np.array([np.inf, np.inf, -np.inf, -np.inf]), np.array([1.0, 1.0, 0.0, 0.0])
    y = np.array([1.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(
        bce_with_logits(y, z, reduction="none"), [0.0, np.inf, 0.0, np.inf]
    )
    np.testing.assert_array_equal(bce(y, p, reduction="none"), [0.0, np.inf, 0.0, np.inf])


@pytest.mark.parametrize(
    "row",
    [
        [0.1, -2.3, 1.7],
        [40.0, 0.0, -1.0],
        [1000.0, 0.0, -1000.0],
        [-1e5, -1e5, -1e5 + 30],
        [3.0, 3.0, 3.0],
        [0.0, 1e-12, -1e-12],
        [7.0],
    ],
)
def test_softmax_cross_entropy_keeps_its_digits(row):
    for y in range(len(row)):
        exact = exact_softmax(y, row)
        assert relative(softmax_cross_entropy(y, row), exact) < 5e-16 * max(1, len(row))


def test_softmax_cross_entropy_of_two_classes_is_bce_with_logits():
    rng = np.random.default_rng(1)
    z = rng.normal(0, 30, 500)
    y = rng.integers(0, 2, 500)
    np.testing.assert_allclose(
        softmax_cross_entropy(y, np.column_stack([np.zeros(500), z]), reduction="none"),
        bce_with_logits(y, z, reduction="none"),
        rtol=1e-15,
    )


def test_softmax_cross_entropy_ignores_a_shift_of_all_logits():
    z = np.array([[1.0, 2.0, -3.0]])
    assert softmax_cross_entropy([1], z + 1024.0) == softmax_cross_entropy([1], z)


def test_a_class_ruled_out_costs_infinity_and_changes_nothing_else():
    assert softmax_cross_entropy(2, [0.0, 1.0, -np.inf]) == np.inf
    assert softmax_cross_entropy(0, [0.0, 1.0, -np.inf]) == softmax_cross_entropy(0, [0.0, 1.0])
    assert softmax_cross_entropy([0.5, 0.5, 0.0], [0.0, 1.0, -np.inf]) == softmax_cross_entropy(
        [0.5, 0.5], [0.0, 1.0]
    )


def test_one_hot_probabilities_equal_class_labels():
    rng = np.random.default_rng(2)
    z, y = rng.normal(0, 5, (4, 6, 3)), rng.integers(0, 3, (4, 6))
    np.testing.assert_array_equal(
        softmax_cross_entropy(np.eye(3)[y], z, reduction="none"),
        softmax_cross_entropy(y, z, reduction="none"),
    )


@pytest.mark.parametrize("y", TRUTHS)
@pytest.mark.parametrize("p", [1e-300, 1e-9, 0.25, 0.5, 1 - 2**-40])
def test_bce_keeps_its_digits(y, p):
    y_, p_ = mpmath.mpf(y), mpmath.mpf(p)
    exact = -(y_ * mpmath.log(p_) + (1 - y_) * mpmath.log1p(-p_))
    assert relative(bce(y, p), exact) < 4e-16


def test_a_certain_wrong_prediction_costs_infinity_and_a_right_one_nothing():
    assert bce(1, 0) == np.inf
    assert bce(0, 1) == np.inf
    assert bce(1, 1) == 0.0
    assert bce(0, 0) == 0.0
    assert not np.signbit(bce(1, 1))
    assert bce([1, 1], [0.5, 0.0]) == np.inf


def test_each_free_probability_is_best_at_what_was_seen():
    grid = np.linspace(0, 1, 101)
    for y in (0.0, 0.3, 1.0):
        assert grid[np.argmin(bce(y, grid, reduction="none"))] == pytest.approx(y)


# -- PyTorch, recorded -------------------------------------------------------------------------
# Printed by PyTorch 2.13.0 in float64 (torch.nn.functional: binary_cross_entropy, ..._with_logits,
# cross_entropy, mse_loss, l1_loss). Two habits of PyTorch differ: it clamps -log p at 100, and
# 1 + tiny loses the tiny.


def test_bce_with_logits_gives_pytorchs_values():
    y = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.25, 0.75]
    z = [1000.0, 1000.0, -1000.0, -1000.0, 0.3, 2.5, -1.7, 40.0]
    torch = [
        0.0,
        1000.0,
        1000.0,
        0.0,
        0.5543552444685271,
        2.5788897342925496,
        0.5927860293862659,
        10.0,
    ]
    np.testing.assert_allclose(bce_with_logits(y, z, reduction="none"), torch, rtol=3e-16)
    np.testing.assert_allclose(bce_with_logits(y, z), 251.71575387601843, rtol=3e-16)


def test_bce_gives_pytorchs_values_except_where_pytorch_clamps():
    p, y = [0.9, 0.1, 0.5, 0.3, 1.0, 0.0, 0.25, 0.6], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.25, 0.75]
    torch = [
        0.10536051565782628,
        0.10536051565782631,
        0.6931471805599453,
        0.35667494393873234,
        0.0,
        0.0,
        0.5623351446188083,
        0.6121919007930318,
    ]
    np.testing.assert_allclose(bce(y, p, reduction="none"), torch, rtol=5e-16)
    np.testing.assert_allclose(bce(y, p), 0.3043837751532713, rtol=5e-16)
    assert bce(1, 0) == np.inf  # PyTorch: 100.0


def test_softmax_cross_entropy_gives_pytorchs_values():
    z = [
        [1000.0, 0.0, -1000.0],
        [0.0, 1000.0, 0.0],
        [-1000.0, 0.0, 0.0],
        [0.1, -2.3, 1.7],
        [40.0, 0.0, -1.0],
    ]
    labels = softmax_cross_entropy([0, 0, 0, 2, 0], z, reduction="none")
    torch = [0.0, 1000.0, 1000.6931471805599, 0.19902474271121773, 0.0]
    np.testing.assert_allclose(labels, torch, rtol=5e-16, atol=1e-17)
    assert 0 < labels[4] < 1e-16  # PyTorch has lost it: exp(-40) + exp(-41), and here it stands
    np.testing.assert_allclose(
        softmax_cross_entropy([0, 0, 0, 2, 0], z), 400.1784343846542, rtol=3e-16
    )
    np.testing.assert_allclose(
        softmax_cross_entropy([0, 0, 0, 2, 0], z, reduction="sum"), 2000.892171923271, rtol=3e-16
    )
    soft = [[0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [1.0, 0.0, 0.0], [0.6, 0.4, 0.0], [0.98, 0.01, 0.01]]
    torch = [1100.0, 200.0, 1000.6931471805599, 2.7590247427112176, 0.81]
    np.testing.assert_allclose(softmax_cross_entropy(soft, z, reduction="none"), torch, rtol=5e-16)
    np.testing.assert_allclose(softmax_cross_entropy(soft, z), 460.8524343846542, rtol=3e-16)


def test_squared_and_absolute_errors_give_pytorchs_values():
    y, m = [1.5, -2.0, 0.25], [1.0, 3.0, 0.0]
    assert mse(y, m) == 8.4375
    np.testing.assert_array_equal(mse(y, m, reduction="none"), [0.25, 25.0, 0.0625])
    assert mae(y, m) == 1.9166666666666667
    assert mae(y, m, reduction="sum") == 5.75


# -- losses are likelihoods --------------------------------------------------------------------


def test_bce_is_the_bernoullis_negative_log_likelihood():
    from mlecore import Bernoulli

    rng = np.random.default_rng(3)
    p = rng.uniform(size=200)
    y = rng.integers(0, 2, 200)
    np.testing.assert_allclose(
        bce(y, p, reduction="none"), nll(Bernoulli(p), y, reduction="none"), rtol=2e-16
    )


def test_squared_error_is_the_normals_and_absolute_error_the_laplaces_up_to_scale():
    from scipy import stats

    y, m, s = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, 0.4]), 1.7
    normal = -stats.norm(m, s).logpdf(y).mean()
    laplace = -stats.laplace(m, s).logpdf(y).mean()
    assert mse(y, m) / (2 * s**2) + np.log(s * np.sqrt(2 * np.pi)) == pytest.approx(
        normal, rel=1e-14
    )
    assert mae(y, m) / s + np.log(2 * s) == pytest.approx(laplace, rel=1e-14)


def test_nll_takes_a_distribution_and_not_its_family():
    with pytest.raises(DataError, match=r"needs a distribution .* got Normal"):
        nll(Normal, [1.0])


def test_nll_takes_whatever_has_log_prob():
    assert nll(Coin(0.25), [1, 0, 0], reduction="sum") == pytest.approx(
        -np.log(0.25) - 2 * np.log(0.75)
    )
    assert nll(Coin(0.25), 1) == pytest.approx(np.log(4))


def test_nll_refuses_to_average_a_table_of_distributions_and_observations():
    from mlecore import Bernoulli, MultivariateNormal

    p, y = np.array([0.1, 0.2, 0.7]), [0, 1, 1]
    with pytest.raises(DataError, match=r"shape \(3, 1\) and x has shape \(3,\).*ravel"):
        nll(Bernoulli(p[:, None]), y)
    with pytest.raises(DataError, match="must match"):
        nll(Bernoulli(p), np.array(y)[:, None], reduction="sum")
    assert nll(Bernoulli(p[:, None]), y, reduction="none").shape == (3, 3)
    assert nll(Bernoulli(p), 1) == pytest.approx(-np.log(p).mean())
    plane = MultivariateNormal([0.0, 0.0], np.eye(2))
    assert nll(plane, np.zeros((3, 2))) == pytest.approx(np.log(2 * np.pi))


def test_nll_is_infinite_outside_the_support():
    from mlecore import Exponential

    assert nll(Exponential(rate=1.0), [1.0, -1.0]) == np.inf


# -- shapes and reductions ---------------------------------------------------------------------

PAIRS = [
    (bce, [1, 0, 1], [0.2, 0.3, 0.9]),
    (bce_with_logits, [1, 0, 1], [0.2, 0.3, 0.9]),
    (mse, [1, 0, 1], [0.2, 0.3, 0.9]),
    (mae, [1, 0, 1], [0.2, 0.3, 0.9]),
]


@pytest.mark.parametrize(("loss", "y", "m"), PAIRS)
def test_reductions_agree_with_each_other(loss, y, m):
    each = loss(y, m, reduction="none")
    assert each.shape == (3,)
    assert loss(y, m) == loss(y, m, reduction="mean") == np.mean(each)
    assert loss(y, m, reduction="sum") == np.sum(each)
    with pytest.raises(DataError, match=r"'mean', 'sum' or 'none'.*'avg'"):
        loss(y, m, reduction="avg")


@pytest.mark.parametrize(("loss", "y", "m"), PAIRS)
def test_a_scalar_broadcasts_and_a_column_against_a_row_is_refused_unless_a_table_is_asked_for(
    loss, y, m
):
    assert loss(1, m, reduction="none").shape == (3,)
    assert loss(y, 0.5, reduction="none").shape == (3,)
    column = np.array(m)[:, None]
    with pytest.raises(DataError, match=r"\(3,\).*\(3, 1\)"):
        loss(y, column)
    assert loss(y, column, reduction="none").shape == (3, 3)
    with pytest.raises(DataError, match="must match"):
        loss(y, [0.1, 0.2])


@pytest.mark.parametrize(("loss", "y", "m"), PAIRS)
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([], "empty"),
        ([0.1, np.nan, 0.2], "index 1"),
        (["a", "b", "c"], "real numbers"),
        ([1j, 0, 0], "real numbers"),
        ([[1], [1, 2]], "different lengths"),
        ([None, 1, 2], "real numbers"),
        (np.ma.array([0, 1, 1], mask=[0, 0, 1]), "mask would be lost"),
    ],
)
def test_bad_input_is_named(loss, y, m, bad, says):
    with pytest.raises(DataError, match=says):
        loss(y, bad)
    with pytest.raises(DataError, match=says):
        loss(bad, m)


@pytest.mark.parametrize("loss", [bce, bce_with_logits])
@pytest.mark.parametrize("y", [2, -1, 1.0000001, np.inf])
def test_a_truth_that_is_no_probability_is_refused(loss, y):
    with pytest.raises(DataError, match="y must lie between 0 and 1"):
        loss([0, y], [0.1, 0.2])


def test_a_logit_given_to_bce_is_pointed_to_the_right_function():
    with pytest.raises(DataError, match="index 1; logits go into bce_with_logits"):
        bce([0, 1], [0.5, 3.0])


@pytest.mark.parametrize("loss", [mse, mae])
def test_infinite_values_have_no_error(loss):
    with pytest.raises(DataError, match="infinite"):
        loss([1.0, np.inf], [1.0, np.inf])


def test_the_square_of_a_huge_error_is_infinite_without_a_warning():
    assert mse(1e200, -1e200) == np.inf


@pytest.mark.parametrize(
    ("y", "z", "says"),
    [
        ([0, 3], np.zeros((2, 3)), "classes 0 to 2, and is 3 at index 1"),
        ([0, -1], np.zeros((2, 3)), "is -1"),
        ([0, 0.5], np.zeros((2, 3)), "is 0.5"),
        ([0, 1, 2], np.zeros((2, 3)), "shape"),
        ([[0.5, 0.4]], np.zeros((1, 2)), "sum 1"),
        ([[1.5, -0.5]], np.zeros((1, 2)), "not negative"),
        (0, 1.0, "one logit for each class"),
        (0, [np.inf, 0.0], r"\+inf at index 0"),
        ([0, 0], [[0.0, 1.0], [-np.inf, -np.inf]], "every logit is -inf.*index 1"),
        (0, [np.nan, 0.0], "NaN"),
        ([np.nan], [[0.0, 0.0]], "NaN"),
    ],
)
def test_bad_classes_and_logits_are_named(y, z, says):
    with pytest.raises(DataError, match=says):
        softmax_cross_entropy(y, z)


def test_nll_refuses_what_is_no_distribution_and_what_is_no_data():
    with pytest.raises(DataError, match="the distribution comes first"):
        nll([1.0, 2.0], Coin(0.5))
    with pytest.raises(DataError, match="empty"):
        nll(Coin(0.5), [])
    with pytest.raises(DataError, match="NaN"):
        nll(Coin(0.5), [np.nan])


def test_inputs_are_never_modified():
    y, z = np.array([0.0, 1.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
    before = y.copy(), z.copy()
    softmax_cross_entropy(y, z)
    bce_with_logits(y[:, None] * np.ones((2, 2)), z)
    np.testing.assert_array_equal(y, before[0])
    np.testing.assert_array_equal(z, before[1])


# -- losses of a predictor -----------------------------------------------------------------------


@pytest.mark.parametrize("loss", LINKED)
def test_the_slope_of_a_linked_loss_is_the_derivative_of_its_value(loss):
    linked, rng = LINKED[loss], np.random.default_rng(5)
    outputs = 1 if loss == "bce" else 3
    y = rng.integers(0, 2, (20, outputs)) if loss == "mse" else rng.integers(0, outputs + 1, 20) % 3
    y = targets(np.minimum(y, 1) if loss == "bce" else y, loss, outputs)
    check = check_gradient(
        lambda eta: linked.value(y, eta),
        lambda eta: linked.slope(linked.link(eta), y) / len(y),
        rng.normal(size=(20, outputs)),
    )
    assert check, check


def test_a_prediction_that_equals_its_target_has_no_slope():
    y = targets([2, 0], "softmax", outputs=3)
    np.testing.assert_array_equal(y, [[0, 0, 1], [1, 0, 0]])
    for linked in LINKED.values():
        np.testing.assert_array_equal(linked.slope(y, y), np.zeros((2, 3)))
