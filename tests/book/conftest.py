"""The built book and a server of it, once for all tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import serve

ROOT = Path(__file__).resolve().parents[2]
SITE = "MLECORE_SITE"


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book; it is built first if nobody has (`make test` has)."""
    built = Path(os.environ.get(SITE, ROOT / "_build" / "html"))
    if not (built / "index.html").exists():
        program = Path(sys.executable).with_name("jupyter-book")  # the package is no program
        command = [str(program), "build", str(ROOT), "-W", "-n"]
        subprocess.run(command, check=True, capture_output=True)
    return built


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the book is served."""
    with serve(site) as address:
        yield address
