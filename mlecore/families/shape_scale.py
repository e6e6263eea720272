"""What families share whose logarithm has a location, log(scale), and a scale, 1/shape: Weibull and LogLogistic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal
from ..numerics import log_ratio
from ..statistics import Sample
from ..tails import flow_of_power

__all__ = ["ShapeScale"]


@dataclass(frozen=True, eq=False, repr=False)
class ShapeScale(Family):
    """A family of positive values with (X / scale)^shape always the same; no small statistic: logarithms are kept."""

    shape: Parameter = parameter(Positive())
    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True, text="x > 0")
    shows_outsiders = True
    _told_in = Support()
    units = {"scale": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Sample:
        return Sample.of(np.log(x), w)

    def _z(self, t: Sample) -> Array:
        """Return z = k log(x/s)."""
        return np.asarray(self.shape)[..., None] * (t.values - np.log(self.scale)[..., None])

    def _along(self, z: Array) -> Array:
        """Return the derivative of log f in z."""
        raise NotImplementedError

    def log_prob(self, x: ArrayLike) -> Any:
        """Return log f(x): -inf outside the support, NaN for NaN; parameters and x broadcast.

        >>> from mlecore import Weibull
        >>> round(float(Weibull(shape=1.0, scale=2.0).log_prob(2.0) + np.log(2.0)), 12)
        -1.0
        """
        value = super().log_prob(x)
        # The statistic holds the logarithm of x. What rounding took from its distance to that of the scale counts where
        # the shape is large.
        x = np.asarray(x, dtype=float)
        with np.errstate(all="ignore"):
            z = self.shape * log_ratio(x, self.scale)
            lost = (z - self.shape * (np.log(x) - np.log(self.scale))) * self._along(z)
        return np.where(np.isfinite(lost) & np.isfinite(value), value + lost, value)[()]

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "shape" not in fixed:
            low, high = t.extremes()
            equal = (low == high) & (low == np.log(fixed["scale"]) if "scale" in fixed else True)
            yield Refusal(
                equal, "all values are equal, so the likelihood rises without bound as shape grows"
            )

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        # Equal values have no shape of their own, yet one when the scale is given.
        shape = cls._mle(t).params["shape"]
        low, high = t.extremes()
        return {"shape": np.where(high > low, shape, 1.0), "scale": np.exp(t.mean(t.values))}

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return flow_of_power(x, self.shape, self.scale)
