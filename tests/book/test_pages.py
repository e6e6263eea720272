"""The book as a reader meets it: every page, in light, in dark and on a phone."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, TimeoutError

from browser import EXECUTABLE, Reader, Visit, require, serve

ROOT = Path(__file__).resolve().parents[2]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LOOKS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390}}
MEGABYTE = 1_000_000

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
# colours are looked at by PALE below, which knows that one met twice need not be asked twice; then the
# page is emptied of them for a while. On the phone colours are those of the light page, and so is the structure but
# for the bars: three pages stand for all.
EMPTY = """() => { window.full = [...document.querySelectorAll('.highlight pre, mjx-container')]
    .map(e => [e, [...e.childNodes]]); window.full.forEach(([e]) => e.replaceChildren('x')); }"""
FILL = "() => window.full.forEach(([e, nodes]) => e.replaceChildren(...nodes))"
ON_A_PHONE = ("book/index.html", "book/01_which_distribution.html", "book/api_families.html")
TWO_FRAMES = """() => new Promise(
    done => requestAnimationFrame(() => requestAnimationFrame(done)))"""
VIOLATIONS = """async ({structure, contrast}) => {
    const rules = {'color-contrast': {enabled: false}};
    const options = {resultTypes: ['violations'], preload: false};
    const found = [];
    if (structure) found.push(await axe.run(document, {...options, rules}));
    if (contrast) {
        const skipped = ['.highlight span', 'mjx-container'];
        const context = {exclude: skipped.map(s => [s]).filter(s => document.querySelector(s))};
        found.push(await axe.run(context, {...options, runOnly: ['color-contrast']}));
    }
    return found.flatMap(f => f.violations)
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


def pages() -> list[str]:
    """Every page of the table of contents, and the pages that Sphinx adds."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    groups = [toc, *toc.get("parts", [])]
    names = [toc["root"]]
    chapters = [chapter for group in groups for chapter in group.get("chapters", [])]
    sections = [section for chapter in chapters for section in chapter.get("sections", [])]
    names += [page["file"] for page in [*chapters, *sections]]
    return [f"{name}.html" for name in names] + ["search.html", "genindex.html"]


def violations(visit: Visit, structure: bool = True, contrast: bool = True) -> list[str]:
    """What axe-core finds wrong with an open page."""
    visit.page.evaluate(AXE)
    return visit.page.evaluate(VIOLATIONS, {"structure": structure, "contrast": contrast})


@pytest.fixture(scope="module", params=pages())
def opened(request, browser: Browser, address: str) -> Iterator[Visit]:
    """A page, opened once for all looks: loading takes longer than looking."""
    with Reader(browser, address).open(request.param) as visit:
        visit.name = request.param
        yield visit


@pytest.fixture(scope="module", params=LOOKS)
def visit(request, opened: Visit) -> Visit:
    """The open page in one look, as the screen and the scheme change under it."""
    dark, width = LOOKS[request.param].get("dark", False), LOOKS[request.param].get("width", 1280)
    opened.look = request.param
    opened.page.emulate_media(color_scheme="dark" if dark else "light")
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.page.evaluate(TWO_FRAMES)
    return opened


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_a_page_may_also_begin_in_any_look(look, browser, address):
    with Reader(browser, address, **LOOKS[look]).open("book/index.html") as visit:
        theme = "dark" if look == "dark" else "light"
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        assert (visit.outside, visit.failed, visit.errors) == ([], [], [])
        assert visit.page.evaluate(TOO_WIDE) == []


def test_a_page_asks_no_other_host(visit):
    assert visit.outside == []


def test_a_page_finds_everything_that_it_asks_for(visit):
    assert visit.failed == []


def test_a_page_logs_no_error(visit):
    assert visit.errors == []


def test_a_page_follows_the_scheme_of_the_reader(visit):
    theme = "dark" if visit.look == "dark" else "light"
    assert visit.page.evaluate("document.documentElement.dataset.theme") == theme


def test_the_mathematics_is_typeset(visit):
    assert visit.page.evaluate(UNTYPESET) == []


def test_every_image_has_alt_text(visit):
    assert visit.page.evaluate(UNNAMED) == []


def test_no_page_scrolls_sideways(visit):
    assert visit.page.evaluate(TOO_WIDE) == []


def test_what_scrolls_in_a_box_shows_it_and_takes_the_focus(visit):
    # The page looks when a box or what it holds has changed its size, a frame or more after that.
    with contextlib.suppress(TimeoutError):
        visit.page.wait_for_function(f"() => !({SILENT_SCROLLERS})().length", timeout=5000)
    assert visit.page.evaluate(SILENT_SCROLLERS) == []


def test_a_page_weighs_less_than_a_megabyte_without_mathjax(visit):
    weight = {url: n for url, n in visit.bytes.items() if "/mathjax/" not in url}
    assert sum(weight.values()) < MEGABYTE, sorted(weight.items(), key=lambda i: -i[1])[:5]


def test_code_and_formulas_can_be_read(visit):
    assert visit.page.evaluate(PALE) == []


def test_axe_finds_nothing(visit):
    structure = visit.look == "light" or (visit.look == "phone" and visit.name in ON_A_PHONE)
    visit.page.evaluate(EMPTY)
    found = violations(visit, structure, contrast=visit.look != "phone")
    visit.page.evaluate(FILL)
    assert found == []


@pytest.mark.parametrize("page", [p for p in pages() if p.startswith("book/0") or "/1" in p])
def test_a_phone_shows_panels_with_the_slider_in_use_and_wide_code_when_unfolded(
    page, browser, address
):
    with Reader(browser, address, width=390).open(page) as visit:
        visit.page.set_viewport_size({"width": 390, "height": 844})
        for explorable in visit.page.locator("[data-explorable]").all():
            assert explorable.evaluate(OUT_OF_SIGHT) == []
        visit.page.evaluate(UNFOLD)
        visit.page.evaluate(TWO_FRAMES)
        assert visit.page.evaluate(SILENT_SCROLLERS) == []


def test_the_arrow_keys_scroll_a_wide_table(browser, address):
    with Reader(browser, address, width=390).open("book/notation.html") as visit:
        table = visit.page.locator(".pst-scrollable-table-container.scrolls").first
        table.focus()
        visit.page.keyboard.press("ArrowRight")
        visit.page.wait_for_function("e => e.scrollLeft > 0", arg=table.element_handle())
        # On a wider screen it fits, and is no stop for the Tab key on the way.
        visit.page.set_viewport_size({"width": 1280, "height": 900})
        visit.page.wait_for_function("!document.querySelector('.scrolls')")


@pytest.mark.parametrize("look", LOOKS)
def test_search_finds_likelihood(look, browser, address):
    with Reader(browser, address, **LOOKS[look]).open("book/index.html") as visit:
        visit.page.keyboard.press("Control+k")
        visit.page.keyboard.type("likelihood")
        visit.page.keyboard.press("Enter")
        result = visit.page.locator("#search-results li a").first
        result.wait_for()
        assert violations(visit) == []
        result.click()
        visit.page.wait_for_load_state()
        assert "likelihood" in visit.page.locator("article").inner_text().lower()


def test_the_switch_changes_the_theme(browser, address):
    with Reader(browser, address).open("book/index.html") as visit:
        seen = set()
        for _ in range(3):
            seen.add(visit.page.evaluate("document.documentElement.dataset.theme"))
            visit.page.locator(".theme-switch-button:visible").first.click()
        assert seen == {"light", "dark"}


@pytest.mark.parametrize("page", [p for p in pages() if p.startswith("book/0") or "/1" in p])
def test_a_chapter_offers_its_notebook(page, site, browser, address):
    with Reader(browser, address).open(page) as visit:
        link = visit.page.locator("a[href$='.ipynb']").first.get_attribute("href")
        with visit.page.expect_download() as download:
            visit.page.evaluate(
                "href => Object.assign(document.createElement('a'), {href, download: ''}).click()",
                link,
            )
        chapter = ROOT / page.replace(".html", ".ipynb")
        assert Path(download.value.path()).read_bytes() == chapter.read_bytes()


def test_without_a_browser_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setenv(EXECUTABLE, "/nowhere/chromium")
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        require("/nowhere/else")


# ---- The checks bite: each sees a fault that is planted in a copy of the title page ----------


def planted(site: Path, folder: Path, html: str, browser: Browser, width: int = 1280):
    """Open a copy of the title page with something planted in its text."""
    shutil.copytree(site, folder, dirs_exist_ok=True, symlinks=True)
    page = folder / "book" / "index.html"
    before = page.read_text(encoding="utf-8")
    page.write_text(before.replace("</article>", f"{html}</article>", 1), encoding="utf-8")
    with serve(folder) as address, Reader(browser, address, width).open("book/index.html") as visit:
        return (
            visit.outside,
            visit.errors,
            [*visit.page.evaluate(UNNAMED), *visit.page.evaluate(UNTYPESET)],
            visit.page.evaluate(TOO_WIDE),
            violations(visit),
            visit.page.evaluate(PALE),
            visit.page.evaluate(SILENT_SCROLLERS),
        )


def test_a_planted_outside_request_is_seen(site, tmp_path, browser):
    html = '<script src="https://cdn.example.org/outside.js"></script>'
    outside, errors, *_ = planted(site, tmp_path, html, browser)
    assert outside == ["https://cdn.example.org/outside.js"]
    assert errors


def test_planted_faults_of_the_text_are_seen(site, tmp_path, browser):
    html = (
        '<img src="../_static/favicon.svg">'
        '<span class="math">\\(\\nosuchmacro\\)</span><span class="math">\\(x^2^3\\)</span>'
        '<div style="width: 3000px">wide</div><p style="color: #bbb; background: #fff">pale</p>'
        '<div class="highlight"><pre style="background: #fff"><span style="color: #999">x</span>'
        '</pre></div><div style="overflow-x: auto"><p style="width: 900px">cut</p></div>'
    )
    outside, _, unnamed, wide, found, pale, silent = planted(
        site, tmp_path, html, browser, width=390
    )
    assert outside == []
    assert len(unnamed) == 3
    assert wide[0] == "the page"
    assert {fault.split(":")[0] for fault in found} == {"image-alt", "color-contrast"}
    assert pale == ["2.85: rgb(153,153,153) on rgb(255,255,255)"]
    assert len(silent) == 1
