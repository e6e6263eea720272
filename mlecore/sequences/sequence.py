"""Sequences: one factorisation, log L(theta) = sum_t log f(x_t | the past), and the engine of all other likelihoods.

A sequence model is to `Likelihood` what a family is: it has parameters with domains, and a log-likelihood with its slope and
Hessian. So standard errors, intervals, tests, profiles and criteria are those of any fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..domains import Domain, Layout, Support
from ..errors import ConvergenceError, DataError, RegularityError, listed
from ..family import Solution
from ..likelihood import Likelihood
from ..priors import MODE, Penalised
from ..regular import Regular
from ..within import not_within
from .fit import SequenceFit
from .layout import ParameterLayout
from .series import Series, pieces_of

__all__ = ["Sequence", "Terms"]

Array = np.ndarray
#: the log-likelihood, its slope and its Hessian, as many of them as were asked for
Terms = tuple[Array, ...]


class Sequence(Regular):
    """A model of values in order; its subclasses are models, their instances have values for the parameters.

    An instance keeps `setting`, `theta`, the free scalars on the last axis, and `known` parameters. A subclass writes

    - `_setting(**options)`: what the parameters depend on, checked and hashable, such as the order; `_least(setting)`: how
      many first values of a sequence it conditions on; `_start_note(series)`: how a sequence starts, in words;
    - `_domains(setting)`: the parameters by name, with their domains; `_constraint(params)` where they share one;
    - `_terms(series, order)`: the log-likelihood and, for order 1 and 2, its slope and Hessian in the free scalars, exact.
      `theta` may be a batch, (..., p);
    - `_one_step(series)`: the law of each predicted value given its past, one batch of a family of the package, whose
      log_prob adds up to the log-likelihood: residuals are made from it;
    - `_ahead(series, steps)`: the law of each of the next values; `_draw(rng, n, before)`: n values that follow `before`;
    - `_guess(series)`: all free scalars to climb from, or `_find(likelihood, near)`: the maximum itself;
    - `_insist_estimable(likelihood)`: raises NoMLEError, or DataError, where the data show that there is no maximum.
    """

    units: ClassVar[Mapping[str, float]] = {}
    support: ClassVar[Support] = Support()
    _contains: ClassVar[Mapping[type, Mapping[str, Any]]] = {}
    #: what its fits are
    _fits: ClassVar[type[SequenceFit]] = SequenceFit

    setting: Any
    theta: Array
    known: Mapping[str, Array]

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    def statistics(
        cls,
        data: Any,
        weights: ArrayLike | None = None,
        *,
        axis: None = None,
        given: int | None = None,
        **options: Any,
    ) -> Series:
        """Check a sequence, or a list of several, and return it as its own statistic; what is one passes through.

        Parameters
        ----------
        data : values in their order; a list of sequences that are independent of each other.
        given : how many first values of each sequence are conditioned on: by default as few as the model needs.
        options : the settings of the model, as in its fit.

        Raises
        ------
        DataError : for weights or an axis, sequences that are too short, values that are no finite numbers.
        """
        if isinstance(data, Series):
            return data
        cls._refuse_weights(weights, axis)
        pieces, setting = cls._read(data, **options)
        given = cls._given([len(piece) for piece in pieces], setting, given)
        return Series.of(pieces, given, setting).of_family(cls)

    @classmethod
    def _refuse_weights(cls, weights: Any, axis: Any) -> None:
        if weights is not None or axis is not None:
            what = "weights: a value in a sequence is there once, in its place"
            raise DataError(
                f"{cls.__name__} takes no {what if weights is not None else 'axis: give several sequences as a list'}"
            )

    @classmethod
    def _given(cls, lengths: Iterable[int], setting: Any, given: int | None) -> int:
        """Return how many first values are conditioned on, after checking that some are left."""
        least = cls._least(setting)
        given = least if given is None else given
        if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < least:
            raise DataError(
                f"given, the number of first values that are conditioned on, must be a whole number >= {least} here; got "
                f"{given!r}"
            )
        lengths = list(lengths)
        for k, length in enumerate(lengths):
            if length <= given:
                which = f"sequence {k} has" if len(lengths) > 1 else "the sequence has"
                need = f"{given + 1} or more" + (
                    f", as {given} are conditioned on" if given else ""
                )
                raise DataError(f"{which} {length} value(s), and {cls.__name__} needs {need}")
        return int(given)

    @classmethod
    def _goes_on(cls, after: Any, series: Series) -> Series:
        """Return another sequence, read as the one of the fit was, to predict what comes after it."""
        pieces = pieces_of(after, "after")
        cls._insist_some(map(len, pieces))
        return Series.of(pieces, 0, series.setting)

    @staticmethod
    def _insist_some(lengths: Iterable[int]) -> None:
        if not all(lengths):
            raise DataError(
                "after, the sequence to go on from, is empty: give one value or more, or leave it out to go on from the fit's"
            )

    @classmethod
    def _read(cls, data: Any, **options: Any) -> tuple[list[Array], Any]:
        """Return the sequences as arrays of numbers, and the setting."""
        return pieces_of(data), cls._setting(**options)

    @classmethod
    def _setting(cls) -> Any:
        return None

    @classmethod
    def _least(cls, setting: Any) -> int:
        return 0

    @classmethod
    def _start_note(cls, series: Series) -> str:
        """Say how the sequences start."""
        if not series.given:
            return ""
        values = "value" if series.given == 1 else f"{series.given} values"
        whose = "" if len(series.lengths) == 1 else " of each sequence"
        return f"the likelihood is conditional on the first {values}{whose}"

    @classmethod
    def _domains(cls, setting: Any) -> dict[str, Domain]:
        raise NotImplementedError

    @classmethod
    def _layout(cls, series: Series) -> Layout:
        return cls._layout_at(series.setting)

    @classmethod
    def _layout_at(cls, setting: Any) -> Layout:
        return ParameterLayout(cls, setting)

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        return None

    # -- a member ----------------------------------------------------------------------------------

    @classmethod
    def _member(cls, setting: Any, theta: Array, known: Mapping[str, Array] | None = None) -> Any:
        """Return a member, unchecked."""
        self = object.__new__(cls)
        vars(self).update(setting=setting, theta=np.asarray(theta, dtype=float), known=known or {})
        return self

    @classmethod
    def _checked(cls, setting: Any, params: Mapping[str, Any]) -> Any:
        """Return a member from parameters by name, all of them and inside their domain."""
        layout = cls._layout_at(setting)
        wanted = {*layout.names, *layout.known_domains}
        if set(params) != wanted:
            raise DataError(
                f"{cls.__name__} needs {listed(layout.parameters)}; got {listed(params, 'nothing')}"
            )
        known, held = layout.split(params, word="")
        for name, value in params.items():
            if np.ndim(value):
                raise DataError(f"{name} must be one number, got shape {np.shape(value)}")
        theta = np.array([float(held[i]) for i in range(len(layout.names))])
        if not layout.contains(theta):
            shared = cls._constraint(layout.unflatten(theta))
            words = shared[1] if shared else "parameters inside their domains"
            raise DataError(f"{cls.__name__} needs {words}; got {dict(params)}")
        return cls._member(setting, theta, known)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} is frozen: make another one")

    @classmethod
    def _called(cls, series: Series) -> str:
        """Return what messages call it."""
        return cls._words(series.setting)

    @classmethod
    def _words(cls, setting: Any) -> str:
        """Return the name with those settings that tell one model from another."""
        return cls.__name__

    @property
    def called(self) -> str:
        """What a summary calls it."""
        return self._words(self.setting)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name."""
        layout = self._layout_at(self.setting)
        theta = self.theta
        values = {
            name: theta[..., i] if theta.ndim > 1 else float(theta[i])
            for i, name in enumerate(layout.names)
        }
        return {name: values.get(name, self.known.get(name)) for name in layout.parameters}

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """One name for each free scalar."""
        return self._layout_at(self.setting).names

    def __repr__(self) -> str:
        inside = (
            listed(f"{name}={float(value):.6g}" for name, value in self.params.items())
            if self.theta.ndim == 1
            else f"batch of {self.theta.shape[:-1]}"
        )
        return f"{self.called}({inside})"

    def sample(self, n: int, rng: np.random.Generator | int | None = None) -> Array:
        """Return one sequence of n values, drawn from the model."""
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise DataError(
                f"n, the length of the sequence, must be a whole number >= 1; got {n!r}"
            )
        return self._draw(np.random.default_rng(rng), int(n), np.zeros(0))

    def _draw(self, rng: np.random.Generator, n: int, before: Array) -> Array:
        raise NotImplementedError

    def _again(self, series: Series, rng: np.random.Generator) -> Series:
        """Return sequences of the same lengths, and after the same values that are conditioned on, drawn anew."""
        drawn = series.redrawn(lambda n, before: self._draw(rng, n, before))
        return drawn.of_family(type(self))

    def contains_independent(self, small: Any, held: Mapping[str, Any]) -> str:
        """Say why a likelihood ratio of independent values within this model is no chi-square, "" where it is; or refuse.

        `small` is their likelihood; `held` is what this model holds.
        """
        raise not_within(small.called, self.called)

    @classmethod
    def _read_as(cls, drawn: Series, series: Series) -> Series:
        """Return the values of one series, read as another one was."""
        return Series.of(list(drawn.pieces()), series.given, series.setting).of_family(cls)

    def _one_step(self, series: Series) -> Any:
        raise NotImplementedError

    def _ahead(self, series: Series, steps: int) -> Any:
        raise NotImplementedError

    # -- formulas: what Likelihood asks of a family ------------------------------------------------

    def _terms(self, series: Series, order: int) -> Terms:
        raise NotImplementedError

    def _together(self, series: Series) -> Terms:
        return self._terms(series, 2)

    def _log_likelihood(self, series: Series) -> Array:
        return self._terms(series, 0)[0]

    def _score_vector(self, series: Series) -> Array:
        return self._terms(series, 1)[1]

    def _hessian_matrix(self, series: Series) -> Array:
        return self._terms(series, 2)[2]

    def _information_matrix(self) -> Array:
        raise RegularityError(
            f"the expected information of {self.called} is not known in closed form: use the observed one, or "
            "method='lr'"
        )

    @classmethod
    def _knows_information(cls) -> bool:
        return False

    @classmethod
    def _one_pass(cls) -> bool:
        return True

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _fit(
        cls,
        x: Any,
        *,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | None = None,
        given: int | None = None,
        **options: Any,
    ) -> SequenceFit:
        """Read a sequence and return the fit to it; a model's `fit` lists its options and calls this."""
        return cls._fitted(cls.statistics(x, given=given, **options), fixed, prior)

    @classmethod
    def _fitted(
        cls,
        series: Series,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | None = None,
        near: Array | None = None,
    ) -> SequenceFit:
        """Return the fit to what has been read, climbed to from full vectors `near` where these are given."""
        return cls._at_top(cls._likelihood(series, fixed, prior), near)

    @classmethod
    def _at_top(cls, likelihood: Any, near: Array | None = None) -> SequenceFit:
        """Return the fit at the maximum of a likelihood."""
        for name, value in likelihood.fixed.items():
            if np.ndim(value):
                raise DataError(
                    f"fixed {name} must be one number, got shape {np.shape(value)}; for the likelihood along a grid of "
                    "values use fit.likelihood.profile"
                )
        cls._insist_estimable(likelihood)
        with np.errstate(all="ignore"):
            solution, full = cls._find(likelihood, near)
        if not solution.converged:
            raise cls._lost(likelihood, full)
        series = likelihood.statistic
        start = cls._start_note(series)
        return cls._fits(
            dist=likelihood.layout.distribution(full, likelihood.known),
            likelihood=likelihood,
            theta=np.array(full[likelihood.free]),
            n=series.n,
            converged=True,
            iterations=int(solution.iterations),
            notes=(*solution.notes, *(start,) * bool(start), *MODE * likelihood.penalised),
        )

    @classmethod
    def _lost(cls, likelihood: Any, full: Array) -> Exception:
        """Return what is raised where no maximum was found."""
        return ConvergenceError(
            f"the climb to the maximum of {likelihood!r} ended at {likelihood.layout.distribution(full, likelihood.known)}, "
            "which is none: the likelihood may rise without end there. Plot its profile, or fix a parameter"
        )

    @classmethod
    def _likelihood(
        cls, series: Series, fixed: Mapping[str, Any] | None, prior: Mapping[str, Any] | None
    ) -> Likelihood:
        likelihood = Likelihood(cls, series, fixed=fixed)
        return likelihood if prior is None else Penalised.of(likelihood, prior)

    @classmethod
    def _insist_estimable(cls, likelihood: Any) -> None:
        """Raise where the data alone show that there is no maximum."""

    @classmethod
    def _guess(cls, series: Series) -> Array:
        """Return all free scalars to climb from."""
        raise NotImplementedError

    @classmethod
    def _found(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the solution as `_find` does: a series is in memory."""
        return cls._find(likelihood, near)

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the maximum: by a climb."""
        top = likelihood.mode(near) if likelihood.penalised else likelihood.climbed(near)
        return Solution({}, top.iterations, top.converged), top.theta

    @classmethod
    def _rough(cls, series: Series, known: Mapping[str, Any]) -> dict[str, Any]:
        return cls._layout(series).unflatten(np.asarray(cls._guess(series), dtype=float))

    @classmethod
    def _without_mle(cls, likelihood: Any) -> None:
        cls._insist_estimable(likelihood)
