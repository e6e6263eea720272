"""See to it that there is a browser that starts: `make test` asks here before it begins.

What is on the path is taken as it is. Else Playwright downloads its own, with the system's
libraries where we may install them; else the system's package manager is asked, where we may do
that. Else a sentence says what to type. Playwright's driver needs a library (libatomic) that a bare
machine lacks, so the driver is looked at first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "book"))

import browser

PLAYWRIGHT = [sys.executable, "-m", "playwright"]
MINUTES = 15  # for one command: a slow line, not one that is dead
Command = Sequence[str]


@dataclass(frozen=True)
class Manager:
    """A system's package manager: how it installs, and what it calls the things that we need."""

    install: tuple[tuple[str, ...], ...]
    library: tuple[str, ...]
    browser: tuple[str, ...] = ("chromium",)


MANAGERS = {
    "apt-get": Manager(
        (
            ("apt-get", "update", "-qq"),
            ("apt-get", "install", "-qq", "-y", "--no-install-recommends"),
        ),
        ("libatomic1",),
        ("chromium", "fonts-dejavu-core"),
    ),
    "dnf": Manager((("dnf", "install", "-q", "-y"),), ("libatomic",)),
    "zypper": Manager((("zypper", "--non-interactive", "install"),), ("libatomic1",)),
    "pacman": Manager((("pacman", "-Sy", "--noconfirm", "--needed"),), ("gcc-libs",)),
}


def right_to_install(root: bool, sudo: bool) -> tuple[str, ...] | None:
    """What stands before a command that installs: nothing for root; None where we may not."""
    if root:
        return ()
    return ("sudo", "-n") if sudo else None


def installing(
    manager: Manager, packages: Iterable[str], right: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """The commands that install packages."""
    *before, install = manager.install
    return [*((*right, *c) for c in before), (*right, *install, *packages)]


def ways_to_library(
    manager: Manager | None, right: tuple[str, ...] | None
) -> list[list[tuple[str, ...]]]:
    """The ways to bring the library that Playwright's driver lacks, in the order of trying."""
    if manager is None or right is None:
        return []
    return [installing(manager, manager.library, right)]


def ways_to_browser(
    manager: Manager | None, right: tuple[str, ...] | None
) -> list[list[tuple[str, ...]]]:
    """The ways to bring a browser, in the order of trying."""
    libraries = () if right is None else ("--with-deps",)
    ways: list[list[tuple[str, ...]]] = [[(*PLAYWRIGHT, "install", *libraries, "chromium")]]
    if manager is not None and right is not None:
        ways.append(installing(manager, manager.browser, right))
    return ways


def bring(
    fault: Callable[[], str | None],
    ways: Sequence[Sequence[Command]],
    run: Callable[[Command], bool],
) -> str | None:
    """Go the ways, one after another, until there is no fault; the fault that stays, or None."""
    found = fault()
    for way in ways:
        if found is None:
            return None
        # All of a way, whatever fails: without fresh lists a package may still be had from the old.
        for command in way:
            run(command)
        found = fault()
    return found


def run(command: Command) -> bool:
    """Run a command, saying which; whether it went well."""
    print("$", " ".join(command).replace(sys.executable, "python"), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=quiet, timeout=60 * MINUTES, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error)
        return False
    return done.returncode == 0


def last_line(text: str) -> str:
    """The line of a program's last words that says what was wrong."""
    missing = re.search(r"error while loading shared libraries: (\S+):", text)
    if missing:
        return f"the library {missing[1]} is missing"
    lines = [line.strip() for line in text.splitlines() if re.search(r"\w", line)]
    return lines[-1] if lines else "it ended without a word"


def driver_fault() -> str | None:
    """Why Playwright's driver does not start; None if it does."""
    done = subprocess.run([*PLAYWRIGHT, "--version"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return f"Playwright's driver does not start: {last_line(done.stderr or done.stdout)}"


def browser_fault() -> str | None:
    """Why no browser starts; None if one does."""
    try:
        with browser.launch():
            return None
    except RuntimeError:
        return "there is no Chromium"
    except Exception as error:  # Playwright's own errors hold pages of the browser's log
        return f"Chromium does not start: {last_line(str(error))}"


def advice(fault: str, manager: str | None) -> str:
    """What to say where no browser could be brought."""
    known = MANAGERS.get(manager or "")
    typed = ".venv/bin/playwright install --with-deps chromium"
    if known:
        words = " ".join((*known.install[-1][:2], *known.browser, *known.library))
        typed = f"{words.replace('--noconfirm ', '')}  (or: {typed})"
    return (
        f"The book cannot be tested as a reader meets it: {fault}.\n"
        f"Type, as root:  {typed}\n"
        f"A browser that you have can be named in the environment variable {browser.EXECUTABLE}."
    )


def main() -> int:
    """Bring a browser; the exit code."""
    named = os.environ.get(browser.EXECUTABLE)
    if named and not shutil.which(named):
        print(f"{browser.EXECUTABLE} names {named}, which is no program.", file=sys.stderr)
        return 1
    name = next((name for name in MANAGERS if shutil.which(name)), None)
    manager = MANAGERS[name] if name else None
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = bool(not root and shutil.which("sudo")) and (
        subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    )
    right = right_to_install(root, sudo)
    fault = bring(driver_fault, ways_to_library(manager, right), run)
    if fault is None:
        # A browser that was named is the one that is wanted: none is installed in its stead.
        fault = bring(browser_fault, [] if named else ways_to_browser(manager, right), run)
    if fault is not None:
        print(advice(fault, name), file=sys.stderr)
    return fault is not None


if __name__ == "__main__":
    sys.exit(main())
