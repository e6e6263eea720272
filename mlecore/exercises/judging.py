"""The verbs that a checker is written with.

Each verb either lets the answer pass or stops the checker by raising: `NotDone` where the starter
is untouched, `Hint` where something can be said that helps. So a checker reads as a list of what to
look at, in the order of looking: first the classic mistakes (`resembles`), then the truth
(`agrees`). The verbs that ask what the answer *is* stand in `answers`, and come from here too.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlecore.exercises.answers import (
    Hint,
    NotDone,
    Stopped,
    array,
    call,
    describe,
    known,
    number,
    own_work,
    shortened,
    steady,
    written,
)

__all__ = [
    "Hint",
    "NotDone",
    "agrees",
    "array",
    "call",
    "choice",
    "describe",
    "matching",
    "number",
    "own_work",
    "resembles",
    "same",
    "shortened",
    "steady",
]

TYPED = 1e-3
"""Relative tolerance for one number: readers copy it from a page that prints four digits."""

COMPUTED = 1e-7
"""Relative tolerance for functions and arrays: room for a finite difference, none for a slip."""


def same(
    answer: object,
    other: Any,
    *,
    on: Sequence[Any] | None = None,
    rtol: float | None = None,
    atol: float = 1e-12,
) -> bool:
    """Whether the answer equals `other`: a number, an array, or (with `on`) a function.

    `on` lists the arguments of the calls that are compared: a tuple for several, anything else for
    one. An answer that cannot be compared raises its own hint. The tolerance is `TYPED` for one
    number and `COMPUTED` for everything else.

    >>> same(np.square, lambda x: x * x, on=[1.0, 2.0, -3.0])
    True
    """
    got, want = _pair(answer, other, on)
    return all(
        _close(g, w, rtol if rtol is not None else _tolerance(want, on), atol)
        for g, w in zip(got, want, strict=True)
    )


def resembles(
    answer: object,
    wrong: Any,
    hint: str,
    *,
    on: Sequence[Any] | None = None,
    rtol: float | None = None,
    atol: float = 1e-12,
) -> None:
    """Stop with `hint` if the answer is this classic mistake. Arguments as in `same`.

    >>> resembles(0.61, 24.4, "You divided by the number of rows.")
    """
    try:
        caught = same(answer, wrong, on=on, rtol=rtol, atol=atol)
    except Hint:
        return  # not even comparable; the verb that looks for the truth will say why
    if caught:
        raise Hint(hint)


def agrees(
    answer: object,
    reference: Any,
    *,
    on: Sequence[Any] | None = None,
    rtol: float | None = None,
    atol: float = 1e-12,
    otherwise: str = "",
    what: str = "Your answer",
) -> None:
    """Stop with a hint unless the answer equals the reference. Arguments as in `same`.

    The hint says how the answer differs (the sign, a constant factor, a constant, rounding, or where it is
    too large) or at what it stopped, without giving the right value away, and ends with `otherwise`.

    >>> agrees(0.61, 0.61)
    """
    try:
        got, want = _pair(answer, reference, on, what)
    except Stopped as stopped:
        raise Hint(f"{stopped} {otherwise}".strip()) from None
    tolerance = rtol if rtol is not None else _tolerance(want, on)
    if all(_close(g, w, tolerance, atol) for g, w in zip(got, want, strict=True)):
        return
    raise Hint(f"{_difference(got, want, on, tolerance, atol, what)} {otherwise}".strip())


def choice(answer: object, options: Iterable[str], what: str = "Your answer") -> str:
    """The option that the answer names, in any case and spacing; a hint where it names none.

    A family may be given as its class: `Poisson` is read as `"Poisson"`.

    >>> choice("log normal", ["Normal", "LogNormal"])
    'LogNormal'
    """
    if answer is ...:
        raise NotDone
    options = list(options)
    text = answer.__name__ if isinstance(answer, type) else answer
    listed = ", ".join(f'"{option}"' for option in options)
    if not isinstance(text, str):
        raise Hint(f"{what} should be one of {listed}, and it is {describe(answer)}.")
    plain = {_plain(option): option for option in options}
    if _plain(text) in plain:
        return plain[_plain(text)]
    near = difflib.get_close_matches(_plain(text), plain, n=1)
    meant = f' Did you mean "{plain[near[0]]}"?' if near else ""
    raise Hint(f'{what} should be one of {listed}, and it is "{shortened(text, 40)}".{meant}')


def matching(
    answer: object, truth: Mapping[str, str], hints: Mapping[tuple[str, str], str] | None = None
) -> None:
    """Stop with a hint unless the answer, a dictionary, gives every key of `truth` its value.

    `hints` words the classic confusions: `{("bearings", "Normal"): "A lifetime is never
    negative."}`. Otherwise the hint says how many matches are right and names one that is not.

    >>> matching(
    ...     {"dice": "categorical"},
    ...     {
    ...         "dice": "Categorical",
    ...     },
    ... )
    """
    if not isinstance(answer, Mapping):
        raise Hint(
            f"Give a dictionary with the keys {_listed(truth)}; your answer is {describe(answer)}."
        )
    missing, strange = [k for k in truth if k not in answer], [k for k in answer if k not in truth]
    if strange:
        raise Hint(
            f"There is nothing here called {describe(strange[0])}: the keys are {_listed(truth)}."
        )
    if missing:
        raise Hint(f"Still without a match: {_listed(missing)}.")
    options = list(dict.fromkeys(truth.values()))
    wrong = {
        k: given
        for k in truth
        if (given := choice(answer[k], options, what=f'The match of "{k}"')) != truth[k]
    }
    for pair, hint in (hints or {}).items():
        if wrong.get(pair[0]) == pair[1]:
            raise Hint(hint)
    if wrong:
        first = next(iter(wrong))
        raise Hint(f'{len(truth) - len(wrong)} of {len(truth)} are right. Look again at "{first}".')


# ------------------------------------------------------------------------ the words of a hint


def _pair(
    answer: object, reference: Any, on: Sequence[Any] | None, what: str = "Your answer"
) -> tuple[list[Any], list[Any]]:
    """The answer's values and the reference's, as arrays of equal shapes: one for each call."""
    if on is None:
        want = np.asarray(reference, dtype=float)
        got = (
            np.asarray(number(answer, what))
            if want.ndim == 0
            else array(answer, want.shape, what=what)
        )
        return [got], [want]
    calls = [arguments if isinstance(arguments, tuple) else (arguments,) for arguments in on]
    if callable(reference):
        with np.errstate(all="ignore"):
            reference = [reference(*copy.deepcopy(arguments)) for arguments in calls]
    want = [np.asarray(value, dtype=float) for value in reference]
    got = [
        array(
            known(answer, *arguments),
            w.shape,
            what=f"The value of your function at {written(arguments)}",
        )
        for arguments, w in zip(calls, want, strict=True)
    ]
    return got, want


def _tolerance(want: list[Any], on: Sequence[Any] | None) -> float:
    return TYPED if on is None and want[0].ndim == 0 else COMPUTED


def _close(got: Any, want: Any, rtol: float, atol: float) -> bool:
    return bool(np.allclose(got, want, rtol=rtol, atol=atol))


def _difference(
    got: list[Any], want: list[Any], on: Sequence[Any] | None, rtol: float, atol: float, what: str
) -> str:
    """How the values differ, in words: a pattern throughout, else the first that is off."""
    subject = what if on is None else "Your function"
    values, targets = (np.concatenate([v.ravel() for v in side]) for side in (got, want))
    if pattern := _pattern(values, targets) or _rounding(values, targets):
        return f"{subject} {pattern}."
    # The first call, and the first entry of its value, that is off; an index into a scalar is (0,).
    call, place = next(
        (k, place)
        for k, (g, w) in enumerate(zip(got, want, strict=True))
        for place in zip(
            *np.nonzero(np.atleast_1d(~np.isclose(g, w, rtol=rtol, atol=atol))), strict=True
        )
    )
    value = float(np.atleast_1d(got[call])[place])
    target = float(np.atleast_1d(want[call])[place])
    where = f" at index {', '.join(str(k) for k in place)}" if want[call].ndim else ""
    if on is not None:
        arguments = on[call] if isinstance(on[call], tuple) else (on[call],)
        subject = f"At {written(arguments)}, your function gives {value:.6g}{where}, which"
    else:
        subject = f"{what}, {value:.6g}{where},"
    if on is None and abs(value - target) <= 0.01 * abs(target) < np.inf:
        return f"{subject} is near, but not near enough: let Python carry the digits."
    return f"{subject} is too {'large' if value > target else 'small'}."


def _pattern(got: NDArray[np.float64], want: NDArray[np.float64]) -> str:
    """What all values have in common: the wrong sign, a constant factor, a constant."""
    if not (np.isfinite(got).all() and np.isfinite(want).all()):
        return ""
    if want.any() and np.allclose(-got, want, rtol=TYPED, atol=0):
        return "has the wrong sign" + " throughout" * (got.size > 1)
    if np.unique(want).size > 1 and want.all() and got.all():
        with np.errstate(all="ignore"):
            ratio, offset = got / want, got - want
        if np.allclose(ratio, ratio[0], rtol=1e-6, atol=0):
            return f"is {ratio[0]:.4g} times what it should be, every time"
        if np.allclose(offset, offset[0], rtol=1e-6, atol=0):
            return f"is off by the same amount every time: {offset[0]:.4g}"
    return ""


def _rounding(got: NDArray[np.float64], want: NDArray[np.float64]) -> str:
    """Whether the values are the right ones, rounded: to decimals, to two or three digits, or up."""
    if not (np.isfinite(got).all() and np.isfinite(want).all()):
        return ""
    near = np.all(np.abs(got - want) <= 0.05 * np.abs(want)) or got.size > 2
    ways = [np.round(want, k) for k in range(4)] + [np.ceil(want)]
    ways += [np.array([float(f"{w:.{k}g}") for w in want]) for k in (2, 3)]
    if near and got.any() and any(np.array_equal(got, way) for way in ways):
        return "is right, and rounded: more digits are wanted, so let Python carry the digits"
    return ""


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _listed(names: Iterable[object]) -> str:
    return ", ".join(f'"{name}"' for name in names)
