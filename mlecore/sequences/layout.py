"""The parameters of a sequence model, which depend on its setting: an order, states, how a sequence starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..domains import Layout
from ..errors import DataError, listed

__all__ = ["ParameterLayout"]

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
