"""log_prob against thirty digits: a table of references that mpmath computes from the textbook's formula.

Each row is a family, its log-density or log-mass in mpmath's numbers, and a grid of parameters and observations that
reaches as far as doubles make sense. The error is measured in parts of |log f|, or of 1 where that is smaller.
"""

from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import mlecore as mle
from mlecore.domains import Real

from .members import FAMILIES

log, exp, pi, gamma = mpmath.log, mpmath.exp, mpmath.pi, mpmath.loggamma

SHAPES = [1e-6, 1e-3, 0.3, 1.0, 7.5, 1e3, 1e6, 1e12]
POSITIVE = [1e-300, 1e-10, 0.2, 1.0, 3.7, 1e10, 1e300]
REAL = [-1e300, -2.0, 0.0, 1e-300, 1e-6, 0.3, 1.0, 7.0, 1e6, 1e300]
SCALES = [1e-300, 1e-6, 1.0, 1e6, 1e300]


def near(center, spread):
    """Return values around a center, in units of a spread, where a density is worth looking at."""
    return [float(center + k * spread) for k in (-4.0, -1.0, 0.0, 0.3, 2.0, 6.0)]


def choose(n, k):
    return gamma(n + 1) - gamma(k + 1) - gamma(n - k + 1)


def xlogy(x, y):
    return x * log(y) if x else mpf(0)


def normal(x, mu, sigma):
    return -(((x - mu) / sigma) ** 2) / 2 - log(sigma) - log(2 * pi) / 2


def gamma_density(x, shape, rate):
    return shape * log(rate) + (shape - 1) * log(x) - rate * x - gamma(shape)


def positive_grid(*parameters):
    """Return every combination of parameters with every observation, and some near their ratio."""
    return [(p, POSITIVE) for p in product(*parameters)]


