"""The errors that mlecore raises.

Each message says what was wrong, where, and what to do. All but `ConvergenceError` are `ValueError`s,
so code written for NumPy's or SciPy's habits catches them too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

__all__ = [
    "ConvergenceError",
    "DataError",
    "Interrupted",
    "NoMLEError",
    "RegularityError",
    "SeparationError",
    "SupportError",
    "interruptible",
    "listed",
]

# A message lists no more names than this.
_LISTED = 24


class DataError(ValueError):
    """The input cannot be used: NaN, empty, wrong dimensions, wrong type, impossible weights or parameters.

    `index` is where in an array the first value lies that is complained of, where one is.

    >>> issubclass(DataError, ValueError)
    True
    """

    index: tuple[int, ...] | None = None

    def at(self, index: tuple[int, ...]) -> Self:
        """Note where the first value lies that is complained of, and return it.

        >>> DataError("NaN").at((3,)).index
        (3,)
        """
        self.index = index
        return self


class SupportError(DataError):
    """A value lies where the family gives no probability, so every likelihood would be zero.

    >>> issubclass(SupportError, DataError)
    True
    """


class NoMLEError(ValueError):
    """The likelihood has no maximum over the family's parameters.

    `reason` says in words why; `limit` is the fit of the limiting family where one exists, else None.

    >>> NoMLEError("all values are equal").limit is None
    True
    """

    def __init__(self, reason: str, limit: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.limit = limit

    def __reduce__(self) -> tuple:
        # Exceptions pickle their positional arguments only; carry the extra fields along.
        return type(self), (self.reason, self.limit)


class SeparationError(NoMLEError):
    """A direction in the space of covariates separates the classes, so the coefficients run to infinity.

    `direction` is the proof: moving the coefficients along it never lowers any observation's probability.

    >>> SeparationError("separated", direction=[1.0]).direction
    [1.0]
    """

    def __init__(self, reason: str, direction: Any = None, limit: Any = None) -> None:
        super().__init__(reason, limit)
        self.direction = direction

    def __reduce__(self) -> tuple:
        return type(self), (self.reason, self.direction, self.limit)


class RegularityError(ValueError):
    """The inference asked for has no meaning here.

    The maximum lies on a boundary, the parameter is not regular, or the information matrix is singular.

    >>> issubclass(RegularityError, ValueError)
    True
    """


class ConvergenceError(RuntimeError):
    """An iteration stopped before it reached a maximum.

    >>> issubclass(ConvergenceError, RuntimeError)
    True
    """


class Interrupted(KeyboardInterrupt):
    """The reading of a source was interrupted, by Ctrl-C or the kernel's stop; what had been found is kept.

    `statistic` is that of the values read so far, where the statistics of chunks add up; `params` are the parameters at the last
    whole pass, where there are several. It is a `KeyboardInterrupt`: a program that does not ask for it ends as it would.

    >>> Interrupted("interrupted", params={"rate": 2.0}).params
    {'rate': 2.0}
    """

    def __init__(self, reason: str, statistic: Any = None, params: Any = None) -> None:
        super().__init__(reason)
        self.statistic = statistic
        self.params = params

    def __reduce__(self) -> tuple:
        return type(self), (*self.args, self.statistic, self.params)


@contextmanager
def interruptible(found: Callable[[], Interrupted] | None = None) -> Iterator[None]:
    """Raise what `found` makes in place of a bare KeyboardInterrupt; without it, that there is nothing to keep yet.

    >>> try:
    ...     with interruptible():
    ...         raise KeyboardInterrupt
    ... except Interrupted as stop:
    ...     print(stop)
    interrupted in the first pass, before anything was found: there is nothing to keep
    """
    try:
        yield
    except Interrupted:
        raise
    except KeyboardInterrupt as stop:
        if found is not None:
            raise found() from stop
        raise Interrupted(
            "interrupted in the first pass, before anything was found: there is nothing to keep"
        ) from stop


def listed(names: Iterable[Any], none: str = "(none)") -> str:
    """Return names for a message: all of two dozen, and of more the first ones, the last one and how many there are.

    >>> listed(["a", "b"]), listed(range(100))
    ('a, b', '0, 1, 2, 3, 4, 5, 6, 7, ..., 99 (100 in all)')
    """
    words = [str(name) for name in names]
    if len(words) > _LISTED:
        words = [*words[:8], "...", f"{words[-1]} ({len(words)} in all)"]
    return ", ".join(words) or none
