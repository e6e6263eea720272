"""Measuring: interleaved runs, wall and processor time, medians, on a quiet machine or with every core busy.

Wall time is what a user waits, and what the ratios compare. Processor time adds up what all threads used:
where it is well above wall time, threads worked or waited for each other. Runs of the two sides alternate,
so that a slow spell hits both.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

from threadpoolctl import ThreadpoolController

BUDGET = 8.0  # seconds that one row's rounds may take in all
LEAST, MOST = 3, 25  # rounds
RUN = 0.05  # seconds that a run of short calls lasts
# Keeps one core busy, and ends with the program that started it, however that ends.
SPIN = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"


class Took(NamedTuple):
    """Seconds on the clock on the wall, and seconds of all processors together, child processes included."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Work:
    """One piece of work, two ways to do it, and what each reaches.

    `times` scales a peer that does a part of the work only. `at_most` marks a peer that is a floor.
    `peer_pinned` marks a peer that gets one BLAS thread, whatever the machine offers.
    """

    name: str
    peer: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    asked: float
    times: float = 1.0
    at_most: bool = False
    peer_pinned: bool = False
    our_height: float | None = None
    their_height: float | None = None


@dataclass(frozen=True)
class Comparison:
    """What both ways took: the medians of so many interleaved rounds."""

    work: Work
    ours: Took
    theirs: Took
    rounds: int

    @property
    def ratio(self) -> float:
        """Their time over ours; where the peer is a floor, ours over theirs.

        Wall times, except beside a pinned peer: there the question is what more threads use up.
        """
        clock = "processor" if self.work.peer_pinned else "wall"
        ours, theirs = (getattr(side, clock) for side in (self.ours, self.theirs))
        return ours / theirs if self.work.at_most else theirs / ours

    @property
    def reached(self) -> bool:
        """Whether the ratio is as asked, at no lower log-likelihood."""
        work = self.work
        fast = self.ratio <= work.asked if work.at_most else self.ratio >= work.asked
        if work.our_height is None or work.their_height is None:
            return fast
        return fast and work.our_height >= work.their_height - 1e-8 * abs(work.their_height)


def used() -> float:
    """Return the processor time used so far, with that of child processes that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def took(action: Callable[[], Any]) -> Took:
    """Return what one call took."""
    wall, processor = time.perf_counter(), used()
    action()
    return Took(time.perf_counter() - wall, used() - processor)


def race(work: Work) -> Comparison:
    """Return the medians of interleaved runs."""
    # The first call imports and allocates; the second says how often a run repeats a short call, as timeit does.
    sides = [
        (work.ours, nullcontext, calls_in_a_run(work.ours)),
        (
            work.theirs,
            one_blas_thread if work.peer_pinned else nullcontext,
            calls_in_a_run(work.theirs),
        ),
    ]
    spent: tuple[list[Took], list[Took]] = ([], [])
    while len(spent[0]) < LEAST or (_walls(spent) < BUDGET and len(spent[0]) < MOST):
        for (side, threads, calls), runs in zip(sides, spent, strict=True):
            with threads():
                runs.append(took(lambda s=side, c=calls: [s() for _ in range(c)]))
    ours, theirs = (
        Took(*(statistics.median(clock) / calls for clock in zip(*runs, strict=True)))
        for runs, (_, _, calls) in zip(spent, sides, strict=True)
    )
    scaled = Took(*(t * work.times for t in theirs))
    return Comparison(work, ours, scaled, len(spent[0]))


def _walls(spent: tuple[list[Took], list[Took]]) -> float:
    return sum(run.wall for runs in spent for run in runs)


def calls_in_a_run(action: Callable[[], Any]) -> int:
    """Return how many calls last about a twentieth of a second, at least one."""
    action()
    return max(1, min(100, round(RUN / max(took(action).wall, 1e-6))))


@contextmanager
def busy(cores: int | None = None) -> Iterator[list[subprocess.Popen]]:
    """Keep every core busy with a process that does nothing but count, as other programs would."""
    started = [
        subprocess.Popen([sys.executable, "-S", "-c", SPIN])
        for _ in range(cores or os.cpu_count() or 1)
    ]
    try:
        time.sleep(0.5)  # until all of them spin
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def one_blas_thread() -> AbstractContextManager:
    """Return a context in which linear algebra gets one thread."""
    return ThreadpoolController().limit(limits=1, user_api="blas")


def blas_threads() -> str:
    """Return in words how many threads each library of linear algebra takes by default."""
    found = ThreadpoolController().info()
    pools = {(p["internal_api"], p["num_threads"]) for p in found if p["user_api"] == "blas"}
    return ", ".join(f"{name} with {n} thread{'s' * (n > 1)}" for name, n in sorted(pools))


def copies(action: Callable[[], Any], size: int) -> float:
    """Return the most memory that a call held at once, in units of `size` bytes; the data not counted."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / size
    finally:
        tracemalloc.stop()
