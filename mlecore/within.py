"""What a model must hold to lie within another, and the refusal of one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import DataError

__all__ = ["insist_held_alike", "not_within"]


def not_within(small: str, large: str, why: str = "") -> DataError:
    """Return the error for models that are not nested.

    >>> str(not_within("Gamma", "LocalLevel"))
    'the fits are not nested: Gamma does not lie within LocalLevel'
    """
    return DataError(f"the fits are not nested: {small} does not lie within {large}{why}")


def insist_held_alike(small: Any, held: Mapping[str, Any]) -> None:
    """Raise where the larger model holds what its smaller one leaves free; what the smaller has not is 0 there.

    Raises
    ------
    DataError : with the name of the parameter.
    """
    for name, value in held.items():
        inner = small.fixed.get(name, np.nan if name in small.layout.parameters else 0.0)
        if not np.array_equal(inner, value):
            raise DataError(
                f"the fits are not nested: the alternative holds {name} at {float(value):g}, and the null does not"
            )
