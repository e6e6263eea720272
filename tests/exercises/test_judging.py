"""`check` and the verbs that checkers are written with, on an exercise made up for the purpose."""

from __future__ import annotations

import html.parser
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from mlecore.errors import DataError
from mlecore.exercises import Result, answers, check, checking, exercise, registered
from mlecore.exercises.judging import (
    Hint,
    NotDone,
    agrees,
    array,
    call,
    choice,
    describe,
    matching,
    number,
    resembles,
    same,
    shortened,
    steady,
)


def hint(verb: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The hint that a verb stops with."""
    with pytest.raises(Hint) as stopped:
        verb(*args, **kwargs)
    return str(stopped.value)


@pytest.fixture
def doubling() -> Iterator[None]:
    """An exercise for the length of one test."""

    @exercise("doubling", praise="Twice is once and once again.")
    def _(answer: object) -> str | None:
        if answer == "crash":
            raise ZeroDivisionError
        agrees(answer, lambda x: 2 * x, on=[1.0, 3.0])
        return "With extra credit." if getattr(answer, "extra", False) else None

    yield
    del checking._REGISTRY["doubling"]


# ------------------------------------------------------------------------ what an answer costs


def test_a_check_makes_each_call_of_the_answer_once(doubling: None) -> None:
    calls: list[float] = []

    def slow(x: float) -> float:
        calls.append(x)
        return 3 * x

    @exercise("tripling", praise="Three times.")
    def _(answer: object) -> None:
        for wrong in (1, 2, 4):
            resembles(answer, lambda x, wrong=wrong: wrong * x, "no", on=[1.0, 2.0])
        agrees(answer, lambda x: 3 * x, on=[1.0, 2.0])

    try:
        assert check("tripling", slow).passed
        assert calls == [1.0, 2.0]
        assert check("tripling", slow).passed
        assert calls == [1.0, 2.0] * 2, "the next check asks anew"
    finally:
        del checking._REGISTRY["tripling"]


def test_an_answer_that_computes_too_long_is_told_so(
    doubling: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check("doubling", lambda x: 2 * x).passed
    monkeypatch.setattr(answers, "PATIENCE", 0.0)
    words = check("doubling", lambda x: 2 * x).message
    assert "At (1), your function took" in words
    assert "too long to be of use" in words


def test_a_cost_that_grows_is_measured_before_it_hurts() -> None:
    sizes = [(10**power,) for power in range(2, 10)]
    seen: list[int] = []

    def loop(k: int) -> float:
        seen.append(k)
        return sum(range(k))

    assert hint(steady, loop, sizes, "It grows.") == "It grows."
    assert max(seen) <= 10**6, "the hopeless calls are never made"
    steady(lambda k: k * (k - 1) / 2, sizes, "It grows.")
    steady(lambda k: 1 / 0, sizes, "a failure is left to the verb that looks for the truth")


def test_a_function_that_stops_is_told_what_to_try_too() -> None:
    words = hint(agrees, lambda x: 1 / 0, lambda x: x, on=[1.0], otherwise="Try x = 2.")
    assert words.startswith("At (1), your function stopped with ZeroDivisionError")
    assert words.endswith("Try x = 2.")


# ------------------------------------------------------------------------ check and its result


def test_check_tells_the_three_states_apart(doubling: None) -> None:
    assert repr(check("doubling")).startswith("Not done yet. Replace each `...`")
    assert repr(check("doubling", lambda x: ...)).startswith("Not done yet.")
    assert repr(check("doubling", lambda x: x)).startswith("Not yet: Your function is 0.5 times")
    right = check("doubling", lambda x: x + x)
    assert right == Result("doubling", "correct", "Twice is once and once again.")
    assert right.passed
    assert repr(right) == "Correct. Twice is once and once again."


def test_a_checker_may_praise_in_words_of_its_own(doubling: None) -> None:
    def twice(x: float) -> float:
        return 2 * x

    twice.extra = True  # type: ignore[attr-defined]
    assert check("doubling", twice).message == "With extra credit."


def test_an_error_inside_a_checker_becomes_a_hint(doubling: None) -> None:
    result = check("doubling", "crash")
    assert result.status == "hint"
    assert "ZeroDivisionError" in result.message


def test_an_unknown_exercise_is_an_error_that_lists_the_near_ones() -> None:
    with pytest.raises(DataError, match="horse-kicks-rate"):
        check("horse-kick-rate", 0.61)
    with pytest.raises(DataError, match="There is no exercise called 'zzz'"):
        check("zzz", 1)


def test_the_name_comes_first() -> None:
    with pytest.raises(DataError, match="name of the exercise first"):
        check(0.61, "horse-kicks-rate")  # type: ignore[arg-type]


def test_two_chapters_cannot_share_a_name(doubling: None) -> None:
    def other(answer: object) -> None: ...

    other.__module__ = "mlecore.exercises.chapter77"
    with pytest.raises(ValueError, match="two chapters"):
        exercise("doubling", praise="")(other)


def test_names_are_kebab_case_and_chapters_come_from_the_module() -> None:
    everything = registered()
    assert len(everything) >= 5
    for e in everything:
        assert e.name == e.name.lower().replace("_", "-").replace(" ", "-")
        assert e.checker.__module__ == f"mlecore.exercises.chapter{e.chapter:02d}"
    assert registered(1)[0].name == "poisson-mass"


@pytest.mark.parametrize("status", ["not done", "hint", "correct"])
def test_the_box_says_the_same_as_the_text_and_escapes_it(status: Any) -> None:
    result = Result("x", status, 'Use `a < b` & "quotes".')
    page = result._repr_html_()
    assert "<code>a &lt; b</code> &amp;" in page
    seen: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_data = seen.append  # type: ignore[method-assign]
    parser.feed(page)
    assert "".join(seen) == repr(result).replace("`", "")
    assert "color: inherit" in page, "legible in light and dark"


# ------------------------------------------------------------------------ what the answer is


def test_a_number_may_come_in_any_dress() -> None:
    for dressed in (0.5, np.float32(0.5), np.array(0.5), np.array([[0.5]]), [0.5]):
        assert number(dressed) == 0.5
    assert number(float("inf")) == np.inf


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("0.5", "the string '0.5': drop the quotes"),
        (None, "is `None`"),
        (np.log, "the function `log` itself: call it"),
        (True, "it is `True`"),
        (1j, "it is 0+1j"),
        (float("nan"), "is NaN: look for"),
        ([1, 2], "one number, and it is a list of 2 values"),
        ({}, "a dict of 0 values"),
        (object(), "it is an `object`"),
    ],
)
def test_what_is_no_number_is_named(answer: object, words: str) -> None:
    assert words in hint(number, answer)


def test_an_array_may_carry_axes_of_length_one_and_nothing_else() -> None:
    assert array([[1], [2]], shape=(2,)).shape == (2,)
    assert "its shape is (3,)" in hint(array, [1, 2, 3], shape=(2,))
    assert "transposed" in hint(array, np.ones((2, 3)), shape=(3, 2))
    assert "NaN at index 1" in hint(array, [0, np.nan])


def test_a_function_is_called_with_copies_and_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    data = np.array([3.0, 1.0, 2.0])

    def sorts(x: np.ndarray) -> float:
        print("working ...")  # noqa: T201
        x.sort()
        return float(np.log(-x[0]))  # warns

    assert np.isnan(call(sorts, data))
    assert data.tolist() == [3.0, 1.0, 2.0]
    assert capsys.readouterr().out == ""


def test_a_function_that_fails_is_told_where_and_how() -> None:
    assert hint(call, lambda x: 1 / 0, 2.0) == (
        "At (2), your function stopped with ZeroDivisionError: division by zero."
    )
    assert "did you forget `return`" in hint(call, lambda x: None, 1)
    assert "called with 2 arguments, and takes 1" in hint(call, lambda x: x, 1, 2)
    assert "[0, 1, 2, 3, ...]" in hint(call, lambda x: 1 / 0, np.arange(9))


def test_an_error_of_numpy_is_told_to_its_end() -> None:
    told = hint(call, lambda X: X @ np.ones(3), np.ones((2, 4)))
    assert "size 3 is different from 4" in told


@pytest.mark.parametrize("limit", [10, 25, 40])
def test_what_is_cut_ends_between_words_in_dots_and_keeps_within_its_limit(limit: int) -> None:
    long = "one two three four " * 9
    cut = shortened(long, limit)
    assert len(cut) <= limit
    assert cut.endswith(" ...")
    assert long.startswith(cut.removesuffix("..."))
    assert shortened("x" * 99, limit) == "x" * (limit - 3) + "..."


def test_a_long_error_or_answer_is_cut_in_dots_and_not_in_silence() -> None:
    def wordy(x: float) -> float:
        raise ValueError("word " * 100)

    assert hint(call, wordy, 1.0).endswith("word ...")
    assert 'word ..."' in hint(choice, "word " * 100, ["Poisson"])
    assert "..." in hint(call, lambda text: 1 / 0, "x" * 99)


def test_unfinished_functions_are_not_done() -> None:
    def raising(x: float) -> float:
        raise NotImplementedError

    for unfinished in (..., raising, lambda x: ..., lambda x: ... + x, lambda x: np.log(...)):
        with pytest.raises(NotDone):
            call(unfinished, 1.0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (..., "`...`"),
        ("x" * 50, "a string of 50 characters"),
        (np.ones((2, 2)), "an array of shape (2, 2)"),
        (np.array([2.5]), "2.5"),
        ([1], "a list of 1 value"),
        (int, "the class `int`"),
        (lambda: 0, "the function `<lambda>`"),
    ],
)
def test_a_value_is_described_in_a_few_words(value: object, words: str) -> None:
    assert describe(value) == words


# ------------------------------------------------------------------------ whether it is right

ON = [0.5, 1.0, 4.0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: -(x**2), "has the wrong sign throughout"),
        (lambda x: 3 * x**2, "is 3 times what it should be, every time"),
        (lambda x: x**2 - 1.5, "is off by the same amount every time: -1.5"),
        (lambda x: x, "At (0.5), your function gives 0.5, which is too large"),
        (lambda x: x**2 if x < 4 else 15.9, "At (4), your function gives 15.9, which is too small"),
        (lambda x: np.inf, "At (0.5), your function gives inf, which is too large"),
        (lambda x: [x, x], "should be one number, and its shape is (2,)"),
        (lambda x: np.nan, "The value of your function at (0.5) is NaN"),
    ],
)
def test_a_wrong_function_is_told_how_it_is_wrong(wrong: Callable[..., Any], words: str) -> None:
    assert words in hint(agrees, wrong, lambda x: x**2, on=ON)


def test_a_right_function_passes_and_one_slip_in_the_eighth_digit_does_too() -> None:
    agrees(lambda x: x * x * (1 + 1e-8), lambda x: x**2, on=ON)
    agrees(lambda x: x * x, [0.25, 1.0, 16.0], on=ON)
    assert hint(agrees, lambda x: x * x * (1 + 1e-6), [0.25, 1.0, 16.0], on=ON)


def test_a_typed_number_needs_four_digits() -> None:
    agrees(3.872, 3.8715)
    assert "near, but not near enough" in hint(agrees, 3.88, 3.8715)
    assert "too large" in hint(agrees, 4.5, 3.8715)
    assert "has the wrong sign." in hint(agrees, -3.8715, 3.8715)
    agrees(np.inf, np.inf)
    assert "too small" in hint(agrees, 7.0, np.inf)
    agrees(0.0, 0.0)
    assert "too large" in hint(agrees, 1e-6, 0.0)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (0.0022, 0.00216),
        (71, 70.3),
        (0.36, 0.3627),
        ([109, 66, 20, 4, 1], [108.67, 66.29, 20.22, 4.11, 0.63]),
    ],
)
def test_what_is_right_and_rounded_is_told_so(answer: object, right: object) -> None:
    assert "is right, and rounded" in hint(agrees, answer, right)


@pytest.mark.parametrize(("answer", "right"), [(1, 0.63), (0.0, 0.2), (3, 2.2), (0.0023, 0.00216)])
def test_what_is_far_off_is_not_called_rounded(answer: float, right: float) -> None:
    assert "too" in hint(agrees, answer, right)


def test_an_array_is_told_at_which_index() -> None:
    assert "2.5 at index 1, is too large. Look." in hint(
        agrees, [1.0, 2.5, 3.0], [1.0, 2.0, 3.0], otherwise="Look."
    )
    assert "at index 1, 0" in hint(agrees, [[1.0, 2.0], [9.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]])


def test_a_classic_mistake_is_caught_and_anything_else_let_through() -> None:
    assert hint(resembles, 24.4, 24.4, "rows") == "rows"
    resembles(0.61, 24.4, "rows")
    resembles("text", 24.4, "rows")  # the next verb will say what is wrong with it
    with pytest.raises(NotDone):
        resembles(..., 24.4, "rows")


def test_same_compares_with_the_tolerance_it_is_given() -> None:
    assert same(1.0, 1.0005)
    assert not same(1.0, 1.0005, rtol=1e-4)
    assert same([1.0, 1.0], [1.0, 1.05], atol=0.1)
    assert not same([1.0, 1.0], [1.0, 1.05])


def test_a_choice_is_read_generously() -> None:
    options = ["Poisson", "LogNormal"]
    for answer in ("log-normal", "LOG NORMAL", "LogNormal", type("LogNormal", (), {})):
        assert choice(answer, options) == "LogNormal"
    assert 'Did you mean "Poisson"?' in hint(choice, "poison", options)
    assert '"Poisson", "LogNormal", and it is 3' in hint(choice, 3, options)


def test_a_matching_counts_what_is_right() -> None:
    truth = {"a": "X", "b": "Y", "c": "Z"}
    matching({"c": "z", "a": "x", "b": "y"}, truth)
    assert '1 of 3 are right. Look again at "b"' in hint(
        matching, {"a": "X", "b": "Z", "c": "Y"}, truth
    )
    assert hint(matching, truth | {"b": "Z"}, truth, {("b", "Z"): "No!"}) == "No!"
    assert 'without a match: "c"' in hint(matching, {"a": "X", "b": "Y"}, truth)
