"""Fits from a file that is read in pieces: time, passes and memory beside those of reading and of `np.sum`.

Each row is a process of its own, so that its peak of memory is its own too. Warm, the system holds the file in its memory;
cold, it has been asked to let it go (posix_fadvise, DONTNEED) before the process starts.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .measure import Work

HERE = Path(__file__).parent
_BLOCK = 10_000_000
# As many numbers as a piece of a source holds.
_PIECE = 2**18


def _buffers(path: str, dtype: Any) -> Iterator[np.ndarray]:
    with open(path, "rb") as file:
        while (part := np.fromfile(file, dtype, _PIECE)).size:
            yield part


def _rows(path: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Read rows of nine columns, and whether a sum of two of them passes a tenth, which is the noise."""
    with open(path, "rb") as file:
        while (part := np.fromfile(file, float, 20 * (_PIECE // 20))).size:
            block = part[: part.size // 10 * 10].reshape(-1, 10)
            yield block[:, :9], block[:, 0] - block[:, 1] > block[:, 9] - 2.5


def _family(name: str, dtype: Any = float) -> Callable[[str], Any]:
    def fit(path: str) -> Any:
        import mlecore as mle

        return getattr(mle, name).fit(mle.chunks(path, dtype=dtype))

    return fit


def _logistic(path: str) -> Any:
    import mlecore as mle

    return mle.LogisticRegression.fit(mle.chunks(lambda: _rows(path)))


WORKS: dict[str, Callable[[str], Any]] = {
    "reading alone": lambda path: sum(part.size for part in _buffers(path, float)) * 0,
    "`np.sum` of the same buffers": lambda path: sum(p.sum() for p in _buffers(path, float)) * 0,
    "Normal": _family("Normal"),
    "Gamma": _family("Gamma"),
    "Weibull": _family("Weibull"),
    "StudentT": _family("StudentT"),
    "logistic regression, 9 columns, a tenth as many rows": _logistic,
    "`np.sum` of counts, one byte each": lambda p: sum(b.sum() for b in _buffers(p, "u1")) * 0,
    "Poisson, the same counts": _family("Poisson", "u1"),
}
# The fits of `make bench`, of so many values: those beside `np.sum` of the same buffers, and how many times its time is asked
# at most; and those whose passes are counted.
VALUES = 10_000_000
BESIDE = {"Normal": (float, 2.2), "Gamma": (float, 2.7), "Poisson": ("u1", 4.0)}
IN_PASSES = ("Weibull", "StudentT", "logistic regression, 9 columns, a tenth as many rows")
COLD = ("reading alone", "Gamma")
COUNTS = tuple(name for name in WORKS if "counts" in name)


def beside_sums() -> Iterator[tuple[str, Callable[[], Work]]]:
    """One row a family: its fit from a file, standard errors included, beside `np.sum` of the same buffers."""
    for family in BESIDE:
        yield f"{family} stream", functools.partial(beside_sum, family)


def beside_sum(family: str) -> Work:
    """Set a fit from a file beside `np.sum` of the same buffers."""
    dtype, asked = BESIDE[family]
    fit, path = _family(family, dtype), _kept(VALUES, np.dtype(dtype).str)
    return Work(
        f"{family} from a file, n = {VALUES:,}{', one byte each' * (dtype == 'u1')}",
        "`np.sum` of the same buffers",
        lambda: fit(path).se,
        lambda: [part.sum() for part in _buffers(path, dtype)],
        asked,
        at_most=True,
    )


def passes() -> Iterator[tuple[str, int]]:
    """Count the passes of fits from a file whose values are their own statistic, standard errors included."""
    path = _kept(VALUES, np.dtype(float).str)
    for name in IN_PASSES:
        fit = WORKS[name](path)
        fit.se  # noqa: B018  # it might take a pass
        yield name, fit.passes


@functools.cache
def _folder() -> tempfile.TemporaryDirectory:
    """Return a folder that lasts as long as this process."""
    return tempfile.TemporaryDirectory()


@functools.cache
def _kept(values: int, dtype: str) -> str:
    """Return the path of a file of so many numbers: of a Gamma, or counts of one byte each."""
    draws: dict[str, Callable[[np.random.Generator, int], Any]] = {
        "<f8": lambda rng, n: rng.standard_gamma(2.5, n),
        "|u1": lambda rng, n: rng.poisson(4.0, n).astype("u1"),
    }
    return str(_written(Path(_folder().name) / f"{dtype[1:]}{values}", values, draws[dtype]))


def one(name: str, path: str) -> None:
    """Do one work, and print what it took."""
    import mlecore  # noqa: F401  # it is there before the clock starts

    start, used = time.perf_counter(), time.process_time()
    fit = WORKS[name](path)
    errors = fit.se if hasattr(fit, "se") else {}
    took = {"wall": time.perf_counter() - start, "processor": time.process_time() - used}
    took["memory"] = _status("VmHWM")
    if errors:
        took["passes"] = fit.passes
        pairs = list(fit.params.items())[:3]
        took["estimate"] = ", ".join(f"{k} {v:.5g} ({errors.get(k, 0):.2g})" for k, v in pairs)
    print(json.dumps(took))


def _status(field: str) -> float:
    """Return what the system says of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def _written(path: Path, values: int, draw: Callable[[np.random.Generator, int], Any]) -> Path:
    """Write numbers to a file, a block at a time."""
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        for start in range(0, values, _BLOCK):
            draw(rng, min(_BLOCK, values - start)).tofile(file)
    return path


def _cold(path: str) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(values: int = 20_000_000, file: str | None = None, words: list[str] | None = None) -> None:
    """Measure all, print the table, and write BILLION.md beside this file."""
    numbers = file or _kept(values, "<f8")
    counts = _kept(values, "|u1")
    load = os.getloadavg()[0]
    lines = []
    for cold in (False, True):
        for name in WORKS:
            if (cold and name not in COLD) or not any(w in name for w in words or [""]):
                continue
            path = counts if name in COUNTS else numbers
            if cold:
                _cold(path)
            lines.append(_line(name, path, cold))
            print(lines[-1], flush=True)
    size = np.format_float_scientific(values, trim="-", exp_digits=1)
    text = f"""# {size} values from a file

Written by `python -m benchmarks --only streams --values {values}`. The file holds {size} doubles of a Gamma with shape 2.5 and
rate 1 ({8e-9 * values:.3g} GB); the counts are Poisson of mean 4. Each row is a process of its own, with one thread for linear algebra;
its peak of memory has all in it, Python, NumPy and SciPy too. Standard errors are included. Cold, the system was asked to
let the file go from its memory (posix_fadvise, DONTNEED) before the row began.

{os.cpu_count()} processors; load average {load:.1f} at the start and {os.getloadavg()[0]:.1f} at the end: with others at work wall
time is longer than on a quiet machine, and processor time is what to compare.

| work | file | wall | processor | passes | peak memory | estimate (standard error) |
|---|---|---|---|---|---|---|
""" + "\n".join(lines)
    (HERE / "BILLION.md").write_text(text + "\n", encoding="utf-8")


def _line(name: str, path: str, cold: bool) -> str:
    program = f"from benchmarks.streams import one; one({name!r}, {path!r})"
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=alone, check=False
    )
    if done.returncode:
        return f"| {name} | | failed: {done.stderr.strip().splitlines()[-1]} | | | | |"
    took = json.loads(done.stdout)
    return (
        f"| {name} | {'cold' if cold else 'warm'} | {took['wall']:.1f} s | {took['processor']:.1f} s | "
        f"{took.get('passes', '')} | {took['memory']:.0f} MB | {took.get('estimate', '')} |"
    )
