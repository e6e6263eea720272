"""How cost grows: with n, with the number of samples in a batch, and in memory."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np

import mlecore as mle
from tests.families.members import FAMILIES, member

from .measure import copies, took
from .rows import logistic_data

SIZES = [10**k for k in range(3, 8)]
REPLICATES = [10**k for k in range(5)]
TOO_LONG = 20.0  # seconds: a family that would take longer at the next size stops there

# One member of each family that is drawn in the figure.
GROWING = {
    "Normal": mle.Normal(3.0, 2.0),
    "Gamma": mle.Gamma(2.5, 1.5),
    "Weibull": mle.Weibull(1.7, 2.0),
    "StudentT": mle.StudentT(4.0, 1.0, 2.0),
}
# One member of each family that is fitted in batches, as the results report them.
EVERY = [
    mle.Bernoulli(0.3),
    mle.Beta(2.0, 3.5),
    mle.BetaBinomial(10, 2.0, 3.0),
    mle.Binomial(10, 0.3),
    mle.Categorical([0.2, 0.5, 0.3]),
    mle.Cauchy(1.0, 2.0),
    mle.Dirichlet([2.0, 3.0, 1.5]),
    mle.Exponential(0.5),
    mle.Gamma(2.5, 1.5),
    mle.GeneralizedExtremeValue(1.0, 2.0, 0.1),
    mle.GeneralizedPareto(2.0, 0.2),
    mle.Geometric(0.3),
    mle.Gumbel(1.0, 2.0),
    mle.HalfNormal(2.0),
    mle.InverseGamma(3.0, 2.0),
    mle.InverseGaussian(1.0, 2.0),
    mle.Laplace(1.0, 2.0),
    mle.LogLogistic(3.0, 2.0),
    mle.LogNormal(0.5, 0.8),
    mle.LogSeries(0.7),
    mle.Logistic(1.0, 2.0),
    mle.Lomax(1.5, 2.0),
    mle.MultivariateNormal([0.0, 1.0], [[2.0, 0.5], [0.5, 1.0]]),
    mle.NegativeBinomial(3.0, 1.5),
    mle.Normal(3.0, 2.0),
    mle.Pareto(2.0, 1.0),
    mle.Poisson(3.0),
    mle.Rayleigh(2.0),
    mle.SkewNormal(1.0, 2.0, 3.0),
    mle.StudentT(4.0, 1.0, 2.0),
    mle.Uniform(0.0, 2.0),
    mle.VonMises(1.0, 2.0),
    mle.Weibull(1.7, 2.0),
    mle.Zipf(2.7),
]
# A family that is not named joins with a random member.
EVERY += [
    member(family, np.random.default_rng(1))
    for family in FAMILIES
    if family not in {type(dist) for dist in EVERY}
]


def known(dist: object) -> dict[str, float] | None:
    """Return the parameters that a fit must be given."""
    return {"n": 10} if isinstance(dist, mle.Binomial | mle.BetaBinomial) else None


def median_seconds(action: object) -> float:
    """Return the median wall time of three runs, of one when it is long."""
    first = took(action).wall
    return first if first > 2.0 else statistics.median([took(action).wall for _ in range(3)])


def by_size() -> dict[str, list[tuple[int, float]]]:
    """Return the time of one fit at each size, and that of reading the data once."""
    curves: dict[str, list[tuple[int, float]]] = {"np.sum": []}
    rng = np.random.default_rng(3)
    for name, dist in GROWING.items():
        x = dist.sample(SIZES[-1], rng=rng)
        curve: list[tuple[int, float]] = []
        for n in SIZES:
            part = x[:n].copy()
            if name == "Normal":
                repeats = max(1, 10**6 // n)  # one sum of 1,000 values is too short to time
                taken = median_seconds(lambda p=part, r=repeats: [np.sum(p) for _ in range(r)])
                curves["np.sum"].append((n, taken / repeats))
            repeats = max(1, 10**4 // n)
            taken = median_seconds(
                lambda p=part, r=repeats, d=dist: [type(d).fit(p) for _ in range(r)]
            )
            curve.append((n, taken / repeats))
            if 10 * taken > TOO_LONG:
                break
        curves[name] = curve
    return curves


def by_replicates() -> dict[str, list[tuple[int, float]]]:
    """Return the time of a batch of fits of n = 50 at each number of samples."""
    rng = np.random.default_rng(4)
    curves = {}
    for name, dist in GROWING.items():
        X = dist.sample((REPLICATES[-1], 50), rng=rng)
        curves[name] = [
            (r, median_seconds(lambda X=X, r=r, d=dist: type(d).fit(X[:r], axis=1)))
            for r in REPLICATES
        ]
    return curves


def batches() -> list[tuple[str, float, int]]:
    """Return for every family the time of 10,000 fits of n = 50, and how many of them had no estimate."""
    rng = np.random.default_rng(5)
    rows = []
    for dist in EVERY:
        X = dist.sample((10_000, 50), rng=rng)
        fixed = known(dist)
        fit = type(dist).fit(X, axis=1, fixed=fixed)
        taken = median_seconds(lambda X=X, d=dist, k=fixed: type(d).fit(X, axis=1, fixed=k))
        rows.append((type(dist).__name__, taken, len(fit.problems)))
    return rows


def memory() -> list[tuple[str, float]]:
    """Return for every family the most memory that a fit of a million values holds, in copies of them."""
    rng = np.random.default_rng(6)
    rows = []
    for dist in EVERY:
        x = np.asarray(dist.sample(1_000_000, rng=rng), dtype=float)
        fixed = known(dist)
        type(dist).fit(x[:1000], fixed=fixed)
        held = copies(lambda x=x, d=dist, k=fixed: type(d).fit(x, fixed=k), x.nbytes)
        rows.append((type(dist).__name__, held))
    X, y = logistic_data()
    mle.LogisticRegression.fit(X, y)
    rows.append(("LogisticRegression", copies(lambda: mle.LogisticRegression.fit(X, y), X.nbytes)))
    away = X + 1e6
    rows.append(
        (
            "LogisticRegression at an offset of 1e6",
            copies(lambda: mle.LogisticRegression.fit(away, y), X.nbytes),
        )
    )
    return rows


def apart(heights: dict[str, float], factor: float = 2.6) -> dict[str, float]:
    """Return heights for labels on a logarithmic axis, each at least a factor above the one below it.

    >>> apart({"high": 1.0, "low": 0.9}, factor=2.0)
    {'low': 0.9, 'high': 1.8}
    """
    placed: dict[str, float] = {}
    least = 0.0
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        placed[name] = max(height, least)
        least = factor * placed[name]
    return placed


def draw(sizes: dict, replicates: dict, path: Path) -> None:
    """Draw both growths on log-log axes."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    colours = {
        "np.sum": "#777777",
        "Normal": "#0072b2",
        "Gamma": "#d55e00",
        "Weibull": "#009e73",
        "StudentT": "#cc79a7",
    }
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True, constrained_layout=True)
    for axis, curves, what in (
        (axes[0], sizes, "one fit: number of values"),
        (axes[1], replicates, "a batch of fits of n = 50: number of samples"),
    ):
        for name, curve in curves.items():
            x, t = zip(*curve, strict=True)
            style = "--" if name == "np.sum" else "-"
            axis.loglog(x, t, style, color=colours[name], marker="o", markersize=3.5)
        for name, height in apart({name: curve[-1][1] for name, curve in curves.items()}).items():
            label = "one read\n(np.sum)" if name == "np.sum" else name
            axis.annotate(label, (curves[name][-1][0], height), (6, 0), textcoords="offset points",
                          va="center", color=colours[name], fontsize=9)  # fmt: skip
        axis.set(xlabel=what)
        axis.set_xlim(right=12 * curve[-1][0])
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set(ylabel="seconds")
    figure.savefig(path, dpi=130)
    plt.close(figure)
