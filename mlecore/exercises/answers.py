"""What the reader's answer is: a number, an array, the value of a function, and whose work it is.

Each verb either lets the answer pass or stops the checker by raising: `NotDone` where the starter
is untouched, `Hint` where something can be said that helps. Nothing here prints, and whatever the
reader's code raises, prints or warns is turned into words.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import pickle
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Hint",
    "NotDone",
    "Stopped",
    "array",
    "call",
    "describe",
    "known",
    "number",
    "one_answer",
    "own_work",
    "shortened",
    "steady",
    "written",
]

PATIENCE = 20.0
"""Seconds that the functions of one answer may compute; then the reader is told what they cost."""


class NotDone(Exception):
    """The reader has not begun: the starter's `...` is still there."""


class Hint(Exception):
    """The answer is not right yet; the message says what to look at."""


class Stopped(Hint):
    """The reader's function raised; the message says where and what."""


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
            f"{what} is NaN{where}: look for 0/0, inf - inf, or the logarithm or root of a negative number."
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
    name, where = getattr(function, "__name__", "your function"), f"At {written(arguments)}"
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
    printed, began = io.StringIO(), time.perf_counter()
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
        raise Stopped(
            f"{where}, {name} stopped with {type(error).__name__}{': ' * bool(said)}{said}"
            f"{'' if said.endswith(('.', '!', '?')) else '.'}"
        ) from None
    _pay(time.perf_counter() - began, f"{where}, {name}")
    if value is ...:
        raise NotDone
    if value is None:
        did = "printed its value, and returned" if printed.getvalue().strip() else "returned"
        raise Hint(f"{_upper(name)} {did} `None`: did you forget `return`?")
    return value


@dataclass
class _Account:
    """What the functions of one answer have given, and what they have cost in seconds."""

    seconds: float = 0.0
    given: dict[tuple[int, bytes], tuple[object, Any]] = field(default_factory=dict)


_account: ContextVar[_Account | None] = ContextVar("account", default=None)


@contextlib.contextmanager
def one_answer() -> Iterator[None]:
    """Judge one answer: inside, a call that is asked for again is remembered, and all are timed."""
    token = _account.set(_Account())
    try:
        yield
    finally:
        _account.reset(token)


def known(function: Any, *arguments: Any) -> Any:
    """The value of `call`, which is made once: each mistake looked for asks for the same calls.

    >>> known(abs, -3)
    3
    """
    account = _account.get()
    try:
        key = id(function), pickle.dumps(arguments)
    except Exception:  # what cannot be written down cannot be recognised
        account = None
    if account is None:
        return call(function, *arguments)
    if key not in account.given:
        try:
            value = call(function, *arguments)
        except (Hint, NotDone) as stopped:
            value = stopped
        account.given[key] = function, value  # kept, so that no other function gets its id
    value = account.given[key][1]
    if isinstance(value, Hint | NotDone):
        raise value
    return value


def _pay(seconds: float, who: str) -> None:
    """Add to what the answer has cost, and stop where that is more than a reader can wait."""
    if account := _account.get():
        account.seconds += seconds
        if account.seconds > PATIENCE:
            raise Hint(
                f"{who} took {seconds:.0f} seconds, and the calls before it "
                f"{account.seconds - seconds:.0f}. Right or not, that is too long to be of use: look "
                "for the line that does the same work again and again, or far too much of it."
            )


def steady(
    function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], hint: str, factor: float = 30.0
) -> None:
    """Stop with `hint` if the cost of the function grows along `calls`, from small to large.

    It has grown where a call takes over a millisecond and over `factor` times as long as the first.
    A hopeless way is found out long before the last call, and costs next to nothing here. Whether
    the values are right is for `agrees`, and a call that fails is left to it.

    >>> steady(lambda k: k + 1, [(10,), (10**9,)], "A sum does not need a loop.")
    """

    def seconds(arguments: tuple[Any, ...]) -> float:
        best = np.inf
        for _ in range(3):  # the machine has other things to do: the quickest of three
            began = time.perf_counter()
            call(function, *arguments)
            best = min(best, time.perf_counter() - began)
        return best

    try:
        first = seconds(calls[0])
        grown = any(
            (cost := seconds(arguments)) > 1e-3 and cost > factor * first for arguments in calls[1:]
        )
    except Hint:
        return
    if grown:
        raise Hint(hint)


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


def written(arguments: tuple[Any, ...]) -> str:
    """Arguments as a reader would type them, shortened: `(2.0, [3, 5, 7, ...])`."""

    def one(value: Any) -> str:
        if isinstance(value, np.ndarray | list | tuple):
            head = [one(v) for v in list(value)[:4]]
            return f"[{', '.join(head)}{', ...' if len(value) > 4 else ''}]"
        return (
            f"{value:.6g}" if isinstance(value, float | np.floating) else shortened(str(value), 40)
        )

    return f"({', '.join(one(value) for value in arguments)})"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
