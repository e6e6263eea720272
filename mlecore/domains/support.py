"""Which observations a family can produce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .domain import Array

__all__ = ["Support"]

# How many values are looked at at once: their floors lie in the cache.
_PIECE = 2**14


@dataclass(frozen=True)
class Support:
    """The values that a family can produce, and their words in messages.

    Parameters
    ----------
    low, high : the ends; infinite where there is none.
    text : the words for messages; written from the rest if left out.
    open_low, open_high : whether an end itself cannot occur.
    whole : whether the values are whole numbers: the family is then discrete.

    >>> (
    ...     Support(low=0.0).text,
    ...     Support(low=1, whole=True).text,
    ...     Support(low=0, high=1, open_high=True).text,
    ... )
    ('x >= 0', 'whole numbers, x >= 1', '0 <= x < 1')
    >>> Support(0, np.inf, "x > 0", open_low=True).contains(np.array([0.0, 1.0]))
    array([False,  True])
    """

    low: float = -np.inf
    high: float = np.inf
    text: str = ""
    open_low: bool = False
    open_high: bool = False
    whole: bool = False
    #: whether a single value has a probability among values that otherwise have a density
    atoms: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.text:
            object.__setattr__(self, "text", self._in_words())

    def _in_words(self) -> str:
        low, high = (float(end) for end in (self.low, self.high))
        below = f"{low:g} {'<' if self.open_low else '<='} x" if np.isfinite(low) else "x"
        above = f" {'<' if self.open_high else '<='} {high:g}" if np.isfinite(high) else ""
        if np.isinf(low) and np.isinf(high):
            return "whole numbers" if self.whole else "any real number"
        if np.isinf(high):
            below, above = "x", f" {'>' if self.open_low else '>='} {low:g}"
        return f"{'whole numbers, ' * self.whole}{below}{above}"

    def hull(self, other: Support) -> Support:
        """Return the smallest support that holds both.

        >>> Support(low=0.0).hull(Support(high=1.0)).text
        'x >= 0, or x <= 1'
        """
        if self == other:
            return self
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Support(
            low,
            high,
            self.text if self.text == other.text else f"{self.text}, or {other.text}",
            open_low=all(s.open_low for s in (self, other) if s.low == low),
            open_high=all(s.open_high for s in (self, other) if s.high == high),
            whole=self.whole,
        )

    def contains(self, x: Array) -> Array:
        """Say which values are inside; NaN and the infinities are not."""
        inside = np.isfinite(x)
        inside &= (x > self.low) if self.open_low else (x >= self.low)
        inside &= (x < self.high) if self.open_high else (x <= self.high)
        return inside & (x == np.floor(x)) if self.whole else inside

    def advice(self, x: Array) -> str:
        """Say what to do about values outside the support, from what they look like."""
        low, high = x.min(), x.max()
        if self.low == 0.0 and self.high == 1.0:
            if self.whole and low >= 0 and len(labels := np.unique(x)) == 2:
                return f"Give two labels as 0 and 1, such as x == {labels[1]:g}"
            if not self.whole and low >= 0 and 1 < high <= 100:
                return "Percentages become proportions when you divide them by 100"
        return "Correct the data or choose a family with a wider support"

    def holds(self, x: Array, always: bool = True) -> bool:
        """Say whether all of x is inside, from its smallest and largest value: a NaN fails, which is wanted.

        Unless `always`, no value is looked for at an infinite end: a sum over the data shows one that is there.
        """
        shown = not (always or self.whole)
        if not (shown and self.low == -np.inf):
            low = np.minimum.reduce(x, axis=None)
            if not (low > self.low if self.open_low else low >= self.low):
                return False
        if not (shown and self.high == np.inf):
            high = np.maximum.reduce(x, axis=None)
            if not ((high < self.high if self.open_high else high <= self.high) and high < np.inf):
                return False
        return not self.whole or _all_whole(x)


def _all_whole(x: Array) -> bool:
    """Say whether all values are whole numbers; of a long sample piece by piece, which stay in the cache.

    >>> _all_whole(np.array([1.0, 2.0])), _all_whole(np.array([1.0, 2.5]))
    (True, False)
    """
    if x.ndim != 1 or len(x) <= _PIECE:
        return bool((x == np.floor(x)).all())
    pieces = (x[at : at + _PIECE] for at in range(0, len(x), _PIECE))
    return all(bool((piece == np.floor(piece)).all()) for piece in pieces)
