"""Families made of families: functions from families to families."""

from .hurdle import Hurdle
from .mixture import Mixture
from .shifted import Shifted
from .truncated import Truncated
from .zero_inflated import ZeroInflated

__all__ = ["Hurdle", "Mixture", "Shifted", "Truncated", "ZeroInflated"]
