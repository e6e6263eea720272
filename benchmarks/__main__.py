"""Run all timings, print the tables, and write RESULTS.md and growth.png beside this file.

    python -m benchmarks                         # everything but the large rows
    python -m benchmarks large                   # the rows that take minutes and gigabytes, left out otherwise
    python -m benchmarks weibull cauchy          # only the rows whose names contain one of these words
    python -m benchmarks limit --only quiet      # fits of a million values beside the passes that nobody can avoid
    python -m benchmarks weibull --only quiet    # one condition of quiet, busy, threads
    python -m benchmarks --only streams --values 1000000000    # fits from a file, to BILLION.md; needs 9 GB of disk

Timed are the threads that a user has: what the environment says of them is forgotten before NumPy is imported.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.pop(name, None)

import argparse  # noqa: E402

from benchmarks import report, streams  # noqa: E402

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time mlecore.")
    parser.add_argument("words", nargs="*", help="take the rows whose names contain one of these")
    parser.add_argument(
        "--only", choices=[*report.CONDITIONS, "streams"], help="measure in one condition"
    )
    parser.add_argument("--values", type=int, default=20_000_000, help="streams: how many values")
    parser.add_argument("--file", help="streams: a file of so many doubles that is there already")
    chosen = parser.parse_args()
    if chosen.only == "streams":
        streams.run(chosen.values, chosen.file, chosen.words)
    else:
        report.run(chosen.words, chosen.only)
