"""What all statistics share: a size, batches, and how they merge."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar, cast

import numpy as np

from ..doors import room
from ..errors import DataError
from .averages import weighted_mean

__all__ = ["Statistic", "beside", "total"]

Array = np.ndarray
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Statistic:
    """What a family needs to know of a sample; `n` is its size, the sum of the weights.

    >>> from mlecore.statistics import Moments
    >>> (Moments.of(np.array([1.0, 2.0])) + Moments.of(np.array([3.0]))).mean
    np.float64(2.0)
    """

    n: Array

    # How many trailing axes of each field are not batch axes.
    _trailing: ClassVar[dict[str, int]] = {}
    # Between which ends the numbers of a field lie, and which fields lie where the values themselves do.
    _ends: ClassVar[dict[str, tuple[float, float]]] = {}
    _among: ClassVar[tuple[str, ...]] = ()
    #: the family that made it, where one did: the same kind of numbers may mean another thing to another family
    family: ClassVar[Any] = None

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of samples: () for a single one."""
        return getattr(self.n, "shape", ())

    @property
    def width(self) -> int:
        """How many numbers one evaluation of the log-likelihood reads for each sample."""
        return 1

    def thinned(self, count: int, weigh: bool = False) -> Statistic:
        """Return what a part of the sample says, where the sample itself is kept: see `Sample.thinned`."""
        return self

    def _arrays(self) -> dict[str, Array]:
        # What a family keeps with it under a name of its own, such as an estimate, is no part of it.
        return {k: v for k, v in vars(self).items() if k != "family" and not k.startswith("_")}

    def of_family(self, family: Any) -> Self:
        """Note which family made it, and return it."""
        object.__setattr__(self, "family", family)
        return self

    def fault(self, support: Any) -> str | None:
        """Say which of its numbers no sample of values in a support can have given; None where all are possible.

        >>> from mlecore import Support
        >>> from mlecore.statistics import Moments
        >>> Moments(np.float64(2.0), np.float64(1.0), np.float64(-3.0)).fault(Support())
        'sd is -3, and is never below 0'
        """
        for name, value in self._arrays().items():
            found, trailing = np.asarray(value), self._trailing.get(name, 0)
            if found.dtype.kind not in "fiub":
                return f"{name} holds no numbers"
            if found.ndim < trailing or found.shape[: found.ndim - trailing] != np.shape(self.n):
                return f"{name} has shape {found.shape}, beside n of shape {np.shape(self.n)}"
            low, high = self._ends.get(name, (-np.inf, np.inf))
            at_end = np.zeros(found.shape, dtype=bool)
            if name in self._among:
                low, high = max(low, support.low), min(high, support.high)
                at_end = (support.open_low & (found == low)) | (support.open_high & (found == high))
            # Gaps and the like may fall short of their ends by rounding.
            slack = 1e-9 if name in self._ends else 0.0
            for wrong, why in (
                (~np.isfinite(found), "must be finite"),
                ((name == "n") & (found <= 0), "must be above 0"),
                (at_end, f"must be inside {support.text}"),
                (found < low - slack, f"is never below {low:g}"),
                (found > high + slack, f"is never above {high:g}"),
            ):
                if wrong.any():
                    return f"{name} is {found[wrong][0]:g}, and {why}"
        return None

    def save(self, path: Any) -> None:
        """Write it to a file, an `.npz` without pickles, from which `mlecore.load_statistic` reads it.

        >>> import tempfile, os
        >>> from mlecore import Poisson, load_statistic
        >>> path = os.path.join(tempfile.mkdtemp(), "monday.npz")
        >>> Poisson.statistics([2, 4]).save(path)
        >>> float(load_statistic(path).n)
        2.0
        """
        room("saved").save(self, path)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what is made of it when it is first asked for, and kept under a name that begins with an underscore.

        >>> from mlecore import Exponential
        >>> t = Exponential.statistics([1.0, 3.0])
        >>> t.once("_half", lambda: t.n / 2) is t.once("_half", lambda: None)
        True
        """
        if name not in vars(self):
            object.__setattr__(self, name, make())
        return cast("T", vars(self)[name])

    def __getitem__(self, index: Any) -> Self:
        """Select samples by the batch's leading axes."""
        columns = {name: value[index] for name, value in self._arrays().items()}
        return self._with_kept(type(self)(**columns), index)

    def _with_kept(self, other: Self, index: Any) -> Self:
        """Give samples that were selected what a family keeps of each, where it can be selected too, by `rows`."""
        for name, kept in vars(self).items():
            if name.startswith("_") and hasattr(kept, "rows"):
                object.__setattr__(other, name, kept.rows(index))
        return other.of_family(self.family)

    def __add__(self, other: Self) -> Self:
        """Return the statistic of both samples together."""
        if type(other) is not type(self):
            return NotImplemented
        return total([self, other])

    def __radd__(self, other: Any) -> Self:
        """Let `sum` start from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def lifted(self) -> Self:
        """Add a last batch axis of length one."""
        return type(self)(
            **{
                name: np.expand_dims(value, -1 - self._trailing.get(name, 0))
                for name, value in self._arrays().items()
            }
        )

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """Lay batches side by side along the last batch axis."""
        columns = {}
        for f in fields(cls):
            trailing = cls._trailing.get(f.name, 0)
            values = [getattr(part, f.name) for part in parts]
            columns[f.name] = np.concatenate(values, axis=-1 - trailing)
        return cls(**columns)

    def pool(self) -> Self:
        """Merge the samples along the last batch axis into one."""
        merged = self._pooled()
        return type(self)(self.n.sum(axis=-1), *merged)

    def _pooled(self) -> tuple[Array, ...]:
        """Return the fields of the merged samples, all but their size."""
        raise TypeError(f"{type(self).__name__} does not say how its samples merge")

    def _average(self, column: Array) -> Array:
        """Return the mean of a column over the samples along the last batch axis, each counted by its size."""
        trailing = np.ndim(column) - np.ndim(self.n)
        return weighted_mean(column, self.n[(...,) + (None,) * trailing], axis=-1 - trailing)

    @property
    def _share(self) -> Array:
        """The part of all observations that each sample along the last batch axis has."""
        return self.n / self.n.sum(axis=-1, keepdims=True)

    def evaluate(self, d: Any, formula: str) -> Any:
        """Return what one of a distribution's formulas, such as `_log_likelihood`, says of this statistic."""
        return getattr(d, formula)(self)

    def terms(self, d: Any) -> tuple[Any, Any, Any]:
        """Return the log-likelihood of a distribution, its slope and its Hessian, in one pass where that is known."""
        together = d._together(self)
        if together is not None:
            return together
        return d._log_likelihood(self), d._score_vector(self), d._hessian_matrix(self)

    def isfinite(self) -> bool:
        """Say whether every number in the statistic is finite."""
        for values in self._arrays().values():
            # One number is asked as such, in a tenth of an array's time.
            if isinstance(values, float):
                finite = math.isfinite(values)
            elif values.size == 1:
                finite = math.isfinite(values.item())
            else:
                finite = bool(np.isfinite(values).all())
            if not finite:
                return False
        return True

    def without(self, rows: Array) -> Self:
        """Return the statistic with NaN in some samples of a batch, all but their weights: nothing is known of them."""
        columns = {}
        for name, value in self._arrays().items():
            if name != "weights":
                value = np.where(
                    np.expand_dims(rows, tuple(range(rows.ndim, np.ndim(value)))), np.nan, value
                )
            columns[name] = value
        return type(self)(**columns).of_family(self.family)

    def repeated(self, batch: tuple[int, ...]) -> Self:
        """Return views of one sample as a batch of equal ones."""
        columns = {}
        for name, value in self._arrays().items():
            own = np.shape(value)[np.ndim(value) - self._trailing.get(name, 0) :]
            columns[name] = np.broadcast_to(value, batch + own)
        return type(self)(**columns)

    def close_to(self, other: Self, tolerance: float = 1e-9) -> bool:
        """Say whether two statistics agree up to rounding, relative to the largest number in each field."""
        # A sample of a batch that could not be read is NaN in the other, and has nothing to compare.
        return all(
            np.shape(a) == np.shape(b)
            and np.allclose(
                a,
                np.where(np.isnan(b), a, b),
                rtol=tolerance,
                atol=tolerance * np.max(np.abs(a), initial=0.0),
            )
            for a, b in zip(self._arrays().values(), other._arrays().values(), strict=True)
        )


