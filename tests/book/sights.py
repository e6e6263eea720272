"""What can be seen on an open page, and what is wrong with it: each check is a list of faults.

Loading a page takes longer than looking at it, so `look_at` opens it once and looks in every look.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Browser, TimeoutError

from browser import Reader, Visit

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LOOKS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390}}

UNTYPESET = r"""() => [...document.querySelectorAll('.math')]
    .filter(e => !e.querySelector('mjx-container') ||
        e.querySelector('mjx-merror, mjx-mtext[style*="red"]'))
    .map(e => e.textContent)"""
UNNAMED = """() => [...document.querySelectorAll('img')]
    .filter(e => !e.alt.trim() || (e.closest('.cell_output') && e.alt.length < 40))
    .map(e => e.src)"""
TOO_WIDE = """() => {
    const screen = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= screen) return [];
    const wide = [...document.querySelectorAll('body *')]
        .filter(e => e.getBoundingClientRect().right > screen + 1);
    return ['the page', ...wide.map(e => e.outerHTML.slice(0, 120))];
}"""
# What scrolls sideways in a box of its own, and does not show it by the shadow or take the focus.
SILENT_SCROLLERS = """() => [...document.querySelectorAll('.bd-article *')]
    .filter(e => e.checkVisibility() && e.clientWidth && e.scrollWidth > e.clientWidth + 1
        && /auto|scroll/.test(getComputedStyle(e).overflowX))
    .filter(e => e.tabIndex < 0 || getComputedStyle(e).backgroundImage.split('linear').length !== 5)
    .map(e => e.outerHTML.slice(0, 120))"""
UNFOLD = "() => document.querySelectorAll('details').forEach(e => e.open = true)"
# A slider of an explorable that is in use, and hidden by something when one of its panels is looked at.
OUT_OF_SIGHT = """async e => {
    const hidden = [];
    for (const slider of e.shadowRoot.querySelectorAll('.slider')) {
        if (!slider.getClientRects().length) continue;
        const control = slider.querySelector('input');
        control.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));
        for (const panel of e.shadowRoot.querySelectorAll('.panel')) {
            panel.scrollIntoView({block: 'end'});
            await new Promise(done => requestAnimationFrame(done));
            const edge = panel.getBoundingClientRect().top;
            const box = control.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            if (box.bottom > edge || e.shadowRoot.elementFromPoint(x, y) !== control)
                hidden.push([panel.innerText, control.dataset.key, box.top, edge]);
        }
    }
    return hidden; }"""
# The tokens of code and the letters of formulas are most of a page's elements, and of axe's time. Their
# colours are looked at by PALE below; then the page is emptied of them for a while.
EMPTY = """() => { window.full = [...document.querySelectorAll('.highlight pre, mjx-container')]
    .map(e => [e, [...e.childNodes]]); window.full.forEach(([e]) => e.replaceChildren('x')); }"""
FILL = "() => window.full.forEach(([e, nodes]) => e.replaceChildren(...nodes))"
TWO_FRAMES = """() => new Promise(
    done => requestAnimationFrame(() => requestAnimationFrame(done)))"""
# Text that is painted alike, and on the same, need not be asked for its contrast again and again: three of
# each kind are marked (of one, axe may not be able to tell), and axe asks those, on the first two pages that
# have the kind in any theme.
ASKED: Counter[str] = Counter()
ONCE, IN_ALL = 3, 6
MARK = """([asked, once, inAll]) => {
    const behind = new Map();
    const chain = e => {
        if (!e) return '';
        if (!behind.has(e)) {
            const {backgroundColor, backgroundImage, opacity, position, filter} = getComputedStyle(e);
            behind.set(e, [chain(e.parentElement ?? e.getRootNode().host),
                ...new Set([backgroundColor, backgroundImage, opacity, position, filter])]
                .filter(s => !['rgba(0, 0, 0, 0)', 'none', '1', 'static'].includes(s)).join());
        }
        return behind.get(e);
    };
    const kinds = {}, marked = {};
    const mark = root => { for (const e of root.querySelectorAll('*')) {
        if (e.shadowRoot) mark(e.shadowRoot);
        e.removeAttribute('data-kind');
        const text = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
        if (!text && !e.matches('input, select, textarea')) continue;
        if (!e.checkVisibility() || e.closest('.highlight, mjx-container')) continue;
        const {color, fill, fontSize, fontWeight, textShadow} = getComputedStyle(e);
        const kind = [e.localName, e.type, e.disabled, color, fill, fontSize, fontWeight, textShadow,
            chain(e)].join();
        kinds[kind] = (kinds[kind] ?? 0) + 1;
        if (kinds[kind] > once || kinds[kind] + (asked[kind] ?? 0) > inAll) continue;
        e.setAttribute('data-kind', '');
        marked[kind] = kinds[kind];
    } };
    mark(document.body);
    return marked;
}"""
VIOLATIONS = """async ({structure, contrast}) => {
    axe.configure({rules: [{id: 'color-contrast', selector: '[data-kind]'}]});
    const options = {resultTypes: ['violations'], preload: false};
    if (!structure) options.runOnly = ['color-contrast'];
    if (!contrast) options.rules = {'color-contrast': {enabled: false}};
    return (await axe.run(document, options)).violations
        .flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 200)}`));
}"""
PALE = """() => {
    const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const over = (top, below) => {
        const alpha = top[3] ?? 1;
        return [0, 1, 2].map(i => alpha * top[i] + (1 - alpha) * below[i]);
    };
    const luminance = c => c.map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const background = e => {
        if (!e) return [255, 255, 255];
        const own = getComputedStyle(e).backgroundColor;
        if (own.startsWith('color(')) {
            const [r, g, b, a] = parse(own.slice(own.indexOf(' ')));
            return over([255 * r, 255 * g, 255 * b, a], background(e.parentElement));
        }
        const colour = parse(own);
        return colour[3] === 0 ? background(e.parentElement)
            : over(colour, background(e.parentElement));
    };
    const pale = new Set();
    for (const e of document.querySelectorAll('.highlight span, .highlight pre, mjx-container')) {
        if (!e.textContent.trim() || !e.checkVisibility()) continue;
        const below = background(e), text = over(parse(getComputedStyle(e).color), below);
        const [low, high] = [luminance(below), luminance(text)].sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) pale.add(`${ratio.toFixed(2)}: rgb(${text}) on rgb(${below})`);
    }
    return [...pale];
}"""


def violations(visit: Visit, structure: bool = True, contrast: bool = True) -> list[str]:
    """What axe-core finds wrong with an open page."""
    marked = visit.page.evaluate(MARK, [ASKED, ONCE, IN_ALL]) if contrast else {}
    ASKED.update(marked)
    contrast = bool(marked)
    if not structure and not contrast:
        return []
    if not visit.page.evaluate("'axe' in window"):
        visit.page.evaluate(AXE)
    return visit.page.evaluate(VIOLATIONS, {"structure": structure, "contrast": contrast})


def scrollers(visit: Visit) -> list[str]:
    """What scrolls in silence: the page looks when a size has changed, a frame or more after that."""
    with contextlib.suppress(TimeoutError):
        visit.page.wait_for_function(f"() => !({SILENT_SCROLLERS})().length", timeout=5000)
    return visit.page.evaluate(SILENT_SCROLLERS)


@dataclass
class Sights:
    """A page in one look: its theme, what was asked for and logged up to then, and the faults found."""

    theme: str
    outside: list[str]
    failed: list[str]
    errors: list[str]
    untypeset: list[str]
    unnamed: list[str]
    too_wide: list[str]
    silent: list[str]
    pale: list[str]
    violations: list[str]


@dataclass
class Seen:
    """A page in all its looks, and what only a phone or a reader who takes the notebook sees."""

    name: str
    bytes: dict[str, int] = field(default_factory=dict)
    notebook: bytes | None = None
    looks: dict[str, Sights] = field(default_factory=dict)
    out_of_sight: list[list] = field(default_factory=list)
    unfolded: list[str] = field(default_factory=list)


def turn(visit: Visit, look: str, height: int = 900) -> None:
    """Change the screen and the scheme under an open page."""
    scheme = "dark" if LOOKS[look].get("dark") else "light"
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.set_viewport_size({"width": LOOKS[look].get("width", 1280), "height": height})
    visit.page.evaluate(TWO_FRAMES)


def sights(visit: Visit, structure: bool, contrast: bool) -> Sights:
    """All that is looked for in the look that an open page has now."""
    page = visit.page
    silent = scrollers(visit)
    checks = (UNTYPESET, UNNAMED, TOO_WIDE)
    untypeset, unnamed, too_wide = (page.evaluate(check) for check in checks)
    pale = page.evaluate(PALE)
    found: list[str] = []
    if structure or contrast:
        page.evaluate(EMPTY)
        found = violations(visit, structure, contrast)
        page.evaluate(FILL)
    theme = page.evaluate("document.documentElement.dataset.theme")
    happened = [list(visit.outside), list(visit.failed), list(visit.errors)]
    return Sights(theme, *happened, untypeset, unnamed, too_wide, silent, pale, found)


def download(visit: Visit) -> bytes | None:
    """The notebook that a page offers, as it comes."""
    links = visit.page.locator("a[href$='.ipynb']")
    if not links.count():
        return None
    with visit.page.expect_download() as arriving:
        visit.page.evaluate(
            "href => Object.assign(document.createElement('a'), {href, download: ''}).click()",
            links.first.get_attribute("href"),
        )
    return Path(arriving.value.path()).read_bytes()


def look_at(browser: Browser, address: str, name: str, phone: bool = False) -> Seen:
    """Open a page once and see all there is; its structure on a phone too, if asked.

    On the phone the colours are those of the light page.
    """
    with Reader(browser, address).open(name) as visit:
        seen = Seen(name)
        for look in LOOKS:
            turn(visit, look)
            structure = look == "light" or (look == "phone" and phone)
            seen.looks[look] = sights(visit, structure, contrast=look != "phone")
        seen.bytes = dict(visit.bytes)
        turn(visit, "phone", height=844)
        for explorable in visit.page.locator("[data-explorable]").all():
            seen.out_of_sight += explorable.evaluate(OUT_OF_SIGHT)
        visit.page.evaluate(UNFOLD)
        visit.page.evaluate(TWO_FRAMES)
        seen.unfolded = scrollers(visit)
        seen.notebook = download(visit)
    return seen
