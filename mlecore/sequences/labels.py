"""The labels of states: one sequence of them, or several, as they are read and listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import DataError

__all__ = ["State", "labels_of", "listed", "plain", "space_of"]

State = Any


def labels_of(data: Any) -> list[list[State]]:
    """Return one sequence, or several, as lists of labels."""
    if isinstance(data, str):
        pieces = [list(data)]
    elif (
        isinstance(data, list | tuple)
        and data
        and all(isinstance(p, list | np.ndarray) for p in data)
    ):
        pieces = [list(_items(p)) for p in data]
    else:
        pieces = [list(_items(data))]
    pieces = [[plain(label) for label in piece] for piece in pieces]
    for k, piece in enumerate(pieces):
        called = f"states[{k}]" if len(pieces) > 1 else "states"
        missing = [i for i, label in enumerate(piece) if label is None or label != label]
        if missing:
            raise DataError(
                f"{called} holds {len(missing)} missing value(s), the first at index {missing[0]}: cut the sequence there, or "
                "name a state for them"
            )
        try:
            set(piece)
        except TypeError as error:
            raise DataError(
                f"{called} must hold labels, such as numbers or text ({error})"
            ) from error
    return pieces


def _items(data: Any) -> Any:
    if isinstance(data, np.ndarray) and data.ndim != 1:
        raise DataError(
            f"states must be one-dimensional, got shape {data.shape}; several sequences go into a list"
        )
    if not isinstance(data, Iterable) or isinstance(data, Mapping | bytes):
        raise DataError(f"states must be a sequence of labels, got {type(data).__name__}")
    return data


def plain(label: Any) -> Any:
    """Return NumPy's numbers and text as Python's."""
    return label.item() if isinstance(label, np.generic) else label


def space_of(pieces: list[list[State]]) -> tuple[State, ...]:
    """Return all labels, sorted."""
    seen = {label for piece in pieces for label in piece}
    try:
        return tuple(sorted(seen))
    except TypeError:
        return tuple(sorted(seen, key=lambda label: (type(label).__name__, str(label))))


def listed(labels: Any) -> str:
    return ", ".join(map(str, labels))
