"""The formulas of chapter 14, *Against the method of moments*, by SymPy, by enumeration and against `mlecore`."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
import sympy as sp

import mlecore as mle
from formulas import unchecked

A, B = sp.symbols("alpha beta", positive=True)


def raw(power: int) -> sp.Expr:
    """The expectation of X**power under a Gamma."""
    return sp.gamma(A + power) / sp.gamma(A) / B**power


def efficiency(shape: float) -> float:
    value = 1 / (2 * (A + 1) * (A * sp.polygamma(1, A) - 1))
    return float(sp.N(value.subs(A, sp.Rational(shape)), 40))


def every_raid(tanks: int, k: int) -> list[tuple[int, ...]]:
    return list(combinations(range(1, tanks + 1), k))


def test_every_formula_of_the_chapter_is_checked_here() -> None:
    assert unchecked("14_moments", globals()) == []


def test_eq_ch14_match() -> None:
    mean, variance = raw(1), sp.gammasimp(raw(2) - raw(1) ** 2)
    assert sp.simplify(sp.gammasimp(mean**2 / variance) - A) == 0
    assert sp.simplify(sp.gammasimp(mean / variance) - B) == 0
    x = mle.datasets.load("precipitation").sample
    fit = mle.Gamma.fit(x, method="moments")
    assert fit.params["shape"] == pytest.approx(x.mean() ** 2 / x.var(), rel=1e-12)
    assert fit.params["rate"] == pytest.approx(x.mean() / x.var(), rel=1e-12)


def test_eq_ch14_moments_variance() -> None:
    m1, m2 = sp.symbols("m1 m2", positive=True)
    g = m1**2 / (m2 - m1**2)
    slope = sp.Matrix([g.diff(m1), g.diff(m2)]).subs({m1: raw(1), m2: raw(2)})
    spread = sp.Matrix(2, 2, lambda i, j: raw(i + j + 2) - raw(i + 1) * raw(j + 1))
    limit = sp.gammasimp((slope.T * spread * slope)[0])
    assert sp.simplify(limit - 2 * A * (A + 1)) == 0
    n, replicates, shape = 2000, 2000, 4.0
    x = mle.Gamma(shape, 1.0).sample((replicates, n), rng=np.random.default_rng(11))
    found = n * mle.Gamma.fit(x, axis=1, method="moments").params["shape"].var()
    assert found == pytest.approx(2 * shape * (shape + 1), rel=5 * np.sqrt(2 / replicates))


def test_eq_ch14_mle_variance() -> None:
    x = sp.symbols("x", positive=True)
    log_f = A * sp.log(B) - sp.loggamma(A) + (A - 1) * sp.log(x) - B * x
    information = -sp.hessian(log_f, [A, B])
    shown = sp.Matrix([[sp.polygamma(1, A), -1 / B], [-1 / B, A / B**2]])
    assert sp.simplify(information - shown) == sp.zeros(2, 2)
    corner = information.inv()[0, 0]
    assert sp.simplify(corner - A / (A * sp.polygamma(1, A) - 1)) == 0
    stored = np.linalg.inv(mle.Gamma(2.5, 0.3).information())[0, 0]
    assert stored == pytest.approx(float(corner.subs({A: 2.5, B: 0.3})), rel=1e-10)


def test_eq_ch14_efficiency() -> None:
    corner = A / (A * sp.polygamma(1, A) - 1)
    shown = 1 / (2 * (A + 1) * (A * sp.polygamma(1, A) - 1))
    assert sp.simplify(corner / (2 * A * (A + 1)) - shown) == 0
    # What the text says of its two ends: alpha / 2 near zero, 1 - 4 / (3 alpha) far out.
    assert efficiency(1e-4) / 5e-5 == pytest.approx(1, abs=1e-3)
    assert (1 - efficiency(1e4)) * 7500 == pytest.approx(1, abs=1e-3)


def test_eq_ch14_own_moments() -> None:
    x = mle.datasets.load("precipitation").sample
    d = mle.Gamma.fit(x).dist
    assert d.mean == pytest.approx(x.mean(), rel=1e-12)
    mean_log = float(sp.digamma(sp.Float(float(d.shape)))) - np.log(d.rate)
    assert mean_log == pytest.approx(np.log(x).mean(), rel=1e-12)
    # The expectation of log X, from the derivative of E X^t at t = 0.
    t = sp.symbols("t")
    moment = sp.gamma(A + t) / sp.gamma(A) / B**t
    assert sp.simplify(moment.diff(t).subs(t, 0) - (sp.digamma(A) - sp.log(B))) == 0


def test_eq_ch14_tanks_likelihood() -> None:
    seen, k = (2, 5, 7), 3
    for tanks in range(5, 12):
        raids = every_raid(tanks, k)
        probability = Fraction(raids.count(seen), len(raids))
        shown = Fraction(1, comb(tanks, k)) if tanks >= max(seen) else 0
        assert probability == shown


@pytest.mark.parametrize(("tanks", "k"), [(9, 2), (10, 4), (12, 3)])
def test_eq_ch14_tanks(tanks: int, k: int) -> None:
    raids = every_raid(tanks, k)
    corrected = [Fraction(max(r)) + Fraction(max(r), k) - 1 for r in raids]
    moments = [Fraction(2 * sum(r), k) - 1 for r in raids]
    assert sum(corrected) == sum(moments) == tanks * len(raids)
    likelihoods = {n: Fraction(1, comb(n, k)) for n in range(7, 40)}
    assert max(likelihoods, key=likelihoods.__getitem__) == 7


@pytest.mark.parametrize(("tanks", "k"), [(9, 2), (10, 4), (12, 3)])
def test_eq_ch14_tanks_variance(tanks: int, k: int) -> None:
    raids = every_raid(tanks, k)
    corrected = [Fraction(max(r)) + Fraction(max(r), k) - 1 for r in raids]
    moments = [Fraction(2 * sum(r), k) - 1 for r in raids]
    top = (tanks + 1) * (tanks - k)
    for estimates, shown in [
        (corrected, Fraction(top, k * (k + 2))),
        (moments, Fraction(top, 3 * k)),
    ]:
        assert sum((e - tanks) ** 2 for e in estimates) / len(raids) == shown


def test_eq_ch14_stein() -> None:
    # Stein's identity gives the total d - (d - 2)^2 E[1 / |x|^2]; at zero |x|^2 is chi-square, so it is 2.
    d, replicates = 10, 40_000
    rng = np.random.default_rng(11)
    for length in (0.0, 3.0):
        means = np.full(d, length / np.sqrt(d))
        x = means + rng.normal(size=(replicates, d))
        squares = np.sum(x**2, axis=1)
        shrunk = (1 - (d - 2) / squares)[:, None] * x
        total = np.sum((shrunk - means) ** 2, axis=1)
        promised = d - (d - 2) ** 2 / squares
        error = np.std(total - promised) / np.sqrt(replicates)
        assert abs(np.mean(total - promised)) < 5 * error
        assert total.mean() < d
        if length == 0:
            assert abs(total.mean() - 2) < 5 * total.std() / np.sqrt(replicates)
