"""Write the book's page on data and provenance from what the data sets say about themselves.

python tools/data_page.py            writes book/data.md
python tools/data_page.py --check    fails if the page is not what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlecore import datasets
from mlecore.datasets import Dataset

PAGE = Path(__file__).parents[1] / "book" / "data.md"

OPENING = """\
# Data and provenance

Every data set of the book comes with `mlecore`. You load one by name, and it says what it is:

```python
import mlecore as mle

alpha = mle.datasets.load("alpha_particles")
alpha["count"], alpha["frequency"]      # the columns, read-only
alpha.sample                            # one entry for each observation
mle.Poisson.fit(alpha.values, weights=alpha.frequencies)
```

This page is written from the sets' own metadata. Where copies of a set disagree, its note says so.
The sizes and sums are there to check another copy by.

| name | what | n |
|---|---|---:|
"""


def entry(d: Dataset) -> str:
    """One data set: what it is, its columns, its source and its note."""
    columns = "\n".join(
        f"| `{c}` | {d.units[c]}{meaning(d, c)} | {span(d, c)} |" for c in d.columns
    )
    return f"""
(data-{d.name})=
## `{d.name}`

**{d.title}** ({d.year}). {size(d)}

| column | unit | from … to |
|---|---|---|
{columns}

{d.note}

Source: {d.source} {{cite:p}}`{d.citation_key}`
"""


def meaning(d: Dataset, column: str) -> str:
    """What the codes of a column stand for."""
    words = d.labels.get(column, ())
    return f": {', '.join(f'{k} {word}' for k, word in enumerate(words))}" if words else ""


def span(d: Dataset, column: str) -> str:
    """The least and the greatest value of a column."""
    return f"{d[column].min():g} … {d[column].max():g}"


def size(d: Dataset) -> str:
    """How many rows and observations, and the sum and mean of those that are one sample."""
    if d.sample_column is None:
        return f"{len(d)} rows; not one sample, so take its columns."
    many = f"{d.n} observations"
    if d.frequency_column is not None:
        many += f" in {len(d)} rows, as a frequency table"
    if d.sample_column in d.labels:
        return f"{many}."
    return f"{many}, sum {d.sample.sum():.10g}, mean {d.sample.mean():.5g}."


def page() -> str:
    """The whole page."""
    sets = [datasets.load(name) for name in datasets.list()]
    rows = "".join(f"| [`{d.name}`](data-{d.name}) | {d.title} | {d.n} |\n" for d in sets)
    return OPENING + rows + "".join(entry(d) for d in sets)


def main() -> int:
    """Write the page, or say whether it is current."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == page():
        return 0
    print(f"{PAGE.name} is not current: run python tools/data_page.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
