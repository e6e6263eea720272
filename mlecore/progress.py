"""Saying how far a long run has come, without a dependency.

Every long run takes `progress`: False keeps quiet, True writes one line to the standard error that
renews itself once the run has lasted a second, and a function of your own is called with
(done, total); a total of 0 is one that is not known beforehand. With tqdm, for example: `bar = tqdm(total=10_000)`, and
`progress=lambda done, total: bar.update(done - bar.n)`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

__all__ = ["Progress", "ticker"]

Progress = bool | Callable[[int, int], object]

_PATIENCE = 1.0  # seconds before the first word: short runs stay silent
_PAUSE = 0.2  # seconds between two renewals


def ticker(progress: Progress, total: int, what: str) -> Callable[..., None]:
    """Return the function `tick(done)` that a loop of `total` steps, 0 where unknown, calls after each of them.

    A run that gives up before its last step says `tick(done, stopped=True)`, which ends the line.

    Raises
    ------
    TypeError : `progress` is neither a bool nor a function.

    >>> tick = ticker(lambda done, total: None, 3, "fits")
    >>> tick(1)
    """
    if progress is False:
        return lambda done, stopped=False: None
    if callable(progress):
        return lambda done, stopped=False: None if stopped else (progress(done, total), None)[1]
    if progress is not True:
        raise TypeError(
            f"progress must be True, False or a function of (done, total), and is {progress!r}"
        )
    started = time.monotonic()
    renewed = started + _PATIENCE - _PAUSE
    spoken = False

    def tick(done: int, stopped: bool = False) -> None:
        nonlocal renewed, spoken
        now = time.monotonic()
        last = stopped or done >= total > 0
        if (last and spoken) or (not last and now - renewed >= _PAUSE):
            left = (now - started) * (total - done) / max(done, 1)
            known = total > 0
            tail = f"about {left:.0f} s left" if known and not last else f"{now - started:.0f} s"
            share = f"{done:,} of {total:,} ({done / total:.0%})" if known else f"{done:,}"
            sys.stderr.write(f"\r{what}: {share}, {tail:<24}" + "\n" * last)
            sys.stderr.flush()
            renewed, spoken = now, not last

    return tick
