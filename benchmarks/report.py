"""Printing the tables, and writing them down."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from . import answers, growth
from .measure import Comparison
from .rows import all_rows

HERE = Path(__file__).parent
# The groups of AVX-512 instructions that NumPy has kernels for and this processor offers.
WIDE = [
    name
    for name in ("X86_V4", "AVX512_SKX", "AVX512_ICL", "AVX512_SPR")
    if __cpu_features__.get(name) and name in __cpu_dispatch__
]


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
    """Return a row of the table in Markdown."""
    sign = "at most" if row.at_most else "at least"
    heights = ["", ""]
    if row.our_height is not None and row.their_height is not None:
        heights = [f"{row.our_height:.4f}", f"{row.their_height:.4f}"]
    cells = [
        row.work,
        time_words(row.ours),
        row.peer,
        time_words(row.theirs),
        f"**{row.ratio:.3g}**",
        f"{sign} {row.asked:g}",
        "yes" if row.reached else "**no**",
        *heights,
    ]
    return "| " + " | ".join(cells) + " |"


def run(words: list[str]) -> None:
    """Measure the rows whose names contain one of the words; with no words, everything, and write it down."""
    packages = ("mlecore", "numpy", "scipy", "statsmodels", "scikit-learn")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    head = [
        "# Timings",
        "",
        "Written by `make bench` (`python -m benchmarks`). Times are medians of interleaved runs, in processor",
        "seconds of one thread. The ratio is the peer's time over mlecore's; where the peer is a floor (one read of",
        "the data, an import), mlecore's over the peer's. A row is reached when the ratio is as asked and mlecore's",
        "log-likelihood is no lower than the peer's.",
        "",
        f"{versions}; Python {platform.python_version()}; {processor()}, {os.cpu_count()} processors, "
        f"{'with' if WIDE else 'without'} AVX-512; load average {os.getloadavg()[0]:.1f} at the start: other programs that",
        "share the caches slow both sides, and short calls most.",
        "",
        "| work | mlecore | peer | its time | ratio | asked | reached | log-likelihood | the peer's |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(head), flush=True)
    lines = head
    for name, measured in all_rows():
        if words and not any(word.lower() in name.lower() for word in words):
            continue
        lines.append(row_words(measured()))
        print(lines[-1], flush=True)
    if words:
        return
    lines += ["", *without_wide_vectors(), *tail()]
    (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n")
    print(f"\nwritten: {HERE / 'RESULTS.md'}, {HERE / 'growth.png'}")


def without_wide_vectors() -> list[str]:
    """Return the rows of one-dimensional families again, as a processor without AVX-512 would run them."""
    if not WIDE:
        return []
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(WIDE)}
    command = [sys.executable, "-m", "benchmarks", "100,000"]
    done = subprocess.run(
        command, env=environment, cwd=HERE.parent, capture_output=True, text=True, check=True
    )
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    print("without AVX-512:", *rows, sep="\n", flush=True)
    return [
        "With AVX-512 NumPy takes eight logarithms or exponentials at once, which helps whoever takes most of them.",
        "The same on this processor with those instructions switched off, as most laptops have none:",
        "",
        "| work | mlecore | peer | its time | ratio | asked | reached | log-likelihood | the peer's |",
        "|---|---|---|---|---|---|---|---|---|",
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
        "![Processor time of one fit against n, and of a batch of fits against their number, on log-log axes.](growth.png)",
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
