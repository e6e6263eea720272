"""Pseudo-counts, which are a prior: a Dirichlet density of each row of a transition matrix."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np

from ..errors import RegularityError
from ..likelihood import Likelihood
from ..priors import Penalised

__all__ = ["Smoothed", "insist_room"]

Array = np.ndarray

# The Hessian of more scalars than this would fill the memory.
_MOST = 3000


class Smoothed(Penalised):
    """The likelihood of a chain times a Dirichlet density of each row: pseudo-counts."""

    @classmethod
    def by(cls, likelihood: Likelihood) -> Self:
        """Return a likelihood with the pseudo-counts of its setting."""
        self = copy.copy(likelihood)
        self.__class__ = cls
        self.prior, self.widths = {}, {}
        return self

    def _of_priors(self, full: Array, trailing: int) -> Array:
        setting = self.statistic.setting
        K = len(setting.states)
        rows = full.reshape(*full.shape[:-1], len(setting.contexts), K - 1)
        p = np.concatenate([1.0 - rows.sum(axis=-1, keepdims=True), rows], axis=-1)
        a, size = setting.smoothing, full.shape[-1]
        with np.errstate(all="ignore"):
            if trailing == 0:
                return a * np.log(p).sum(axis=(-2, -1))
            if trailing == 1:
                return (a / p[..., 1:] - a / p[..., :1]).reshape(full.shape)
            insist_room(size)
            whole = np.zeros((*full.shape[:-1], len(setting.contexts), K - 1, size))
            for i in range(len(setting.contexts)):
                here = slice(i * (K - 1), (i + 1) * (K - 1))
                whole[..., i, :, here] = -a / p[..., i, :1, None] ** 2
                diagonal = np.arange(K - 1)
                whole[..., i, diagonal, here.start + diagonal] -= a / p[..., i, 1:] ** 2
            return whole.reshape(*full.shape, size)


def insist_room(size: int) -> None:
    if size > _MOST:
        raise RegularityError(
            f"the information of {size} probabilities is a matrix of {size}^2 numbers, too many: fit fewer states or a lower "
            "order. A share p of n has the standard error sqrt(p (1 - p) / n)"
        )
