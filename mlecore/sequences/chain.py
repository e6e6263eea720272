"""Markov chains: each state has a law that depends on the one before it, or on the last few."""

from __future__ import annotations

import copy
import numbers
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Items
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
import scipy
from numpy.typing import ArrayLike

from ..domains import Domain, Support, Unit
from ..errors import DataError, NoMLEError, RegularityError, SupportError
from ..family import Solution
from ..habits import answering
from ..likelihood import Likelihood
from ..priors import Penalised
from .fit import SequenceFit
from .sequence import ParameterLayout, Sequence, Terms
from .series import Series
from .stationary import stationary, stationary_terms

__all__ = ["MarkovChain"]

Array = np.ndarray
State = Any

# The Hessian of more scalars than this would fill the memory.
_MOST = 3000


class _Setting(NamedTuple):
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


class MarkovChain(Sequence):
    """P(x_t = b | the past) depends on the last `order` states alone.

    The parameters are the probabilities of each row of the transition matrix, all but that of the first state, which is what
    the others leave: `consonant->vowel` is P(vowel | consonant). Given the first states, and without
    pseudo-counts, their estimates are shares of counts, n_ab / n_a.

    Source: Markov (1913); Anderson and Goodman (1957).

    >>> MarkovChain.fit("aababbbabaaba").params
    {'a->b': 0.6666666666666666, 'b->b': 0.3333333333333333}
    """

    support = Support(low=0, whole=True, text="one of the states")

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    @answering
    def fit(
        cls,
        states: Any,
        *,
        order: int = 1,
        start: str = "given",
        space: Iterable[State] | None = None,
        smoothing: float = 0.0,
        given: int | None = None,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | None = None,
    ) -> SequenceFit:
        """Return the fit: shares of counts, on condition of the first states, or with a stationary start by a climb.

        Parameters
        ----------
        states : a string, or a list or an array of labels: text, numbers, anything hashable. A list of lists or arrays is
            several sequences; labels are kept, and sorted.
        order : on how many of the last states the law of the next depends; 0 is independence.
        start : "given", the first states being conditioned on, or "stationary", where they have the chain's own law.
        space : all states there are, where some may not have been seen.
        smoothing : pseudo-counts that are added to each transition. It is a prior: the estimate is then the mode of the
            likelihood times a Dirichlet density with all parameters 1 + smoothing in each row.
        given : how many first states are conditioned on, `order` by default: give the same to chains of different orders
            before they are compared.
        fixed, prior : as in the fit of any family.

        Raises
        ------
        DataError : for states that are missing or cannot be told apart, and sequences that are too short.
        SupportError : for a state outside `space`.

        >>> MarkovChain.fit([0, 1, 1, 0, 1], smoothing=1).params
        {'0->1': 0.75, '1->1': 0.5}
        """
        return cls._fit(
            states,
            fixed=fixed,
            prior=prior,
            given=given,
            order=order,
            start=start,
            space=space,
            smoothing=smoothing,
        )

    @classmethod
    def from_counts(
        cls, counts: ArrayLike, states: Items[State] | None = None, *, smoothing: float = 0.0
    ) -> SequenceFit:
        """Return the fit to a table of counts, rows the state before and columns the state after.

        >>> f = MarkovChain.from_counts([[3827, 7534], [7534, 1104]], ["consonant", "vowel"])
        >>> {name: round(p, 3) for name, p in f.params.items()}
        {'consonant->vowel': 0.663, 'vowel->vowel': 0.128}
        """
        table = np.asarray(counts, dtype=float)
        K = len(table) if table.ndim else 0
        if table.shape != (K, K) or K < 2:
            raise DataError(
                f"counts must be a square table, a row and a column for each state; got shape {table.shape}"
            )
        if not ((table >= 0) & (table == np.floor(table)) & np.isfinite(table)).all():
            raise DataError("counts must be whole numbers >= 0")
        labels = range(K) if states is None else states
        if len(labels) != K:
            raise DataError(f"there are {K} rows and {len(labels)} states")
        pairs = np.repeat(np.indices((K, K)).reshape(2, -1).T, table.astype(int).ravel(), axis=0)
        # Each pair is a sequence of its own, of length two.
        series = cls._series(
            pairs.ravel().astype(float),
            (2,) * len(pairs),
            tuple(labels),
            1,
            "given",
            smoothing,
            None,
        )
        return cls._fitted(series)

    @classmethod
    def statistics(  # type: ignore[override] # the options by their names
        cls,
        data: Any,
        weights: ArrayLike | None = None,
        *,
        axis: None = None,
        given: int | None = None,
        order: int = 1,
        start: str = "given",
        space: Iterable[State] | None = None,
        smoothing: float = 0.0,
    ) -> Series:
        """Read states and return them as numbers from 0 on, in the order of their labels; see `fit`."""
        if isinstance(data, Series):
            return data
        cls._refuse_weights(weights, axis)
        pieces = _labels(data)
        states = _space(pieces) if space is None else tuple(map(_plain, space))
        number = {label: float(i) for i, label in enumerate(states)}
        if len(number) < len(states):
            raise DataError("space names a state twice")
        try:
            values = np.array([number[label] for piece in pieces for label in piece])
        except KeyError as error:
            raise SupportError(
                f"{error.args[0]!r} is none of the states in space: {_listed(states)}"
            ) from None
        lengths = tuple(map(len, pieces))
        return cls._series(values, lengths, states, order, start, smoothing, given)

    @classmethod
    def _series(
        cls,
        values: Array,
        lengths: tuple[int, ...],
        states: tuple[State, ...],
        order: Any,
        start: str,
        smoothing: Any,
        given: int | None,
    ) -> Series:
        """Return coded states as a series, whose setting says which contexts were followed by something."""
        if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 0:
            raise DataError(f"order must be a whole number >= 0, got {order!r}")
        if start not in ("given", "stationary"):
            raise DataError(f"start must be 'given' or 'stationary', got {start!r}")
        number = isinstance(smoothing, numbers.Real) and not isinstance(smoothing, bool)
        if not (number and 0 <= smoothing < np.inf):
            raise DataError(f"smoothing must be a number >= 0 of pseudo-counts, got {smoothing!r}")
        if len(states) < 2:
            raise DataError(
                f"a chain needs two states or more, and {_listed(states) or 'none'} is all that was seen: name the others in "
                "space="
            )
        words = [str(label) for label in states]
        twice = [w for w in words if words.count(w) > 1][:1] if len(set(words)) < len(words) else []
        if twice:
            raise DataError(f"two different states are both written {twice[0]}: rename one of them")
        setting = _Setting(tuple(states), int(order), (), start, float(smoothing))
        given = cls._given(lengths, setting, given)
        series = Series(
            float(sum(lengths) - given * len(lengths)),
            values,
            lengths,
            given,
            setting,  # type: ignore[arg-type]
        )
        contexts, _ = _counted(series)
        object.__setattr__(series, "setting", setting._replace(contexts=contexts))
        return series.of_family(cls)

    @classmethod
    def _least(cls, setting: _Setting) -> int:
        return 0 if setting.start == "stationary" else setting.order

    @classmethod
    def _words(cls, setting: _Setting) -> str:
        return cls.__name__ if setting.order == 1 else f"{cls.__name__} of order {setting.order}"

    @classmethod
    def _start_note(cls, series: Series) -> str:
        if series.setting.start == "stationary" and not series.given:
            return "the first states have the stationary law of the chain"
        return super()._start_note(series)

    @classmethod
    def _layout_at(cls, setting: _Setting) -> ParameterLayout:
        # Labels that are equal, such as True and 1, may be written differently.
        return _layout_of(cls, setting, tuple(map(str, setting.states)))

    @classmethod
    def _domains(cls, setting: _Setting) -> dict[str, Domain]:
        return dict.fromkeys(_names(setting), Unit())

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        totals: dict[str, Any] = {}
        for name, value in params.items():
            row = name.rpartition("->")[0]
            totals[row] = totals.get(row, 0.0) + value
        inside = np.all([total <= 1.0 + 1e-12 for total in totals.values()], axis=0)
        return inside, "probabilities of each row that add up to at most 1"

    # -- a member ----------------------------------------------------------------------------------

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
        return _listed([self.states[i] for i in (*context, j)[-max(self.setting.order, 1) :]])

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
                        f"{_listed([self.states[i] for i in context])} was never followed by anything, so that nothing can be "
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
            f"{_listed([self.states[i] for i in context])} was never followed by anything, so that there is no law of what comes "
            "after it: fit with smoothing"
        )

    def _one_step(self, series: Series) -> Any:
        raise DataError(
            "a residual orders numbers, and states are labels: look at perplexity, or at counts"
        )

    @classmethod
    def _goes_on(cls, after: Any, series: Series) -> Series:
        s = series.setting
        read = cls.statistics(after, order=0, space=s.states)
        return Series.of(list(read.pieces()), 0, s)

    @classmethod
    def _read_as(cls, drawn: Series, series: Series) -> Series:
        s = series.setting  # what was followed by something is found anew
        return cls._series(
            drawn.values, drawn.lengths, s.states, s.order, s.start, s.smoothing, series.given
        )

    # -- the likelihood ------------------------------------------------------------------------------

    def _terms(self, series: Series, order: int) -> Terms:
        counts, p = _counted(series)[1], self.transition
        rows, K = counts.shape
        size = rows * (K - 1)
        terms: list[Array] = [scipy.special.xlogy(counts, p).sum(axis=(-2, -1))]
        share = np.divide(counts, p, where=counts > 0, out=np.zeros_like(p))
        if order > 0:
            slope = share[..., 1:] - share[..., :1]
            terms.append(slope.reshape(*p.shape[:-2], size))
        if order > 1:
            _insist_room(size)
            bend = np.divide(share, p, where=counts > 0, out=np.zeros_like(p))
            block = np.broadcast_to(-bend[..., :1, None], (*p.shape[:-1], K - 1, K - 1)) - bend[
                ..., 1:, None
            ] * np.eye(K - 1)
            whole = np.zeros((*p.shape[:-2], rows, K - 1, rows, K - 1))
            each = np.arange(rows)
            whole[..., each, :, each, :] = np.moveaxis(block, -3, 0)
            terms.append(whole.reshape(*p.shape[:-2], size, size))
        if series.setting.start == "stationary" and not series.given:
            start = self._start_terms(series, order)
            terms = [one + other for one, other in zip(terms, start, strict=False)]
        return tuple(terms)

    def _start_terms(self, series: Series, order: int) -> Terms:
        """Return what the stationary law of the first states adds."""
        k, places = self.setting.order, self._places()
        if not k:
            return (np.zeros(self.theta.shape[:-1]),)[: order + 1] + tuple(
                np.zeros(self.theta.shape + (self.theta.shape[-1],) * i) for i in range(order)
            )
        first = [places[tuple(int(i) for i in x[:k])] for x in series.pieces()]
        times = np.bincount(first, minlength=len(places)).astype(float)
        p = self.transition
        steps, K, rows = self._steps(), len(self.states), len(places)
        dp = np.zeros((rows * (K - 1), rows, K))
        for a in range(rows * (K - 1)):
            i, j = divmod(a, K - 1)
            dp[a, i, 0], dp[a, i, j + 1] = -1.0, 1.0
        P = self._between_contexts(p)
        dP = np.zeros((len(dp), rows, rows))
        for j in range(K):
            good = np.flatnonzero(steps[:, j] >= 0)
            dP[:, good, steps[good, j]] += dp[:, good, j]
        pi, d, dd = stationary_terms(P, dP)
        used = times > 0
        w, pi, d, dd = times[used], pi[..., used], d[..., used], dd[..., used]
        value = (w * np.log(pi)).sum(axis=-1)
        slope = d / pi[..., None, :]
        bend = dd / pi[..., None, None, :] - slope[..., :, None, :] * slope[..., None, :, :]
        return (value, (w * slope).sum(axis=-1), (w * bend).sum(axis=-1))[: order + 1]

    # -- fitting -------------------------------------------------------------------------------------

    @classmethod
    def _likelihood(cls, series: Series, fixed: Any, prior: Any) -> Likelihood:
        likelihood = super()._likelihood(series, fixed, prior)
        if not series.setting.smoothing:
            return likelihood
        if prior is not None:
            raise DataError("smoothing is a prior by itself: give prior, or smoothing")
        return Smoothed.by(likelihood)

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        series = likelihood.statistic
        smoothed = isinstance(likelihood, Smoothed)
        if likelihood.penalised and not smoothed:
            return super()._find(likelihood, near)
        counts = _counted(series)[1] + series.setting.smoothing
        full, good = _shares(likelihood, counts)
        if series.setting.start == "stationary" and not series.given and series.setting.order:
            top = likelihood._climbed_from(full if near is None else near)
            return Solution({}, top.iterations, top.converged), top.theta
        batch = likelihood.batch_shape
        notes = () if batch else _zeros(likelihood, full)
        return Solution({}, np.zeros(batch, dtype=int), good[()], notes), full

    @classmethod
    def _insist_estimable(cls, likelihood: Any) -> None:
        series = likelihood.statistic
        if series.setting.start != "stationary" or likelihood.penalised:
            return
        counts = _counted(series)[1]
        free = counts[:, 1:].copy().ravel()
        free[list(likelihood.held)] = 1.0
        if not ((counts[:, 0] > 0).all() and (free > 0).all()):
            raise NoMLEError(
                "with start='stationary' the maximum is looked for inside the domain, and some transitions were never seen: "
                "condition on the first states, start='given', hold such transitions at 0, or add smoothing"
            )

    @classmethod
    def _guess(cls, series: Series) -> Array:
        counts = _counted(series)[1] + 0.5
        return (counts / counts.sum(axis=1, keepdims=True))[:, 1:].ravel()

    def lies_within(self, large: Any) -> str:
        """Say why a likelihood ratio of this chain within another is no chi-square, "" where it is one; or refuse."""
        mine, other = self.setting, large.setting
        if mine.states != other.states or mine.start != other.start or mine.order > other.order:
            raise DataError(
                "the fits are not nested: a chain lies within one of the same states and start, and a higher order"
            )
        p = self.transition
        if (p <= 0).any():
            return (
                "some transitions were never seen, so that their probabilities lie on the boundary"
            )
        missing = len(self.states) ** other.order - len(other.contexts)
        return f"{missing} of the longer pasts were never seen" if missing else ""


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
            _insist_room(size)
            whole = np.zeros((*full.shape[:-1], len(setting.contexts), K - 1, size))
            for i in range(len(setting.contexts)):
                here = slice(i * (K - 1), (i + 1) * (K - 1))
                whole[..., i, :, here] = -a / p[..., i, :1, None] ** 2
                diagonal = np.arange(K - 1)
                whole[..., i, diagonal, here.start + diagonal] -= a / p[..., i, 1:] ** 2
            return whole.reshape(*full.shape, size)