#: family: (its log-density in mpmath, [(parameters, observations), ...])
TABLE = {
    "Normal": (
        normal,
        [((m, s), near(m, s)) for m in (0.0, -3.0, 1e9) for s in (1e-6, 1.0, 1e150)]
        + [((0.0, 1e-300), [0.0, 1e-300, -3e-300]), ((1e300, 1e299), [1e300, 3e300])],
    ),
    "LogNormal": (
        lambda x, mu, sigma: normal(log(x), mu, sigma) - log(x),
        positive_grid([-2.0, 0.0, 600.0], [0.01, 1.0, 50.0]),
    ),
    "Exponential": (
        lambda x, rate: log(rate) - rate * x,
        [*positive_grid([1e-300, 1e-08, 1.0, 100000000.0]), ((1e+300,), [0.0, 1e-300, 1e-299])],
    ),
    "Gamma": (
        gamma_density,
        [((a, 1.0), near(a, np.sqrt(a))) for a in SHAPES if a > 100]
        + [((a, 2.5), [1e-300, 0.1, 1.0, 10.0]) for a in SHAPES]
        + [((a, 1e300), [a * 1e-300, 3 * a * 1e-300]) for a in SHAPES if a >= 0.3]
        + [((a, 1e-290), [a * 1e290, 0.2 * a * 1e290]) for a in SHAPES],
    ),
    "InverseGamma": (
        lambda x, shape, scale: gamma_density(1 / x, shape, scale) - 2 * log(x),
        [((a, 1.0), [0.1, 1.0, 10.0, 1e300]) for a in SHAPES]
        + [((a, a), near(1.0, 1 / np.sqrt(a))) for a in SHAPES if a > 100]
        + [((a, a * 1e280), [0.5e280, 1e280, 1e281]) for a in SHAPES],
    ),
    "Weibull": (
        lambda x, k, s: log(k / s) + (k - 1) * log(x / s) - (x / s) ** k,
        [((k, s), [0.2 * s, s, 1.5 * s]) for k in (1e-3, 0.5, 1.0, 30.0) for s in (1e-290, 1.0, 1e290)]
        + [((1e-6, 1.0), POSITIVE), ((2.0, 3.0), [1e-300, 1e-10, 1.0, 20.0])],
    ),
    "Gumbel": (
        lambda x, loc, scale: -(x - loc) / scale - exp(-(x - loc) / scale) - log(scale),
        [((m, s), near(m, s)) for m in (0.0, 1e9) for s in (1e-3, 1.0, 1e6)]
        + [((0.0, 1e-300), [0.0, 2e-300]), ((0.0, 1e300), [0.0, 1e302, -5e300])],
    ),
    "Logistic": (
        lambda x, loc, scale: -(x - loc) / scale - log(scale) - 2 * log(1 + exp(-(x - loc) / scale)),
        [((m, s), near(m, s)) for m in (0.0, 1e9) for s in (1e-3, 1.0, 1e6)]
        + [((0.0, 1.0), [-800.0, -40.0, 1e-300, 40.0, 1e5]), ((0.0, 1e300), [0.0, -1e302, 5e300])],
    ),
    "Laplace": (
        lambda x, loc, scale: -abs(x - loc) / scale - log(2 * scale),
        [((m, s), near(m, s)) for m in (0.0, 1e9) for s in (1e-3, 1.0, 1e6)]
        + [((0.0, 1e-300), [0.0, 2e-300]), ((0.0, 1e300), [0.0, 1e302, -5e300])],
    ),
    "Beta": (
        lambda x, a, b: (a - 1) * log(x) + (b - 1) * log(1 - x) - gamma(a) - gamma(b) + gamma(a + b),
        [((a, b), [1e-300, 1e-9, 0.2, 0.5, 0.999, 1 - 2.0**-50]) for a in SHAPES for b in SHAPES]
        + [((1e12, 1e12), near(0.5, 3e-7)), ((3.0, 1e12), [1e-12, 3e-12, 1e-11])],
    ),
    "Pareto": (
        lambda x, a, s: log(a) + a * log(s) - (a + 1) * log(x),
        [((a, s), [s, s * (1 + 1e-9), 2 * s, 1e5 * s]) for a in SHAPES for s in (1e-300, 0.1, 1e290)],
    ),
    "GeneralizedExtremeValue": (
        lambda x, loc, s, xi: (lambda h: -log(s) - h * (1 + xi) - exp(-h))(
            mpmath.log1p(xi * (x - loc) / s) / xi if xi else (x - loc) / s),
        [((m, s, xi), [float(m + k * s) for k in (-0.9, 0.0, 0.3, 2.0, 6.0)]) for m, s in ((0.0, 1e-290), (1.0, 2.0), (0.0, 1e290))
         for xi in (0.0, 1e-300, 1e-12, 1e-3, 0.4, 1.0, -1e-12, -1e-3, -0.1)]
        + [((0.0, 1e-10, 5.0), [1e100, 1e300]), ((2.0, 1.0, -0.5), [-30.0, 1.0, 3.9])],
    ),
    "GeneralizedPareto": (
        lambda x, s, xi: -log(s) - (mpmath.log1p(xi * x / s) * (1 / xi + 1) if xi else x / s),
        [((s, xi), [0.0, 1e-9 * s, s, 7.0 * s]) for s in (1e-290, 2.0, 1e290)
         for xi in (0.0, 1e-300, 1e-12, 1e-3, 0.4, 3.0, 1e3, -1e-12, -1e-3, -0.1)]
        + [((1e-10, 5.0), [1e100, 1e300]), ((2.0, -0.5), [1.0, 3.9999]), ((2.0, -3.0), [0.1, 0.6])],
    ),
    "InverseGaussian": (
        lambda x, mu, b: log(b / (2 * pi * x**3)) / 2 - b * (x - mu) ** 2 / (2 * mu**2 * x),
        [((m, m * b), [0.1 * m, m, m * (1 + 1e-9), 5 * m]) for m in (1e-280, 1.0, 1e280) for b in SHAPES]
        + [((1.0, 1e12), near(1.0, 1e-6)), ((2.0, 3.0), POSITIVE)],
    ),
    "Rayleigh": (
        lambda x, s: log(x) - 2 * log(s) - (x / s) ** 2 / 2,
        [((s,), [1e-6 * s, s, 10 * s]) for s in (1e-290, 1.0, 1e290)] + [((1.0,), [1e-300, 1e100])],
    ),
    "LogLogistic": (
        lambda x, k, s: log(k / s) + (k - 1) * log(x / s) - 2 * mpmath.log1p((x / s) ** k),
        [((k, s), [0.2 * s, s, 1.5 * s]) for k in (1e-3, 0.5, 1.0, 30.0) for s in (1e-290, 1.0, 1e290)]
        + [((1e-6, 1.0), POSITIVE), ((2.0, 3.0), POSITIVE), ((1e6, 1.0), near(1.0, 1e-6))],
    ),
    "LogSeries": (
        lambda k, p: k * log(p) - log(k) - log(-mpmath.log1p(-p)),
        [((p,), [1.0, 2.0, 7.0, 1e3, 1e15]) for p in (1e-300, 1e-9, 0.3, 0.9, 1 - 1e-9, 1 - 2.0**-53)],
    ),
    "Zipf": (
        lambda k, s: -s * log(k) - log(mpmath.zeta(s)),
        [((s,), [1.0, 2.0, 7.0, 1e3, 1e15]) for s in (1 + 1e-12, 1.1, 2.0, 3.7, 20.0)],
    ),
    "BetaBinomial": (
        lambda k, n, a, b: choose(n, k) + gamma(k + a) + gamma(n - k + b) - gamma(n + a + b)
        - gamma(a) - gamma(b) + gamma(a + b),
        [((20.0, a, b), [0.0, 1.0, 7.0, 20.0]) for a in SHAPES for b in SHAPES]
        + [((1e6, 2.0, 3.0), [0.0, 1.0, 4e5, 1e6]), ((1.0, 0.3, 0.4), [0.0, 1.0])],
    ),
    "Lomax": (
        lambda x, a, s: log(a / s) - (a + 1) * mpmath.log1p(x / s),
        [((a, s), [0.0, 1e-9 * s, s, 1e5 * s]) for a in SHAPES for s in (1e-300, 1.0, 1e290)]
        + [((0.5, 1e-200), POSITIVE), ((1e12, 1e12), near(8.0, 1.0))],
    ),
    "HalfNormal": (
        lambda x, s: log(2 / pi) / 2 - log(s) - (x / s) ** 2 / 2,
        [((s,), [0.0, 1e-6 * s, s, 10 * s]) for s in (1e-290, 1.0, 1e290)] + [((1.0,), [1e-300, 1e100])],
    ),
    "VonMises": (
        lambda x, mu, k: k * mpmath.cos(x - mu) - log(2 * pi * mpmath.besseli(0, k)),
        [((0.5, k), [-3.0, 0.0, 0.5, 2.0]) for k in (0.0, 1e-6, 0.3, 1.0, 49.9, 50.1, 1e3)]
        + [((0.5, 1e5), near(0.5, 3e-3))],
    ),
    "Poisson": (
        lambda k, rate: xlogy(k, rate) - rate - gamma(k + 1),
        [((r,), [0.0, 1.0, 7.0, 1000.0, 1e15]) for r in (1e-300, 1e-6, 0.5, 30.0, 1e6)]
        + [((1e15,), [1e15, 1e15 + 3e7, 1e15 - 2e8]), ((1e9,), [1e9 - 1e5, 1e9 + 7.0])],
    ),
    "Bernoulli": (
        lambda k, p: xlogy(k, p) + xlogy(1 - k, 1 - p),
        [((p,), [0.0, 1.0]) for p in (1e-300, 1e-9, 0.5, 1 - 2.0**-53)],
    ),
    "Binomial": (
        lambda k, n, p: choose(n, k) + xlogy(k, p) + xlogy(n - k, 1 - p),
        [((20.0, p), [0.0, 1.0, 7.0, 19.0, 20.0]) for p in (1e-300, 1e-9, 0.3, 0.5, 1 - 2.0**-53)]
        + [((1e15, p), [0.0, np.floor(1e15 * p), np.floor(1e15 * p) + 5e6, 1e15]) for p in (1e-14, 0.3, 0.999)]
        + [((1e6, 1e-6), [0.0, 1.0, 5.0]), ((1.0, 0.25), [0.0, 1.0])],
    ),
    "Geometric": (
        lambda k, p: log(p) + xlogy(k - 1, 1 - p),
        [((p,), [1.0, 2.0, 1e3, 1e15]) for p in (1e-300, 1e-9, 0.3, 1 - 2.0**-53)],
    ),
    "Cauchy": (
        lambda x, loc, s: -log(pi * s) - mpmath.log1p(((x - loc) / s) ** 2),
        [((0.25, s), REAL) for s in SCALES] + [((1e9, 1.0), near(1e9, 3.0))],
    ),
    "SkewNormal": (
        lambda x, loc, s, a: log(2) + normal(x, loc, s) + log(mpmath.erfc(-a * (x - loc) / s / mpmath.sqrt(2)) / 2),
        [((0.25, s, a), [0.25 + s * z for z in (-40.0, -3.0, -0.1, 0.0, 0.5, 4.0, 30.0)])
         for s in SCALES for a in (-2.0, 0.0, 1e-9, 0.7, 50.0, -1e4)]
        + [((1e9, 1.0, 3.0), near(1e9, 3.0))],
    ),
    "StudentT": (
        lambda x, v, loc, s: gamma((v + 1) / 2) - gamma(v / 2) - log(v * pi) / 2 - log(s)
        - (v + 1) / 2 * mpmath.log1p(((x - loc) / s) ** 2 / v),
        [((v, 0.25, s), REAL) for v in (*SHAPES, 23.9, 24.1, 1e15) for s in SCALES]
        + [((v, 1e9, 1.0), near(1e9, 3.0)) for v in SHAPES],
    ),
    "NegativeBinomial": (
        lambda k, mu, r: gamma(k + r) - gamma(k + 1) - gamma(r) - r * mpmath.log1p(mu / r)
        + xlogy(k, mu / (r + mu)),
        [((mu, r), [0.0, 1.0, 5.0, 40.0, 1e4, 1e9, 1e15])
         for mu in (1e-300, 1e-8, 1.0, 7.3, 1e3, 1e8, 1e15) for r in (*SHAPES, 2.5, 1e15)]
        + [((1e15, 1e15), [1e15, 1e15 + 3e7, 1e15 - 2e8]), ((1e9, 1e15), [1e9 - 1e5, 1e9 + 7.0])],
    ),
}  # fmt: skip


