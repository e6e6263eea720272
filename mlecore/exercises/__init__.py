"""The checkers behind the book's exercises.

A reader hands an answer to `check` and learns that it is right, or gets a hint that fits the
mistake. There is one module a chapter; each registers its checkers with `@exercise` and words them
with the verbs of `mlecore.exercises.judging`.
"""

from mlecore.exercises.checking import Exercise, Result, check, exercise, registered

__all__ = ["Exercise", "Result", "check", "exercise", "registered"]
