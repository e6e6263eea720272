"""The verbs that a checker is written with.

Each verb either lets the answer pass or stops the checker by raising: `NotDone` where the starter
is untouched, `Hint` where something can be said that helps. So a checker reads as a list of what to
look at, in the order of looking: first the classic mistakes (`resembles`), then the truth
(`agrees`). Nothing here prints, and whatever the reader's code raises, prints or warns is turned
into words.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import inspect
import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
]

TYPED = 1e-3
"""Relative tolerance for one number: readers copy it from a page that prints four digits."""

COMPUTED = 1e-7
"""Relative tolerance for functions and arrays: room for a finite difference, none for a slip."""


class NotDone(Exception):
    """The reader has not begun: the starter's `...` is still there."""


class Hint(Exception):
    """The answer is not right yet; the message says what to look at."""


# ------------------------------------------------------------------------ what the answer is


def shortened(text: str, limit: int) -> str:
    """A text in one line of at most `limit` characters; dots where something is left out.

    >>> shortened("size 4 is different from 3", 20)
    'size 4 is ...'
    >>> shortened("size 4", 20)
    'size 4'
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    kept = line[: limit - 3]
    return f"{kept[: kept.rfind(' ') + 1] or kept}..."


def describe(value: object) -> str:
    """A value in a few words, for a message: never an address in memory, never more than a line.

    >>> describe("3.87"), describe([1.0, 2.0])
    ("the string '3.87'", 'a list of 2 values')
    """
    if value is None or value is ... or isinstance(value, bool | np.bool_):
        return "`...`" if value is ... else f"`{value}`"
    if isinstance(value, str):
        return (
            f"the string {value!r}" if len(value) <= 40 else f"a string of {len(value)} characters"
        )
    if isinstance(value, int | float | complex | np.number):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.size != 1 else f"{value.item():.6g}"
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of {len(value)} value{'s' * (len(value) != 1)}"
    if isinstance(value, type):
        return f"the class `{value.__name__}`"
    if callable(value):
        return f"the function `{getattr(value, '__name__', 'yours')}`"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} `{name}`"


def number(answer: object, what: str = "Your answer") -> float:
    """The answer as a float; a hint where it is not one number. Infinity passes, NaN does not.

    >>> number(np.array([0.5]))
    0.5
    """
    values = array(answer, what=what, wanted="one number")
    if values.size != 1:
        raise Hint(f"{what} should be one number, and it is {describe(answer)}.")
    return float(values.item())


def array(
    answer: object,
    shape: tuple[int, ...] | None = None,
    *,
    what: str = "Your answer",
    wanted: str = "an array of numbers",
) -> NDArray[np.float64]:
    """The answer as a float array; a hint where it is not one.

    It must have the given shape, up to axes of length one, in which it is returned.

    >>> array([[1], [2]], shape=(2,))
    array([1., 2.])
    """
    if answer is ... or (isinstance(answer, list | tuple) and any(v is ... for v in answer)):
        raise NotDone
    if answer is None:
        raise Hint(f"{what} is `None`: did a function print its value where it should `return` it?")
    if isinstance(answer, str):
        raise Hint(f"{what} should be {wanted}, and it is {describe(answer)}: drop the quotes.")
    if callable(answer):
        raise Hint(f"{what} should be {wanted}, and it is {describe(answer)} itself: call it.")
    if isinstance(answer, bool | np.bool_):
        raise Hint(f"{what} should be {wanted}, and it is {describe(answer)}.")
    try:
        if np.iscomplexobj(answer):
            raise TypeError
        values = np.asarray(answer, dtype=float)
    except Exception:  # the reader's object may raise anything at all from __array__ or __float__
        raise Hint(f"{what} should be {wanted}, and it is {describe(answer)}.") from None
    if np.isnan(values).any():
        where = "" if values.size == 1 else f" at index {int(np.flatnonzero(np.isnan(values))[0])}"
        raise Hint(
            f"{what} is NaN{where}: look for 0/0, inf - inf, or the logarithm of a negative number."
        )
    if shape is None or values.shape == shape:
        return values
    if np.squeeze(values).shape == tuple(k for k in shape if k != 1):
        return values.reshape(shape)
    turned = " It looks transposed." if values.shape == shape[::-1] else ""
    expected = "one number" if shape == () else f"of shape {shape}"
    raise Hint(f"{what} should be {expected}, and its shape is {values.shape}.{turned}")


def call(function: object, *arguments: Any) -> Any:
    """The value of the reader's function at copies of the arguments; a hint where it gives none.

    What it prints is kept from the page and mentioned only when it is all that the function does.

    >>> call(lambda x: 2 * x, 21)
    42
    """
    if function is ...:
        raise NotDone
    if not callable(function):
        raise Hint(f"This exercise asks for a function, and your answer is {describe(function)}.")
    name, written = getattr(function, "__name__", "your function"), _written(arguments)
    name = "your function" if name == "<lambda>" else f"`{name}`"
    with contextlib.suppress(ValueError):  # built-in functions have no signature to look at
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError:
            count = len(inspect.signature(function).parameters)
            raise Hint(
                f"{_upper(name)} is called with {len(arguments)} argument"
                f"{'s' * (len(arguments) != 1)}, and takes {count}."
            ) from None
    printed = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(printed),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            value = function(*copy.deepcopy(arguments))
    except NotImplementedError:
        raise NotDone from None
    except (Exception, SystemExit) as error:
        if isinstance(error, TypeError) and "ellipsis" in str(error):
            raise NotDone from None  # the starter's `...` stands inside a formula
        said = shortened(str(error), 300)
        raise Hint(
            f"At {written}, {name} stopped with {type(error).__name__}{': ' * bool(said)}{said}"
            f"{'' if said.endswith(('.', '!', '?')) else '.'}"
        ) from None
    if value is ...:
        raise NotDone
    if value is None:
        did = "printed its value, and returned" if printed.getvalue().strip() else "returned"
        raise Hint(f"{_upper(name)} {did} `None`: did you forget `return`?")
    return value


def own_work(function: object, tool: str = "NumPy") -> None:
    """Stop with a hint if the answer is a function of `mlecore`, or calls one by name.

    For exercises that ask the reader to write what the package already has.

    >>> own_work(np.log)
    """
    known = getattr(function, "__globals__", {})
    used = [
        known.get(name) for name in getattr(getattr(function, "__code__", None), "co_names", ())
    ]
    for thing in [getattr(function, "__func__", function), *used]:
        home = getattr(thing, "__name__" if inspect.ismodule(thing) else "__module__", None)
        if callable(function) and isinstance(home, str) and home.split(".")[0] == "mlecore":
            raise Hint(
                f"That asks `mlecore`, which has it ready. Write it yourself, with {tool} alone: "
                "nothing in it is longer than a line."
            )


# ------------------------------------------------------------------------ whether it is right


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

    The hint says how the answer differs (the sign, a constant factor, a constant, or where it is
    too large), without giving the right value away, and ends with `otherwise`.

    >>> agrees(0.61, 0.61)
    """
    got, want = _pair(answer, reference, on, what)
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
            call(answer, *arguments),
            w.shape,
            what=f"The value of your function at {_written(arguments)}",
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
    pattern = _pattern(
        np.concatenate([v.ravel() for v in got]), np.concatenate([v.ravel() for v in want])
    )
    if pattern:
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
        subject = f"At {_written(arguments)}, your function gives {value:.6g}{where}, which"
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


def _written(arguments: tuple[Any, ...]) -> str:
    """Arguments as a reader would type them, shortened: `(2.0, [3, 5, 7, ...])`."""

    def one(value: Any) -> str:
        if isinstance(value, np.ndarray | list | tuple):
            head = [one(v) for v in list(value)[:4]]
            return f"[{', '.join(head)}{', ...' if len(value) > 4 else ''}]"
        return (
            f"{value:.6g}" if isinstance(value, float | np.floating) else shortened(str(value), 40)
        )

    return f"({', '.join(one(value) for value in arguments)})"


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _listed(names: Iterable[object]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
