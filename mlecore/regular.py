"""What the inference asks of a model, answered for one that is regular everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

__all__ = ["Regular"]

Array = np.ndarray


class Regular:
    """A model of numbers whose likelihood is smooth, with no parameter that moves the support and no corner.

    Families say these things one by one; regressions and sequences take them from here.

    >>> Regular()._irregular_where(("x1",))
    (False, '')
    """

    irregular: ClassVar[tuple[str, ...]] = ()
    corners: ClassVar[tuple[str, ...]] = ()
    information_only_expected: ClassVar[str] = ""
    event_ndim: ClassVar[int] = 0

    def _irregular_where(self, free: Any) -> tuple[bool, str]:
        """Say where the large-sample theory does not hold: nowhere."""
        return False, ""

    def _at_edge_where(self, free: Any) -> tuple[Any, str]:
        """Say where several parameters together are on the boundary of their domain, none of them alone: nowhere."""
        return False, ""

    @classmethod
    def _no_chi_square(cls, null: Mapping[str, Any], free: Any) -> str:
        """Say why a likelihood ratio is no chi-square: it is one."""
        return ""

    @classmethod
    def _impossible(cls, likelihood: Any, full: Array) -> Array:
        """Say which rows no member could have made: none."""
        return np.zeros(full.shape[:-1], dtype=bool)
