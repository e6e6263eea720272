"""What a reader meets who uses the Tab key, or a screen in forced colours."""

from __future__ import annotations

import re

from browser import Reader


def test_a_formula_is_no_stop_of_the_tab_key(browser, address):
    with Reader(browser, address).open("book/08_kl.html") as visit:
        formulas = visit.page.locator("mjx-container")
        assert formulas.count() > 20
        stops = "e => e.filter(m => m.tabIndex >= 0 && !m.classList.contains('scrolls')).length"
        assert formulas.evaluate_all(stops) == 0


def test_mathjax_is_loaded_where_there_is_a_formula_and_nowhere_else(site):
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert ("tex-chtml.js" in html) == ('class="math' in html), page.name


def test_the_root_has_an_icon_and_leads_to_the_title_page(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    icon = re.search(r'rel="icon" href="([^"]+)"', html)[1]
    assert (site / icon).is_file()
    assert "url=book/index.html" in html


def test_a_toggle_is_named_after_what_it_unfolds(browser, address):
    with Reader(browser, address).open("book/03_logarithm.html") as visit:
        names = visit.page.locator(".toggle-button").evaluate_all(
            "e => e.map(b => b.getAttribute('aria-label'))"
        )
    assert "Hint" in names
    assert any(name.startswith("Solution to") for name in names)
    assert not any("Toggle" in name for name in names)


def test_icons_and_the_chosen_of_a_few_are_seen_in_forced_colours(browser, address):
    reader = Reader(browser, address)
    reader.window["forced_colors"] = "active"
    paint = "e => getComputedStyle(e).backgroundColor"
    with reader.open("book/06_climbing.html") as visit:
        page = visit.page
        icon = page.locator(".fas, .fa-solid").locator("visible=true").first
        assert icon.evaluate(paint) != page.locator("body").evaluate(paint)
        chosen = page.locator(".choice input:checked + span").first
        other = page.locator(".choice input:not(:checked) + span").first
        assert chosen.evaluate(paint) != other.evaluate(paint)
