"""Every door to a room above is listed, and opened only when a method is called."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mlecore
from mlecore.doors import DOORS, room

PACKAGE = Path(mlecore.__file__).parent


def doors() -> set[tuple[str, str]]:
    """The room and the method of every call of `room` in the package."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        for cls in ast.walk(ast.parse(text)) if "room(" in text else ():
            if not isinstance(cls, ast.ClassDef):
                continue
            for method in cls.body:
                for call in ast.walk(method):
                    if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "room":
                        found.add((call.args[0].value, f"{cls.name}.{method.name}"))
    return found


def test_every_door_is_listed_and_every_listed_door_is_there():
    assert doors() == {(name, method) for name, methods in DOORS.items() for method in methods}


def test_a_door_that_is_not_listed_stays_shut():
    with pytest.raises(KeyError, match="name it in DOORS"):
        room("datasets")


def test_no_room_is_opened_before_it_is_asked_for():
    names = ", ".join(repr(f"mlecore.{name}") for name in DOORS)
    code = f"import sys, mlecore; print([n for n in ({names},) if n in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
