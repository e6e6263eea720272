"""Chapter 6's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep
from scipy.special import digamma, polygamma

import mlecore as mle


def walk_starter(slope, start, rate, steps):
    return ...


def newton_starter(x, start, steps):
    return ...


def raw_starter(a, v, mean, sd):
    return ...


def gradient_starter(u, x):
    return ...


def walk(slope, start, rate, steps, sign=-1):
    theta = start
    for _ in range(steps):
        theta = theta + sign * rate * slope(theta)
    return theta


def in_place(slope, start, rate, steps):
    theta = np.array(start, dtype=float)
    for _ in range(steps):
        theta -= rate * slope(theta)
    return theta


def jumps(x, start, steps, divide=np.linalg.solve, mixed=-1.0, corner=None, rate=None, at=None):
    a, b = start
    for _ in range(steps):
        c, d = at or (a, b)
        slope = np.array([np.log(b) - digamma(a) + np.mean(np.log(x)), a / b - np.mean(x)])
        first = polygamma(1, c) if corner is None else corner(c)
        last = c / d**2 if rate is None else rate(c, d)
        H = np.array([[first, mixed / d], [mixed / d, last]])
        a, b = np.array([a, b]) + divide(H, slope)
    return [a, b]


def down_the_loss(x, start, steps):
    theta = np.array(start)
    for _ in range(steps):
        total = mle.Likelihood(mle.Gamma, x)
        u = -total.score(shape=theta[0], rate=theta[1])
        theta -= np.linalg.inv(len(x) * mle.Gamma(*theta).information()) @ u
    return theta


def by_the_package(slope, start, rate, steps):
    return mle.gradient_descent(lambda theta: 0.0, slope, start, rate, steps=steps).x[-1]


def gamma(u, x, psi=digamma, chain=True):
    a, b = np.exp(u)
    slopes = np.array([np.log(b) - psi(a) + np.mean(np.log(x)), a / b - np.mean(x)])
    return -slopes * (np.array([a, b]) if chain else 1.0)


def far_digamma(a):
    return np.log(a) - 1 / (2 * a)


TestChapter06 = sweep(
    6,
    {
        "gradient-walk": Case(
            solution=walk,
            starter=walk_starter,
            also_right=[in_place],
            wrong=[
                (lambda s, t, r, n: walk(s, t, r, n, sign=1), "uphill"),
                (lambda s, t, r, n: t - r * s(t), "after one step"),
                (lambda s, t, r, n: t - n * r * s(t), "slope at the start"),
                (lambda s, t, r, n: walk(s, t, r, n - 1), "One step is missing"),
                (lambda s, t, r, n: walk(s, t, r, n + 1), "one step too many"),
                (lambda s, t, r, n: walk(s, t, 1.0, n), "plays no part"),
                (by_the_package, "asks `mlecore`"),
            ],
        ),
        "newton-in-two": Case(
            solution=jumps,
            starter=newton_starter,
            also_right=[down_the_loss],
            wrong=[
                (lambda x, t, n: jumps(x, t, n, lambda H, u: -np.linalg.solve(H, u)), "away from"),
                (lambda x, t, n: jumps(x, t, n, lambda H, u: u), "the slope alone"),
                (lambda x, t, n: jumps(x, t, n, np.matmul), "multiplied by the curvature"),
                (lambda x, t, n: jumps(x, t, n, lambda H, u: u / np.diag(H)), "move together"),
                (lambda x, t, n: jumps(x, t, n, mixed=1.0), "sign of the mixed"),
                (lambda x, t, n: jumps(x, t, n, rate=lambda a, b: a / b), "b squared"),
                (lambda x, t, n: jumps(x, t, n, corner=digamma), "digamma itself"),
                (lambda x, t, n: jumps(x, t, n, at=t), "anew where you stand"),
                (lambda x, t, n: t, "no jump was made"),
                (lambda x, t, n: jumps(x, t, 1), "after one jump"),
                (lambda x, t, n: jumps(x, t, n - 1), "One jump is missing"),
                (lambda x, t, n: jumps(x, t, n + 1), "one jump too many"),
                (lambda x, t, n: jumps(x, t, n)[::-1], "shape first"),
                (lambda x, t, n: jumps(x, t, n, mixed=0.5), "information()"),
            ],
        ),
        "learning-rates": Case(
            solution={"breaks": 14.0, "mends": 8.8},
            starter={"breaks": ..., "mends": ...},
            also_right=[{"breaks": 100.0, "mends": 8.0}, {"breaks": 1e6, "mends": 7}],
            wrong=[
                ({"breaks": 8.8, "mends": 14.0}, "changed places"),
                ({"breaks": 12.0, "mends": 8.8}, "Go well beyond"),
                ({"breaks": 14.0, "mends": 0.1}, "too timid"),
                ({"breaks": 20.0, "mends": 13.5}, "loses time"),
                ({"breaks": 14.0, "mends": -8.0}, "must be positive"),
                (14.0, "dictionary with the two rates"),
            ],
        ),
        "back-to-raw": Case(
            solution=lambda a, v, mean, sd: (a - v * mean / sd, v / sd),
            starter=raw_starter,
            also_right=[lambda a, v, mean, sd: np.array([a - v * mean / sd, v / sd])],
            wrong=[
                (lambda a, v, mean, sd: (a, v / sd), "intercept moves too"),
                (lambda a, v, mean, sd: (a + v * mean / sd, v / sd), "wrong way"),
                (lambda a, v, mean, sd: (a - v * mean, v * sd), "Multiply or divide"),
                (lambda a, v, mean, sd: (a + v * mean, v * sd), "the way there"),
                (lambda a, v, mean, sd: (a - v * mean, v / sd), "division by sd"),
                (lambda a, v, mean, sd: (v / sd, a - v * mean / sd), "intercept first"),
            ],
        ),
        "mended-gradient": Case(
            solution=gamma,
            starter=gradient_starter,
            wrong=[
                (lambda u, x: gamma(u, x, far_digamma), "the colleague's. Ask"),
                (lambda u, x: gamma(u, x, np.log), "worse stand-in"),
                (lambda u, x: gamma(u, x, lambda a: digamma(a + 1)), "log a!"),
                (lambda u, x: gamma(u, x, chain=False), "chain rule"),
                (lambda u, x: -gamma(u, x), "its negative"),
                (lambda u, x: x.size * gamma(u, x), "mean over the sample"),
            ],
        ),
    },
)
