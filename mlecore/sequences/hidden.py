"""Hidden Markov models: each value comes from one of several families, and which one is a Markov chain that is not seen."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np

from ..domains import Domain, Unit
from ..errors import ConvergenceError, DataError, NoMLEError, RegularityError, listed
from ..family import Family, Solution
from ..habits import answering
from ..members import lifted
from ..models.climbs import climbed
from ..models.components import constrained, numbered, separator
from ..models.made import insist_family, insist_scalar, make
from ..models.search import exchanged, search, why_none
from ..models.spikes import can_spike
from ..models.starts import Search
from ..within import not_within
from .fit import SequenceFit
from .forward import Emission, filtered, log_likelihood_terms, smoothed
from .hidden_law import HiddenLaw, HiddenSetting
from .never_stays import onto_edges
from .sequence import Terms
from .series import Series, pieces_of
from .stationary import stationary_terms

__all__ = ["HiddenMarkov", "HiddenMarkovFit", "HiddenMarkovModel"]

Array = np.ndarray


def HiddenMarkov(family: type[Family], states: int) -> type[HiddenMarkovModel]:
    """Return the model of values whose family's parameters depend on a state that is not seen and is a Markov chain.

    The parameters are the transition probabilities between different states, `transition12` from state 1 to state 2, and
    those of the family with the number of their state, as in a `Mixture`: rate1, rate2. States are ordered by their means.
    Equal calls return the identical model.

    Parameters
    ----------
    family : any family of numbers.
    states : how many states, 2 or more.

    Raises
    ------
    DataError : for anything else.

    Source: Baum et al. (1970); Zucchini and MacDonald (2009).

    >>> from mlecore import Poisson
    >>> f = HiddenMarkov(Poisson, 2).fit([1, 0, 2, 1, 9, 7, 8, 11, 0, 1, 1, 9, 10, 8])
    >>> f.names
    ('transition12', 'transition21', 'rate1', 'rate2')
    """
    insist_family("HiddenMarkov", family)
    insist_scalar("HiddenMarkov", family)
    if isinstance(states, bool) or not (isinstance(states, numbers.Integral) and states >= 2):
        raise DataError(
            f"HiddenMarkov needs the number of states, 2 or more, as in HiddenMarkov(Poisson, 2); got {states!r}"
        )
    count = int(states)
    between, each = separator(count), range(1, count + 1)
    moves = tuple(f"transition{i}{between}{j}" for i in each for j in each if i != j)
    domains, attributes = numbered((family,) * count, dict.fromkeys(moves, Unit()))
    attributes |= {"moves": moves, "domains": domains, "support": family.support}
    name = f"HiddenMarkov({family.__name__}, {count})"
    return make(HiddenMarkovModel, HiddenMarkov, (family, count), name, {}, attributes)  # type: ignore[arg-type,return-value]


class HiddenMarkovFit(SequenceFit):
    """The fit of a hidden Markov model: a `SequenceFit` that says what it knows of the states."""

    def responsibilities(self) -> Array:
        """Return the probability of each state at each time given all values, shape (T, states)."""
        self._single("a state's probability")
        return np.concatenate([self.dist.responsibilities(x) for x in self.series.pieces()])

    def states(self) -> Array:
        """Return the most probable sequence of states, counted from 1 as the parameters are (Viterbi's path)."""
        self._single("a sequence of states")
        return np.concatenate([self.dist.states(x) for x in self.series.pieces()])


class HiddenMarkovModel(HiddenLaw):
    """What all hidden Markov models share; make one with `HiddenMarkov`."""

    weight_names: ClassVar[tuple[str, ...]] = ()
    _fits = HiddenMarkovFit
    _namesakes = staticmethod(exchanged)

    def __init__(self, start: Any = "stationary", **params: Any) -> None:
        setting = self._setting(start=start)
        vars(self).update(vars(self._checked(setting, params)))

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    @answering
    def fit(
        cls,
        x: Any,
        *,
        start: Any = "stationary",
        starts: int = 20,
        rng: np.random.Generator | int = 0,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | None = None,
    ) -> HiddenMarkovFit:
        """Return the highest maximum inside the domain that was found from several starts, as for a `Mixture`.

        Parameters
        ----------
        x : values in their order, or a list of independent sequences.
        start : the law of the first state: "stationary", that of the chain; "free", the state that makes the values
            likeliest, which is the maximum over all laws; or the probabilities of the states.
        starts : from how many places to climb; see `Mixture`.
        rng : what draws them.
        fixed : parameters held at given values.
        prior : refused: the search looks at the likelihood alone.

        Raises
        ------
        RegularityError : for priors.
        NoMLEError : where no start ended at a maximum inside.
        DataError, SupportError : for values that the family cannot take.

        >>> from mlecore import Normal
        >>> x = [0.1, -0.2, 0.0, 0.3, 5.1, 4.8, 5.3, 5.0, 0.2, -0.1, 0.1, 4.9, 5.2]
        >>> HiddenMarkov(Normal, 2).fit(x).states()
        array([1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 2, 2])
        """
        if prior is not None:
            raise RegularityError(
                f"{cls.__name__} takes no priors: its search looks at the likelihood alone. Hold parameters with fixed="
            )
        series = cls.statistics(x, start=start)
        likelihood = cls._likelihood(series, fixed, None)
        likelihood.search = Search.of(starts, rng)  # type: ignore[attr-defined]
        return cls._at_top(likelihood)  # type: ignore[return-value]

    @classmethod
    def _read(cls, data: Any, **options: Any) -> tuple[list[Array], Any]:
        pieces = pieces_of(data)
        cls.components[0].statistics(np.concatenate(pieces))  # refuses what the family cannot take
        setting = cls._setting(**options)
        if setting.start == "free" and len(pieces) > 1:
            raise DataError(
                "start='free' is for one sequence: of several give the probabilities of the first states, or 'stationary'"
            )
        return pieces, setting

    @classmethod
    def _setting(cls, start: Any = "stationary") -> HiddenSetting:
        if isinstance(start, str) and start in ("stationary", "free"):
            return HiddenSetting(start)
        law = np.zeros(0) if isinstance(start, str) else np.asarray(start, dtype=float)
        good = law.shape == (len(cls.components),) and bool((law >= 0).all())
        if good and abs(law.sum() - 1.0) <= 1e-8:
            return HiddenSetting(tuple(law.tolist()))
        raise DataError(
            f"start must be 'stationary', 'free', or the {len(cls.components)} probabilities of the first state; got {start!r}"
        )

    @classmethod
    def _start_note(cls, series: Series) -> str:
        start = series.setting.start
        if start == "stationary":
            return "the first state has the stationary law of the chain"
        if start == "free":
            return "the first state is the one that makes the values likeliest; it is not counted among the parameters"
        return "the law of the first state is given"

    @classmethod
    def _domains(cls, setting: Any) -> dict[str, Domain]:
        return dict(cls.domains)

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        K = len(cls.components)
        rows = [cls.moves[i * (K - 1) : (i + 1) * (K - 1)] for i in range(K)]
        inside = np.all(
            [sum(np.asarray(params[n]) for n in row) <= 1.0 + 1e-12 for row in rows], axis=0
        )
        words = "transition probabilities of each row that add up to at most 1"
        return constrained(cls, params, inside, words)

    @classmethod
    def _make_room(cls, theta: Array, name: str, before: Array) -> Array:
        """Return all free scalars with the other moves out of a state in their old proportions, where one has moved."""
        if name not in cls.moves:
            return theta
        K, k = len(cls.components), cls.moves.index(name)
        others = [i for i in range(k - k % (K - 1), k - k % (K - 1) + K - 1) if i != k]
        with np.errstate(all="ignore"):
            shrink = (1.0 - theta[..., k]) / (1.0 - before)
        theta[..., others] *= np.where(np.isfinite(shrink), shrink, 1.0)[..., None]
        return theta

    @classmethod
    def again(cls, components: Any) -> type[HiddenMarkovModel]:
        """Return a model with another number of states."""
        return HiddenMarkov(components[0], len(components))

    # -- the likelihood ------------------------------------------------------------------------------

    def _terms(self, series: Series, order: int) -> Terms:
        parts = [self._terms_of(x, order) for x in series.pieces()]
        return tuple(sum(column) for column in zip(*parts, strict=True))  # type: ignore[misc]

    def _terms_of(self, x: Array, order: int) -> Terms:
        """Return the terms of one sequence."""
        f, shift = self._scaled(x)
        G = self.transition
        first = self._first(f)
        if not order:
            return (filtered(first, G, f, False)[0] + shift,)
        p, K = self.theta.shape[-1], len(self.components)
        moves = np.argwhere(~np.eye(K, dtype=bool))
        start = [first, np.zeros((*first.shape[:-1], p, K)), np.zeros((*first.shape[:-1], p, p, K))]
        if self.setting.start == "stationary":
            dG = np.zeros((p, K, K))
            for a, (i, j) in enumerate(moves):
                dG[a, i, j], dG[a, i, i] = 1.0, -1.0
            start = list(stationary_terms(G, dG))
        terms = log_likelihood_terms(start[: order + 1], G, moves, f, self._emissions(x, order))
        return (terms[0] + shift, *terms[1:])

    def _emissions(self, x: Array, order: int) -> list[Emission]:
        """Return how the densities of the values in each state move with its parameters."""
        unique, back = np.unique(x, return_inverse=True) if self.support.whole else (x, slice(None))
        names, emissions = self.parameter_names, []
        for names_here, member in zip(self.columns, map(lifted, self.members), strict=True):
            places = np.array([names.index(n) for n in names_here.values() if n in names])
            s = np.nan_to_num(member.score(unique))
            bend = np.zeros(0)
            if order > 1:
                bend = np.nan_to_num(member._hessian_of_each(unique))[..., back, :, :]
            emissions.append(Emission(places, s[..., back, :], bend))
        return emissions

    @classmethod
    def _one_pass(cls) -> bool:
        return False  # a height costs a fraction of what a Hessian does

    # -- fitting -------------------------------------------------------------------------------------

    @classmethod
    def _expected(cls, likelihood: Any, full: Array) -> tuple[Array, ...]:
        """Return how probable each state is at each time, a row for each row of `full`, how high that is, and the moves."""
        d = likelihood.layout.distribution(full, likelihood.known)
        laws, height, moves = [], 0.0, 0.0
        for x in likelihood.statistic.pieces():
            f, shift = d._scaled(x)
            first = np.broadcast_to(d._first(f), (len(full), len(cls.components)))
            value, law, times = smoothed(first, d.transition, f)
            laws.append(np.moveaxis(law, -1, -2))
            height, moves = height + value + shift, moves + times
        return np.concatenate(laws, axis=-1), height, moves  # type: ignore[return-value]

    @classmethod
    def _mixing(cls, likelihood: Any, size: Array, moves: Array | None = None) -> Array:
        """Return the transition probabilities from how often each is expected; at first from how long states may last."""
        K, rows = len(cls.components), len(size)
        if moves is None:
            stay = np.array([0.9, 0.6, 1.0 / K])[np.arange(rows) % 3]
            off = np.repeat(((1.0 - stay) / (K - 1))[:, None], K * (K - 1), axis=1)
        else:
            # A state that is hardly there moves as if it had been seen a little everywhere.
            shares = moves + 1e-8
            shares = shares / shares.sum(axis=-1, keepdims=True)
            off = shares[:, ~np.eye(K, dtype=bool)]
        held = {i: v for i, v in likelihood.held.items() if i < off.shape[1]}
        if held:
            off = off.reshape(rows, K, K - 1)
            fixed = np.zeros((K, K - 1), dtype=bool)
            fixed.reshape(-1)[list(held)] = True
            value = np.zeros((K, K - 1))
            value.reshape(-1)[list(held)] = list(held.values())
            left = 1.0 - value.sum(axis=-1, keepdims=True)
            rest = 1.0 - np.where(fixed, off, 0.0).sum(axis=-1, keepdims=True)
            off = np.where(fixed, value, off * left / rest).reshape(rows, -1)
        return off

    @classmethod
    def _permuted(cls, layout: Any, d: Any, order: Array) -> Array:
        """Return all transition probabilities with the states in another order."""
        K = len(cls.components)
        return d.transition[np.ix_(order, order)][~np.eye(K, dtype=bool)]

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        with np.errstate(all="ignore"):
            return cls._searched(likelihood, near)

    @classmethod
    def _searched(cls, likelihood: Any, near: Array | None) -> tuple[Solution, Array]:
        batch = likelihood.batch_shape
        if near is None and not batch:
            found = likelihood.found = search(likelihood)
            return Solution({}, found.iterations, found.converged, found.notes), found.theta
        if near is None:
            near = search(likelihood.at(0)).theta
        count, flat = int(np.prod(batch)), likelihood._flat(batch)
        begin = np.broadcast_to(near, (*batch, near.shape[-1])).reshape(count, -1)
        theta, _, converged, iterations = climbed(flat, begin)
        shape = (*batch, theta.shape[-1])
        return (
            Solution({}, iterations.reshape(batch)[()], converged.reshape(batch)[()]),
            theta.reshape(shape),
        )

    @classmethod
    def _onto_edges(cls, likelihood: Any, top: Any) -> Any:
        return onto_edges(likelihood, top, len(cls.components))

    def _at_edge_where(self, free: Collection[str]) -> tuple[Array, str]:
        stay = np.diagonal(self.transition, axis1=-2, axis2=-1)
        K = len(self.components)
        open_ = [{*self.moves[i * (K - 1) : (i + 1) * (K - 1)]} & {*free} for i in range(K)]
        never = (stay <= 1e-12) & np.array([K > 2 and bool(names) for names in open_])
        which = listed(np.flatnonzero(np.any(never.reshape(-1, K), axis=0)) + 1)
        return never.any(axis=-1), (
            f"the chain never stays in state {which}, so that the probabilities of leaving it add up to 1, on the boundary, "
            "where the slope need not be zero"
        )

    @classmethod
    def _insist_estimable(cls, likelihood: Any) -> None:
        t = likelihood.statistic
        x = t.values
        if x.min() == x.max() and can_spike(cls, t, likelihood.fixed):
            raise NoMLEError(
                "all values are equal, so the density at them grows without bound as the family of a state shrinks to that point"
            )

    @classmethod
    def _lost(cls, likelihood: Any, full: Array) -> Exception:
        if not hasattr(likelihood, "found"):
            return super()._lost(likelihood, full)
        reason, _ = why_none(likelihood)
        limit, series = None, likelihood.statistic
        if not likelihood.held:  # what is left where states merge, or are never there
            with suppress(NoMLEError, ConvergenceError):
                limit = cls._fewer(series, likelihood.known)
        return NoMLEError(
            f"{cls.__name__} has no maximum likelihood estimate here: {reason}", limit
        )

    @classmethod
    def _fewer(cls, series: Series, known: Mapping[str, Any]) -> Any:
        """Return the fit of one state less: of the family itself where two states are one."""
        fewer = cls.components[:-1]
        if len(fewer) == 1:
            return fewer[0].fit(series.predicted, fixed=dict(known))
        if not isinstance(series.setting.start, str):
            return None
        return cls.again(fewer).fit(list(series.pieces()), start=series.setting.start, fixed=known)

    @classmethod
    def _guess(cls, series: Series) -> Array:
        raise RegularityError(f"{cls.__name__} takes no priors: hold parameters with fixed=")

    def contains_independent(self, small: Any, held: Mapping[str, Any]) -> str:
        """Say where a mixture, whose states forget each other, or a single family lies within; or refuse."""
        one = getattr(small.family, "components", (small.family,))
        if set(one) != set(self.components) or len(one) > len(self.components):
            raise not_within(small.called, self.called)
        if self.setting.start != "stationary" or held or small.held:
            why = " where parameters are held, or the first state is not drawn as all others: start='stationary'"
            raise not_within(small.called, self.called, why)
        if len(one) == len(self.components):
            return ""  # the rows of the transition matrix are equal: the weights
        return f"fewer states than those of {self.called} leave some of its parameters undetermined"

    def lies_within(self, large: Any) -> str:
        """Say why a likelihood ratio of fewer states within more is no chi-square; or refuse."""
        one, other = self.components, getattr(large, "components", ())
        if other[:1] != one[:1] or len(one) > len(other) or self.setting != large.setting:
            raise DataError(
                "the fits are not nested: fewer states lie within more of the same family and start"
            )
        return "fewer states leave the transition probabilities of more undetermined"
