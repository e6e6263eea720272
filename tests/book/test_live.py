"""The live pages as a reader meets them: one Python boots, and every chapter is run through it.

The first page is opened and its button pressed; for the others the article is exchanged under the
running Python, which restarts with fresh names in between. Booting it anew would take most of the time.
"""

from __future__ import annotations

import ast
import base64
import importlib
import io
import json
import site as python_site
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser import Reader, Visit
from sights import TOO_WIDE, violations

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
FIRST = f"book/{CHAPTERS[0]}.html"
BOOT = 180_000  # milliseconds that a busy machine may take to start Python

sys.path.insert(0, str(ROOT / "tests" / "exercises"))

# Exchange the article for another page's, and press its button.
TURN_TO = """async (path) => {
    const text = await (await fetch(path)).text();
    history.pushState({}, '', path);
    const other = new DOMParser().parseFromString(text, 'text/html');
    document.querySelector('article').replaceWith(document.adoptNode(other.querySelector('article')));
    const [, module] = /import\\("([^"]*page\\.js[^"]*)"\\)/.exec(text);
    document.querySelector('.live-bar').hidden = false; // the page's own script does it
    const { start } = await import(new URL(module, location));
    await start(document.querySelector('.live-bar'));
    return document.querySelector('.live-status').textContent;
}"""
LIVE = "document.querySelector('.live-bar').live"
RUN_ALL = f"async () => await {LIVE}.runAll()"
CELLS = f"""() => {LIVE}.cells.map(c => ({{
    id: c.id, source: c.source, outputs: c.outputs, shown: c.output.innerText,
    pictures: c.output.querySelectorAll('img[src^="data:image/png"]').length,
    captions: c.output.querySelectorAll('figure:not([hidden]) figcaption').length }}))"""


def has_bytes(site: Path) -> None:
    """Skip, and say so, where the book was built without live pages."""
    if not (site / "_static" / "pyodide" / "load.json").exists():
        pytest.skip("LIVE PAGES ARE NOT TESTED: the book was built without their bytes.")


@pytest.fixture(scope="module")
def visit(site: Path, browser: Browser, address: str) -> Iterator[Visit]:
    """The first chapter, live."""
    has_bytes(site)
    with Reader(browser, address).open(FIRST) as visit:
        visit.page.locator(".live-start").click()
        visit.page.locator(".live-ready").wait_for(timeout=BOOT)
        visit.page.set_default_timeout(BOOT / 3)
        yield visit


@pytest.fixture
def page(visit: Visit, address: str) -> Page:
    """The first chapter as it is just after the button: fresh names, no changes."""
    visit.page.evaluate(f"() => {{ {LIVE}.engine.interrupt(); }}")  # of a test that failed
    visit.page.evaluate("localStorage.clear()")
    visit.page.evaluate(TURN_TO, f"{address}/{FIRST}")
    return visit.page


def write(page: Page, number: int, text: str) -> None:
    """Put text into an editor, as typing would."""
    area = page.get_by_label(f"Code of cell {number}", exact=True)
    area.evaluate(
        """(e, text) => {
        const fold = e.closest('details'); if (fold) fold.open = true;
        e.value = text; e.dispatchEvent(new Event('input')); e.focus(); }""",
        text,
    )


def run(page: Page, number: int, text: str | None = None) -> str:
    """Run a cell, with changed code if some is given; what it shows."""
    if text is not None:
        write(page, number, text)
    # A cell that never ends must not hold the tests for ever.
    page.evaluate(
        f"""async ([n, limit]) => await Promise.race([{LIVE}.run({LIVE}.cells[n - 1]),
            new Promise((_, fail) => setTimeout(() => fail(new Error(`cell ${{n}} goes on`)), limit))])""",
        [number, BOOT],
    )
    return page.evaluate(f"n => {LIVE}.cells[n - 1].output.innerText", number)


