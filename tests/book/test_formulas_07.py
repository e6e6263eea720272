"""The formulas of chapter 7, *A network learns by likelihood*, by SymPy and against `mlecore`."""

from __future__ import annotations

import numpy as np
import sympy as sp

import mlecore as mle
from formulas import unchecked

W = sp.Matrix(2, 2, sp.symbols("W11 W12 W21 W22", real=True))
c = sp.Matrix(sp.symbols("c1 c2", real=True))
v = sp.Matrix(sp.symbols("v1 v2", real=True))
x = sp.Matrix(sp.symbols("x1 x2", real=True))
b, y, z = sp.symbols("b y z", real=True)
A = W * x + c
H = A.applyfunc(sp.tanh)
LOGIT = (v.T * H)[0] + b
LOSS = sp.log(1 + sp.exp(z)) - y * z
R = sp.exp(z) / (1 + sp.exp(z)) - y

RNG = np.random.default_rng(7)
NET = mle.MLP([2, 2, 1], rng=7)
NET.weights = RNG.normal(size=NET.weights.size)
POINT, LABEL = RNG.normal(size=2), 1


def at(expression: sp.Expr) -> float:
    """The value of an expression in the network's weights and at the point, by `mlecore`'s layout."""
    (inner, inner_b), (outer, outer_b) = NET.layers()
    values = {
        **dict(zip(W.T, inner.ravel(), strict=True)),
        **dict(zip(c, inner_b, strict=True)),
        **dict(zip(v, outer.ravel(), strict=True)),
        **dict(zip(x, POINT, strict=True)),
        b: outer_b[0],
        y: LABEL,
    }
    return float(expression.subs(z, LOGIT).subs(values))


GRADIENT = NET.gradient([POINT], [LABEL], "bce")


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("07_network", globals()) == []


def test_eq_ch7_forward() -> None:
    assert np.isclose(at(LOGIT), NET.eta([POINT])[0, 0], rtol=1e-13)
    assert np.isclose(at(LOSS), NET.average_loss([POINT], [LABEL], "bce"), rtol=1e-13)


def test_eq_ch7_chain() -> None:
    # f depends on t through two later things, u and w: the slopes add.
    t, u, w = sp.symbols("t u w")
    f, later = sp.sin(u * w) + w**2, {u: t**3, w: sp.exp(t)}
    whole = sp.diff(f.subs(later), t)
    parts = sum(sp.diff(f, q).subs(later) * sp.diff(later[q], t) for q in (u, w))
    assert sp.expand(whole - parts) == 0


def test_eq_ch7_miss() -> None:
    assert sp.simplify(sp.diff(LOSS, z) - R) == 0
    assert np.isclose(at(R), GRADIENT[-1], rtol=1e-12)


def test_eq_ch7_last() -> None:
    h = sp.Matrix(sp.symbols("h1 h2", real=True))
    of_h = LOSS.subs(z, (v.T * h)[0] + b)
    r = R.subs(z, (v.T * h)[0] + b)
    for k in range(2):
        assert sp.expand(sp.diff(of_h, v[k]) - r * h[k]) == 0
        assert sp.expand(sp.diff(of_h, h[k]) - r * v[k]) == 0
        assert np.isclose(at(R * H[k]), GRADIENT[6 + k], rtol=1e-12)
    assert sp.expand(sp.diff(of_h, b) - r) == 0


def test_eq_ch7_squeeze() -> None:
    a = sp.Symbol("a", real=True)
    assert sp.expand(sp.diff(sp.tanh(a), a) - (1 - sp.tanh(a) ** 2)) == 0
    for k in range(2):
        assert np.isclose(at(R * v[k] * (1 - H[k] ** 2)), GRADIENT[4 + k], rtol=1e-12)


def test_eq_ch7_first() -> None:
    f = LOSS.subs(z, LOGIT)
    for k in range(2):
        back = (R * v[k] * (1 - H[k] ** 2)).subs(z, LOGIT)
        assert sp.expand(sp.diff(f, c[k]) - back) == 0
        for j in range(2):
            assert sp.expand(sp.diff(f, W[k, j]) - back * x[j]) == 0
            assert np.isclose(at(back * x[j]), GRADIENT[2 * j + k], rtol=1e-12)


def test_eq_ch7_softmax() -> None:
    h = sp.Matrix(sp.symbols("h1 h2", real=True))
    V = sp.Matrix(3, 2, sp.symbols("V1:7", real=True))
    logits = V * h
    total = sum(sp.exp(s) for s in logits)
    for seen in range(3):
        f = sp.log(total) - logits[seen]
        miss = [sp.exp(s) / total - int(j == seen) for j, s in enumerate(logits)]
        for k in range(2):
            for j in range(3):
                assert sp.simplify(sp.diff(f, V[j, k]) - miss[j] * h[k]) == 0
            message = sum(miss[j] * V[j, k] for j in range(3))
            assert sp.simplify(sp.diff(f, h[k]) - message) == 0


def test_eq_ch7_prior() -> None:
    theta = [0.5, -2.0, 1.0]
    density = mle.Normal(0.0, 1.7).log_prob(theta).sum()
    constant = -3 * np.log(1.7 * np.sqrt(2 * np.pi))
    assert np.isclose(density, -np.sum(np.square(theta)) / (2 * 1.7**2) + constant, rtol=1e-14)


def test_eq_ch7_decay() -> None:
    X, labels, tau = RNG.normal(size=(9, 2)), RNG.integers(0, 2, 9), 1.7

    def posterior(theta: np.ndarray) -> float:
        """Minus its logarithm, a point, up to a constant."""
        NET.weights = theta
        prior = mle.Normal(0.0, tau).log_prob(theta).sum()
        return NET.average_loss(X, labels, "bce") - prior / 9

    assert mle.check_gradient(
        posterior,
        lambda theta: NET.gradient(X, labels, "bce", theta) + theta / (9 * tau**2),
        RNG.normal(size=NET.weights.size),
    )


def test_eq_ch7_proper() -> None:
    pi, p = sp.symbols("pi_ p", positive=True)
    price = -pi * sp.log(p) - (1 - pi) * sp.log(1 - p)
    assert sp.solve(sp.diff(price, p), p) == [pi]
    bend = sp.simplify(sp.diff(price, p, 2).subs(p, pi))
    assert sp.simplify(bend - 1 / (pi * (1 - pi))) == 0
    said = np.linspace(0.01, 0.99, 99)
    assert (
        said[
            np.argmin(
                0.3 * mle.bce(1, said, reduction="none") + 0.7 * mle.bce(0, said, reduction="none")
            )
        ]
        == 0.3
    )
