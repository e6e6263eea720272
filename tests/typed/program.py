"""A small program as a user would write it: `make lint` checks its types, strictly.

It is run as well, so that what has the right types also gives the right numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import mlecore as mle
from mlecore.domains import Parameter, Positive, Support, parameter
from mlecore.family import Array, Solution
from mlecore.regression import RegressionFit
from mlecore.statistics import MeanSquare


@dataclass(frozen=True, eq=False, repr=False)
class HalfNormal(mle.Family):
    """HalfNormal(scale s): f(x) = sqrt(2/pi)/s exp(-(x/s)^2 / 2), x >= 0."""

    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, text="x >= 0")
    units = {"scale": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> MeanSquare:
        return MeanSquare.of(x, w)

    def _log_likelihood(self, t: MeanSquare) -> Array:
        s = self.scale
        return t.n * (0.5 * np.log(2.0 / np.pi) - np.log(s) - 0.5 * (t.rms / s) ** 2)

    @classmethod
    def _mle(cls, t: MeanSquare) -> Solution:
        return Solution({"scale": t.rms})


def line(X: NDArray[np.float64], y: NDArray[np.float64]) -> RegressionFit:
    """A straight line through the points."""
    return mle.LinearRegression.fit(X, y)


def report(hours: list[float]) -> dict[str, float]:
    """What a user asks of a sample of waiting times."""
    fit: mle.Fit = mle.Gamma.fit(hours)
    low, high = fit.ci(level=0.95, method="lr")["shape"]
    held = mle.Likelihood(mle.Gamma, hours, fixed={"shape": 1.0})
    best: mle.Comparison = mle.compare([fit, mle.Exponential.fit(hours)])
    d = mle.Gamma(shape=2.0, rate=3.0)
    return {
        "shape": fit.params["shape"],
        "low": float(low),
        "high": float(high),
        "p": float(fit.test(shape=1).p_value),
        "held": float(held.maximize().log_likelihood),
        "weight": float(best.best.aic),
        "loss": float(mle.nll(fit.dist, hours)),
        "divergence": float(mle.kl_divergence(d, mle.Gamma(shape=2.0, rate=1.0))),
        "half normal": float(HalfNormal.fit(hours).params["scale"]),
    }
