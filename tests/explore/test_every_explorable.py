"""What every explorable promises: each control does something, by hand and by key, on any screen and theme."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from mlecore import explore
from stage import DIGEST, EXPLORABLES, Stage, page_of, showing

ROOT = Path(__file__).resolve().parents[2]
EVERY = pytest.mark.parametrize("name", EXPLORABLES)


def test_each_module_has_its_function_and_is_exported() -> None:
    """Two files of one name and one line: whoever forgets one of the three is told."""
    package = resources.files("mlecore.explore")
    shared = {"kernel", "formulas"}
    modules = {Path(f.name).stem for f in package.iterdir() if f.name.endswith(".js")} - shared
    assert set(explore.__all__) - {"Explorable"} == modules
    assert {name.split()[0] for name in EXPLORABLES} == modules
    assert all(name.split()[0] == shown.name for name, shown in EXPLORABLES.items())


def controls(stage: Stage) -> list[tuple[str, str]]:
    """Every visible control, as its kind and a name that finds it again."""
    stage.settle()
    found = stage.itself.evaluate(
        """e => [...e.shadowRoot.querySelectorAll('input, button, [role=slider], [role=listbox]')]
        .filter(c => c.getClientRects().length)
        .map(c => [c.type || c.getAttribute('role'), c.tagName === 'BUTTON' ? c.textContent
            : c.type === 'radio' ? `${c.dataset.key}=${c.value}` : c.dataset.key ?? c.getAttribute('aria-label')])"""
    )
    return [(kind, name) for kind, name in found]


def operate(stage: Stage, kind: str, name: str) -> None:
    """Use a control by the keyboard."""
    press = stage.page.keyboard.press
    if kind in ("range", "slider"):
        control = stage.slider(name) if kind == "range" else stage.handle(name).first
        place = control.get_attribute("aria-valuetext")
        for key in ("ArrowLeft", "ArrowRight"):  # at an end there is one way only
            control.focus()
            press(key)
            stage.settle()
            if control.get_attribute("aria-valuetext") != place:
                return
    elif kind == "text":
        # What the slider shows at another place can be typed in its own.
        show = stage.number(name).input_value
        slider = stage.slider(name)
        old = show()
        for key in ("End", "Home"):
            slider.focus()
            press(key)
            stage.settle()
            if show() != old:
                break
        place = slider.get_attribute("aria-valuetext")
        other = show()
        stage.type(name, old)
        stage.type(name, other)
        assert slider.get_attribute("aria-valuetext") == place
        assert show() == other
    elif kind == "radio":
        key, value = name.split("=")
        stage.element.locator(f"input[type=radio][data-key={key}][value='{value}']").focus()
        press("Space")
    elif kind == "checkbox":
        stage.element.locator(f"input[type=checkbox][data-key={name}]").focus()
        press("Space")
    elif kind == "listbox":
        stage.element.locator("[role=option][tabindex='0']").focus()
        press("ArrowRight")
    else:
        stage.element.get_by_role("button", name=name, exact=True).focus()
        press("Enter")


def first_slider(stage: Stage) -> str:
    return stage.element.locator("input[type=range]:visible").first.get_attribute("data-key")


# These do nothing in the first state, by their own meaning.
IDLE = {"Reset", "Rewind"}


@EVERY
def test_each_control_moves_the_page_by_keyboard(everything: dict[str, Stage], name: str) -> None:
    stage = everything[name]
    stage.reset()
    first = stage.digest()
    found = controls(stage)
    chosen = stage.itself.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('input:checked[type=radio]')].map(c => `${c.dataset.key}=${c.value}`)"
    )
    for kind, label in found:
        if label in IDLE or label in chosen:
            continue
        operate(stage, kind, label)
        assert stage.digest() != first, f"{kind} {label} does nothing"
        if kind == "radio":
            # A choice may bring controls of its own.
            for new_kind, new in [pair for pair in controls(stage) if pair not in found]:
                before = stage.digest()
                operate(stage, new_kind, new)
                assert stage.digest() != before, f"{new_kind} {new} does nothing under {label}"
        stage.reset()
        assert stage.digest() == first, f"Reset does not undo {kind} {label}"


@EVERY
def test_a_mouse_can_drag_each_handle(everything: dict[str, Stage], name: str) -> None:
    stage = everything[name]
    stage.reset()
    stage.settle()
    for i in range(stage.element.locator(".handle").count()):
        handle = stage.element.locator(".handle").nth(i)
        start, before = handle.get_attribute("transform"), stage.digest()
        stage.drag(handle, -23, 17 if " xy" in handle.get_attribute("class") else 0)
        assert handle.get_attribute("transform") != start
        assert stage.digest() != before
    stage.reset()


# All in one go: a page that is shown in between takes ten times as long.
OUTSIDE = """e => {
    const all = selector => [...e.shadowRoot.querySelectorAll(selector)];
    const reset = all('button').find(b => b.textContent === 'Reset');
    const take = control => { control.click(); if (e.stage.waiting) e.stage.paint(); };
    const choices = () => all('input[type=radio]').filter(c => c.getClientRects().length)
        .map(c => [c.dataset.key, c.value]);
    const choose = (...chosen) => {
        take(reset);
        for (const [key, value] of chosen) take(
            all(`input[type=radio][data-key=${key}]`).find(c => c.value === value && c.getClientRects().length));
    };
    const found = [];
    const look = (...where) => { for (const end of ['min', 'max']) {
        for (const input of all('input[type=range]')) {
            input.value = input[end];
            input.dispatchEvent(new Event('input'));
        }
        e.stage.paint();
        for (const handle of all('.handle')) {
            const frame = handle.closest('svg').getBoundingClientRect();
            const knob = handle.querySelector('.knob').getBoundingClientRect();
            const [x, y] = [knob.left + knob.width / 2, knob.top + knob.height / 2];
            if (!(x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom))
                found.push([...where, end, handle.dataset.key, x, y]);
        }
        for (const panel of all('.panel > svg'))
            if (/NaN|Infinity/.test(panel.outerHTML)) found.push([...where, end, panel.ariaLabel]);
    } };
    take(reset);
    look();
    for (const first of choices()) {
        choose(first);
        look(first);
        // A choice may bring choices of its own.
        choose(first);
        for (const second of choices().filter(([key]) => key !== first[0])) {
            choose(first, second);
            look(first, second);
        }
    }
    take(reset);
    return found; }"""


@EVERY
def test_handles_stay_in_their_panels(everything: dict[str, Stage], name: str) -> None:
    """Also where sliders stand at their ends, and what a handle stands for lies beyond the axes."""
    assert everything[name].element.evaluate(OUTSIDE) == []


def test_they_do_not_disturb_each_other(everything: dict[str, Stage]) -> None:
    page = everything["intervals"].page

    def pictures() -> dict[str, str]:
        seen = page.evaluate(
            f"""() => [...document.querySelectorAll('[data-explorable]')].map(e => {{
            if (e.stage.waiting) e.stage.paint();
            const parts = [...e.shadowRoot.querySelectorAll('.panel svg, .note, .facts')];
            return ({DIGEST})(parts.map(part => part.outerHTML).join('')); }})"""
        )
        return dict(zip(everything, seen, strict=True))

    for stage in everything.values():
        stage.reset()
    before = pictures()
    for name, stage in everything.items():
        operate(stage, "range", first_slider(stage))
        after = pictures()
        assert [other for other in after if after[other] != before[other]] == [name]
        before = after
    assert page.evaluate("document.querySelectorAll('[id]').length") == 0
    names = (
        "Object.keys(window).filter(key => /stage|explor|mle|kernel|revision|define/i.test(key))"
    )
    assert page.evaluate(names) == []


@EVERY
def test_one_change_is_one_paint(everything: dict[str, Stage], name: str) -> None:
    stage = everything[name]
    slider = stage.slider(first_slider(stage))
    slider.focus()
    for key in ["ArrowRight", "ArrowLeft"] * 2:
        paints = stage.element.evaluate("e => e.paints")
        stage.page.keyboard.press(key)
        stage.frame()
        assert stage.element.evaluate("e => e.paints") == paints + 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_accessibility_checker_finds_nothing(everything: dict[str, Stage], theme: str) -> None:
    page = everything["intervals"].page
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    violations = Axe().run(page).response["violations"]
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in violations] == []


def test_every_value_is_spoken_in_words(everything: dict[str, Stage]) -> None:
    for stage in everything.values():
        spoken = stage.element.evaluate(
            """e => [...e.shadowRoot.querySelectorAll('input[type=range], [role=slider]')]
            .map(c => [c.getAttribute('aria-valuetext'), c.getAttribute('aria-label') ?? c.labels[0].innerText])"""
        )
        assert spoken
        assert all(value and label for value, label in spoken)


def test_a_number_is_typed_as_people_write_it(browser: Browser) -> None:
    with showing(browser, EXPLORABLES["consistency"], EXPLORABLES["logit_loss"]) as [whole, real]:
        for text, n in (("1,200", 1200), ("  37 ", 37), ("99.6", 100), ("1e3", 1000)):
            whole.type("n", text)
            assert whole.fact("n") == n
        for text, z in (("0.5", 0.5), ("-1,25", -1.25), ("−2.5", -2.5), ("2.5 × 10⁻¹", 0.25)):
            real.type("z", text)
            assert real.fact("z") == z
        # Beyond an end the end is taken.
        real.type("z", "1000")
        assert real.fact("z") == 8
        assert real.number("z").input_value() == "8.00"


def test_what_is_no_number_is_refused_aloud_and_escape_takes_typing_back(browser: Browser) -> None:
    with showing(browser, EXPLORABLES["logit_loss"]) as [stage]:
        status = stage.element.locator("[role=status]")
        for text in ("", "two", "Infinity", "1/0", "--1"):
            stage.type("z", text)
            assert stage.fact("z") == -1.5
            assert stage.number("z").input_value() == "−1.50"
        stage.page.wait_for_function("e => e.textContent !== ''", arg=status.element_handle())
        assert status.text_content() == "Logit z must be a number from −8.00 to 8.00"
        stage.number("z").fill("3")
        stage.number("z").press("Escape")
        assert stage.number("z").input_value() == "−1.50"
        # What is being typed stays while the figure moves, and counts on leaving the field.
        stage.number("z").fill("3")
        stage.slide("z", 1)
        stage.settle()
        assert stage.number("z").input_value() == "3"
        stage.number("z").blur()
        assert stage.fact("z") == 3


def test_slider_and_field_have_names_of_their_own(everything: dict[str, Stage]) -> None:
    for stage in everything.values():
        named = stage.element.evaluate(
            """e => [...e.shadowRoot.querySelectorAll('.slider')].filter(s => s.getClientRects().length)
            .map(s => [s.querySelector('span').textContent, s.querySelector('[type=text]').title])"""
        )
        assert named
        for label, title in named:
            slider = stage.element.get_by_role("slider", name=label, exact=True)
            slider = slider.and_(stage.element.locator("input"))
            assert slider.locator("visible=true").count() == 1
            field = stage.element.get_by_role("textbox", name=f"{label}, as a number", exact=True)
            assert field.locator("visible=true").count() == 1
            # The ends that it takes are said too.
            assert re.fullmatch(r"from \S.* to \S.*", title)


IN_SIGHT = """async e => {
    const hidden = [];
    for (const slider of e.shadowRoot.querySelectorAll('.slider')) {
        if (!slider.getClientRects().length) continue;
        slider.querySelector('input').dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));
        for (const panel of e.shadowRoot.querySelectorAll('.panel')) {
            panel.scrollIntoView({block: 'end'});
            await new Promise(done => requestAnimationFrame(done));
            const top = panel.getBoundingClientRect().top;
            const control = slider.querySelector('input'), box = control.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            if (!(box.top >= 0 && box.bottom <= top && e.shadowRoot.elementFromPoint(x, y) === control))
                hidden.push([panel.innerText, control.dataset.key, box.top, box.bottom, top]);
            // Nothing else is held: what is kept takes less than a tenth of the screen.
            if (slider.getBoundingClientRect().height > 84) hidden.push([panel.innerText, 'too high']);
        }
    }
    return hidden; }"""


def test_a_phone_shows_each_panel_together_with_the_slider_in_use(browser: Browser) -> None:
    with showing(
        browser, *EXPLORABLES.values(), width=390, height=844, has_touch=True, is_mobile=True
    ) as stages:
        for stage in stages:
            assert stage.element.evaluate(IN_SIGHT) == []


def test_what_gets_the_focus_is_not_left_under_the_controls(browser: Browser) -> None:
    covered = """handle => {
        const box = handle.querySelector('.knob').getBoundingClientRect();
        const seen = handle.getRootNode().elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        return !handle.contains(seen); }"""
    with showing(browser, *[EXPLORABLES["normal_surface"]] * 2, width=800, height=560) as [
        stage,
        _,
    ]:
        handle = stage.handle("tangent")
        handle.evaluate(
            "e => scrollBy(0, e.querySelector('.knob').getBoundingClientRect().top - 60)"
        )
        assert handle.evaluate(covered)
        stage.handle("point").evaluate("e => e.focus({preventScroll: true})")
        stage.page.keyboard.press("Tab")
        assert handle.evaluate("e => e.getRootNode().activeElement === e")
        assert not handle.evaluate(covered)


def test_a_phone_needs_no_sideways_scrolling(browser: Browser) -> None:
    with showing(
        browser, *EXPLORABLES.values(), width=390, has_touch=True, is_mobile=True
    ) as stages:
        assert stages[0].page.evaluate("document.documentElement.scrollWidth") <= 390
        for stage in stages:
            cut = stage.element.evaluate(
                """e => { const edge = e.getBoundingClientRect();
                return [...e.shadowRoot.querySelectorAll('svg text, button, label, .slider *, dd')]
                    .filter(t => t.getClientRects().length)
                    .filter(t => { const b = t.getBoundingClientRect(); return b.left < edge.left || b.right > edge.right; })
                    .map(t => t.textContent); }"""
            )
            assert cut == []
            grips = stage.element.evaluate(
                "e => [...e.shadowRoot.querySelectorAll('.grip')].map(g => g.getBoundingClientRect().width)"
            )
            assert all(width > 39.9 for width in grips)


def test_without_javascript_a_sentence_says_what_would_be_seen(
    browser: Browser, everything: dict[str, Stage]
) -> None:
    with showing(browser, *EXPLORABLES.values(), java_script_enabled=False) as stages:
        for stage, shown in zip(stages, EXPLORABLES.values(), strict=True):
            assert shown.fallback.startswith("You would see ")
            assert (
                stage.element.inner_text()
                == f"An interactive figure, shown where scripts run. {shown.fallback}"
            )
    for stage in everything.values():
        assert not stage.element.locator("> p").is_visible()


def test_a_notebook_may_insert_it_later_and_take_it_away(browser: Browser) -> None:
    """As JupyterLab does: HTML set from text, its scripts made anew, the output cleared on the next run."""
    with showing(browser, EXPLORABLES["poisson_rate"]) as [first]:
        page = first.page
        for _ in range(2):
            page.evaluate(
                """html => {
                    const cell = document.createElement('div');
                    cell.className = 'cell';
                    document.body.querySelector('.cell')?.remove();
                    cell.innerHTML = html;
                    document.body.append(cell);
                    for (const old of cell.querySelectorAll('script')) {
                        const anew = document.createElement('script');
                        for (const a of old.attributes) anew.setAttribute(a.name, a.value);
                        anew.textContent = old.textContent;
                        old.replaceWith(anew);
                    }
                }""",
                EXPLORABLES["logit_loss"]._repr_html_(),
            )
            inserted = Stage(page, page.locator(".cell [data-explorable]"))
            page.wait_for_function(
                "() => document.querySelector('.cell [data-explorable]').paints > 0"
            )
            inserted.slide("z", 2)
            assert inserted.fact("z") == 2
            # JupyterLab takes arrow keys for its cells unless this says that they are ours.
            assert inserted.element.get_attribute("data-lm-suppress-shortcuts") == "true"
        assert first.fact("rate λ") > 0


def test_it_follows_the_theme_of_the_book_of_jupyterlab_and_of_the_system(browser: Browser) -> None:
    with showing(browser, EXPLORABLES["logit_loss"], theme="dark") as [stage]:
        paper = "e => getComputedStyle(e.shadowRoot.querySelector('.stage')).backgroundColor"
        dark, light = "rgb(20, 24, 30)", "rgb(255, 255, 255)"

        def after(script: str) -> str:
            stage.page.evaluate(script)
            stage.frame()
            return stage.element.evaluate(paper)

        assert stage.element.evaluate(paper) == dark
        assert after("document.documentElement.dataset.theme = 'light'") == light
        assert after("delete document.documentElement.dataset.theme") == light
        assert after("document.body.dataset.jpThemeLight = 'false'") == dark
        assert after("document.body.dataset.jpThemeLight = 'true'") == light
        stage.page.emulate_media(color_scheme="dark")
        assert after("delete document.body.dataset.jpThemeLight") == dark
        stage.page.emulate_media(color_scheme="light")
        assert after("0") == light


def test_a_finger_drags_a_handle_and_taps_a_surface(browser: Browser) -> None:
    with showing(
        browser, EXPLORABLES["normal_surface"], width=390, has_touch=True, is_mobile=True
    ) as [stage]:
        touch = stage.page.context.new_cdp_session(stage.page)
        handle = stage.handle("point")
        handle.scroll_into_view_if_needed()
        box = handle.locator(".knob").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before = stage.fact("μ")
        for kind, dx in (("touchStart", 0), ("touchMove", 20), ("touchMove", 45)):
            touch.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x + dx, "y": y}]}
            )
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        dragged = stage.fact("μ")
        assert dragged > before
        stage.page.touchscreen.tap(x - 30, y)
        assert stage.fact("μ") < before
        # A finger on the surface may still scroll the page.
        assert (
            stage.element.locator(".ground").first.evaluate("e => getComputedStyle(e).touchAction")
            == "auto"
        )


def test_what_is_spoken_waits_until_the_reader_pauses(browser: Browser) -> None:
    with showing(browser, EXPLORABLES["logit_loss"]) as [stage]:
        stage.page.evaluate(
            """() => { window.spoken = [];
            const status = document.querySelector('[data-explorable]').shadowRoot.querySelector('[role=status]');
            new MutationObserver(() => spoken.push(status.textContent))
                .observe(status, {childList: true, characterData: true, subtree: true}); }"""
        )
        # On the page's own clock: how fast this machine is makes no difference.
        clock = stage.page.clock
        clock.install(time=0)
        clock.pause_at(1000)
        for z in (1, 2, 3, 4):
            stage.slide("z", z)
            stage.settle()
            clock.run_for(500)
        assert stage.page.evaluate("spoken") == []
        clock.run_for(100)
        assert stage.page.evaluate("spoken") == [
            "logit 4.00, probability 0.982, loss 0.0181, slope −0.0180"
        ]
        assert stage.element.locator("[role=status]").get_attribute("aria-live") == "polite"


def test_motion_is_left_out_where_it_is_unwelcome(browser: Browser) -> None:
    with showing(browser, EXPLORABLES["descent_race"], reduced_motion="reduce") as [stage]:
        paints = stage.element.evaluate("e => e.paints")
        stage.press("Run")
        assert stage.fact("step") == 200
        assert stage.element.evaluate("e => e.paints") == paints + 1
    with showing(browser, EXPLORABLES["descent_race"]) as [stage]:
        stage.element.get_by_role("button", name="Run").click()
        stage.page.wait_for_function(
            "() => document.querySelector('[data-explorable]').stage.state.t >= 3"
        )
        stage.press("Pause")
        halted = stage.fact("step")
        assert 3 <= halted < 200
        stage.press("Step")
        assert stage.fact("step") == halted + 1
        stage.press("Rewind")
        assert stage.fact("step") == 0


@EVERY
def test_the_page_names_no_host(name: str) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", page_of(EXPLORABLES[name])))
    assert addresses <= {"http://www.w3.org/2000/svg"}


@dataclass
class Written:
    """An explorable that another process has written."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


