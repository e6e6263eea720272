"""`check`, the registry it looks in, and the result it returns and shows.

Whatever a reader hands over, `check` returns a `Result`: an answer cannot make it raise. Only an
exercise that does not exist is an error, for that is a mistake in the page and not in the answer.
"""

from __future__ import annotations

import builtins
import difflib
import html
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from mlecore.errors import DataError
from mlecore.exercises.answers import Hint, NotDone, describe, one_answer

__all__ = ["Exercise", "Result", "check", "exercise", "registered"]

Status = Literal["not done", "hint", "correct"]
_OPENING: dict[Status, str] = {
    "not done": "Not done yet.",
    "hint": "Not yet:",
    "correct": "Correct.",
}
# Mid-tones that stand out on white and on near-black alike; the words keep the page's own colour.
_COLOUR: dict[Status, str] = {
    "not done": "128, 134, 145",
    "hint": "214, 137, 16",
    "correct": "34, 153, 84",
}


@dataclass(frozen=True)
class Result:
    """What `check` found: `status` is "not done", "hint" or "correct"; `message` puts it in words.

    >>> Result("horse-kicks-rate", "hint", "Divide by the corps-years.")
    Not yet: Divide by the corps-years.
    """

    name: str
    status: Status
    message: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.status == "correct"

    def __repr__(self) -> str:
        return f"{_OPENING[self.status]} {self.message}".rstrip()

    def _ipython_display_(self) -> None:
        """Show the result in a notebook, unless this very cell has shown it already."""
        if _shown != (self, _cell()) and (show := _display()):
            show(_Box(self))

    def _repr_html_(self) -> str:
        words = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(self.message, quote=False))
        colour = _COLOUR[self.status]
        style = (
            f"color: inherit; background: rgba({colour}, 0.12); padding: 0.5em 0.9em; "
            f"border-left: 0.3em solid rgb({colour}); border-radius: 0.25em; margin: 0.3em 0"
        )
        return (
            f'<div class="mle-check mle-check-{self.status.replace(" ", "-")}" role="note" '
            f'style="{style}"><strong>{_OPENING[self.status]}</strong> {words}</div>'
        )


@dataclass(frozen=True)
class _Box:
    """A result as it is drawn. The result itself decides whether it is drawn again."""

    result: Result

    def __repr__(self) -> str:
        return repr(self.result)

    def _repr_html_(self) -> str:
        return self.result._repr_html_()


# The last result that was shown, and the cell that showed it. The last line of a cell is shown
# anyway: a `check` that stands there would be seen twice.
_shown: tuple[Result | None, int | None] = (None, None)


def _display() -> Callable[[object], object] | None:
    """A notebook's own way to show an object, which it keeps among the built-in names."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    if shell is not None and not hasattr(shell, "kernel"):
        return None  # a shell without a notebook prints what a line returns by itself
    return getattr(builtins, "display", None)


def _cell() -> int | None:
    """The number of the notebook's cell that is running."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    return getattr(shell, "execution_count", None)


def _say(result: Result) -> Result:
    """Show a result now, where there is a notebook to show it in."""
    global _shown
    if show := _display():
        show(_Box(result))
        _shown = result, _cell()
    return result


@dataclass(frozen=True)
class Exercise:
    """A registered exercise: its name and chapter, what is said of a right answer, the checker."""

    name: str
    chapter: int
    praise: str
    checker: Callable[[object], str | None]


_REGISTRY: dict[str, Exercise] = {}


def exercise(
    name: str, praise: str
) -> Callable[[Callable[[object], str | None]], Callable[[object], str | None]]:
    """Register the decorated checker under `name`, for the chapter its module is named after.

    The checker takes the answer and returns `None` (or a praise of its own) if it is right, and
    stops with a `Hint` if it is not. `praise` should teach something: it is what the reader takes
    away.

    >>> exercise("the-answer", praise="It is.").__name__
    'register'
    """

    def register(checker: Callable[[object], str | None]) -> Callable[[object], str | None]:
        chapter = re.fullmatch(r".*\bchapter(\d\d)", checker.__module__)
        if name in _REGISTRY and _REGISTRY[name].checker.__module__ != checker.__module__:
            raise ValueError(f"two chapters register an exercise called {name!r}")
        _REGISTRY[name] = Exercise(name, int(chapter[1]) if chapter else 0, praise, checker)
        return checker

    return register


@cache
def _import_chapters() -> None:
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        if re.fullmatch(r"chapter\d\d", module.name):
            importlib.import_module(f"{__package__}.{module.name}")


def registered(chapter: int | None = None) -> list[Exercise]:
    """Every exercise of the book, or of one chapter, in the order of the text.

    >>> [e.chapter for e in registered(chapter=1)][:3]
    [1, 1, 1]
    """
    _import_chapters()
    return [e for e in _REGISTRY.values() if e.chapter and chapter in (None, e.chapter)]


def check(name: str, answer: object = ...) -> Result:
    """Judge an answer to the exercise called `name`.

    The answer is whatever the exercise asks for: a number, an array, a function, a dictionary. The
    starter's `...`, or a function that returns `...`, is "not done"; everything else is "correct"
    or gets a "hint". No answer makes it raise. Raises `DataError` if there is no such exercise.

    In a notebook the result is shown at once, wherever in a cell the call stands; elsewhere it is
    only returned.

    >>> check("horse-kicks-rate", ...)
    Not done yet. Replace each `...` with your answer, and run the cell again.
    """
    _import_chapters()
    if not isinstance(name, str):
        raise DataError(
            "check takes the name of the exercise first, as a string, and then your answer; "
            f"got {describe(name)} for the name."
        )
    if name not in _REGISTRY:
        near = difflib.get_close_matches(name, _REGISTRY, n=3, cutoff=0.4) or sorted(_REGISTRY)
        raise DataError(
            f"There is no exercise called {name!r}. Did you mean one of these? {', '.join(near)}."
        )
    return _say(_judge(_REGISTRY[name], answer))


def _judge(found: Exercise, answer: object) -> Result:
    """The result of an answer, whatever the answer does."""
    name = found.name
    try:
        _refuse_blanks(answer)
        # An absurd answer may overflow a checker's arithmetic: that is no news to the reader.
        with np.errstate(all="ignore"), one_answer():
            return Result(name, "correct", found.checker(answer) or found.praise)
    except NotDone:
        return Result(
            name, "not done", "Replace each `...` with your answer, and run the cell again."
        )
    except Hint as hint:
        return Result(name, "hint", str(hint))
    except (Exception, SystemExit) as error:
        # The reader's own object misbehaved in a way that no verb foresaw: say so, do not raise.
        return Result(
            name,
            "hint",
            f"Your answer, {_kind(answer)}, could not be read: it raised {type(error).__name__}.",
        )


def _refuse_blanks(answer: object) -> None:
    """Stop at a starter of several blanks: all blank is not done, some blank is a hint."""
    if answer is ...:
        raise NotDone
    if isinstance(answer, Mapping):
        entries = [(f'"{key}"', value) for key, value in answer.items()]
    elif isinstance(answer, list | tuple):
        entries = [(f"number {k}", value) for k, value in enumerate(answer, start=1)]
    else:
        return
    blank = [label for label, value in entries if value is ...]
    if blank and len(blank) == len(entries):
        raise NotDone
    if blank:
        raise Hint(f"Still to fill in: {', '.join(blank)}.")


def _kind(answer: object) -> str:
    name = type(answer).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} `{name}`"