def stored(chapter: str) -> list[dict[str, Any]]:
    """The code cells that a live page runs, as the notebook holds them."""
    cells = json.loads((ROOT / "book" / f"{chapter}.ipynb").read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    left_out = {"remove-cell", "needs-desktop", "recipe"}
    return [cell for cell in code if not left_out & set(cell["metadata"].get("tags", []))]


def texts(outputs: list[dict[str, Any]], html: bool) -> list[str]:
    """The outputs of a stored or a live cell as texts; what is printed in a row is one."""
    found: list[str] = []
    printing = False
    for output in outputs:
        live = "kind" in output
        if live and output["kind"] == "error":
            found.append(output["value"]["text"])
            continue
        stream = output["kind"] != "data" if live else output["output_type"] == "stream"
        if stream:
            text = output["value"] if live else "".join(output["text"])
            found[-1:] = [found[-1] + text] if printing else [*found[-1:], text]
        else:
            data = output["value"] if live else output["data"]
            found.append("".join(data["text/plain"]))
            if html and "text/html" in data:
                found.append("".join(data["text/html"]))
        printing = stream
    return [text.rstrip() for text in found]


# ---- Every chapter ------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", ["seven_minutes", *CHAPTERS])
def test_every_cell_gives_its_stored_output(chapter, visit, address):
    visit.page.evaluate("localStorage.clear()")
    visit.page.evaluate(TURN_TO, f"{address}/book/{chapter}.html")
    ended = visit.page.evaluate(RUN_ALL)
    cells = visit.page.evaluate(CELLS)
    wanted = stored(chapter)
    assert [cell["source"] for cell in cells] == ["".join(cell["source"]) for cell in wanted]
    for cell, want in zip(cells, wanted, strict=True):
        html = "nbval-ignore-output" not in want["metadata"].get("tags", [])
        assert texts(cell["outputs"], html) == texts(want["outputs"], html), cell["source"]
        figures = sum(t.startswith("<Figure") for t in texts(want["outputs"], False))
        assert (cell["pictures"], cell["captions"]) == (figures, figures), cell["source"]
        for text in texts(want["outputs"], False):
            if text.startswith("Not done yet."):
                assert "Not done yet." in cell["shown"]
    assert ended
    starters = sum("Not done yet." in cell["shown"] for cell in cells)
    solved = sum("Correct." in cell["shown"] for cell in cells)
    assert starters == solved >= (3 if chapter in CHAPTERS else 0)
    assert (visit.outside, visit.errors, visit.failed) == ([], [], [])


# The mistakes of these chapters are functions, which have no literal: one of them, typed.
WALD = "(d[0] / t[0] - d[1] / t[1]) ** 2 / (d[0] / t[0] ** 2 + d[1] / t[1] ** 2)"
TYPED = {
    "05_losses": ("mean-bce", "lambda y, p: ((p - y) ** 2).mean()", "squared error"),
    "09_sufficiency": ("first-given-total", "lambda k, t, n: 1 / (t + 1)", "not equally probable"),
    "12_intervals": ("wald-coverage", "lambda n, p: 0.95", "nominal"),
    "13_tests": ("two-rates", f"lambda d, t: {WALD}", "Wald's"),
}


def mistake(chapter: str) -> tuple[str, str, str]:
    """A classic mistake of a chapter that can be typed: the exercise, the answer, the hint."""
    if chapter in TYPED:
        return TYPED[chapter]
    module = importlib.import_module(f"test_chapter{chapter[:2]}")
    for name, answer, words in getattr(module, f"TestChapter{chapter[:2]}").mistakes:
        try:
            ast.literal_eval(repr(answer))
        except (ValueError, SyntaxError):
            continue
        return name, repr(answer), words
    raise AssertionError(f"{chapter}: type one of its mistakes in TYPED")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_classic_mistake_gets_its_hint_in_the_page(chapter, visit, address):
    visit.page.evaluate(TURN_TO, f"{address}/book/{chapter}.html")
    name, answer, words = mistake(chapter)
    code = f'from mlecore.exercises import check\ncheck("{name}", {answer})'
    shown = run(visit.page, 1, code)
    assert shown.startswith("Not yet")
    assert words.replace("`", "") in shown


def test_each_recipe_goes_into_the_cell_and_gives_its_stored_output(visit, address):
    visit.page.evaluate("localStorage.clear()")
    visit.page.evaluate(TURN_TO, f"{address}/book/try_mlecore.html")
    notebook = json.loads((ROOT / "book" / "try_mlecore.ipynb").read_text("utf-8"))
    recipes = [c for c in notebook["cells"] if "recipe" in c["metadata"].get("tags", [])]
    buttons = visit.page.get_by_role("button", name="Insert into my cell")
    assert buttons.count() == len(recipes) >= 10
    assert visit.page.evaluate(f"{LIVE}.cells.length") == 1
    for i, recipe in enumerate(recipes):
        visit.page.evaluate(
            f"async () => {{ {LIVE}.undo({LIVE}.cells[0]); await {LIVE}.restart(); }}"
        )
        buttons.nth(i).click()
        run(visit.page, 1)
        (cell,) = visit.page.evaluate(CELLS)
        assert texts(cell["outputs"], True) == texts(recipe["outputs"], True)
    first, second = ("".join(recipe["source"]) for recipe in recipes[:2])
    code = visit.page.get_by_label("Code of cell 1", exact=True)
    buttons.nth(0).click()  # in the place of one that nobody changed
    assert code.input_value() == first
    code.fill(f"{first}\nmine = 1")
    buttons.nth(1).click()  # below what the reader wrote
    assert code.input_value() == f"{first}\nmine = 1\n\n{second}"


# ---- Before the button ---------------------------------------------------------------------------


def test_nothing_of_it_is_loaded_before_the_button_is_pressed(site, browser, address):
    has_bytes(site)
    with Reader(browser, address).open(FIRST) as visit:
        assert visit.page.get_by_role("button", name="Run live").is_visible()
        assert [url for url in visit.bytes if "/live/" in url or "pyodide" in url] == []


def test_without_scripts_there_is_no_button_and_from_a_folder_a_sentence(site, browser, address):
    has_bytes(site)
    context = browser.new_context(java_script_enabled=False)
    silent = context.new_page()
    silent.goto(f"{address}/{FIRST}")
    assert not silent.locator(".live-bar").is_visible()
    context.close()
    context = browser.new_context()
    folder = context.new_page()
    folder.goto((site / FIRST).as_uri())
    assert "make serve" in folder.locator(".live-bar").inner_text()
    assert folder.locator(".live-start").count() == 0
    context.close()


# ---- Behaviour -------------------------------------------------------------------------------------


def test_stored_outputs_stay_until_a_cell_is_run(page):
    seen = f"() => {LIVE}.cells.map(c => c.output.textContent + c.output.querySelector('img')?.src)"
    before = page.evaluate(seen)
    shown = run(page, 4, "print(alpha.sample.size, 'seen')")
    after = page.evaluate(seen)
    assert shown.strip() == "2608 seen"  # the cells above have run, and quietly
    assert after[:3] == before[:3]
    assert after[4:] == before[4:]


def test_what_stands_below_a_change_is_shown_anew(page):
    write(page, 2, page.evaluate(f"{LIVE}.cells[1].source") + "\nprint('changed')")
    run(page, 4)
    assert "changed" in page.evaluate(f"{LIVE}.cells[1].output.innerText")
    assert page.locator(".cell_output img[src^='data:image/png']").count() >= 1


def test_shift_enter_runs_a_cell_and_goes_to_the_next(page):
    write(page, 6, "6 * 7")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(f"{LIVE}.cells[5].outputs.length && {LIVE}.stopper.disabled")
    assert page.evaluate(f"{LIVE}.cells[5].output.innerText").strip() == "42"
    # Cell 7 is folded: the next editor in sight has the focus.
    assert page.evaluate("document.activeElement.ariaLabel") == "Code of cell 8"
    assert "42" in page.locator(".live-bar [aria-live=polite]").inner_text()


def test_keys_indent_and_escape_then_tab_leaves(page):
    write(page, 2, "")
    page.keyboard.type("for k in range(2):")
    page.keyboard.press("Enter")
    page.keyboard.type("print(k)")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+z")
    value = page.get_by_label("Code of cell 2", exact=True)
    assert value.input_value() == "for k in range(2):\n    print(k)"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Code of cell 2"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Run cell 2"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.tagName") != "TEXTAREA"


def test_a_traceback_points_at_the_readers_line(page):
    run(page, 1)
    shown = run(page, 2, "def half(n):\n    return mle.Poisson(n).rvs\n\n\nhalf(-1)")
    assert "cell 2, line 5" in shown
    assert "cell 2, line 2" in shown
    assert "inside the packages" in shown
    assert "site-packages" not in shown
    assert page.locator(".live-mark").count() == 1
    assert (
        page.evaluate("document.querySelector('.live-mark').style.getPropertyValue('--line')")
        == "1"
    )
    assert page.evaluate(f"{LIVE}.cells[1].ran") is None
    shown = run(page, 2, "x = 1\nx = = 2")
    assert "line 2" in shown
    assert "SyntaxError" in shown
    assert run(page, 2, "x = 3\nx").strip() == "3"
    assert page.locator(".live-mark").count() == 0


def test_an_integer_that_is_too_wide_is_explained(page):
    shown = run(page, 1, "import numpy as np\nnp.array([1], dtype=np.intp)[0] + 2**40")
    assert "32 bits" in shown


def test_output_streams_and_stop_keeps_the_names(page):
    code = "import time\nkept = 41\nprint('begun')\nwhile True:\n    time.sleep(0.01)"
    write(page, 2, code)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(f"{LIVE}.cells[1].output.innerText.includes('begun')")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function(f"{LIVE}.stopper.disabled")
    assert "Stopped" in page.evaluate(f"{LIVE}.cells[1].output.innerText")
    assert run(page, 2, "kept + 1").strip() == "42"


def test_where_memory_cannot_be_shared_stop_starts_python_anew_and_says_so(page):
    shared = page.evaluate(
        f"() => {{ const e = {LIVE}.engine; e.kept = e.shared; e.shared = null; }}"
    )
    assert shared is None
    write(page, 2, "lost = 1\nwhile True:\n    pass")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(f"{LIVE}.cells[1].node.classList.contains('live-busy')")
    page.evaluate(
        f"async () => {{ await {LIVE}.stop(); {LIVE}.engine.shared = {LIVE}.engine.kept; }}"
    )
    assert "names are lost" in page.locator(".live-status").inner_text()
    assert "NameError" in run(page, 2, "lost")


def test_restart_forgets_the_names(page):
    run(page, 2, "mine = 5")
    page.get_by_role("button", name="Restart").click()
    page.wait_for_function(
        "document.querySelector('.live-status').textContent.includes('Restarted')"
    )
    assert "NameError" in run(page, 2, "mine")


def test_changes_survive_a_reload_and_undo_and_reset_take_them_back(page, address):
    # Of a folded cell too, which opens.
    source = page.evaluate(f"{LIVE}.cells[1].source")
    kept = page.evaluate(f"{LIVE}.cells[1].output.textContent")
    write(page, 2, "print('mine')")
    said = page.evaluate(TURN_TO, f"{address}/{FIRST}")
    area = page.get_by_label("Code of cell 2", exact=True)
    assert "changes of last time are back" in said
    assert area.input_value() == "print('mine')"
    page.get_by_role("button", name="Undo my changes").click()
    assert area.input_value() == source
    assert page.evaluate("localStorage.length") == 0
    run(page, 2, "print('mine')")
    page.evaluate(f"async () => await {LIVE}.reset()")
    assert area.input_value() == source
    assert page.evaluate(f"{LIVE}.cells[1].output.textContent") == kept
    assert page.evaluate("localStorage.length") == 0


def test_blocked_storage_is_survived(page):
    page.evaluate(
        "() => { window.plain = Storage.prototype.setItem; "
        "Storage.prototype.setItem = () => { throw new Error('blocked'); }; }"
    )
    write(page, 2, "1 + 1")
    assert "keeps nothing" in page.locator(".live-status").inner_text()
    assert run(page, 2).strip() == "2"
    page.evaluate("() => { Storage.prototype.setItem = window.plain; }")


def test_the_page_downloads_as_a_notebook_with_the_changes(page):
    write(page, 2, "print('mine')")
    page.locator(".live-more summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as notebook").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    code = ["".join(c["source"]) for c in saved["cells"] if c["cell_type"] == "code"]
    assert download.value.suggested_filename.endswith("_mine.ipynb")
    assert code[1] == "print('mine')"
    assert len(saved["cells"]) == len(
        json.loads((ROOT / "book" / f"{CHAPTERS[0]}.ipynb").read_text("utf-8"))["cells"]
    )


DROP = """text => {
    const files = new DataTransfer();
    files.items.add(new File([text], "rain.csv", {type: "text/csv"}));
    const here = {dataTransfer: files, bubbles: true, cancelable: true};
    const article = document.querySelector("article");
    const over = article.dispatchEvent(new DragEvent("dragover", here));
    const dropped = article.dispatchEvent(new DragEvent("drop", here));
    return [over, dropped];
}"""


@pytest.mark.parametrize("how", ["chosen", "dropped"])
def test_a_file_of_the_readers_is_a_path_and_leaves_the_browser_for_nowhere(
    page, visit, tmp_path, how
):
    table = tmp_path / "rain.csv"
    table.write_text("mm\n1\n2\n4\n", encoding="utf-8")
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    if how == "chosen":
        page.locator(".live-bar input[type=file]").set_input_files(table)
    else:
        # Both are taken from the browser, which would else leave the page to show the file.
        assert page.evaluate(DROP, table.read_text("utf-8")) == [False, False]
    page.wait_for_function(
        "document.querySelector('.live-status').textContent.includes('rain.csv')"
    )
    assert "stays in this browser" in page.locator(".live-status").inner_text()
    code = 'import numpy as np\nprint(np.genfromtxt("rain.csv", skip_header=1).sum())'
    assert run(page, 1, code).strip() == "7.0"
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []


def test_a_cell_that_needs_a_desktop_keeps_its_output_and_says_so(page, address):
    notebook = json.loads((ROOT / "book" / f"{CHAPTERS[0]}.ipynb").read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[2]["metadata"]["tags"] = ["needs-desktop"]
    pattern = f"**/_sources/{FIRST.replace('.html', '.ipynb')}"
    page.route(pattern, lambda route: route.fulfill(body=json.dumps(notebook)))
    page.evaluate(TURN_TO, f"{address}/{FIRST}")
    page.unroute(pattern)
    assert "only a desktop Python has" in page.locator(".live-desktop").inner_text()
    assert page.get_by_label("Code of cell 3", exact=True).count() == 0
    assert run(page, 4, "print(1)").strip() == "1"
    assert "2608 intervals" in page.evaluate(f"{LIVE}.cells[2].output.innerText")


# ---- Looks ----------------------------------------------------------------------------------------


def test_a_live_page_is_accessible_in_light_and_dark(page, visit):
    run(page, 2, "1 / 0")
    run(page, 4)
    assert violations(visit) == []
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    try:
        assert violations(visit) == []
    finally:
        page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")


def test_a_phone_has_one_row_of_buttons_and_no_zoom(page):
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        run(page, 2, f"print('{'long ' * 40}')")
        assert page.evaluate(TOO_WIDE) == []
        tops = page.evaluate(
            "() => [...document.querySelectorAll('.live-buttons > *')].map(e => e.getBoundingClientRect().top)"
        )
        assert len(tops) == 4
        assert len(set(tops)) == 1
        sizes = page.evaluate(
            "() => [...document.querySelectorAll('.live-editor > *')].map(e => getComputedStyle(e).fontSize)"
        )
        assert set(sizes) == {"16px"}
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


def test_the_typed_text_lies_exactly_over_its_coloured_copy(page):
    shapes = page.evaluate("""() => [...document.querySelectorAll('.live-editor')]
        .filter(e => e.checkVisibility()).map(e => [...e.children].map(c => {
            const s = getComputedStyle(c), b = c.getBoundingClientRect();
            return [s.fontFamily, s.fontSize, s.lineHeight, s.letterSpacing, s.padding, s.tabSize,
                    b.left, b.top, b.width, b.height].join(); }))""")
    assert len(shapes) > 10
    assert [pair for pair in shapes if pair[0] != pair[1]] == []
    scrolled = page.evaluate("""() => [...document.querySelectorAll('.live-editor > textarea')]
        .filter(e => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight).length""")
    assert scrolled == 0


def test_paper_gets_the_code_and_not_the_controls(page):
    page.emulate_media(media="print")
    try:
        for hidden in (".live-bar", ".live-row", ".live-editor > textarea"):
            assert not page.locator(hidden).first.is_visible(), hidden
        assert page.locator(".live-editor > pre").nth(2).is_visible()
    finally:
        page.emulate_media(media="screen")


# ---- The package on that platform ---------------------------------------------------------------

# What the tests need and the page does not have: pure Python, as it is installed here. Hypothesis
# is compiled, so a stand-in skips what it would have asked and says why.
BORROWED = ("_pytest", "pytest", "py.py", "pluggy", "iniconfig", "pygments")
STAND_IN = """
import pytest

def given(*_, **__):
    def replace(test):
        def skipped():
            pass
        return pytest.mark.skip("hypothesis is compiled")(skipped)
    return replace

class settings:
    def __init__(self, *_, **__):
        pass

    def __call__(self, test):
        return test

    @staticmethod
    def register_profile(*_, **__):
        pass

    load_profile = register_profile

class Strategies:
    def __getattr__(self, name):
        return lambda *_, **__: self

strategies = Strategies()
"""
TESTED = ("families", "test_fit.py", "test_inference.py", "test_divergence.py")
RUN = f"""
import os, sys, zipfile
zipfile.ZipFile("tests.zip").extractall("/tmp/tests")
sys.path[:0] = ["/tmp/tests/borrowed", "/tmp/tests"]
os.chdir("/tmp/tests")
os.environ["TEST_SHARE"] = "40"  # all of them would take as long as the rest of the suite
import pytest

class Count:
    def pytest_runtest_logreport(self, report):
        counted[report.outcome] = counted.get(report.outcome, 0) + (report.when == "call")
        if report.failed:
            failed.append(f"{{report.nodeid}}: {{report.longreprtext[-600:]}}")

counted, failed = {{}}, []
arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "share", "--capture=sys", "-W", "error"]
arguments += ["--assert=plain"]  # to rewrite the asserts of all files takes longer than to run these tests
code = pytest.main([*arguments, *{TESTED!r}], plugins=[Count()])
os.chdir("/home/pyodide")
print(int(code), counted, *failed, sep="\\n")
"""


def test_the_package_passes_every_fortieth_of_its_tests_on_that_platform(page):
    packages = Path(python_site.getsitepackages()[0])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for base, names, under in (
            (packages, BORROWED, "borrowed/"),
            (ROOT / "tests", TESTED, ""),
            (ROOT / "tests", ("conftest.py", "share.py"), ""),
        ):
            for name in names:
                path = base / name
                for one in [path] if path.is_file() else path.rglob("*.py"):
                    archive.write(one, f"{under}{one.relative_to(base)}")
        archive.writestr("borrowed/hypothesis.py", STAND_IN)
    data = base64.b64encode(file.getvalue()).decode()
    page.evaluate(
        f"""async data => await {LIVE}.engine.file("tests.zip",
        Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer)""",
        data,
    )
    shown = run(page, 1, RUN)
    assert "'passed'" in shown, shown[-3000:]
    assert "'failed'" not in shown, shown[-3000:]
    assert int(shown.split("'passed':")[1].split("}")[0].split(",")[0]) > 70, shown[-300:]
