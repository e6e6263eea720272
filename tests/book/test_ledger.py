"""The ledger of misconceptions: every line says what is wrong, what holds, and links to a place that exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import mlecore as mle

ROOT = Path(__file__).resolve().parents[2]
LEDGER = (ROOT / "book" / "ledger.md").read_text(encoding="utf-8")
ROWS = [line for line in LEDGER.splitlines() if line.startswith("- ")]
LINK = re.compile(r"\{(numref|eq|ref|prf:ref)\}`(?:[^`<]+<)?([^`>]+)>?`")

# What each role may point at, by the label's first word.
KINDS = {
    "numref": {"fig"},
    "eq": {"eq"},
    "ref": {"sec", "ex", "cell"},
    "prf:ref": {"def", "thm"},
}


def chapters() -> list[str]:
    """The chapters of the table of contents, in order."""
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    return re.findall(r"file: book/(\d\d_\w+)", contents)


def targets(notebook: Path) -> set[str]:
    """Every label of a chapter that a link may point at."""
    found: set[str] = set()
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            figure = cell["metadata"].get("mystnb", {}).get("figure", {})
            found |= {figure["name"]} if "name" in figure else set()
        else:
            found |= set(re.findall(r"^\(([\w-]+)\)=\s*$", source, flags=re.MULTILINE))
            found |= set(re.findall(r"^:label: ([\w-]+)\s*$", source, flags=re.MULTILINE))
            found |= set(re.findall(r"\$\$ ?\(([\w-]+)\)\s*$", source, flags=re.MULTILINE))
    return found


KNOWN = {name: targets(ROOT / "book" / f"{name}.ipynb") for name in chapters()}


def test_the_search_for_labels_finds_each_kind() -> None:
    for label in ("fig-ch1-iid", "eq-ch1-iid", "ex-ch1-horse-kicks", "def-ch1-family"):
        assert label in KNOWN["01_which_distribution"]
    assert "sec-ch14-loses" in KNOWN["14_moments"]
    assert "cell-ch5-free" in KNOWN["05_losses"]
    assert "fig-ch1-missing" not in KNOWN["01_which_distribution"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[3:60])
def test_every_row_says_what_is_wrong_and_links_to_an_existing_target(row: str) -> None:
    assert re.match(r'- \*"[^"]+"\* [A-Z]', row), "a row opens with the misconception, quoted"
    links = LINK.findall(row)
    assert links, "a row without a link refutes nothing"
    for role, label in links:
        kind, chapter = re.fullmatch(r"(\w+)-ch(\d+)-[\w-]+", label).groups()
        assert kind in KINDS[role], f"{{{role}}} cannot point at {label}"
        home = [name for name in KNOWN if int(name[:2]) == int(chapter)]
        assert home, f"{label} belongs to a chapter that the contents do not have"
        assert label in KNOWN[home[0]], f"{home[0]} has no {label}"


def labelled_cells(name: str) -> list[tuple[str, str, dict]]:
    """Every label of a cell, with the text that it stands in and the cell that follows."""
    cells = json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) if cell["cell_type"] == "markdown" else "" for cell in cells]
    return [
        (label, text.rstrip(), after)
        for text, after in zip(texts, cells[1:], strict=False)
        for label in re.findall(r"^\((cell-[\w-]+)\)=\s*$", text, flags=re.MULTILINE)
    ]


@pytest.mark.parametrize("name", chapters())
def test_a_label_of_a_cell_stands_right_before_a_cell_whose_output_is_seen(name: str) -> None:
    for label, text, after in labelled_cells(name):
        assert text.endswith(f"\n({label})=")
        assert after.get("outputs"), f"{label} labels no output"
        assert "remove-cell" not in after["metadata"].get("tags", ()), f"{label} is hidden"


def test_every_label_of_a_cell_is_cited_by_the_ledger() -> None:
    cells = {label for known in KNOWN.values() for label in known if label.startswith("cell-")}
    assert cells == set(re.findall(r"<(cell-[\w-]+)>", LEDGER))


# An equation derives, and what is refuted is shown: so a row has a place that computes something.
SHOWN = {"fig", "ex", "sec", "cell"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[3:60])
def test_every_row_links_to_a_place_that_shows_it(row: str) -> None:
    kinds = {label.split("-")[0] for _, label in LINK.findall(row)}
    assert kinds & SHOWN, "a row that links to definitions and equations alone shows nothing"


def test_every_chapter_refutes_something() -> None:
    cited = {int(chapter) for chapter in re.findall(r"\w+-ch(\d+)-", "\n".join(ROWS))}
    assert cited == {int(name[:2]) for name in KNOWN}


def test_the_contents_have_the_ledger_and_no_row_stands_twice() -> None:
    assert "file: book/ledger" in (ROOT / "_toc.yml").read_text(encoding="utf-8")
    wrong = [re.match(r'- \*"([^"]+)"', row).group(1) for row in ROWS]
    assert len(set(wrong)) == len(wrong) >= 30


def test_the_coverages_of_the_ledger_are_exact() -> None:
    n, p = 20, 0.1
    mass = mle.Binomial(n=n, p=p).pmf(range(n + 1))
    covered = dict.fromkeys(("wald", "score", "lr"), 0.0)
    for k in range(n + 1):
        fit = mle.Bernoulli.fit([1, 0], weights=[k, n - k])
        for method in covered:
            try:
                low, high = fit.ci(0.95, method=method)["p"]
            except mle.RegularityError:
                continue  # no interval is a miss
            covered[method] += mass[k] * (low <= p <= high)
    rows = {row.split('"')[1]: row for row in ROWS}
    row = rows["A 95 % interval covers 95 %."]
    shares = (covered["wald"], mass[0], covered["score"])
    assert re.findall(r"[\d.]+(?= %)", row.split("$n = 20$")[1]) == [
        f"{s:.1%}"[:-1] for s in shares
    ]
    assert f"{covered['lr']:.1%}"[:-1] + " %" in rows["The likelihood ratio cures what ails Wald."]


def test_six_more_trials_can_lower_the_coverage_as_the_ledger_says() -> None:
    def wald(n: int, p: float) -> float:
        total = 0.0
        for k in range(1, n):
            low, high = mle.Bernoulli.fit([1, 0], weights=[k, n - k]).ci(0.95, method="wald")["p"]
            total += mle.Binomial(n=n, p=p).pmf(k) * (low <= p <= high)
        return total

    assert wald(36, 0.2) < wald(30, 0.2)
