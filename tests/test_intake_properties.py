"""Whatever is given as data: the answer of the plain array of the same numbers, or an error of the package."""

from __future__ import annotations

import contextlib
import datetime
import fractions
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlecore as mle

OURS = (mle.DataError, mle.NoMLEError, mle.RegularityError, mle.ConvergenceError)
QUIET = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

ODD = st.one_of(
    st.floats(-10, 10),
    st.floats(),
    st.integers(-5, 5),
    st.integers(),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
    st.sampled_from(
        [
            "1",
            b"2",
            1 + 2j,
            np.complex128(1),
            np.ma.masked,
            np.nan,
            np.float32(2),
            np.int8(3),
            np.datetime64("2020-01-01"),
            np.timedelta64(3, "s"),
            datetime.datetime(2020, 1, 1),
            datetime.timedelta(1),
            Decimal("1.5"),
            fractions.Fraction(1, 3),
            pd.NA,
            pd.NaT,
            10**400,
            2**53 + 1,
            np.array(1.0),
            np.array([1.0]),
            np.ma.array([1.0, 2.0], mask=[0, 1]),
            {},
            {1.0},
            object(),
            len,
            float,
            [],
            (),
            slice(3),
        ]
    ),
)
LISTS = st.lists(ODD, max_size=5)
NESTED = st.recursive(ODD, lambda inner: st.lists(inner, max_size=4), max_leaves=8)


