"""Chapter 5: slide the logit; the probability, the loss and its slope answer, for both labels."""

from __future__ import annotations

from mlecore.explore.explorable import Explorable

__all__ = ["logit_loss"]


def logit_loss() -> Explorable:
    """Slide the logit of one Bernoulli observation: probability, loss and slope answer, for both labels.

    With p = 1 / (1 + exp(-z)) the loss is log(1 + exp(z)) - y z and its slope p - y.

    Source: Cox (1958), *Journal of the Royal Statistical Society B* 20.

    >>> logit_loss()
    <explorable logit_loss: slide the logit for the labels 0 and 1>
    """
    return Explorable(
        "logit_loss",
        "slide the logit for the labels 0 and 1",
        "You would see three curves over the logit: the probability, an S; the loss, which falls in a "
        "straight line and flattens to zero; and its slope, the probability minus the label.",
        {},
    )
