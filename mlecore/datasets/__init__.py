"""Small real data sets, each with its source, year, units and provenance.

A set is two files: `<name>.csv` with the numbers and `<name>.toml` with everything that is known
about them. Adding one is adding the two files. Nothing is read before it is asked for.
"""

from mlecore.datasets.dataset import Dataset, list, load

__all__ = ["Dataset", "list", "load"]
