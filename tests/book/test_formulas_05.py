"""The formulas of chapter 5, *Which losses are likelihoods?*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

p, sigma, s = sp.symbols("p sigma s", positive=True)
y, z, m = sp.symbols("y z m", real=True)
MASS = p**y * (1 - p) ** (1 - y)
SIGMOID = 1 / (1 + sp.exp(-z))
LOSS = sp.log(1 + sp.exp(z)) - y * z
GRID = np.linspace(-30.0, 30.0, 61)


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("05_losses", globals()) == []


def test_eq_ch5_bernoulli() -> None:
    assert sp.simplify(MASS.subs(y, 0) + MASS.subs(y, 1)) == 1
    for label in (0, 1):
        assert mle.Bernoulli(p=0.3).pmf(label) == pytest.approx(
            float(MASS.subs({p: 0.3, y: label})), rel=1e-14
        )


def test_eq_ch5_bce() -> None:
    bce = -(y * sp.log(p) + (1 - y) * sp.log(1 - p))
    for label in (0, 1):
        assert sp.simplify(bce.subs(y, label) + sp.log(MASS.subs(y, label))) == 0
        for q in (1e-9, 0.3, 0.999):
            exact = float(bce.subs({y: label, p: sp.Rational(q)}).evalf(30))
            assert mle.bce(label, q) == pytest.approx(exact, rel=1e-14)


def test_eq_ch5_exponent() -> None:
    logit = sp.log(p / (1 - p))
    written = sp.exp(y * logit + sp.log(1 - p))
    for label in (0, 1):
        assert sp.simplify(written.subs(y, label) - MASS.subs(y, label)) == 0


def test_eq_ch5_sigmoid() -> None:
    inverse = sp.solve(sp.Eq(z, sp.log(p / (1 - p))), p)
    assert len(inverse) == 1
    assert sp.simplify(inverse[0] - SIGMOID) == 0


def test_eq_ch5_logits() -> None:
    for label in (0, 1):
        gap = LOSS.subs(y, label) + sp.log(MASS.subs(y, label).subs(p, SIGMOID))
        for value in (-3, 0, 2):
            assert abs(gap.subs(z, value).evalf(30)) < 1e-25
        here = [float(LOSS.subs({y: label, z: int(v)}).evalf(60)) for v in GRID]
        np.testing.assert_allclose(
            mle.bce_with_logits(label, GRID, reduction="none"), here, rtol=1e-14
        )


def test_eq_ch5_stable() -> None:
    stable = (1 - y) * sp.Max(z, 0) + y * sp.Max(-z, 0) + sp.log(1 + sp.exp(-sp.Abs(z)))
    for label in (0, 1, sp.Rational(1, 3)):
        for value in (-1000, -40, -1, 0, 1, 40, 1000):
            at = {y: label, z: value}
            assert abs((stable - LOSS).subs(at).evalf(30, maxn=3000)) < 1e-25
            assert all(term.subs(at) >= 0 for term in stable.args)


def test_eq_ch5_slope() -> None:
    assert sp.simplify(sp.diff(LOSS, z) - (SIGMOID - y)) == 0
    assert sp.simplify(sp.diff(LOSS, z, 2) - SIGMOID * (1 - SIGMOID)) == 0


def test_eq_ch5_chain() -> None:
    rng = np.random.default_rng(5)
    X, labels = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    b, w = 0.3, np.array([0.5, -1.0, 2.0])
    wrong_by = 1 / (1 + np.exp(-(X @ w + b))) - labels
    score = mle.Likelihood(mle.LogisticRegression, (X, labels)).score([b, *w])
    np.testing.assert_allclose(-score, [wrong_by.sum(), *(X.T @ wrong_by)], rtol=1e-12)
    assert mle.check_gradient(
        lambda v: mle.bce_with_logits(labels, X @ v + b, reduction="sum"),
        lambda v: X.T @ (1 / (1 + np.exp(-(X @ v + b))) - labels),
        w,
    )


def test_eq_ch5_normal() -> None:
    density = sp.exp(-((y - m) ** 2) / (2 * sigma**2)) / (sigma * sp.sqrt(2 * sp.pi))
    price = (y - m) ** 2 / (2 * sigma**2) + sp.log(sigma * sp.sqrt(2 * sp.pi))
    assert sp.simplify(sp.expand_log(sp.log(density), force=True) + price) == 0
    x = np.array([1.0, 4.0, -2.0])
    expected = mle.mse(x, 0.5) / (2 * 3.0**2) + np.log(3.0 * np.sqrt(2 * np.pi))
    assert mle.nll(mle.Normal(0.5, 3.0), x) == pytest.approx(expected, rel=1e-14)


def test_eq_ch5_laplace() -> None:
    density = sp.exp(-sp.Abs(y - m) / s) / (2 * s)
    price = sp.Abs(y - m) / s + sp.log(2 * s)
    assert sp.simplify(sp.expand_log(sp.log(density), force=True) + price) == 0
    assert sp.integrate(sp.exp(-sp.Abs(y) / s) / (2 * s), (y, -sp.oo, sp.oo)) == 1
    x = np.array([1.0, 4.0, -2.0])
    expected = mle.mae(x, 0.5) / 3.0 + np.log(6.0)
    assert mle.nll(mle.Laplace(0.5, 3.0), x) == pytest.approx(expected, rel=1e-14)


def test_eq_ch5_softmax() -> None:
    logits = sp.symbols("z0:4", real=True)
    total = sum(sp.exp(v) for v in logits)
    for label in range(4):
        probability = sp.exp(logits[label]) / total
        loss = sp.log(total) - logits[label]
        assert sp.simplify(sp.exp(-loss) - probability) == 0
        for k, v in enumerate(logits):
            wanted = sp.exp(v) / total - int(k == label)
            assert sp.simplify(sp.diff(loss, v) - wanted) == 0
    values = np.array([0.3, -1.0, 2.0, 0.0])
    probs = np.exp(values) / np.exp(values).sum()
    for label in range(4):
        assert mle.softmax_cross_entropy(label, values) == pytest.approx(
            mle.nll(mle.Categorical(probs=probs), label), rel=1e-13
        )
