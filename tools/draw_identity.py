"""Draw the book's favicon: a log-likelihood, its top, and the flat tangent there.

    python tools/draw_identity.py        # writes book/_static/favicon.svg

The curve is no drawing by hand: it is the log-likelihood of a Poisson rate, which is
n (m log r - r) for n counts with mean m.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
SIZE = 64
INK, CURVE, TOP = "#ffffff", "#00785c", "#ffb27a"


def favicon() -> str:
    """The favicon as SVG."""
    mean = 1.0
    rate = np.geomspace(0.13, 2.8, 40)
    log_likelihood = mean * np.log(rate) - rate
    low, high = log_likelihood.min(), -1.0
    x = 7 + 50 * (rate - rate[0]) / (rate[-1] - rate[0])
    y = 56 - 38 * (log_likelihood - low) / (high - low)
    path = "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
    top = 7 + 50 * (mean - rate[0]) / (rate[-1] - rate[0])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">\n'
        f'<rect width="{SIZE}" height="{SIZE}" rx="13" fill="{CURVE}"/>\n'
        f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="5" stroke-linecap="round" '
        'stroke-linejoin="round"/>\n'
        f'<path d="M{top - 17:.1f} 18 H{top + 17:.1f}" stroke="{TOP}" stroke-width="3"/>\n'
        f'<circle cx="{top:.1f}" cy="18" r="6.5" fill="{TOP}"/>\n'
        "</svg>\n"
    )


if __name__ == "__main__":
    (STATIC / "favicon.svg").write_text(favicon(), encoding="utf-8")
