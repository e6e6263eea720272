"""A small picture of each family's density or mass, drawn as SVG when the reference is written."""

from __future__ import annotations

import numpy as np

import mlecore as mle
from mlecore.domains import (
    Above,
    Count,
    Positive,
    PositiveDefinite,
    PositiveVector,
    Real,
    RealVector,
    Simplex,
    Unit,
)

WIDTH, HEIGHT = 180, 64
# A parameter's value in the picture, by what it may be. A new family needs no line here.
TYPICAL = {
    Real: 0.0,
    Positive: 2.0,
    Above: 2.5,
    Unit: 0.3,
    Count: 12.0,
    Simplex: [0.2, 0.5, 0.3],
    RealVector: [0.0, 0.0],
    PositiveVector: [2.0, 4.0],
    PositiveDefinite: [[1.0, 0.6], [0.6, 1.0]],
}
# Where that would show another family's face, or none.
OWN = {
    "Beta": {"b": 4.0},
    "GeneralizedExtremeValue": {"shape": 0.2},
    "GeneralizedPareto": {"shape": 0.3},
    "LogNormal": {"sigma": 0.6},
    "LogSeries": {"p": 0.7},
    "Poisson": {"rate": 4.0},
    "SkewNormal": {"shape": 4.0},
    "Uniform": {"high": 1.0},
}


def example(family: type[mle.Family]) -> mle.Family:
    """The member whose picture stands for the family."""
    values = {name: TYPICAL[type(domain)] for name, domain in family.domains.items()}
    return family(**values | OWN.get(family.__name__, {}))


def points(dist: mle.Family) -> np.ndarray:
    """Where a density is drawn: between its outer percents, or at the counts that hold most of its mass."""
    if isinstance(dist, mle.Categorical):
        return np.arange(len(dist.probs))
    low, high = np.asarray(dist.ppf([0.01, 0.99]), dtype=float)
    if dist.support.whole:
        return np.arange(low, min(high, low + 20) + 1)
    return np.linspace(low, high, 57)


def svg(drawn: str, words: str) -> str:
    """The drawing in a frame that a screen reader can tell of."""
    return (
        f'<svg class="density" role="img" aria-label="{words}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" stroke="currentColor" stroke-width="2">{drawn}</svg>'
    )


def ellipses(dist: mle.MultivariateNormal) -> str:
    """Level lines of a density in the plane."""
    turn = np.linspace(0, 2 * np.pi, 49)
    circle = np.linalg.cholesky(np.asarray(dist.cov)) @ [np.cos(turn), np.sin(turn)]
    lines = [12 * r * circle for r in (1, 2)]
    return "".join(path(WIDTH / 2 + line[0], HEIGHT / 2 - line[1]) for line in lines)


def path(x: np.ndarray, y: np.ndarray) -> str:
    """A line through points of the drawing."""
    return '<path d="M' + "L".join(f"{a:.0f} {b:.1f}" for a, b in zip(x, y, strict=True)) + '"/>'


def picture(name: str) -> str:
    """The picture of one family, or nothing of what is none."""
    if name not in mle.families.__all__:
        return ""
    dist = example(getattr(mle.families, name))
    if name == "MultivariateNormal":
        return svg(ellipses(dist), f"Two level lines, tilted ellipses, of the density of {dist!r}")
    x = np.linspace(0.01, 0.99, 57) if name == "Dirichlet" else points(dist)
    y = np.exp(dist.log_prob(np.column_stack([x, 1 - x]) if name == "Dirichlet" else x))
    across = 6 + (WIDTH - 12) * (x - x[0]) / (x[-1] - x[0])
    down = HEIGHT - 4 - (HEIGHT - 10) * y / y.max()
    if dist.support.whole:
        foot = HEIGHT - 4
        stems = zip(across, down, strict=True)
        drawn = "".join(f'<path d="M{a:.0f} {foot}V{b:.1f}"/>' for a, b in stems)
    else:
        drawn = path(across, down)
    kind = "mass" if dist.support.whole else "density"
    top = f"highest near {x[y.argmax()]:.3g}"
    return svg(drawn, f"The {kind} of {dist!r} from {x[0]:.3g} to {x[-1]:.3g}, {top}")
