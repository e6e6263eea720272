"""The book as a reader meets it: every page, in light, in dark and on a phone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser

from browser import EXECUTABLE, Reader, require, serve
from sights import (
    LOOKS,
    PALE,
    SILENT_SCROLLERS,
    TOO_WIDE,
    UNNAMED,
    UNTYPESET,
    Seen,
    look_at,
    turn,
    violations,
)

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
# The structure of a page on a phone is that of the light page but for the bars: three stand for all.
ON_A_PHONE = ("book/index.html", "book/01_which_distribution.html", "book/api_families.html")


def pages() -> list[str]:
    """Every page of the table of contents, and the pages that Sphinx adds."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    groups = [toc, *toc.get("parts", [])]
    names = [toc["root"]]
    chapters = [chapter for group in groups for chapter in group.get("chapters", [])]
    sections = [section for chapter in chapters for section in chapter.get("sections", [])]
    names += [page["file"] for page in [*chapters, *sections]]
    return [f"{name}.html" for name in names] + ["search.html", "genindex.html"]


@pytest.fixture(scope="module", params=pages())
def seen(request, browser: Browser, address: str) -> Seen:
    """A page, opened once: what is seen of it in every look."""
    return look_at(browser, address, request.param, phone=request.param in ON_A_PHONE)


every_look = pytest.mark.parametrize("look", LOOKS)


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_a_page_may_also_begin_in_any_look(look, browser, address):
    with Reader(browser, address, **LOOKS[look]).open("book/index.html") as visit:
        theme = "dark" if look == "dark" else "light"
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        assert (visit.outside, visit.failed, visit.errors) == ([], [], [])
        assert visit.page.evaluate(TOO_WIDE) == []


@every_look
def test_a_page_asks_no_other_host(seen, look):
    assert seen.looks[look].outside == []


@every_look
def test_a_page_finds_everything_that_it_asks_for(seen, look):
    assert seen.looks[look].failed == []


@every_look
def test_a_page_logs_no_error(seen, look):
    assert seen.looks[look].errors == []


@every_look
def test_a_page_follows_the_scheme_of_the_reader(seen, look):
    assert seen.looks[look].theme == ("dark" if look == "dark" else "light")


@every_look
def test_the_mathematics_is_typeset(seen, look):
    assert seen.looks[look].untypeset == []


@every_look
def test_every_image_has_alt_text(seen, look):
    assert seen.looks[look].unnamed == []


@every_look
def test_no_page_scrolls_sideways(seen, look):
    assert seen.looks[look].too_wide == []


@every_look
def test_what_scrolls_in_a_box_shows_it_and_takes_the_focus(seen, look):
    assert seen.looks[look].silent == []


@every_look
def test_code_and_formulas_can_be_read(seen, look):
    assert seen.looks[look].pale == []


@every_look
def test_axe_finds_nothing(seen, look):
    assert seen.looks[look].violations == []


def test_a_page_weighs_less_than_a_megabyte_without_mathjax(seen):
    weight = {url: n for url, n in seen.bytes.items() if "/mathjax/" not in url}
    assert sum(weight.values()) < MEGABYTE, sorted(weight.items(), key=lambda i: -i[1])[:5]


def test_a_phone_shows_each_panel_with_the_slider_in_use(seen):
    assert seen.out_of_sight == []


def test_wide_code_shows_that_it_scrolls_when_it_is_unfolded_on_a_phone(seen):
    assert seen.unfolded == []


def test_a_page_that_is_a_notebook_offers_it_and_no_other_does(seen):
    notebook = ROOT / seen.name.replace(".html", ".ipynb")
    assert seen.notebook == (notebook.read_bytes() if notebook.exists() else None)


def test_the_arrow_keys_scroll_a_wide_table(browser, address):
    with Reader(browser, address, width=390).open("book/notation.html") as visit:
        table = visit.page.locator(".pst-scrollable-table-container.scrolls").first
        table.focus()
        visit.page.keyboard.press("ArrowRight")
        visit.page.wait_for_function("e => e.scrollLeft > 0", arg=table.element_handle())
        # On a wider screen it fits, and is no stop for the Tab key on the way.
        visit.page.set_viewport_size({"width": 1280, "height": 900})
        visit.page.wait_for_function("!document.querySelector('.scrolls')")


def test_search_finds_likelihood(browser, address):
    with Reader(browser, address).open("book/index.html") as visit:
        visit.page.keyboard.press("Control+k")
        visit.page.keyboard.type("likelihood")
        visit.page.keyboard.press("Enter")
        result = visit.page.locator("#search-results li a").first
        result.wait_for()
        for look in LOOKS:
            turn(visit, look)
            assert violations(visit, structure=look != "dark") == []
            assert visit.page.evaluate(TOO_WIDE) == []
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


def test_without_a_browser_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setenv(EXECUTABLE, "/nowhere/chromium")
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        require("/nowhere/else")


# ---- The checks bite: each sees a fault that is planted in a copy of the title page ----------


def planted(site: Path, folder: Path, html: str, browser: Browser, width: int = 1280):
    """Open a copy of the title page with something planted in its text."""
    live = shutil.ignore_patterns("pyodide")  # sixty megabytes that nothing asks for here
    shutil.copytree(site, folder, ignore=live, dirs_exist_ok=True, symlinks=True)
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
        '<p>plain</p><p style="background: #777">on grey</p><p style="opacity: 0.4">faded</p>'
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
    for words in ("pale", "on grey", "faded"):
        assert any(f">{words}</p>" in fault for fault in found), words
    assert pale == ["2.85: rgb(153,153,153) on rgb(255,255,255)"]
    assert len(silent) == 1
