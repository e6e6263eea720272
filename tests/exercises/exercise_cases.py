"""What every exercise of the book is put through: a chapter's test file holds only a table.

from exercise_cases import Case, sweep

TestChapter02 = sweep(2, {"likelihood-area": Case(solution=1 / 21, wrong=[(1, "Why"), ...])})
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mlecore.exercises import check, registered


@dataclass(frozen=True)
class Case:
    """One exercise's answers.

    `wrong` lists at least three mistakes that a real student would make, each with words that must
    occur in the hint it gets; `also_right` other ways to write the solution; `starter` what the
    page hands out, if it is more than `...`.
    """

    solution: Any
    wrong: Sequence[tuple[Any, str]]
    starter: Any = ...
    also_right: Sequence[Any] = ()


class _Misbehaving:
    """An object that raises whatever is done with it."""

    def __array__(self, *args: object, **kwargs: object) -> Any:
        raise RuntimeError("no array")

    def __float__(self) -> float:
        raise RuntimeError("no float")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __call__(self, *args: object) -> Any:
        raise SystemExit("no call")

    __hash__ = None  # type: ignore[assignment]


def _recursing(*args: Any) -> Any:
    return _recursing(*args)


def _printing(*args: Any) -> None:
    print(0.61)  # noqa: T201


HOSTILE = {
    "None": None,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a string": "0.61",
    "an empty string": "",
    "a complex number": 1 + 2j,
    "True": True,
    "an empty list": [],
    "a ragged list": [[1, 2], [3]],
    "a huge integer": 10**400,
    "strings in a list": ["a", "b", "c", "d", "e"],
    "a large array": np.zeros((30, 30)),
    "an array of NaN": np.full(5, np.nan),
    "an empty dictionary": {},
    "a dictionary of lists": {"alpha_particles": [], 3: None},
    "a class": int,
    "a builtin": len,
    "a ufunc": np.log,
    "a module": np,
    "a generator": (k for k in range(3)),
    "an object that raises": _Misbehaving(),
    "a function without arguments": lambda: 1.0,
    "a function that raises": lambda *args: 1 / 0,
    "a function that recurses for ever": _recursing,
    "a function that prints": _printing,
    "a function that returns text": lambda *args: "text",
    "a function that returns NaN": lambda *args: np.nan,
    "a function that returns a matrix": lambda *args: np.ones((7, 3)),
    "a function that returns itself": lambda *args: _printing,
    "a function that exits": lambda *args: exit(),
}


def sweep(chapter: int, cases: Mapping[str, Case]) -> type:
    """A test class for the chapter's exercises, collected when its name begins with `Test`."""
    wrong = [
        pytest.param(name, k, words, id=f"{name}-{k}")
        for name, case in cases.items()
        for k, (_, words) in enumerate(case.wrong, start=1)
    ]
    right = [
        pytest.param(name, answer, id=f"{name}-{k}")
        for name, case in cases.items()
        for k, answer in enumerate([case.solution, *case.also_right], start=1)
    ]

    @functools.cache
    def judged(name: str, k: int) -> Any:
        """What the k-th mistake gets: two tests look at it."""
        return check(name, cases[name].wrong[k - 1][0])

    class Sweep:
        # For the pages, which type one of them.
        mistakes = tuple(
            (name, answer, words) for name, case in cases.items() for answer, words in case.wrong
        )

        def test_every_exercise_of_the_chapter_has_a_case(self) -> None:
            assert {e.name for e in registered(chapter)} == set(cases)

        @pytest.mark.parametrize("name", cases)
        def test_the_untouched_starter_is_not_done(self, name: str) -> None:
            for starter in (..., cases[name].starter):
                result = check(name, starter)
                assert result.status == "not done", result
                assert repr(result).startswith("Not done yet")
                assert not result.passed

        @pytest.mark.parametrize(("name", "answer"), right)
        def test_the_solution_is_correct(self, name: str, answer: Any) -> None:
            result = check(name, answer)
            assert result.passed, result
            assert repr(result).startswith("Correct")
            assert len(result.message) > 20, "praise should teach something"

        @pytest.mark.parametrize(("name", "k", "words"), wrong)
        def test_a_classic_mistake_gets_its_hint(self, name: str, k: int, words: str) -> None:
            result = judged(name, k)
            assert result.status == "hint", result
            assert words in result.message
            assert repr(result).startswith("Not yet:")

        @pytest.mark.parametrize("name", cases)
        def test_at_least_three_mistakes_get_hints_of_their_own(self, name: str) -> None:
            hints = [judged(name, k).message for k in range(1, len(cases[name].wrong) + 1)]
            assert len(hints) >= 3
            assert len(set(hints)) == len(hints)

        @pytest.mark.parametrize("kind", HOSTILE)
        @pytest.mark.parametrize("name", cases)
        def test_no_answer_makes_it_raise(
            self, name: str, kind: str, capsys: pytest.CaptureFixture[str]
        ) -> None:
            result = check(name, HOSTILE[kind])
            assert result.status == "hint", result
            assert " at 0x" not in result.message
            assert "\n" not in repr(result)
            assert capsys.readouterr().out == "", "what the answer prints stays off the page"

    Sweep.__qualname__ = Sweep.__name__ = f"TestChapter{chapter:02d}"
    return Sweep