@pytest.fixture(scope="module")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and these tests, with the explorable of the contributors' page added as it says."""
    root = tmp_path_factory.mktemp("contributed")
    for part in ("mlecore", "tests", "tools", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)
    page = (ROOT / "book" / "contributing.md").read_text(encoding="utf-8")
    package = root / "mlecore" / "explore"
    blocks = re.findall(r"```(?:js|python)\n(.*?)```", page, re.DOTALL)
    module, function, line = (block for block in blocks if "exponential_rate" in block)
    (package / "exponential_rate.js").write_text(module, encoding="utf-8")
    (package / "exponential_rate.py").write_text(function, encoding="utf-8")
    init = package / "__init__.py"
    text = init.read_text(encoding="utf-8")
    init.write_text(text.replace("from .gamma_", f"{line}from .gamma_"), encoding="utf-8")
    return root


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Python in a folder, whose packages come before the installed ones."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_two_files_and_a_line_are_a_new_explorable_with_all_its_tests(contributed: Path) -> None:
    result = run_in(
        contributed, "-m", "pytest", "-q", "--no-header", "-k", "exponential_rate or module",
        "tests/explore/test_every_explorable.py", "mlecore/explore/exponential_rate.py",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    # Its five tests by name, the one of the modules, and its doctest.
    assert "7 passed" in result.stdout


def test_the_contributors_page_builds_one_that_works(browser: Browser, contributed: Path) -> None:
    code = "from mlecore import explore; print(explore.exponential_rate([1.0, 3.0, 5.0])._repr_html_())"
    html = run_in(contributed, "-c", code).stdout
    with showing(browser, Written(html), reduced_motion="reduce") as [stage]:
        assert stage.note() == "Too high: the curve falls here."
        stage.drag(stage.handle("rate"), -40)
        assert stage.fact("λ") < 2 / 3
        stage.press("Go to the maximum")
        assert stage.fact("λ") == pytest.approx(1 / 3, rel=1e-3)
        stage.press("Reset")
        assert stage.fact("λ") == pytest.approx(2 / 3, rel=1e-3)
