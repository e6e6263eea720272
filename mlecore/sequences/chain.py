"""Markov chains: each state has a law that depends on the one before it, or on the last few."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Items
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from ..domains import Domain, Support, Unit
from ..errors import DataError, NoMLEError, SupportError, listed
from ..family import Solution
from ..habits import answering
from ..likelihood import Likelihood
from ..within import not_within
from .chain_law import ChainLaw, ChainSetting, layout_of, names_of
from .fit import SequenceFit
from .labels import State, labels_of, plain, space_of
from .layout import ParameterLayout
from .sequence import Terms
from .series import Series
from .smoothing import Smoothed, insist_room
from .stationary import stationary_terms
from .transitions import counted, insist_room_in_rows, shares

__all__ = ["MarkovChain"]

Array = np.ndarray


class MarkovChain(ChainLaw):
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
            several sequences, a list of texts one, whose labels are these texts; labels are kept, and sorted.
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
        states, values, lengths = cls._coded(labels_of(data), space)
        return cls._series(values, lengths, states, order, start, smoothing, given)

    @staticmethod
    def _coded(
        pieces: list[list[State]], space: Iterable[State] | None
    ) -> tuple[tuple[State, ...], Array, tuple[int, ...]]:
        """Return the states, the number of each label among them, and the lengths of the sequences."""
        states = space_of(pieces) if space is None else tuple(map(plain, space))
        number = {label: float(i) for i, label in enumerate(states)}
        if len(number) < len(states):
            raise DataError("space names a state twice")
        try:
            values = np.array([number[label] for piece in pieces for label in piece], dtype=float)
        except KeyError as error:
            raise SupportError(
                f"{error.args[0]!r} is none of the states in space: {listed(states)}"
            ) from None
        return states, values, tuple(map(len, pieces))

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
                f"a chain needs two states or more, and {listed(states, 'none')} is all that was seen: name the others in "
                "space="
            )
        words = [str(label) for label in states]
        twice = [w for w in words if words.count(w) > 1][:1] if len(set(words)) < len(words) else []
        if twice:
            raise DataError(f"two different states are both written {twice[0]}: rename one of them")
        setting = ChainSetting(tuple(states), int(order), (), start, float(smoothing))
        given = cls._given(lengths, setting, given)
        series = Series(
            float(sum(lengths) - given * len(lengths)),
            values,
            lengths,
            given,
            setting,  # type: ignore[arg-type]
        )
        contexts, _ = counted(series)
        object.__setattr__(series, "setting", setting._replace(contexts=contexts))
        return series.of_family(cls)

    @classmethod
    def _least(cls, setting: ChainSetting) -> int:
        return 0 if setting.start == "stationary" else setting.order

    @classmethod
    def _words(cls, setting: ChainSetting) -> str:
        return cls.__name__ if setting.order == 1 else f"{cls.__name__} of order {setting.order}"

    @classmethod
    def _start_note(cls, series: Series) -> str:
        if series.setting.start == "stationary" and not series.given:
            return "the first states have the stationary law of the chain"
        return super()._start_note(series)

    @classmethod
    def _layout_at(cls, setting: ChainSetting) -> ParameterLayout:
        # Labels that are equal, such as True and 1, may be written differently.
        return layout_of(cls, setting, tuple(map(str, setting.states)))

    @classmethod
    def _domains(cls, setting: ChainSetting) -> dict[str, Domain]:
        return dict.fromkeys(names_of(setting), Unit())

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        totals: dict[str, Any] = {}
        for name, value in params.items():
            row = name.rpartition("->")[0]
            totals[row] = totals.get(row, 0.0) + value
        inside = np.all([total <= 1.0 + 1e-12 for total in totals.values()], axis=0)
        return inside, "probabilities of each row that add up to at most 1"

    def _one_step(self, series: Series) -> Any:
        raise DataError(
            "a residual orders numbers, and states are labels: look at perplexity, or at counts"
        )

    @classmethod
    def _goes_on(cls, after: Any, series: Series) -> Series:
        s = series.setting
        _, codes, lengths = cls._coded(labels_of(after, "after"), s.states)
        if s.order:
            cls._insist_some(lengths)
        return Series(float(len(codes)), codes, lengths, 0, s)  # type: ignore[arg-type]

    @classmethod
    def _read_as(cls, drawn: Series, series: Series) -> Series:
        s = series.setting  # what was followed by something is found anew
        return cls._series(
            drawn.values, drawn.lengths, s.states, s.order, s.start, s.smoothing, series.given
        )

    # -- the likelihood ------------------------------------------------------------------------------

    def _terms(self, series: Series, order: int) -> Terms:
        counts, p = counted(series)[1], self.transition
        rows, K = counts.shape
        size = rows * (K - 1)
        terms: list[Array] = [scipy.special.xlogy(counts, p).sum(axis=(-2, -1))]
        share = np.divide(counts, p, where=counts > 0, out=np.zeros_like(p))
        if order > 0:
            slope = share[..., 1:] - share[..., :1]
            terms.append(slope.reshape(*p.shape[:-2], size))
        if order > 1:
            insist_room(size)
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
        counts = counted(series)[1] + series.setting.smoothing
        full, good = shares(likelihood, counts)
        if series.setting.start == "stationary" and not series.given and series.setting.order:
            top = likelihood._climbed_from(full if near is None else near)
            return Solution({}, top.iterations, top.converged), top.theta
        batch = likelihood.batch_shape
        notes = () if batch else _zeros(likelihood, full)
        return Solution({}, np.zeros(batch, dtype=int), good[()], notes), full

    @classmethod
    def _insist_estimable(cls, likelihood: Any) -> None:
        series = likelihood.statistic
        insist_room_in_rows(likelihood.held_by_name)
        if series.setting.start != "stationary" or likelihood.penalised:
            return
        counts = counted(series)[1]
        free = counts[:, 1:].copy().ravel()
        free[list(likelihood.held)] = 1.0
        if not ((counts[:, 0] > 0).all() and (free > 0).all()):
            raise NoMLEError(
                "with start='stationary' the maximum is looked for inside the domain, and some transitions were never seen: "
                "condition on the first states, start='given', hold such transitions at 0, or add smoothing"
            )

    @classmethod
    def _guess(cls, series: Series) -> Array:
        counts = counted(series)[1] + 0.5
        return (counts / counts.sum(axis=1, keepdims=True))[:, 1:].ravel()

    def contains_independent(self, small: Any, held: Mapping[str, Any]) -> str:
        """Refuse, and say which fit to give instead."""
        null = f"MarkovChain.fit(states, order=0, given={self.setting.order})"
        why = f": independent states are a chain of order 0, so give {null} as the null"
        raise not_within(small.called, self.called, why)

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
