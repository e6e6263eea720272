"""Printing the tables, and writing them down."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from . import answers, growth, streams
from .measure import Comparison, Work, blas_threads, busy, race
from .rows import all_rows, on_one_thread

HERE = Path(__file__).parent
# The groups of AVX-512 instructions that NumPy has kernels for and this processor offers.
WIDE = [
    name
    for name in ("X86_V4", "AVX512_SKX", "AVX512_ICL", "AVX512_SPR")
    if __cpu_features__.get(name) and name in __cpu_dispatch__
]

QUIET = 0.5  # a higher load average is that of a machine with other work
COLUMNS = [
    "| work | mlecore: wall | processor | peer | its wall | processor | ratio | asked | reached | log-likelihood | the peer's |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
]


class Condition(NamedTuple):
    """What is said of a table, whether every core is busy meanwhile, and whether mlecore races itself on one thread."""

    title: str
    words: str
    crowded: bool = False
    pinned: bool = False


CONDITIONS = {
    "quiet": Condition("A quiet machine", "Nothing else runs."),
    "busy": Condition(
        "Every core busy",
        "One process for each core does nothing but count, so that both sides share the machine.",
        crowded=True,
    ),
    "threads": Condition(
        "What threads use up, with every core busy",
        "mlecore with the threads that you have, beside itself **pinned to one BLAS thread**; the ratio is that of the\n"
        "processor times.",
        crowded=True,
        pinned=True,
    ),
}


def time_words(t: float) -> str:
    """Return a time with a fitting unit.

    >>> time_words(0.0042)
    '4.2 ms'
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if t >= size:
            return f"{t / size:.3g} {unit}"
    return f"{t / 1e-6:.3g} us"


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def row_words(row: Comparison) -> str:
    """Return a row of a table in Markdown."""
    work = row.work
    heights = ["", ""]
    if work.our_height is not None and work.their_height is not None:
        heights = [f"{work.our_height:.4f}", f"{work.their_height:.4f}"]
    cells = [
        work.name,
        *map(time_words, row.ours),
        work.peer,
        *map(time_words, row.theirs),
        f"**{row.ratio:.3g}**",
        f"{'at most' if work.at_most else 'at least'} {work.asked:.3g}",
        "yes" if row.reached else "**no**",
        *heights,
    ]
    return "| " + " | ".join(cells) + " |"


def quiet_words(load: float) -> str:
    """Return whether the machine was quiet before the first row, by its load average.

    >>> quiet_words(0.1)
    'load average 0.1 at the start'
    """
    said = f"load average {load:.1f} at the start"
    if load <= QUIET:
        return said
    return (
        f"{said}: **not quiet**, other programs were running, so run this again when they are done"
    )


def head() -> list[str]:
    """Return what was measured, where, and how to read it."""
    packages = ("mlecore", "numpy", "scipy", "statsmodels", "scikit-learn")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return [
        "# Timings",
        "",
        "Written by `make bench` (`python -m benchmarks`). Times are medians of interleaved runs. *Wall* is what you",
        "wait; *processor* adds up what all threads used. The ratio is the peer's wall time over mlecore's; where the",
        "peer is a floor (one read of the data, an import), mlecore's over the peer's. A row is reached when the ratio",
        "is as asked and mlecore's log-likelihood is no lower than the peer's.",
        "",
        "Both sides get the threads that you have: linear algebra as installed, whatever the environment says of it.",
        "One table pins threads, for one side, and says so.",
        "",
        "The rows are measured one after another in one process, whose allocator keeps the memory that larger arrays have left.",
        "In a fresh process each large temporary is paid for anew, and whoever makes more of them is slower: the ratio of Gumbel,",
        "the row with the least work, is several times as high there.",
        "",
        f"{versions}; Python {platform.python_version()}; {processor()}, {os.cpu_count()} processors, "
        f"{'with' if WIDE else 'without'} AVX-512; {blas_threads()}; {quiet_words(os.getloadavg()[0])}.",
        "",
    ]


def table(condition: Condition, works: dict[str, Work]) -> list[str]:
    """Measure the rows in one condition, printing each as it is done; return the table."""
    lines = [f"## {condition.title}", "", condition.words, "", *COLUMNS]
    print("\n".join(lines), flush=True)
    with busy() if condition.crowded else nullcontext():
        for name, work in works.items():
            if condition.pinned and name == "import":
                continue  # it runs in a process of its own, where no pin reaches it
            lines.append(row_words(race(on_one_thread(work) if condition.pinned else work)))
            print(lines[-1], flush=True)
    print(flush=True)
    return [*lines, ""]