def worst_error(name):
    """Return the largest error over a family's grid, and where it is."""
    reference, grid = TABLE[name]
    worst = (0.0, None)
    for params, xs in grid:
        values = getattr(mle, name)(*params).log_prob(np.array(xs))
        for x, value in zip(xs, values, strict=True):
            exact = reference(mpf(x), *map(mpf, params))
            error = float(abs(mpf(float(value)) - exact) / max(abs(exact), 1))
            worst = max(worst, (error, (params, x)), key=lambda pair: pair[0])
    return worst


# Where an observation or its logarithm is rounded before the formula sees it, and the formula magnifies that.
TOLERANCE = {
    "LogLogistic": 3e-13,  # as the Weibull
    "Weibull": 3e-13,  # a shape of 30 times the rounding of log x = -667
    "InverseGamma": 2e-10,  # a shape of 1e12 times the rounding of 1/x
    "BetaBinomial": 1e-14,  # with shapes of 1e-6 two logarithms of them cancel
    "Lomax": 3e-14,  # as the Pareto
    "Pareto": 3e-14,  # 1000 log 2 cancels against log 1e-300
    "StudentT": 4e-14,  # with few degrees of freedom the tail cancels against log 1e-300
}


@pytest.mark.parametrize("name", TABLE)
def test_log_prob_agrees_with_thirty_digits(name):
    error, where = worst_error(name)
    assert error < TOLERANCE.get(name, 4e-15), f"error {error:.1e} at {where}"


