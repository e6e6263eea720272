"""Log-likelihoods from a log-density, and their derivatives: by complex steps, or by differences.

A complex step gives a slope to the last digit where the density can be followed into the complex plane. Where it
cannot, which is settled by comparing the two at a harmless member, five-point differences serve.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from .domains import Layout
from .errors import DataError
from .members import lifted
from .statistics import Sample

__all__ = ["corner_of", "curvature", "log_likelihood", "slope"]

Array = np.ndarray

# Distances for differences, in units in which the mean log-density bends by one.
_STEP = 2.0**-10
# The size of a complex step, relative to the scalar, and of one from zero: too small for its square to be seen.
_COMPLEX, _FROM_ZERO = 1e-30, 1e-150


def _terms(d: Any, t: Sample) -> Array:
    """Return the log-density of each value, after checking that there is one for each."""
    try:
        with warnings.catch_warnings():
            # NumPy before 2.5 lets math.log have an array of one number, and warns.
            warnings.filterwarnings("error", "Conversion of an array", DeprecationWarning)
            value = np.asarray(lifted(d).log_density(t.values))
    except (TypeError, ValueError, DeprecationWarning) as error:
        if any(np.iscomplexobj(getattr(d, name)) for name in d.parameters):
            raise  # a function that takes no complex numbers: differences serve
        raise DataError(
            f"log_density of {type(d).__name__} does not take arrays of observations and parameters ({error}): write it "
            "with NumPy's functions, np.log for math.log and np.where for if"
        ) from error
    shape = np.broadcast_shapes(t.values.shape, (*d.batch_shape, 1))
    if value.shape != shape:
        if value.ndim == 0 and t.values.size > 1:
            raise DataError(
                f"log_density of {type(d).__name__} must return one value for each observation, and returned one for all "
                f"{t.values.size}: leave out the sum"
            )
        if value.ndim > len(shape) or any(
            m not in (1, n) for m, n in zip(value.shape[::-1], shape[::-1], strict=False)
        ):
            raise DataError(
                f"log_density of {type(d).__name__} must return one value for each observation: for an array of shape "
                f"{shape} it returned one of shape {value.shape}"
            )
        value = np.broadcast_to(value, shape)
    return value


def log_likelihood(self: Any, t: Sample) -> Array:
    return t.sum(_terms(self, t))


def _value(d: Any, t: Any) -> Array:
    return np.asarray(d._log_likelihood(t))


def slope(self: Any, t: Sample) -> Array:
    return _gradient(self, t)


def curvature(self: Any, t: Sample) -> Array:
    matrix = _differences(self, t, lambda d: _gradient(d, t))
    return 0.5 * (matrix + np.swapaxes(matrix, -1, -2))


def _theta(d: Any) -> Array:
    return d._own_layout().flatten_all({name: getattr(d, name) for name in d.parameters})


def _moved(d: Any, i: int, by: Any) -> Any:
    """Return the member with its i-th free scalar moved; the step may be complex."""
    layout = d._own_layout()
    theta = _theta(d)
    # A step of its own for each observation makes a batch of members of one.
    shape = np.broadcast_shapes(theta.shape[:-1], np.shape(by))
    theta = np.array(
        np.broadcast_to(theta, (*shape, theta.shape[-1])), dtype=np.result_type(theta, by)
    )
    theta[..., i] = theta[..., i] + by
    known = {name: getattr(d, name) for name in layout.known_domains}
    return layout.distribution(theta, known)


def _gradient(d: Any, t: Sample) -> Array:
    """Return the slope in the free scalars, on the last axis."""
    if not (d._writes_density and _takes_complex(type(d))):
        return _differences(d, t, lambda e: _value(e, t))
    columns = [t.sum(_complex_slope(d, t, i)) for i in range(len(d._own_layout().names))]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _complex_slope(d: Any, t: Sample, i: int) -> Array:
    theta = np.abs(_theta(d)[..., i])
    step = np.where(theta > 0, _COMPLEX * theta, _FROM_ZERO)
    return _terms(_moved(d, i, 1j * step), t).imag / step[..., None]


@cache
def _takes_complex(family: Any) -> bool:
    """Say whether complex steps give the slopes that differences give, at a harmless member."""
    if any(domain.event_ndim for domain in family.domains.values()):
        return False
    layout = Layout(family.domains, 1, family)
    point = layout.interior * 0.7 + 0.1
    known = {name: np.asarray(5.0) for name in layout.known_domains}
    d = layout.distribution(point, known)
    low = family.support.low
    x = np.array([low + 1.0 if np.isfinite(low) else 0.3, low + 2.0 if np.isfinite(low) else -0.8])
    if np.isfinite(family.support.high):
        share = np.array([0.3, 0.6])
        x = (
            low + share * (family.support.high - low)
            if np.isfinite(low)
            else family.support.high - x
        )
    x = np.round(x) if family.support.whole else x
    t = Sample.of(x)
    try:
        with warnings.catch_warnings():
            # A density that drops imaginary parts, as SciPy's do, takes no complex steps.
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            for i in range(len(layout.names)):
                exact = _complex_slope(d, t, i)
                # Value by value: over several, what is wrong might cancel.
                rough = (_terms(_moved(d, i, 1e-6), t) - _terms(_moved(d, i, -1e-6), t)) / 2e-6
                if not np.allclose(exact, rough, rtol=1e-5, atol=1e-6):
                    return False
    except (TypeError, ValueError, DataError, np.exceptions.ComplexWarning):
        return False
    return True


def _differences(d: Any, t: Sample, function: Any) -> Array:
    """Return the derivatives of a function of members in each free scalar, on the last axis, by five-point differences."""
    columns = []
    for i in range(len(d._own_layout().names)):
        step = _steps(d, t, i)
        f = [np.asarray(function(_moved(d, i, k * step))) for k in (-2, -1, 1, 2)]
        h = step.reshape(step.shape + (1,) * (f[0].ndim - step.ndim)) if np.ndim(step) else step
        columns.append((f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / (12.0 * h))
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _steps(d: Any, t: Sample, i: int) -> Array:
    """Return a step that changes the mean log-density by a little, whether by its slope or its bend."""
    theta = _theta(d)[..., i]
    domain = d._own_layout().domain(i)
    bounded = np.isfinite(domain.longest_step)
    room = np.abs(theta) if bounded else np.where(theta == 0, 1.0, np.abs(theta))
    step = 1e-4 * np.where(room > 0, room, 1.0)
    middle = _value(d, t)
    for _ in range(3):
        after, before = _value(_moved(d, i, step), t), _value(_moved(d, i, -step), t)
        bend = np.sqrt(np.abs(after - 2.0 * middle + before) / t.n) / step
        slope = 0.5 * np.abs(after - before) / np.maximum(t.n, np.abs(middle)) / step
        size = 1.0 / np.maximum(np.maximum(bend, slope), 1e-300)
        new = np.where(np.isfinite(size) & (size > 0), _STEP * size, step)
        step = np.clip(new, step * 1e-6, 0.1 * room if bounded else step * 1e6)
    return step


def corner_of(d: Any, t: Sample, free: Array) -> str | None:
    """Return the first free scalar in which the log-likelihood has a corner here: whose curvature depends on the step."""
    layout = d._own_layout()
    with np.errstate(all="ignore"):
        for i in free:
            step, middle = _steps(d, t, i), _value(d, t)
            near, far = (
                float(
                    _value(_moved(d, i, k * step), t)
                    - 2.0 * middle
                    + _value(_moved(d, i, -k * step), t)
                )
                for k in (1.0, 4.0)
            )
            # A parabola falls sixteenfold, a corner fourfold; an end has nothing on its other side.
            if not abs(far - 16.0 * near) <= 0.25 * abs(far):
                return layout.names[i]
    return None
