"""Arrays of numbers, from whatever a user gives: read whole, or refused with what to do.

Nothing is lost on the way: a mask, a label, a digit of a whole number, the order of an index. What cannot be kept is
refused by name and place.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import DataError

__all__ = [
    "broadcast_shape",
    "insist_not_itself",
    "insist_one_index",
    "insist_same_index",
    "numeric",
    "present",
    "refuse_masks",
    "require_finite",
    "require_weights",
    "shares_note",
    "zeros_and_ones",
]

Array = np.ndarray

# Beyond this a double has no place for every whole number.
_EXACT = 2**53
# Lists that lie deeper in each other than NumPy's arrays have axes are no arrays.
_DEEPEST = 64
# So many weights of 0 and 1 are no table of frequencies any more.
_MANY_WEIGHTS = 10
_DOUBLE = np.dtype(float)
_PLAIN = frozenset({float, int, bool, np.float64, np.int64, np.float32, np.int32, np.bool_})


def numeric(value: Any, name: str) -> Array:
    """Return an array of doubles, or say why there is none.

    Raises
    ------
    DataError : for a mask, text, dates, complex numbers, rows of different lengths, what is no number at all, and
        whole numbers that a double would round.

    >>> numeric([1, 2], "x")
    array([1., 2.])
    """
    if type(value) is np.ndarray and value.dtype == _DOUBLE:
        return value
    if type(value) is list and set(map(type, value)) == {float}:
        return np.array(value)
    if type(value) is np.ndarray and value.dtype.kind in "biu":
        array = value
    else:
        refuse_masks(value, name)
        array = _as_array(value, name)
    if array.dtype == object:
        return _from_objects(array, name)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} must hold real numbers; {_not_numbers(array)}")
    if array.dtype.kind == "f":
        with np.errstate(
            over="ignore"
        ):  # what is too large becomes infinite, and is refused as that
            doubles = array.astype(float, copy=False)
    else:
        doubles = array.astype(float)
    _refuse_rounding(value, array, doubles, name)
    return doubles


def refuse_masks(value: Any, name: str, _depth: int = 0) -> None:
    """Raise a DataError for a masked array, alone or inside lists, where NumPy would drop the mask.

    >>> refuse_masks([[1.0, 2.0], [3.0, 4.0]], "x")
    """
    if isinstance(value, np.ma.MaskedArray):
        raise DataError(
            f"{name} is or holds a masked array, whose mask would be lost; give {name}.compressed(), or drop the masked values"
        )
    if isinstance(value, np.ndarray) and value.dtype == object:
        value = value.ravel().tolist()
    if not isinstance(value, (list, tuple)) or _depth > _DEEPEST:
        return
    for kind in set(map(type, value)) - _PLAIN:
        if issubclass(kind, (list, tuple, np.ndarray)):
            for part in value:
                refuse_masks(part, name, _depth + 1)
            return


def _as_array(value: Any, name: str) -> Array:
    """Return NumPy's array of a value, or say why it is none."""
    try:
        return np.asarray(value)
    except DataError:
        raise  # a value that says itself what it is
    except ValueError as error:
        raise DataError(
            f"{name} has rows of different lengths; give a rectangular array or one sample at a time"
        ) from error
    except (
        Exception
    ) as error:  # whatever another library's array says when NumPy asks for its numbers
        raise DataError(
            f"{name} is a {type(value).__name__}, of which NumPy makes no array ({error}); give an array or a list of numbers"
        ) from error


def _from_objects(array: Array, name: str) -> Array:
    """Return the doubles of an array of Python objects, all of which must be real numbers."""
    if array.ndim == 0 and not hasattr(array[()], "__float__"):
        raise DataError(
            f"{name} must be an array or a list of numbers, got {type(array[()]).__name__}"
        )
    if set(map(type, array.ravel().tolist())) <= {float, np.float64}:
        return array.astype(float)
    doubles = np.empty(array.shape)
    for index, item in np.ndenumerate(array):
        if not _is_real(item):
            raise DataError(
                f"{name} must hold real numbers, and holds values that are not numbers, the first {_short(item)}{_at(index)}; "
                "convert them to float, and leave out or mend what is missing"
            ).at(index)
        try:
            doubles[index] = float(item)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{name} must hold real numbers, and holds values that are not numbers, the first {_short(item)}{_at(index)}"
            ) from error
        except OverflowError as error:
            raise DataError(
                f"{name} holds a number that no double can hold{_at(index)}; rescale it first"
            ) from error
        if isinstance(item, numbers.Integral) and int(doubles[index]) != item:
            raise _rounded(item, index, name)
    return doubles


