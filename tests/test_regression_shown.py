"""What a regression says to wrong input, sentence by sentence, and what both roads to its maximum share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mlecore as mle
from mlecore import Bernoulli, DataError, LogisticRegression, Normal, Poisson, PoissonRegression

RNG = np.random.default_rng(0)
N = 40
X = RNG.normal(size=(N, 2))
TABLE = pd.DataFrame(X, columns=["age", "dose"])
COUNTS = RNG.poisson(3, N).astype(float)
ONES = (RNG.random(N) < 0.5).astype(float)
WORDS = pd.Series(["yes", "no"] * (N // 2))
SEX = TABLE.assign(sex=["m", "f"] * (N // 2))
GAP = TABLE.mask(X[3, 1] == TABLE)
LINKS = "'identity', 'log', 'logit', 'probit', 'cloglog', 'inverse', 'sqrt'"
FIT = Poisson.regress(COUNTS, rate=TABLE, offset=COUNTS / 9)

TWENTY = {
    "words as responses": (
        lambda: Bernoulli.regress(WORDS, p=X),
        "y holds words, 'no', 'yes': Bernoulli needs 0 and 1, as y == 'yes' gives them for an array; SoftmaxRegression takes "
        "words as they are",
    ),
    "a link by another name": (
        lambda: Bernoulli.regress(ONES, p=X, link="logistic"),
        f"link of p must be one of {LINKS}; got 'logistic'; that is called 'logit' here",
    ),
    "a prior by another name": (
        lambda: Bernoulli.regress(ONES, p=X, prior="firth"),
        "prior takes distributions by the names of coefficients, as in {'x1': Normal(0, 1)}, or 'jeffreys'; got 'firth'; that "
        "is called 'jeffreys' here",
    ),
    "errors by another name": (
        lambda: FIT.covariance("robust"),
        "kind must be 'observed', 'expected' or 'sandwich', got 'robust'; that is called 'sandwich' here",
    ),
    "a column of words": (
        lambda: Poisson.regress(COUNTS, rate=SEX),
        "column 'sex' of X holds words, such as 'm': make columns of zeros and ones of it, one for each word but the first, as "
        "pandas.get_dummies(X, columns=['sex'], drop_first=True, dtype=float) does",
    ),
    "a column of dates": (
        lambda: Poisson.regress(COUNTS, rate=TABLE.assign(day=pd.date_range("2020", periods=N))),
        "column 'day' of X holds times: give numbers, such as days since the first, (X['day'] - X['day'].min()).dt.days",
    ),
    "a gap in a column": (
        lambda: Poisson.regress(COUNTS, rate=GAP),
        "X holds 1 NaN value(s), the first at index (3, 1); remove or repair them: row 3 of column 'dose' is nan. Rows with "
        "gaps are left out of X and y together, in a table by X.notna().all(axis=1)",
    ),
    "labels of other rows": (
        lambda: Poisson.regress(pd.Series(COUNTS, index=range(1, N + 1)), rate=TABLE),
        "y and rate have different labels for their rows (index): bring them together, as with pandas.concat or join, or give "
        "y.to_numpy() if row i belongs to row i",
    ),
    "too few responses": (
        lambda: Poisson.regress(COUNTS[:9], rate=X),
        "y must have one value for each of the 40 rows of rate; it has 9",
    ),
    "columns as rows": (
        lambda: Poisson.regress(COUNTS, rate=X.T),
        "y must have one value for each of the 2 rows of rate; it has 40: give rate=X.T",
    ),
    "no offset for new rows": (
        lambda: FIT.predict(TABLE),
        "the fit has an offset: give that of the new rows too, as predict(X, offset=...)",
    ),
    "a new row as a dict": (
        lambda: FIT.predict({"age": 1.0, "dose": 2.0}),
        "columns in a dict have no order: give a table, pandas.DataFrame(X), or pandas.DataFrame([X]) for a single row",
    ),
    "a column of ones": (
        lambda: Poisson.regress(COUNTS, rate=TABLE.assign(const=1.0)),
        "column 'const' is 1 in every row, as the intercept is 1: it says nothing of its own; drop it",
    ),
    "a word for the intercept": (
        lambda: Poisson.regress(COUNTS, rate=X, intercept="no"),
        "intercept must be True or False, got 'no'; to hold its value give fixed={'intercept': ...}",
    ),
    "two columns of one name": (
        lambda: Poisson.regress(COUNTS, rate=pd.DataFrame(X, columns=["a", "a"])),
        "two columns of X are called 'a': rename one",
    ),
    "vectors": (
        lambda: mle.MultivariateNormal.regress(X, mu=X),
        "regress is for families of numbers whose parameters are numbers, and MultivariateNormal has observations that are "
        "vectors",
    ),
    "an unknown parameter": (
        lambda: Normal.regress(COUNTS, mean=X),
        "Normal has no parameter 'mean' to follow from columns; its parameters are mu, sigma",
    ),
    "one row": (
        lambda: Poisson.regress([1.0], rate=[[1.0, 2.0]]),
        "2 column(s) and an intercept for 1 row(s): with more coefficients than observations the likelihood has no single "
        "maximum; drop columns, or gather more data",
    ),
    "a negative weight": (
        lambda: Poisson.regress(COUNTS, rate=X, weights=-np.ones(N)),
        "weights must not be negative; weights[0] is -1",
    ),
    "an unknown coefficient": (
        lambda: Poisson.regress(COUNTS, rate=TABLE, fixed={"Age": 0}),
        "there is no parameter 'Age' to fix; there are intercept, age, dose",
    ),
    "Jeffreys' prior of two predictors": (
        lambda: Normal.regress(COUNTS, mu=X, sigma=X, prior="jeffreys"),
        "Jeffreys' prior is offered for the coefficients of one predictor, with all other parameters known: hold those with "
        "fixed={...}, or give distributions by name",
    ),
    "one cluster": (
        lambda: FIT.covariance("sandwich", clusters=["a"] * N),
        "all rows belong to one cluster, 'a', which says nothing of how clusters differ: the sandwich needs several, better "
        "many",
    ),
    "a quantile of all rows": (
        lambda: FIT.quantile(0.9),
        "a Poisson regression has a quantile for each row: fit.dist.distribution().ppf(q) gives them",
    ),
    "a test of fit": (
        lambda: FIT.goodness(),
        "a test of fit is there for families of distributions, and not for a Poisson regression: if it holds, fit.residuals() "
        "look standard Normal, as fit.plot() shows",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "sentence"), TWENTY.values(), ids=TWENTY)
def test_each_wrong_input_has_its_sentence(call, sentence):
    with pytest.raises(DataError) as caught:
        call()
    assert str(caught.value) == sentence


BOTH = {
    "Words": ({"y": WORDS}, "Bernoulli needs|LogisticRegression needs"),
    "outside": ({"y": ONES + 1}, r"(Give|Give the) two labels (1 and 2 )?as 0 and 1|x == 2"),
    "column of words": ({"X": SEX}, "get_dummies"),
    "gap": ({"X": GAP}, "row 3 of column 'dose'"),
    "labels": ({"y": pd.Series(ONES, index=range(1, N + 1))}, "different labels"),
    "constant": ({"X": TABLE.assign(const=1.0)}, "column 'const' is 1 in every row"),
    "collinear": ({"X": TABLE.assign(twice=2 * TABLE["age"])}, "columns of X are collinear"),
    "same names": ({"X": pd.DataFrame(X, columns=["a", "a"])}, "two columns of X are called 'a'"),
    "own name": ({"X": TABLE.rename(columns={"age": "intercept"})}, "called 'intercept'"),
    "wide": ({"X": RNG.normal(size=(N, N))}, "more coefficients than observations"),
    "weights": ({"weights": -ONES}, "must not be negative"),
    "few weights": ({"weights": ONES[:3]}, "weights must have shape"),
    "offset": ({"offset": ONES[:3]}, "one number for each of the 40 rows"),
    "held": ({"fixed": {"x9": 0}}, "no parameter 'x9' to fix"),
    "held as a prior": ({"fixed": {"age": 0}, "prior": {"age": Normal(0, 1)}}, "known or estimated"),
    "prior": ({"prior": {"x9": Normal(0, 1)}}, "no free parameter named 'x9'"),
    "firth": ({"prior": "firth"}, "called 'jeffreys' here"),
    "intercept": ({"intercept": None}, "intercept must be True or False"),
    "separated": ({"X": pd.DataFrame({"age": ONES + 0.1 * X[:, 0]})}, "no maximum likelihood estimate"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), BOTH.values(), ids=BOTH)
def test_both_roads_refuse_alike(change, says):
    given = {"X": TABLE, "y": ONES, **change}
    table, y = given.pop("X"), given.pop("y")
    for road in (LogisticRegression.fit, lambda p, y, **how: Bernoulli.regress(y, p=p, **how)):
        with pytest.raises((DataError, mle.NoMLEError), match=says):
            road(table, y, **given)


def test_rows_of_the_fit_are_meant_where_none_are_given():
    offset = COUNTS / 9
    w = RNG.integers(0, 3, N)
    seen = w > 0
    for fast, m in (
        (PoissonRegression.fit(TABLE, COUNTS, w, offset=offset), Poisson.regress(COUNTS, rate=TABLE, offset=offset, weights=w)),
        (LogisticRegression.fit(TABLE, ONES, w, offset=offset), Bernoulli.regress(ONES, p=TABLE, offset=offset, weights=w)),
    ):  # fmt: skip
        there = m.predict(TABLE[seen], offset=offset[seen])
        np.testing.assert_allclose(m.predict(), there, rtol=1e-12)
        np.testing.assert_allclose(m.predict(), m.distribution().mean, rtol=1e-12)
        probabilities = isinstance(fast.dist, LogisticRegression)
        own = fast.predict_proba() if probabilities else fast.predict()
        np.testing.assert_allclose(own, there, rtol=1e-8)
        with pytest.raises(DataError):
            m.predict(offset=offset[seen])
        one = m.predict(level=0.9)
        two = m.predict(TABLE[seen], offset=offset[seen], level=0.9)
        np.testing.assert_allclose(one.se, two.se, rtol=1e-10)
    trials = mle.Binomial.regress(ONES, p=TABLE, fixed={"n": np.arange(1.0, N + 1)})
    np.testing.assert_allclose(trials.predict(), trials.distribution().mean, rtol=1e-12)
    several = Normal.regress(COUNTS, mu=TABLE, sigma=TABLE["age"])
    np.testing.assert_allclose(several.predict(), several.predict(mu=TABLE, sigma=TABLE["age"]))


def test_classes_and_lines_take_the_same_rows():
    three = RNG.choice(["a", "b", "c"], N)
    m = mle.SoftmaxRegression.fit(X, three)
    np.testing.assert_array_equal(m.predict(), m.predict(X))
    np.testing.assert_allclose(m.predict_proba(), m.predict_proba(X))
    line = mle.LinearRegression.fit(X, COUNTS)
    np.testing.assert_allclose(line.predict(), line.predict(X), rtol=1e-12)