def run(words: list[str], only: str | None = None) -> None:
    """Measure the rows whose names contain one of the words; without words all but the large ones, and write them down."""
    lines = head()
    print("\n".join(lines), flush=True)
    works = {
        name: prepare()
        for name, prepare in all_rows()
        if (
            any(word.lower() in name.lower() for word in words)
            if words
            else not name.startswith("large")
        )
    }
    if not works:
        names = ", ".join(name for name, _ in all_rows())
        sys.exit(f"no row's name contains {' or '.join(words)}; the rows are {names}")
    for condition in CONDITIONS if only is None else [only]:
        lines += table(CONDITIONS[condition], works)
        if condition == "quiet" and not words and only is None:
            lines += without_wide_vectors()
    if words or only:
        return
    lines += tail()
    (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n")
    print(f"\nwritten: {HERE / 'RESULTS.md'}, {HERE / 'growth.png'}")


def without_wide_vectors() -> list[str]:
    """Return the rows of one-dimensional families again, as a processor without AVX-512 would run them."""
    if not WIDE:
        return []
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(WIDE)}
    command = [sys.executable, "-m", "benchmarks", "100,000", "--only", "quiet"]
    done = subprocess.run(
        command, env=environment, cwd=HERE.parent, capture_output=True, text=True, check=True
    )
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    print("without AVX-512:", *rows, sep="\n", flush=True)
    return [
        "With AVX-512 NumPy takes eight logarithms or exponentials at once, which helps whoever takes most of them.",
        "The same on this processor with those instructions switched off, as most laptops have none:",
        "",
        *COLUMNS,
        *rows,
        "",
    ]


def tail() -> list[str]:
    """Return the notes on the table, and how cost grows."""
    sizes, replicates = growth.by_size(), growth.by_replicates()
    growth.draw(sizes, replicates, HERE / "growth.png")
    lines = [
        "Loops over 2,000 samples are timed over every 40th and scaled up. Of scikit-learn's unpenalised solvers the",
        "fastest is shown among those that reach the maximum to within 1e-9, each with its loosest tolerance that",
        "does. `scipy.stats.fit` searches the size of a negative binomial over whole numbers.",
        "",
        "## How cost grows",
        "",
        "Wall time, with nothing else running.",
        "",
        "![Wall time of one fit against n, and of a batch of fits against their number, on log-log axes.](growth.png)",
        "",
        "| n | " + " | ".join(sizes) + " |",
        "|---|" + "---|" * len(sizes),
    ]
    for k, n in enumerate(growth.SIZES):
        cells = [time_words(curve[k][1]) if k < len(curve) else "" for curve in sizes.values()]
        lines.append(f"| {n:,} | " + " | ".join(cells) + " |")
    lines += ["", "Batches of fits of n = 50:", "", "| samples | " + " | ".join(replicates) + " |"]
    lines.append("|---|" + "---|" * len(replicates))
    for k, r in enumerate(growth.REPLICATES):
        lines.append(
            f"| {r:,} | " + " | ".join(time_words(c[k][1]) for c in replicates.values()) + " |"
        )
    lines += [
        "",
        "10,000 samples of n = 50, every family in one batch:",
        "",
        "| family | time | samples without an MLE |",
        "|---|---|---|",
        *(f"| {name} | {time_words(t)} | {lost} |" for name, t, lost in growth.batches()),
        "",
        "## Passes over a file",
        "",
        f"Fits of {streams.VALUES:,} values whose statistic is the sample itself, standard errors included. Asked: 3.",
        "",
        "| fit | passes |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in streams.passes()),
        "",
        "## Memory",
        "",
        "The most that one fit of 1,000,000 values (logistic regression: 100,000 rows of 20 columns) holds at any",
        "moment, in copies of the data; the caller's own is not counted, the one that a fit keeps is. Asked: at most 2.",
        "",
        "| fit | copies |",
        "|---|---|",
        *(f"| {name} | {held:.2f} |" for name, held in growth.memory()),
        "",
        "## What is said of separated data",
        "",
        "| data | package | answer |",
        "|---|---|---|",
        *(f"| {data} | {package} | {answer} |" for data, package, answer in answers.separated()),
        "",
        "## A network's loss is a likelihood",
        "",
        "Sixteen tanh units trained on two interleaved half-moons by binary cross-entropy:",
        "",
        "| quantity | value |",
        "|---|---|",
        *answers.half_moons(),
    ]
    return lines
