"""The region of stationary coefficients as the parameters of a model: each between its ends, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy

from ..domains import Domain
from .coefficients import is_stationary, with_room
from .layout import ParameterLayout

__all__ = ["Between", "StationaryLayout"]

Array = np.ndarray


@dataclass(frozen=True)
class Between(Domain):
    """A coefficient of a stationary recursion, between two ends. Natural scale: the logit of where it lies between them."""

    low: float = -1.0
    high: float = 1.0
    longest_step: ClassVar[float] = 3.0

    def describe(self) -> str:
        return f"between {self.low:g} and {self.high:g} for a stationary start (start='given' takes any number)"

    def contains(self, value: Array) -> Array:
        return (value > self.low) & (value < self.high)

    def to_real(self, theta: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.log((theta - self.low) / (self.high - theta))

    def from_real(self, u: Array) -> tuple[Array, Array, Array]:
        share = scipy.special.expit(u)
        first = (self.high - self.low) * share * scipy.special.expit(-u)
        theta = np.where(
            u < 0, self.low + (self.high - self.low) * share, self.high - first / share
        )
        return theta, first, first * (1.0 - 2.0 * share)


class StationaryLayout(ParameterLayout):
    """The parameters of a stationary autoregression: the coefficients lie in one region together."""

    def contains(self, theta: Array) -> Array:
        return super().contains(theta) & is_stationary(theta[..., 1:-1])

    def moved(self, theta: Array, i: int, value: Array) -> Array:
        theta = np.array(super().moved(theta, i, value))
        p = self.setting.order
        if 1 <= i <= p:
            flat = theta.reshape(-1, p + 2)
            for row in np.flatnonzero(~is_stationary(flat[:, 1:-1])):
                flat[row, 1:-1] = with_room(flat[row, 1:-1], i - 1)
            theta = flat.reshape(theta.shape)
        return theta
