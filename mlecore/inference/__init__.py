"""Inference from a likelihood and its maximum: standard errors, intervals, tests, the delta method.

Every function takes the likelihood and the vector of its free scalars at the maximum. Both may be a batch. What has
no meaning is refused with the reason: on a boundary, for a parameter that moves the support, or where the
information matrix is singular. In a batch the refused rows are NaN.

Three questions can be asked of one log-likelihood curve (Cox and Hinkley 1974, ch. 9; Pawitan 2001): how far is the
maximum from the null (Wald), how far does the curve drop (likelihood ratio), how steep is it there (score). Each gives
a test, and the values that its test would not reject are its interval.
"""

from .as_seen import edges_of_bins, seen_within, within_windows
from .delta import (
    Delta,
    delta_bootstrap,
    delta_likelihood_ratio,
    delta_method,
    quantile_function,
)
from .exact import exact_interval
from .higher_order import rstar_interval
from .information import covariance, in_own_units, standard_errors
from .intervals import likelihood_ratio_interval, normal_quantile, score_interval, wald_interval
from .region import likelihood_region
from .regularity import insist_regular, refusal
from .resampling import drawn, usable_estimates
from .simulated import (
    as_statistic,
    bootstrap_test,
    drawn_drops,
    greatest,
    refitted,
    simulated_result,
    whole_number,
    whole_size,
)
from .tests import TestResult, likelihood_ratio_test, score_test, wald_test

__all__ = [
    "Delta",
    "TestResult",
    "as_statistic",
    "bootstrap_test",
    "covariance",
    "delta_bootstrap",
    "delta_likelihood_ratio",
    "delta_method",
    "drawn",
    "drawn_drops",
    "edges_of_bins",
    "exact_interval",
    "greatest",
    "in_own_units",
    "insist_regular",
    "likelihood_ratio_interval",
    "likelihood_ratio_test",
    "likelihood_region",
    "normal_quantile",
    "quantile_function",
    "refitted",
    "refusal",
    "rstar_interval",
    "score_interval",
    "score_test",
    "seen_within",
    "simulated_result",
    "standard_errors",
    "usable_estimates",
    "wald_interval",
    "wald_test",
    "whole_number",
    "whole_size",
    "within_windows",
]
