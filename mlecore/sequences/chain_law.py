"""The law of a Markov chain: its transition probabilities, its stationary law, what it foretells and draws."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, RegularityError, listed
from .labels import State
from .layout import ParameterLayout
from .sequence import Sequence
from .series import Series
from .stationary import stationary

__all__ = ["ChainLaw", "ChainSetting", "layout_of", "names_of"]

Array = np.ndarray


class ChainSetting(NamedTuple):
    """The states, how many of the last ones count, and which of their tuples were followed by something."""

    states: tuple[State, ...]
    order: int
    contexts: tuple[tuple[int, ...], ...]
    start: str = "given"
    smoothing: float = 0.0


class _RowLayout(ParameterLayout):
    """Probabilities in rows, each without its first: what the others leave is on an edge too."""

    def at_edge(self, theta: Array) -> Array:
        rows = theta.reshape(*theta.shape[:-1], len(self.setting.contexts), -1)
        edge = (rows == 0) | (1.0 - rows.sum(axis=-1, keepdims=True) < 1e-12)
        return edge.reshape(theta.shape)


class ChainLaw(Sequence):
    """What a chain is, whatever it was fitted to: a row of probabilities for each context that was followed by something."""

    setting: ChainSetting

    @property
    def states(self) -> tuple[State, ...]:
        """The states, in the order of the columns of `transition`."""
        return self.setting.states

    @property
    def contexts(self) -> tuple[Any, ...]:
        """What the rows of `transition` follow: a state, or with a higher order a tuple of the last ones."""
        labels = [tuple(self.states[i] for i in c) for c in self.setting.contexts]
        return tuple(c[0] if self.setting.order == 1 else c for c in labels)

    @property
    def transition(self) -> Array:
        """The transition probabilities, shape (contexts, states)."""
        rows = self.theta.reshape(*self.theta.shape[:-1], len(self.setting.contexts), -1)
        rest = 1.0 - rows.sum(axis=-1, keepdims=True)
        rest = np.where(np.abs(rest) < 1e-15 * len(self.states), 0.0, rest)
        return np.concatenate([rest, rows], axis=-1)

    @property
    def stationary(self) -> dict[State, float]:
        """The law of a state that a step leaves as it is: the shares of the states in the long run.

        Unless the chain is periodic it is also the law after many steps, whatever the first state was.

        Raises
        ------
        RegularityError : where there is more than one such law, or where a state was never followed by anything.

        >>> from mlecore import MarkovChain
        >>> round(MarkovChain.fit("aababbbabaab").dist.stationary["a"], 4)
        0.4737
        """
        pi = stationary(self._between_contexts(self.transition))
        if not (np.isfinite(pi).all() and (pi > -1e-12).all()):
            raise RegularityError("the chain has more than one stationary law: it falls into parts")
        share = pi @ self.transition
        return dict(zip(self.states, share.tolist(), strict=True))

    def _places(self) -> dict[tuple[int, ...], int]:
        return {c: i for i, c in enumerate(self.setting.contexts)}

    def _between_contexts(self, p: Array) -> Array:
        """Return the probabilities of going from context to context, shape (..., contexts, contexts)."""
        steps, K = self._steps(), len(self.states)
        lost = (steps < 0) & (p > 0)
        if lost.any():
            i, j = (int(k) for k in np.argwhere(lost)[0][-2:])
            raise RegularityError(
                f"{self._after(self.setting.contexts[i], j)} was never followed by anything, so that there is no law of what "
                "comes after it, and no stationary one: name its law by smoothing, or leave it out"
            )
        P = np.zeros((*p.shape[:-1], p.shape[-2]))
        for j in range(K):
            good = np.flatnonzero(steps[:, j] >= 0)
            P[..., good, steps[good, j]] += p[..., good, j]
        return P

    def _steps(self) -> Array:
        """Return which context each state makes of each context, -1 for one that was never followed."""
        places = self._places()
        return np.array(
            [
                [places.get((*c, j)[1:] if c else (), -1) for j in range(len(self.states))]
                for c in self.setting.contexts
            ]
        )

    def _after(self, context: tuple[int, ...], j: int) -> str:
        return listed([self.states[i] for i in (*context, j)[-max(self.setting.order, 1) :]])

    def sample(self, n: int, rng: np.random.Generator | int | None = None) -> Array:
        """Return n labels drawn from the chain, whose first ones have its stationary law."""
        codes = super().sample(n, rng).astype(int)
        labels = np.array(self.states)
        if labels.tolist() != list(self.states):  # labels of different kinds keep theirs
            labels = np.empty(len(self.states), dtype=object)
            labels[:] = self.states
        return labels[codes]

    def _draw(self, rng: np.random.Generator, n: int, before: Array) -> Array:
        k, places = self.setting.order, self._places()
        total = np.cumsum(self.transition, axis=-1)
        total[:, -1] = 1.0
        drawn: list[int] = []
        if len(before) < k:
            pi = np.maximum(stationary(self._between_contexts(self.transition)), 0.0)
            first = self.setting.contexts[int(rng.choice(len(pi), p=pi / pi.sum()))]
            drawn, context = list(first), first
        else:
            context = tuple(int(i) for i in before[len(before) - k :])
        rows = [row.tolist() for row in total]
        for u in rng.random(max(n - len(drawn), 0)).tolist():
            if context not in places:
                if not self.setting.smoothing:
                    raise DataError(
                        f"{listed([self.states[i] for i in context])} was never followed by anything, so that nothing can be "
                        "drawn after it: fit with smoothing"
                    )
                j = int(u * len(self.states))
            else:
                j = int(np.searchsorted(rows[places[context]], u, side="right"))
            drawn.append(j)
            context = (*context, j)[1:] if k else ()
        return np.array(drawn[:n], dtype=float)

    def _ahead(self, series: Series, steps: int) -> dict[State, Array]:
        """Return the probability of each state at each of the next steps."""
        k, places, p = self.setting.order, self._places(), self.transition
        last = series.last
        if len(last) < k:
            raise DataError(f"a prediction needs the last {k} states")
        now = {tuple(int(i) for i in last[len(last) - k :]): 1.0}
        rows = []
        for _ in range(steps):
            following: dict[tuple[int, ...], float] = {}
            row = np.zeros(len(self.states))
            for context, share in now.items():
                law = self._law(context, places, p)
                row += share * law
                for j in np.flatnonzero(law):
                    c = (*context, int(j))[1:] if k else ()
                    following[c] = following.get(c, 0.0) + share * law[j]
            now = following
            rows.append(row)
        return dict(zip(self.states, np.array(rows).T, strict=True))

    def _law(self, context: tuple[int, ...], places: Mapping[Any, int], p: Array) -> Array:
        if context in places:
            return p[places[context]]
        if self.setting.smoothing:
            return np.full(len(self.states), 1.0 / len(self.states))
        raise DataError(
            f"{listed([self.states[i] for i in context])} was never followed by anything, so that there is no law of what comes "
            "after it: fit with smoothing"
        )


@lru_cache(maxsize=32)
def layout_of(model: type[Sequence], setting: ChainSetting, words: tuple[str, ...]) -> _RowLayout:
    """Return the layout of a setting whose labels are written with these words."""
    return _RowLayout(model, setting)


def names_of(setting: ChainSetting) -> list[str]:
    """Return the names of the probabilities, "a->b", of each row all but that of the first state."""
    words = [str(label) for label in setting.states]
    return [
        (f"{','.join(words[i] for i in context)}->" if setting.order else "") + word
        for context in setting.contexts
        for word in words[1:]
    ]
