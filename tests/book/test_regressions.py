"""The regressions on real data: the blocks of the page are run, and compared with other programs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import loggamma
from sklearn.linear_model import Ridge
from statsmodels.discrete.count_model import ZeroInflatedPoisson
from statsmodels.genmod.families import Binomial, Gamma, Poisson
from statsmodels.miscmodels.tmodel import TLinearModel
from statsmodels.othermod.betareg import BetaModel

PAGE = (Path(__file__).resolve().parents[2] / "book" / "regressions.md").read_text("utf-8")
BEGIN = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
BLOCKS = dict(re.findall(r"^## (.+?)\n.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
ROWS = {
    title: cells
    for title, *cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith("| regression")
    )
}


def errors(m):
    return np.array(list(m.se.values()))


def with_ones(X):
    return sm.add_constant(X)


def exposure(m, d, size, **_):
    r = sm.GLM(d["cancer"], with_ones(size), Poisson(), offset=size).fit(tol=1e-14)
    return r.llf, r.bse, errors(m)


def committees(m, d, **_):
    X = with_ones(d[["SUBS", "PRESTIGE", "BILLS103"]])
    start = [*m.theta[:-1], 1 / m.params["size"]]
    r = sm.NegativeBinomial(d["BILLS104"], X).fit(start_params=start, method="newton", disp=0)
    by_alpha = [*errors(m)[:-1], m.se["size"] / m.params["size"] ** 2]
    return r.llf, r.bse, by_alpha


def probit(m, d, **_):
    r = sm.Probit(d["GRADE"], with_ones(d[["GPA", "TUCE", "PSI"]])).fit(disp=0, tol=1e-14)
    return r.llf, r.bse, errors(m)


def districts(m, d, X, **_):
    r = sm.GLM(d[["NABOVE", "NBELOW"]], with_ones(X), Binomial()).fit(tol=1e-14)
    return r.llf, r.bse, errors(m)


def proportions(m, d, X, **_):
    y = d["NABOVE"] / (d["NABOVE"] + d["NBELOW"])
    r = BetaModel(y, with_ones(X)).fit(method="newton", tol=1e-12, disp=0)
    by_logarithm = [*errors(m)[:-1], m.se["phi"] / m.params["phi"]]
    return r.llf, r.bse, by_logarithm


def votes(m, d, **_):
    X = with_ones(d.drop(columns="YES"))
    shape = m.params["shape"]
    r = sm.GLM(d["YES"], X, Gamma()).fit(tol=1e-14, scale=1 / shape)
    J = np.column_stack([-m.theta[1:] / shape**2, np.eye(m.theta.size - 1) / shape])
    return r.llf_scaled(1 / shape), r.bse, np.sqrt(np.diag(J @ m.cov @ J.T))


def transplants(m, **_):
    # lifelines 0.30.3: WeibullAFTFitter().fit(heart, "survival", "censors"), its tolerances 1e-14 and 1e-12; the shape is
    # estimated by its logarithm.
    by_logarithm = [m.se["shape"] / m.params["shape"], m.se["intercept"], m.se["age"]]
    theirs = [0.1230986305098355, 1.924462980903828, 0.039274977628262556]
    return -312.10766758171525, theirs, by_logarithm


def stack_loss(m, d, **_):
    model = TLinearModel(d["STACKLOSS"], with_ones(d[["AIRFLOW", "WATERTEMP", "ACIDCONC"]]))
    theta = np.r_[m.theta[1:5], m.theta[0], m.theta[5]]
    r = model.fit(start_params=theta, method="newton", disp=0)
    own = np.r_[errors(m)[1:5], errors(m)[0], errors(m)[5]]

    def height(b):
        df, scale = b[-2], b[-1]
        z = (model.endog - model.exog @ b[:-2]) / scale
        each = loggamma((df + 1) / 2) - loggamma(df / 2) - np.log(df * np.pi) / 2 - np.log(scale)
        return (each - (df + 1) / 2 * np.log1p(z * z / df)).sum()

    np.testing.assert_allclose(own, of_curvature(height, theta, own), rtol=1e-6)
    return r.llf, r.bse, own


def of_curvature(height, theta, se):
    """The standard errors by the curvature of a log-likelihood: slopes by complex steps, and their differences."""

    def slope(b):
        return np.array([height(b + 1e-30j * one).imag for one in np.eye(b.size)]) / 1e-30

    theta = np.asarray(theta)
    rows = []
    for h in 1e-3 * np.diag(se):
        near, far = (slope(theta + k * h) - slope(theta - k * h) for k in (1, 2))
        rows.append((8 * near - far) / (12 * h.sum()))
    return np.sqrt(np.diag(np.linalg.inv(-np.array(rows))))


def households(m, d, **_):
    X, y = with_ones(d["income"]).to_numpy(), d["foodexp"].to_numpy()

    def height(b):
        log_sigma = X @ b[2:]
        z = (y - X @ b[:2]) * np.exp(-log_sigma)
        return (-0.5 * z * z - log_sigma - 0.5 * np.log(2 * np.pi)).sum()

    return height(m.theta), of_curvature(height, m.theta, errors(m)), errors(m)


def visits(m, d, **_):
    y = d["mdvis"].to_numpy()
    X, Z = with_ones(d[["lncoins", "idp", "hlthp"]]), with_ones(d[["lncoins"]])
    model = ZeroInflatedPoisson(y, X, exog_infl=Z)
    r = model.fit(start_params=m.theta, method="newton", maxiter=5, disp=0)
    X, Z, factorials = X.to_numpy(), Z.to_numpy(), loggamma(y + 1.0)

    def height(b):
        p, eta = 1 / (1 + np.exp(-Z @ b[:2])), X @ b[2:]
        poisson = np.exp(y * eta - np.exp(eta) - factorials)
        return np.log(np.where(y == 0, p, 0) + (1 - p) * poisson).sum()

    np.testing.assert_allclose(errors(m), of_curvature(height, m.theta, errors(m)), rtol=1e-6)
    return r.llf, r.bse, errors(m)


def diabetes(m, X, y, **_):
    r = Ridge(alpha=50**2 / 100**2).fit(X, y)
    np.testing.assert_allclose(m.theta, [r.intercept_, *r.coef_], rtol=1e-9)
    z = (y - r.predict(X)) / 50
    return (-0.5 * z * z - np.log(50) - 0.5 * np.log(2 * np.pi)).sum(), None, None


def firms(m, d, V, **_):
    y, X = d["invest"], with_ones(d[["value", "capital"]])
    r = sm.GEE(y, X, groups=d["firm"], cov_struct=sm.cov_struct.Independence()).fit()
    return sm.OLS(y, X).fit().llf, r.bse, np.sqrt(np.diag(V))[:-1]


PEERS = [
    *(exposure, committees, probit, districts, proportions, votes),
    *(transplants, stack_loss, households, visits, diabetes, firms),
]


def test_each_regression_has_its_row():
    assert len(BLOCKS) == len(PEERS)
    assert list(BLOCKS) == list(ROWS)


@pytest.mark.filterwarnings("ignore:The InversePower link")
@pytest.mark.parametrize(("title", "peer"), [*zip(BLOCKS, PEERS, strict=True)], ids=BLOCKS)
def test_what_the_page_says_to_type_agrees_with_another_program(title, peer):
    there: dict = {"__name__": "page"}
    exec(BEGIN + BLOCKS[title], there)
    height, theirs, own = peer(**there)
    told, _, apart, errors_apart = ROWS[title]
    m = there["m"]
    assert float(told) == float(f"{m.log_likelihood:.4g}")
    assert abs(m.log_likelihood - height) <= float(apart)
    if theirs is None:
        assert errors_apart == "none given"
    else:
        assert np.abs(np.asarray(own) / np.asarray(theirs) - 1).max() <= float(errors_apart)
