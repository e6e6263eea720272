"""The labels of states: one sequence of them, or several, as they are read and listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from .series import insist_forward

__all__ = ["State", "labels_of", "plain", "space_of"]

State = Any


def labels_of(data: Any, name: str = "states") -> list[list[State]]:
    """Return one sequence, or several, as lists of labels.

    Raises
    ------
    DataError : for labels that are missing, that cannot be told apart, or that are taken for sequences.

    >>> labels_of("abba"), labels_of([["a", "b"], ["b"]])
    ([['a', 'b', 'b', 'a']], [['a', 'b'], ['b']])
    """
    several = isinstance(data, list | tuple) and data and all(map(_is_sequence, data))
    parts = [(f"{name}[{k}]", p) for k, p in enumerate(data)] if several else [(name, data)]
    pieces = [[plain(label) for label in _items(part, called)] for called, part in parts]
    for (called, _), piece in zip(parts, pieces, strict=True):
        _insist_labels(piece, called)
    if not several:
        _insist_no_sequences(pieces[0], name)
    _insist_one_kind(pieces, name)
    return pieces


def _is_sequence(part: Any) -> bool:
    return isinstance(part, list | np.ndarray) or hasattr(part, "to_numpy")


def _insist_labels(piece: list[State], called: str) -> None:
    """Raise for labels that are missing, or that are no labels."""
    missing = [i for i, label in enumerate(piece) if _is_missing(label)]
    if missing:
        raise DataError(
            f"{called} holds {len(missing)} missing value(s), the first at index {missing[0]}: cut the sequence there, or "
            "name a state for them"
        )
    try:
        set(piece)
    except TypeError as error:
        raise DataError(f"{called} must hold labels, such as numbers or text ({error})") from error


def _is_missing(label: Any) -> bool:
    try:
        return label is None or bool(label != label)
    except (TypeError, ValueError):  # pandas' NA is neither equal to itself nor different
        return type(label).__name__ == "NAType"


def _insist_no_sequences(piece: list[State], name: str) -> None:
    """Raise for texts, or tuples, of which none comes twice: labels would tell nothing, so they are meant as sequences."""
    long = [label for label in piece if isinstance(label, str | tuple) and len(label) > 1]
    if len(piece) > 1 and len(long) == len(piece) == len(set(piece)):
        kind = "texts" if isinstance(piece[0], str) else "tuples"
        raise DataError(
            f"{name} holds {len(piece)} different {kind}, and a list of {kind} is read as one sequence of labels, in which each "
            f"would be there once. If each is a sequence of its own, give lists: [list(s) for s in {name}]"
        )


def _insist_one_kind(pieces: list[list[State]], name: str) -> None:
    """Raise where a truth value and a number, which are equal, would be one label."""
    if not any(bool in set(map(type, piece)) for piece in pieces):
        return
    labels = [label for piece in pieces for label in piece]
    truths = {label for label in labels if isinstance(label, bool)}
    others = {label for label in labels if not isinstance(label, bool)}
    if both := sorted(truths & others):
        raise DataError(
            f"{name} holds both {bool(both[0])} and {int(both[0])}, which are equal: write them as one, or as different texts"
        )


def _items(data: Any, name: str) -> Any:
    insist_forward(data, name)
    if isinstance(data, np.ndarray) and data.ndim != 1:
        raise DataError(
            f"{name} must be one-dimensional, got shape {data.shape}; several sequences go into a list"
        )
    if not isinstance(data, Iterable) or isinstance(data, Mapping | bytes):
        raise DataError(f"{name} must be a sequence of labels, got {type(data).__name__}")
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
