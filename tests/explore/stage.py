"""A page that shows explorables, and the hands and eyes of its reader.

The page is served by the test itself at an address that does not exist; whatever else it asks for is
refused and remembered.
"""

from __future__ import annotations

import ast
import doctest
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from playwright.sync_api import Browser, ElementHandle, Locator, Page

from mlecore import Bernoulli, Exponential, explore
from mlecore.explore import Explorable

ADDRESS = "http://book.test/"
SAMPLE = [3.1, 4.2, 4.9, 5.0, 5.3, 6.8, 7.7, 4.4]
COUNTS = [57, 203, 383, 525, 532, 408, 273, 139, 45, 27, 10, 4, 0, 1, 1]
TOSSES = [1] * 5 + [0] * 3
TEMPERATURE = [
    66,
    70,
    69,
    68,
    67,
    72,
    73,
    70,
    57,
    63,
    70,
    78,
    67,
    53,
    67,
    75,
    70,
    81,
    76,
    79,
    75,
    76,
    58,
]
DISTRESS = [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1]
RAIN = np.random.default_rng(70).gamma(6.0, 6.0, size=70).round(1).tolist()


def example_source(name: str) -> str:
    """The doctest of an explorable, as it would be written into a cell."""
    function = getattr(explore, name)
    return "".join(line.source for line in doctest.DocTestParser().get_examples(function.__doc__))


def example(name: str) -> Explorable:
    """What the last line of an explorable's doctest shows: so every explorable brings its own example."""
    *before, last = ast.parse(example_source(name)).body
    names = {name: getattr(explore, name)}
    exec(compile(ast.Module(before, []), name, "exec"), names)
    return eval(compile(ast.Expression(last.value), name, "eval"), names)


# Every explorable of the package, and those that have more than one face or read better with real data.
EXPLORABLES: dict[str, Explorable] = {
    **{name: example(name) for name in explore.__all__ if name != "Explorable"},
    "poisson_rate": explore.poisson_rate(range(15), COUNTS),
    "likelihood_stems": explore.likelihood_stems(SAMPLE),
    "likelihood_stems of an Exponential": explore.likelihood_stems(SAMPLE, Exponential),
    "likelihood_stems of a Bernoulli": explore.likelihood_stems(TOSSES, Bernoulli),
    "underflow": explore.underflow(),
    "normal_surface": explore.normal_surface(SAMPLE),
    "descent_race": explore.descent_race(TEMPERATURE, DISTRESS),
    "descent_race of a Gamma": explore.descent_race(RAIN),
}

_PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>html[data-theme=dark] {{ background: #14181e; color: #d2dae3; }}</style>
<title>Explorables</title></head>
<body><main><h1>Explorables</h1>{body}</main></body></html>"""

_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def number(text: str) -> float:
    """Read a number as the explorables write it: a true minus, a power of ten, commas, a per cent sign."""
    text = text.split("=")[-1].split("±")[0].replace("−", "-").replace(",", "").strip()
    if text.endswith(("∞", "inf")):
        return -math.inf if text.startswith("-") else math.inf
    mantissa, _, power = text.partition(" × 10")
    return float(mantissa.split()[0]) * 10.0 ** int(power.translate(_SUPERSCRIPTS) or 0)


# Two figures are compared where they are: to send them here takes longer than to draw them.
DIGEST = """text => {
    let [a, b] = [7, 11];
    for (let i = 0; i < text.length; i++) {
        a = Math.imul(a, 31) + text.charCodeAt(i) | 0;
        b = Math.imul(b ^ text.charCodeAt(i), 16777619);
    }
    return `${a} ${b}`; }"""
# Everything the reader sees in figures and words, without what only says where the focus is.
PICTURE = """e => { if (e.stage.waiting) e.stage.paint();
    return [...e.shadowRoot.querySelectorAll('.caption, .panel svg, .note, .facts')]
        .map(part => part.outerHTML.replace(/ (tabindex|aria-selected)="[^"]*"/g, '')).join(''); }"""


@dataclass
class Stage:
    """One explorable on an open page."""

    page: Page
    element: Locator
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @cached_property
    def itself(self) -> ElementHandle:
        """The element, found once: to look for it through all shadow roots takes longer than to ask it."""
        return self.element.element_handle()

    def settle(self) -> None:
        """Paint now what waits for the next frame."""
        self.itself.evaluate("e => e.stage.waiting && e.stage.paint()")

    def frame(self) -> None:
        """Let the browser show a frame: what was asked for is painted in it, or in the one after."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def rest(self) -> None:
        """Wait until no movement is left."""
        self.page.wait_for_function(
            "e => !e.stage.motion && !e.stage.running && !e.stage.waiting",
            arg=self.itself,
        )

    def facts(self) -> dict[str, str]:
        self.settle()
        return dict(
            self.itself.evaluate(
                "e => [...e.shadowRoot.querySelectorAll('dl > div')].map(d => [...d.children].map(c => c.textContent))"
            )
        )

    def fact(self, name: str) -> float:
        return number(self.facts()[name])

    def note(self) -> str:
        self.settle()
        return self.element.locator("p.note").inner_text()

    def picture(self) -> str:
        """Everything the reader sees in figures and words, without what only says where the focus is."""
        return self.itself.evaluate(PICTURE)

    def digest(self) -> str:
        """The picture's: the same where the pictures are."""
        return self.itself.evaluate(f"e => ({DIGEST})(({PICTURE})(e))")

    def slider(self, key: str) -> Locator:
        return self.element.locator(f"input[type=range][data-key={key}]")

    def slide(self, key: str, value: float) -> float:
        """Put a native slider at a value (on its own scale); return the value it took."""
        return self.slider(key).evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); return Number(e.value); }",
            value,
        )

    def number(self, key: str) -> Locator:
        """The field beside a slider, in which its value can be typed."""
        return self.element.locator(f"input[type=text][data-key={key}]")

    def type(self, key: str, text: str) -> None:
        """Type a value in place of a slider's, and press Enter."""
        self.number(key).fill(text)
        self.number(key).press("Enter")
        self.settle()

    def choices(self) -> list[tuple[str, str]]:
        """The key and value of every radio button that is in sight."""
        return self.itself.evaluate(
            """e => [...e.shadowRoot.querySelectorAll('input[type=radio]')]
            .filter(c => c.getClientRects().length).map(c => [c.dataset.key, c.value])"""
        )

    def choose(self, key: str, value: Any) -> None:
        """Click a radio button that is in sight, without scrolling there: that costs more than all else."""
        button = f"input[type=radio][data-key={key}][value='{value}']:visible"
        self.element.locator(button).evaluate("e => e.click()")
        self.settle()

    def press(self, label: str) -> None:
        self.element.get_by_role("button", name=label, exact=True).click()
        self.settle()
        self.rest()

    def reset(self) -> None:
        """Click Reset without the mouse's journey to it: the tests of every control reset often."""
        # Painted at once: or a radio button is still ticked, as it was before, when it is to be chosen next.
        self.itself.evaluate(
            """e => { [...e.shadowRoot.querySelectorAll('button')].find(b => b.textContent === 'Reset').click();
            if (e.stage.waiting) e.stage.paint(); }"""
        )

    def handle(self, key: str, panel: int | None = None) -> Locator:
        root = self.element if panel is None else self.element.locator(".panel").nth(panel)
        return root.locator(f".handle[data-key={key}]")

    def drag(self, handle: Locator, dx: float, dy: float = 0) -> None:
        """Take hold of a handle with the mouse and move it by some pixels."""
        handle.evaluate("e => e.closest('.panel').scrollIntoView({block: 'center'})")
        box = handle.locator(".knob").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + dx / 2, y + dy / 2)
        self.page.mouse.move(x + dx, y + dy)
        self.page.mouse.up()
        self.settle()


def page_of(*explorables: Explorable, theme: str = "light", extra: str = "") -> str:
    body = "".join(explorable._repr_html_() for explorable in explorables)
    return _PAGE.format(theme=theme, body=body + extra)


@contextmanager
def showing(
    browser: Browser,
    *explorables: Explorable,
    theme: str = "light",
    width: int = 900,
    height: int = 1000,
    **context: Any,
) -> Iterator[list[Stage]]:
    """A page with these explorables, one Stage for each; at the end no error and no request may be left."""
    opened = browser.new_context(viewport={"width": width, "height": height}, **context)
    page = opened.new_page()
    requests: list[str] = []
    errors: list[str] = []

    def answer(route: Any) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=page_of(*explorables, theme=theme), content_type="text/html")
        else:
            requests.append(route.request.url)
            route.abort()

    page.route("**/*", answer)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.goto(ADDRESS)
    elements = page.locator("[data-explorable]")
    stages = [Stage(page, elements.nth(i), requests, errors) for i in range(len(explorables))]
    if context.get("java_script_enabled", True):
        page.wait_for_function(
            "() => [...document.querySelectorAll('[data-explorable]')].every(e => e.paints > 0)"
        )
    try:
        yield stages
        assert not errors
        assert not requests
    finally:
        opened.close()
