"""What the Beta alone must do: converge wherever there is a maximum, from U-shaped to nearly constant."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import special

from mlecore import Beta, NoMLEError, Normal


@pytest.mark.parametrize("a", [1e-3, 0.2, 1.0, 30.0, 1e5, 1e9])
@pytest.mark.parametrize("b", [1e-3, 0.2, 1.0, 30.0, 1e5, 1e9])
def test_the_likelihood_equations_hold_at_the_fit(a, b):
    x = Beta(a, b).sample(30, rng=1)
    x = np.clip(x, 1e-300, 1 - 2.0**-53)
    if np.ptp(x) == 0:  # beyond the resolution of doubles next to 1
        with pytest.raises(NoMLEError, match="equal"):
            Beta.fit(x)
        return
    f = Beta.fit(x)
    fa, fb = f.params["a"], f.params["b"]
    xs = [mpmath.mpf(float(v)) for v in x]
    for own, logs in ((fa, map(mpmath.log, xs)), (fb, (mpmath.log(1 - v) for v in xs))):
        residual = mpmath.digamma(own) - mpmath.digamma(mpmath.mpf(fa) + mpmath.mpf(fb))
        residual -= mpmath.fsum(logs) / 30
        # In parts of what a relative change of the parameter makes of the equation.
        assert abs(residual) < 1e-9 * max(own * mpmath.psi(1, own), 1)
    assert f.iterations < 12


def test_mirrored_data_have_mirrored_estimates():
    x = Beta(0.7, 3.0).sample(40, rng=0)
    f, g = Beta.fit(x), Beta.fit(1 - x)
    assert f.params["a"] == pytest.approx(g.params["b"], rel=1e-12)
    assert f.params["b"] == pytest.approx(g.params["a"], rel=1e-12)


def test_nearly_constant_proportions_are_nearly_normal():
    x = 0.3 + 1e-7 * np.random.default_rng(0).normal(size=100)
    f = Beta.fit(x)
    assert f.dist.var == pytest.approx(x.var(), rel=1e-5)
    assert f.log_likelihood == pytest.approx(Normal.fit(x).log_likelihood, rel=1e-5)


@pytest.mark.parametrize("name", ["a", "b"])
def test_with_one_shape_known_the_other_solves_its_equation(name):
    x = np.array([0.2, 0.5, 0.9])
    for value in (1e-3, 2.0, 1e4):
        f = Beta.fit(x, fixed={name: value})
        other = "b" if name == "a" else "a"
        logs = np.log1p(-x) if name == "a" else np.log(x)
        own = f.params[other]
        gap = special.digamma(own) - special.digamma(own + value) - logs.mean()
        assert gap == pytest.approx(0.0, abs=1e-9)


def test_one_at_a_known_shape_of_one_has_a_closed_form():
    x = np.array([0.2, 0.5, 0.9])
    assert Beta.fit(x, fixed={"b": 1.0}).params["a"] == pytest.approx(-3 / np.log(x).sum())
    equal = Beta.fit([0.2, 0.2], fixed={"b": 1.0})
    assert equal.params["a"] == pytest.approx(-1 / np.log(0.2))
