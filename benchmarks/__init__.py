"""Timings of mlecore beside the packages that people use today: `python -m benchmarks`."""
