"""Entropy, cross-entropy and Kullback-Leibler divergence, in nats.

    cross_entropy(p, q) = -E_p log q = entropy(p) + kl_divergence(p, q)

The negative log-likelihood of data, per observation, is the cross-entropy from their empirical distribution. So
maximum likelihood looks for the member of a family that is nearest to the data in this sense.

Where a pair has a closed form it is arranged so that it does not cancel when the two are close. The other pairs are
integrated or summed, to an error that is checked: a new family needs nothing here, and a closed form is one function,
in `closed_forms` or in `entropies`.
"""

from .divergence import cross_entropy, entropy, kl_divergence
from .empirical import Empirical

__all__ = ["Empirical", "cross_entropy", "entropy", "kl_divergence"]
