"""In JupyterLab each explorable draws, and answers the keyboard, the mouse and what is typed."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from stage import EXPLORABLES, Stage, example_source

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted({name.split()[0] for name in EXPLORABLES})
# A server of our own: open to this machine for the length of a test, and asking nobody for news.
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_notebook(path: Path) -> None:
    """One cell an explorable, which shows the example of its docstring."""
    sources = ["from mlecore import *\nfrom mlecore.explore import *"]
    sources += [example_source(name) for name in NAMES]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the notebook in a running JupyterLab."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "work"
    folder.mkdir()
    write_notebook(folder / "explorables.ipynb")
    address = f"http://127.0.0.1:{(port := free_port())}"
    # No setting of the person who runs the tests reaches it.
    own = {"HOME": str(home), "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1"}
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS]
    command += [f"--port={port}", f"--ServerApp.root_dir={folder}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
        try:
            wait_for(f"{address}/api/status", server, home / "log")
            yield f"{address}/lab/tree/explorables.ipynb"
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"JupyterLab did not start: {log.read_text()}") from None
            time.sleep(0.1)


# A cell that is to run has a star in its prompt at once, and its number later.
BEGUN = """() => [...document.querySelectorAll('.jp-InputPrompt')].some(p => /[*0-9]/.test(p.textContent))"""


def run_all(page: Page) -> None:
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.locator(".jp-Notebook .jp-Cell").first.click()
    for _ in range(5):  # on a busy machine the menu is there before what it does
        for item in ("Run", "Run All Cells"):
            page.get_by_role("menuitem", name=item, exact=True).click()
        with contextlib.suppress(TimeoutError):
            page.wait_for_function(BEGUN, timeout=5000)
            break
    page.wait_for_function(
        "n => document.querySelectorAll('[data-explorable]').length === n", arg=len(NAMES)
    )


def answers(stage: Stage, act: Callable[[], object]) -> bool:
    """Whether the figure changes when something is done to it."""
    before = stage.digest()
    act()
    stage.frame()
    return stage.digest() != before


def play(stage: Stage, name: str) -> None:
    """Move the first slider by keys, by mouse and by typing; JupyterLab has uses of its own for all three."""
    page = stage.page
    slider = stage.element.locator("input[type=range]:visible").first
    slider.focus()
    # At an end there is one way only.
    ways = (lambda: page.keyboard.press("ArrowRight"), lambda: page.keyboard.press("ArrowLeft"))
    assert any(answers(stage, way) for way in ways), f"{name} does not hear the arrow keys"
    box = slider.bounding_box()
    x, y = box["x"] + 0.97 * box["width"], box["y"] + box["height"] / 2
    assert answers(stage, lambda: page.mouse.click(x, y)), f"{name} does not feel the mouse"
    field = stage.number(slider.get_attribute("data-key"))
    low = field.get_attribute("title").split()[1]
    field.focus()
    page.keyboard.type(low)
    assert answers(stage, lambda: page.keyboard.press("Enter")), f"{name} does not take {low}"
    assert field.input_value() == low


def test_each_explorable_draws_and_answers_in_jupyterlab(browser: Browser, lab: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    try:
        page.goto(lab)
        run_all(page)
        for name in NAMES:
            stage = Stage(page, page.locator(f"[data-explorable={name}]"))
            stage.element.scroll_into_view_if_needed()
            # A notebook paints an output when it comes into sight.
            page.wait_for_function("e => e.paints > 0", arg=stage.element.element_handle())
            play(stage, name)
        assert page.locator(".jp-Cell").count() == len(NAMES) + 1
    finally:
        page.close()
