"""Measuring: interleaved runs, processor time of one thread, medians.

Processor time does not count what other programs take from the machine, and with one thread it is the
time that an idle machine would need. Runs of the two sides alternate, so that a slow spell hits both.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

BUDGET = 8.0  # seconds that one row's rounds may take in all
LEAST, MOST = 3, 25  # rounds
RUN = 0.05  # seconds that a run of short calls lasts


@dataclass(frozen=True)
class Comparison:
    """Two ways to do one piece of work, what each took (s, medians) and what each reached."""

    work: str
    peer: str
    ours: float
    theirs: float
    asked: float
    rounds: int
    our_height: float | None = None
    their_height: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """Their time over ours; where the peer is a floor, ours over theirs."""
        return self.ours / self.theirs if self.at_most else self.theirs / self.ours

    @property
    def reached(self) -> bool:
        """Whether the ratio is as asked, at no lower log-likelihood."""
        fast = self.ratio <= self.asked if self.at_most else self.ratio >= self.asked
        if self.our_height is None or self.their_height is None:
            return fast
        return fast and self.our_height >= self.their_height - 1e-8 * abs(self.their_height)


def seconds(action: Callable[[], Any]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def race(
    ours: Callable[[], Any], theirs: Callable[[], Any], times: float = 1.0
) -> tuple[float, float, int]:
    """Return the medians of interleaved runs, and their number; `times` scales the peer's sample of the work."""
    # The first call imports and allocates; the second says how often a run repeats a short call, as timeit does.
    runs = [(side, calls_in_a_run(side)) for side in (ours, theirs)]
    spent: tuple[list[float], list[float]] = ([], [])
    while len(spent[0]) < LEAST or (sum(map(sum, spent)) < BUDGET and len(spent[0]) < MOST):
        for (side, calls), times_of_side in zip(runs, spent, strict=True):
            times_of_side.append(seconds(lambda s=side, c=calls: [s() for _ in range(c)]))
    a, b = (statistics.median(t) / calls for t, (_, calls) in zip(spent, runs, strict=True))
    return a, b * times, len(spent[0])


def calls_in_a_run(action: Callable[[], Any]) -> int:
    """Return how many calls last about a twentieth of a second, at least one."""
    action()
    return max(1, min(100, round(RUN / max(seconds(action), 1e-6))))


def import_seconds(module: str) -> float:
    """Return the processor time of importing a module in a fresh interpreter, less that of starting one."""
    spent = []
    for code in (f"import {module}", "pass"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return spent[0] - spent[1]


def copies(action: Callable[[], Any], size: int) -> float:
    """Return the most memory that a call held at once, in units of `size` bytes; the data not counted."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / size
    finally:
        tracemalloc.stop()
