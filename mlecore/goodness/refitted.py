"""What all tests by refitting share: how samples of a fit are drawn, and the family is fitted to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import inference
from ..censoring import to_ends
from ..errors import RegularityError, SupportError
from ..mass import log_mass
from ..residuals import Rows
from ..statistics import Parts

__all__ = ["Array", "Refitted", "some_of"]

Array = np.ndarray

# A window that holds less than this of the distribution leaves too few digits to draw within it.
_LEAST_WINDOW = 1e-8


class Refitted:
    """What all tests share: how a sample of the fit is drawn, and the family fitted to it."""

    def __init__(self, fit: Any, rows: Rows) -> None:
        self.fit, self.rows, self.d = fit, rows, fit.dist
        likelihood = fit.likelihood
        self.family, self.fixed = likelihood.family, likelihood.fixed
        self.prior = fit.likelihood.prior if fit.penalised else None
        self.windowed = bool(np.isfinite(rows.first).any() or np.isfinite(rows.last).any())

    def table(self) -> tuple[Array | None, ...]:
        """Return edges, counts and expected counts, where there are any."""
        return None, None, None

    def samples(self, count: int, rng: np.random.Generator) -> Array:
        """Return samples of the fit, each row of data drawn within its window."""
        rows = self.rows
        if not self.windowed:
            return self.d._turned(self.d.sample((count, rows.x.size), rng=rng))
        mass = np.exp(log_mass(self.d, rows.first, rows.last))
        if not (mass > _LEAST_WINDOW).all():
            raise RegularityError(
                f"the window of row {int(np.argmin(mass))} holds {mass.min():.2g} of the fitted distribution, too "
                "little to draw values within it"
            )
        return inference.within_windows(self.d, rows.first, rows.last, count, rng)

    def refit(self, x: Array) -> Any:
        """Return the fits of samples, as a batch."""
        how = self.fit.method
        if how == "moments":
            return self.family.fit(x, axis=1, fixed=self.fixed, method=how)
        try:
            own = self.d._fitting(self.family.statistics(x, axis=1))
        except (
            SupportError
        ):  # a value that rounding put on the edge of the support: its sample has no fit
            return self.family.fit(x, axis=1, fixed=self.fixed, prior=self.prior)
        t = self._within_windows(own)
        return self.family.fit(t, fixed=self.fixed, prior=self.prior)

    def _within_windows(self, own: Any) -> Any:
        """Return a batch of statistics, each of them within the windows of the rows."""
        if not self.windowed:
            return own
        ends = to_ends(self.family, self.rows.first, self.rows.last)
        windows = Parts.of(*ends, np.ones((len(own.n), self.rows.x.size)))
        return inference.seen_within(own, windows, self.family)


def some_of(d: Any, rows: Array) -> Any:
    """Return some members of a batch of distributions."""
    if rows.all() or not d.batch_shape:
        return d
    params = {
        name: v[rows] if np.ndim(v) > d.domains[name].event_ndim else v
        for name, v in d.params.items()
    }
    return d._unchecked(**params)
