"""Every combination with every family: which pairs have meaning, and a tenth of the inherited suite on those."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mlecore as mle
from mlecore import DataError, Hurdle, Likelihood, Mixture, Shifted, Truncated, ZeroInflated
from tests.families import test_every_family as suite
from tests.families.members import FAMILIES, dataset, known, theta


def truncated(family):
    """Cut off the first count, or a tenth of what begins or ends somewhere."""
    s = family.support
    if s.whole:
        return Truncated(family, low=s.low + 1)
    low = -3.0 if np.isinf(s.low) else s.low + 0.1
    return Truncated(family, low=low, high=None if np.isinf(s.high) else s.high - 0.1)


MAKERS = {
    "Truncated": truncated,
    "ZeroInflated": ZeroInflated,
    "Hurdle": Hurdle,
    "Mixture": lambda family: Mixture(family, 2),
    "Shifted": Shifted,
}


def why_not(maker, family):
    """Return the words by which a pair without meaning is refused, "" for all others: what follows from the support."""
    s = family.support
    if family.event_ndim or any(domain.event_ndim for domain in family.domains.values()):
        return "takes families of numbers"
    two_values = s.whole and s.high - s.low < 2
    match maker:
        case "Truncated" if family is mle.VonMises:
            return "angles"
        case "Truncated" if two_values:
            return "one value alone is left"
        case "ZeroInflated" if not s.whole or s.low != 0:
            return "no zeros to inflate"
        case "ZeroInflated" | "Hurdle" if two_values:
            return "0 and 1 alone"
        case "Shifted" if s.whole:
            return "subtract the shift"
        case "Shifted" if np.isinf(s.low) and np.isinf(s.high):
            return "no end to shift"
    return ""


EVERY = [(maker, family) for maker in MAKERS for family in FAMILIES]
PAIRS = [MAKERS[maker](family) for maker, family in EVERY if not why_not(maker, family)]
#: pairs whose members the data do not tell apart
NOT_IDENTIFIED = {
    Mixture(mle.Bernoulli, 2): "a mixture of Bernoullis is a Bernoulli",
    Mixture(
        mle.Zipf, 2
    ): "two exponents as near as those of members here need far more than 200 values",
}
#: whose maximum is not on the hill that the first start finds
HILLY = (Mixture(mle.GeneralizedPareto, 2), Mixture(mle.Uniform, 2))
#: of which two hundred values of a mixture say so little that the estimate often runs away to another family
SHAPES = {
    mle.BetaBinomial: "a",
    mle.GeneralizedExtremeValue: "shape",
    mle.GeneralizedPareto: "shape",
    mle.Lomax: "shape",
    mle.NegativeBinomial: "size",
    mle.SkewNormal: "shape",
    mle.StudentT: "df",
}
HELD = {Mixture(family, 2): (name,) for family, name in SHAPES.items()}
FITTED = [family for family in PAIRS if family not in NOT_IDENTIFIED]


def over(families):
    return pytest.mark.parametrize("family", families, ids=lambda f: f.__name__)


def test_pairs_without_meaning_are_refused_with_their_reason():
    refused = 0
    for maker, family in EVERY:
        reason = why_not(maker, family)
        if reason:
            refused += 1
            with pytest.raises(DataError, match=reason):
                MAKERS[maker](family)
    assert refused + len(PAIRS) == len(MAKERS) * len(FAMILIES)


@over(PAIRS)
def test_slopes_curvatures_and_sums_are_those_of_the_log_density(family):
    d, x = dataset(family, suite.SEED, n=40)
    if family.irregular or family.information_only_expected:
        x = x[~_at_a_corner(d, x)][:20]
    point, held = theta(d), known(d)
    likelihood = Likelihood(family, x, fixed=held or None)
    assert likelihood.log_likelihood(point) == pytest.approx(d.log_prob(x).sum(), rel=1e-11)
    score = d.score(x).sum(axis=0)
    np.testing.assert_allclose(likelihood.score(point), score, rtol=1e-9, atol=1e-8)
    # Five-point differences of all parameters at once.
    e = 1e-4 * np.maximum(1.0, np.abs(point)) * np.eye(point.size)
    grid = point + np.array([-2.0, -1.0, 1.0, 2.0])[:, None, None] * e
    slope, bend = (
        np.tensordot([1.0, -8.0, 8.0, -1.0], f(grid), 1) / 12.0
        for f in (likelihood.log_likelihood, likelihood.score)
    )
    size = np.abs(d.score(x)).sum()
    np.testing.assert_allclose(score, slope / np.diagonal(e), rtol=1e-6, atol=1e-8 * (1.0 + size))
    if not family.irregular and not family.information_only_expected:
        hessian = likelihood.hessian(point)
        scale = 1e-7 * np.abs(hessian).max()
        np.testing.assert_allclose(hessian, bend / np.diagonal(e)[:, None], rtol=1e-6, atol=scale)


def _at_a_corner(d, x):
    """Say which values lie so near a corner or an end of the density that differences reach across."""
    ends = [v for k, v in d.params.items() if k.rstrip("12") in ("loc", "low", "high", "scale")]
    ends += [d.params["shift"], d._ends()[1]] if "shift" in d.params else []
    ends = np.array(ends)
    return (np.abs(x[:, None] - ends) < 5e-4 * np.maximum(1.0, np.abs(ends))).any(axis=1)


@over(FITTED)
def test_a_fit_is_a_top_however_its_data_are_laid_out(family):
    d, x = dataset(family, suite.SEED, n=200)
    held = known(d) | ({"shift": d.params["shift"]} if "shift" in d.params else {})
    held |= {name: d.params[name] for name in d.params if name[:-1] in HELD.get(family, ())}
    few = {"starts": 5 if family in HILLY else 1} if hasattr(family, "components") else {}
    f = family.fit(x, fixed=held or None, **few)
    assert f.log_likelihood >= d.log_prob(x).sum()
    if not family.irregular and not family.information_only_expected:
        size = np.sqrt(np.abs(np.diagonal(f.likelihood.hessian(f.theta))))
        inside = ~f.likelihood.layout.at_edge(f.likelihood._full(f.theta))[f.likelihood.free]
        assert np.all(inside <= (np.abs(f.likelihood.score(f.theta)) < 1e-5 * size))
    if not few:  # the starts of a mixture have a test of their own
        values, counts = np.unique(x, return_counts=True)
        again = family.fit(values[None, ::-1], counts[None, ::-1], axis=1, fixed=held or None)
        np.testing.assert_allclose(again.theta[0], f.theta, rtol=1e-6, atol=1e-8)
    assert pickle.loads(pickle.dumps(f)).dist == f.dist
    # What was drawn follows the distribution function.
    at = np.unique(np.quantile(x, [0.1, 0.5, 0.9], method="inverted_cdf"))
    seen = (x[:, None] <= at).mean(axis=0)
    assert np.all(np.abs(seen - d.cdf(at)) < 4.5 * np.sqrt(0.25 / 200))