def test_every_scalar_family_is_in_the_table():
    scalar = {f.__name__ for f in FAMILIES if not f.event_ndim} - {"Categorical", "Uniform"}
    assert set(TABLE) == scalar


# -- fits ------------------------------------------------------------------------------------------

BASE = np.array([0.7, 1.1, 1.15, 1.9, 2.3, 2.35, 3.8, 6.0])
HARD = {
    "two values": np.array([1.0, 3.0]),
    "small": 1e-300 * BASE,
    "large": 1e300 * BASE,
    "nearly constant": 1.0 + 1e-8 * np.array([3.0, 1.0, -1.0, 4.0, -2.0, -5.0]),
    "offset": 1e9 + BASE,
    "spread": np.array([1e-12, 1e-5, 0.1, 1.0, 2.0, 30.0, 1e6]),
    "one outlier": np.append(1 + 1e-3 * np.arange(30), 1e5),
}
FITTED = ("Normal", "LogNormal", "Exponential", "Gamma", "InverseGamma", "Weibull", "Gumbel",
          "Logistic", "InverseGaussian", "Rayleigh", "Beta")  # fmt: skip
PROPORTIONS = {
    "two values": np.array([0.2, 0.5]),
    "nearly constant": 0.3 + 1e-8 * np.array([3.0, 1.0, -1.0, 4.0, -2.0, -5.0]),
    "near 0": 1e-9 * BASE,
    "near 1": 1.0 - 2.0**-30 * np.array([1.0, 2.0, 5.0, 6.0]),
    "both ends": np.array([1e-300, 1e-10, 0.5, 1 - 2.0**-53]),
}


