"""The parameters of a sequence model, which depend on its setting: an order, states, how a sequence starts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..domains import Layout
from ..errors import DataError, listed

__all__ = ["ParameterLayout", "in_units"]

Array = np.ndarray


class ParameterLayout(Layout):
    """The parameters of a sequence model, which depend on its setting."""

    def __init__(self, model: Any, setting: Any) -> None:
        super().__init__(model._domains(setting), 1, model)
        self.setting = setting

    def distribution(self, theta: Array, known: Mapping[str, Array]) -> Any:
        missing = [name for name in self.known_domains if name not in known]
        if missing:
            raise DataError(f"{listed(missing)} must be known: give fixed={{{missing[0]!r}: ...}}")
        return self.family._member(self.setting, theta, known)


def in_units(likelihood: Any, series: Any, shift: Array | float, unit: Array | float) -> Any:
    """Return the likelihood of the same values in other units, in which a parameter is (theta - shift) / unit."""
    other, count = copy.copy(likelihood), len(likelihood.layout.names)
    shift, unit = np.broadcast_to(shift, count), np.broadcast_to(unit, count)
    other.statistic, other.data = series, None
    other.held = {i: (v - shift[i]) / unit[i] for i, v in likelihood.held.items()}
    return other
