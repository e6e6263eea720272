"""What was seen, as plain checked records: values, and values known in part only."""

from .partly import PartlySeen, binned, interval, observed
from .points import points

__all__ = ["PartlySeen", "binned", "interval", "observed", "points"]
