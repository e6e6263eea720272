"""A headless Chromium that reads the built book over a local server, as a reader would.

`Reader` opens pages and keeps what happened while they loaded: requests to other hosts, failed
requests, console errors, the bytes that came. It holds no knowledge of the book, so the tests of
the explorables use it too.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from serve import Handler

EXECUTABLE = "MLECORE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A window's address bar is a page of its own, and as dear to open as one of the book's. Of two such
    # switches the last counts, so this one repeats what Playwright's would have turned off here.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "AimEnabled,LensOverlay,MediaRouter,OptimizationHints,PaintHolding",
    # No other host is found. To refuse them one by one would keep the browser from caching anything.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
MISSING = (
    "No Chromium was found, so the book cannot be tested as a reader meets it. "
    "`python tools/bring_browser.py` brings one; or install one (Debian: apt-get install chromium), "
    f"or name the executable in the environment variable {EXECUTABLE}."
)

# Formulas are set, fonts are there, and what these moved has been painted.
STILL = """async () => {
    await window.MathJax?.startup?.promise;
    await document.fonts.ready;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def chromium() -> str | None:
    """The executable to drive: the named one, one on the path, or None for Playwright's own."""
    named = os.environ.get(EXECUTABLE)
    if named:
        return named
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def require(own: str) -> str:
    """The executable to drive, Playwright's own (given) if there is no other; or an error."""
    executable = chromium() or own
    if not Path(executable).exists():
        raise RuntimeError(MISSING)
    return executable


@contextmanager
def launch() -> Iterator[Browser]:
    """A running browser; an error that says what to install where there is none."""
    with sync_playwright() as playwright:
        executable = require(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


class _Silent(Handler):
    def log_message(self, *arguments: object) -> None:
        pass

    def copyfile(self, source, outputfile) -> None:
        # A reader who leaves a page early is no error.
        try:
            super().copyfile(source, outputfile)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address of a local server of a folder."""
    handler = functools.partial(_Silent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Visit:
    """An open page and what its loading did."""

    page: Page
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)


class Reader:
    """One way to look at the book: a screen and a colour scheme."""

    def __init__(self, browser: Browser, address: str, width: int = 1280, dark: bool = False):
        self.browser = browser
        self.address = address
        self.window = {
            "viewport": {"width": width, "height": 900},
            "color_scheme": "dark" if dark else "light",
            "reduced_motion": "reduce",
        }

    @contextmanager
    def open(self, path: str) -> Iterator[Visit]:
        """Open a page with nothing cached, wait until it is still, and note what it asked for.

        Requests to other hosts are noted, and come to nothing: the tests need no network.
        """
        context = self.browser.new_context(**self.window)
        visit = Visit(context.new_page())
        page = visit.page

        def responded(response) -> None:
            if response.status >= 400:
                visit.failed.append(f"{response.status} {response.url}")

        under_way = set()

        def requested(request) -> None:
            under_way.add(request)
            if not request.url.startswith((self.address, "data:", "blob:", "about:")):
                visit.outside.append(request.url)

        def finished(request) -> None:
            visit.bytes[request.url] = request.sizes()["responseBodySize"]
            under_way.discard(request)

        def failed(request) -> None:
            under_way.discard(request)
            visit.failed.append(f"{request.failure} {request.url}")

        page.on("response", responded)
        page.on("requestfinished", finished)
        page.on("request", requested)
        page.on("requestfailed", failed)
        page.on("pageerror", lambda error: visit.errors.append(str(error)))
        page.on(
            "console",
            lambda m: visit.errors.append(m.text) if m.type in ("error", "warning") else None,
        )
        try:
            page.goto(f"{self.address}/{path}", wait_until="load")
            page.evaluate(STILL)
            if under_way:
                page.wait_for_load_state("networkidle")
            yield visit
        finally:
            context.close()