# -- counts ----------------------------------------------------------------------------------------


def _counted(series: Series) -> tuple[tuple[tuple[int, ...], ...], Array]:
    """Return the contexts that were followed by something, sorted, and how often each state followed each."""
    return series.once("_transitions", lambda: _count(series))


def _count(series: Series) -> tuple[tuple[tuple[int, ...], ...], Array]:
    k, K = series.setting.order, len(series.setting.states)
    codes = series.values.astype(np.int64)
    place = np.arange(len(codes)) - np.repeat(
        np.cumsum(series.lengths) - series.lengths, series.lengths
    )
    here = np.flatnonzero(place >= max(k, series.given))
    past = np.zeros(len(here), dtype=np.int64)
    for lag in range(k, 0, -1):
        past = past * K + codes[here - lag]
    if K**k > 2**62:
        raise DataError(f"{K} states and order {k} make more pasts than can be numbered")
    seen, row = np.unique(past, return_inverse=True)
    counts = np.bincount(row * K + codes[here], minlength=len(seen) * K).reshape(-1, K)
    contexts = series.setting.contexts
    if contexts:  # of a setting that is known, such as that of a sequence drawn from a fit
        places = {c: i for i, c in enumerate(contexts)}
        found = [places.get(_digits(int(c), K, k), -1) for c in seen]
        table = np.zeros((len(contexts), K))
        for i, row_counts in zip(found, counts, strict=True):
            if i >= 0:
                table[i] = row_counts
        return contexts, table
    return tuple(_digits(int(c), K, k) for c in seen), counts.astype(float)