def _is_real(item: Any) -> bool:
    """Say whether an object is one real number: not text, a date, a span of time, a list or a complex number."""
    other = (
        str,
        bytes,
        np.datetime64,
        np.timedelta64,
        np.void,
        np.complexfloating,
        np.ma.MaskedArray,
    )
    if isinstance(item, other):
        return False
    return hasattr(item, "__float__") and np.ndim(item) == 0


def _not_numbers(array: Array) -> str:
    """Say what an array holds in place of numbers, and what to do."""
    kind = array.dtype.kind
    if kind in "US":
        first = _short(array.flat[0]) if array.size else "nothing"
        return f"it holds text, the first {first}. If these are numbers, convert them: np.asarray(..., dtype=float)"
    if kind in "Mm":
        return f"it holds dates or times ({array.dtype}): say in which unit since when, as in (t - t[0]) / np.timedelta64(1, 's')"
    if kind == "c":
        return "it holds complex numbers: take the part that you mean, .real, or np.abs(...)"
    return f"got dtype {array.dtype}; convert it first"


def _refuse_rounding(value: Any, array: Array, doubles: Array, name: str) -> None:
    """Raise where a whole number beyond 2^53 has become another one on its way to a double."""
    if not array.size:
        return
    if array.dtype.kind in "iu":
        # No bit beyond the lowest 53 is set in whole numbers that a double can hold; else some may be negative.
        if array.dtype.itemsize < 8 or 0 <= np.bitwise_or.reduce(array, axis=None) < _EXACT:
            return
        if -_EXACT <= array.min() <= array.max() <= _EXACT:
            return
        # Compared as whole numbers: in doubles both sides would be rounded alike.
        for index in np.argwhere(np.abs(doubles) >= _EXACT):
            if int(doubles[tuple(index)]) != int(array[tuple(index)]):
                raise _rounded(array[tuple(index)], tuple(index), name)
    elif isinstance(value, (list, tuple)) and np.abs(doubles).max() >= _EXACT:
        # Among floats NumPy has rounded the whole numbers of a list already.
        objects = np.array(value, dtype=object)
        if objects.shape == doubles.shape:
            _from_objects(objects, name)


def _rounded(item: Any, index: tuple[int, ...], name: str) -> DataError:
    return DataError(
        f"{name} holds the whole number {item}{_at(index)}, which a double would round: beyond 2^53 not every whole "
        f"number has its own. Subtract an offset first, or say that rounding is all right: give them as floats"
    ).at(index)


def _at(index: tuple[int, ...]) -> str:
    """Say where in an array something stands."""
    if not index:
        return ""
    place = tuple(int(i) for i in index)
    return f" at index {place[0] if len(place) == 1 else place}"


def _short(item: Any) -> str:
    """Return an object in a few characters."""
    text = repr(item.item() if isinstance(item, np.generic) else item)
    return text if len(text) <= 40 else f"{text[:37]}..."


def present(values: Array, w: Array | None) -> Array:
    """Return rows with the heaviest one in place of those of weight 0, which are no observations.

    >>> present(np.array([1.0, np.nan, 3.0]), np.array([1.0, 0.0, 2.0]))
    array([1., 3., 3.])
    """
    if w is None or w.shape != values.shape[:1] or w.all():
        return values
    values = values.copy()
    values[w == 0] = values[np.argmax(w)]
    return values


def shares_note(weights: Any, n: Any) -> tuple[str, ...]:
    """Return what to say of weights that look like shares, because they sum to about 1.

    >>> shares_note([2.0, 1.0], 3.0)
    ()
    """
    near = np.abs(np.asarray(n) - 1.0) < 0.01
    if not near.any() or (np.asarray(weights) == np.round(weights)).all():
        return ()
    where = f" in {np.count_nonzero(near)} of {near.size} samples" if near.ndim else ""
    return (
        f"the weights sum to about 1{where}, so n is 1 and the errors are those of one observation: weights count "
        "observations. If they are shares, multiply them by the number of observations",
    )


def zeros_and_ones(weights: Any) -> int:
    """Return how many of many weights are 1 where the others are all 0, as those of a mask are; 0 where they are not so.

    >>> (
    ...     zeros_and_ones([1.0, 0.0] * 5),
    ...     zeros_and_ones([1.0, 0.0, 2.0] * 5),
    ...     zeros_and_ones([1.0, 0.0]),
    ... )
    (5, 0, 0)
    """
    w = np.asarray(weights)
    if w.ndim != 1 or w.size < _MANY_WEIGHTS or w.all() or not ((w == 0) | (w == 1)).all():
        return 0
    return int(np.count_nonzero(w))


