"""Run all timings, print the tables, and write RESULTS.md and growth.png beside this file.

    python -m benchmarks                 # everything
    python -m benchmarks weibull cauchy  # only the rows whose names contain one of these words

One thread: the variables must be set before NumPy is imported anywhere.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys  # noqa: E402

from benchmarks import report  # noqa: E402

if __name__ == "__main__":
    report.run(sys.argv[1:])