def as_object(items):
    """Return a one-dimensional array of objects."""
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def quietly(function, *args):
    """Return a made-up input, or what is left where the maker itself refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args)
        except Exception:
            return args[0]


INPUTS = st.one_of(
    NESTED,
    LISTS,
    LISTS.map(tuple),
    LISTS.map(as_object),
    LISTS.map(lambda items: quietly(pd.Series, items)),
    LISTS.map(lambda items: quietly(lambda v: pd.DataFrame({"a": v, "b": v}), items)),
    LISTS.map(lambda items: quietly(np.array, items)),
    LISTS.map(iter),
    st.lists(st.floats(-5, 5), max_size=5).map(
        lambda v: np.ma.array(v, mask=[i % 2 for i in range(len(v))])
    ),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4).map(np.array),
    st.lists(st.integers(0, 2**64 - 1), max_size=4).map(lambda v: np.array(v, dtype=np.uint64)),
    st.lists(st.floats(width=16), max_size=5).map(lambda v: np.array(v, dtype=np.float16)),
    st.lists(st.floats(-5, 5), max_size=5).map(lambda v: np.array(v, dtype=np.longdouble)),
    st.sampled_from(
        [np.zeros(3, dtype=[("a", float)]), np.zeros((0, 3)), np.zeros((2, 2, 2)), "abc"]
    ),
)


def numbers_of(value):
    """Return the same numbers as a plain array, one at a time and exactly; None where they are not all numbers."""
    if isinstance(value, (np.ma.MaskedArray, str)) or getattr(value, "dtype", None) == [
        ("a", float)
    ]:
        return None
    if isinstance(value, (np.ndarray, pd.Series, pd.DataFrame)):
        if value.size == 0:
            return np.zeros(value.shape)
        array = np.asarray(value)
        if array.dtype.kind in "mM":  # whose list may be whole numbers of nanoseconds
            return None
        if array.dtype == object and any(
            isinstance(v, (list, tuple)) or np.ndim(v) for v in array.ravel()
        ):
            return None
        value = array.tolist()
    if isinstance(value, (list, tuple)):
        parts = [numbers_of(part) for part in value]
        if any(part is None for part in parts) or len({part.shape for part in parts}) > 1:
            return None
        return np.stack(parts) if parts else np.zeros(0)
    if isinstance(value, (bool, int, float, np.number, np.bool_, Decimal, fractions.Fraction)):
        if isinstance(value, (complex, np.complexfloating, np.timedelta64)):
            return None
        try:
            double = float(value)
        except OverflowError:
            return None
        whole = isinstance(value, (int, np.integer)) and int(double) != int(value)
        return None if whole else np.array(double)
    return None


def same_or_refused(action, value, compare):
    """Check that an action ends as it does with the plain numbers, or in an error of the package, without a warning."""
    plain = numbers_of(value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            got = action(value)
        except OURS:
            if plain is not None and plain.ndim:
                with pytest.raises(OURS):
                    action(plain)
            return
    assert plain is not None, f"{value!r} was taken, and gave {got!r}"
    compare(got, action(plain))


def equal_fits(one, other):
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-9, equal_nan=True)
    np.testing.assert_array_equal(one.n, other.n)


def equal_arrays(one, other):
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "family", [mle.Normal, mle.Gamma, mle.Poisson, mle.Weibull], ids=lambda f: f.__name__
)
@QUIET
@given(value=INPUTS)
def test_a_fit_takes_numbers_or_refuses_in_our_words(family, value):
    same_or_refused(family.fit, value, equal_fits)


@QUIET
@given(value=INPUTS)
def test_a_batch_takes_numbers_or_refuses_in_our_words(value):
    same_or_refused(lambda v: mle.Normal.fit(v, axis=-1), value, equal_fits)


@QUIET
@given(value=INPUTS)
def test_weights_are_numbers_or_refused_in_our_words(value):
    if value is not None:
        same_or_refused(lambda v: mle.Gamma.fit([1.0, 2.0, 4.0], v), value, equal_fits)


@pytest.mark.parametrize("method", ["log_prob", "score", "cdf", "ppf"])
@QUIET
@given(value=INPUTS)
def test_points_are_numbers_or_refused_in_our_words(method, value):
    same_or_refused(getattr(mle.Gamma(2.0, 3.0), method), value, equal_arrays)


@QUIET
@given(value=INPUTS)
def test_parameters_are_numbers_or_refused_in_our_words(value):
    def make(v):
        return mle.Gamma(shape=v, rate=2.0).params["shape"]

    same_or_refused(make, value, equal_arrays)


@pytest.mark.parametrize(
    "model", [mle.LinearRegression, mle.LogisticRegression], ids=lambda f: f.__name__
)
@QUIET
@given(value=INPUTS)
def test_a_response_is_numbers_or_refused_in_our_words(model, value):
    same_or_refused(lambda v: model.fit([0.0, 1.0, 3.0], v), value, equal_fits)


@QUIET
@given(value=INPUTS)
def test_columns_are_numbers_or_refused_in_our_words(value):
    same_or_refused(lambda v: mle.LinearRegression.fit(v, [0.0, 1.0, 3.0]), value, equal_fits)


@QUIET
@given(value=INPUTS)
def test_labels_are_labels_or_refused_in_our_words(value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(OURS):
            mle.SoftmaxRegression.fit([0.0, 1.0, 3.0], value)


@pytest.mark.parametrize("loss", [mle.mse, mle.bce], ids=lambda f: f.__name__)
@QUIET
@given(value=INPUTS)
def test_losses_take_numbers_or_refuse_in_our_words(loss, value):
    same_or_refused(lambda v: loss(v, 0.5), value, equal_arrays)


@QUIET
@given(
    x=st.lists(st.floats(0.01, 100), min_size=3, max_size=8),
    place=st.integers(0, 7),
    change=st.floats(0.01, 100),
    order=st.randoms(use_true_random=False),
)
def test_compare_takes_the_same_data_in_any_order_and_no_other(x, place, change, order):
    shuffled = list(x)
    order.shuffle(shuffled)
    other = list(x)
    other[place % len(x)] = change
    try:
        fits = [mle.Normal.fit(x), mle.Gamma.fit(shuffled), mle.Gamma.fit(other)]
    except OURS:
        return
    assert len(mle.compare(fits[:2])) == 2
    if sorted(other) == sorted(x):
        assert len(mle.compare([fits[0], fits[2]])) == 2
    else:
        with pytest.raises(mle.DataError, match="different data"):
            mle.compare([fits[0], fits[2]])
