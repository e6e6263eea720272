"""A sample some of whose values are only bounds: all were exposed so long, and to some it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from .sample import Sample
from .statistic import Statistic

__all__ = ["Exposed"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Exposed(Sample):
    """The values and the bounds together, with their weights; `n` counts the values seen exactly alone.

    `total` is the sum of these, `exposure` the weight of all.

    >>> t = Exposed.with_bounds(Sample.of(np.array([1.0, 3.0])), np.array([2.0]), np.array([5.0]))
    >>> t.values, float(t.n), float(t.total), float(t.exposure)
    (array([1., 3., 2.]), 2.0, 4.0, 7.0)
    """

    total: Array
    exposure: Array
    _trailing: ClassVar[dict[str, int]] = {"values": 1, "weights": 1}
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"weights": (0.0, np.inf)}

    def fault(self, support: Any) -> str | None:
        return Statistic.fault(
            self, support
        )  # bounds may lie at the ends of the support, and `n` leaves them out

    @classmethod
    def with_bounds(cls, t: Sample, bounds: Array, weights: Array) -> Self:
        """Put right-censored values beside those seen exactly; the weights of a batch have its axes in front."""
        total = t.sum(t.values)
        bounds = np.broadcast_to(bounds, t.values.shape[:-1] + bounds.shape)
        values = np.concatenate([t.values, bounds], axis=-1)
        if not t.weighted and (weights == 1).all():
            return cls(
                t.n, values, np.broadcast_to(1.0, values.shape), total, t.n + bounds.shape[-1]
            )
        every = np.concatenate([t.weights, weights], axis=-1)
        return cls(t.n, values, every, total, every.sum(axis=-1))

    def __getitem__(self, index: Any) -> Self:
        columns = {name: value[index] for name, value in self._arrays().items()}
        return type(self)(**columns).of_family(self.family)

    def __add__(self, other: Any) -> Any:
        """Return both samples together; the other may have no bounds."""
        if type(other) is Sample:
            other = type(self).with_bounds(other, np.zeros(0), np.zeros((*other.n.shape, 0)))
        return super().__add__(other)

    def __radd__(self, other: Any) -> Any:
        return self + other if type(other) is Sample else super().__radd__(other)

    def as_rows(self) -> Self:
        few = super().as_rows()
        return type(self)(
            few.n, few.values, few.weights, np.ravel(self.total), np.ravel(self.exposure)
        )

    def thinned(self, count: int, weigh: bool = False) -> Sample:
        few = super().thinned(count, weigh)
        if few is self:
            return self
        share = few.n / self.exposure  # of all that were exposed, and of all that is said of them
        return type(self)(self.n * share, few.values, few.weights, self.total * share, few.n)

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        pooled = Sample.join(parts)
        sums = (
            sum(getattr(part.pool(), k) for part in parts)[..., None] for k in ("total", "exposure")
        )
        return cls(pooled.n, pooled.values, pooled.weights, *sums)

    def _pooled(self) -> tuple[Array, ...]:
        return *super()._pooled(), self.total.sum(axis=-1), self.exposure.sum(axis=-1)
