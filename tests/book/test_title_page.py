"""What a stranger meets first: the title page, and the page of seven minutes."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

import mlecore as mle
from browser import Reader

BOOK = Path(__file__).resolve().parents[2] / "book"
# The height of what a laptop and a phone show of a page before anybody scrolls.
SCREENS = {"laptop": (1280, 800), "phone": (390, 844)}


def test_the_numbers_of_the_title_page_are_those_of_the_data() -> None:
    page = (BOOK / "index.md").read_text(encoding="utf-8")
    alpha = mle.datasets.load("alpha_particles")
    assert f"**{alpha.sample.size:,} counts." in page
    assert f"Geiger in {alpha.year}." in page


@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_screen_holds_something_to_move_and_the_way_on(screen, browser, address) -> None:
    width, height = SCREENS[screen]
    with Reader(browser, address, width).open("book/index.html") as visit:
        visit.page.set_viewport_size({"width": width, "height": height})
        explorable = visit.page.locator("[data-explorable]")
        slider = explorable.locator("input[type=range]").first.bounding_box()
        panel = explorable.locator(".panel").first.bounding_box()
        assert slider["y"] + slider["height"] < height
        assert panel["y"] + panel["height"] < height
        start = visit.page.get_by_role("link", name="Start", exact=True).bounding_box()
        assert start["y"] + start["height"] < height, "the way on is in sight as well"
        shown = "e => e.shadowRoot.textContent"
        before = explorable.evaluate(shown)
        explorable.locator("input[type=range]").first.press("ArrowRight")
        visit.page.wait_for_function(  # it is painted in the next frame
            f"([e, before]) => ({shown})(e) !== before", arg=[explorable.element_handle(), before]
        )


def test_start_leads_to_the_seven_minutes_and_these_to_the_first_chapter(browser, address) -> None:
    with Reader(browser, address).open("book/index.html") as visit:
        assert visit.page.locator(".live-start").count() == 0, "nothing to run where no code is"
        visit.page.get_by_role("link", name="Start", exact=True).click()
        visit.page.wait_for_url("**/book/seven_minutes.html")
        following = visit.page.locator(".prev-next-area a.right-next")
        assert following.get_attribute("href") == "01_which_distribution.html"


def test_each_of_the_ten_steps_is_one_paragraph_one_number_and_one_link() -> None:
    cells = nbformat.read(BOOK / "seven_minutes.ipynb", as_version=4).cells
    steps = [n for n, cell in enumerate(cells) if re.match(r"(.*\n)*## \d+\. ", cell.source)]
    assert len(steps) == 10
    for number, place in enumerate(steps, start=1):
        heading, text, *more = cells[place].source[cells[place].source.index("## ") :].split("\n\n")
        assert heading.startswith(f"## {number}. ")
        assert not more
        assert len(re.findall(r"\]\((\d\d)_\w+\.ipynb\)", text)) == 1
        (output,) = cells[place + 1].outputs
        assert len(output.text.splitlines()) == 1


def test_the_seven_minutes_lead_through_the_chapters_in_order() -> None:
    cells = nbformat.read(BOOK / "seven_minutes.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    links = [int(n) for n in re.findall(r"\]\((\d\d)_\w+\.ipynb\)", text)]
    # One step a chapter, but for those that carry one of the ten further.
    assert links == [n for n in range(1, 15) if n not in (7, 9, 13)] + [1]


def test_seven_minutes_are_enough_for_the_seven_minutes() -> None:
    cells = nbformat.read(BOOK / "seven_minutes.ipynb", as_version=4).cells
    text = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert len(text.split()) < 7 * 200, "a slow reader takes 200 words a minute"
