"""Tables of what is known of a family, filled by decorators."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Rules"]


class Rules(dict):
    """One function for each family that has one; a family without is no exception, and needs nothing.

    >>> names = Rules()
    >>> @names.of(int, float)
    ... def number(x):
    ...     return "number"
    >>> names[int](3), names.get(str)
    ('number', None)
    """

    def of(self, *families: type) -> Callable[[Callable], Callable]:
        """Return a decorator that enters a function for these families."""

        def enter(rule: Callable) -> Callable:
            self.update(dict.fromkeys(families, rule))
            return rule

        return enter