def total(parts: Iterable[Statistic]) -> Statistic:
    """Return the statistic of all parts together, merged at once.

    >>> from mlecore.statistics import Moments
    >>> total([Moments.of(np.array([1.0])), Moments.of(np.array([3.0]))]).mean
    np.float64(2.0)
    """
    parts = list(parts)
    families = {part.family for part in parts} - {None}
    if len(families) > 1:
        names = " and ".join(sorted(family.__name__ for family in families))
        raise DataError(
            f"these are statistics of {names}, which do not add up; make both with one family"
        )
    if len({part.batch_shape for part in parts}) > 1:
        shapes = " and ".join(dict.fromkeys(_batch_words(part) for part in parts))
        raise DataError(
            f"these are the statistics of {shapes}, and it is not said which belongs to which; add batches of one shape"
        )
    merged = type(parts[0]).join([part.lifted() for part in parts]).pool()
    return merged.of_family(next(iter(families), None))


def _batch_words(t: Statistic) -> str:
    return f"a batch of shape {t.batch_shape}" if t.batch_shape else "a single sample"


def beside(parts: list[Any]) -> Any:
    """Lay batches of statistics one after the other along their first axis, unmerged.

    >>> from mlecore.statistics import Moments
    >>> beside([Moments.of(np.array([[1.0, 3.0]])), Moments.of(np.array([[2.0], [4.0]]))]).mean
    array([2., 2., 4.])
    """
    if len(parts) == 1:
        return parts[0]
    if hasattr(parts[0], "beside"):
        return parts[0].beside(parts)
    columns = [part._arrays() for part in parts]
    return type(parts[0])(
        **{name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    )
