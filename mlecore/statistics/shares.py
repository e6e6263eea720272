"""The statistic of shares, values between 0 and 1, which treats x and 1 - x alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..numerics import log1p_excess, mean_log, ratio_excess, some
from .averages import heaviest, mean_of, size_of
from .statistic import Statistic

__all__ = ["ShareMoments"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class ShareMoments(Statistic):
    """Size, and mean and Jensen gap of both x and 1 - x, for values between 0 and 1: all that a Beta needs.

    `rest` is the mean of 1 - x, `gap` is log(mean(x)) - mean(log(x)) and `rest_gap` the same of 1 - x. As for a Gamma
    the gaps are what the likelihood equations contain, and they cancel when the data are nearly constant.

    >>> round(float(np.exp(ShareMoments.of(np.array([0.2, 0.8])).gap)), 12)
    1.25
    """

    mean: Array
    rest: Array
    gap: Array
    rest_gap: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {
        "gap": (0.0, np.inf),
        "rest_gap": (0.0, np.inf),
    }
    _among: ClassVar[tuple[str, ...]] = ("mean", "rest")

    def fault(self, support: Any) -> str | None:
        if np.any(np.abs(self.mean + self.rest - 1.0) > 1e-9):
            return "mean and rest do not add up to 1"
        return super().fault(support)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; 0 < x < 1."""
        # About one of the values, so that equal values have exactly their own mean and no gap.
        mean = mean_of(x, weights)
        gaps = _share_gaps(x, mean, 1.0 - mean, weights)
        rest = 1.0 - mean
        if some(gaps[1] < 1e-3) or np.any(rest < 1e-3):
            pivot = heaviest(x, weights)
            first, change = pivot[..., 0], mean_of(x - pivot, weights)
            mean, rest = first + change, (1.0 - first) - change
            gaps = _share_gaps(x, mean, rest, weights)
        return cls(size_of(x, weights), mean, rest, *gaps)

    def _pooled(self) -> tuple[Array, ...]:
        mean, rest = self._average(self.mean), self._average(self.rest)
        gap, rest_gap = _share_gaps(self.mean, mean, rest, self.n)
        return mean, rest, self._average(self.gap) + gap, self._average(self.rest_gap) + rest_gap


def _share_gaps(x: Array, mean: Array, rest: Array, weights: Array | None) -> tuple[Array, Array]:
    """Return the Jensen gaps of x and of 1 - x, which is never formed where it would round."""
    m = np.asarray(mean)[..., None]
    if x.shape[-1] == 1:
        return np.zeros_like(mean), np.zeros_like(mean)
    gaps = []
    for size, share, sign in ((mean, x, 1.0), (rest, 1.0 - x, -1.0)):
        gap = np.log(size) - mean_log(share, weights)
        if some(gap < 1e-3):
            whole = np.asarray(size)[..., None]
            d = sign * (x - m) / whole
            excess = ratio_excess(share, whole, d)
            exact = np.maximum(mean_of(excess, weights) - log1p_excess(mean_of(d, weights)), 0.0)
            gap = np.where(gap < 1e-3, exact, gap)[()]
        gaps.append(gap)
    return tuple(gaps)