def insist_same_index(name: str, value: Any, other_name: str, other: Any) -> None:
    """Raise where two pandas objects have different labels for their rows, which an array would pair by position.

    What was made of pandas objects may have kept their labels, as `labels`.

    >>> insist_same_index("y", [1.0, 2.0], "X", [[1.0], [2.0]])
    """
    labels, theirs = _labels_of(value), _labels_of(other)
    if labels is None or theirs is None:
        return
    if len(labels) != len(theirs) or labels.equals(theirs):
        return  # other lengths are refused as such
    if labels.is_unique and theirs.is_unique and labels.sort_values().equals(theirs.sort_values()):
        pandas = hasattr(value, "iloc") and hasattr(other, "iloc")
        cure = f"give {name}.loc[{other_name}.index]" if pandas else "bring both into one order"
        raise DataError(
            f"{name} and {other_name} have the same labels in another order: {cure}, or "
            f"{name}.to_numpy() if their order is right and the labels are not"
        )
    raise DataError(
        f"{name} and {other_name} have different labels for their rows (index): bring them together, as with "
        f"pandas.concat or join, or give {name}.to_numpy() if row i belongs to row i"
    )


def _labels_of(value: Any) -> Any:
    """Return pandas' labels of the rows of a value; None where it has none."""
    return value.index if hasattr(value, "iloc") else getattr(value, "labels", None)


def insist_one_index(named: Mapping[str, Any]) -> Any:
    """Return the labels that the rows of all have which have any, or None; raise where they are not the same.

    >>> insist_one_index({"X": [[1.0], [2.0]], "y": [1.0, 2.0]})
    """
    labelled = {name: v for name, v in named.items() if _labels_of(v) is not None}
    if not labelled:
        return None
    first = next(iter(labelled))
    for name, value in labelled.items():
        insist_same_index(name, value, first, labelled[first])
    return _labels_of(labelled[first])


def insist_not_itself(X: Any, y: Any) -> None:
    """Raise where a column of a table X is the response y itself, by name and by what it holds.

    >>> insist_not_itself([[1.0], [2.0]], [1.0, 2.0])
    """
    name = getattr(y, "name", None)
    if not hasattr(X, "iloc") or name is None or name not in getattr(X, "columns", ()):
        return
    own = X[name]
    if own.ndim == 1 and own.nunique() > 1 and own.equals(y):
        raise DataError(
            f"column {name!r} of X is y itself, which would explain itself: leave it out, as X.drop(columns={name!r}) does"
        )


def broadcast_shape(what: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that some shapes broadcast to, or say which of them do not.

    >>> broadcast_shape("the parameters", (3, 1), (4,))
    (3, 4)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise DataError(
            f"{what} have shapes {', '.join(map(str, shapes))}, which do not broadcast against each other; "
            "give one of them an axis of length 1, as in value[:, None]"
        ) from error


def require_finite(x: Array, name: str) -> None:
    """Raise a DataError that counts the values that are not finite and says where the first one is.

    >>> require_finite(np.array([1.0, 2.0]), "x")
    """
    bad = ~np.isfinite(x)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        kinds = [
            f"{int(c)} {word}"
            for c, word in ((np.isnan(x).sum(), "NaN"), (np.isinf(x).sum(), "infinite"))
            if c
        ]
        where = first[0] if len(first) == 1 else first
        raise DataError(
            f"{name} holds {' and '.join(kinds)} value(s), the first at index {where}; remove or repair them"
        ).at(first)


def require_weights(w: Array, axis: int = -1, name: str = "weights") -> None:
    """Raise a DataError unless weights are finite and not negative, with a sum above 0 that a double can hold.

    >>> require_weights(np.array([0.0, 2.5]))
    """
    require_finite(w, name)
    if (w < 0).any():
        first = tuple(int(i) for i in np.argwhere(w < 0)[0])
        where = ", ".join(map(str, first))
        raise DataError(f"{name} must not be negative; {name}[{where}] is {w[first]:g}").at(first)
    with np.errstate(over="ignore"):
        total = w.sum(axis=axis)
    if ((total > 0) & (total < 1e-290)).any():
        raise DataError(
            f"the weights of a sample add up to {float(np.min(total)):.3g}, so close to the least double that their digits "
            "are lost; multiply them all by the same number"
        )
    if not (total > 0).all():
        raise DataError(f"the {name} of a sample are all zero: there is nothing to fit")
    if np.isinf(total).any():
        raise DataError(
            "the weights of a sample add up to more than a double can hold; divide them all by the same number"
        )
