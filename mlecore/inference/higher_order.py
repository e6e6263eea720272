"""Intervals of third order: the signed root of the likelihood ratio, corrected so that it is Normal in small samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import RegularityError, listed
from ..statistics import Events
from .curves import ProfileDrop
from .intervals import ends, normal_quantile
from .regularity import insist_regular, refusal

__all__ = ["rstar_interval"]

Array = np.ndarray

_KNOWN = (
    "Bernoulli (p), Beta (a, b), Binomial (p), Dirichlet (alpha), Exponential (rate), Gamma (shape, rate), Geometric (p), "
    "HalfNormal (scale), InverseGamma (shape, scale), Poisson (rate), Rayleigh (scale), and Normal (mu or sigma, the other fixed)"
)


def rstar_interval(likelihood: Any, theta: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the values with |r*| <= z, for parameters that are components of a canonical one.

    r is the signed root of twice the profile's drop, and r* = r + log(q / r) / r, where in a full exponential family with
    the canonical parameter (psi, lambda)

        q = (psi-hat - psi) sqrt(|j(psi-hat, lambda-hat)| / |j_lambda(psi, lambda-hat of psi)|),

    j the observed information and j_lambda its block. Its tails are right to an error of order n^(-3/2), where r's are
    to n^(-1/2). For counts it is not continuity corrected, and right to the order 1/n.

    Parameters
    ----------
    likelihood, theta, level : as in `wald_interval`.

    Raises
    ------
    RegularityError : for a family whose parameters are not canonical, for an estimate on the boundary (NaN in a batch),
        and for partly seen data.
    ConvergenceError : where r* cannot be followed to its crossing.

    Source: Barndorff-Nielsen (1986); Brazzale, Davison and Reid (2007), chapter 2.

    >>> from mlecore import Exponential, Likelihood
    >>> low, high = rstar_interval(Likelihood(Exponential, [1.0, 3.0]), np.array([0.5]))
    >>> low.round(3), high.round(3)
    (array([0.06]), array([1.395]))
    """
    insist_regular(likelihood, "an interval by r*")
    z = normal_quantile(level)
    if isinstance(likelihood.statistic, Events) or not _canonical(likelihood, theta):
        raise RegularityError(
            f"an interval by r* needs canonical parameters of values seen exactly, and {listed(likelihood.names)} of "
            f"{likelihood.called} here are none. There are those of {_KNOWN}. Use method='lr'"
        )
    refused, reason = refusal(likelihood, theta)
    if theta.ndim == 1 and np.any(refused):
        raise RegularityError(f"{reason}, so r* has no end to begin from. Use method='exact'")
    # Of a batch such a row has none, and stops no other.
    return ends(likelihood, np.where(refused[..., None], np.nan, theta), z, _RStar)


def _canonical(likelihood: Any, theta: Array) -> list[tuple[Array, Array]]:
    """Return the canonical parameter of each free scalar and its slope; nothing where they are not canonical."""
    dist = likelihood.distribution(theta)
    with np.errstate(all="ignore"):
        told = getattr(dist, "_canonical", lambda free: None)(frozenset(likelihood.names))
    return [] if told is None else [told[name] for name in likelihood.names]


class _RStar(ProfileDrop):
    """|r*| of one canonical parameter."""

    def __init__(self, likelihood: Any, theta: Array, k: int, steps: Array) -> None:
        super().__init__(likelihood, theta, k, steps)
        self.k, self.others = k, np.delete(np.arange(theta.shape[-1]), k)
        self.noise = np.maximum(self.noise, 1e-12)
        told = _canonical(likelihood, theta)
        self.psi = np.broadcast_to(told[k][0], len(theta))
        slopes = sum(np.log(np.abs(slope)) for _, slope in told)
        information = likelihood.observed_information(theta)
        self.room = np.linalg.slogdet(information)[1] - 2.0 * slopes + np.zeros(len(theta))

    def __call__(self, u: Array, rows: Array) -> tuple[Array, Array]:
        """Return |r*| and its slope, by differences: steps need no more."""
        small = 1e-4 * self.step[rows]
        here, right = self._height(u, rows), self._height(u + small, rows)
        with np.errstate(all="ignore"):
            return here, (right - here) / small

    def _height(self, u: Array, rows: Array) -> Array:
        r, _ = super().__call__(u, rows)
        full = self.layout.moved(self.full[rows], self.position, self.domain.from_real(u)[0])
        theta = full[:, self.likelihood.free]
        part = self.likelihood.at(rows)
        with np.errstate(all="ignore"):
            told = _canonical(part, theta)
            block = part.observed_information(theta)[:, self.others[:, None], self.others]
            room = self.room[rows] - np.linalg.slogdet(block)[1]
            for j in self.others:
                room = room + 2.0 * np.log(np.abs(told[j][1]))
            log_q = np.log(np.abs(self.psi[rows] - told[self.k][0])) + 0.5 * room
            return np.where(np.isfinite(r), r + (log_q - np.log(r)) / r, r)
