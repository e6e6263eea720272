"""What all tests share: matplotlib without a screen."""

import matplotlib

matplotlib.use("Agg")
