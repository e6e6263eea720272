"""A chapter on paper: its number stands in its title, its solutions stay closed, nothing is cut or only steers."""

from __future__ import annotations

from browser import Reader

ON_PAPER = """() => {
  const seen = (e) => e.checkVisibility() && e.getBoundingClientRect().height > 0;
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    titles: all("h1").filter(seen).map((e) => e.firstChild.textContent + e.childNodes[1].textContent),
    solutions: all(".admonition.solution > :not(.admonition-title)").filter(seen).length,
    steering: all("nav, .copybtn, .toggle-button, .prev-next-area, .live-bar").filter(seen).length,
    cut: all(".bd-article pre").filter((e) => seen(e) && e.scrollWidth > e.clientWidth + 1).length,
    still: all("[data-explorable]").filter((e) => seen(e.shadowRoot.querySelector(".panel"))).length,
    controls: all("[data-explorable]").filter((e) => seen(e.shadowRoot.querySelector(".controls"))).length,
  };
}"""


def test_a_chapter_on_paper(browser, address) -> None:
    with Reader(browser, address, width=700).open("book/02_likelihood.html") as visit:
        visit.page.emulate_media(media="print")
        visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert visit.page.evaluate(ON_PAPER) == {
            "titles": ["2. The likelihood function"],
            "solutions": 0,
            "steering": 0,
            "cut": 0,
            "still": 1,
            "controls": 0,
        }
