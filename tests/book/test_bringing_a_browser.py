"""A machine without a browser gets one, or a sentence that says what to type."""

from __future__ import annotations

import subprocess

import pytest

import bring_browser
from bring_browser import (
    MANAGERS,
    advice,
    bring,
    last_line,
    right_to_install,
    ways_to_browser,
    ways_to_library,
)

APT = MANAGERS["apt-get"]


def words(ways) -> list[str]:
    """The last command of each way, without the interpreter's path."""
    return [
        " ".join(way[-1]).replace(" ".join(bring_browser.PLAYWRIGHT), "playwright") for way in ways
    ]


def test_root_installs_and_a_user_only_with_sudo_that_asks_nothing():
    assert right_to_install(root=True, sudo=False) == ()
    assert right_to_install(root=False, sudo=True) == ("sudo", "-n")
    assert right_to_install(root=False, sudo=False) is None


def test_root_gets_playwrights_browser_with_its_libraries_and_then_the_systems():
    assert words(ways_to_browser(APT, ())) == [
        "playwright install --with-deps chromium",
        "apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core",
    ]
    assert ways_to_browser(APT, ())[1][0] == ("apt-get", "update", "-qq")


def test_a_user_gets_playwrights_browser_and_nothing_of_the_systems():
    assert words(ways_to_browser(APT, None)) == ["playwright install chromium"]
    assert ways_to_library(APT, None) == []


def test_sudo_stands_before_every_command_of_the_system():
    for command in (c for way in ways_to_library(APT, ("sudo", "-n")) for c in way):
        assert command[:3] == ("sudo", "-n", "apt-get")


def test_a_system_without_a_known_package_manager_has_playwrights_way_only():
    assert words(ways_to_browser(None, ())) == ["playwright install --with-deps chromium"]
    assert ways_to_library(None, ()) == []


@pytest.mark.parametrize(
    ("helps", "ran", "left"),
    [
        (0, [], None),
        (1, ["a"], None),
        (2, ["a", "b1", "b2"], None),
        (9, ["a", "b1", "b2"], "no browser"),
    ],
    ids=["at hand", "by the first way", "by the second way", "by none"],
)
def test_the_ways_are_gone_in_order_until_one_helps(helps, ran, left):
    done: list[str] = []
    looks = iter([*["no browser"] * helps, None] if helps < 9 else ["no browser"] * 9)

    def run(command):
        done.append(command[0])
        return True

    assert bring(lambda: next(looks), [[["a"]], [["b1"], ["b2"]]], run) == left
    assert done == ran


def test_a_command_that_fails_ends_nothing():
    done: list[str] = []

    def run(command):
        done.append(command[0])
        return False

    bring(lambda: "no browser", [[["a1"], ["a2"]], [["b1"]]], run)
    assert done == ["a1", "a2", "b1"]


def test_a_missing_library_is_named_and_not_a_traceback(monkeypatch):
    said = (
        "/home/reader/book/.venv/lib/python3.13/site-packages/playwright/driver/node: error while "
        "loading shared libraries: libatomic.so.1: cannot open shared object file: No such file"
    )
    failed = subprocess.CompletedProcess([], 127, "", f"Traceback\n{said}\n")
    monkeypatch.setattr(bring_browser.subprocess, "run", lambda *a, **k: failed)
    assert bring_browser.driver_fault() == (
        "Playwright's driver does not start: the library libatomic.so.1 is missing"
    )
    assert last_line("") == "it ended without a word"
    assert last_line("one\n  two  \n╚═══╝\n") == "two"


@pytest.mark.parametrize("manager", [*MANAGERS, None])
def test_the_last_word_says_what_to_type(manager):
    text = advice("there is no Chromium", manager)
    assert "there is no Chromium.\nType, as root:" in text
    assert ".venv/bin/playwright install --with-deps chromium" in text
    assert "MLECORE_CHROMIUM" in text
    if manager:
        assert f"as root:  {manager} " in text
        assert "chromium" in text.split("(or:")[0]


def test_a_named_browser_that_is_none_is_said_and_nothing_is_installed(monkeypatch, capsys):
    monkeypatch.setenv("MLECORE_CHROMIUM", "/no/such/program")
    monkeypatch.setattr(bring_browser, "run", lambda command: pytest.fail("installed something"))
    assert bring_browser.main() == 1
    assert (
        capsys.readouterr().err == "MLECORE_CHROMIUM names /no/such/program, which is no program.\n"
    )
