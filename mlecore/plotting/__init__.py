"""One look for every figure, a few functions that take and return matplotlib Axes, and pictures of fits.

Matplotlib is imported inside the functions, so that `import mlecore` stays light.
"""

from .drawing import (
    ACCENT,
    DATA,
    GRID,
    INK,
    LIKELIHOOD,
    MODEL,
    MUTED,
    SLOPE,
    STYLE,
    bars,
    curve,
    label,
    mark,
    stems,
    style,
    use_style,
)
from .pictures import contour, describe, fitted, histogram, pp, profile, qq, survival

__all__ = [
    "ACCENT",
    "DATA",
    "GRID",
    "INK",
    "LIKELIHOOD",
    "MODEL",
    "MUTED",
    "SLOPE",
    "STYLE",
    "bars",
    "contour",
    "curve",
    "describe",
    "fitted",
    "histogram",
    "label",
    "mark",
    "pp",
    "profile",
    "qq",
    "stems",
    "style",
    "survival",
    "use_style",
]