def distance_to_the_maximum(name, x, f):
    """Return how far Newton's method in sixty digits would still move each parameter.

    A positive parameter's move is in parts of itself, a location's in parts of the scale.
    """
    params = {k: mpf(v) for k, v in f.params.items()}
    real = [k for k, domain in f.dist.domains.items() if type(domain) is Real]
    scale = params.get("scale", params.get("sigma"))
    width = {k: scale if k in real else v for k, v in params.items()}
    density, xs = TABLE[name][0], [mpf(float(v)) for v in x]

    def height(*moves):
        moved = [p + m * width[k] for (k, p), m in zip(params.items(), moves, strict=True)]
        return mpmath.fsum(density(v, *moved) for v in xs)

    size = len(params)
    zero, unit = (mpf(0),) * size, np.eye(size, dtype=int)
    slope = mpmath.matrix([mpmath.diff(height, zero, tuple(u)) for u in unit.tolist()])
    bend = mpmath.matrix(size, size)
    for i in range(size):
        for j in range(size):
            bend[i, j] = mpmath.diff(height, zero, tuple((unit[i] + unit[j]).tolist()))
    step = mpmath.lu_solve(-bend, slope)
    rounding = [
        float(np.spacing(abs(f.params[k])) / width[k]) if k in real else 0.0 for k in params
    ]
    return [max(0.0, abs(float(s)) - r) for s, r in zip(step, rounding, strict=True)]


@pytest.mark.parametrize(
    ("name", "case"),
    [(n, c) for n in FITTED for c in (PROPORTIONS if n == "Beta" else HARD)],
)
def test_fits_to_hard_samples_are_the_maximum_to_many_digits(name, case):
    x = (PROPORTIONS if name == "Beta" else HARD)[case]
    f = getattr(mle, name).fit(x)
    # A Weibull keeps logarithms: at this offset their rounding is 1e-7 of their spread.
    tolerance = 1e-6 if (name, case) == ("Weibull", "offset") else 2e-12
    assert max(distance_to_the_maximum(name, x, f)) < tolerance
