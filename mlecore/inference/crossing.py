"""Where a curve that rises from zero at the maximum reaches a level: the root finder of all intervals.

The curve is a signed root, such as sqrt(2 (l_max - l)), which is nearly a straight line in the real coordinate of a
parameter: Newton's steps arrive quickly, and a bracket guards them. Many problems are solved at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["crossing"]

Array = np.ndarray

# Beyond this logarithm (or logit) a parameter has left what a double can hold.
_FARTHEST = 708.0


def crossing(curve: Any, sign: Array, z: float) -> Array:
    """Walk from the maximum in the direction `sign` to where the curve reaches z, all rows at once.

    Returns parameters: the domain's bound where the curve stays below z, NaN where it is lost.

    Parameters
    ----------
    curve : called with values and the rows they belong to, it returns heights and slopes; its attributes are
        `domain`, and for each row `center`, the maximum, `step`, a standard error, `step_known` and `noise`.
    sign : -1 or 1 for each row, shape (rows,).
    z : the level.
    """
    domain, step = curve.domain, curve.step
    inside = np.isfinite(curve.center)
    # An angle is nowhere farther from the maximum than half a turn: there all directions are covered.
    half = 0.5 * getattr(domain, "turn", np.inf)
    base = np.where(inside, curve.center, 0.0)
    bound = base + sign * half
    inner, outer, r_inner = curve.center.copy(), sign * np.inf, np.zeros(len(sign))
    lost = np.zeros(len(sign), dtype=bool)  # the bracket's outer end could not be computed
    answer = np.where(curve.center == sign * np.inf, bound, np.nan)
    x = np.where(inside, base + sign * np.minimum(z * step, half), 0.0)
    tolerance = 1e-10 * z + curve.noise / z
    rows = np.flatnonzero(np.isnan(answer))
    for iteration in range(200):
        if rows.size == 0:
            break
        r, slope = curve(x[rows], rows)
        here, s = x[rows], sign[rows]
        below = r < z
        still = np.abs(r - r_inner[rows]) < 1e-9
        if np.isfinite(domain.longest_step):  # the coordinate is a logarithm
            flat = (s * here > _FARTHEST) | (still & (s * (here - inner[rows]) > 5.0))
        else:
            far = (np.abs(here - base[rows]) > 1e3 * step[rows]) & curve.step_known[rows]
            flat = (s * (here - bound[rows]) >= 0) | (still & far)
        flat &= below
        found = np.abs(r - z) <= tolerance[rows]
        inner[rows[below]], r_inner[rows[below]] = here[below], r[below]
        outer[rows[~below]], lost[rows[~below]] = here[~below], np.isnan(r[~below])
        a, b = inner[rows], outer[rows]
        with np.errstate(all="ignore"):
            size = np.maximum(np.maximum(np.abs(a), np.abs(b)), step[rows])
            narrow = np.isfinite(size) & (np.abs(b - a) <= 4 * np.finfo(float).eps * size) & ~found
            look = _next_look(a, b, here, r, slope, s, base[rows], step[rows], z, iteration)
            x[rows] = np.where(s > 0, np.minimum(look, bound[rows]), np.maximum(look, bound[rows]))
        answer[rows[found]] = here[found]
        answer[rows[flat]] = bound[rows[flat]]
        answer[rows[narrow]] = np.where(lost[rows[narrow]], np.nan, a[narrow])
        rows = rows[~(flat | found | narrow)]
    return domain.from_real(answer)[0]


def _next_look(
    a: Array,
    b: Array,
    here: Array,
    r: Array,
    slope: Array,
    sign: Array,
    base: Array,
    step: Array,
    z: float,
    iteration: int,
) -> Array:
    """Propose the next value, given the bracket a .. b (b may be infinite outwards, a at the boundary)."""
    newton = here + (z - r) / slope
    # Going out while nothing beyond the crossing is known: at most three times as far again.
    reach = 3.0 * np.maximum(np.abs(here - base), step)
    ahead = sign * (newton - here)
    farther = here + sign * np.where((ahead > 0) & (ahead < reach), ahead, reach)
    # Coming in from a maximum on the boundary: there the logarithm of the curve is nearly straight.
    back = np.log(r / z) * r / np.abs(slope)
    closer = here - sign * np.where((back > 0) & (back < np.inf), back, 4.0)
    usable = (
        (sign * (newton - a) > 0)
        & (sign * (b - newton) > 0)
        & ((iteration < 12) | (iteration % 2 == 0))
    )
    within = np.where(usable, newton, 0.5 * (a + b))
    return np.where(np.isinf(b), farther, np.where(np.isinf(a), closer, within))
