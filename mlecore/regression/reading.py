"""The rows of a regression of any parameters, as `Family.regress` is given them: read, and refused where they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import insist_not_itself, insist_one_index, numeric, present
from ..errors import DataError, RegularityError, SupportError
from ..habits import no_parameter
from ..links import link_of
from ..observations import PartlySeen
from .columns import columns
from .general import Constant, ParameterRegression, short_for
from .observations import Design, Observations, called_by, insist_flag, offset_of
from .responses import Model, Responses

__all__ = ["as_mapping", "by_parameter", "insist_numbers", "read_rows"]

Array = np.ndarray


def read_rows(
    family: Any,
    y: Any,
    X: Mapping[str, Any],
    weights: Any = None,
    offset: Any = None,
    link: Any = None,
    fixed: Any = None,
    intercept: bool = True,
    penalised: bool = False,
) -> tuple[Observations, dict[str, Any]]:
    """Return the rows of a regression of some parameters of a family, and what is held, after checking them.

    The arguments are those of `Family.regress`; X has the columns by the parameter that follows from them.

    >>> from mlecore import Exponential
    >>> rows, held = read_rows(Exponential, [1.0, 3.0], {"rate": [0.0, 1.0]}, intercept=False)
    >>> rows.coefficients, held
    (('x1',), {})
    """
    insist_flag(intercept)
    names = insist_numbers(family)
    offset, link = (
        by_parameter(family, names, X, given, what)
        for given, what in ((offset, "offset"), (link, "link"))
    )
    followed = [n for n in names if n in X or n in offset or n in link]
    fixed = as_mapping(fixed, names)
    if not followed:
        raise DataError(
            f"say which parameter follows from what, as in {family.__name__}.regress(y, {names[0]}=X); parameters are "
            f"{', '.join(names)}"
        )
    if isinstance(y, PartlySeen) and y.weights is not None:
        if weights is not None:
            raise DataError(
                "weights were given with the partly seen values already; give them once"
            )
        weights = y.weights
    beside = called_by("offset", offset) | called_by("fixed", fixed)
    labels = insist_one_index({**X, "y": y, "weights": weights, **beside})
    for table in X.values():
        insist_not_itself(table, y)
    n = len(y) if isinstance(y, PartlySeen) or hasattr(y, "__len__") else 0
    w = None if weights is None else numeric(weights, "weights")
    known, each, held = _given(family, followed, fixed, n, w)
    designs, links = [], []
    alone = len(followed) == 1
    # Columns that are mostly zeros stay so where the formulas in the one predictor are written out.
    stays_sparse = len(names) == 1 and not penalised and not isinstance(y, PartlySeen)
    stays_sparse &= (
        short_for(family, link_of(link.get(names[0]), names[0], family.domains[names[0]]))
        is not None
    )
    for name in names:
        domain = family.domains[name]
        if name in followed:
            designs.append(
                _design(
                    X.get(name),
                    name,
                    n,
                    w,
                    offset.get(name),
                    intercept,
                    "" if alone else f"{name}_",
                    [other for other in names if other not in followed],
                    stays_sparse,
                )
            )
            links.append(link_of(link.get(name), name, domain))
            continue
        lead = each.get(name)
        none = np.zeros((n, 0))
        designs.append(Constant(none, (), lead is None, np.zeros(0), lead, name))
        links.append(link_of("identity", name, domain))
    constant = tuple(n not in followed and n not in each for n in names)
    model = Model(family, tuple(links), constant)
    responses = Responses.of(model, y, w, known)
    _insist_known(responses, w)
    rows = Observations.of(tuple(designs), responses, weights, labels=labels)
    rows.y.ready()
    called = ParameterRegression._coefficient_names(rows)
    for name in called:
        if called.count(name) > 1:
            raise DataError(f"two coefficients would be called {name!r}: rename a column")
    free = {*names} - {*each} - {*held}
    _insist_smooth(family, free)
    return rows, held


def insist_numbers(family: Any) -> tuple[str, ...]:
    """Return the parameters that are estimated, after checking that they and the observations are numbers."""
    if not family._complete:
        family._insist_complete()
    vectors = [name for name, domain in family.domains.items() if domain.event_ndim]
    if family.event_ndim or vectors:
        instead = ": SoftmaxRegression is for classes" * (family.__name__ == "Categorical")
        raise DataError(
            f"regress is for families of numbers whose parameters are numbers, and {family.__name__} has "
            f"{'observations' if family.event_ndim else vectors[0]} that are vectors{instead}"
        )
    return family._layout(None).names


def by_parameter(
    family: Any, names: Any, X: Mapping[str, Any], given: Any, what: str
) -> dict[str, Any]:
    """Return offsets or links by parameter; one alone belongs to the one parameter that follows from columns."""
    for name in X:
        if name not in names:
            raise no_parameter(family, name, names)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(X) != 1:
            raise DataError(
                f"say which parameter the {what} belongs to, as in {what}={{{names[0]!r}: ...}}"
            )
        return {next(iter(X)): given}
    for name in given:
        if name not in names:
            raise DataError(
                f"{what} is given for {name!r}, and {family.__name__} has the parameters {', '.join(names)}"
            )
    return dict(given)


def as_mapping(fixed: Any, names: Any) -> Mapping[str, Any]:
    """Return what is fixed by name."""
    if not (fixed is None or isinstance(fixed, Mapping)):
        raise DataError(f"fixed must be a dict such as {{{names[0]!r}: ...}}, got {fixed!r}")
    return fixed or {}


def _given(
    family: Any, followed: list[str], fixed: Mapping[str, Any], n: int, w: Array | None
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Any]]:
    """Part what is fixed into known parameters, one for each row, others that differ by row, and what is held."""
    known, each, held = {}, {}, {}
    for name, value in fixed.items():
        if name in followed:
            raise DataError(
                f"{name} follows from columns, and is fixed: leave out one of the two; a coefficient is held by its own name"
            )
        if name not in family.domains:
            held[name] = numeric(value, f"fixed {name}")
            if held[name].ndim:
                raise DataError(
                    f"fixed {name} must be one number, got shape {held[name].shape}: a coefficient is the same in all rows"
                )
            continue
        domain, value = family.domains[name], numeric(value, name)
        if value.ndim and value.shape != (n,):
            raise DataError(
                f"fixed {name} must be one number, or one for each of the {n} rows; got shape {value.shape}"
            )
        value = present(value, w) if value.ndim else value
        inside = np.asarray(domain.contains(value))
        if not inside.all():
            first = value[np.argmin(inside)] if inside.ndim else value
            raise DataError(f"fixed {name} must be {domain.describe()}, {domain.complaint(first)}")
        if domain.known:
            known[name] = np.array(np.broadcast_to(value, n))
        elif value.ndim:
            each[name] = np.array(value)
        else:
            held[name] = value
    missing = [k for k, domain in family.domains.items() if domain.known and k not in known]
    if missing:
        raise DataError(
            f"{family.__name__} needs a known {missing[0]}: give fixed={{{missing[0]!r}: ...}}, one number or one for each row"
        )
    return known, each, held


def _design(
    X: Any,
    name: str,
    n: int,
    w: Any,
    offset: Any,
    intercept: bool,
    prefix: str,
    others: list[str],
    sparse: bool,
) -> Design:
    """Return what a parameter follows from; an intercept alone where it has no columns."""
    lead = None if offset is None else offset_of(offset, n, w, f"the offset of {name}")
    if X is None:
        return Design(np.zeros((n, 0)), (), True, np.zeros(0), lead, prefix)
    reserved = ("intercept",) * bool(intercept) + tuple(others)
    values, names, center = columns(X, reserved, w, copy=True, sparse=sparse)
    if len(values) != n:
        across = f": give {name}=X.T" if values.shape[1] == n else ""
        raise DataError(
            f"y must have one value for each of the {len(values)} rows of {name}; it has {n}{across}"
        )
    return Design(values, names, bool(intercept), center, lead, prefix)


def _insist_known(y: Responses, w: Array | None) -> None:
    """Raise where a response contradicts what is known of its row."""
    if not y.known:
        return
    layout = y.model.layout
    d, _ = y._members([np.array([value]) for value in layout.interior])
    bad = ~np.broadcast_to(d._inside(y.x), y.shape)
    if y.seen is not None:
        bad &= y.seen.exact
    if bad.any():
        k = int(np.argmax(bad))
        what = ", ".join(f"{name} = {value[k]:g}" for name, value in y.known.items())
        raise SupportError(
            f"{y.model.family.__name__} with {what} cannot produce y[{k}] = {y.x[k]:g} ({int(bad.sum())} of {len(y)} rows "
            "are so). Correct the data or what is known"
        )


def _insist_smooth(family: Any, free: set[str]) -> None:
    """Raise where the likelihood has corners or ends, to which no slope leads."""
    corners = sorted(free & ({*family.corners} | {*family.irregular}))
    if family.information_only_expected and not corners:
        corners = sorted(free & {family.parameters[0]})
    if corners:
        raise RegularityError(
            f"the likelihood of {family.__name__} has a corner or an end in {', '.join(corners)}, to which no slope leads: "
            f"hold it with fixed={{{corners[0]!r}: ...}}, or choose a family with a smooth density"
        )