def _digits(code: int, K: int, k: int) -> tuple[int, ...]:
    digits = []
    for _ in range(k):
        code, digit = divmod(code, K)
        digits.append(digit)
    return tuple(reversed(digits))


def _shares(likelihood: Any, counts: Array) -> tuple[Array, Array]:
    """Return each row's shares of the counts, what is held at its values and the rest sharing what these leave."""
    batch = likelihood.batch_shape
    rows, K = counts.shape
    held = np.full((*batch, rows, K), np.nan)
    flat = held[..., 1:].reshape(*batch, -1)
    for i, value in likelihood.held.items():
        flat[..., i] = value
    held[..., 1:] = flat.reshape(*batch, rows, K - 1)
    taken = np.isnan(held)
    left = 1.0 - np.where(taken, 0.0, held).sum(axis=-1, keepdims=True)
    free = np.where(taken, counts, 0.0)
    total = free.sum(axis=-1, keepdims=True)
    even = taken / taken.sum(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        share = np.where(total > 0, free / total, even) * left
    p = np.where(taken, share, held)
    good = (left[..., 0] >= -1e-12).all(axis=-1)
    return p[..., 1:].reshape(*batch, rows * (K - 1)), np.asarray(good)


def _zeros(likelihood: Any, full: Array) -> tuple[str, ...]:
    """Say which transitions have the estimate 0."""
    p = likelihood.layout.distribution(full, {}).transition
    count = int((p <= 0).sum())
    if not count:
        return ()
    verb = (
        "transition was never seen: its estimate is 0"
        if count == 1
        else ("transitions were never seen: their estimates are 0")
    )
    return (f"{count} {verb}, on the boundary",)


def _insist_room(size: int) -> None:
    if size > _MOST:
        raise RegularityError(
            f"the information of {size} probabilities is a matrix of {size}^2 numbers, too many: fit fewer states or a lower "
            "order. A share p of n has the standard error sqrt(p (1 - p) / n)"
        )


# -- labels ----------------------------------------------------------------------------------------


def _labels(data: Any) -> list[list[State]]:
    """Return one sequence, or several, as lists of labels."""
    if isinstance(data, str):
        pieces = [list(data)]
    elif (
        isinstance(data, list | tuple)
        and data
        and all(isinstance(p, list | np.ndarray) for p in data)
    ):
        pieces = [list(_items(p)) for p in data]
    else:
        pieces = [list(_items(data))]
    pieces = [[_plain(label) for label in piece] for piece in pieces]
    for k, piece in enumerate(pieces):
        called = f"states[{k}]" if len(pieces) > 1 else "states"
        missing = [i for i, label in enumerate(piece) if label is None or label != label]
        if missing:
            raise DataError(
                f"{called} holds {len(missing)} missing value(s), the first at index {missing[0]}: cut the sequence there, or "
                "name a state for them"
            )
        try:
            set(piece)
        except TypeError as error:
            raise DataError(
                f"{called} must hold labels, such as numbers or text ({error})"
            ) from error
    return pieces


def _items(data: Any) -> Any:
    if isinstance(data, np.ndarray) and data.ndim != 1:
        raise DataError(
            f"states must be one-dimensional, got shape {data.shape}; several sequences go into a list"
        )
    if not isinstance(data, Iterable) or isinstance(data, Mapping | bytes):
        raise DataError(f"states must be a sequence of labels, got {type(data).__name__}")
    return data


def _plain(label: Any) -> Any:
    """Return NumPy's numbers and text as Python's."""
    return label.item() if isinstance(label, np.generic) else label


def _space(pieces: list[list[State]]) -> tuple[State, ...]:
    """Return all labels, sorted."""
    seen = {label for piece in pieces for label in piece}
    try:
        return tuple(sorted(seen))
    except TypeError:
        return tuple(sorted(seen, key=lambda label: (type(label).__name__, str(label))))


def _listed(labels: Any) -> str:
    return ", ".join(map(str, labels))


@lru_cache(maxsize=32)
def _layout_of(model: type[MarkovChain], setting: _Setting, words: tuple[str, ...]) -> _RowLayout:
    return _RowLayout(model, setting)


def _names(setting: _Setting) -> list[str]:
    words = [str(label) for label in setting.states]
    return [
        (f"{','.join(words[i] for i in context)}->" if setting.order else "") + word
        for context in setting.contexts
        for word in words[1:]
    ]
