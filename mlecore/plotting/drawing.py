"""One look for every figure, and a few functions that take and return matplotlib Axes.

A colour means the same thing from the first page to the last (see `mlecore/palette.py`); a slope is
dashed too. The figures are drawn for a white page; the book turns them over for a dark one (see `book/_static/style.css`).

Matplotlib is imported inside the functions, so that `import mlecore` stays light.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ACCENT",
    "DATA",
    "FISHER",
    "GRADIENT",
    "GRID",
    "INK",
    "LIKELIHOOD",
    "MODEL",
    "MUTED",
    "NEWTON",
    "SLOPE",
    "STOCHASTIC",
    "STYLE",
    "bars",
    "curve",
    "label",
    "mark",
    "stems",
    "style",
    "use_style",
]

DATA = LIGHT["data"]
MODEL = LIGHT["model"]
LIKELIHOOD = LIGHT["likelihood"]
SLOPE = LIGHT["slope"]
GRADIENT = LIGHT["gradient"]
STOCHASTIC = LIGHT["stochastic"]
NEWTON = LIGHT["newton"]
FISHER = LIGHT["fisher"]
ACCENT = LIGHT["accent"]
INK = LIGHT["ink"]
MUTED = LIGHT["muted"]
GRID = LIGHT["grid"]

# Source Sans, under the name that its licence asks of a part of it; see fonts/OFL.txt.
FACE = "Worked Sans"

# A text column of the book is about 700 px wide; 7 inches at 100 dpi, doubled for dense screens.
STYLE: dict[str, Any] = {
    "figure.figsize": (7.0, 3.4),
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    # The face of the page's headings; what it lacks comes from matplotlib's own.
    "font.family": [FACE, "DejaVu Sans"],
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.labelsize": 13,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": f"cycler('color', {[DATA, MODEL, LIKELIHOOD, SLOPE, ACCENT, MUTED]})",
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "text.color": INK,
    "lines.linewidth": 2.0,
    "lines.markersize": 6,
    "patch.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "image.cmap": "viridis",
    "mathtext.fontset": "custom",
    "mathtext.fallback": "stixsans",
    "mathtext.rm": FACE,
    "mathtext.it": f"{FACE}:italic",
    "mathtext.bf": f"{FACE}:bold",
    "mathtext.bfit": f"{FACE}:bold",
    "mathtext.sf": FACE,
    "mathtext.cal": f"{FACE}:italic",
    "mathtext.tt": "DejaVu Sans Mono",
}


def use_style() -> None:
    """Set the book's style for every figure that follows, and crisp figures in a notebook.

    A chapter calls it once, in its first cell.

    >>> use_style()
    >>> import matplotlib
    >>> matplotlib.rcParams["axes.spines.top"]
    False
    """
    import matplotlib

    _bring_face()
    matplotlib.rcParams.update(STYLE)
    if "ipykernel" in sys.modules:  # in a notebook: draw for dense screens
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")  # type: ignore[no-untyped-call]


def style() -> AbstractContextManager[None]:
    """The book's style inside a `with` statement; the settings before come back after it.

    >>> import matplotlib
    >>> with style():
    ...     print(matplotlib.rcParams["lines.linewidth"])
    2.0
    """
    import matplotlib

    _bring_face()
    return matplotlib.rc_context(STYLE)


@cache
def _bring_face() -> None:
    """Make the face of the figures known to matplotlib, which looks for installed ones alone."""
    from matplotlib import font_manager

    for path in (Path(__file__).parent / "fonts").glob("*.ttf"):
        font_manager.fontManager.addfont(path)


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def bars(x: ArrayLike, height: ArrayLike, ax: Axes | None = None, **settings: Any) -> Axes:
    """Bars of counts or frequencies at the values `x`, in the data's colour.

    >>> ax = bars([0, 1, 2], [109, 65, 22])
    >>> len(ax.patches)
    3
    """
    ax = _axes(ax)
    ax.bar(x, height, **{"color": DATA, "alpha": 0.85, "width": 0.8} | settings)
    return ax


def stems(x: ArrayLike, height: ArrayLike, ax: Axes | None = None, **settings: Any) -> Axes:
    """A line from the axis up to `height` at each `x`, with a dot on top: the height of a density.

    >>> ax = stems([1.0, 2.0], [0.3, 0.1])
    >>> len(ax.lines)
    1
    """
    ax = _axes(ax)
    settings = {"color": DATA} | settings
    ax.vlines(x, 0, height, linewidth=1.4, color=settings["color"])
    ax.plot(x, height, linestyle="none", **{"marker": "o"} | settings)
    return ax


def curve(
    f: Callable[[np.ndarray], ArrayLike],
    low: float,
    high: float,
    ax: Axes | None = None,
    points: int = 400,
    **settings: Any,
) -> Axes:
    """The curve of a function of one array between `low` and `high`, in the model's colour.

    >>> ax = curve(np.sin, 0, np.pi)
    >>> len(ax.lines)
    1
    """
    ax = _axes(ax)
    x = np.linspace(low, high, points)
    ax.plot(x, f(x), **{"color": MODEL} | settings)
    return ax


def mark(x: float, ax: Axes, text: str = "", **settings: Any) -> Axes:
    """A thin upright line at `x`, named at its top: an estimate, a true value, a cut.

    >>> ax = mark(1.5, curve(np.sin, 0, np.pi), "the top")
    >>> ax.texts[0].get_text()
    'the top'
    """
    settings = {"color": MUTED} | settings
    ax.axvline(x, linewidth=1.2, linestyle=(0, (4, 3)), color=settings["color"], zorder=0)
    if text:
        ax.annotate(
            text,
            (x, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -2),
            textcoords="offset points",
            va="top",
            **settings,
        )
    return ax


def label(x: float, y: float, text: str, ax: Axes, **settings: Any) -> Axes:
    """Words beside the thing that they name, in place of a legend.

    >>> ax = label(1.0, 0.8, "sine", curve(np.sin, 0, np.pi), color=MODEL)
    >>> ax.texts[0].get_color() == MODEL
    True
    """
    ax.annotate(text, (x, y), xytext=(6, 4), textcoords="offset points", **settings)
    return ax


def own_axes(ax: Axes | None) -> Axes:
    """Return the Axes given, or new ones in the book's style."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    with style():
        return plt.subplots()[1]
