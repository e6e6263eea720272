"""The local Sphinx extension: what it leaves out, what it mends, what it writes."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from unittest.mock import Mock

import myst_nb.core.render
import nbformat
import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))

import api
import house
import mlecore
import slim

WORDS = {"used", "also-used", "outer"}


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used{a:b}", ".used{a:b}"),
        (".unused{a:b}", ""),
        (".used,.unused{a:b}", ".used{a:b}"),
        (".outer .unused{a:b}", ""),
        (".used:not(.unused, .gone){a:b}", ".used:not(.unused, .gone){a:b}"),
        (".used:is(.x,.y),.unused{a:b}", ".used:is(.x,.y){a:b}"),
        ("h1,.unused{a:b}", "h1{a:b}"),
        ("@media print{.used{a:b}.unused{c:d}}", "@media print{.used{a:b}}"),
        ("@media print{.unused{c:d}}", ""),
        ("@import 'x.css';.used{a:b}", "@import 'x.css';.used{a:b}"),
        ("/* .used { */ .also-used{a:b}", ".also-used{a:b}"),
        ("@keyframes k{from{a:b}to{c:d}}", "@keyframes k{from{a:b}to{c:d}}"),
        ("@font-face{font-family:Font Awesome}", ""),
    ],
)
def test_a_rule_stays_if_something_can_match_it(css, kept):
    assert slim.purge(css, WORDS) == kept


def test_purging_twice_changes_nothing():
    css = ".used{a:b}@media print{.used,.unused{a:b}}h1{c:d}"
    once = slim.purge(css, WORDS)
    assert slim.purge(once, WORDS) == once


def test_a_picture_keeps_its_size_and_almost_its_colours(tmp_path):
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    pixels = np.dstack([np.tile(ramp, (50, 1)), np.full((50, 200), 90, np.uint8)] * 2)[:, :, :3]
    path = tmp_path / "figure.png"
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)
    slim.reduce_colours(path)
    with Image.open(path) as image:
        assert image.mode == "P"
        after = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(after - pixels).max() <= 8


def test_mending_gives_controls_the_name_that_they_show():
    html = '<summary aria-label="Toggle hidden content"><span>Show the source</span></summary>'
    assert "aria-label" not in house.mend(html)


def test_mending_names_the_sign_that_unfolds_pages():
    html = '<summary><span class="toctree-toggle" role="presentation"></span></summary>'
    assert '<summary aria-label="The pages under it">' in house.mend(html)


def test_mending_leaves_no_id_twice():
    html = '<section class="a" id="proof-content">1</section>' * 2
    assert "id=" not in house.mend(html)


DOCSTRING = """Return the *sum* of a_1 and b.

    Args:
        a: the first; it may be
            long.
        b: the second.

    Raises:
        DataError: a is `None`.

    >>> add(1, 2)
    3
    """


def test_the_first_painting_waits_for_formulas_where_a_page_begins_with_one() -> None:
    script = '<script defer="defer" src="../_static/mathjax/tex-chtml.js"></script>'
    page = script + '<article><h1>A</h1><p>{}</p><span class="math">x</span></article>'
    early, late = page.format("A few words."), page.format("Many words. " * 100)
    assert '<script blocking="render" defer' in house.mend(early)
    assert house.mend(late) == late


def test_a_docstring_becomes_text_lists_and_code():
    assert api.render(DOCSTRING) == (
        r"Return the \*sum\* of a\_1 and b."
        "\n\n*Args*\n\n- **a**: the first; it may be long.\n- **b**: the second."
        "\n\n*Raises*\n\n- **DataError**: a is `None`."
        "\n\n```python\n>>> add(1, 2)\n3\n```"
    )


def test_sections_with_underlines_are_read_too():
    assert api.render("Do.\n\nParameters\n----------\nx : one\ny : two\n") == (
        "Do.\n\n*Parameters*\n\n- **x**: one\n- **y**: two"
    )


def test_the_reference_names_everything_public():
    text = "\n".join(api.reference(mlecore).values())
    public = [
        name
        for name, thing in vars(mlecore).items()
        if not name.startswith("_")
        and callable(thing)
        and str(getattr(thing, "__module__", "")).startswith("mlecore")
    ]
    assert len(public) > 20
    assert [name for name in public if f"### {name}\n" not in text] == []


def test_the_reference_says_a_title_and_a_signature_once():
    for name, page in api.reference(mlecore).items():
        title, *headings = re.findall(r"^#{1,2} (.*)$", page, flags=re.MULTILINE)
        assert title not in headings, name
    families = api.reference(mlecore)["api_families"]
    assert families.count("Normal(mu, sigma)\n") == families.count("LogNormal(mu, sigma)\n") + 1
    assert "`Normal(mu, sigma)`" not in families
    assert "With $a$ for `shape`, $b$ for `rate`:" in families


def test_a_printed_line_stays_whole_however_it_arrived():
    def piece(text, name="stdout"):
        return nbformat.v4.new_output("stream", name=name, text=text)

    pieces = [
        piece("a ="),
        piece(" 1\nb"),
        piece(" = 2\n"),
        piece("aside\n", "stderr"),
        piece("c\n"),
    ]
    merged = house.merge_streams(pieces)
    assert [(o["name"], o["text"]) for o in merged] == [
        ("stdout", "a = 1\nb = 2\nc\n"),
        ("stderr", "aside\n"),
    ]


def test_myst_nb_merges_streams_as_the_book_does():
    house.setup(Mock())
    assert myst_nb.core.render.coalesce_streams is house.merge_streams


def test_every_name_of_the_reference_shows_the_line_that_imports_it() -> None:
    text = "\n".join(api.reference(mlecore).values())
    names = re.findall(r"^### (\w+)$", text, re.M)
    lines = re.findall(r"^from (\S+) import (\w+)  # written in (\S+)$", text, re.M)
    assert [name for _, name, _ in lines] == names
    for source, name, module in lines:
        thing = getattr(importlib.import_module(source), name)
        assert thing.__module__ == module
    assert ("mlecore", "Gamma", "mlecore.families.gamma") in lines
    assert ("mlecore", "Positive", "mlecore.domains.domain") in lines


def test_the_index_of_the_reference_leads_to_every_name_and_every_page() -> None:
    pages = api.reference(mlecore)
    index = pages.pop("api")
    targets = re.findall(r"^\(api-([\w-]+)\)=$", "\n".join(pages.values()), re.M)
    assert re.findall(r"\{ref\}`\w+ <api-([\w-]+)>`", index) == targets
    assert len({target.lower() for target in targets}) == len(targets)
    contents = (Path(__file__).resolve().parents[2] / "_toc.yml").read_text("utf-8")
    assert re.findall(r"file: book/(api_\w+)", contents) == list(pages)
    assert all(f"]({page}.md)" in index for page in pages)


def test_the_reference_says_what_converged_means() -> None:
    text = "\n".join(api.reference(mlecore).values())
    assert "- **converged**: whether the estimate was found" in text


def test_an_old_address_leads_to_the_chapter(site):
    """A chapter that has another number now is found from where it stood."""
    for old, new in house.MOVED.items():
        html = (site / "book" / f"{old}.html").read_text(encoding="utf-8")
        assert f'url={new}.html"' in html
        assert f'<a href="{new}.html">' in html
        assert (site / "book" / f"{new}.html").is_file()


def test_the_chapters_stand_in_the_contents_in_the_order_of_their_numbers() -> None:
    book = Path(__file__).resolve().parents[2]
    listed = re.findall(r"file: book/(\d\d_\w+)", (book / "_toc.yml").read_text("utf-8"))
    assert listed == sorted(path.stem for path in (book / "book").glob("[0-9][0-9]_*.ipynb"))
