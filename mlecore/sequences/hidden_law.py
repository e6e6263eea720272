"""The law of a hidden Markov chain: its states, what they say of values, what it foretells and draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..domains import Domain
from ..family import Family
from ..members import lifted
from ..models import Mixture
from .forward import filtered, smoothed
from .sequence import Sequence
from .series import Series, pieces_of
from .stationary import stationary

__all__ = ["HiddenLaw", "HiddenSetting"]

Array = np.ndarray


class HiddenSetting(NamedTuple):
    """The law of the first state: "stationary", "free", or its probabilities."""

    start: Any = "stationary"


class HiddenLaw(Sequence):
    """What a hidden chain is, whatever it was fitted to: a family for each state, and the probabilities of the moves."""

    #: the family once for each state, and for each its parameters by the names that they have here
    components: ClassVar[tuple[type[Family], ...]] = ()
    columns: ClassVar[tuple[Mapping[str, str], ...]] = ()
    #: the names of the transition probabilities between different states, row by row
    moves: ClassVar[tuple[str, ...]] = ()
    domains: ClassVar[Mapping[str, Domain]] = {}

    setting: HiddenSetting

    @property
    def members(self) -> tuple[Any, ...]:
        """The families in the states, as distributions."""
        places = {name: i for i, name in enumerate(self.parameter_names)}
        return tuple(
            family._unchecked(
                **{
                    own: self.known[mine] if mine in self.known else self.theta[..., places[mine]]
                    for own, mine in names.items()
                }
            )
            for family, names in zip(self.components, self.columns, strict=True)
        )

    @property
    def transition(self) -> Array:
        """The transition probabilities, shape (states, states)."""
        return _matrix(self.theta[..., : len(self.moves)], len(self.components))

    @property
    def stationary(self) -> Array:
        """The law of the state that a step leaves as it is: the shares of the states in the long run."""
        return stationary(self.transition)

    @property
    def weights(self) -> tuple[Any, ...]:
        """The shares of the states in the long run."""
        return tuple(np.moveaxis(self.stationary, -1, 0))

    def _logs(self, x: Array) -> Array:
        """Return the log-densities of values in each state, shape (..., T, K)."""
        unique, back = np.unique(x, return_inverse=True) if self.support.whole else (x, slice(None))
        logs = [m.log_prob(unique) for m in map(lifted, self.members)]
        return np.stack(np.broadcast_arrays(*logs), axis=-1)[..., back, :]

    def _scaled(self, x: Array) -> tuple[Array, Array]:
        """Return the densities in each state, scaled at each time, and the sum of the logarithms of the scales."""
        logs = self._logs(x)
        top = logs.max(axis=-1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        return np.exp(logs - top), top[..., 0].sum(axis=-1)

    def _first(self, f: Array) -> Array:
        """Return the law of the first state."""
        start, K = self.setting.start, len(self.components)
        if start == "stationary":
            return self.stationary
        if start != "free":
            return np.array(start)
        heights = filtered(np.eye(K), self.transition[..., None, :, :], f[..., None, :, :], False)[
            0
        ]
        return np.eye(K)[np.argmax(heights, axis=-1)]

    def responsibilities(self, x: ArrayLike) -> Array:
        """Return the probability of each state at each time given all of a sequence, shape (T, states).

        >>> from mlecore import HiddenMarkov, Poisson
        >>> d = HiddenMarkov(Poisson, 2)(transition12=0.1, transition21=0.1, rate1=1.0, rate2=9.0)
        >>> d.responsibilities([0, 8]).round(3)
        array([[0.997, 0.003],
               [0.001, 0.999]])
        """
        f, _ = self._scaled(pieces_of(x)[0])
        return smoothed(self._first(f), self.transition, f)[1]

    def states(self, x: ArrayLike) -> Array:
        """Return the most probable sequence of states of a sequence, counted from 1 (Viterbi's path)."""
        values = pieces_of(x)[0]
        f, _ = self._scaled(values)
        with np.errstate(divide="ignore"):
            best, G = np.log(self._first(f)), np.log(self.transition).T
            logs = np.log(f)
        best = best + logs[0]
        came = np.zeros(logs.shape, dtype=np.intp)
        for t in range(1, len(logs)):
            reached = best + G
            came[t] = reached.argmax(axis=1)
            best = reached.max(axis=1) + logs[t]
        path = np.empty(len(logs), dtype=np.intp)
        path[-1] = best.argmax()
        for t in range(len(logs) - 1, 0, -1):
            path[t - 1] = came[t, path[t]]
        return path + 1

    def _draw(self, rng: np.random.Generator, n: int, before: Array) -> Array:
        K = len(self.components)
        start = self.setting.start
        # Which state a free start has is known from values alone: without them the chain has its own law.
        law = self.stationary if isinstance(start, str) else np.array(start)
        total = np.cumsum(self.transition, axis=1).tolist()
        state, path = int(rng.choice(K, p=np.maximum(law, 0.0) / law.sum())), []
        for u in rng.random(n).tolist():
            path.append(state)
            state = min(int(np.searchsorted(total[state], u, side="right")), K - 1)
        here = np.array(path)
        x = np.empty(n)
        for k, member in enumerate(self.members):
            x[here == k] = member.sample(int((here == k).sum()), rng=rng)
        return x

    def _mixture(self, law: Array) -> Any:
        """Return the mixtures that the values have where the states have given laws, shape (..., K)."""
        made, shape = Mixture(list(self.components)), law.shape[:-1]
        params = {n: law[..., k] for k, n in enumerate(made.weight_names)}
        for member, names in zip(self.members, made.columns, strict=True):
            params |= {
                mine: self.known[own] if own in self.known else np.full(shape, getattr(member, own))
                for own, mine in names.items()
            }
        return made._unchecked(**params)

    def _one_step(self, series: Series) -> Any:
        laws = []
        for x in series.pieces():
            f, _ = self._scaled(x)
            first = self._first(f)
            law = filtered(first, self.transition, f)[1]
            laws.append(np.concatenate([first[None], law[:-1] @ self.transition]))
        return self._mixture(np.concatenate(laws))

    def _ahead(self, series: Series, steps: int) -> Any:
        f, _ = self._scaled(series.last)
        law = filtered(self._first(f), self.transition, f)[1][-1]
        rows = []
        for _ in range(steps):
            law = law @ self.transition
            rows.append(law)
        return self._mixture(np.array(rows))


def _matrix(moves: Array, K: int) -> Array:
    """Return transition matrices, shape (..., K, K), from the entries beside the diagonal, row by row."""
    rows = moves.reshape(*moves.shape[:-1], K, K - 1)
    G = np.empty((*moves.shape[:-1], K, K))
    G[..., ~np.eye(K, dtype=bool)] = moves
    stay = 1.0 - rows.sum(axis=-1)
    G[..., np.arange(K), np.arange(K)] = np.where(np.abs(stay) < 1e-15 * K, 0.0, stay)
    return G
