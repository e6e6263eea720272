"""Four ways to climb a likelihood, each of which leaves a trace.

They minimise f, so give them a negative log-likelihood; `fisher_scoring` takes the likelihood
itself. Gradient descent follows the slope, stochastic gradients follow the slope of a few rows at a
time, Newton divides the slope by the curvature, and Fisher scoring divides it by the curvature that
is expected. A `Trace` keeps every point that was visited and says in words how the climb ended: a
run that did not arrive is never reported as converged.
"""

from .checking import GradientCheck, check_gradient
from .descent import gradient_descent, sgd
from .newton import fisher_scoring, newton
from .trace import Trace

__all__ = [
    "GradientCheck",
    "Trace",
    "check_gradient",
    "fisher_scoring",
    "gradient_descent",
    "newton",
    "sgd",
]
