"""A statistic in a file, so that tomorrow's data add to today's.

The file is NumPy's `.npz`: arrays by name, never a pickle, so that reading one runs no code. It says which version of the
layout it has, of which family the statistic is, and its fields; those that are statistics themselves have a path of names.
"""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from . import families
from .domains import Support
from .errors import DataError
from .statistics import Parts, Sample, Statistic

__all__ = ["load_statistic", "save"]

Array = np.ndarray

_FORMAT, _VERSION = "mlecore statistic", 1


def save(t: Statistic, path: str | os.PathLike[str]) -> None:
    """Write a statistic to a file; an older file of that name is replaced once the new one is whole."""
    columns = {
        "format": np.array(_FORMAT),
        "version": np.array(_VERSION),
        "family": np.array("" if t.family is None else t.family.__name__),
        **_columns(t, "statistic"),
    }
    path = Path(path)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez(file, **columns)
    part.replace(path)


def load_statistic(path: str | os.PathLike[str], family: Any = None) -> Statistic:
    """Return the statistic that `statistic.save(path)` has written.

    Parameters
    ----------
    path : of the file.
    family : the family of the statistic, which is needed where it is one of your own, or made of others, as
        `Truncated(Poisson, low=1)`.

    Raises
    ------
    DataError : for a file that is none, of a later version, or of another family.
    FileNotFoundError : where there is no file.

    >>> import tempfile, os
    >>> from mlecore import Poisson
    >>> path = os.path.join(tempfile.mkdtemp(), "monday.npz")
    >>> Poisson.statistics([2, 4]).save(path)
    >>> Poisson.fit(load_statistic(path) + Poisson.statistics([6])).params
    {'rate': 4.0}
    """
    try:
        # NumPy leaves a file open that it has opened itself and cannot read.
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            columns = dict(file)
        found, version = str(columns["format"]), int(columns["version"])
        written = str(columns["family"])
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever the reader of archives says of one that is damaged
        raise DataError(f"{path} is no file that statistic.save has written") from error
    if found != _FORMAT:
        raise DataError(f"{path} is no file that statistic.save has written")
    if version != _VERSION:
        raise DataError(
            f"{path} has version {version} of the layout, and this mlecore reads version {_VERSION}: use the mlecore that "
            "wrote it, or a later one, or make the statistic anew"
        )
    if family is None and written:
        family = getattr(families, written, None)
        if family is None:
            raise DataError(
                f"{path} holds the statistic of {written}, which is not one of mlecore's own families: give it, "
                "load_statistic(path, family)"
            )
    if family is not None and family.__name__ != written:
        raise DataError(
            f"{path} holds the statistic of {written or 'no family'}, not of {family.__name__}"
        )
    try:
        t = _statistic(columns, "statistic").of_family(family)
        said = t.fault(Support()) if family is None else family._fault(t)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DataError(f"{path} is damaged: {error} is missing or wrong") from error
    if said:
        raise DataError(f"{path} is damaged, or was edited by hand: {said}")
    return t


def _columns(t: Statistic, path: str) -> dict[str, Array]:
    """Return the fields of a statistic as arrays by their paths."""
    columns: dict[str, Array] = {path: np.array(type(t).__name__)}
    for f in fields(t):
        value, name = getattr(t, f.name), f"{path}.{f.name}"
        if isinstance(value, Statistic):
            columns |= _columns(value, name)
        elif isinstance(value, Parts):
            columns |= {f"{name}.{k}": v for k, v in value._asdict().items()}
        elif f.name == "weights" and isinstance(t, Sample) and not t.weighted:
            columns[name] = np.array(1.0)  # a view of a single 1
        else:
            columns[name] = np.array("") if value is None else np.asarray(value)
        if name in columns and columns[name].dtype.kind not in "fiubU":
            raise DataError(
                f"a {type(t).__name__} cannot be kept in a file: save the data that it was made from"
            )
    return columns


def _statistic(columns: dict[str, Array], path: str) -> Any:
    """Return the statistic whose fields have paths that begin so."""
    kind = _kinds()[str(columns[path])]
    found: dict[str, Any] = {}
    for f in fields(kind):
        name = f"{path}.{f.name}"
        if f"{name}.low" in columns:
            found[f.name] = Parts(*(columns[f"{name}.{k}"] for k in Parts._fields))
        elif columns[name].dtype.kind == "U":  # nothing, where nothing was seen exactly
            found[f.name] = _statistic(columns, name) if str(columns[name]) else None
        else:
            found[f.name] = columns[name][()]
    if issubclass(kind, Sample) and not np.ndim(found["weights"]):
        if found["weights"] != 1.0:
            raise ValueError(f"{path}.weights")
        found["weights"] = np.broadcast_to(1.0, found["values"].shape)
    if isinstance(found.get("span"), np.ndarray):
        found["span"] = tuple(found["span"].tolist())
    return kind(**found)


def _kinds() -> dict[str, type[Statistic]]:
    """Return all kinds of statistics by name."""
    found, waiting = {}, [Statistic]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting += kind.__subclasses__()
    return found
