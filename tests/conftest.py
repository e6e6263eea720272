"""What all tests share: matplotlib without a screen, and many digits where mpmath is the judge."""

import matplotlib
import mpmath
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _seventy_digits():
    """Give every test the same precision, whichever test ran before it."""
    with mpmath.workdps(70):
        yield
