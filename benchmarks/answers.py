"""What is said, rather than how fast: data without an estimate, and a network whose loss is a likelihood."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

import mlecore as mle


def separated() -> Iterator[tuple[str, str, str]]:
    """Yield data set, package and answer for data that a threshold separates, wholly or up to a tie."""
    import statsmodels.api as sm
    from sklearn.linear_model import LogisticRegression

    x = np.arange(10.0)
    sets = {
        "complete: y = 1 where x > 4": (x, (x > 4).astype(int)),
        "quasi-complete: and both at x = 4.5": (
            np.r_[x, 4.5, 4.5],
            np.r_[x > 4, True, False].astype(int),
        ),
    }
    for name, (x, y) in sets.items():
        try:
            mle.LogisticRegression.fit(x, y)
        except mle.SeparationError as error:
            yield name, "mlecore", f"`SeparationError`: {error}"
        for tolerance in (1e-4, 1e-8):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model = LogisticRegression(C=np.inf, tol=tolerance, max_iter=1000).fit(
                    x[:, None], y
                )
            words = ", ".join(sorted({w.category.__name__ for w in caught})) or "no warning"
            yield (
                name,
                f"scikit-learn, tol={tolerance:g}",
                f"slope {model.coef_[0, 0]:.4g}, {words}",
            )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                fit = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
                said = f"slope {fit.params[1]:.4g}, standard error {fit.bse[1]:.4g}"
                said += f", converged {fit.mle_retvals['converged']}"
            except (np.linalg.LinAlgError, ValueError) as error:
                said = f"{type(error).__name__}: {error}"
        words = ", ".join(sorted({w.category.__name__ for w in caught})) or "no warning"
        yield name, "statsmodels `Logit`", f"{said}, {words}"


def half_moons() -> list[str]:
    """Train a network on two interleaved half-moons; return its loss as three quantities, in all digits."""
    rng = np.random.default_rng(1)
    angle, y = rng.uniform(0, np.pi, 400), np.arange(400) % 2
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    X = np.where(y[:, None] == 0, upper, [1.0, 0.5] - upper) + rng.normal(0, 0.2, (400, 2))
    net = mle.MLP([2, 16, 1], rng=2).fit(X, y, epochs=300, learning_rate=0.5)
    p = net.predict_proba(X)
    return [
        f"| binary cross-entropy of its probabilities, `bce(y, p)` | {float(mle.bce(y, p))!r} |",
        f"| Bernoulli negative log-likelihood, `nll(Bernoulli(p), y)` | {float(mle.nll(mle.Bernoulli(p), y))!r} |",
        f"| the same from the logits, `bce_with_logits(y, z)` | {float(mle.bce_with_logits(y, net.eta(X)[:, 0]))!r} |",
        f"| what the training minimised, `net.trace.f[-1]` | {float(net.trace.f[-1])!r} |",
        f"| right of 400 | {int(np.sum(net.predict(X) == y))} |",
        f"| right of 400 by logistic regression | {int(np.sum(mle.LogisticRegression.fit(X, y).predict(X) == y))} |",
    ]
